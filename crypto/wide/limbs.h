/* limbs.h - how a field element is held where unsigned __int128 is: radix 2^51. */
/* SPDX-License-Identifier: MIT */
#ifndef LIMBS_H
#define LIMBS_H

#include <stdint.h>

/* v[0] + 2^51 v[1] + ... + 2^204 v[4]; limbs may have more than 51 bits, see fe.h */
struct fe {
	uint64_t v[5];
};

#endif
