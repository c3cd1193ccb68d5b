/* crypt_md5.c - the $1$ scheme of crypt(3): Kamp's MD5 with 1000 rounds. */
/* SPDX-License-Identifier: MIT */
#include "crypt_impl.h"

char *crypt_md5(char *out, const void *pass, size_t n, const char *salt, size_t salt_len)
{
	struct hash_ctx c;
	uint8_t d[16];
	unsigned i;

	hash_init(&c, &hash_md5);
	hash_add(&c, pass, n);
	hash_add(&c, salt, salt_len);
	hash_add(&c, pass, n);
	hash_out(&c, d);

	hash_init(&c, &hash_md5);
	hash_add(&c, pass, n);
	hash_add(&c, "$1$", 3);
	hash_add(&c, salt, salt_len);
	crypt_repeat(&c, d, sizeof d, n);
	for (size_t bits = n; bits > 0; bits >>= 1)
		hash_add(&c, bits & 1 ? "" : pass, 1);
	hash_out(&c, d);

	for (i = 0; i < 1000; i++) {
		hash_init(&c, &hash_md5);
		hash_add(&c, i & 1 ? pass : d, i & 1 ? n : sizeof d);
		if (i % 3)
			hash_add(&c, salt, salt_len);
		if (i % 7)
			hash_add(&c, pass, n);
		hash_add(&c, i & 1 ? d : pass, i & 1 ? sizeof d : n);
		hash_out(&c, d);
	}

	for (i = 0; i < 5; i++)
		out = crypt_put(out, d[i] << 16 | d[i + 6] << 8 | d[i < 4 ? i + 12 : 5], 4);
	out = crypt_put(out, d[11], 2);
	wipe(&c, sizeof c);
	wipe(d, sizeof d);
	return out;
}
