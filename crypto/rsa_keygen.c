/* rsa_keygen.c - new RSA keys (FIPS 186-4 B.3.3, with fewer rounds where numbers are random). */
/* SPDX-License-Identifier: MIT */
/* Candidates that are thrown away need no secrecy; of the others nothing shows in the time. */
#include <string.h>

#include "rsa_impl.h"

#define SMALL 512 /* divisors that are tried first */
#define ROUNDS \
	6 /* of Miller and Rabin's test: an error in 2^80 with 512 random bits, less with more */

static const uint8_t e_bytes[] = {1, 0, 1};
#define E 65537

/* x / d in its place; what remains */
static uint32_t divide(uint32_t *x, uint32_t d)
{
	uint32_t r = 0;

	for (size_t i = (x[0] + 31) >> 5; i; i--)
		x[i] = br_divrem(r >> 1, r << 31 | x[i], d, &r);
	return r;
}

static uint32_t remainder_of(const uint32_t *x, uint32_t d)
{
	uint32_t t[RSA_P_WORDS];

	memcpy(t, x, sizeof(t));
	return divide(t, d);
}

/* p = 3 mod 4: a ^ ((p - 1) / 2) is 1 or p - 1 for random a, if it is prime */
static int is_prime(const uint8_t *p, size_t len, const uint32_t *m, struct rng *r)
{
	uint32_t a[RSA_P_WORDS], y[RSA_P_WORDS];
	uint8_t half[RSA_P_BYTES], b[RSA_P_BYTES];
	int ok = 1;

	for (size_t i = 0; i < len; i++)
		half[i] = (uint8_t)(p[i] >> 1 | (i ? p[i - 1] << 7 : 0));
	for (int i = 0; i < ROUNDS && ok; i++) {
		rng_bytes(r, b, len);
		br_i31_decode_reduce(a, b, len, m);
		rsa_power(a, half, len, m);
		memcpy(y, m, sizeof(y));
		br_i31_sub(y, a, 1);
		ok = rsa_is_one(a) | rsa_is_one(y);
	}
	wipe(a, sizeof(a));
	wipe(y, sizeof(y));
	wipe(half, sizeof(half));
	return ok;
}

static void find_prime(uint8_t *p, size_t len, struct rng *r, void (*tick)(int c))
{
	uint32_t m[RSA_P_WORDS], d;

	do {
		do {
			rng_bytes(r, p, len);
			p[0] |= 0xc0; /* a product of two such has all its bits */
			p[len - 1] |= 3;
			br_i31_decode(m, p, len);
			for (d = 3; d < SMALL && remainder_of(m, d); d += 2)
				;
		} while (d < SMALL || remainder_of(m, E) == 1);
		if (tick)
			tick('.');
	} while (!is_prime(p, len, m, r));
	wipe(m, sizeof(m));
}

/* n, and d = 1/e mod (p - 1)(q - 1) */
static void complete(struct rsa_key *k)
{
	uint32_t p[RSA_P_WORDS], q[RSA_P_WORDS], phi[2 * RSA_P_WORDS], d[2 * RSA_P_WORDS];
	uint32_t r, sum = 0, more = 1, times[2] = {17, 0};

	br_i31_decode(p, k->p, k->p_len);
	br_i31_decode(q, k->q, k->q_len);
	rsa_mul(phi, p, q);
	br_i31_encode(k->n, k->n_len, phi);
	p[1] ^= 1;
	q[1] ^= 1;
	rsa_mul(phi, p, q);
	/* phi = e x + r. Where 1 + times r = e more, d = times x + more. */
	r = divide(phi, E);
	memset(d, 0, sizeof(d));
	for (uint32_t i = 1; i < E; i++) {
		uint32_t over, found;

		sum += r;
		over = (E - 1 - sum) >> 31;
		sum -= E & -over;
		more += over;
		found = (sum ^ (E - 1)) - 1;
		found = -(found >> 31);
		times[1] |= i & found;
		d[1] |= more & found;
	}
	d[0] = phi[0];
	br_i31_mulacc(d, phi, times);
	br_i31_encode(k->d, k->d_len, d);
	wipe(p, sizeof(p));
	wipe(q, sizeof(q));
	wipe(phi, sizeof(phi));
	wipe(d, sizeof(d));
}

int rsa_generate(struct rsa_key *k, struct rng *r, unsigned bits, void (*tick)(int c))
{
	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX || bits % 16)
		return 0;
	k->n_len = k->d_len = (uint16_t)(bits / 8);
	k->p_len = k->q_len = (uint16_t)(bits / 16);
	k->iq_len = 0;
	k->e_len = sizeof(e_bytes);
	memcpy(k->e, e_bytes, sizeof(e_bytes));
	find_prime(k->p, k->p_len, r, tick);
	find_prime(k->q, k->q_len, r, tick);
	if (memcmp(k->p, k->q, k->p_len) < 0) /* some insist on p > q */
		for (unsigned i = 0; i < k->p_len; i++) {
			uint8_t c = k->p[i];

			k->p[i] = k->q[i];
			k->q[i] = c;
		}
	complete(k);
	return rsa_whole(k);
}
