/* div.c - division, for ARM cores that may have no instruction for it. */
/* SPDX-License-Identifier: MIT */
/*
 * Run-time ABI for the ARM architecture, 4.3.1. libgcc's is ten times as long and
 * faster; nothing here divides often.
 */
#include <stdint.h>

uint64_t __aeabi_uidivmod(uint32_t n, uint32_t d);
uint32_t __aeabi_uidiv(uint32_t n, uint32_t d);
uint64_t __aeabi_idivmod(int32_t n, int32_t d);
int32_t __aeabi_idiv(int32_t n, int32_t d);

/* quotient in the low half, remainder in the high one; nobody divides by 0 */
uint64_t __aeabi_uidivmod(uint32_t n, uint32_t d)
{
	uint32_t q = 0, r = 0;

	for (int i = 32; i--;) {
		r = r << 1 | n >> 31;
		n <<= 1;
		q <<= 1;
		if (r >= d) {
			r -= d;
			q++;
		}
	}
	return (uint64_t)r << 32 | q;
}

uint32_t __aeabi_uidiv(uint32_t n, uint32_t d)
{
	return (uint32_t)__aeabi_uidivmod(n, d);
}

/* towards zero; the remainder has the sign of n */
uint64_t __aeabi_idivmod(int32_t n, int32_t d)
{
	uint32_t minus_n = -((uint32_t)n >> 31), minus_d = -((uint32_t)d >> 31),
		 minus = minus_n ^ minus_d;
	uint64_t u =
	    __aeabi_uidivmod(((uint32_t)n ^ minus_n) - minus_n, ((uint32_t)d ^ minus_d) - minus_d);

	return (uint64_t)((((uint32_t)(u >> 32)) ^ minus_n) - minus_n) << 32 |
	       (((uint32_t)u ^ minus) - minus);
}

int32_t __aeabi_idiv(int32_t n, int32_t d)
{
	return (int32_t)__aeabi_idivmod(n, d);
}
