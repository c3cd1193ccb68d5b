/* ct.h - what the tests of constant time share: poison, reveal, and the table of rows. */
/* SPDX-License-Identifier: MIT */
/*
 *	valgrind -q --error-exitcode=9 --suppressions=tests/ct/ct.supp ct
 *
 * Each row marks its secrets as undefined for memcheck and calls what works on
 * them. memcheck reports a jump or an index that depends on undefined memory,
 * and the row has failed. What comes out must still be undefined, or the
 * secrets never got there and the row tests nothing; then it is revealed.
 * A new row is a function and a line in the table.
 */
#ifndef CT_H
#define CT_H

#include "check.h"
#include "crypto.h"

#include <valgrind/memcheck.h>

static int vacuous;

static inline void poison(void *p, size_t n)
{
	(void)VALGRIND_MAKE_MEM_UNDEFINED(p, n);
}

/* from here on the bytes may be looked at; there must have been a secret in them */
static inline void reveal(void *p, size_t n)
{
	uint8_t bits, any = 0;

	for (size_t i = 0; i < n; i++)
		if (VALGRIND_GET_VBITS((uint8_t *)p + i, &bits, 1) == 1)
			any |= bits;
	vacuous |= any == 0;
	(void)VALGRIND_MAKE_MEM_DEFINED(p, n);
}

static inline void secret(uint8_t *p, size_t n)
{
	check_fill(p, n, 1);
	poison(p, n);
}

/* both ends of a key exchange, each with a secret seed; that it succeeds is none */
static inline void run_kex(const struct kex *x)
{
	/* for rows that are not in this configuration too */
	static uint8_t sec[1024], pub[2048], ct[2048], shared[512];
	uint8_t seed[32];
	struct rng r;
	int good;

	secret(seed, sizeof(seed));
	rng_init(&r, seed);
	x->keygen(&r, sec, pub);
	reveal(pub, x->pub_len);
	good = x->encap(&r, pub, ct, shared);
	(void)VALGRIND_MAKE_MEM_DEFINED(&good, sizeof(good));
	vacuous |= !good;
	reveal(ct, x->ct_len);
	reveal(shared, x->shared_len);
	good = x->decap(sec, pub, ct, shared);
	(void)VALGRIND_MAKE_MEM_DEFINED(&good, sizeof(good));
	vacuous |= !good;
	reveal(shared, x->shared_len);
}

struct ct_row {
	const char *name;
	void (*run)(void);
};

/* runs n rows; the exit status of main */
static inline int ct_main(const struct ct_row *rows, size_t n)
{
	unsigned before;

	if (!RUNNING_ON_VALGRIND) {
		puts("skip ct: not under valgrind");
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		before = VALGRIND_COUNT_ERRORS;
		vacuous = 0;
		rows[i].run();
		if (VALGRIND_COUNT_ERRORS != before)
			check(rows[i].name, 0, "a secret decides a branch or an address");
		else
			check(rows[i].name, !vacuous, "no secret comes out, the test is void");
	}
	return check_result();
}

#endif
