/* lib.h - what the engine's tests share: chance, results, an engine without keys. */
/* SPDX-License-Identifier: MIT */
#ifndef LIB_H
#define LIB_H

#include "engine.h"

/*
 * The seed is TEST_SEED in the environment or the first argument; printed, so
 * that a run can be repeated. 0: there is no client to test with.
 */
int test_begin(int argc, char **argv);
/* notes the first failure of the test that runs */
void fail_at(const char *file, int line, const char *what);
int failed(void); /* 1: the test that runs has failed */
/* prints `ok NAME` or `FAIL NAME: why`, and starts the next test */
void test_end(const char *name);
int test_status(void); /* of the process */

#define CHECK(c)                                         \
	do {                                             \
		if (!(c))                                \
			fail_at(__FILE__, __LINE__, #c); \
	} while (0)

void rnd_seed(uint64_t seed);
uint32_t rnd(uint32_t n); /* 0 .. n - 1 */
/* a length up to max, small ones and max itself more often */
uint32_t rnd_len(uint32_t max);

/* an engine in PH_CONN that speaks in the clear: packets can be made and read by hand */
void clear_init(struct ssh *s, const struct ssh_conf *conf, void *rx, size_t rx_n, void *tx,
		size_t tx_n);
/* a packet into rx; 0: no room */
int clear_feed(struct ssh *s, const void *payload, size_t n);
/* the next packet of tx, taken; 0: none */
int clear_take(struct ssh *s, struct str *payload);

/* what holds at any time; CHECKs it */
void invariants(const struct ssh *s);

#endif
