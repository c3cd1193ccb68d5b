/* ppk.c - PuTTY's private key files, versions 2 and 3, read (appendix C of its manual). */
/* SPDX-License-Identifier: MIT */
/*
 * Lines `name: value`, and two blocks of base64 lines. The MAC is over the key's name,
 * cipher, comment and both halves, as strings: the text is pressed into exactly that, in
 * place. It never gets ahead of what is still to be read, as more than the four bytes of a
 * string's length stands before each of them.
 */
#include <string.h>

#include "config.h"
#include "keyfile_parts.h"

#define CBC "aes256-cbc"
#define CBC_BLOCK 16
#define LINES_MAX 99
#define MAC_KEY "putty-private-key-file-mac-key"

struct ppk {
	struct str rest; /* of the text */
	uint8_t version; /* '2' or '3' */
	int bad;
	/* lines, then strings; the halves are blocks of lines at first */
	struct str name, cipher, comment, pub, priv;
};

/* the value in the next line, which must be of that name */
static struct str value(struct ppk *f, const char *name)
{
	struct str line = text_line(&f->rest);
	size_t n = strlen(name);

	f->bad |= !text_begins(line, name);
	n += n < line.len && line.p[n] == ' ';
	if (f->bad)
		n = line.len;
	return (struct str){line.p + n, line.len - n};
}

/* as many lines as the value of name says */
static struct str block(struct ppk *f, const char *name)
{
	struct str count = value(f, name), lines = f->rest;
	unsigned n = 0;

	for (; count.len && n <= LINES_MAX; count.p++, count.len--)
		n = *count.p >= '0' && *count.p <= '9' ? 10 * n + *count.p - '0' : LINES_MAX + 1;
	f->bad |= n > LINES_MAX;
	while (!f->bad && n--)
		text_line(&f->rest);
	lines.len = (size_t)(f->rest.p - lines.p);
	return lines;
}

/* up to the public half */
static void read_head(struct ppk *f, struct str s)
{
	static const char *const first[] = {PPK "2:", PPK "3:"};

	*f = (struct ppk){.rest = s, .version = s.len < sizeof(PPK) ? 0 : s.p[sizeof(PPK) - 1]};
	f->name = value(f, first[f->version == '3']);
	f->cipher = value(f, "Encryption:");
	f->comment = value(f, "Comment:");
	f->pub = block(f, "Public-Lines:");
}

/* to a string, from text or (base64) lines at or behind to + 4; behind it */
static uint8_t *press(uint8_t *to, struct str *s, int base64)
{
	if (base64)
		s->len = text_peek(to + 4, s->len, *s);
	else
		memmove(to + 4, s->p, s->len);
	put_u32(to, (uint32_t)s->len);
	s->p = to + 4;
	return to + 4 + s->len;
}

static void hash_two(uint8_t out[20], const void *a, size_t a_len, struct str b)
{
	struct hash_ctx h;

	hash_init(&h, &hash_sha1);
	hash_add(&h, a, a_len);
	hash_add(&h, b.p, b.len);
	hash_out(&h, out);
	wipe(&h, sizeof(h));
}

/* the private half of version 2 */
static void decrypt(struct ppk *f, const struct cipher *c, struct str pass)
{
	uint8_t key[48], count[4] = {0};

	hash_two(key, count, 4, pass);
	count[3] = 1;
	hash_two(key + 20, count, 4, pass);
	memset(key + 32, 0, CBC_BLOCK); /* the iv */
	section_crypt_key(c, (uint8_t *)f->priv.p, f->priv.len, key, 0);
	wipe(key, sizeof(key));
}

/* of the pressed file, up to end; pass empty where it is not encrypted */
static int mac_ok(const struct ppk *f, const uint8_t *p, const uint8_t *end, struct str pass,
		  struct str want)
{
	static const struct mac macs[] = {
	    {.hash = &hash_sha1,   .key_len = 20, .tag_len = 20},
	    {.hash = &hash_sha256, .key_len = 32, .tag_len = 32},
	};
	const struct mac *m = &macs[f->version == '3'];
	uint8_t key[32] = {0}, tag[32]; /* an empty key is as good as zeros (RFC 2104 2) */
	struct mac_ctx c;
	unsigned i, wrong = 0;

	if (f->version == '2')
		hash_two(key, MAC_KEY, sizeof(MAC_KEY) - 1, pass);
	mac_init(&c, m, key);
	mac_tag(&c, get_u32(p), p + 4, (size_t)(end - p) - 4,
		tag); /* whose number is the first length */
	if (want.len != 2 * (size_t)m->tag_len)
		return 0;
	for (i = 0; i < want.len; i++) {
		unsigned v = i & 1 ? tag[i / 2] & 15 : tag[i / 2] >> 4;

		wrong |= want.p[i] ^ (v + (v < 10 ? '0' : 'a' - 10));
	}
	wipe(key, sizeof(key));
	wipe(&c, sizeof(c));
	return !wrong;
}

static enum keyfile_err read_key(struct key *k, const struct ppk *f)
{
	struct rd pub = rd_init(f->pub), priv = rd_init(f->priv);
	struct str num[6];
	enum keyfile_err e;

	if (!str_eq(rd_str(&pub), f->name))
		return KEYFILE_BAD;
	k->kind = key_kind_find(f->name);
	num[1] = rd_str(&pub);
	num[0] = k->kind == &key_ed25519 ? num[1] : rd_str(&pub);
	num[2] = rd_str(&priv);
	if (CFG_KEY_RSA && k->kind == &key_rsa) { /* e n, d p q iq */
		num[4] = rd_str(&priv);
		num[5] = rd_str(&priv);
		num[3] = rd_str(&priv);
	}
	if (!rd_done(&pub) || priv.bad) /* the private half may be padded */
		return KEYFILE_BAD;
	if (k->kind == &key_ed25519) {
		e = key_compose_ed25519(k, num[2]);
		return e || str_eq(num[1], (struct str){k->u.ed25519.pub, 32}) ? e : KEYFILE_BAD;
	}
	if (CFG_KEY_RSA && k->kind == &key_rsa)
		return key_compose(k, num, 6);
	if (!CFG_KEY_ECDSA || !k->kind || !k->kind->curve || !k->kind->get)
		return KEYFILE_TYPE;
	num[3] = num[0]; /* curve, point, number */
	num[0] = num[1];
	num[1] = num[3];
	return key_compose(k, num, 3);
}

enum keyfile_err ppk_read(struct key *k, struct str *comment, struct str s, struct str pass)
{
	uint8_t *start = (uint8_t *)s.p, *end;
	const struct cipher *c = NULL;
	struct str mac;
	struct ppk f;

	read_head(&f, s);
	if (!f.bad && !str_is(f.cipher, "none")) {
		if (f.version == '3')
			return KEYFILE_ARGON2;
		if (CFG_KEY_PASSPHRASE)
			c = str_is(f.cipher, CBC) ? section_cipher(f.cipher) : NULL;
		if (CFG_KEY_PASSPHRASE && !c)
			return KEYFILE_KIND;
		if (!CFG_KEY_PASSPHRASE || !pass.p)
			return KEYFILE_ENCRYPTED;
	} else {
		pass.len = 0;
	}
	f.priv = block(&f, "Private-Lines:");
	mac = value(&f, "Private-MAC:");
	if (f.bad)
		return KEYFILE_BAD;
	end = press(start, &f.name, 0);
	end = press(end, &f.cipher, 0);
	end = press(end, &f.comment, 0);
	end = press(end, &f.pub, 1);
	end = press(end, &f.priv, 1);
	*comment = f.comment;
	if (CFG_KEY_PASSPHRASE && c && f.priv.len % CBC_BLOCK == 0)
		decrypt(&f, c, pass);
	if (!mac_ok(&f, start, end, pass, mac))
		return c ? KEYFILE_PASS : KEYFILE_BAD;
	return read_key(k, &f);
}

size_t ppk_public(uint8_t out[KEY_BLOB_MAX], struct str s)
{
	struct ppk f;

	read_head(&f, s);
	return f.bad ? 0 : text_peek(out, KEY_BLOB_MAX, f.pub);
}
