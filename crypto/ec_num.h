/* ec_num.h - numbers modulo a prime, for the curves of NIST. */
/* SPDX-License-Identifier: MIT */
/*
 * Words of .bits bits, least significant first, as many as the modulus says. What
 * num_mul is given is below 16 times the modulus or so, and what comes out below 2
 * times; R = 2^(bits words) is 256 times the modulus and more. Time depends on the
 * modulus alone.
 */
#ifndef EC_NUM_H
#define EC_NUM_H

#include "crypto.h"

#define NUM_WORDS 19

typedef uint32_t num[NUM_WORDS];

enum times { NONE, FOUR, SIXTEEN };

struct modulus {
	num m, one, r2; /* one: plainly 1; r2: R^2 */
	num times[3];   /* 0, 4 m, 16 m */
	uint32_t k;     /* -1/m mod 2^bits */
	uint8_t words, bits;
};

/* m: big-endian, as long as the curve's coordinates */
void modulus_init(struct modulus *f, const struct ec_curve *c, const uint8_t *m);
/* big-endian, n bytes */
void num_get(uint32_t *d, const struct modulus *f, const uint8_t *p, size_t n);
void num_put(const uint32_t *a, const struct modulus *f, uint8_t *p, size_t n);
/* d = a b / R */
void num_mul(uint32_t *d, const uint32_t *a, const uint32_t *b, const struct modulus *f);
/* d = a + s b + k m, which must not be negative; s: 1, 0, -1, with 1 for k = NONE alone */
void num_add(uint32_t *d, const uint32_t *a, int s, const uint32_t *b, enum times k,
	     const struct modulus *f);
/* d below 2 m becomes what is below m; 0 where it was that before, else -1 */
int num_reduce(uint32_t *d, const struct modulus *f);
/* d = R^2 / d, or 0 */
void num_invert(uint32_t *d, const struct modulus *f);

/* ec.c: points are 4, x, y; what is told of them is public */

#define EC_POINT_MAX 133 /* bytes */

/* 1: x is in 1 .. order - 1 */
int ec_in_order(const struct ec_curve *c, const uint8_t *x);
/* p = x * p; 0 where p is no point of the curve */
int ec_mul(const struct ec_curve *c, const uint8_t *x, uint8_t *p);
/* p = p + q, points both; 0 where they are opposite */
int ec_add(const struct ec_curve *c, const uint8_t *q, uint8_t *p);

#endif
