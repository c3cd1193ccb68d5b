/* test_pool.c - memory is granted before it is owed: queues, and the windows above them. */
/* SPDX-License-Identifier: MIT */
/*
 * The property: a peer that keeps to its windows can always be put away, and a
 * channel whose data was taken always gets a window again, whatever the others
 * hold. The peer is this file: engines in the clear, messages made by hand.
 */
#include <stdio.h>

#include "lib.h"

#define POOL_DATA (CFG_POOL_BLOCK - 2)
#define POOL_MAX (1 << 20)
#define QUEUES 3

static uint8_t mem[POOL_MAX] __attribute__((aligned(4096)));
static uint8_t rx[CFG_RX_SIZE], tx[CFG_TX_SIZE], out[SSH_PACKET_MAX];
static struct ssh s;

/* queues against three counters: byte k of a queue has the value of k */

static uint8_t stream(uint64_t k)
{
	return k ^ k >> 8 ^ k >> 16;
}

static void put(struct pool *p, struct queue *q, uint64_t *written, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		out[i] = stream((*written)++);
	pool_put(p, q, out, n);
}

static void take(struct pool *p, struct queue *q, uint64_t *read)
{
	size_t n, i;
	const uint8_t *d = pool_peek(p, q, &n);

	if (!d)
		return;
	n = 1 + rnd(n);
	for (i = 0; i < n; i++)
		CHECK(d[i] == stream((*read)++));
	pool_take(p, q, n);
}

static void test_queues(void)
{
	struct pool p;
	struct queue q[QUEUES] = {0};
	uint64_t written[QUEUES] = {0}, read[QUEUES] = {0};
	int i, k;

	pool_init(&p, mem, 256 << 10);
	CHECK(p.total == (256 << 10) / CFG_POOL_BLOCK);
	for (i = 0; i < 200000 && !failed(); i++) {
		uint32_t left = (uint32_t)(p.total - p.used) * POOL_DATA, n;

		k = rnd(QUEUES);
		n = rnd_len(20000);
		if (rnd(2) && n <= left)
			put(&p, &q[k], &written[k], n);
		else
			take(&p, &q[k], &read[k]);
		if (rnd(5000) == 0) {
			pool_drop(&p, &q[k]);
			read[k] = written[k];
		}
		CHECK(q[k].len == written[k] - read[k]);
		CHECK(p.used == q[0].blocks + q[1].blocks + q[2].blocks && p.fresh <= p.total);
	}
	for (k = 0; k < QUEUES; k++)
		pool_drop(&p, &q[k]);
	CHECK(p.used == 0);
	test_end("pool queues keep order and count");
}

static uint32_t blocks_for(uint32_t n, uint32_t spare)
{
	return n > spare ? (n - spare + POOL_DATA - 1) / POOL_DATA : 0;
}

static void test_need(void)
{
	int i;

	for (i = 0; i < 300 && !failed(); i++) {
		struct queue q[2] = {0};
		uint32_t spare[2], g = rnd_len(5 * POOL_DATA), a, most = 0;
		int k;

		for (k = 0; k < 2; k++) {
			q[k].head = rnd(3) != 0;
			q[k].last = POOL_DATA - (rnd(2) ? rnd_len(POOL_DATA - 1) : rnd(4));
			spare[k] = q[k].head ? POOL_DATA - q[k].last : 0;
		}
		for (a = 0; a <= g; a++) {
			uint32_t n = blocks_for(a, spare[0]) + blocks_for(g - a, spare[1]);

			most = n > most ? n : most;
		}
		CHECK(!CFG_ENGINE_CLIENT || pool_need(q, 2, g) == most);
		CHECK(pool_need(q, 1, g) == blocks_for(g, spare[0]));
	}
	test_end("pool_need is the worst split");
}

/* the peer, by our channel numbers */
static struct peer {
	uint32_t window;
	uint64_t sent[2], got[2];
	int open, eof, left; /* left: our side closed */
	int lazy;            /* its data is taken once in so many times */
} peers[CFG_CHANNELS];
static uint32_t next_id; /* the peer's numbers; ours of each: */
static int ours[1 << 16];

static void feed(struct wr *w)
{
	CHECK(!w->bad);
	CHECK(clear_feed(&s, w->start, wr_len(w)));
}

static struct wr message(uint8_t msg)
{
	struct wr w = wr_init(out, sizeof(out));

	wr_u8(&w, msg);
	return w;
}

/* what our side sent */
static void peer_reads(void)
{
	struct str m;

	while (clear_take(&s, &m)) {
		struct rd r = rd_init(m);
		uint8_t msg = rd_u8(&r);
		uint32_t id = rd_u32(&r);
		struct wr w;

		if (msg == MSG_CHANNEL_OPEN) { /* the type first: the number read was its length */
			rd_bytes(&r, id);
			id = rd_u32(&r);
			peers[id] = (struct peer){.window = rd_u32(&r), .lazy = 1 + rnd(20)};
			ours[next_id % (1 << 16)] = id;
			w = message(MSG_CHANNEL_OPEN_CONFIRMATION);
			wr_u32(&w, id);
			wr_u32(&w, next_id++ % (1 << 16));
			wr_u32(&w, rnd_len(0xffffffff));
			wr_u32(&w, rnd_len(40000));
			feed(&w);
			peers[id].open = 1;
		} else if (msg == MSG_CHANNEL_OPEN_CONFIRMATION) {
			ours[id] = rd_u32(&r);
			peers[ours[id]] = (struct peer){
			    .window = rd_u32(&r), .open = 1, .lazy = rnd(4) ? 1 + rnd(20) : 1000};
		} else if (msg == MSG_CHANNEL_WINDOW_ADJUST) {
			peers[ours[id]].window += rd_u32(&r);
		}
	}
}

/* takes some of what is there */
static void app_takes(int ch, int ext, size_t most)
{
	size_t n, i;
	const uint8_t *d = ssh_in_buf(&s, ch, ext, &n);

	if (!d)
		return;
	n = n < most ? n : most;
	for (i = 0; i < n; i++)
		CHECK(d[i] == stream(peers[ch].got[ext]++));
	ssh_in_ack(&s, ch, ext, n);
}

static void our_open(void)
{
	if (CFG_ENGINE_CLIENT)
		ssh_chan_open(&s, "x", STR(""));
}

static void steps(void)
{
	struct ssh_event ev;
	int r;

	while ((r = ssh_step(&s, 1, &ev)) > 0) {
		invariants(&s);
		if (ev.type == SSH_EV_OPEN)
			ssh_answer(&s, rnd(8) ? SSH_YES : SSH_NO);
		if (ev.type != SSH_EV_DATA)
			continue;
		if (rnd(3) == 0)
			app_takes(ev.ch, ev.ext, rnd_len(SSH_DATA_MAX));
		if (rnd(8) == 0)
			our_open(); /* with a packet in hand */
		if (rnd(50) == 0 && peers[ev.ch].open) {
			ssh_chan_close(&s, ev.ch);
			peers[ev.ch].left = 1;
		}
		invariants(&s);
	}
	CHECK(r == 0);
}

static void peer_data(int ch)
{
	struct peer *p = &peers[ch];
	int ext = s.conf->client && rnd(2);
	uint32_t n = rnd_len(p->window < SSH_DATA_MAX ? p->window : SSH_DATA_MAX);
	struct wr w = message(ext ? MSG_CHANNEL_EXTENDED_DATA : MSG_CHANNEL_DATA);

	if (!p->open || p->eof)
		return;
	wr_u32(&w, ch);
	if (ext)
		wr_u32(&w, 1);
	wr_u32(&w, n);
	p->window -= n;
	while (n--)
		wr_u8(&w, stream(p->sent[ext]++));
	feed(&w);
}

static void peer_ends(int ch, uint8_t msg)
{
	struct wr w = message(msg);

	if (!peers[ch].open)
		return;
	wr_u32(&w, ch);
	feed(&w);
	peers[ch].eof = 1;
	peers[ch].open = msg != MSG_CHANNEL_CLOSE;
	steps();
	if (msg == MSG_CHANNEL_CLOSE)
		ssh_chan_close(&s, ch);
}

static void peer_opens(void)
{
	struct wr w = message(MSG_CHANNEL_OPEN);

	wr_strz(&w, "session");
	wr_u32(&w, next_id++ % (1 << 16));
	wr_u32(&w, rnd_len(0xffffffff));
	wr_u32(&w, rnd_len(40000));
	feed(&w);
}

static void one(void)
{
	int ch = rnd(CFG_CHANNELS), what = rnd(1000);

	if (what < 30)
		peer_opens();
	else if (what < 40)
		our_open();
	else if (what < 43)
		peer_ends(ch, MSG_CHANNEL_EOF);
	else if (what < 50)
		peer_ends(ch, MSG_CHANNEL_CLOSE);
	else if (what < 600)
		peer_data(ch);
	else if (peers[ch].open && rnd(peers[ch].lazy) == 0)
		app_takes(ch, rnd(2), rnd_len(SSH_DATA_MAX));
	steps();
	if (rnd(3))
		peer_reads();
	invariants(&s);
}

/* all is taken: then each channel that may send has a window */
static void all_live(void)
{
	size_t n;
	int ch, ext;

	for (ch = 0; ch < CFG_CHANNELS; ch++)
		for (ext = 0; ext < 2; ext++)
			while (ssh_in_buf(&s, ch, ext, &n) && !failed())
				app_takes(ch, ext, n);
	for (n = 0; n < 4; n++) {
		steps();
		peer_reads();
	}
	for (ch = 0; ch < CFG_CHANNELS; ch++) {
		struct peer *p = &peers[ch];

		CHECK(p->got[0] == p->sent[0] || p->left || !p->open);
		CHECK(p->got[1] == p->sent[1] || p->left || !p->open);
		CHECK(!p->open || p->eof || p->left || p->window);
	}
	CHECK(s.pool.used == 0);
}

static void test_windows(int client, uint32_t kib, uint32_t window)
{
	static struct ssh_conf conf;
	char name[80];
	int i;

	conf = (struct ssh_conf){.client = client,
				 .version = "SSH-2.0-t",
				 .pool = mem,
				 .pool_len = kib << 10,
				 .window = window};
	memset(peers, 0, sizeof(peers));
	clear_init(&s, &conf, rx, sizeof(rx), tx, sizeof(tx));
	for (i = 0; i < 6000 && !failed(); i++) {
		one();
		if (i % 500 == 499)
			all_live();
	}
	snprintf(name, sizeof(name), "windows %s pool %u KiB window %u",
		 client ? "client" : "server", (unsigned)kib, (unsigned)window);
	test_end(name);
}

/* the first channel holds all it was given and is idle; those that come later still go on */
static void test_hog(void)
{
	static struct ssh_conf conf;
	int i, opened;

	conf =
	    (struct ssh_conf){.version = "SSH-2.0-t", .pool = mem, .pool_len = CFG_POOL_KB << 10};
	memset(peers, 0, sizeof(peers));
	clear_init(&s, &conf, rx, sizeof(rx), tx, sizeof(tx));
	for (i = 0; i < CFG_CHANNELS; i++) {
		peer_opens();
		steps();
		peer_reads();
		if (i == 0 && peers[0].open) /* all of its windows, to the largest */
			for (opened = 0; opened < 200; opened++) {
				peer_data(0);
				steps();
				app_takes(0, 0, SSH_DATA_MAX);
				app_takes(0, 0, SSH_DATA_MAX);
				steps();
				peer_reads();
			}
		all_live();
	}
	for (i = opened = 0; i < CFG_CHANNELS; i++)
		opened += peers[i].open;
	CHECK(opened >= 4);
	test_end("an idle channel with a large window does not starve others");
}

int main(int argc, char **argv)
{
	static const uint32_t kibs[] = {1024, 512, 128, 64};
	unsigned i;
	int client = test_begin(argc, argv);

	test_queues();
	test_need();
	test_hog();
	for (i = 0; i < sizeof(kibs) / sizeof(kibs[0]); i++) {
		test_windows(0, kibs[i], 0);
		if (client)
			test_windows(1, kibs[i], 0);
	}
	test_windows(0, 512, 65536);
	if (client)
		test_windows(1, 512, 40000);
	return test_status();
}
