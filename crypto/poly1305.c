/* poly1305.c - the Poly1305 one-time authenticator (RFC 8439 2.5), 32-bit limbs. */
/* SPDX-License-Identifier: MIT */
/*
 * h and r are radix 2^32. The clamp makes r1, r2 and r3 multiples of 4, so
 * that 2^128 r = 2^130 (r / 4) comes down as 5 r / 4 = s.
 *
 * Bounds, r_i < 2^28 and s_i < 1.25 * 2^28: at the top of a block h4 <= 3 and
 * c < 2^32; with the message and the carries in, h4 <= 6. A column is below
 * 2^63. In the last one only h4 meets an s: its high half is < 2^30 + 2, and
 * h4 r0 < 1.5 * 2^30, so the new h4 is < 2^32 and so is c = 5 * (h4 / 4).
 */
#include "crypto.h"
#include "words.h"

#include <string.h>

#define MUL(a, b) ((uint64_t)(a) * (b))

/* *v += a + carry; gives the carry out, 2 at most */
static inline uint32_t add(uint32_t *v, uint32_t a, uint32_t carry)
{
	uint32_t out = __builtin_add_overflow(*v, a, v);

	return out + __builtin_add_overflow(*v, carry, v);
}

/* tag = (h mod 2^130 - 5) + pad mod 2^128, for h < 2^130 + 2^33 */
static void finish(uint8_t tag[16], uint32_t h[5], const uint8_t pad[16])
{
	uint32_t carry = 5, t;

	for (int i = 0; i < 4; i++) {
		t = h[i];
		carry = add(&t, 0, carry);
	}
	carry = 5 * ((h[4] + carry) >> 2); /* 5 where h >= 2^130 - 5, else 0 */
	for (int i = 0; i < 4; i++) {
		carry = add(&h[i], word32_get(pad + 4 * i), carry);
		word32_put(tag + 4 * i, h[i]);
	}
}

void poly1305(uint8_t tag[16], const void *m, size_t n, const uint8_t key[32])
{
	const uint8_t *p = m;
	const uint32_t r0 = word32_get(key) & 0x0fffffff;
	const uint32_t r1 = word32_get(key + 4) & 0x0ffffffc, s1 = r1 + (r1 >> 2);
	const uint32_t r2 = word32_get(key + 8) & 0x0ffffffc, s2 = r2 + (r2 >> 2);
	const uint32_t r3 = word32_get(key + 12) & 0x0ffffffc, s3 = r3 + (r3 >> 2);
	uint32_t h0 = 0, h1 = 0, h2 = 0, h3 = 0, h4 = 0, c = 0, g0, g1, g2;
	uint8_t last[16] = {0};
	uint64_t x;

	while (n > 0) {
		h4 += n >= 16;
		if (n < 16) {
			memcpy(last, p, n);
			last[n] = 1;
			p = last;
			n = 16;
		}
		c = add(&h0, word32_get(p), c);
		c = add(&h1, word32_get(p + 4), c);
		c = add(&h2, word32_get(p + 8), c);
		h4 += add(&h3, word32_get(p + 12), c);

		x = MUL(h0, r0) + MUL(h1, s3) + MUL(h2, s2) + MUL(h3, s1);
		g0 = x;
		x = (x >> 32) + MUL(h0, r1) + MUL(h1, r0) + MUL(h2, s3) + MUL(h3, s2) + MUL(h4, s1);
		g1 = x;
		x = (x >> 32) + MUL(h0, r2) + MUL(h1, r1) + MUL(h2, r0) + MUL(h3, s3) + MUL(h4, s2);
		g2 = x;
		x = (x >> 32) + MUL(h0, r3) + MUL(h1, r2) + MUL(h2, r1) + MUL(h3, r0) + MUL(h4, s3);
		h3 = x;
		h4 = (uint32_t)(x >> 32) + h4 * r0;
		h0 = g0, h1 = g1, h2 = g2;
		c = 5 * (h4 >> 2);
		h4 &= 3;
		p += 16;
		n -= 16;
	}
	c = add(&h0, 0, c);
	c = add(&h1, 0, c);
	c = add(&h2, 0, c);
	h4 += add(&h3, 0, c);
	finish(tag, (uint32_t[]){h0, h1, h2, h3, h4}, key + 16);
}
