/* test_long_line.c - windows over a line with delay: it is filled, and no more is granted than there is. */
/* SPDX-License-Identifier: MIT */
/*
 * Time goes by milliseconds. Each way carries so many bytes in one and delivers
 * them later. The sender always has something to send; the receiver takes all at
 * once. What is looked at begins after the windows have grown.
 */
#include "script.h"

#define LINE_MAX (1 << 22)
#define SLOTS 4096 /* milliseconds that a line remembers */

struct line {
	uint32_t at, len; /* in mem, a ring */
	uint32_t sent[SLOTS];
	uint8_t mem[LINE_MAX];
};

static struct line lines[2]; /* to that side */

static struct run {
	enum who from;
	uint32_t rate, delay; /* bytes in a millisecond; milliseconds one way */
	int channels;
	uint32_t warm, ms; /* milliseconds that do not count, and that do */
	/* what came of it */
	uint64_t got;
	uint32_t stopped, held, grants, least, most;
} run;

static int ch[4], far[4];

static void put(struct line *l, const uint8_t *d, uint32_t n)
{
	uint32_t i, to = l->at + l->len;

	CHECK(l->len + n <= LINE_MAX);
	for (i = 0; i < n && !failed(); i++)
		l->mem[(to + i) & (LINE_MAX - 1)] = d[i];
	l->len += n;
}

/* what that side sends leaves for the other one */
static void leave(enum who w, uint32_t now)
{
	size_t n;
	const uint8_t *d = ssh_tx_buf(&p->side[w].s, &n);

	n = n < run.rate ? n : run.rate;
	put(&lines[!w], d, n);
	lines[!w].sent[now % SLOTS] = n;
	ssh_tx_ack(&p->side[w].s, n);
}

/* what has come a while ago reaches that side */
static void arrive(enum who w, uint32_t now)
{
	struct line *l = &lines[w];
	uint32_t due = now >= run.delay ? l->sent[(now - run.delay) % SLOTS] : 0;

	while (due && !failed()) {
		size_t room, i;
		uint8_t *d = ssh_rx_buf(&p->side[w].s, &room);

		CHECK(room);
		for (i = 0; i < room && i < due; i++)
			d[i] = l->mem[l->at++ & (LINE_MAX - 1)];
		l->len -= i;
		due -= i;
		ssh_rx_ack(&p->side[w].s, i);
		side_steps(p, w);
	}
}

static void give(int counts)
{
	struct ssh *s = &p->side[run.from].s;
	int i, stopped = 0;

	for (i = 0; i < run.channels; i++) {
		size_t n;
		uint8_t *d;

		while ((d = ssh_out_buf(s, ch[i], 0, &n))) {
			memset(d, 'x', n);
			ssh_out_ack(s, ch[i], 0, n);
		}
		stopped += !s->chan[ch[i]].peer_window;
	}
	run.stopped += counts && stopped == run.channels && s->tx_r == s->tx_w;
}

/* SSH_EV_DATA: all is taken at once, and what that frees is granted in the step that follows */
static int on(struct pair *q, enum who w, struct ssh_event *ev)
{
	struct ssh *s = &q->side[w].s;
	size_t n;

	if (ev->type != SSH_EV_DATA)
		return 0;
	while (ssh_in_buf(s, ev->ch, ev->ext, &n)) {
		run.got += n;
		ssh_in_ack(s, ev->ch, ev->ext, n);
	}
	return 1;
}

/* most of a window that may be left ungranted: an eighth, 32 KiB at least, half of a small one */
static uint32_t step_of(uint32_t limit)
{
	uint32_t n = limit / 8 > SSH_DATA_MAX ? limit / 8 : SSH_DATA_MAX;

	return n < limit / 2 ? n : limit / 2;
}

/* the receiver, when it has done all that it can */
static void look(void)
{
	struct ssh *s = &p->side[!run.from].s;
	int i;

	invariants(s);
	for (i = 0; i < run.channels; i++) {
		struct chan *c = &s->chan[far[i]];

		run.held += c->limit - c->granted >= step_of(c->limit) && run.channels == 1;
		run.least = c->limit < run.least ? c->limit : run.least;
		run.most = c->limit > run.most ? c->limit : run.most;
	}
}

/* the sender's windows in all */
static uint64_t windows(void)
{
	uint64_t sum = 0;
	int i;

	for (i = 0; i < run.channels; i++)
		sum += p->side[run.from].s.chan[ch[i]].peer_window;
	return sum;
}

static int side_channel(enum who w, struct flow *f)
{
	return f - p->side[w].flow;
}

static void prepare(enum who from, uint32_t window, uint32_t pool)
{
	p = pair_new();
	p->on = on;
	p->side[!from].conf.window = window;
	if (pool)
		p->side[!from].conf.pool_len = pool;
	CHECK(pair_login(p));
	pair_settle(p);
	memset(lines, 0, sizeof(lines));
	run.from = from;
}

static void play(uint32_t rate, uint32_t delay, int channels)
{
	uint32_t now;
	uint64_t before;
	int i;

	for (i = 0; i < channels && !failed(); i++) {
		ch[i] = pair_open(p, run.from);
		if (!failed())
			far[i] = side_channel(!run.from, pair_other(p, run.from, ch[i]));
	}
	pair_settle(p);
	run.rate = rate;
	run.delay = delay;
	run.channels = channels;
	run.warm = 40 * (delay + 1);
	run.ms = 100 * (delay + 1);
	run.stopped = run.held = run.grants = run.most = 0;
	run.least = ~0u;
	for (now = 0; now < run.warm + run.ms && !failed(); now++) {
		int counts = now >= run.warm;

		if (now == run.warm)
			run.got = 0;
		p->now++;
		give(counts);
		leave(run.from, now);
		arrive(!run.from, now);
		side_steps(p, !run.from);
		if (counts)
			look();
		leave(!run.from, now);
		before = windows();
		arrive(run.from, now);
		run.grants += counts && windows() > before;
		side_steps(p, run.from);
		CHECK(!p->side[0].gone && !p->side[1].gone);
	}
}

/* data in a millisecond of the line, without what goes with it */
static uint64_t part(uint32_t percent)
{
	return (uint64_t)run.rate * run.ms * percent / 100;
}

/* so many bytes a round trip */
static uint64_t trips(uint32_t bytes)
{
	return (uint64_t)bytes * run.ms / (2 * run.delay);
}

/* a third of the pool in flight, which a window less its step covers: nobody ever waits */
static void test_filled(void)
{
	enum who from;
	uint32_t delay;

	for (from = SERVER; from <= CLIENT; from++) {
		for (delay = 5; delay <= 80 && !failed(); delay *= 4) {
			uint32_t w, rate;

			prepare(from, 0, 0);
			w = p->side[!from].conf.pool_len / 3;
			rate = w / (2 * delay + 2);
			if (rate > 30000) /* what tx and rx take at a time */
				rate = 30000;
			play(rate, delay, 1);
			CHECK(run.least >= w && run.held == 0);
			CHECK(run.stopped == 0 && run.got >= part(90));
		}
		test_end(from == SERVER ? "a line is filled, by the server"
					: "a line is filled, by the client");
	}
}

/* more in flight than a window: it is used whole, but for a step */
static void test_short_windows(void)
{
	static const uint32_t sizes[] = {32 << 10, 48 << 10, 64 << 10, 128 << 10, 0};
	enum who from;
	unsigned i;

	for (from = SERVER; from <= CLIENT; from++) {
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && !failed(); i++) {
			prepare(from, sizes[i], 0);
			play(30000, sizes[i] ? 20 : 100, 1);
			CHECK(run.held == 0 && run.least == run.most && run.stopped);
			CHECK(run.most <= (sizes[i] ? sizes[i] : POOL_MAX));
			CHECK(run.got <= trips(run.most) + run.most);
			CHECK(run.got >= trips(run.least - step_of(run.least)) * 95 / 100);
			/* and the grants are not more than there are steps */
			CHECK(run.grants <= run.got / step_of(run.least) + 2);
		}
		test_end(from == SERVER ? "short windows flow, to the client"
					: "short windows flow, to the server");
	}
}

/* pools so small that little is left: still nothing stands still */
static void test_small_pools(void)
{
	static const uint32_t pools[] = {16 << 10, 32 << 10, 64 << 10, 96 << 10, 256 << 10};
	enum who from;
	unsigned i;

	for (from = SERVER; from <= CLIENT; from++)
		for (i = 0; i < sizeof(pools) / sizeof(pools[0]) && !failed(); i++) {
			prepare(from, 0, pools[i]);
			play(30000, 10, 1);
			CHECK(run.held == 0 && run.most <= pools[i]);
			CHECK(run.got >= trips(run.least - step_of(run.least)) * 95 / 100);
		}
	test_end("small pools flow");
}

/* several that share: each of them flows, none has it all */
static void test_shared(void)
{
	enum who from;

	for (from = SERVER; from <= CLIENT; from++) {
		prepare(from, 0, 0);
		play(20000, 10, 4);
		CHECK(run.least >= POOL_MAX / 32 && run.most <= POOL_MAX);
		CHECK(run.got >= part(90) ||
		      run.got >= 4 * trips(run.least - step_of(run.least)) * 95 / 100);
		test_end(from == SERVER ? "four that share, to the client"
					: "four that share, to the server");
	}
}

int main(int argc, char **argv)
{
	if (!test_begin(argc, argv))
		return 0;
	test_filled();
	test_short_windows();
	test_small_pools();
	test_shared();
	return test_status();
}
