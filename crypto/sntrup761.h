/* sntrup761.h - Streamlined NTRU Prime 761 (NTRU Prime, round 3), the mechanism that SSH has. */
/* SPDX-License-Identifier: MIT */
#ifndef SNTRUP761_H
#define SNTRUP761_H

#include "crypto.h"

#define SNTRUP761_PUB 1158
#define SNTRUP761_CT 1039
#define SNTRUP761_SEC (3 * 191) /* f, 1/g, and what stands for a bad ciphertext */
#define SNTRUP761_SHARED 32

void sntrup761_keygen(struct rng *r, uint8_t *sec, uint8_t *pub);
void sntrup761_encap(struct rng *r, const uint8_t *pub, uint8_t *ct, uint8_t *shared);
/* of a bad ciphertext comes a secret too, that nobody else knows */
void sntrup761_decap(const uint8_t *sec, const uint8_t *pub, const uint8_t *ct, uint8_t *shared);

/* sntrup761_ring.c: polynomials modulo x^761 - x - 1 */

#define SNTRUP_P 761
#define SNTRUP_Q 4591
#define SNTRUP_SMALL 191 /* bytes: coefficients -1, 0, 1 as 0, 1, 2, four in a byte */

struct sntrup_mod {
	int32_t m, k;  /* k = 2^32 / m, rounded */
	int16_t third; /* what the inverse starts with: 1/3, or 1 where there is none */
};

extern const struct sntrup_mod sntrup_q, sntrup_3;

/* x mod m, nearest to 0: exact for |x| < 2^22, else off by m at the very ends */
int32_t sntrup_rest(int32_t x, const struct sntrup_mod *m);
int sntrup_small(const uint8_t *s, unsigned i);
/* a = a s mod q; a within +-2296, and of what comes out the same, exactly */
void sntrup_times(int16_t *a, const uint8_t *s);
/* v = third / s mod m, with room for one more behind; 0: there is none */
int sntrup_recip(int16_t *v, const uint8_t *s, const struct sntrup_mod *m);

#endif
