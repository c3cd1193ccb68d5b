/* keygen_show.c - ssh-keygen: fingerprints, and public keys in other formats. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "keygen.h"
#include "pubtext.h"

/* ---- -l, -B ---------------------------------------------------------------- */

/*
 * Antti Huima's Bubble Babble: five letters for two bytes, a check sum in the
 * vowels, x at both ends. n is even and at most 20.
 */
static void babble(char *out, const uint8_t *d, unsigned n)
{
	static const char v[] = "aeiouy", c[] = "bcdfghklmnprstvzx";
	unsigned sum = 1, i;

	*out++ = 'x';
	for (i = 0; i < n; i += 2) {
		*out++ = v[((d[i] >> 6) + sum) % 6];
		*out++ = c[d[i] >> 2 & 15];
		*out++ = v[((d[i] & 3) + sum / 6) % 6];
		*out++ = c[d[i + 1] >> 4];
		*out++ = '-';
		*out++ = c[d[i + 1] & 15];
		sum = (sum * 5 + d[i] * 7 + d[i + 1]) % 36;
	}
	*out++ = v[sum % 6];
	*out++ = 'x';
	*out++ = v[sum / 6];
	*out++ = 'x';
	*out = 0;
}

static void list_key(struct str blob, struct str comment)
{
	const char *cert;
	uint8_t digest[32];
	char text[80];

	if (!comment.len)
		comment = STR("no comment");
	if (GIVEN('B')) {
		struct str plain = key_plain(blob, &cert);

		babble(text, digest, (unsigned)pubkey_digest(digest, &hash_sha1, plain));
		fmt_fd(1, "%u %s %.*s (%s%s)\n", pubkey_bits(plain), text, (int)comment.len,
		       comment.p, key_label(plain), cert);
	} else {
		key_show(blob, comment, keygen.md5);
	}
	if (GIVEN('v'))
		key_art(blob, keygen.md5);
}

/* the public keys in a file, "-" is stdin: how many, or -errno */
static int list_lines(const char *path)
{
	int fd = strcmp(path, "-") ? fd_open(path, O_RDONLY) : 0, found = 0, r;
	struct str blob, comment;
	struct lines l;

	if (fd < 0)
		return fd;
	lines_init(&l, fd, keygen_room, sizeof(keygen_room));
	for (; (r = key_line(&l, &blob, &comment)) == 1; found++)
		list_key(blob, comment);
	close(fd);
	return r < 0 ? r : found;
}

/* the key of a private file; of one that is locked the comment may lie beside it */
static int list_private(const char *path)
{
	struct str comment, blob;
	char pub[512];

	if (keygen_public(path, &blob, &comment) || keygen.was_public)
		return 0;
	fmt(pub, sizeof(pub), "%s.pub", path);
	if (comment.len || list_lines(pub) <= 0)
		list_key(blob, comment);
	return 1;
}

int keygen_list(void)
{
	const char *path = keygen_file(NULL);
	int found;

	if (!path)
		return NO;
	if (strcmp(path, "-") != 0 && list_private(path))
		return DONE;
	found = list_lines(path);
	if (found > 0)
		return DONE;
	return keygen_fail(path, found ? err_text(-found) : "not a public key file");
}

/* ---- -y, -e, -i ------------------------------------------------------------ */

/* what is in the writer, to stdout */
static int print(const struct wr *w, const char *path)
{
	if (w->bad)
		return keygen_fail(path, "too long");
	fmt_fd(1, "%.*s", (int)wr_len(w), w->start);
	return DONE;
}

int keygen_show(void)
{
	const char *path = keygen_file(NULL);
	struct wr w = wr_init(keygen_mem, sizeof(keygen_mem));
	struct str comment;

	if (!path || keygen_load(path, GIVEN('P'), "Enter passphrase: ", &comment))
		return FAILED;
	key_text(&w, key_blob(&keygen_key), comment);
	return print(&w, path);
}

int keygen_export(void)
{
	const char *path = keygen_file(NULL), *why, *form = GIVEN('m') ? GIVEN('m') : "RFC4716";
	struct wr w = wr_init(keygen_mem, sizeof(keygen_mem));
	struct str blob, comment;
	char text[62];

	if (!path)
		return FAILED;
	why = keygen_public(path, &blob, &comment);
	if (why)
		return keygen_fail(path, why);
	fmt(text, sizeof(text), "%u-bit %s, converted by %s from OpenSSH", pubkey_bits(blob),
	    key_label(blob), (const char *)keygen_self().p);
	if (!pubtext_write(&w, blob,
			   !strcmp(form, "PEM")     ? PUBTEXT_PEM
			   : !strcmp(form, "PKCS8") ? PUBTEXT_PKCS8
						    : PUBTEXT_RFC4716,
			   str_of(text)))
		return keygen_fail("unsupported key type", key_label(blob));
	return print(&w, path);
}

int keygen_import(void)
{
	const char *path = keygen_file(NULL);
	ssize_t n = path ? file_read(path, keygen_room, KEYFILE_MAX) : 0;
	struct wr w = wr_init(keygen_mem, sizeof(keygen_mem));
	size_t len;

	if (!path || n < 0)
		return path ? keygen_fail(path, err_text((int)-n)) : FAILED;
	len = pubtext_read(keygen_pub, (uint8_t *)keygen_room, (size_t)n);
	if (!len)
		return keygen_fail(path, "not a public key in RFC4716, PEM or PKCS8");
	key_text(&w, (struct str){keygen_pub, len}, (struct str){0});
	return print(&w, path);
}
