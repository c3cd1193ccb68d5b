/* ge_mul.c - group of Ed25519: multiples of the base point and of others. */
/* SPDX-License-Identifier: MIT */
/*
 * The base point's multiplier is made odd by adding L if need be and written
 * with 256 digits that are 1 or -1. Bit i of the eight words gives column i:
 * from the highest column down, double, then add one entry for the upper four
 * words and one for the lower four. The entry's sign is the highest digit's.
 *
 * A variable multiple of another point rides on the same doublings: its
 * digits are those of a non-adjacent form of width 5 (Hankerson, Menezes,
 * Vanstone, "Guide to Elliptic Curve Cryptography", 3.3.1).
 */
#include "crypto.h"
#include "ge.h"
#include "hide.h"
#include "sc.h"

#include <string.h>

#define NAF_LEN 256
#define ODD_MULTIPLES 8 /* 1, 3, ... 15 */

/* w = t[digit], all of t read */
static void scan(uint32_t w[24], const uint32_t t[8][24], uint32_t digit)
{
	uint32_t mask[8];
	int i;

	for (i = 0; i < 8; i++)
		mask[i] = -hide(((digit ^ i) - 1) >> 31);
	for (i = 0; i < 24; i++)
		w[i] = (t[0][i] & mask[0]) | (t[1][i] & mask[1]) | (t[2][i] & mask[2]) |
		       (t[3][i] & mask[3]) | (t[4][i] & mask[4]) | (t[5][i] & mask[5]) |
		       (t[6][i] & mask[6]) | (t[7][i] & mask[7]);
}

/* c = the sum of the i-th digits of b's four words at their places, b's 0 standing for -1 */
static void select_base(struct ge_cached *c, const uint32_t t[8][24], const uint32_t b[4], int i,
			int is_public)
{
	uint32_t digit = (b[0] >> i & 1) | (b[1] >> i & 1) << 1 | (b[2] >> i & 1) << 2;
	uint32_t minus = hide(1 ^ (b[3] >> i & 1)), scanned[24];
	const uint32_t *w = scanned;

	digit ^= -minus & 7;
	if (is_public)
		w = t[digit];
	else
		scan(scanned, t, digit);
	fe_from_words(&c->yp, w);
	fe_from_words(&c->ym, w + 8);
	fe_from_words(&c->t2d, w + 16);
	ge_cached_neg(c, minus);
}

/* sum over i of (2 b_i - 1) 2^i = s or s + L, whichever is odd */
static void to_signs(uint32_t b[8], const uint32_t s[8])
{
	uint32_t even = hide(s[0] & 1) - 1;
	uint64_t c = 0;
	int i;

	for (i = 0; i < 8; i++) {
		c += (uint64_t)s[i] + (sc_order[i] & even);
		b[i] = c;
		c >>= 32;
	}
	for (i = 0; i < 7; i++)
		b[i] = b[i] >> 1 | b[i + 1] << 31;
	b[7] = b[7] >> 1 | 1u << 31;
}

/* p = s B, and where there is a naf, which makes s public, what it says of the odd multiples */
static void mul(struct ge *p, const uint32_t s[8], const struct ge_cached *odd, const int8_t *naf)
{
	struct ge_cached q;
	uint32_t b[8];
	int i = 31, digit = 0;

	to_signs(b, s);
	memset(p, 0, sizeof(*p));
	p->y = p->z = fe_one;
	if (naf)
		for (i = NAF_LEN - 1; i > 31 && naf[i] == 0;)
			i--;
	for (; i >= 0; i--) {
		if (naf)
			digit = naf[i];
		ge_dbl(p, i < 32 || digit != 0);
		if (digit != 0) {
			q = odd[(digit < 0 ? -digit : digit) >> 1];
			if (digit < 0)
				ge_cached_neg(&q, 1);
			ge_add(p, &q, 0, i < 32);
		}
		if (i < 32) {
			select_base(&q, ge_base[1], b + 4, i, naf != NULL);
			ge_add(p, &q, 1, 1);
			select_base(&q, ge_base[0], b, i, naf != NULL);
			ge_add(p, &q, 1, 0);
		}
	}
	wipe(b, sizeof(b));
	wipe(&q, sizeof(q));
}

void ge_mul_base(struct ge *p, const uint32_t s[8])
{
	mul(p, s, NULL, NULL);
}

/* digits are 0 or odd, from -15 to 15, and four zeros follow each of the others; k < 2^253 */
static void to_naf(int8_t naf[NAF_LEN], const uint32_t k[8])
{
	int i, digit, carry = 0;

	memset(naf, 0, NAF_LEN);
	for (i = 0; i < NAF_LEN; i++) {
		digit = k[i >> 5] >> (i & 31) & 1;
		if (digit == carry)
			continue;
		digit = k[i >> 5] >> (i & 31) & 31;
		if ((i & 31) > 27 && i < 224)
			digit |= k[(i >> 5) + 1] << (32 - (i & 31)) & 31;
		digit += carry;
		carry = digit >> 4;
		naf[i] = digit - (carry << 5);
		i += 4;
	}
}

void ge_mul_both(struct ge *p, const uint32_t s[8], const uint32_t k[8], const struct ge *a)
{
	struct ge_cached odd[ODD_MULTIPLES], twice;
	int8_t naf[NAF_LEN];
	int i;

	*p = *a;
	ge_cache(&odd[0], p);
	ge_dbl(p, 1);
	ge_cache(&twice, p);
	*p = *a;
	for (i = 1; i < ODD_MULTIPLES; i++) {
		ge_add(p, &twice, 0, 1);
		ge_cache(&odd[i], p);
	}
	to_naf(naf, k);
	mul(p, s, odd, naf);
}
