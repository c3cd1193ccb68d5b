/* kex_sntrup.c - key exchange with sntrup761 and X25519 (draft-ietf-sshm-ntruprime-ssh). */
/* SPDX-License-Identifier: MIT */
/* Shares and secrets are those of sntrup761, and X25519's behind them; K = SHA-512 of both. */
#include "sntrup761.h"

#define PUB SNTRUP761_PUB
#define CT SNTRUP761_CT

static int keygen(struct rng *r, uint8_t *sec, uint8_t *pub)
{
	sntrup761_keygen(r, sec, pub);
	return kex_curve25519.keygen(r, sec + SNTRUP761_SEC, pub + PUB);
}

/* shared: 32 bytes of the one, 32 of the other; becomes K */
static void both(uint8_t *shared)
{
	struct hash_ctx c;

	hash_init(&c, &hash_sha512);
	hash_add(&c, shared, 64);
	hash_out(&c, shared);
	wipe(&c, sizeof(c));
}

static int encap(struct rng *r, const uint8_t *pub, uint8_t *ct, uint8_t *shared)
{
	int ok = kex_curve25519.encap(r, pub + PUB, ct + CT, shared + 32);

	sntrup761_encap(r, pub, ct, shared);
	both(shared);
	return ok;
}

static int decap(const uint8_t *sec, const uint8_t *pub, const uint8_t *ct, uint8_t *shared)
{
	int ok = x25519(shared + 32, sec + SNTRUP761_SEC, ct + CT);

	sntrup761_decap(sec, pub, ct, shared);
	both(shared);
	return ok;
}

#define ROW(NAME)                                                                          \
	{                                                                                  \
		.name = NAME, .hash = &hash_sha512, .k_is_string = 1, .pub_len = PUB + 32, \
		.ct_len = CT + 32, .sec_len = SNTRUP761_SEC + 32, .shared_len = 64,        \
		.keygen = keygen, .encap = encap, .decap = decap,                          \
	}

const struct kex kex_sntrup761x25519 = ROW("sntrup761x25519-sha512");
const struct kex kex_sntrup761x25519_openssh = ROW("sntrup761x25519-sha512@openssh.com");
