/* sha256_ni.h - SHA-256 by the processor's own instructions: here there are none. */
/* SPDX-License-Identifier: MIT */
#ifndef SHA256_NI_H
#define SHA256_NI_H

#include "sha2.h"

/* n bytes, whole blocks, into h; 0: not done */
static inline int sha256_ni(union sha2_words *h, const uint8_t *m, size_t n)
{
	(void)h;
	(void)m;
	(void)n;
	return 0;
}

#endif
