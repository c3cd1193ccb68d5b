/* words.h - little-endian words at any address, inline, for the ciphers' inner loops. */
/* SPDX-License-Identifier: MIT */
/*
 * A packed struct makes the compiler take the processor's own unaligned access
 * (lwl and lwr on MIPS, a plain load on ARMv7), at -Os too, where gcc calls
 * memcpy or puts bytes together by shifts.
 */
#ifndef WORDS_H
#define WORDS_H

#include <stdint.h>

struct word32 {
	uint32_t v;
} __attribute__((packed, may_alias));

struct word64 {
	uint64_t v;
} __attribute__((packed, may_alias));

static inline uint32_t word32_get(const uint8_t *p)
{
	uint32_t v = ((const struct word32 *)p)->v;

	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap32(v) : v;
}

static inline void word32_put(uint8_t *p, uint32_t v)
{
	((struct word32 *)p)->v = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap32(v) : v;
}

static inline uint64_t word64_get(const uint8_t *p)
{
	uint64_t v = ((const struct word64 *)p)->v;

	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(v) : v;
}

static inline void word64_put(uint8_t *p, uint64_t v)
{
	((struct word64 *)p)->v = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(v) : v;
}

#endif
