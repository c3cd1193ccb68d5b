/* le32.c - little-endian bytes as 32-bit words. */
/* SPDX-License-Identifier: MIT */
#include "le32.h"

void le32_get(uint32_t *w, const uint8_t *p, unsigned n)
{
	for (; n > 0; n--, p += 4)
		*w++ = p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

void le32_put(uint8_t *p, const uint32_t *w, unsigned n)
{
	for (; n > 0; n--, p += 4, w++) {
		p[0] = *w;
		p[1] = *w >> 8;
		p[2] = *w >> 16;
		p[3] = *w >> 24;
	}
}
