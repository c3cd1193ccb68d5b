/* sntrup761.c - Streamlined NTRU Prime 761 (NTRU Prime, round 3), the mechanism that SSH has. */
/* SPDX-License-Identifier: MIT */
/*
 * A secret key is f, of 286 coefficients that are not 0, and 1/g mod 3; the public one
 * g/3f mod q, a ciphertext r g/3f, rounded to multiples of 3, and a hash. Decoding is of
 * public strings alone, and divides. The noinlines keep frames below 2 KiB.
 */
#include "sntrup761.h"

#include <string.h>

#define P SNTRUP_P
#define Q SNTRUP_Q
#define HALF (Q / 2)
#define THIRDS ((Q + 2) / 3) /* multiples of 3 within +-HALF */
#define WEIGHT 286
#define SMALL SNTRUP_SMALL
#define ROUNDED (SNTRUP761_CT - 32) /* bytes of the polynomial in a ciphertext */

/* ---- encoding: numbers below m, two to one below m^2, whose low bytes go out ---- */

/* bytes that go out of a number below *m, and what is left of m then */
static unsigned shrink(uint32_t *m)
{
	unsigned n;

	for (n = 0; *m >= 1 << 14; n++)
		*m = (*m + 255) >> 8;
	return n;
}

/* the last number is below another limit after an even round; a is used up */
static void encode(uint8_t *out, int16_t *a, uint32_t m)
{
	uint32_t last = m, both, r;
	unsigned n, i, out_all, out_last, k;

	for (n = P; n > 1; n = (n + 1) / 2) {
		both = m * m;
		out_all = shrink(&both);
		out_last = out_all;
		if (n % 2 == 0) {
			last *= m;
			out_last = shrink(&last);
		}
		for (i = 0; i < n / 2; i++) {
			r = a[2 * i] + a[2 * i + 1] * m;
			for (k = i < n / 2 - 1 ? out_all : out_last; k; k--, r >>= 8)
				*out++ = (uint8_t)r;
			a[i] = r;
		}
		a[i] = a[n - 1];
		m = both;
	}
	out[0] = (uint8_t)a[0];
	if (last > 256)
		out[1] = a[0] >> 8;
}

/* n numbers below m, the last of them below `last` */
static void decode(int16_t *a, unsigned n, uint32_t m, uint32_t last, const uint8_t *in)
{
	uint32_t both = m * m, end = last, r;
	unsigned in_all = shrink(&both), in_last = in_all, i = n / 2, k;

	if (n == 1) {
		a[0] = (in[0] | (last > 256 ? in[1] << 8 : 0)) % last;
		return;
	}
	if (n % 2 == 0) {
		end *= m;
		in_last = shrink(&end);
	}
	in += in_all * (i - 1) + in_last;
	decode(a, n - i, both, end, in);
	a[n - 1] = a[n - 1 - i];
	while (i--) {
		r = a[i];
		for (k = i < n / 2 - 1 ? in_all : in_last; k; k--)
			r = r << 8 | *--in;
		a[2 * i] = r % m;
		a[2 * i + 1] = r / m % (2 * i + 2 == n ? last : m);
	}
}

/* ---- small polynomials ---- */

static uint32_t random32(struct rng *r)
{
	uint32_t u;

	rng_bytes(r, &u, sizeof(u));
	return u;
}

/* v: 0, 1, 2 */
static void small_put(uint8_t *s, unsigned i, uint32_t v)
{
	s[i / 4] |= v << i % 4 * 2;
}

static void small_random(struct rng *r, uint8_t *s)
{
	memset(s, 0, SMALL);
	for (unsigned i = 0; i < P; i++)
		small_put(s, i, (uint64_t)random32(r) * 3 >> 32);
}

/* WEIGHT of them are not 0: each place is one with as many chances as are left, of all that are */
static void short_random(struct rng *r, uint8_t *s)
{
	uint32_t u, yes, left = WEIGHT;

	memset(s, 0, SMALL);
	for (unsigned i = 0; i < P; i++) {
		u = random32(r);
		yes = ((uint32_t)((uint64_t)(u >> 1) * (P - i) >> 31) - left) >> 31;
		left -= yes;
		small_put(s, i, 1 + yes * (2 * (u & 1) - 1));
	}
}

/* ---- the mechanism ---- */

/* 32 bytes of SHA-512 of b, p, q */
static void hash(uint8_t *out, uint8_t b, const void *p, size_t n, const void *q, size_t k)
{
	struct hash_ctx c;
	uint8_t h[64];

	hash_init(&c, &hash_sha512);
	hash_add(&c, &b, 1);
	hash_add(&c, p, n);
	hash_add(&c, q, k);
	hash_out(&c, h);
	memcpy(out, h, 32);
	wipe(h, sizeof(h));
	wipe(&c, sizeof(c));
}

static void session(uint8_t *shared, uint8_t good, const uint8_t *r, const uint8_t *ct)
{
	uint8_t x[32];

	hash(x, 3, r, SMALL, NULL, 0);
	hash(shared, good, x, 32, ct, SNTRUP761_CT);
	wipe(x, sizeof(x));
}

__attribute__((noinline)) static void encrypt(uint8_t *ct, const uint8_t *pub, const uint8_t *r)
{
	uint8_t x[64];
	int16_t h[P];
	unsigned i;

	decode(h, P, Q, Q, pub);
	for (i = 0; i < P; i++)
		h[i] -= HALF;
	sntrup_times(h, r);
	for (i = 0; i < P; i++)
		h[i] = (h[i] + HALF + 1) * 10923 >> 15; /* below 2^13: a third, rounded down */
	encode(ct, h, THIRDS);
	wipe(h, sizeof(h));
	hash(x, 3, r, SMALL, NULL, 0);
	hash(x + 32, 4, pub, SNTRUP761_PUB, NULL, 0);
	hash(ct + ROUNDED, 2, x, 64, NULL, 0);
	wipe(x, sizeof(x));
}

/* r = (3 f c mod q) / g mod 3; where its weight is wrong, another in its place */
__attribute__((noinline)) static void decrypt(uint8_t *r, const uint8_t *sec, const uint8_t *ct)
{
	int16_t c[P];
	uint32_t weight = 0, good;
	unsigned i;

	decode(c, P, THIRDS, THIRDS, ct);
	for (i = 0; i < P; i++)
		c[i] = 3 * c[i] - HALF;
	sntrup_times(c, sec);
	for (i = 0; i < P; i++)
		c[i] = sntrup_rest(sntrup_rest(3 * c[i], &sntrup_q), &sntrup_3);
	sntrup_times(c, sec + SMALL); /* no sum is as large as q/2 */
	for (i = 0; i < P; i++) {
		c[i] = sntrup_rest(c[i], &sntrup_3);
		weight += c[i] & 1;
	}
	weight ^= WEIGHT;
	good = (weight - 1) >> 31; /* 1, or 0 */
	memset(r, 0, SMALL);
	for (i = 0; i < P; i++)
		small_put(r, i, good * (c[i] + 1) + (1 - good) * (i < WEIGHT ? 2 : 1));
	wipe(c, sizeof(c));
}

void sntrup761_keygen(struct rng *r, uint8_t *sec, uint8_t *pub)
{
	int16_t v[P + 1];
	uint8_t g[SMALL];
	unsigned i;

	do
		small_random(r, g);
	while (!sntrup_recip(v, g, &sntrup_3));
	memset(sec + SMALL, 0, SMALL);
	for (i = 0; i < P; i++)
		small_put(sec + SMALL, i, v[i] + 1);
	short_random(r, sec);
	sntrup_recip(v, sec, &sntrup_q);
	sntrup_times(v, g);
	for (i = 0; i < P; i++)
		v[i] += HALF;
	encode(pub, v, Q);
	rng_bytes(r, sec + 2 * SMALL, SMALL);
	wipe(v, sizeof(v));
	wipe(g, sizeof(g));
}

void sntrup761_encap(struct rng *r, const uint8_t *pub, uint8_t *ct, uint8_t *shared)
{
	uint8_t s[SMALL];

	short_random(r, s);
	encrypt(ct, pub, s);
	session(shared, 1, s, ct);
	wipe(s, sizeof(s));
}

void sntrup761_decap(const uint8_t *sec, const uint8_t *pub, const uint8_t *ct, uint8_t *shared)
{
	uint8_t s[SMALL], own[SNTRUP761_CT], good;

	decrypt(s, sec, ct);
	encrypt(own, pub, s);
	good = (uint8_t)ct_eq(own, ct, sizeof(own));
	for (unsigned i = 0; i < SMALL; i++)
		s[i] ^= (s[i] ^ sec[2 * SMALL + i]) & (good - 1);
	session(shared, good, s, ct);
	wipe(s, sizeof(s));
	wipe(own, sizeof(own));
}
