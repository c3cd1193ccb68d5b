/* i31.h - BearSSL's big numbers, which its public headers leave out. */
/* SPDX-License-Identifier: MIT */
/*
 * Word 0 is the number's length in bits, bits / 31 << 5 | bits % 31; the words
 * behind it hold 31 bits each, the lowest first. Numbers that are worked on
 * together are of the modulus' length. Time depends on lengths alone.
 */
#ifndef I31_H
#define I31_H

#include <stddef.h>
#include <stdint.h>

#define I31_WORDS(bits) (1 + ((bits) + 30) / 31)

void br_i31_decode(uint32_t *x, const void *src, size_t len);
/* as many bytes as are asked for, the lowest ones */
void br_i31_encode(void *dst, size_t len, const uint32_t *x);
/* src or a, of any length, mod m, which may be even */
void br_i31_decode_reduce(uint32_t *x, const void *src, size_t len, const uint32_t *m);
void br_i31_reduce(uint32_t *x, const uint32_t *a, const uint32_t *m);
uint32_t br_i31_iszero(const uint32_t *x);
/* a += b, a -= b where ctl is 1; the carry, in either case */
uint32_t br_i31_add(uint32_t *a, const uint32_t *b, uint32_t ctl);
uint32_t br_i31_sub(uint32_t *a, const uint32_t *b, uint32_t ctl);
/* d += a * b; d as long as a on entry, and room for both and a word more */
void br_i31_mulacc(uint32_t *d, const uint32_t *a, const uint32_t *b);
/* -1/x mod 2^31, x odd: m0i is that of m[1] */
uint32_t br_i31_ninv31(uint32_t x);
/* d = x * y / R mod m; x = x * R mod m; x = x / R mod m */
void br_i31_montymul(uint32_t *d, const uint32_t *x, const uint32_t *y, const uint32_t *m,
		     uint32_t m0i);
void br_i31_to_monty(uint32_t *x, const uint32_t *m);
void br_i31_from_monty(uint32_t *x, const uint32_t *m, uint32_t m0i);
/* x = x ^ e mod m, m odd, in t of n words: 2 * (words of m, rounded up to even) at least */
uint32_t br_i31_modpow_opt(uint32_t *x, const uint8_t *e, size_t e_len, const uint32_t *m,
			   uint32_t m0i, uint32_t *t, size_t n);
/* (hi << 32 | lo) / d, hi < d; *r: what remains */
uint32_t br_divrem(uint32_t hi, uint32_t lo, uint32_t d, uint32_t *r);

#endif
