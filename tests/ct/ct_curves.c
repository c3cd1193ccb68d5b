/* ct_curves.c - constant time: NIST's curves, Diffie-Hellman and sntrup761. */
/* SPDX-License-Identifier: MIT */
#include "ct.h"
#include "sntrup761.h"

#define KEX(NAME)                     \
	static void run_##NAME(void)  \
	{                             \
		run_kex(&kex_##NAME); \
	}

KEX(sntrup761x25519)
KEX(ecdh_nistp256)
KEX(ecdh_nistp384)
KEX(ecdh_nistp521)
KEX(dh_group14_sha256)

static void sign(const struct ec_curve *c)
{
	uint8_t x[66], pub[133], sig[132];
	int good;

	secret(x, c->len);
	x[0] = 0; /* below the order, and known to be */
	good = ec_public(c, x, pub);
	reveal(pub, 1 + 2 * c->len);
	good = ecdsa_sign(c, x, "message", 7, sig);
	(void)VALGRIND_MAKE_MEM_DEFINED(&good, sizeof(good));
	vacuous |= !good;
	reveal(sig, c->len);
	reveal(sig + c->len, c->len);
}

static void run_sign256(void)
{
	sign(&ec_p256);
}

static void run_sign384(void)
{
	sign(&ec_p384);
}

static void run_sign521(void)
{
	sign(&ec_p521);
}

/* a ciphertext that is bad: that it is shows nowhere */
static void run_sntrup_bad(void)
{
	static uint8_t sec[SNTRUP761_SEC], pub[SNTRUP761_PUB], ct[SNTRUP761_CT], shared[32];
	uint8_t seed[32];
	struct rng r;

	check_fill(seed, sizeof(seed), 2);
	rng_init(&r, seed);
	sntrup761_keygen(&r, sec, pub);
	sntrup761_encap(&r, pub, ct, shared);
	poison(sec, sizeof(sec));
	ct[5] ^= 1;
	sntrup761_decap(sec, pub, ct, shared);
	reveal(shared, sizeof(shared));
}

static const struct ct_row rows[] = {
    {"ct kex sntrup761",    run_sntrup761x25519  },
    {"ct sntrup761 damage", run_sntrup_bad       },
    {"ct kex ecdh 256",     run_ecdh_nistp256    },
    {"ct kex ecdh 384",     run_ecdh_nistp384    },
    {"ct kex ecdh 521",     run_ecdh_nistp521    },
    {"ct kex dh",           run_dh_group14_sha256},
    {"ct ecdsa_sign 256",   run_sign256          },
    {"ct ecdsa_sign 384",   run_sign384          },
    {"ct ecdsa_sign 521",   run_sign521          },
};

int main(void)
{
	return ct_main(rows, sizeof(rows) / sizeof(rows[0]));
}
