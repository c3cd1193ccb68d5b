/* sc.h - numbers modulo L, the order of Ed25519's base point (RFC 8032 5.1). */
/* SPDX-License-Identifier: MIT */
/* Eight 32-bit words, the lowest first. Constant time. */
#ifndef SC_H
#define SC_H

#include <stdint.h>

extern const uint32_t sc_order[8]; /* L = 2^252 + 27742317777372353535851937790883648493 */

/* r = x mod L, x of sixteen words */
void sc_reduce(uint32_t r[8], const uint32_t x[16]);
/* r = (a b + c) mod L; a may be any, b and c are below L */
void sc_muladd(uint32_t r[8], const uint32_t a[8], const uint32_t b[8], const uint32_t c[8]);
/* 1 where a < L */
int sc_is_reduced(const uint32_t a[8]);
/* RFC 7748 5 and RFC 8032 5.1.5: a multiple of 8 with 2^254 as its top bit */
void sc_clamp(uint8_t k[32]);

#endif
