/* crypt_sha.c - the $5$ and $6$ schemes of crypt(3): Drepper's "Unix crypt using SHA-256/512". */
/* SPDX-License-Identifier: MIT */
/*
 * Names are the specification's: A, B, the sequences P and S. P is as long as
 * the password and repeats DP, so that DP is all that is kept.
 */
#include "crypt_impl.h"

#include <string.h>

struct crypt {
	struct hash_ctx c;
	uint8_t a[HASH_MAX], b[HASH_MAX], dp[HASH_MAX], ds[HASH_MAX];
};

/*
 * Steps 17 to 20. How often is eight bits of a salted digest, and the time
 * tells: that is the scheme's own. Not inlined, so that the test for constant
 * time can except this and nothing else.
 */
__attribute__((noinline)) static void digest_salt(struct crypt *k, const struct hash *h,
						  const char *salt, size_t salt_len)
{
	hash_init(&k->c, h);
	for (int i = 16 + k->a[0]; i > 0; i--)
		hash_add(&k->c, salt, salt_len);
	hash_out(&k->c, k->ds);
}

/* steps 1 to 16 */
static void prepare(struct crypt *k, const struct hash *h, const void *pass, size_t n,
		    const char *salt, size_t salt_len)
{
	hash_init(&k->c, h);
	hash_add(&k->c, pass, n);
	hash_add(&k->c, salt, salt_len);
	hash_add(&k->c, pass, n);
	hash_out(&k->c, k->b);

	hash_init(&k->c, h);
	hash_add(&k->c, pass, n);
	hash_add(&k->c, salt, salt_len);
	crypt_repeat(&k->c, k->b, h->out_len, n);
	for (size_t bits = n; bits > 0; bits >>= 1)
		hash_add(&k->c, bits & 1 ? k->b : pass, bits & 1 ? h->out_len : n);
	hash_out(&k->c, k->a);

	hash_init(&k->c, h);
	for (size_t i = 0; i < n; i++)
		hash_add(&k->c, pass, n);
	hash_out(&k->c, k->dp);
}

/* step 22: a byte of each third of the digest makes four characters; the thirds take turns */
static char *put(char *out, const uint8_t *a, int len)
{
	int third = len / 3, x = 0, y = third, z = 2 * third, t;

	for (int i = 0; i < third; i++) {
		out = crypt_put(out, (uint32_t)a[x] << 16 | a[y] << 8 | a[z], 4);
		t = x;
		if (len == 32) {
			x = z + 1;
			z = y + 1;
			y = t + 1;
		} else {
			x = y + 1;
			y = z + 1;
			z = t + 1;
		}
	}
	return len == 32 ? crypt_put(out, a[31] << 8 | a[30], 3) : crypt_put(out, a[63], 2);
}

char *crypt_sha(char *out, const struct hash *h, const void *pass, size_t n, const char *salt,
		size_t salt_len, uint32_t rounds)
{
	struct crypt k;

	prepare(&k, h, pass, n, salt, salt_len);
	digest_salt(&k, h, salt, salt_len);
	for (uint32_t i = 0; i < rounds; i++) { /* step 21 */
		hash_init(&k.c, h);
		if (i & 1)
			crypt_repeat(&k.c, k.dp, h->out_len, n);
		else
			hash_add(&k.c, k.a, h->out_len);
		if (i % 3)
			hash_add(&k.c, k.ds, salt_len);
		if (i % 7)
			crypt_repeat(&k.c, k.dp, h->out_len, n);
		if (i & 1)
			hash_add(&k.c, k.a, h->out_len);
		else
			crypt_repeat(&k.c, k.dp, h->out_len, n);
		hash_out(&k.c, k.a);
	}
	out = put(out, k.a, h->out_len);
	wipe(&k, sizeof k);
	return out;
}
