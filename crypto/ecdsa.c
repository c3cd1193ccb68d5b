/* ecdsa.c - ECDSA (FIPS 186-4 6), with the nonces of RFC 6979. */
/* SPDX-License-Identifier: MIT */
/* The hashes that SSH has for the curves are no longer than their orders. */
#include "ec_num.h"

#include <string.h>

#define LEN_MAX 66

/* a number of order n: r, s, a nonce, a secret */
static void get(uint32_t *d, const struct modulus *f, const struct ec_curve *c, const uint8_t *p)
{
	num_get(d, f, p, c->len);
	num_reduce(d, f);
}

/* the message's hash below the order, d, and as bytes */
static void digest(uint32_t *d, const struct modulus *f, const struct ec_curve *c, const void *m,
		   size_t n, uint8_t h[LEN_MAX])
{
	struct hash_ctx s;

	memset(h, 0, LEN_MAX);
	hash_init(&s, c->hash);
	hash_add(&s, m, n);
	hash_out(&s, h + c->len - c->hash->out_len);
	get(d, f, c, h);
	num_put(d, f, h, c->len);
}

/* RFC 6979 3.2: k from secret and hash, one behind the other; noinline: tests/ct excepts its loop */
__attribute__((noinline)) static void nonce(const struct ec_curve *c, const uint8_t *seed,
					    uint8_t *k)
{
	br_hmac_drbg_context g;
	unsigned off = -c->bits & 7, i;

	br_hmac_drbg_init(&g, c->hash->vt, seed, 2 * c->len);
	do {
		br_hmac_drbg_generate(&g, k, c->len);
		for (i = c->len; off && --i;)
			k[i] = (uint8_t)(k[i] >> off | k[i - 1] << (8 - off));
		k[0] >>= off;
	} while (!ec_in_order(c, k));
	wipe(&g, sizeof(g));
}

int ecdsa_sign(const struct ec_curve *c, const uint8_t *x, const void *m, size_t n, uint8_t *sig)
{
	uint8_t seed[2 * LEN_MAX], k[LEN_MAX], p[EC_POINT_MAX], *s = sig + c->len;
	struct modulus f;
	num h, t, r;

	modulus_init(&f, c, c->p + c->len);
	memcpy(seed, x, c->len);
	digest(h, &f, c, m, n, seed + c->len);
	nonce(c, seed, k);
	ec_public(c, k, p);
	get(r, &f, c, p + 1);
	num_put(r, &f, sig, c->len);
	/* s = (h + r x) / k */
	get(t, &f, c, x);
	num_mul(t, t, r, &f);
	num_mul(t, t, f.r2, &f);
	num_add(h, h, 1, t, NONE, &f);
	get(t, &f, c, k);
	num_mul(t, t, f.r2, &f);
	num_invert(t, &f);
	num_mul(t, t, h, &f);
	num_reduce(t, &f);
	num_put(t, &f, s, c->len);
	wipe(seed, sizeof(seed));
	wipe(k, sizeof(k));
	wipe(t, sizeof(t));
	wipe(h, sizeof(h));
	return ec_in_order(c, sig) & ec_in_order(c, s);
}

/* u = a / s mod the order, as bytes; i: 1/s in Montgomery form */
static void ratio(uint8_t *u, const uint32_t *a, const uint32_t *i, const struct modulus *f,
		  const struct ec_curve *c)
{
	num t;

	num_mul(t, a, i, f);
	num_reduce(t, f);
	num_put(t, f, u, c->len);
}

int ecdsa_verify(const struct ec_curve *c, const uint8_t *pub, const void *m, size_t n,
		 const uint8_t *sig)
{
	uint8_t u1[LEN_MAX], u2[LEN_MAX], p[EC_POINT_MAX], q[EC_POINT_MAX];
	struct modulus f;
	num h, r, s;

	if (!ec_in_order(c, sig) || !ec_in_order(c, sig + c->len))
		return 0;
	modulus_init(&f, c, c->p + c->len);
	digest(h, &f, c, m, n, u1);
	get(r, &f, c, sig);
	get(s, &f, c, sig + c->len);
	num_mul(s, s, f.r2, &f);
	num_invert(s, &f);
	ratio(u1, h, s, &f, c);
	ratio(u2, r, s, &f, c);
	/* u1 G + u2 Q; u1 is 0 where the hash is */
	memcpy(q, pub, 1 + 2 * c->len);
	if (!ec_mul(c, u2, q) || (ec_public(c, u1, p) && !ec_add(c, p, q)))
		return 0;
	get(s, &f, c, q + 1);
	return !memcmp(s, r, sizeof(num));
}
