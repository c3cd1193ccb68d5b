/* sha3.h - SHA-3 and SHAKE (FIPS 202), in pieces. */
/* SPDX-License-Identifier: MIT */
#ifndef SHA3_H
#define SHA3_H

#include <stddef.h>
#include <stdint.h>

/* bytes taken or given between two permutations, and above them the byte that ends the input */
enum sha3_kind {
	SHAKE128 = 168 | 0x1f00,
	SHAKE256 = 136 | 0x1f00,
	SHA3_256 = 136 | 0x0600,
	SHA3_512 = 72 | 0x0600,
};

struct sha3 {
	uint64_t lane[25];
	uint8_t at;   /* bytes of the block that are in or out already */
	uint8_t rate; /* bytes of a block */
	uint8_t end;  /* what ends the input; 0: it has ended */
};

/* begins with a || b; more may be added, of any length */
void sha3_init(struct sha3 *h, enum sha3_kind kind, const void *a, size_t a_len, const void *b,
	       size_t b_len);
void sha3_add(struct sha3 *h, const void *p, size_t n);
/* ends the input at the first call; each call gives the bytes that follow those of the last */
void sha3_out(struct sha3 *h, void *out, size_t n);

/* out = the first n bytes of the hash of a || b; leaves nothing behind */
void sha3(void *out, size_t n, enum sha3_kind kind, const void *a, size_t a_len, const void *b,
	  size_t b_len);

#endif
