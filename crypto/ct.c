/* ct.c - comparing and wiping secrets. */
/* SPDX-License-Identifier: MIT */
#include "crypto.h"

#include <string.h>

/* read anew at each call, so that the compiler cannot know that it is a memset of dead memory */
static void *(*const volatile set_bytes)(void *, int, size_t) = memset;

int ct_eq(const void *a, const void *b, size_t n)
{
	const volatile uint8_t *x = a, *y = b;
	uint32_t diff = 0;

	while (n--)
		diff |= *x++ ^ *y++;
	return (diff - 1) >> 31; /* diff <= 255: wraps for 0 alone */
}

void wipe(void *p, size_t n)
{
	set_bytes(p, 0, n);
}
