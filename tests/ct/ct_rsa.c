/* ct_rsa.c - constant time: RSA's factors and exponent decide no branch and no address. */
/* SPDX-License-Identifier: MIT */
/*
 * As ct.c. Lengths are no secret: the first eight bytes of each number stay known, so that
 * its bits can be counted. Whether a key is whole is revealed, it is refused in the open.
 */
#include "check.h"
#include "crypto.h"

#include <valgrind/memcheck.h>

#define KNOWN 8

static struct rsa_key key;

static void poison(uint8_t *p, size_t n)
{
	(void)VALGRIND_MAKE_MEM_UNDEFINED(p + KNOWN, n - KNOWN);
}

static int secret_in(const uint8_t *p, size_t n)
{
	uint8_t bits, any = 0;

	for (size_t i = 0; i < n; i++)
		if (VALGRIND_GET_VBITS(p + i, &bits, 1) == 1)
			any |= bits;
	return any != 0;
}

static void hide(struct rsa_key *k)
{
	poison(k->d, k->d_len);
	poison(k->p, k->p_len);
	poison(k->q, k->q_len);
	poison(k->iq, k->iq_len);
}

static void run(const char *name, int (*work)(struct rsa_key *k))
{
	struct rsa_key k = key;
	unsigned before = VALGRIND_COUNT_ERRORS;
	int out;

	hide(&k);
	out = work(&k);
	if (VALGRIND_COUNT_ERRORS != before)
		check(name, 0, "a secret decides a branch or an address");
	else
		check(name, out, "no secret comes out, the test is void, or it failed");
}

static int sign(struct rsa_key *k)
{
	uint8_t sig[RSA_BYTES];

	int ok = rsa_sign(k, &hash_sha512, "message", 7, sig);

	(void)VALGRIND_MAKE_MEM_DEFINED(&ok, sizeof(ok));
	return ok && secret_in(sig, k->n_len);
}

static int whole(struct rsa_key *k)
{
	int ok = rsa_whole(k), hidden = secret_in((uint8_t *)&ok, sizeof(ok));

	(void)VALGRIND_MAKE_MEM_DEFINED(&ok, sizeof(ok));
	return ok && hidden;
}

/* 1/q mod p is made */
static int complete(struct rsa_key *k)
{
	k->iq_len = 0;
	return whole(k) && secret_in(k->iq, k->iq_len);
}

int main(void)
{
	static const uint8_t seed[32] = {7};
	struct rng r;

	if (!RUNNING_ON_VALGRIND || !CFG_KEY_RSA) {
		puts("skip ct_rsa: not under valgrind, or RSA is not built in");
		return 0;
	}
	rng_init(&r, seed);
	if (!check("ct rsa key", rsa_generate(&key, &r, 1024, NULL), "none"))
		return 1;
	run("ct rsa_sign", sign);
	run("ct rsa_whole", whole);
	run("ct rsa_whole without 1/q", complete);
	return check_result();
}
