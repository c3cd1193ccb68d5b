/* rsa_impl.h - what rsa.c and rsa_keygen.c share. */
/* SPDX-License-Identifier: MIT */
#ifndef RSA_IMPL_H
#define RSA_IMPL_H

#include "crypto.h"
#include "i31.h"

#define RSA_N_BYTES (RSA_BITS_MAX / 8)
#define RSA_P_BYTES (RSA_BITS_MAX / 16 + 4)
#define RSA_P_WORDS (I31_WORDS(8 * RSA_P_BYTES) + 1)

/* x = x ^ e mod m, m as long as a factor at most, and odd */
void rsa_power(uint32_t *x, const uint8_t *e, size_t e_len, const uint32_t *m);
/* d = a * b */
void rsa_mul(uint32_t *d, const uint32_t *a, const uint32_t *b);
/* x is lost */
int rsa_is_one(uint32_t *x);

#endif
