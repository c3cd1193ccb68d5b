/* keyfile_crypt.c - what a passphrase protects in a key file. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "algs.h"
#include "keyfile_parts.h"

#define KEY_IV 96 /* bytes, at most */

/* a context of those ciphers that section_cipher gives: the union can be much longer */
union small_ctx {
	uint64_t align;
	uint8_t mem[704];
};

_Static_assert(sizeof(((union cipher_ctx *)0)->chachapoly) <= sizeof(union small_ctx), "room");
_Static_assert(sizeof(((union cipher_ctx *)0)->aesctr) <= sizeof(union small_ctx), "room");
_Static_assert(sizeof(((union cipher_ctx *)0)->aesgcm) <= sizeof(union small_ctx), "room");
_Static_assert(sizeof(br_aes_gen_cbcenc_keys) + sizeof(br_des_gen_cbcenc_keys) + 32 <=
		   sizeof(union small_ctx),
	       "room");

/* all but Blowfish */
const struct cipher *section_cipher(struct str name)
{
	for (const struct cipher *const *c = ciphers; *c; c++)
		if (str_is(name, (*c)->name))
			return *name.p == 'b' ? NULL : *c;
	return NULL;
}

int section_crypt_key(const struct cipher *c, uint8_t *p, size_t n, const uint8_t *key, int sealing)
{
	union small_ctx room;
	union cipher_ctx *ctx = (void *)&room;
	int good = 1;

	c->init(ctx, key, key + c->key_len, sealing);
	if (c->tag_len)
		good = c->whole(ctx, p, n, sealing);
	else
		c->crypt(ctx, p, n);
	wipe(&room, sizeof(room));
	return good;
}

int section_crypt(const struct cipher *c, uint8_t *p, size_t n, struct str options, struct str pass,
		  struct bcrypt_work *work, int sealing)
{
	struct rd r = rd_init(options);
	struct str salt = rd_str(&r);
	uint32_t rounds = rd_u32(&r);
	uint8_t key[KEY_IV];
	int good;

	good = rd_done(&r) && rounds &&
	       bcrypt_pbkdf(work, key, c->key_len + c->iv_len, pass.p, pass.len, salt.p, salt.len,
			    rounds) &&
	       section_crypt_key(c, p, n, key, sealing);
	wipe(key, sizeof(key));
	return good;
}
