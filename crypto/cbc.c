/* cbc.c - aes128-cbc, aes192-cbc, aes256-cbc and 3des-cbc (RFC 4253 6.3). */
/* SPDX-License-Identifier: MIT */
#include <aes_class.h> /* in angle brackets: the target's folder comes before this one */
#include "crypto.h"

#include <string.h>

static void cbc_crypt(union cipher_ctx *c, uint8_t *p, size_t n)
{
	if (c->cbc.sealing)
		c->cbc.key.enc->run(&c->cbc.key.enc, c->cbc.iv, p, n);
	else
		c->cbc.key.dec->run(&c->cbc.key.dec, c->cbc.iv, p, n);
}

static void aes_init(union cipher_ctx *c, const uint8_t *key, size_t n, const uint8_t *iv,
		     int sealing)
{
	memcpy(c->cbc.iv, iv, 16);
	c->cbc.sealing = sealing;
	if (sealing)
		aes_cbcenc_class()->init(&c->cbc.key.enc, key, n);
	else
		aes_cbcdec_class()->init(&c->cbc.key.dec, key, n);
}

static void aes128_init(union cipher_ctx *c, const uint8_t *key, const uint8_t *iv, int sealing)
{
	aes_init(c, key, 16, iv, sealing);
}

static void aes192_init(union cipher_ctx *c, const uint8_t *key, const uint8_t *iv, int sealing)
{
	aes_init(c, key, 24, iv, sealing);
}

static void aes256_init(union cipher_ctx *c, const uint8_t *key, const uint8_t *iv, int sealing)
{
	aes_init(c, key, 32, iv, sealing);
}

static void des3_init(union cipher_ctx *c, const uint8_t *key, const uint8_t *iv, int sealing)
{
	memcpy(c->cbc.iv, iv, 8);
	c->cbc.sealing = sealing;
	if (sealing)
		br_des_ct_cbcenc_vtable.init(&c->cbc.key.enc, key, 24);
	else
		br_des_ct_cbcdec_vtable.init(&c->cbc.key.dec, key, 24);
}

#define ROW(title, len, size, symbol, on_init)                                                   \
	{                                                                                        \
		.name = title, .key_len = len, .iv_len = size, .block = size, .cbc = 1,          \
		.off = OFF_WEAK(CFG_WEAK_##symbol##_CBC_SERVER, CFG_WEAK_##symbol##_CBC_CLIENT), \
		.init = on_init, .crypt = cbc_crypt                                              \
	}

const struct cipher cipher_aes128_cbc = ROW("aes128-cbc", 16, 16, AES, aes128_init);
const struct cipher cipher_aes192_cbc = ROW("aes192-cbc", 24, 16, AES, aes192_init);
const struct cipher cipher_aes256_cbc = ROW("aes256-cbc", 32, 16, AES, aes256_init);
const struct cipher cipher_3des_cbc = ROW("3des-cbc", 24, 8, 3DES, des3_init);
