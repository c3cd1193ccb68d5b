/* le32.h - little-endian bytes as 32-bit words. */
/* SPDX-License-Identifier: MIT */
/* By shifts, which is fast and right on any processor and for any alignment. */
#ifndef LE32_H
#define LE32_H

#include <stdint.h>

/* n words */
void le32_get(uint32_t *w, const uint8_t *p, unsigned n);
void le32_put(uint8_t *p, const uint32_t *w, unsigned n);

#endif
