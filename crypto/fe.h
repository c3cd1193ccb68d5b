/* fe.h - the field of the integers modulo p = 2^255 - 19, for X25519 and Ed25519. */
/* SPDX-License-Identifier: MIT */
/*
 * Elements are not unique and their limbs may be too long: carries wait until
 * the next multiplication. An element has weight w where no limb is more than
 * w times a limb of its full width and a little more (fe.c says how much). What
 * a function takes and gives is said as weights; "reduced" is weight 1. With
 * those, no limb and no sum of products overflows.
 *
 * Constant time in all values. Outputs may be the same object as inputs.
 */
#ifndef FE_H
#define FE_H

#include <limbs.h> /* in angle brackets: the target's folder comes before this one */
#include <stdint.h>

extern const struct fe fe_one;

void fe_add(struct fe *h, const struct fe *f, const struct fe *g); /* wf, wg -> wf + wg */
void fe_sub(struct fe *h, const struct fe *f, const struct fe *g); /* wf, 1 -> wf + 2 */
void fe_mul(struct fe *h, const struct fe *f, const struct fe *g); /* 6, 3 -> 1 */
void fe_sq(struct fe *h, const struct fe *f);                      /* 3 -> 1 */
/* h = 121666 f, (A + 2) / 4 of RFC 7748's curve; 6 -> 1 */
void fe_mul_small(struct fe *h, const struct fe *f);
/* b is 0 or 1 */
void fe_cmov(struct fe *h, const struct fe *f, uint32_t b); /* h = f where b */
void fe_cswap(struct fe *f, struct fe *g, uint32_t b);
/* the 255 low bits of eight 32-bit words, the lowest first -> 1; may be p or more */
void fe_from_words(struct fe *h, const uint32_t w[8]);
/* below p; 6 */
void fe_to_words(uint32_t w[8], const struct fe *f);

/* fe_pow.c: the same for any limbs */

void fe_frombytes(struct fe *h, const uint8_t s[32]); /* ignores the top bit -> 1 */
void fe_tobytes(uint8_t s[32], const struct fe *f);   /* below p; 6 */
int fe_is_zero(const struct fe *f);                   /* modulo p; 6 */
void fe_invert(struct fe *h, const struct fe *f);     /* 1 / f, and 0 for 0; 3 -> 1 */
void fe_pow_p58(struct fe *h, const struct fe *f);    /* f^((p - 5) / 8); 3 -> 1 */

#endif
