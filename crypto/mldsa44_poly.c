/* mldsa44_poly.c - polynomials of ML-DSA-44 (FIPS 204), made from seeds as they are used. */
/* SPDX-License-Identifier: MIT */
#include "mldsa44_poly.h"

#include <string.h>

/*
 * Algorithms 41 and 42; the zetas are powers of 1753 that are one step apart when the
 * blocks are taken in bit-reversed order. Forward: |p| grows from q to 9 q. Back: from
 * 2^31 - 2^22 to q, and a factor of 2^32 as mul takes it away.
 */
void mldsa_ntt(int32_t *p, int inverse)
{
	unsigned i, n, len, block, bit, e, k;
	int32_t z, step, t, *x;

	for (k = 0; k < N; k++)
		p[k] = reduce(p[k]);
	for (i = 0; i < 8; i++) {
		n = inverse ? 128U >> i : 1U << i;
		len = 128 / n;
		z = inverse ? 6403635 : 2091667; /* 1 / 1753 and 1753, times 2^32 */
		for (k = n; k < 128; k *= 2)
			z = mul(z, z);
		step = mul(z, z);
		block = 0;
		for (e = n; e; e--) {
			x = p + 2 * len * block;
			for (k = len; k; k--, x++) {
				t = x[len];
				if (inverse) {
					x[len] = mul(z, x[0] - t);
					x[0] += t;
				} else {
					t = mul(z, t);
					x[len] = x[0] - t;
					x[0] += t;
				}
			}
			z = mul(z, step);
			for (bit = n / 2; block & bit; bit /= 2)
				block ^= bit;
			block |= bit;
		}
	}
	for (k = 0; inverse && k < N; k++)
		p[k] = mul(p[k], 41978); /* 2^64 / 256 */
}

/* p = c p, c in the NTT's domain; |p| < q */
void mldsa_times(int32_t *p, const int32_t *c)
{
	mldsa_ntt(p, 0);
	for (unsigned k = 0; k < N; k++)
		p[k] = mul(p[k], c[k]);
	mldsa_ntt(p, 1);
}

/* the next number below q; by itself for the test of constant time: all of it is public */
static APART int32_t matrix_next(struct sha3 *h)
{
	uint8_t t[3];
	int32_t v;

	do {
		sha3_out(h, t, 3);
		v = t[0] | t[1] << 8 | (t[2] & 127) << 16;
	} while (v >= Q);
	return v;
}

/* the next of -2 .. 2 (Algorithm 15); by itself too: what is skipped says nothing of the rest */
static APART int32_t small_next(struct sha3 *h, uint32_t *bits)
{
	uint8_t t;
	int32_t v;

	do {
		if (*bits == 1) {
			sha3_out(h, &t, 1);
			*bits = 256U | t;
		}
		v = *bits & 15;
		*bits >>= 4;
	} while (v == 15);
	return 2 - (v - 5 * (v * 13 >> 6));
}

/* the k-th field of d bits */
int32_t mldsa_field(const uint8_t *p, unsigned k, unsigned d)
{
	unsigned shift = k * d & 7, i;
	uint32_t v = 0;

	p += k * d >> 3;
	for (i = 0; i < shift + d; i += 8)
		v |= (uint32_t)*p++ << i;
	return v >> shift & ((1U << d) - 1);
}

/* p, of which nothing is negative, with d bits a coefficient (Algorithm 16) */
void mldsa_put(uint8_t *to, const int32_t *p, unsigned d)
{
	uint32_t bits = 0;
	unsigned n = 0;

	for (unsigned k = 0; k < N; k++) {
		bits |= (uint32_t)p[k] << n;
		for (n += d; n >= 8; n -= 8, bits >>= 8)
			*to++ = bits;
	}
}

/* p += a vector's polynomial j (Algorithms 33, 34 and 19) */
void mldsa_add_vector(int32_t *p, const struct vector *v, unsigned j)
{
	uint8_t four[9], nonce[2] = {v->nonce + j, (v->nonce + j) >> 8};
	uint32_t bits = 1;
	struct sha3 h;
	unsigned k;

	sha3_init(&h, SHAKE256, v->from, 64, nonce, 2);
	for (k = 0; k < N; k++) {
		if (v->kind == SMALL) {
			p[k] += small_next(&h, &bits);
			continue;
		}
		if (v->kind == GIVEN)
			memcpy(four, v->from + ROW_Z * j + k / 4 * 9, 9);
		else if (k % 4 == 0)
			sha3_out(&h, four, 9);
		p[k] += GAMMA1 - mldsa_field(four, k % 4, 18);
	}
	wipe(&h, sizeof(h));
	wipe(four, sizeof(four));
}

/* sum += an element of the matrix times a polynomial of the vector */
static APART void add_element(int32_t *sum, const uint8_t rho[32], unsigned i, unsigned j,
			      const struct vector *v)
{
	const uint8_t at[2] = {j, i};
	int32_t p[N] = {0};
	struct sha3 h;

	mldsa_add_vector(p, v, j);
	mldsa_ntt(p, 0);
	sha3_init(&h, SHAKE128, rho, 32, at, 2);
	for (unsigned k = 0; k < N; k++)
		sum[k] += mul(matrix_next(&h), p[k]);
	wipe(p, sizeof(p));
}

/* sum += row i of the matrix times the vector, in the NTT's domain: by 4 q at most */
void mldsa_add_row(int32_t *sum, const uint8_t rho[32], unsigned i, const struct vector *v)
{
	for (unsigned j = 0; j < K; j++)
		add_element(sum, rho, i, j, v);
}
