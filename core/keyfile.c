/* keyfile.c - private key files: OpenSSH's and Dropbear's, read and written. */
/* SPDX-License-Identifier: MIT */
/*
 * OpenSSH's format is described in its PROTOCOL.key: base64 of a magic, the
 * cipher, the key derivation, a public key, and a private section that starts
 * with two equal numbers and is padded with 1, 2, 3... Dropbear's is a string
 * with the name of the kind, then its numbers.
 */
#include "keyfile.h"

#include <string.h>

#include "base64.h"
#include "config.h"

#define BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----"
#define END "-----END OPENSSH PRIVATE KEY-----"
#define MAGIC "openssh-key-v1" /* its NUL belongs to it */
#define LINE 70                /* characters of base64 in a line */
#define BLOCK 8                /* what the private section is padded to, without a cipher */

const char *keyfile_text(enum keyfile_err e)
{
	static const char *const text[] = {
	    [KEYFILE_OK] = "fine",
	    [KEYFILE_BAD] = "the private key is damaged",
	    [KEYFILE_ENCRYPTED] = "protected by a passphrase, which this build cannot read",
	    [KEYFILE_KIND] = "a key in a format that this build cannot read",
	    [KEYFILE_TYPE] = "a kind of key that is not built in",
	    [KEYFILE_PUBLIC] = "a public key, where a private one is wanted",
	    [KEYFILE_ALIEN] = "not a key file",
	};

	return CFG_ERROR_TEXTS ? text[e] : "not a key that can be used";
}

static int begins(struct str s, const char *with)
{
	size_t n = strlen(with);

	return s.len >= n && !memcmp(s.p, with, n);
}

static int is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* takes the name, finds the kind */
static enum keyfile_err read_kind(struct key *k, struct rd *r)
{
	struct str name = rd_str(r);

	k->kind = key_kind_find(name);
	return k->kind ? KEYFILE_OK : name.len ? KEYFILE_TYPE : KEYFILE_BAD;
}

static int padded(struct rd *r)
{
	struct str pad = rd_bytes(r, rd_left(r));

	for (size_t i = 0; i < pad.len; i++)
		if (pad.p[i] != i + 1)
			return 0;
	return pad.len < BLOCK;
}

static enum keyfile_err read_private(struct key *k, struct str *comment, struct str secret)
{
	struct rd r = rd_init(secret);
	uint32_t check = rd_u32(&r);
	enum keyfile_err e;

	if (check != rd_u32(&r) || r.bad || secret.len % BLOCK)
		return KEYFILE_BAD;
	e = read_kind(k, &r);
	if (e)
		return e;
	if (!k->kind->get(k, &r, KEY_OPENSSH))
		return KEYFILE_BAD;
	*comment = rd_str(&r);
	return !r.bad && padded(&r) ? KEYFILE_OK : KEYFILE_BAD;
}

/* the public key that stands before the private section is that of the secret */
static int same_public(const struct key *k, struct str blob)
{
	struct rd r = rd_init(blob);
	uint8_t own[640]; /* any key of 4096 bits at most */
	struct wr w = wr_init(own, sizeof(own));

	if (!str_is(rd_str(&r), k->kind->name))
		return 0;
	k->kind->put_public(k, &w);
	return !w.bad && wr_len(&w) == rd_left(&r) && !memcmp(own, r.p, rd_left(&r));
}

static enum keyfile_err read_openssh(struct key *k, struct str *comment, struct str body)
{
	struct rd r = rd_init(body);
	struct str magic = rd_bytes(&r, sizeof(MAGIC));
	struct str cipher = rd_str(&r), kdf = rd_str(&r), kdf_options = rd_str(&r);
	uint32_t keys = rd_u32(&r);
	struct str blob = rd_str(&r), secret = rd_str(&r);
	enum keyfile_err e;

	if (!str_eq(magic, (struct str){(const uint8_t *)MAGIC, sizeof(MAGIC)}))
		return KEYFILE_BAD;
	if (r.bad || keys != 1)
		return KEYFILE_BAD;
	if (!str_is(cipher, "none") || !str_is(kdf, "none"))
		return KEYFILE_ENCRYPTED;
	if (!rd_done(&r) || kdf_options.len)
		return KEYFILE_BAD;
	e = read_private(k, comment, secret);
	if (e)
		return e;
	return same_public(k, blob) ? KEYFILE_OK : KEYFILE_BAD;
}

/* joins the lines up to the end mark and takes the base64 off, in place */
static int unarmour(struct str *body, uint8_t *p, size_t n)
{
	size_t len = 0, i;

	for (i = 0; i < n && p[i] != '-'; i++)
		if (!is_space(p[i]))
			p[len++] = p[i];
	body->p = p;
	return begins((struct str){p + i, n - i}, END) && base64_decode(p, &body->len, p, len);
}

static enum keyfile_err read_dropbear(struct key *k, struct str file)
{
	struct rd r = rd_init(file);
	enum keyfile_err e = read_kind(k, &r);

	if (e)
		return e;
	return k->kind->get(k, &r, KEY_DROPBEAR) && rd_done(&r) ? KEYFILE_OK : KEYFILE_BAD;
}

/* what a text is that is not a private key of OpenSSH's */
static enum keyfile_err other_text(struct str s)
{
	if (!CFG_ERROR_TEXTS) /* then all of these say the same */
		return KEYFILE_ALIEN;
	if (begins(s, "ssh-") || begins(s, "ecdsa-") || begins(s, "sk-"))
		return KEYFILE_PUBLIC;
	if (begins(s, "----") || begins(s, "PuTTY-User-Key-File-"))
		return KEYFILE_KIND;
	return KEYFILE_ALIEN;
}

enum keyfile_err keyfile_read(struct key *k, struct str *comment, uint8_t *p, size_t n)
{
	struct str s = {p, n};
	enum keyfile_err e;

	memset(k, 0, sizeof(*k));
	*comment = (struct str){p, 0};
	while (s.len && is_space(*s.p)) {
		s.p++;
		s.len--;
	}
	if (begins(s, BEGIN)) {
		struct str body;
		size_t at = (size_t)(s.p - p) + sizeof(BEGIN) - 1;

		if (unarmour(&body, p + at, n - at))
			e = read_openssh(k, comment, body);
		else
			e = KEYFILE_BAD;
	} else if (n > 4 && !memcmp(p, "\0\0\0", 3)) {
		e = read_dropbear(k, (struct str){p, n});
	} else {
		e = other_text(s);
	}
	if (e)
		key_wipe(k);
	return e;
}

static void put_openssh(struct wr *w, const struct key *k, struct str comment, uint32_t check)
{
	uint8_t *mark, *secret;

	wr_bytes(w, MAGIC, sizeof(MAGIC));
	wr_strz(w, "none");
	wr_strz(w, "none");
	wr_strz(w, "");
	wr_u32(w, 1);
	mark = wr_open(w);
	key_public_blob(k, w);
	wr_close(w, mark);
	mark = wr_open(w);
	secret = w->p;
	wr_u32(w, check);
	wr_u32(w, check);
	wr_strz(w, k->kind->name);
	k->kind->put(k, w, KEY_OPENSSH);
	wr_str(w, comment.p, comment.len);
	for (uint8_t i = 1; !w->bad && (w->p - secret) % BLOCK; i++)
		wr_u8(w, i);
	wr_close(w, mark);
}

/* base64 in lines, each ended, of bytes that may lie in w's own free space, at its very end */
static void put_lines(struct wr *w, struct str s)
{
	char quad[4];

	for (size_t i = 0, n, col = 0; i < s.len; i += n) {
		n = s.len - i < 3 ? s.len - i : 3;
		base64_encode(quad, s.p + i, n);
		for (size_t c = 0; c < 4; c++) {
			wr_u8(w, (uint8_t)quad[c]);
			if (++col == LINE) {
				wr_u8(w, '\n');
				col = 0;
			}
		}
		if (i + n == s.len && col)
			wr_u8(w, '\n');
	}
	wipe(quad, sizeof(quad));
}

void keyfile_write(struct wr *w, const struct key *k, struct str comment, uint32_t check,
		   enum key_form form)
{
	struct wr body = {w->p, w->p, w->end, w->bad};
	size_t n;

	if (form == KEY_DROPBEAR) {
		wr_strz(w, k->kind->name);
		k->kind->put(k, w, form);
		return;
	}
	/*
	 * Made here, moved to the end of the room, and encoded from there to the
	 * front: the text is longer than the bytes, so where all of it fits its end
	 * never gets ahead of what has still to be read.
	 */
	put_openssh(&body, k, comment, check);
	n = wr_len(&body);
	w->bad |= body.bad;
	memmove(w->end - n, body.start, n);
	wr_bytes(w, BEGIN "\n", sizeof(BEGIN));
	put_lines(w, (struct str){w->end - n, n});
	wr_bytes(w, END "\n", sizeof(END));
}
