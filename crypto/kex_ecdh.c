/* kex_ecdh.c - key exchange on NIST's curves (RFC 5656 4). */
/* SPDX-License-Identifier: MIT */
#include "crypto.h"

#define SECRET_MAX 66

static int encap(const struct ec_curve *c, struct rng *r, const uint8_t *pub, uint8_t *ct,
		 uint8_t *shared)
{
	uint8_t x[SECRET_MAX];
	int ok;

	ec_generate(c, r, x, ct);
	ok = ec_shared(c, x, pub, shared);
	wipe(x, sizeof(x));
	return ok;
}

#define ROW(BITS, LEN, SHA)                                                                      \
	static int keygen_##BITS(struct rng *r, uint8_t *sec, uint8_t *pub)                      \
	{                                                                                        \
		return ec_generate(&ec_p##BITS, r, sec, pub);                                    \
	}                                                                                        \
	static int encap_##BITS(struct rng *r, const uint8_t *pub, uint8_t *ct, uint8_t *shared) \
	{                                                                                        \
		return encap(&ec_p##BITS, r, pub, ct, shared);                                   \
	}                                                                                        \
	static int decap_##BITS(const uint8_t *sec, const uint8_t *pub, const uint8_t *ct,       \
				uint8_t *shared)                                                 \
	{                                                                                        \
		(void)pub;                                                                       \
		return ec_shared(&ec_p##BITS, sec, ct, shared);                                  \
	}                                                                                        \
	const struct kex kex_ecdh_nistp##BITS = {                                                \
	    .name = "ecdh-sha2-nistp" #BITS,                                                     \
	    .off = OFF_SERVER,                                                                   \
	    .hash = &hash_sha##SHA,                                                              \
	    .pub_len = 1 + 2 * (LEN),                                                            \
	    .ct_len = 1 + 2 * (LEN),                                                             \
	    .sec_len = (LEN),                                                                    \
	    .shared_len = (LEN),                                                                 \
	    .keygen = keygen_##BITS,                                                             \
	    .encap = encap_##BITS,                                                               \
	    .decap = decap_##BITS,                                                               \
	};

ROW(256, 32, 256)
ROW(384, 48, 384)
ROW(521, 66, 512)
