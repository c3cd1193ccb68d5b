/* sha3.c - SHA-3 and SHAKE (FIPS 202). */
/* SPDX-License-Identifier: MIT */
#include "sha3.h"

#include <limits.h>
#include <string.h>

#include "crypto.h"

/* 0 < n < 64, not 32; 32-bit compilers would call a function of their library for it */
static inline uint64_t rotate(uint64_t x, unsigned n)
{
	uint32_t low = x, high = x >> 32, both;

	if (sizeof(long) * CHAR_BIT == 64)
		return x << n | x >> (64 - n);
	if (n & 32) {
		both = low;
		low = high;
		high = both;
	}
	n &= 31;
	return (uint64_t)(high << n | low >> (32 - n)) << 32 | (low << n | high >> (32 - n));
}

/* FIPS 202 3.2.1 */
static void theta(uint64_t *a)
{
	uint64_t c[5], d;
	unsigned x, y;

	for (x = 0; x < 5; x++)
		c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
	for (x = 0; x < 5; x++) {
		d = c[x ? x - 1 : 4] ^ rotate(c[x < 4 ? x + 1 : 0], 1);
		for (y = 0; y < 25; y += 5)
			a[x + y] ^= d;
	}
}

/* 3.2.2 and 3.2.3: along the one cycle that pi is, where rho's offsets are 1, 3, 6, 10, ... */
static void rho_pi(uint64_t *a)
{
	static const uint8_t pi[24] = {10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
				       15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};
	uint64_t moved = a[1], next;
	unsigned i, offset = 0;

	for (i = 0; i < 24; i++) {
		offset += i + 1;
		next = a[pi[i]];
		a[pi[i]] = rotate(moved, offset & 63);
		moved = next;
	}
}

/* 3.2.4 */
static void chi(uint64_t *a)
{
	uint64_t b0, b1;
	unsigned y;

	for (y = 0; y < 25; y += 5, a += 5) {
		b0 = a[0];
		b1 = a[1];
		a[0] ^= ~b1 & a[2];
		a[1] ^= ~a[2] & a[3];
		a[2] ^= ~a[3] & a[4];
		a[3] ^= ~a[4] & b0;
		a[4] ^= ~b0 & b1;
	}
}

static void permute(uint64_t *a)
{
	/* 3.2.5: bit i is bit 2^i - 1 of the round's constant */
	static const uint8_t iota[24] = {0x01, 0x1a, 0x5e, 0x70, 0x1f, 0x21, 0x79, 0x55,
					 0x0e, 0x0c, 0x35, 0x26, 0x3f, 0x4f, 0x5d, 0x53,
					 0x52, 0x48, 0x16, 0x66, 0x79, 0x58, 0x21, 0x74};
	unsigned round, i;
	uint32_t low;

	for (round = 0; round < 24; round++) {
		theta(a);
		rho_pi(a);
		chi(a);
		low = 0;
		for (i = 0; i < 6; i++)
			low |= (uint32_t)(iota[round] >> i & 1) << ((1 << i) - 1);
		*a ^= (uint64_t)(iota[round] >> 6) << 63 | low;
	}
}

/* the block's next byte; the last one has led to a new block */
static uint8_t *byte_next(struct sha3 *h)
{
	unsigned at = h->at;

	if (at == h->rate) {
		permute(h->lane);
		at = 0;
	}
	h->at = at + 1;
	return (uint8_t *)h->lane + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? at ^ 7 : at);
}

void sha3_add(struct sha3 *h, const void *p, size_t n)
{
	const uint8_t *from = p;

	while (n--)
		*byte_next(h) ^= *from++;
}

void sha3_init(struct sha3 *h, enum sha3_kind kind, const void *a, size_t a_len, const void *b,
	       size_t b_len)
{
	memset(h, 0, sizeof(*h));
	h->rate = kind & 255;
	h->end = kind >> 8;
	sha3_add(h, a, a_len);
	sha3_add(h, b, b_len);
}

void sha3_out(struct sha3 *h, void *out, size_t n)
{
	uint8_t *to = out;

	if (h->end) { /* FIPS 202 5.1 and appendix B.2 */
		*byte_next(h) ^= h->end;
		h->at = h->rate - 1;
		*byte_next(h) ^= 0x80;
		h->end = 0;
	}
	while (n--)
		*to++ = *byte_next(h);
}

void sha3(void *out, size_t n, enum sha3_kind kind, const void *a, size_t a_len, const void *b,
	  size_t b_len)
{
	struct sha3 h;

	sha3_init(&h, kind, a, a_len, b, b_len);
	sha3_out(&h, out, n);
	wipe(&h, sizeof(h));
}
