/* ec_num.c - numbers modulo a prime, for the curves of NIST. */
/* SPDX-License-Identifier: MIT */
#include "ec_num.h"

#include <string.h>

/* bit i of the n bytes, and of the words */
void num_get(uint32_t *d, const struct modulus *f, const uint8_t *p, size_t n)
{
	unsigned at = 0;

	memset(d, 0, sizeof(num));
	for (size_t i = 0; i < 8 * n; i++, at++) {
		if (at == f->bits) {
			at = 0;
			d++;
		}
		*d |= (uint32_t)(p[n - 1 - i / 8] >> i % 8 & 1) << at;
	}
}

void num_put(const uint32_t *a, const struct modulus *f, uint8_t *p, size_t n)
{
	unsigned at = 0;

	memset(p, 0, n);
	for (size_t i = 0; i < 8 * n; i++, at++) {
		if (at == f->bits) {
			at = 0;
			a++;
		}
		p[n - 1 - i / 8] |= (*a >> at & 1) << i % 8;
	}
}

/*
 * Montgomery's, column by column. With 9 words of 30 bits (P-256) all columns are below
 * 2^64, for the uppermost words have 21 bits at most, those of m 16; 19 of 29 bits are
 * below by far.
 */
void num_mul(uint32_t *d, const uint32_t *a, const uint32_t *b, const struct modulus *f)
{
	uint32_t aq[2 * NUM_WORDS + 2], bm[2 + 2 * NUM_WORDS], mask = (1u << f->bits) - 1, hi;
	const uint32_t *x = aq, *y = bm + 2, *u, *v;
	unsigned n = f->words, bits = f->bits, k, left, pairs = 1;
	uint64_t sum = 0;

	/* pairs, and one of zeros where the loop goes one too far */
	bm[0] = bm[1] = 0;
	for (k = 0; k < n; k++) {
		aq[2 * k] = a[k];
		aq[2 * k + 1] = 0;
		bm[2 * k + 2] = b[k];
		bm[2 * k + 3] = f->m[k];
	}
	aq[2 * k] = aq[2 * k + 1] = 0;
	for (k = 0; pairs; k++) {
		u = x;
		v = y;
		left = (pairs + 1) / 2;
		do {
			sum += (uint64_t)u[0] * v[0];
			sum += (uint64_t)u[1] * v[1];
			sum += (uint64_t)u[2] * v[-2];
			sum += (uint64_t)u[3] * v[-1];
			u += 4;
			v -= 4;
		} while (--left);
		hi = (uint32_t)sum & mask;
		if (k < n) {
			hi = hi * f->k & mask;
			aq[2 * k + 1] = hi;
			sum += (uint64_t)hi * f->m[0];
		} else {
			*d++ = hi;
		}
		if (k < n - 1) {
			y += 2;
			pairs++;
		} else {
			x += 2;
			pairs--;
		}
		hi = (uint32_t)(sum >> 32);
		sum = (uint64_t)(hi >> bits) << 32 | (hi << (32 - bits) | (uint32_t)sum >> bits);
	}
	*d = (uint32_t)sum;
}

/* each sum is within 31 bits and the sign: two words and a carry of 1 or less */
void num_add(uint32_t *d, const uint32_t *a, int s, const uint32_t *b, enum times k,
	     const struct modulus *f)
{
	const uint32_t *more = f->times[k];
	uint32_t mask = (1u << f->bits) - 1;
	unsigned n = f->words, bits = f->bits;
	int32_t sum = 0;

	do {
		sum += (int32_t)*a++ + (int32_t)*more++ + s * (int32_t)*b++;
		*d++ = (uint32_t)sum & mask;
		sum >>= bits;
	} while (--n);
}

int num_reduce(uint32_t *d, const struct modulus *f)
{
	uint32_t below = 0;

	for (unsigned i = 0; i < f->words; i++)
		below = (d[i] - f->m[i] - below) >> 31;
	num_add(d, d, (int)below - 1, f->m, NONE, f);
	return (int)below - 1;
}

/* d^(m - 2): m is public, and its last word above 2 */
void num_invert(uint32_t *d, const struct modulus *f)
{
	num x;
	unsigned i, at;
	uint32_t e;

	memcpy(x, d, sizeof(x));
	num_mul(d, f->one, f->r2, f);
	for (i = f->words; i--;) {
		e = f->m[i] - (i ? 0 : 2);
		for (at = f->bits; at--;) {
			num_mul(d, d, d, f);
			if (e >> at & 1)
				num_mul(d, d, x, f);
		}
	}
	wipe(x, sizeof(x));
}

static void num_double(uint32_t *d, const struct modulus *f)
{
	num_add(d, d, 1, d, NONE, f);
	num_reduce(d, f);
}

void modulus_init(struct modulus *f, const struct ec_curve *c, const uint8_t *m)
{
	unsigned i;

	f->bits = c->bits == 256 ? 30 : 29;
	f->words = c->bits == 256 ? 9 : c->bits == 384 ? 14 : 19;
	num_get(f->m, f, m, c->len);
	f->k = 1;
	for (i = 0; i < 5; i++) /* Newton's: twice as many bits each time */
		f->k *= 2 + f->m[0] * f->k;
	memset(f->one, 0, sizeof(num));
	memset(f->times, 0, sizeof(num));
	num_add(f->times[FOUR], f->m, 1, f->m, NONE, f);
	num_add(f->times[FOUR], f->times[FOUR], 1, f->times[FOUR], NONE, f);
	num_add(f->times[SIXTEEN], f->times[FOUR], 1, f->times[FOUR], NONE, f);
	num_add(f->times[SIXTEEN], f->times[SIXTEEN], 1, f->times[SIXTEEN], NONE, f);
	f->one[0] = 1;
	/* R by doubling, then R 2^e with the bits of e = log R */
	memset(f->r2, 0, sizeof(num));
	f->r2[f->words - 2] = 1;
	for (i = 2 * f->bits; i; i--)
		num_double(f->r2, f);
	for (i = 1 << 9; i; i >>= 1) {
		num_mul(f->r2, f->r2, f->r2, f);
		if ((f->bits * f->words) & i)
			num_double(f->r2, f);
	}
}
