/* test_keyfile.c - private key files of ssh-keygen and dropbearkey, whole and damaged. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "keyfile.h"
#include "pubkey.h"

/* made by ssh-keygen for this test */
static const char openssh[] =
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n"
    "QyNTUxOQAAACDbxBBITI/F/D38LmLfNuQVC0/VWD5hsyfH0zAbGnmE9gAAAJDPb8+Dz2/P\n"
    "gwAAAAtzc2gtZWQyNTUxOQAAACDbxBBITI/F/D38LmLfNuQVC0/VWD5hsyfH0zAbGnmE9g\n"
    "AAAEDygmte4zxmS/2CfM3gRrr6uA63vQT7IvJegdpIjr+FmdvEEEhMj8X8PfwuYt825BUL\n"
    "T9VYPmGzJ8fTMBsaeYT2AAAAB21lQGhlcmUBAgMEBQY=\n"
    "-----END OPENSSH PRIVATE KEY-----\n";
#define CHECK_BYTES "\xcf\x6f\xcf\x83" /* in it */
#define FINGERPRINT "SHA256:QrqUV89iCoJeWKeDne1PmPTKTmZhTY6BFxTUWVvaC/Q"

/* the same kind of file with a passphrase, and of another kind of key */
static const char encrypted[] =
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABD7KX5wmV\n"
    "5mMBroXt50Ptd4AAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIHIeNvJI4o0K4Zyz\n"
    "5Lp0QHj9WaCXhMD5NV0Kwxtf4Yp7AAAAkD+vd9sQS3srL1EEJBcSuvUfJyuAq3fLYLvIWN\n"
    "GUhAPweazdBa11lDZkHVohYU8mU6MrgJIK+TEF2XFbk7YvXxeisJipOFs5N6VnwlHRSW/t\n"
    "29Zi6gRz2hlGThxc+zOvvg0uwL93PiICBVWAWi+0CruHjxRUv9b1aX0HHN+S4YHit85ilS\n"
    "v1XsnUW01NMPweig==\n"
    "-----END OPENSSH PRIVATE KEY-----\n";
static const char ecdsa[] =
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAaAAAABNlY2RzYS\n"
    "1zaGEyLW5pc3RwMjU2AAAACG5pc3RwMjU2AAAAQQRC/5NxSoYztioX2RggdeJPgNbPXhaZ\n"
    "IwgmiZLK9KdzazqMRR7dK+3t43Y8gTeN3WRjwKB7SVNYc3IiVbB2vNmCAAAAoIJgTUyCYE\n"
    "1MAAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEL/k3FKhjO2KhfZ\n"
    "GCB14k+A1s9eFpkjCCaJksr0p3NrOoxFHt0r7e3jdjyBN43dZGPAoHtJU1hzciJVsHa82Y\n"
    "IAAAAgWLuCGxBzRoLaXLIzZO5dYOoKmepixZ+YApLchfMtX2cAAAABcgECAwQFBgc=\n"
    "-----END OPENSSH PRIVATE KEY-----\n";

/* by dropbearkey */
static const char dropbear[] =
    "0000000b7373682d6564323535313900000040576b8e21f91dd9238d2a1b7794642d0247cba7bb9375869a"
    "111bd9d51e490e95207d9a0bb85f8bc32008ea1cb14d04002dca2364923def4cb72d6eed311397a6";
#define DROPBEAR_FINGERPRINT "SHA256:xPG90VAqTQD8vxFnHvIk2J678ZD21r1CCJJQJmkGv/8"

static uint8_t file[KEYFILE_MAX];

static void write_as(struct wr *w, const struct key *k, const char *comment, enum keyfile_form form)
{
	const struct keyfile_how how = {.form = form, .comment = str_of(comment)};
	struct rng r = {.used = sizeof(r.buf) - 4};

	memcpy(r.buf + r.used, CHECK_BYTES, 4);
	keyfile_write(w, k, &how, &r);
}

static enum keyfile_err read_text(struct key *k, struct str *comment, const char *text)
{
	size_t n = strlen(text);

	memcpy(file, text, n);
	return keyfile_read(k, comment, file, n, (struct str){0}, NULL);
}

static int has_fingerprint(const struct key *k, const char *want)
{
	uint8_t blob[64];
	char text[FINGERPRINT_LEN];
	struct wr w = wr_init(blob, sizeof(blob));

	key_public_blob(k, &w);
	pubkey_sha256(text, (struct str){blob, wr_len(&w)});
	return !w.bad && !strcmp(text, want);
}

static void test_openssh(void)
{
	uint8_t out[1024];
	char crlf[1024];
	struct key k;
	struct str comment;
	struct wr w = wr_init(out, sizeof(out));
	size_t n = 0;

	check("keyfile/openssh", read_text(&k, &comment, openssh) == KEYFILE_OK, "not read");
	check("keyfile/openssh comment", str_is(comment, "me@here"), "another");
	check("keyfile/openssh key", has_fingerprint(&k, FINGERPRINT), "another");
	write_as(&w, &k, "me@here", KEYFILE_OPENSSH);
	check("keyfile/openssh written",
	      !w.bad && wr_len(&w) == strlen(openssh) && !memcmp(out, openssh, wr_len(&w)),
	      "differs from ssh-keygen's");
	for (const char *p = openssh; *p; p++) {
		if (*p == '\n')
			crlf[n++] = '\r';
		crlf[n++] = *p;
	}
	crlf[n] = 0;
	check("keyfile/crlf", read_text(&k, &comment, crlf) == KEYFILE_OK, "not read");
}

/* every length of room: all of the file, or bad, and nothing behind the room */
static void test_room(void)
{
	uint8_t out[1024];
	struct key k;
	struct str comment;
	size_t whole = strlen(openssh), n;
	int good = 1;

	read_text(&k, &comment, openssh);
	for (n = 0; n < sizeof(out) - 1; n++) {
		struct wr w = wr_init(out, n);

		out[n] = 0x5a;
		write_as(&w, &k, "me@here", KEYFILE_OPENSSH);
		good &= w.bad == (n < whole) && out[n] == 0x5a;
		good &= w.bad || (wr_len(&w) == whole && !memcmp(out, openssh, whole));
	}
	check("keyfile/room", good, "cut, or written past it");
}

static void test_dropbear(void)
{
	uint8_t in[128], out[128];
	size_t n = check_hex(in, dropbear);
	struct key k;
	struct str comment;
	struct wr w = wr_init(out, sizeof(out));
	enum keyfile_err e;

	memcpy(file, in, n);
	check("keyfile/dropbear",
	      keyfile_read(&k, &comment, file, n, (struct str){0}, NULL) == KEYFILE_OK, "not read");
	check("keyfile/dropbear key", has_fingerprint(&k, DROPBEAR_FINGERPRINT), "another");
	write_as(&w, &k, "not kept", KEYFILE_DROPBEAR);
	check("keyfile/dropbear written", wr_len(&w) == n && !memcmp(out, in, n), "differs");
	memcpy(file, in, n);
	file[n] = 0;
	e = keyfile_read(&k, &comment, file, n + 1, (struct str){0}, NULL);
	check("keyfile/dropbear junk", e == KEYFILE_BAD && !k.kind, "taken");
	memcpy(file, in, n);
	file[n - 1] ^= 1;
	check("keyfile/dropbear half",
	      keyfile_read(&k, &comment, file, n, (struct str){0}, NULL) == KEYFILE_BAD, "taken");
}

/* what is not built in */
#define PEM_OR(e) (CFG_KEY_PEM ? e : KEYFILE_KIND)

static void test_others(void)
{
	static const struct {
		const char *name, *text;
		enum keyfile_err e;
	} t[] = {
	    {"keyfile/encrypted",   encrypted,                                     KEYFILE_ENCRYPTED                        },
	    {"keyfile/ecdsa",       ecdsa,					 CFG_KEY_ECDSA ? KEYFILE_OK : KEYFILE_TYPE},
	    {"keyfile/pem",         "-----BEGIN EC PRIVATE KEY-----\nMHcC\n",      PEM_OR(KEYFILE_BAD)                      },
	    {"keyfile/pkcs8",       "\n-----BEGIN PRIVATE KEY-----\nMHcC\n",       PEM_OR(KEYFILE_BAD)                      },
	    {"keyfile/putty",       "PuTTY-User-Key-File-3: ssh-ed25519\n",        PEM_OR(KEYFILE_BAD)                      },
	    {"keyfile/public",      "ssh-ed25519 AAAA me\n",                       KEYFILE_PUBLIC                           },
	    {"keyfile/public pem",  "-----BEGIN PUBLIC KEY-----\nAAAA\n",          KEYFILE_KIND                             },
	    {"keyfile/alien",       "#!/bin/sh\n",                                 KEYFILE_ALIEN                            },
	    {"keyfile/empty",       "",					    KEYFILE_ALIEN                            },
	    {"keyfile/no end mark", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n", KEYFILE_BAD                              },
	    {"keyfile/no magic",
	     "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n"
	     "-----END OPENSSH PRIVATE KEY-----\n",				KEYFILE_BAD			      },
	};
	struct key k;
	struct str comment;

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		check(t[i].name,
		      read_text(&k, &comment, t[i].text) == t[i].e && !k.kind == !!t[i].e,
		      "another verdict");
	memcpy(file, "\0\0\0\7ssh-rsa", 11);
	check("keyfile/dropbear rsa",
	      keyfile_read(&k, &comment, file, 11, (struct str){0}, NULL) ==
		  (CFG_KEY_RSA ? KEYFILE_BAD : KEYFILE_TYPE),
	      "no");
}

/* a file with a byte changed or cut off gives no other key than the right one */
static void test_damage(void)
{
	struct key right, k;
	struct str comment;
	size_t n = strlen(openssh);
	int good = 1, read = 0;

	read_text(&right, &comment, openssh);
	for (size_t i = 0; i < n; i++)
		for (int bit = 0; bit < 8; bit++) {
			memcpy(file, openssh, n);
			file[i] ^= (uint8_t)(1 << bit);
			if (keyfile_read(&k, &comment, file, n, (struct str){0}, NULL) ==
			    KEYFILE_OK) {
				good &= !memcmp(&k, &right, sizeof(k));
				read++;
			} else {
				good &= !k.kind;
			}
		}
	check("keyfile/bits", good && read < 400, "a damaged file was taken");
	for (good = 1, n--; n-- > 0;) {
		memcpy(file, openssh, n);
		good &= keyfile_read(&k, &comment, file, n, (struct str){0}, NULL) != KEYFILE_OK;
	}
	check("keyfile/cut", good, "a file that was cut off was taken");
}

int main(void)
{
	test_openssh();
	test_room();
	test_dropbear();
	test_others();
	test_damage();
	return check_result();
}
