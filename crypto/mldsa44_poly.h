/* mldsa44_poly.h - polynomials of ML-DSA-44 (FIPS 204), made from seeds as they are used. */
/* SPDX-License-Identifier: MIT */
/*
 * Coefficients are signed, and reduced only where a bound says so. Products are
 * Montgomery's: mul(a, b) is a b / 2^32.
 */
#ifndef MLDSA44_POLY_H
#define MLDSA44_POLY_H

#include <stdint.h>

#include "crypto.h"
#include "sha3.h"

#define N 256
#define Q 8380417
#define K 4 /* rows and columns of the matrix */
#define GAMMA1 (1 << 17)
/* a frame of its own, and a name that valgrind shows */
#define APART __attribute__((noinline))
#define ROW_Z 576 /* bytes of a polynomial, coefficients of 18 bits */

/* a vector of K polynomials by where it comes from */
struct vector {
	enum { SMALL, MASK, GIVEN } kind;
	const uint8_t *from; /* a seed of 64 bytes, or the polynomials in a signature */
	unsigned nonce;      /* of the first one */
};

/* |a| < 2^31 q; the result is between -q and q */
static inline int32_t montgomery(int64_t a)
{
	int32_t t = (int32_t)((uint32_t)a * 58728449U); /* 1 / q */

	return (a - (int64_t)t * Q) >> 32;
}

static inline int32_t mul(int32_t a, int32_t b)
{
	return montgomery((int64_t)a * b);
}

/* |a| < 2^31 - 2^22; the result is below 0.75 q, and a itself where that is below q / 2 */
static inline int32_t reduce(int32_t a)
{
	return a - ((a + (1 << 22)) >> 23) * Q;
}

/* all ones where a < 0 */
static inline int32_t minus(int32_t a)
{
	return -(int32_t)((uint32_t)a >> 31);
}

/* from 0 to q - 1 */
static inline int32_t canonical(int32_t a)
{
	a = reduce(a);
	return a + (minus(a) & Q);
}

/* all ones where |a| >= bound, for both below 2^30 */
static inline int32_t exceeds(int32_t a, int32_t bound)
{
	int32_t sign = minus(a);

	return minus(bound - 1 - ((a ^ sign) - sign));
}

/*
 * To the NTT's domain (Algorithm 41): from 2^31 - 2^22 to 9 q. Back (42): from the same to q,
 * and with the factor of 2^32 that mul takes away.
 */
void mldsa_ntt(int32_t *p, int inverse);
/* p = c p, c in the NTT's domain; |p| < q */
void mldsa_times(int32_t *p, const int32_t *c);
/* the k-th field of d bits */
int32_t mldsa_field(const uint8_t *p, unsigned k, unsigned d);
/* p, of which nothing is negative, with d bits a coefficient (Algorithm 16) */
void mldsa_put(uint8_t *to, const int32_t *p, unsigned d);
/* p += a vector's polynomial j (Algorithms 33, 34 and 19) */
void mldsa_add_vector(int32_t *p, const struct vector *v, unsigned j);
/* sum += row i of the matrix times the vector, in the NTT's domain: by 4 q at most */
void mldsa_add_row(int32_t *sum, const uint8_t rho[32], unsigned i, const struct vector *v);

#endif
