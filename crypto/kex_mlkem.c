/* kex_mlkem.c - key exchange with ML-KEM-768 and X25519 together (draft-ietf-sshm-mlkem-hybrid-kex). */
/* SPDX-License-Identifier: MIT */
/*
 * C_INIT and S_REPLY are ML-KEM's part, then X25519's; K = HASH(K_PQ || K_CL), a string.
 * A share that leads to an all-zero secret of X25519 is refused.
 */
#include "crypto.h"
#include "mlkem768.h"

/* the two secrets that become one, and room for what the hash wants */
static int combine(uint8_t *shared, uint8_t both[64], const uint8_t *scalar, const uint8_t *point)
{
	struct hash_ctx c;
	int ok = x25519(both + 32, scalar, point);

	hash_init(&c, &hash_sha256);
	hash_add(&c, both, 64);
	hash_out(&c, shared);
	wipe(both, 64);
	wipe(&c, sizeof(c));
	return ok;
}

static int keygen(struct rng *r, uint8_t *sec, uint8_t *pub)
{
	rng_bytes(r, sec, MLKEM768_SEED + 32);
	mlkem768_keygen(pub, sec);
	x25519_base(pub + MLKEM768_PUB, sec + MLKEM768_SEED);
	return 1;
}

static int encap(struct rng *r, const uint8_t *pub, uint8_t *ct, uint8_t *shared)
{
	uint8_t m_scalar[64], both[64];
	int ok;

	rng_bytes(r, m_scalar, sizeof(m_scalar));
	x25519_base(ct + MLKEM768_CT, m_scalar + 32);
	ok = mlkem768_encap(ct, both, pub, m_scalar) &&
	     combine(shared, both, m_scalar + 32, pub + MLKEM768_PUB);
	wipe(m_scalar, sizeof(m_scalar));
	return ok;
}

static int decap(const uint8_t *sec, const uint8_t *pub, const uint8_t *ct, uint8_t *shared)
{
	uint8_t both[64];

	mlkem768_decap(both, sec, pub, ct);
	return combine(shared, both, sec + MLKEM768_SEED, ct + MLKEM768_CT);
}

const struct kex kex_mlkem768x25519 = {
    .name = "mlkem768x25519-sha256",
    .hash = &hash_sha256,
    .k_is_string = 1,
    .pub_len = MLKEM768_PUB + 32,
    .ct_len = MLKEM768_CT + 32,
    .sec_len = MLKEM768_SEED + 32,
    .shared_len = 32,
    .keygen = keygen,
    .encap = encap,
    .decap = decap,
};
