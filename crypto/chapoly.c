/* chapoly.c - chacha20-poly1305@openssh.com (OpenSSH's PROTOCOL.chacha20poly1305). */
/* SPDX-License-Identifier: MIT */
/*
 * Two ChaCha20 keys: K_1 (.len) for the four bytes of the length alone, K_2
 * (.main) for the payload from block 1 on; block 0 of K_2 begins with the
 * Poly1305 key. The nonce is the sequence number, 64 bits big-endian. The tag
 * is over both ciphertexts, and nothing but the length is decrypted before it
 * has been found right.
 */
#include "crypto.h"

#include <string.h>

#define TAG 16

/* xors n bytes with the key stream of packet seq from the given block on */
static void stream(uint8_t *p, size_t n, const uint8_t key[32], uint32_t seq, uint8_t block)
{
	uint8_t iv[16] = {block};

	iv[12] = seq >> 24;
	iv[13] = seq >> 16;
	iv[14] = seq >> 8;
	iv[15] = seq;
	chacha20_xor(p, n, key, iv);
}

static void tag_of(uint8_t tag[TAG], const union cipher_ctx *c, uint32_t seq, const uint8_t *p,
		   size_t n)
{
	uint8_t key[32] = {0};

	stream(key, sizeof key, c->chachapoly.main, seq, 0);
	poly1305(tag, p, n, key);
	wipe(key, sizeof key);
}

static void both(const union cipher_ctx *c, uint32_t seq, uint8_t *p, size_t n)
{
	stream(p, 4, c->chachapoly.len, seq, 0);
	stream(p + 4, n - 4, c->chachapoly.main, seq, 1);
}

static void chapoly_init(union cipher_ctx *c, const uint8_t *key, const uint8_t *iv, int sealing)
{
	(void)iv;
	(void)sealing;
	memcpy(c->chachapoly.main, key, 32);
	memcpy(c->chachapoly.len, key + 32, 32);
}

static uint32_t chapoly_length(const union cipher_ctx *c, uint32_t seq, const uint8_t p[4])
{
	uint8_t len[4];

	memcpy(len, p, 4);
	stream(len, 4, c->chachapoly.len, seq, 0);
	return (uint32_t)len[0] << 24 | len[1] << 16 | len[2] << 8 | len[3];
}

static int chapoly_open(union cipher_ctx *c, uint32_t seq, uint8_t *p, size_t n)
{
	uint8_t tag[TAG];

	tag_of(tag, c, seq, p, n);
	if (!ct_eq(tag, p + n, TAG))
		return 0;
	both(c, seq, p, n);
	return 1;
}

static void chapoly_seal(union cipher_ctx *c, uint32_t seq, uint8_t *p, size_t n)
{
	both(c, seq, p, n);
	tag_of(p + n, c, seq, p, n);
}

static int chapoly_whole(union cipher_ctx *c, uint8_t *p, size_t n, int sealing)
{
	uint8_t tag[TAG];

	if (sealing)
		stream(p, n, c->chachapoly.main, 0, 1);
	tag_of(tag, c, 0, p, n);
	if (sealing)
		memcpy(p + n, tag, TAG);
	else if (!ct_eq(tag, p + n, TAG))
		return 0;
	else
		stream(p, n, c->chachapoly.main, 0, 1);
	return 1;
}

const struct cipher cipher_chachapoly = {
    .name = "chacha20-poly1305@openssh.com",
    .key_len = 64,
    .block = 8,
    .tag_len = TAG,
    .aad = 1,
    .init = chapoly_init,
    .length = chapoly_length,
    .open = chapoly_open,
    .seal = chapoly_seal,
    .whole = CFG_KEY_PASSPHRASE ? chapoly_whole : NULL,
};
