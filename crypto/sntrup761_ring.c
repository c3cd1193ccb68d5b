/* sntrup761_ring.c - Streamlined NTRU Prime's polynomials modulo x^761 - x - 1. */
/* SPDX-License-Identifier: MIT */
/*
 * Coefficients are kept nearest to 0: within +-2295 mod 4591, now and then one
 * more. No function has more than one polynomial in its frame, which are the
 * noinlines here. Time and addresses depend on no coefficient.
 */
#include "sntrup761.h"

#include <string.h>

#define P SNTRUP_P

const struct sntrup_mod sntrup_q = {SNTRUP_Q, 935519, -1530}, sntrup_3 = {3, 1431655765, 1};

/*
 * k is off by 0.1 (q) and 0.33 (3) of 2^-32: with |x| < 2^22 the quotient is off by less
 * than 1/(2m), and x / m is never nearer to the middle between two numbers.
 */
int32_t sntrup_rest(int32_t x, const struct sntrup_mod *m)
{
	return x - m->m * (int32_t)(((int64_t)x * m->k + 0x80000000) >> 32);
}

int sntrup_small(const uint8_t *s, unsigned i)
{
	return (s[i / 4] >> i % 4 * 2 & 3) - 1;
}

/* sum += c a */
static void add(int16_t *sum, const int16_t *a, unsigned n, int c)
{
	while (n--)
		*sum++ += c * *a++;
}

/*
 * From the top of s: sum = x sum + s[j] a. Sum is a ring in which the place of
 * coefficient 0 goes back at each step, so that x costs one addition.
 */
__attribute__((noinline)) void sntrup_times(int16_t *a, const uint8_t *s)
{
	int16_t sum[P];
	unsigned at = 0, i, j, next;

	memset(sum, 0, sizeof(sum));
	for (j = P; j--;) {
		next = at;
		at = at ? at - 1 : P - 1;
		sum[next] = sntrup_rest(sum[next] + sum[at], &sntrup_q); /* x^761 = x + 1 */
		add(sum + at, a, P - at, sntrup_small(s, j));
		add(sum, a + P - at, at, sntrup_small(s, j));
		/* 14 * 2296 < 2^15 */
		for (i = 0; j % 13 == 0 && i < P; i++)
			sum[i] = sntrup_rest(sum[i], &sntrup_q);
	}
	memcpy(a, sum, sizeof(sum));
	wipe(sum, sizeof(sum));
}

/* what a step does to a pair: they change places or not, then b = f0 b - g0 a */
struct step {
	int32_t swap, f0, g0; /* swap: 0 or -1 */
};

static void mix(int16_t *a, int16_t *b, unsigned n, const struct step *s,
		const struct sntrup_mod *m)
{
	int32_t x, y, t;

	for (; n--; a++, b++) {
		t = (*a ^ *b) & s->swap;
		x = *a ^ t;
		y = *b ^ t;
		*a = x;
		*b = sntrup_rest(s->f0 * y - s->g0 * x, m);
	}
}

/* 1/x mod m, by x^(m - 2) */
static int32_t recip_one(int32_t x, const struct sntrup_mod *m)
{
	int32_t y = 1, bit;

	for (bit = 1 << 12; bit; bit >>= 1) {
		y = sntrup_rest(y * y, m);
		if ((m->m - 2) & bit)
			y = sntrup_rest(y * x, m);
	}
	return y;
}

/*
 * Bernstein and Yang, "Fast constant-time gcd computation and modular inversion" (2019):
 * f is the modulus and g is s, from their tops down; each of 2 * 761 - 1 steps takes one
 * coefficient off. Those that no later step can reach are left alone, and those of v and
 * r that are still 0.
 */
__attribute__((noinline)) static int steps(int16_t *v, int16_t *r, int16_t *g,
					   const struct sntrup_mod *m)
{
	int16_t f[P + 1] = {[0] = 1, [P - 1] = -1, [P] = -1};
	int32_t delta = 1, t;
	unsigned left, done, i;
	struct step s;

	for (left = 2 * P - 1, done = 2; left; left--, done++) {
		memmove(v + 1, v, P * sizeof(*v));
		v[0] = 0;
		/* delta > 0, g[0] not 0 */
		s.swap = -(int32_t)((uint32_t)(-delta & (g[0] | -g[0])) >> 31);
		delta = (delta ^ (s.swap & (delta ^ -delta))) + 1;
		t = (f[0] ^ g[0]) & s.swap;
		s.f0 = f[0] ^ t;
		s.g0 = g[0] ^ t;
		mix(f, g, left < P + 1 ? left : P + 1, &s, m);
		memmove(g, g + 1, P * sizeof(*g));
		g[P] = 0;
		mix(v, r, done < P + 1 ? done : P + 1, &s, m);
	}
	t = recip_one(f[0], m);
	for (i = 0; i < P; i++)
		r[i] = sntrup_rest(t * v[P - 1 - i], m);
	memcpy(v, r, P * sizeof(*v));
	wipe(f, sizeof(f));
	return delta == 0;
}

__attribute__((noinline)) static int with_g(int16_t *v, int16_t *r, const uint8_t *s,
					    const struct sntrup_mod *m)
{
	int16_t g[P + 1];
	int ok;

	for (unsigned i = 0; i < P; i++)
		g[P - 1 - i] = sntrup_small(s, i);
	g[P] = 0;
	ok = steps(v, r, g, m);
	wipe(g, sizeof(g));
	return ok;
}

__attribute__((noinline)) int sntrup_recip(int16_t *v, const uint8_t *s, const struct sntrup_mod *m)
{
	int16_t r[P + 1] = {m->third};
	int ok;

	memset(v, 0, sizeof(r));
	ok = with_g(v, r, s, m);
	wipe(r, sizeof(r));
	return ok;
}
