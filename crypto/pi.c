/* pi.c - the digits of pi: they are most of Blowfish, and of the primes of MODP groups. */
/* SPDX-License-Identifier: MIT */
/*
 * By Ramanujan's series (1914, equation 39):
 *
 *	3528 / pi = sum of (-1)^k c_k (1123 + 21460 k),  c_0 = 1,
 *	c_k = c_(k-1) (4k - 1) (4k - 3) (2k - 1) / (32 * 777924 k^3)
 *
 * from its last term back: x = a_(k-1) - x c_k / c_(k-1). Numbers are fractions
 * in words, the most significant first, the first one their integer. A term is
 * 19.57 bits smaller than the one before, and as much shorter is x when its
 * turn comes.
 */
#include "crypto.h"

#include <string.h>

/*
 * x = (x ^ flip) * m / d, for m < d. Quotients of two words by one are Möller
 * and Granlund's ("Improved division by invariant integers", algorithm 4).
 */
static void scale(uint32_t *x, size_t n, uint32_t m, uint32_t d, uint32_t flip)
{
	uint32_t inv = 0, r, hi, top;
	uint64_t t, q;

	for (; !(d >> 31); d <<= 1)
		m <<= 1;
	r = ~d;
	for (int i = 0; i < 32; i++) { /* (2^64 - 1) / d - 2^32 */
		top = r >> 31;
		r = r << 1 | 1;
		inv <<= 1;
		if (top || r >= d) {
			r -= d;
			inv |= 1;
		}
	}
	for (r = 0; n-- > 0; x++) {
		t = (uint64_t)(*x ^ flip) * m;
		hi = (t >> 32) + r;
		if (hi < r || hi >= d) {
			hi -= d;
			x[-1]++; /* the first word has no r, and m < d */
		}
		q = (uint64_t)hi * inv + ((uint64_t)hi << 32 | (uint32_t)t);
		*x = (q >> 32) + 1;
		r = (uint32_t)t - *x * d;
		if (r > (uint32_t)q) {
			--*x;
			r += d;
		}
		if (r >= d) {
			++*x;
			r -= d;
		}
	}
}

void pi_words(uint32_t *out, uint32_t *x, size_t n)
{
	uint32_t k, c, q;
	uint64_t t;

	memset(x, 0, n * 4);
	memset(out, 0, n * 4);
	for (k = n * 64 / 39; k > 0; k--) {
		size_t len = n - (k * 39 >> 6);

		x[0] -= 1123 + 21460 * k; /* and flipped: a - x */
		scale(x, len, (4 * k - 1) * (4 * k - 3), 32 * k * k, -1);
		scale(x, len, 2 * k - 1, 777924 * k, 0);
	}
	x[0] -= 1123;
	/* 833719 / 265381 is a little less than pi, so this and the sum are 1 - e, e < 2^-36 */
	scale(x, n, 833719, 3528 * 265381, -1);
	out[0] = 4;
	scale(out, n, 833719, 4 * 265381, 0);
	/* and out / (1 - e) = out + e out + e^2 out ... */
	for (size_t i = 0; i < n; i++)
		for (q = out[i]; q > 0; q = c) {
			c = 0;
			for (size_t j = n; --j > i;) {
				t = (uint64_t)q * ~x[j - i] + out[j] + c;
				out[j] = t;
				c = t >> 32;
			}
			out[i] += c;
		}
}
