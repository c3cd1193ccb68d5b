/* fe.c - arithmetic modulo 2^255 - 19 on ten limbs of 26 and 25 bits. */
/* SPDX-License-Identifier: MIT */
/*
 * Bounds. Weight 1: even limbs < 1.01 * 2^26, odd ones < 1.01 * 2^25. Weight w:
 * w times that. 38 times an odd limb and 19 times an even one of weight 3 are
 * below 2^31.9. The greatest column is the lowest one: in units of 2^52 it has
 * 1 (f0 g0) + 4 * 19 (even limbs) + 5 * 38 / 4 (odd limbs) = 124.5, times the
 * weights 6 * 3 * 1.01^2 below 2^63.2, and the carry from the column below
 * adds less than 2^38.2. The top column has no product with the 19: below
 * 10 * 18 * 1.01^2 * 2^51 < 2^58.6, so that its carry is below 2^33.6, times
 * 19 below 2^37.9, and that added to the lowest limb carries less than 2^12
 * into the next.
 */
#include "config.h"
#include "fe.h"
#include "hide.h"

#define MASK26 0x3ffffff
#define MASK25 0x1ffffff
#define INLINE static inline __attribute__((always_inline))

const struct fe fe_one = {{1}};

INLINE void add2(struct fe *h, const struct fe *f, const struct fe *g, int i)
{
	h->v[i] = f->v[i] + g->v[i];
	h->v[i + 1] = f->v[i + 1] + g->v[i + 1];
}

void fe_add(struct fe *h, const struct fe *f, const struct fe *g)
{
	add2(h, f, g, 0);
	add2(h, f, g, 2);
	add2(h, f, g, 4);
	add2(h, f, g, 6);
	add2(h, f, g, 8);
}

/* f + 2 p - g: each limb of 2 p is no less than g's */
INLINE void sub2(struct fe *h, const struct fe *f, const struct fe *g, int i, uint32_t p)
{
	h->v[i] = f->v[i] + 2 * p - g->v[i];
	h->v[i + 1] = f->v[i + 1] + 2 * MASK25 - g->v[i + 1];
}

void fe_sub(struct fe *h, const struct fe *f, const struct fe *g)
{
	sub2(h, f, g, 0, MASK26 - 18);
	sub2(h, f, g, 2, MASK26);
	sub2(h, f, g, 4, MASK26);
	sub2(h, f, g, 6, MASK26);
	sub2(h, f, g, 8, MASK26);
}

INLINE uint64_t mul(uint32_t a, uint32_t b)
{
	return (uint64_t)a * b;
}

/*
 * The n low bits of column c, which becomes the carry into the next. In halves,
 * because compilers call a function for a 64-bit shift when they want small code.
 */
INLINE uint32_t take(uint64_t *c, int n)
{
	uint32_t lo = *c, hi = *c >> 32;

	*c = (uint64_t)(hi >> n) << 32 | (lo >> n | hi << (32 - n));
	return lo & ((1u << n) - 1);
}

/* the carry out of the top limb goes in at the bottom 19 times */
INLINE void wrap(struct fe *h, uint64_t c)
{
	c = 19 * c + h->v[0];
	h->v[0] = take(&c, 26);
	h->v[1] += c;
}

/*
 * Column k sums the products of limbs i and k - i, or k + 10 - i times 19. Where
 * i and the other one are both odd the product is worth twice as much, since
 * 2^25.5 was rounded up twice: d is twice f, e is 19 times g.
 */
void fe_mul(struct fe *h, const struct fe *f, const struct fe *g)
{
	uint32_t f0 = f->v[0], f1 = f->v[1], f2 = f->v[2], f3 = f->v[3], f4 = f->v[4];
	uint32_t f5 = f->v[5], f6 = f->v[6], f7 = f->v[7], f8 = f->v[8], f9 = f->v[9];
	uint32_t g0 = g->v[0], g1 = g->v[1], g2 = g->v[2], g3 = g->v[3], g4 = g->v[4];
	uint32_t g5 = g->v[5], g6 = g->v[6], g7 = g->v[7], g8 = g->v[8], g9 = g->v[9];
	uint32_t d1 = 2 * f1, d3 = 2 * f3, d5 = 2 * f5, d7 = 2 * f7, d9 = 2 * f9;
	uint32_t e1 = 19 * g1, e2 = 19 * g2, e3 = 19 * g3, e4 = 19 * g4, e5 = 19 * g5;
	uint32_t e6 = 19 * g6, e7 = 19 * g7, e8 = 19 * g8, e9 = 19 * g9;
	uint64_t c;

	c = mul(f0, g0) + mul(d1, e9) + mul(f2, e8) + mul(d3, e7) + mul(f4, e6) + mul(d5, e5) +
	    mul(f6, e4) + mul(d7, e3) + mul(f8, e2) + mul(d9, e1);
	h->v[0] = take(&c, 26);
	c = c + mul(f0, g1) + mul(f1, g0) + mul(f2, e9) + mul(f3, e8) + mul(f4, e7) + mul(f5, e6) +
	    mul(f6, e5) + mul(f7, e4) + mul(f8, e3) + mul(f9, e2);
	h->v[1] = take(&c, 25);
	c = c + mul(f0, g2) + mul(d1, g1) + mul(f2, g0) + mul(d3, e9) + mul(f4, e8) + mul(d5, e7) +
	    mul(f6, e6) + mul(d7, e5) + mul(f8, e4) + mul(d9, e3);
	h->v[2] = take(&c, 26);
	c = c + mul(f0, g3) + mul(f1, g2) + mul(f2, g1) + mul(f3, g0) + mul(f4, e9) + mul(f5, e8) +
	    mul(f6, e7) + mul(f7, e6) + mul(f8, e5) + mul(f9, e4);
	h->v[3] = take(&c, 25);
	c = c + mul(f0, g4) + mul(d1, g3) + mul(f2, g2) + mul(d3, g1) + mul(f4, g0) + mul(d5, e9) +
	    mul(f6, e8) + mul(d7, e7) + mul(f8, e6) + mul(d9, e5);
	h->v[4] = take(&c, 26);
	c = c + mul(f0, g5) + mul(f1, g4) + mul(f2, g3) + mul(f3, g2) + mul(f4, g1) + mul(f5, g0) +
	    mul(f6, e9) + mul(f7, e8) + mul(f8, e7) + mul(f9, e6);
	h->v[5] = take(&c, 25);
	c = c + mul(f0, g6) + mul(d1, g5) + mul(f2, g4) + mul(d3, g3) + mul(f4, g2) + mul(d5, g1) +
	    mul(f6, g0) + mul(d7, e9) + mul(f8, e8) + mul(d9, e7);
	h->v[6] = take(&c, 26);
	c = c + mul(f0, g7) + mul(f1, g6) + mul(f2, g5) + mul(f3, g4) + mul(f4, g3) + mul(f5, g2) +
	    mul(f6, g1) + mul(f7, g0) + mul(f8, e9) + mul(f9, e8);
	h->v[7] = take(&c, 25);
	c = c + mul(f0, g8) + mul(d1, g7) + mul(f2, g6) + mul(d3, g5) + mul(f4, g4) + mul(d5, g3) +
	    mul(f6, g2) + mul(d7, g1) + mul(f8, g0) + mul(d9, e9);
	h->v[8] = take(&c, 26);
	c = c + mul(f0, g9) + mul(f1, g8) + mul(f2, g7) + mul(f3, g6) + mul(f4, g5) + mul(f5, g4) +
	    mul(f6, g3) + mul(f7, g2) + mul(f8, g1) + mul(f9, g0);
	h->v[9] = take(&c, 25);
	wrap(h, c);
}

/* as fe_mul, each pair once: d is twice f, e is 19 and s is 38 times f */
void fe_sq(struct fe *h, const struct fe *f)
{
	uint32_t f0 = f->v[0], f1 = f->v[1], f2 = f->v[2], f3 = f->v[3], f4 = f->v[4];
	uint32_t f5 = f->v[5], f6 = f->v[6], f7 = f->v[7], f8 = f->v[8], f9 = f->v[9];
	uint32_t d0 = 2 * f0, d1 = 2 * f1, d2 = 2 * f2, d3 = 2 * f3, d4 = 2 * f4;
	uint32_t d5 = 2 * f5, d6 = 2 * f6, d7 = 2 * f7, d8 = 2 * f8, d9 = 2 * f9;
	uint32_t e5 = 19 * f5, e6 = 19 * f6, e7 = 19 * f7, e8 = 19 * f8, e9 = 19 * f9;
	uint32_t s7 = 2 * e7, s9 = 2 * e9;
	uint64_t c;

	if (CFG_SMALL_CRYPTO) {
		fe_mul(h, f, f);
		return;
	}
	c = mul(f0, f0) + mul(d1, s9) + mul(d2, e8) + mul(d3, s7) + mul(d4, e6) + mul(d5, e5);
	h->v[0] = take(&c, 26);
	c = c + mul(d0, f1) + mul(d2, e9) + mul(d3, e8) + mul(d4, e7) + mul(d5, e6);
	h->v[1] = take(&c, 25);
	c = c + mul(d0, f2) + mul(d1, f1) + mul(d3, s9) + mul(d4, e8) + mul(d5, s7) + mul(f6, e6);
	h->v[2] = take(&c, 26);
	c = c + mul(d0, f3) + mul(d1, f2) + mul(d4, e9) + mul(d5, e8) + mul(d6, e7);
	h->v[3] = take(&c, 25);
	c = c + mul(d0, f4) + mul(d1, d3) + mul(f2, f2) + mul(d5, s9) + mul(d6, e8) + mul(d7, e7);
	h->v[4] = take(&c, 26);
	c = c + mul(d0, f5) + mul(d1, f4) + mul(d2, f3) + mul(d6, e9) + mul(d7, e8);
	h->v[5] = take(&c, 25);
	c = c + mul(d0, f6) + mul(d1, d5) + mul(d2, f4) + mul(d3, f3) + mul(d7, s9) + mul(f8, e8);
	h->v[6] = take(&c, 26);
	c = c + mul(d0, f7) + mul(d1, f6) + mul(d2, f5) + mul(d3, f4) + mul(d8, e9);
	h->v[7] = take(&c, 25);
	c = c + mul(d0, f8) + mul(d1, d7) + mul(d2, f6) + mul(d3, d5) + mul(f4, f4) + mul(d9, e9);
	h->v[8] = take(&c, 26);
	c = c + mul(d0, f9) + mul(d1, f8) + mul(d2, f7) + mul(d3, f6) + mul(d4, f5);
	h->v[9] = take(&c, 25);
	wrap(h, c);
}

void fe_mul_small(struct fe *h, const struct fe *f)
{
	uint64_t c = 0;
	int i;

	for (i = 0; i < 10; i += 2) {
		c = c + mul(f->v[i], 121666);
		h->v[i] = take(&c, 26);
		c = c + mul(f->v[i + 1], 121666);
		h->v[i + 1] = take(&c, 25);
	}
	wrap(h, c);
}

void fe_cmov(struct fe *h, const struct fe *f, uint32_t b)
{
	uint32_t mask = -hide(b);
	int i;

	for (i = 0; i < 10; i++)
		h->v[i] ^= mask & (h->v[i] ^ f->v[i]);
}

void fe_cswap(struct fe *f, struct fe *g, uint32_t b)
{
	uint32_t mask = -hide(b), t;
	int i;

	for (i = 0; i < 10; i++) {
		t = mask & (f->v[i] ^ g->v[i]);
		f->v[i] ^= t;
		g->v[i] ^= t;
	}
}

void fe_from_words(struct fe *h, const uint32_t w[8])
{
	h->v[0] = w[0] & MASK26;
	h->v[1] = (w[0] >> 26 | w[1] << 6) & MASK25;
	h->v[2] = (w[1] >> 19 | w[2] << 13) & MASK26;
	h->v[3] = (w[2] >> 13 | w[3] << 19) & MASK25;
	h->v[4] = w[3] >> 6;
	h->v[5] = w[4] & MASK25;
	h->v[6] = (w[4] >> 25 | w[5] << 7) & MASK26;
	h->v[7] = (w[5] >> 19 | w[6] << 13) & MASK25;
	h->v[8] = (w[6] >> 12 | w[7] << 20) & MASK26;
	h->v[9] = w[7] >> 6 & MASK25;
}

/* t = (f + 19 n) mod 2^255, limbs of full width; returns what was above that */
static uint32_t add_carry(uint32_t t[10], const uint32_t f[10], uint32_t n)
{
	uint64_t c = 19 * n;
	int i;

	for (i = 0; i < 10; i += 2) {
		c += f[i];
		t[i] = take(&c, 26);
		c += f[i + 1];
		t[i + 1] = take(&c, 25);
	}
	return c;
}

void fe_to_words(uint32_t w[8], const struct fe *f)
{
	uint32_t t[10], u[10], over;

	/* f = t + 2^255 over, which is v = t + 19 over < 2 p; v + 19 reaches 2^255 where v >= p */
	over = add_carry(t, f->v, 0);
	over += add_carry(u, t, over + 1);
	add_carry(t, t, over);
	w[0] = t[0] | t[1] << 26;
	w[1] = t[1] >> 6 | t[2] << 19;
	w[2] = t[2] >> 13 | t[3] << 13;
	w[3] = t[3] >> 19 | t[4] << 6;
	w[4] = t[5] | t[6] << 25;
	w[5] = t[6] >> 7 | t[7] << 19;
	w[6] = t[7] >> 13 | t[8] << 12;
	w[7] = t[8] >> 20 | t[9] << 6;
}
