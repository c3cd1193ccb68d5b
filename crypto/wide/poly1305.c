/* poly1305.c - the Poly1305 one-time authenticator (RFC 8439 2.5), 64-bit limbs. */
/* SPDX-License-Identifier: MIT */
/*
 * h and r are radix 2^64. The clamp makes r1 a multiple of 4, so 2^128 r1 =
 * 2^130 (r1 / 4) comes down as 5 r1 / 4 = s1.
 *
 * Bounds, r_i < 2^60: at the top of a block h2 <= 3 and c < 2^64; with the
 * message and the carries in, h2 <= 6. A column is < 2^126, the high half of
 * the last one <= 2^61, h2 r0 < 1.5 * 2^62, so their sum is < 2^63 + 2^61 and
 * c = 5 * (sum / 4) < 2^64.
 */
#include "crypto.h"
#include "words.h"

#include <string.h>

#define MUL(a, b) ((unsigned __int128)(a) * (b))

/* *v += a + carry; gives the carry out, 2 at most */
static inline uint64_t add(uint64_t *v, uint64_t a, uint64_t carry)
{
	uint64_t out = __builtin_add_overflow(*v, a, v);

	return out + __builtin_add_overflow(*v, carry, v);
}

void poly1305(uint8_t tag[16], const void *m, size_t n, const uint8_t key[32])
{
	const uint8_t *p = m;
	const uint64_t r0 = word64_get(key) & 0x0ffffffc0fffffff;
	const uint64_t r1 = word64_get(key + 8) & 0x0ffffffc0ffffffc, s1 = r1 + (r1 >> 2);
	uint64_t h0 = 0, h1 = 0, h2 = 0, c = 0, t0, t1;
	uint8_t last[16] = {0};
	unsigned __int128 x;

	while (n > 0) {
		h2 += n >= 16;
		if (n < 16) {
			memcpy(last, p, n);
			last[n] = 1;
			p = last;
			n = 16;
		}
		c = add(&h0, word64_get(p), c);
		h2 += add(&h1, word64_get(p + 8), c);

		x = MUL(h0, r0) + MUL(h1, s1);
		t0 = x;
		x = (x >> 64) + MUL(h0, r1) + MUL(h1, r0) + MUL(h2, s1);
		h0 = t0;
		h1 = x;
		h2 = (uint64_t)(x >> 64) + h2 * r0;
		c = 5 * (h2 >> 2);
		h2 &= 3;
		p += 16;
		n -= 16;
	}
	h2 += add(&h1, 0, add(&h0, 0, c));
	t0 = h0;
	t1 = h1;
	c = add(&t1, 0, add(&t0, 5, 0));
	c = 5 * ((h2 + c) >> 2); /* 5 where h >= 2^130 - 5, else 0 */
	c = add(&h0, word64_get(key + 16), c);
	add(&h1, word64_get(key + 24), c);
	word64_put(tag, h0);
	word64_put(tag + 8, h1);
}
