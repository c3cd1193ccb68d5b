/* keyfile_openssh.c - OpenSSH's private key files (its PROTOCOL.key), read and written. */
/* SPDX-License-Identifier: MIT */
/*
 * Base64 of a magic, the cipher, the key derivation, a public key, and a private
 * section that starts with two equal numbers and is padded with 1, 2, 3... The
 * section alone is encrypted, and an AEAD's tag stands behind it.
 */
#include <string.h>

#include "config.h"
#include "keyfile_parts.h"

#define MAGIC "openssh-key-v1" /* its NUL belongs to it */
#define COLUMN 70
#define BLOCK 8   /* what the section is padded to without a cipher */
#define HEAD 80   /* characters with the longest name of a cipher and "bcrypt" in them */
#define SALT 16   /* bytes */
#define ROUNDS 24 /* unless it is said */

/* up to the key derivation's name; *c: what the section is under, NULL: nothing */
static enum keyfile_err read_head(struct rd *r, const struct cipher **c)
{
	struct str magic = rd_bytes(r, sizeof(MAGIC)), cipher = rd_str(r), kdf = rd_str(r);

	*c = NULL;
	if (r->bad || memcmp(magic.p, MAGIC, sizeof(MAGIC)) != 0)
		return KEYFILE_BAD;
	if (str_is(cipher, "none") && str_is(kdf, "none"))
		return KEYFILE_OK;
	if (!CFG_KEY_PASSPHRASE)
		return KEYFILE_ENCRYPTED;
	*c = section_cipher(cipher);
	return *c && str_is(kdf, "bcrypt") ? KEYFILE_OK : KEYFILE_KIND;
}

/* a power of 2 */
static unsigned block_of(const struct cipher *c)
{
	return CFG_KEY_PASSPHRASE && c ? c->block : BLOCK;
}

static int padded(struct rd *r, unsigned block)
{
	struct str pad = rd_bytes(r, rd_left(r));

	for (size_t i = 0; i < pad.len; i++)
		if (pad.p[i] != i + 1)
			return 0;
	return pad.len <= block; /* dropbearconvert pads what is aligned already with a whole one */
}

static enum keyfile_err read_private(struct key *k, struct str *comment, struct str secret,
				     const struct cipher *c)
{
	struct rd r = rd_init(secret);
	uint32_t check = rd_u32(&r);
	struct str name;

	if (check != rd_u32(&r)) /* what another passphrase makes of it */
		return c ? KEYFILE_PASS : KEYFILE_BAD;
	name = rd_str(&r);
	k->kind = key_kind_find(name);
	if (!k->kind || !k->kind->get)
		return name.len ? KEYFILE_TYPE : KEYFILE_BAD;
	if (!k->kind->get(k, &r, KEY_OPENSSH))
		return KEYFILE_BAD;
	*comment = rd_str(&r);
	return !r.bad && padded(&r, block_of(c)) ? KEYFILE_OK : KEYFILE_BAD;
}

/* the public key that stands before the private section is that of the secret */
static int same_public(const struct key *k, struct str blob)
{
	uint8_t own[CFG_KEY_MLDSA44 ? 1424 : 560];
	struct wr w = wr_init(own, sizeof(own));

	key_public_blob(k, &w);
	return !w.bad && str_eq((struct str){own, wr_len(&w)}, blob);
}

enum keyfile_err openssh_read(struct key *k, struct str *comment, struct str s, struct str label,
			      struct str pass, struct bcrypt_work *work)
{
	uint8_t head[HEAD];
	struct str body, options, blob, secret;
	const struct cipher *c = NULL;
	enum keyfile_err e = KEYFILE_OK;
	struct rd r;

	if (CFG_KEY_PASSPHRASE) { /* before anything is changed */
		r = rd_init((struct str){head, text_peek(head, HEAD, s)});
		e = read_head(&r, &c);
		if (!e && c && !pass.p)
			e = KEYFILE_ENCRYPTED;
	}
	if (!e && !text_body(&body, s, label))
		e = KEYFILE_BAD;
	if (e)
		return e;
	r = rd_init(body);
	e = read_head(&r, &c);
	if (e)
		return e;
	options = rd_str(&r);
	r.bad |= rd_u32(&r) != 1; /* keys */
	blob = rd_str(&r);
	secret = rd_str(&r);
	if (CFG_KEY_PASSPHRASE && c)
		rd_bytes(&r, c->tag_len);
	else
		r.bad |= options.len != 0;
	if (!rd_done(&r) || (secret.len & (block_of(c) - 1)))
		return KEYFILE_BAD;
	if (CFG_KEY_PASSPHRASE && c &&
	    !section_crypt(c, (uint8_t *)secret.p, secret.len, options, pass, work, 0))
		return KEYFILE_PASS;
	e = read_private(k, comment, secret, c);
	return e || same_public(k, blob) ? e : KEYFILE_BAD;
}

size_t openssh_public(uint8_t out[KEY_BLOB_MAX], struct str s)
{
	struct rd r = rd_init((struct str){out, text_peek(out, KEY_BLOB_MAX, s)});
	struct str blob;

	rd_bytes(&r, sizeof(MAGIC));
	for (int i = 0; i < 3; i++) /* cipher, key derivation, its options */
		rd_str(&r);
	rd_u32(&r);
	blob = rd_str(&r);
	memmove(out, blob.p, blob.len);
	return blob.len;
}

/* cipher and key derivation; *options: the latter's, which lie in w */
static void put_head(struct wr *w, const struct keyfile_how *how, const struct cipher *c,
		     struct str *options, struct rng *r)
{
	uint8_t salt[SALT], *mark;

	wr_bytes(w, MAGIC, sizeof(MAGIC));
	wr_strz(w, c ? c->name : "none");
	wr_strz(w, c ? "bcrypt" : "none");
	mark = wr_open(w);
	options->p = w->p;
	if (c) {
		rng_bytes(r, salt, SALT);
		wr_str(w, salt, SALT);
		wr_u32(w, how->rounds ? how->rounds : ROUNDS);
	}
	options->len = (size_t)(w->p - options->p);
	wr_close(w, mark);
}

static int put_body(struct wr *w, const struct key *k, const struct keyfile_how *how,
		    const struct cipher *c, struct rng *r)
{
	struct str options;
	uint8_t *mark, *secret, check[4];

	put_head(w, how, c, &options, r);
	wr_u32(w, 1);
	mark = wr_open(w);
	key_public_blob(k, w);
	wr_close(w, mark);
	rng_bytes(r, check, sizeof(check));
	mark = wr_open(w);
	secret = w->p;
	wr_bytes(w, check, sizeof(check));
	wr_bytes(w, check, sizeof(check));
	wr_strz(w, k->kind->name);
	k->kind->put(k, w, KEY_OPENSSH);
	wr_str(w, how->comment.p, how->comment.len);
	for (uint8_t i = 1; !w->bad && ((w->p - secret) & (block_of(c) - 1)); i++)
		wr_u8(w, i);
	wr_close(w, mark);
	if (!CFG_KEY_PASSPHRASE || !c)
		return 1;
	mark = w->p;
	for (unsigned i = c->tag_len; i; i--)
		wr_u8(w, 0);
	return w->bad ||
	       section_crypt(c, secret, (size_t)(mark - secret), options, how->pass, how->work, 1);
}

int openssh_write(struct wr *w, const struct key *k, const struct keyfile_how *how, struct rng *r)
{
	struct wr body = {w->p, w->p, w->end, w->bad};
	const struct cipher *c = NULL;
	size_t n;
	int good;

	if (how->pass.len) {
		c = CFG_KEY_PASSPHRASE
			? section_cipher(str_of(how->cipher ? how->cipher : "aes256-ctr"))
			: NULL;
		if (!c)
			return 0;
	}
	good = put_body(&body, k, how, c, r);
	n = wr_len(&body);
	w->bad |= body.bad;
	memmove(w->end - n, body.start, n);
	text_put(w, TEXT_OPENSSH, COLUMN, (struct str){w->end - n, n});
	return good;
}
