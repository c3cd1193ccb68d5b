/* base64.c - RFC 4648 4, strictly, in a time that does not depend on the contents. */
/* SPDX-License-Identifier: MIT */
/*
 * Private keys pass through here, so characters and values are computed, not
 * looked up: no branch and no index depends on them.
 */
#include "base64.h"

#include <string.h>

/* all ones where lo <= c <= hi; for values below 2^16 */
static uint32_t within(uint32_t c, uint32_t lo, uint32_t hi)
{
	return -(~((c - lo) | (hi - c)) >> 31);
}

/* 0..63, or all ones */
static uint32_t value_of(uint32_t c)
{
	uint32_t v = 0;

	v |= within(c, 'A', 'Z') & (c - 'A' + 1);
	v |= within(c, 'a', 'z') & (c - 'a' + 27);
	v |= within(c, '0', '9') & (c - '0' + 53);
	v |= within(c, '+', '+') & 63;
	v |= within(c, '/', '/') & 64;
	return v - 1;
}

/* v < 64 */
static char char_of(uint32_t v)
{
	uint32_t c = v + 'A';

	c += within(v, 26, 63) & ('a' - 26 - 'A');
	c -= within(v, 52, 63) & ('a' - 26 - '0' + 52);
	c -= within(v, 62, 63) & ('0' - 52 - '+' + 62);
	c += within(v, 63, 63) & ('/' - 63 - '+' + 62);
	return (char)c;
}

int base64_decode(void *out, size_t *out_len, const void *in, size_t n)
{
	const uint8_t *p = in;
	uint8_t *o = out;
	uint32_t bad = 0, v = 0, one, cut = 0;
	size_t pad = 0;

	*out_len = 0;
	if (n % 4)
		return 0;
	while (pad < 2 && pad < n && p[n - 1 - pad] == '=')
		pad++;
	/* padding counts as zeros, which are then cut off */
	for (size_t i = 0; i < n; i++) {
		one = i < n - pad ? value_of(p[i]) : 0;
		bad |= one;
		v = v << 6 | (one & 63);
		if (i % 4 == 3) {
			*o++ = (uint8_t)(v >> 16);
			*o++ = (uint8_t)(v >> 8);
			*o++ = (uint8_t)v;
		}
	}
	for (size_t i = 0; i < pad; i++)
		cut |= *--o;
	*out_len = (size_t)(o - (uint8_t *)out);
	return !(bad >> 31 | cut);
}

size_t base64_encode(char *out, const void *in, size_t n)
{
	const uint8_t *p = in;
	char *o = out;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16;

		v |= i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0;
		v |= i + 2 < n ? p[i + 2] : 0;
		for (int k = 18; k >= 0; k -= 6)
			*o++ = char_of(v >> k & 63);
		if (i + 1 >= n)
			o[-2] = '=';
		if (i + 2 >= n)
			o[-1] = '=';
	}
	return (size_t)(o - out);
}
