/* ge.h - the group of Ed25519: points of -x^2 + y^2 = 1 + d x^2 y^2 (RFC 8032 5.1). */
/* SPDX-License-Identifier: MIT */
/*
 * The formulas are complete: no point is special, in any order. All
 * coordinates of a struct ge are reduced elements, see fe.h.
 */
#ifndef GE_H
#define GE_H

#include "fe.h"

/* x = X/Z, y = Y/Z, T = XY/Z: extended coordinates (RFC 8032 5.1.4) */
struct ge {
	struct fe x, y, z, t;
};

/* what is added to a point: y + x, y - x, 2 d t, each over z */
struct ge_cached {
	struct fe yp, ym, t2d, z;
};

/* 1, and p = minus the point that s stands for; 0: not a point, or not canonical. Variable time. */
int ge_frombytes_neg(struct ge *p, const uint8_t s[32]);
void ge_tobytes(uint8_t s[32], const struct ge *p);
void ge_cache(struct ge_cached *c, const struct ge *p);
/* p = 2 p; T is left as it is where it is not wanted */
void ge_dbl(struct ge *p, int want_t);
/* p = p + q, affine: q's z is taken for 1 */
void ge_add(struct ge *p, const struct ge_cached *q, int affine, int want_t);
/* c = -c where b is 1, as it is where b is 0 */
void ge_cached_neg(struct ge_cached *c, uint32_t b);

/* ge_mul.c: p's T is not set */

/* p = s B, s < 2^255; constant time */
void ge_mul_base(struct ge *p, const uint32_t s[8]);
/* p = s B + k a, both below L; variable time */
void ge_mul_both(struct ge *p, const uint32_t s[8], const uint32_t k[8], const struct ge *a);

/* ge_base.c: [block][digit]{y + x, y - x, 2 d x y}, see there */

extern const uint32_t ge_base[2][8][24];

#endif
