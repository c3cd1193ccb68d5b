/* hide.h - values that the compiler must not reason about. */
/* SPDX-License-Identifier: MIT */
#ifndef HIDE_H
#define HIDE_H

#include <stdint.h>

/*
 * x, of which the compiler then knows nothing: not that it is 0 or 1, so that
 * it cannot turn a mask made from it back into a branch. clang 14 does that.
 */
static inline uint32_t hide(uint32_t x)
{
	volatile uint32_t v = x;

	return v;
}

#endif
