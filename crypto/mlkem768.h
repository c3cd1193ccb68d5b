/* mlkem768.h - ML-KEM-768 (FIPS 203), the secret key kept as its seed. */
/* SPDX-License-Identifier: MIT */
#ifndef MLKEM768_H
#define MLKEM768_H

#include <stdint.h>

#define MLKEM768_SEED 64 /* d || z */
#define MLKEM768_PUB 1184
#define MLKEM768_CT 1088

void mlkem768_keygen(uint8_t pub[MLKEM768_PUB], const uint8_t seed[MLKEM768_SEED]);
/* m: random bytes; 0 where pub fails the modulus check (FIPS 203 7.2) */
int mlkem768_encap(uint8_t ct[MLKEM768_CT], uint8_t shared[32], const uint8_t pub[MLKEM768_PUB],
		   const uint8_t m[32]);
/* pub is the seed's own; a ciphertext that is not as it must be gives a secret that nobody knows */
void mlkem768_decap(uint8_t shared[32], const uint8_t seed[MLKEM768_SEED],
		    const uint8_t pub[MLKEM768_PUB], const uint8_t ct[MLKEM768_CT]);

#endif
