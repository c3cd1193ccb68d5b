/* keyshow.c - keys as the key tools show them, and public keys from files. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "cert.h"
#include "keyshow.h"

int key_fail(const char *what, const char *why)
{
	fmt_fd(2, "%s: %p: %s\n", self_name(), what, why);
	return 1;
}

int key_hash(const char *name, int *md5)
{
	*md5 = !strcmp(name, "md5");
	return *md5 || !strcmp(name, "sha256");
}

void key_print(char text[FINGERPRINT_LEN], struct str blob, int md5)
{
	(md5 ? pubkey_md5 : pubkey_sha256)(text, blob);
}

const char *key_label(struct str blob)
{
	static char text[40];
	struct str name = pubkey_name(blob);
	const struct key_kind *kind = key_kind_find(name);

	if (kind)
		name = str_of(kind->label);
	fmt(text, sizeof(text), "%*p", (int)name.len, (const char *)name.p);
	for (char *p = text; kind && *p; p++)
		*p -= *p >= 'a' ? 'a' - 'A' : 0;
	return text;
}

struct str key_plain(struct str blob, const char **cert)
{
	static uint8_t p[KEY_BLOB_MAX] APART;
	struct wr w = wr_init(p, sizeof(p));
	struct cert c;

	*cert = "";
	if (!CFG_CERTS || !cert_read(&c, blob))
		return blob;
	*cert = "-CERT";
	cert_plain(&c, &w);
	return (struct str){p, w.bad ? 0 : wr_len(&w)};
}

void key_show(struct str blob, struct str comment, int md5)
{
	char text[FINGERPRINT_LEN];
	const char *cert;

	blob = key_plain(blob, &cert);
	key_print(text, blob, md5);
	fmt_fd(1, "%u %s %.*s (%s%s)\n", pubkey_bits(blob), text, (int)comment.len, comment.p,
	       key_label(blob), cert);
}

void key_text(struct wr *w, struct str blob, struct str comment)
{
	pubkey_text(w, blob);
	if (comment.len)
		wr_u8(w, ' ');
	wr_bytes(w, comment.p, comment.len);
	wr_u8(w, '\n');
}

/* ---- the picture ----------------------------------------------------------- */

#define WIDE 17
#define HIGH 9

/* a title in the middle of a line of dashes */
static void art_edge(const char *title)
{
	static const char dashes[] = "-----------------";
	int n = (int)strlen(title), left = (WIDE - n) / 2;

	fmt_fd(1, "+%.*s%s%.*s+\n", left, dashes, title, WIDE - n - left, dashes);
}

/*
 * Two bits of the digest are a step of the bishop on the diagonals, the lower pairs
 * of a byte first; a wall stops it in its direction. How often it stood on a field
 * is what is drawn.
 */
void key_art(struct str blob, int md5)
{
	static const char marks[] = " .o+=*BOX@%&#/^";
	uint8_t digest[32], field[HIGH][WIDE] = {0};
	const char *cert;
	char title[64];
	int x = WIDE / 2, y = HIGH / 2, i, n;

	blob = key_plain(blob, &cert);
	n = (int)pubkey_digest(digest, md5 ? &hash_md5 : &hash_sha256, blob);
	for (i = 0; i < 4 * n; i++) {
		unsigned step = digest[i / 4] >> 2 * (i & 3);

		x += step & 1 ? x < WIDE - 1 : -(x > 0);
		y += step & 2 ? y < HIGH - 1 : -(y > 0);
		field[y][x] += field[y][x] < sizeof(marks) - 2;
	}
	if (fmt(title, sizeof(title), "[%s%s %u]", key_label(blob), cert, pubkey_bits(blob)) > WIDE)
		fmt(title, sizeof(title), "[%.15s%s]", key_label(blob), cert);
	art_edge(title);
	for (n = 0; n < HIGH; n++) {
		for (i = 0; i < WIDE; i++)
			title[i] = n == y && i == x                 ? 'E'
				   : n == HIGH / 2 && i == WIDE / 2 ? 'S'
								    : marks[field[n][i]];
		fmt_fd(1, "|%.*s|\n", WIDE, title);
	}
	art_edge(md5 ? "[MD5]" : "[SHA256]");
}

int key_line(struct lines *l, struct str *blob, struct str *comment)
{
	enum authkeys_result a;
	struct authkey k;
	char *p;
	int r;

	while ((r = lines_next(l, &p)) == 1 || r == -E2BIG || r == -EILSEQ) {
		struct str host;

		if (r != 1)
			continue;
		p += *p == '@' ? strcspn(p, " \t") : 0; /* a marker of known_hosts */
		p += strspn(p, " \t");
		/* hosts pass for options that nobody knows */
		host = (struct str){(uint8_t *)p, strcspn(p, " \t\"")};
		a = authkeys_line(&k, p);
		if (a != AUTHKEYS_KEY && a != AUTHKEYS_REFUSED)
			continue;
		*blob = k.blob;
		*comment = k.comment.len || k.type.p == host.p ? k.comment : host;
		return 1;
	}
	return r;
}

struct str key_blob(const struct key *k)
{
	static uint8_t p[KEY_BLOB_MAX] APART;
	struct wr w = wr_init(p, sizeof(p));

	key_public_blob(k, &w);
	return (struct str){p, w.bad ? 0 : wr_len(&w)};
}
