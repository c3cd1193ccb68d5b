/* kex_curve25519.c - key exchange with X25519 (RFC 8731). */
/* SPDX-License-Identifier: MIT */
/* A share that leads to an all-zero secret is refused (RFC 8731 3). */
#include "crypto.h"

static int keygen(struct rng *r, uint8_t *sec, uint8_t *pub)
{
	rng_bytes(r, sec, 32);
	x25519_base(pub, sec);
	return 1;
}

static int encap(struct rng *r, const uint8_t *pub, uint8_t *ct, uint8_t *shared)
{
	uint8_t sec[32];
	int ok;

	keygen(r, sec, ct);
	ok = x25519(shared, sec, pub);
	wipe(sec, sizeof(sec));
	return ok;
}

static int decap(const uint8_t *sec, const uint8_t *pub, const uint8_t *ct, uint8_t *shared)
{
	(void)pub;
	return x25519(shared, sec, ct);
}

#define ROW(NAME)                                                                                  \
	{                                                                                          \
		.name = NAME, .hash = &hash_sha256, .k_is_string = 0, .pub_len = 32, .ct_len = 32, \
		.sec_len = 32, .shared_len = 32, .keygen = keygen, .encap = encap, .decap = decap, \
	}

const struct kex kex_curve25519 = ROW("curve25519-sha256");
const struct kex kex_curve25519_libssh = ROW("curve25519-sha256@libssh.org");
