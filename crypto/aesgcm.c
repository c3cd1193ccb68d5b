/* aesgcm.c - aes128-gcm@openssh.com and aes256-gcm@openssh.com (RFC 5647, NIST SP 800-38D). */
/* SPDX-License-Identifier: MIT */
/*
 * The length field goes in the clear and is authenticated. The nonce has
 * nothing of the packet's number: its last eight bytes count packets from what
 * the key exchange made of them, so it is the same on both sides because each
 * packet is opened once, in order. Block 1 of the key stream hides the tag, the
 * text begins with block 2.
 */
#include <aes_class.h> /* in angle brackets: the target's folder comes before this one */
#include "crypto.h"

#include <string.h>

#define TAG 16
#define NONCE 12

static void stream(const union cipher_ctx *c, uint32_t block, uint8_t *p, size_t n)
{
	const br_block_ctr_class *const *keys = &c->aesgcm.keys.vtable;

	(*keys)->run(keys, c->aesgcm.iv, block, p, n);
}

static void init(union cipher_ctx *c, const uint8_t *key, size_t n, const uint8_t *iv)
{
	aes_class()->init(&c->aesgcm.keys.vtable, key, n);
	memset(c->aesgcm.iv, 0, NONCE);
	memset(c->aesgcm.h, 0, TAG);
	stream(c, 0, c->aesgcm.h, TAG);
	memcpy(c->aesgcm.iv, iv, NONCE);
}

static void gcm128_init(union cipher_ctx *c, const uint8_t *key, const uint8_t *iv, int sealing)
{
	(void)sealing;
	init(c, key, 16, iv);
}

static void gcm256_init(union cipher_ctx *c, const uint8_t *key, const uint8_t *iv, int sealing)
{
	(void)sealing;
	init(c, key, 32, iv);
}

/* the tag of the n bytes at p, the first `clear` of them not enciphered; n < 2^28 */
static void tag_of(uint8_t tag[TAG], const union cipher_ctx *c, const uint8_t *p, uint32_t n,
		   uint32_t clear)
{
	const uint32_t bits = (n - clear) * 8;
	const uint8_t len[16] = {
	    [7] = clear * 8, [12] = bits >> 24, [13] = bits >> 16, [14] = bits >> 8, [15] = bits};
	br_ghash ghash = ghash_best();

	memset(tag, 0, TAG);
	ghash(tag, c->aesgcm.h, p, clear);
	ghash(tag, c->aesgcm.h, p + clear, n - clear);
	ghash(tag, c->aesgcm.h, len, sizeof(len));
	stream(c, 1, tag, TAG);
}

/* 1: fine, or the tag behind the n bytes is another; sealing writes it */
static int gcm_crypt(union cipher_ctx *c, uint8_t *p, size_t n, uint32_t clear, int sealing)
{
	uint8_t tag[TAG];

	if (sealing)
		stream(c, 2, p + clear, n - clear);
	tag_of(sealing ? p + n : tag, c, p, n, clear);
	if (sealing)
		return 1;
	if (!ct_eq(tag, p + n, TAG))
		return 0;
	stream(c, 2, p + clear, n - clear);
	return 1;
}

/* on to the next packet's nonce */
static void count(uint8_t iv[NONCE])
{
	for (int i = NONCE; i-- > NONCE - 8 && ++iv[i] == 0;)
		;
}

static uint32_t gcm_length(const union cipher_ctx *c, uint32_t seq, const uint8_t p[4])
{
	(void)c;
	(void)seq;
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static int gcm_open(union cipher_ctx *c, uint32_t seq, uint8_t *p, size_t n)
{
	(void)seq;
	if (!gcm_crypt(c, p, n, 4, 0))
		return 0;
	count(c->aesgcm.iv);
	return 1;
}

static void gcm_seal(union cipher_ctx *c, uint32_t seq, uint8_t *p, size_t n)
{
	(void)seq;
	gcm_crypt(c, p, n, 4, 1);
	count(c->aesgcm.iv);
}

static int gcm_whole(union cipher_ctx *c, uint8_t *p, size_t n, int sealing)
{
	return gcm_crypt(c, p, n, 0, sealing);
}

#define ROW(title, len, on_init)                                                             \
	{                                                                                    \
		.name = title, .key_len = len, .iv_len = NONCE, .block = 16, .tag_len = TAG, \
		.aad = 1, .init = on_init, .length = gcm_length, .open = gcm_open,           \
		.seal = gcm_seal, .whole = CFG_KEY_PASSPHRASE ? gcm_whole : NULL             \
	}

const struct cipher cipher_aes128_gcm = ROW("aes128-gcm@openssh.com", 16, gcm128_init);
const struct cipher cipher_aes256_gcm = ROW("aes256-gcm@openssh.com", 32, gcm256_init);
