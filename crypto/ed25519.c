/* ed25519.c - signatures with Ed25519 (RFC 8032 5.1). */
/* SPDX-License-Identifier: MIT */
#include "crypto.h"
#include "ge.h"
#include "le32.h"
#include "sc.h"

#include <string.h>

/* h's output modulo L */
static void hash_to_sc(uint32_t r[8], const struct hash_ctx *h)
{
	uint8_t digest[64];
	uint32_t x[16];

	hash_out(h, digest);
	le32_get(x, digest, 16);
	sc_reduce(r, x);
	wipe(digest, sizeof(digest));
	wipe(x, sizeof(x));
}

/* 5.1.5: a is the secret scalar, prefix what makes the nonces */
static void expand(uint32_t a[8], uint8_t prefix[32], const uint8_t seed[32])
{
	struct hash_ctx h;
	uint8_t digest[64];

	hash_init(&h, &hash_sha512);
	hash_add(&h, seed, 32);
	hash_out(&h, digest);
	sc_clamp(digest);
	le32_get(a, digest, 8);
	memcpy(prefix, digest + 32, 32);
	wipe(digest, sizeof(digest));
	wipe(&h, sizeof(h));
}

static void mul_base_to_bytes(uint8_t s[32], const uint32_t k[8])
{
	struct ge p;

	ge_mul_base(&p, k);
	ge_tobytes(s, &p);
	wipe(&p, sizeof(p));
}

void ed25519_public(uint8_t pub[32], const uint8_t seed[32])
{
	uint32_t a[8];
	uint8_t prefix[32];

	expand(a, prefix, seed);
	mul_base_to_bytes(pub, a);
	wipe(a, sizeof(a));
	wipe(prefix, sizeof(prefix));
}

/* 5.1.7: k = SHA512(R || A || M) modulo L */
static void challenge(uint32_t k[8], const uint8_t r[32], const uint8_t pub[32], const void *m,
		      size_t n)
{
	struct hash_ctx h;

	hash_init(&h, &hash_sha512);
	hash_add(&h, r, 32);
	hash_add(&h, pub, 32);
	hash_add(&h, m, n);
	hash_to_sc(k, &h);
}

void ed25519_sign(uint8_t sig[64], const uint8_t seed[32], const uint8_t pub[32], const void *m,
		  size_t n)
{
	uint32_t a[8], r[8], k[8];
	uint8_t prefix[32];
	struct hash_ctx h;

	expand(a, prefix, seed);
	hash_init(&h, &hash_sha512);
	hash_add(&h, prefix, 32);
	hash_add(&h, m, n);
	hash_to_sc(r, &h);
	mul_base_to_bytes(sig, r);
	challenge(k, sig, pub, m, n);
	sc_muladd(k, a, k, r);
	le32_put(sig + 32, k, 8);
	wipe(a, sizeof(a));
	wipe(r, sizeof(r));
	wipe(prefix, sizeof(prefix));
	wipe(&h, sizeof(h));
}

/* the orders 1 and 2: x = 0; 4: y = 0; 8: twice the point has y = 0, which is x^2 + y^2 = 0 */
static int small_order(const struct ge *p)
{
	struct fe x, y;

	fe_sq(&x, &p->x);
	fe_sq(&y, &p->y);
	fe_add(&x, &x, &y); /* weight 2 */
	fe_mul(&x, &x, &p->x);
	fe_mul(&x, &x, &p->y);
	return fe_is_zero(&x);
}

/* the bytes of s B - k A are compared with R, so that R's only encoding is the canonical one */
int ed25519_verify(const uint8_t sig[64], const uint8_t pub[32], const void *m, size_t n)
{
	struct ge a, p;
	uint32_t s[8], k[8];
	uint8_t r[32];

	le32_get(s, sig + 32, 8);
	if (!sc_is_reduced(s) || !ge_frombytes_neg(&a, pub) || small_order(&a))
		return 0;
	challenge(k, sig, pub, m, n);
	ge_mul_both(&p, s, k, &a);
	ge_tobytes(r, &p);
	return memcmp(r, sig, 32) == 0;
}
