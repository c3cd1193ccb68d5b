/* chacha20.c - the ChaCha20 stream cipher (RFC 8439 2.4). */
/* SPDX-License-Identifier: MIT */
/*
 * The sixteen words are one struct that only constant indices touch, so that
 * the compiler holds them in registers. Sizes and speeds hang on -Os, see
 * scripts/speed.mk: -O2 schedules the quarter rounds into spills on ARM.
 */
#include "crypto.h"
#include "le32.h"
#include "words.h"

#include <string.h>

struct state {
	uint32_t w[16];
};

#define ROTL(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define QUARTER(a, b, c, d)                                                    \
	do {                                                                   \
		x.w[a] += x.w[b], x.w[d] ^= x.w[a], x.w[d] = ROTL(x.w[d], 16); \
		x.w[c] += x.w[d], x.w[b] ^= x.w[c], x.w[b] = ROTL(x.w[b], 12); \
		x.w[a] += x.w[b], x.w[d] ^= x.w[a], x.w[d] = ROTL(x.w[d], 8);  \
		x.w[c] += x.w[d], x.w[b] ^= x.w[c], x.w[b] = ROTL(x.w[b], 7);  \
	} while (0)

/* xors 64 bytes with the block of s */
static void xor_block(const struct state *s, uint8_t *p)
{
	struct state x = *s;

	for (int i = 0; i < 10; i++) {
		QUARTER(0, 4, 8, 12);
		QUARTER(1, 5, 9, 13);
		QUARTER(2, 6, 10, 14);
		QUARTER(3, 7, 11, 15);
		QUARTER(0, 5, 10, 15);
		QUARTER(1, 6, 11, 12);
		QUARTER(2, 7, 8, 13);
		QUARTER(3, 4, 9, 14);
	}
#pragma GCC unroll 16
	for (int i = 0; i < 16; i++)
		word32_put(p + 4 * i, word32_get(p + 4 * i) ^ (x.w[i] + s->w[i]));
}

void chacha20_xor(uint8_t *p, size_t n, const uint8_t key[32], const uint8_t iv[16])
{
	struct state s = {
	    {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}
        };
	uint8_t last[64];

	le32_get(s.w + 4, key, 8);
	le32_get(s.w + 12, iv, 4);
	for (; n >= 64; n -= 64, p += 64, s.w[12]++)
		xor_block(&s, p);
	if (n > 0) {
		memcpy(last, p, n);
		xor_block(&s, last);
		memcpy(p, last, n);
		wipe(last, sizeof last);
	}
	wipe(&s, sizeof s);
}
