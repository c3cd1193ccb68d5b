/* crypt_impl.h - what the schemes of crypt(3) share. */
/* SPDX-License-Identifier: MIT */
#ifndef CRYPT_IMPL_H
#define CRYPT_IMPL_H

#include "crypto.h"

/* writes chars characters of crypt's base 64 for v, low six bits first; gives the end */
char *crypt_put(char *out, uint32_t v, int chars);
/* the first n bytes of block, repeated as often as it takes */
void crypt_repeat(struct hash_ctx *c, const uint8_t *block, size_t block_len, size_t n);

/* each writes its hash in base 64 and gives the end; n is the password's length */
char *crypt_md5(char *out, const void *pass, size_t n, const char *salt, size_t salt_len);
char *crypt_sha(char *out, const struct hash *h, const void *pass, size_t n, const char *salt,
		size_t salt_len, uint32_t rounds);
/* the whole of the scheme: setting is from its $2 on; CRYPT_BAD or CRYPT_OK */
int crypt_bcrypt(char *out, const void *pass, size_t n, const char *setting, struct bcrypt_work *w);

#endif
