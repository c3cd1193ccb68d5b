/* limbs.h - how a field element is held on 32-bit processors: radix 2^25.5. */
/* SPDX-License-Identifier: MIT */
#ifndef LIMBS_H
#define LIMBS_H

#include <stdint.h>

/*
 * v[0] + 2^26 v[1] + 2^51 v[2] + 2^77 v[3] + ... + 2^230 v[9]: the even limbs
 * have 26 bits and the odd ones 25, and all of them may have more, see fe.h.
 */
struct fe {
	uint32_t v[10];
};

#endif
