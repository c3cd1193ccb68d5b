/* aesctr.c - aes128-ctr, aes192-ctr and aes256-ctr (RFC 4344 4). */
/* SPDX-License-Identifier: MIT */
/*
 * BearSSL counts in the last 32 bits of the block only, where RFC 4344 has one
 * number of 128 bits: a run ends where those 32 wrap, and the carry is ours.
 */
#include <aes_class.h> /* in angle brackets: the target's folder comes before this one */
#include "crypto.h"

#include <string.h>

static void init(union cipher_ctx *c, const uint8_t *key, size_t n, const uint8_t *iv)
{
	aes_class()->init(&c->aesctr.keys.vtable, key, n);
	memcpy(c->aesctr.iv, iv, 16);
}

static void aes128_init(union cipher_ctx *c, const uint8_t *key, const uint8_t *iv, int sealing)
{
	(void)sealing;
	init(c, key, 16, iv);
}

static void aes192_init(union cipher_ctx *c, const uint8_t *key, const uint8_t *iv, int sealing)
{
	(void)sealing;
	init(c, key, 24, iv);
}

static void aes256_init(union cipher_ctx *c, const uint8_t *key, const uint8_t *iv, int sealing)
{
	(void)sealing;
	init(c, key, 32, iv);
}

static void aesctr_crypt(union cipher_ctx *c, uint8_t *p, size_t n)
{
	const br_block_ctr_class **keys = &c->aesctr.keys.vtable;
	uint8_t *iv = c->aesctr.iv;
	uint32_t count, left;
	size_t take;

	for (; n > 0; n -= take, p += take) {
		count = (uint32_t)iv[12] << 24 | iv[13] << 16 | iv[14] << 8 | iv[15];
		left = -count; /* blocks before it wraps; 0: more than there are */
		take = left != 0 && n / 16 > left ? (size_t)left * 16 : n;
		count = (*keys)->run(keys, iv, count, p, take);
		iv[12] = count >> 24;
		iv[13] = count >> 16;
		iv[14] = count >> 8;
		iv[15] = count;
		for (int i = 12; count == 0 && i-- > 0 && ++iv[i] == 0;)
			;
	}
}

const struct cipher cipher_aes128_ctr = {
    .name = "aes128-ctr",
    .key_len = 16,
    .iv_len = 16,
    .block = 16,
    .init = aes128_init,
    .crypt = aesctr_crypt,
};

const struct cipher cipher_aes192_ctr = {
    .name = "aes192-ctr",
    .key_len = 24,
    .iv_len = 16,
    .block = 16,
    .init = aes192_init,
    .crypt = aesctr_crypt,
};

const struct cipher cipher_aes256_ctr = {
    .name = "aes256-ctr",
    .key_len = 32,
    .iv_len = 16,
    .block = 16,
    .init = aes256_init,
    .crypt = aesctr_crypt,
};
