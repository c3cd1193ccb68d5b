/* fe.c - arithmetic modulo 2^255 - 19 on five limbs of 51 bits. */
/* SPDX-License-Identifier: MIT */
/*
 * Bounds. Weight 1: limbs < 2^51 + 2^15. Weight w: limbs <= w (2^51 + 2^15).
 * 19 times a limb of weight 6 is below 2^59. A column of fe_mul is at most
 * 6 * 3 * (1 + 4 * 19) products < 2^102.01: below 2^113. The carry out of the
 * top column (no product in it has the 19): below 18 * 5 * 2^102.01 / 2^51 <
 * 2^57.6, times 19 below 2^62. That added to the lowest limb gives a carry of
 * less than 2^11 into the next.
 */
#include "config.h"
#include "fe.h"
#include "hide.h"

typedef unsigned __int128 u128;

#define MASK 0x7ffffffffffff /* 2^51 - 1 */
#define INLINE static inline __attribute__((always_inline))

const struct fe fe_one = {{1}};

void fe_add(struct fe *h, const struct fe *f, const struct fe *g)
{
	h->v[0] = f->v[0] + g->v[0];
	h->v[1] = f->v[1] + g->v[1];
	h->v[2] = f->v[2] + g->v[2];
	h->v[3] = f->v[3] + g->v[3];
	h->v[4] = f->v[4] + g->v[4];
}

/* f + 2 p - g: each limb of 2 p is no less than g's */
void fe_sub(struct fe *h, const struct fe *f, const struct fe *g)
{
	h->v[0] = f->v[0] + 2 * (MASK - 18) - g->v[0];
	h->v[1] = f->v[1] + 2 * MASK - g->v[1];
	h->v[2] = f->v[2] + 2 * MASK - g->v[2];
	h->v[3] = f->v[3] + 2 * MASK - g->v[3];
	h->v[4] = f->v[4] + 2 * MASK - g->v[4];
}

INLINE u128 mul(uint64_t a, uint64_t b)
{
	return (u128)a * b;
}

/* the limb that ends column c, which becomes the carry into the next */
INLINE uint64_t take(u128 *c)
{
	uint64_t limb = (uint64_t)*c & MASK;

	*c = (uint64_t)(*c >> 51);
	return limb;
}

/* the carry out of the top limb goes in at the bottom 19 times */
INLINE void wrap(struct fe *h, uint64_t c)
{
	c = 19 * c + h->v[0];
	h->v[0] = c & MASK;
	h->v[1] += c >> 51;
}

/* column k sums the products of limbs i and k - i, or k + 5 - i times 19; e is 19 times g */
void fe_mul(struct fe *h, const struct fe *f, const struct fe *g)
{
	uint64_t f0 = f->v[0], f1 = f->v[1], f2 = f->v[2], f3 = f->v[3], f4 = f->v[4];
	uint64_t g0 = g->v[0], g1 = g->v[1], g2 = g->v[2], g3 = g->v[3], g4 = g->v[4];
	uint64_t e1 = 19 * g1, e2 = 19 * g2, e3 = 19 * g3, e4 = 19 * g4;
	u128 c;

	c = mul(f0, g0) + mul(f1, e4) + mul(f2, e3) + mul(f3, e2) + mul(f4, e1);
	h->v[0] = take(&c);
	c = c + mul(f0, g1) + mul(f1, g0) + mul(f2, e4) + mul(f3, e3) + mul(f4, e2);
	h->v[1] = take(&c);
	c = c + mul(f0, g2) + mul(f1, g1) + mul(f2, g0) + mul(f3, e4) + mul(f4, e3);
	h->v[2] = take(&c);
	c = c + mul(f0, g3) + mul(f1, g2) + mul(f2, g1) + mul(f3, g0) + mul(f4, e4);
	h->v[3] = take(&c);
	c = c + mul(f0, g4) + mul(f1, g3) + mul(f2, g2) + mul(f3, g1) + mul(f4, g0);
	h->v[4] = take(&c);
	wrap(h, c);
}

/* as fe_mul, each pair once: d is twice f, e is 19 and s is 38 times f */
void fe_sq(struct fe *h, const struct fe *f)
{
	uint64_t f0 = f->v[0], f1 = f->v[1], f2 = f->v[2], f3 = f->v[3], f4 = f->v[4];
	uint64_t d0 = 2 * f0, d1 = 2 * f1, e3 = 19 * f3, s3 = 2 * e3, e4 = 19 * f4, s4 = 2 * e4;
	u128 c;

	if (CFG_SMALL_CRYPTO) {
		fe_mul(h, f, f);
		return;
	}
	c = mul(f0, f0) + mul(f1, s4) + mul(f2, s3);
	h->v[0] = take(&c);
	c = c + mul(d0, f1) + mul(f2, s4) + mul(f3, e3);
	h->v[1] = take(&c);
	c = c + mul(d0, f2) + mul(f1, f1) + mul(f3, s4);
	h->v[2] = take(&c);
	c = c + mul(d0, f3) + mul(d1, f2) + mul(f4, e4);
	h->v[3] = take(&c);
	c = c + mul(d0, f4) + mul(d1, f3) + mul(f2, f2);
	h->v[4] = take(&c);
	wrap(h, c);
}

void fe_mul_small(struct fe *h, const struct fe *f)
{
	u128 c = 0;
	int i;

	for (i = 0; i < 5; i++) {
		c += mul(f->v[i], 121666);
		h->v[i] = take(&c);
	}
	wrap(h, c);
}

void fe_cmov(struct fe *h, const struct fe *f, uint32_t b)
{
	uint64_t mask = -(uint64_t)hide(b);
	int i;

	for (i = 0; i < 5; i++)
		h->v[i] ^= mask & (h->v[i] ^ f->v[i]);
}

void fe_cswap(struct fe *f, struct fe *g, uint32_t b)
{
	uint64_t mask = -(uint64_t)hide(b), t;
	int i;

	for (i = 0; i < 5; i++) {
		t = mask & (f->v[i] ^ g->v[i]);
		f->v[i] ^= t;
		g->v[i] ^= t;
	}
}

void fe_from_words(struct fe *h, const uint32_t w[8])
{
	uint64_t d0 = w[0] | (uint64_t)w[1] << 32, d1 = w[2] | (uint64_t)w[3] << 32;
	uint64_t d2 = w[4] | (uint64_t)w[5] << 32, d3 = w[6] | (uint64_t)w[7] << 32;

	h->v[0] = d0 & MASK;
	h->v[1] = (d0 >> 51 | d1 << 13) & MASK;
	h->v[2] = (d1 >> 38 | d2 << 26) & MASK;
	h->v[3] = (d2 >> 25 | d3 << 39) & MASK;
	h->v[4] = d3 >> 12 & MASK;
}

/* t = (f + 19 n) mod 2^255, limbs of full width; returns what was above that */
static uint64_t add_carry(uint64_t t[5], const uint64_t f[5], uint64_t n)
{
	uint64_t c = 19 * n;
	int i;

	for (i = 0; i < 5; i++) {
		c += f[i];
		t[i] = c & MASK;
		c >>= 51;
	}
	return c;
}

void fe_to_words(uint32_t w[8], const struct fe *f)
{
	uint64_t t[5], u[5], over;

	/* f = t + 2^255 over, which is v = t + 19 over < 2 p; v + 19 reaches 2^255 where v >= p */
	over = add_carry(t, f->v, 0);
	over += add_carry(u, t, over + 1);
	add_carry(t, t, over);
	w[0] = t[0];
	w[1] = t[0] >> 32 | t[1] << 19;
	w[2] = t[1] >> 13;
	w[3] = t[1] >> 45 | t[2] << 6;
	w[4] = t[2] >> 26 | t[3] << 25;
	w[5] = t[3] >> 7;
	w[6] = t[3] >> 39 | t[4] << 12;
	w[7] = t[4] >> 20;
}
