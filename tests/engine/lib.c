/* lib.c - what the engine's tests share: chance, results, an engine without keys. */
/* SPDX-License-Identifier: MIT */
#include "lib.h"

#include <stdio.h>
#include <stdlib.h>

#include "invariants.h"

static uint64_t state = 1;
static char why[256];
static int bad, status;

void rnd_seed(uint64_t seed)
{
	state = seed * 2 + 1;
}

uint32_t rnd(uint32_t n)
{
	/* Marsaglia, "Xorshift RNGs" */
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return n ? (uint32_t)(state >> 32) % n : 0;
}

uint32_t rnd_len(uint32_t max)
{
	switch (rnd(4)) {
	case 0: return rnd(max < 16 ? max + 1 : 17);
	case 1: return max;
	default: return max == 0xffffffff ? rnd(max) : rnd(max + 1);
	}
}

int test_begin(int argc, char **argv)
{
	const char *z = argc > 1 ? argv[1] : getenv("TEST_SEED");
	unsigned long seed = z ? strtoul(z, NULL, 0) : 20261122;

	rnd_seed(seed);
	printf("seed %lu\n", seed);
	fflush(stdout);
	if (!CFG_ENGINE_CLIENT)
		printf("skip: there is no client in this configuration\n");
	return CFG_ENGINE_CLIENT;
}

void fail_at(const char *file, int line, const char *what)
{
	const char *slash = strrchr(file, '/');

	if (!bad)
		snprintf(why, sizeof(why), "%s:%d: %s", slash ? slash + 1 : file, line, what);
	bad = 1;
}

int failed(void)
{
	return bad;
}

void test_end(const char *name)
{
	if (bad)
		printf("FAIL %s: %s\n", name, why);
	else
		printf("ok %s\n", name);
	fflush(stdout);
	status |= bad;
	bad = 0;
}

int test_status(void)
{
	return status;
}

void clear_init(struct ssh *s, const struct ssh_conf *conf, void *rx, size_t rx_n, void *tx,
		size_t tx_n)
{
	static const uint8_t seed[32];

	memset(s, 0, sizeof(*s));
	ssh_init(s, conf, seed, rx, rx_n, tx, tx_n);
	s->tx_r = s->tx_w = 0;
	s->identified = 1;
	s->sid_len = 32;
	s->phase = PH_CONN;
	s->kstep = K_IDLE;
}

int clear_feed(struct ssh *s, const void *payload, size_t n)
{
	uint32_t pad = 8 - (PACKET_HEAD + n) % 8;
	size_t room;
	uint8_t *p = ssh_rx_buf(s, &room);

	if (pad < 4)
		pad += 8;
	if (room < PACKET_HEAD + n + pad)
		return 0;
	put_u32(p, 1 + n + pad);
	p[4] = pad;
	memcpy(p + PACKET_HEAD, payload, n);
	memset(p + PACKET_HEAD + n, 0, pad);
	ssh_rx_ack(s, PACKET_HEAD + n + pad);
	return 1;
}

int clear_take(struct ssh *s, struct str *payload)
{
	size_t n;
	const uint8_t *p = ssh_tx_buf(s, &n);

	if (!n)
		return 0;
	payload->p = p + PACKET_HEAD;
	payload->len = get_u32(p) - 1 - p[4];
	ssh_tx_ack(s, 4 + get_u32(p));
	return 1;
}

void invariants(const struct ssh *s)
{
	const char *broken = invariant_broken(s);

	if (broken)
		fail_at("invariant", 0, broken);
}
