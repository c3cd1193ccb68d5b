/* test_engine.c - two engines back to back: transfers, ciphers, rekeys, full pipes. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "algs.h"
#include "pair.h"

static uint32_t rekey_one_in; /* turns, 0: none asked for */
static enum who rekeyer;      /* 2: either */

/* n channels, some opened by either side, with so much each way */
static void flows(struct pair *p, int n, uint64_t bytes)
{
	int i;

	for (i = 0; i < n && !failed(); i++) {
		enum who w = i % 3 == 2 ? SERVER : CLIENT;
		int ch = pair_open(p, w);
		struct flow *f = &p->side[w].flow[ch < 0 ? 0 : ch], *o;

		o = pair_other(p, w, ch < 0 ? 0 : ch);
		CHECK(ch >= 0 && o);
		if (failed())
			return;
		f->to_send[0] = bytes / 2 + rnd(bytes);
		o->to_send[0] = bytes / 2 + rnd(bytes);
		(w == SERVER ? f : o)->to_send[1] = rnd(bytes / 4);
		f->want_eof = o->want_eof = 1;
	}
}

static int all_arrived(struct pair *p)
{
	int w, ch;

	if (rekey_one_in && rnd(rekey_one_in) == 0)
		ssh_rekey(&p->side[rekeyer > 1 ? rnd(2) : rekeyer].s);
	p->now += rnd(2);
	if (!pair_done(p))
		return 0;
	for (w = 0; w < 2; w++)
		for (ch = 0; ch < CFG_CHANNELS; ch++)
			if (p->side[w].flow[ch].used && !p->side[w].flow[ch].eof)
				return 0;
	return 1;
}

/* both close: nothing is left anywhere */
static void ends(struct pair *p)
{
	int w, ch;

	for (w = 0; w < 2; w++)
		for (ch = 0; ch < CFG_CHANNELS; ch++)
			if (p->side[w].flow[ch].used) {
				CHECK(ssh_in_eof(&p->side[w].s, ch));
				p->side[w].flow[ch].left = 1;
				ssh_chan_close(&p->side[w].s, ch);
			}
	rekey_one_in = 0;
	pair_settle(p);
	for (w = 0; w < 2; w++) {
		CHECK(!p->side[w].gone);
		CHECK(ssh_quiet(&p->side[w].s));
		CHECK(p->side[w].s.pool.used == 0);
		for (ch = 0; ch < CFG_CHANNELS; ch++)
			CHECK(p->side[w].s.chan[ch].state == CH_FREE);
	}
}

static void transfer(struct pair *p, const char *name, int n, uint64_t bytes)
{
	CHECK(pair_login(p));
	flows(p, n, bytes);
	CHECK(pair_until(p, all_arrived));
	ends(p);
	test_end(name);
}

static void test_ciphers(void)
{
	char name[160];
	int c, m, k;

	for (k = 0; kexes[k]; k++)
		for (c = 0; ciphers[c]; c++)
			for (m = 0; macs[m]; m++) {
				struct pair *p = pair_new();
				int w;

				if (ciphers[c]->tag_len && m)
					continue;
				for (w = 0; w < 2; w++) {
					p->side[w].conf.kex = kexes[k]->name;
					p->side[w].conf.ciphers = ciphers[c]->name;
					p->side[w].conf.macs = macs[m]->name;
				}
				rekey_one_in = 100;
				rekeyer = 2;
				snprintf(name, sizeof(name), "transfer %s %s %s", kexes[k]->name,
					 ciphers[c]->name,
					 ciphers[c]->tag_len ? "" : macs[m]->name);
				transfer(p, name, 3, 150000);
				CHECK(p->side[0].seen[SSH_EV_KEYED] > 2);
				CHECK(p->side[0].seen[SSH_EV_KEYED] ==
				      p->side[1].seen[SSH_EV_KEYED]);
				test_end("rekeys in its midst");
			}
}

static void test_limits(void)
{
	static const struct {
		const char *name;
		uint64_t bytes;
		uint32_t packets, ms;
	} limits[] = {
	    {"rekey by bytes",        3000, 0, 0 },
	    {"rekey by packets",      0,    7, 0 },
	    {"rekey by time",         0,    0, 40},
	    {"rekey at every packet", 1,    1, 0 },
	};
	unsigned i;
	int who;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		for (who = 0; who < 3; who++) {
			struct pair *p = pair_new();
			char name[80];
			int w;

			for (w = 0; w < 2; w++) {
				if (who < 2 && who != w)
					continue;
				p->side[w].conf.rekey_bytes = limits[i].bytes;
				p->side[w].conf.rekey_packets = limits[i].packets;
				p->side[w].conf.rekey_ms = limits[i].ms;
			}
			p->burst = 1000;
			rekey_one_in = 0;
			snprintf(name, sizeof(name), "%s, %s", limits[i].name,
				 who == 0   ? "the server"
				 : who == 1 ? "the client"
					    : "both");
			CHECK(pair_login(p));
			flows(p, 3, 30000);
			CHECK(pair_until(p, all_arrived));
			CHECK(p->side[0].seen[SSH_EV_KEYED] > 3);
			test_end(name);
		}
}

/*
 * Both sides send as much as they may through pipes that hold next to nothing:
 * neither may wait for the other with its own tx full.
 */
static void test_full_pipes(void)
{
	int i;

	for (i = 0; i < 8; i++) {
		struct pair *p = pair_new();
		char name[80];

		p->to[0].cap = p->to[1].cap = i & 1 ? 100 : 4096;
		p->burst = 1 << 16;
		p->lazy = 1;
		p->greedy = i >> 2;
		if (i & 2)
			p->side[0].tx_n = p->side[1].tx_n = SSH_DATA_MAX / 8 + SSH_TX_RESERVE;
		rekey_one_in = 3000;
		rekeyer = 2;
		snprintf(name, sizeof(name), "pipes of %u bytes full both ways, tx of %u%s",
			 (unsigned)p->to[0].cap, (unsigned)p->side[0].tx_n,
			 p->greedy ? ", stuffed before each step" : "");
		transfer(p, name, 4, i & 1 ? 150000 : 600000);
	}
}

static void test_crumbs(void)
{
	uint32_t chunk;

	for (chunk = 1; chunk < 4; chunk++) {
		struct pair *p = pair_new();
		char name[80];

		p->chunk = chunk;
		p->side[0].rx_n = p->side[1].rx_n = SSH_RX_MIN;
		p->side[0].tx_n = p->side[1].tx_n = SSH_DATA_MAX / 8 + SSH_TX_RESERVE;
		rekey_one_in = 20000;
		rekeyer = 2;
		snprintf(name, sizeof(name), "%u bytes at a time, smallest buffers",
			 (unsigned)chunk);
		transfer(p, name, 3, 8000);
	}
}

/* a reader that never reads holds up nobody else */
static void test_slow_reader(void)
{
	struct pair *p = pair_new();
	struct flow *slow;
	int ch, i;

	CHECK(pair_login(p));
	ch = pair_open(p, CLIENT);
	slow = pair_other(p, CLIENT, ch);
	CHECK(slow);
	if (slow) {
		slow->lazy = 1u << 31;
		p->side[CLIENT].flow[ch].to_send[0] = 10 << 20;
		pair_settle(p);
		CHECK(p->side[CLIENT].flow[ch].sent[0] > POOL_MAX / 8);
		slow->used = p->side[CLIENT].flow[ch].used = 0; /* pair_done need not wait for it */
	}
	for (i = 0; i < 3; i++)
		flows(p, 1, 300000);
	rekey_one_in = 500;
	rekeyer = 2;
	CHECK(pair_until(p, all_arrived));
	test_end("a slow reader holds up nobody");
}

static void test_memory(void)
{
	static uint8_t before[sizeof(struct ssh)];
	struct pair *p = pair_new();
	int i;

	/* the struct is all there is: a copy of it and of the buffers is the connection */
	CHECK(pair_login(p));
	pair_settle(p);
	memcpy(before, &p->side[0].s, sizeof(before));
	for (i = 0; i < 2; i++)
		ssh_rekey(&p->side[i].s);
	pair_settle(p);
	memcpy(&p->side[0].s, before, sizeof(before));
	CHECK(p->side[1].seen[SSH_EV_KEYED] == 2 && !p->side[1].gone);
	ssh_wipe(&p->side[0].s);
	for (i = 0; i < (int)sizeof(before); i++)
		CHECK(((uint8_t *)&p->side[0].s)[i] == 0);
	printf("sizeof(struct ssh) = %u\n", (unsigned)sizeof(struct ssh));
	test_end("ssh_wipe leaves nothing");
}

int main(int argc, char **argv)
{
	if (!test_begin(argc, argv))
		return 0;
	test_ciphers();
	test_limits();
	test_full_pipes();
	test_crumbs();
	test_slow_reader();
	test_memory();
	return test_status();
}
