/* ct_mldsa44.c - constant time of ML-DSA-44's keys and signatures. */
/* SPDX-License-Identifier: MIT */
/*
 * What ct.supp excepts: the matrix, which is public; which numbers were drawn again; the
 * challenge, which is in the signature; the verdict on an attempt and its hints, see mldsa44.c.
 */
#include "ct.h"

static void run_public(void)
{
	static uint8_t seed[32], pub[MLDSA44_PUB];

	secret(seed, sizeof(seed));
	mldsa44_public(pub, seed);
	reveal(pub + 32, 320);
}

static void run_sign(void)
{
	static uint8_t seed[32], sig[MLDSA44_SIG];

	for (int i = 0; i < 3; i++) {
		check_fill(seed, sizeof(seed), i);
		poison(seed, sizeof(seed));
		mldsa44_sign(sig, seed, "context", 7, "message", i);
		reveal(sig, 32);
		reveal(sig + 32, 4 * 576);
	}
}

static const struct ct_row rows[] = {
    {"ct mldsa44_public", run_public},
    {"ct mldsa44_sign",   run_sign  },
};

int main(void)
{
	return ct_main(rows, sizeof(rows) / sizeof(rows[0]));
}
