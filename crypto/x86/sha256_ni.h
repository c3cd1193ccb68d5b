/* sha256_ni.h - SHA-256 by the processor's own instructions, where it has them. */
/* SPDX-License-Identifier: MIT */
#ifndef SHA256_NI_H
#define SHA256_NI_H

#include "sha2.h"

/* n bytes, whole blocks, into h; 0: not done */
int sha256_ni(union sha2_words *h, const uint8_t *m, size_t n);

#endif
