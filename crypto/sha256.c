/* sha256.c - SHA-256 (FIPS 180-4 6.2). */
/* SPDX-License-Identifier: MIT */
/*
 * The schedule comes first and the rounds then, each loop with few enough words
 * for the registers of ARM.
 */
#include <sha256_ni.h> /* in angle brackets: the target's folder comes before this one */
#include "crypto.h"
#include "sha2.h"
#include "words.h"

#define ROTR(x, n) ((x) >> (n) | (x) << (32 - (n)))

/* 6.2.2 step 1: 64 words from the 64 bytes of a block */
static void schedule(uint32_t *w, const uint8_t *m)
{
	const uint32_t *end = w + 48;

	for (int i = 0; i < 16; i++)
		w[i] = __builtin_bswap32(word32_get(m + 4 * i));
	do {
		uint32_t x = w[1], y = w[14];

		w[16] = w[0] + (ROTR(x, 7) ^ ROTR(x, 18) ^ x >> 3) + w[9] +
			(ROTR(y, 17) ^ ROTR(y, 19) ^ y >> 10);
	} while (++w < end);
}

/*
 * 6.2.2 step 3, with d and h where the next round has its e and a. x is b ^ c,
 * which the round before had as its a ^ b: Maj is ((a ^ b) & (b ^ c)) ^ b.
 */
#define ROUND(a, b, c, d, e, f, g, h, x, y)                  \
	do {                                                 \
		h += *w++;                                   \
		h += *k++ >> 32;                             \
		h += ((f ^ g) & e) ^ g;                      \
		h += ROTR(e, 6) ^ ROTR(e, 11) ^ ROTR(e, 25); \
		d += h;                                      \
		y = a ^ b;                                   \
		h += (x & y) ^ b;                            \
		h += ROTR(a, 2) ^ ROTR(a, 13) ^ ROTR(a, 22); \
	} while (0)

#define SWAP(x, y) (t = x, x = y, y = t)

/*
 * 6.2.2 steps 2 to 4; overwrites w. Four rounds at a time are a third longer
 * and a tenth faster than two.
 */
static void rounds(uint32_t s[8], uint32_t w[64])
{
	uint32_t a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
	uint32_t t, x = b ^ c, y;
	const uint64_t *k = sha2_k;

	do {
		ROUND(a, b, c, d, e, f, g, h, x, y);
		ROUND(h, a, b, c, d, e, f, g, y, x);
		if (sizeof(void *) == 8) {
			ROUND(g, h, a, b, c, d, e, f, x, y);
			ROUND(f, g, h, a, b, c, d, e, y, x);
			SWAP(a, e), SWAP(b, f), SWAP(c, g), SWAP(d, h);
		} else {
			t = g, g = e, e = c, c = a, a = t;
			t = h, h = f, f = d, d = b, b = t;
		}
	} while (k < sha2_k + 64);
	w -= 64;
	w[0] = a, w[1] = b, w[2] = c, w[3] = d;
	w[4] = e, w[5] = f, w[6] = g, w[7] = h;
	for (int i = 0; i < 8; i++)
		s[i] += w[i];
}

static void blocks(union sha2_words *h, const uint8_t *m, size_t n)
{
	uint32_t w[64];

	if (sha256_ni(h, m, n))
		return;
	for (; n > 0; n -= 64, m += 64) {
		schedule(w, m);
		rounds(h->w, w);
	}
	wipe(w, sizeof(w));
}

static void init(const br_hash_class **ctx)
{
	struct sha2 *c = (struct sha2 *)ctx;

	sha2_start(c, &sha256_class, sha2_iv);
	for (int i = 0; i < 8; i++)
		c->h.w[i] = c->h.d[i] >> 32;
}

const struct sha2_class sha256_class = SHA2_CLASS(br_sha256_ID, 4, 32, init, blocks);
