/* check.h - how the unit tests speak: `ok NAME`, `FAIL NAME: why`. */
/* SPDX-License-Identifier: MIT */
/* No printf: on MIPS it would bring floating point in. */
#ifndef CHECK_H
#define CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int check_failures;

/* one line; why is said where it failed */
static inline int check(const char *name, int good, const char *why)
{
	fputs(good ? "ok " : "FAIL ", stdout);
	fputs(name, stdout);
	if (!good) {
		fputs(": ", stdout);
		fputs(why, stdout);
	}
	fputs("\n", stdout);
	check_failures += !good;
	return good;
}

/* exit status of main */
static inline int check_result(void)
{
	return check_failures != 0;
}

static inline int check_digit(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* the bytes of a string of hex digits; gives how many */
static inline size_t check_hex(uint8_t *out, const char *hex)
{
	size_t n = 0;

	for (; hex[0] != '\0' && hex[1] != '\0'; hex += 2)
		out[n++] = check_digit(hex[0]) << 4 | check_digit(hex[1]);
	return n;
}

/* bytes that look random and are the same in each run */
static inline void check_fill(uint8_t *p, size_t n, uint32_t seed)
{
	seed = seed * 2654435761u + 1;
	while (n-- > 0) {
		seed ^= seed << 13;
		seed ^= seed >> 17;
		seed ^= seed << 5;
		*p++ = seed >> 11;
	}
}

#endif
