/* cipher_blowfish.c - blowfish-cbc (RFC 4253 6.3) and blowfish-ctr (RFC 4344 4). */
/* SPDX-License-Identifier: MIT */
#include "blowfish.h"
#include "words.h"

#include <string.h>

#define BLOCK 8

static void init(union cipher_ctx *c, const uint8_t *key, size_t n, const uint8_t *iv, int sealing)
{
	struct bcrypt_work *w = c->cbc.key.blowfish;

	blowfish_start(w);
	blowfish_key(&w->now, key, n, NULL, 0);
	memcpy(c->cbc.iv, iv, BLOCK);
	c->cbc.sealing = sealing;
}

static void cbc_init(union cipher_ctx *c, const uint8_t *key, const uint8_t *iv, int sealing)
{
	init(c, key, 16, iv, sealing);
}

static void ctr_init(union cipher_ctx *c, const uint8_t *key, const uint8_t *iv, int sealing)
{
	init(c, key, 32, iv, sealing);
}

static void block_at(const union cipher_ctx *c, uint8_t p[BLOCK], int back)
{
	uint32_t b[2] = {__builtin_bswap32(word32_get(p)), __builtin_bswap32(word32_get(p + 4))};

	blowfish_block(&c->cbc.key.blowfish->now, b, back);
	word32_put(p, __builtin_bswap32(b[0]));
	word32_put(p + 4, __builtin_bswap32(b[1]));
}

static void xor
    (uint8_t * p, const uint8_t *with) {
	    for (int i = 0; i < BLOCK; i++)
		    p[i] ^= with[i];
    }

    static void cbc_crypt(union cipher_ctx *c, uint8_t *p, size_t n)
{
	uint8_t before[BLOCK], *iv = c->cbc.iv;

	for (; n > 0; n -= BLOCK, p += BLOCK) {
		if (c->cbc.sealing) {
			xor(p, iv);
			block_at(c, p, 0);
			memcpy(iv, p, BLOCK);
		} else {
			memcpy(before, p, BLOCK);
			block_at(c, p, 1);
			xor(p, iv);
			memcpy(iv, before, BLOCK);
		}
	}
}

/* the iv is the counter, one number of 64 bits, the most significant byte first */
static void ctr_crypt(union cipher_ctx *c, uint8_t *p, size_t n)
{
	uint8_t stream[BLOCK], *iv = c->cbc.iv;

	for (; n > 0; n -= BLOCK, p += BLOCK) {
		memcpy(stream, iv, BLOCK);
		block_at(c, stream, 0);
		xor(p, stream);
		for (int i = BLOCK; i-- > 0 && ++iv[i] == 0;)
			;
	}
}

#define ROW(title, len, is_cbc, on_init, on_crypt)                                             \
	{                                                                                      \
		.name = title, .key_len = len, .iv_len = BLOCK, .block = BLOCK, .cbc = is_cbc, \
		.off = OFF_WEAK(CFG_WEAK_BLOWFISH_SERVER, CFG_WEAK_BLOWFISH_CLIENT),           \
		.init = on_init, .crypt = on_crypt                                             \
	}

const struct cipher cipher_blowfish_cbc = ROW("blowfish-cbc", 16, 1, cbc_init, cbc_crypt);
const struct cipher cipher_blowfish_ctr = ROW("blowfish-ctr", 32, 0, ctr_init, ctr_crypt);
