/* base64.h - RFC 4648 4, strictly, in a time that does not depend on the contents. */
/* SPDX-License-Identifier: MIT */
#ifndef BASE64_H
#define BASE64_H

#include <stddef.h>
#include <stdint.h>

/* characters that n bytes take, padding included, no NUL */
#define BASE64_LEN(n) (((n) + 2) / 3 * 4)

/*
 * 1 and the bytes, n / 4 * 3 at most; 0 where it is not base64: another
 * character, padding missing or misplaced, bits set behind the end. out may be
 * in itself.
 */
int base64_decode(void *out, size_t *out_len, const void *in, size_t n);
/* BASE64_LEN(n) characters, which are counted in the result */
size_t base64_encode(char *out, const void *in, size_t n);

#endif
