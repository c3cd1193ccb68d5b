/* test_chan.c - channels: opens, requests, ends in every order, and peers with odd windows. */
/* SPDX-License-Identifier: MIT */
#include "pair.h"

static struct ssh s;
static uint8_t rx[CFG_RX_SIZE], tx[CFG_TX_SIZE], out[SSH_PACKET_MAX];
static uint8_t pool[CFG_POOL_KB << 10] __attribute__((aligned(4096)));
static struct ssh_conf conf;
static struct ssh_event ev;

/* ---- two engines ---- */

static void settle_free(struct pair *p)
{
	int w, ch;

	pair_settle(p);
	for (w = 0; w < 2; w++) {
		CHECK(!p->side[w].gone && ssh_quiet(&p->side[w].s));
		CHECK(p->side[w].s.pool.used == 0);
		for (ch = 0; ch < CFG_CHANNELS; ch++)
			CHECK(p->side[w].s.chan[ch].state == CH_FREE);
	}
}

static void leave(struct pair *p, enum who w, int ch)
{
	struct flow *f = &p->side[w].flow[ch];

	if (!f->used || !f->open || f->left)
		return;
	f->left = 1;
	ssh_chan_close(&p->side[w].s, ch);
	ssh_chan_close(&p->side[w].s, ch); /* twice does no harm */
}

/* EOF, CLOSE, exit-status or a signal, rekeys: at any time, by either side */
static void random_ends(struct pair *p)
{
	int i, ch[4], k, exited[4] = {0};
	struct flow *f, *o;

	for (k = 0; k < 4; k++) {
		ch[k] = pair_open(p, CLIENT);
		if (failed())
			return;
		f = &p->side[CLIENT].flow[ch[k]];
		o = pair_other(p, CLIENT, ch[k]);
		f->to_send[0] = rnd_len(100000);
		o->to_send[0] = rnd_len(100000);
		o->to_send[1] = rnd_len(5000);
	}
	for (i = 0; i < 400 && !failed(); i++) {
		k = rnd(4);
		f = &p->side[CLIENT].flow[ch[k]];
		o = pair_other(p, CLIENT, ch[k]);
		switch (rnd(40)) {
		case 0: f->want_eof = 1; break;
		case 1: o->want_eof = 1; break;
		case 2: leave(p, CLIENT, ch[k]); break;
		case 3: leave(p, SERVER, o - p->side[SERVER].flow); break;
		case 4:
			if (o->left || exited[k])
				break;
			exited[k] = 1 + rnd(2);
			if (exited[k] == 1)
				ssh_chan_exit(&p->side[SERVER].s, o - p->side[SERVER].flow, k);
			else
				ssh_chan_signal(&p->side[SERVER].s, o - p->side[SERVER].flow,
						"TERM", 1);
			break;
		case 5: ssh_rekey(&p->side[rnd(2)].s); break;
		case 6: ssh_chan_eow(&p->side[SERVER].s, o - p->side[SERVER].flow); break;
		default: pair_turn(p);
		}
	}
	for (k = 0; k < 4; k++) {
		o = pair_other(p, CLIENT, ch[k]);
		f = &p->side[CLIENT].flow[ch[k]];
		leave(p, SERVER, o - p->side[SERVER].flow);
		pair_settle(p);
		if (!f->left)
			CHECK(f->closed && f->status == (exited[k] == 1 ? k + 1u : 0) &&
			      !strcmp(f->signal, exited[k] == 2 ? "TERM" : ""));
		leave(p, CLIENT, ch[k]);
	}
}

static void test_ends(void)
{
	int i, w, ch;
	struct pair *p = pair_new();

	CHECK(pair_login(p));
	for (i = 0; i < 150 && !failed(); i++) {
		p->lazy = 1 + rnd(30);
		random_ends(p);
		settle_free(p);
		for (w = 0; w < 2; w++)
			for (ch = 0; ch < CFG_CHANNELS; ch++)
				p->side[w].flow[ch] = (struct flow){0};
	}
	test_end("EOF, CLOSE and exit in every order");
}

static uint32_t answers, expected;

/* requests say which answer they want; the answers come in that order */
static int by_data(struct pair *p, enum who w, struct ssh_event *e)
{
	struct ssh *to = &p->side[w].s;

	switch (e->type) {
	case SSH_EV_REQUEST:
	case SSH_EV_GLOBAL:
		CHECK(e->data.len == 1 && e->want == (e->data.p[0] != 9));
		ssh_answer(to, e->data.p[0] == 1);
		return 1;
	case SSH_EV_REPLY:
	case SSH_EV_GLOBAL_REPLY: CHECK(e->num == ((expected >> answers++) & 1)); return 1;
	default: return 0;
	}
}

static void test_replies(void)
{
	struct pair *p = pair_new();
	int ch, i, k, sent;

	CHECK(pair_login(p));
	ch = pair_open(p, CLIENT);
	p->on = by_data;
	for (i = 0; i < 200 && !failed(); i++) {
		int global = rnd(2);
		enum who w = rnd(2);
		int at = w == CLIENT ? ch : (int)(pair_other(p, CLIENT, ch) - p->side[SERVER].flow);

		answers = 0;
		expected = rnd(1 << 20);
		for (k = 0; k < 20; k += sent) {
			uint8_t b = rnd(3) ? (expected >> k) & 1 : 9;
			struct str data = {&b, 1};

			sent = global ? ssh_global(&p->side[w].s, "x", b != 9, data)
				      : ssh_chan_request(&p->side[w].s, at, "x", b != 9, data);
			sent = sent && b != 9;
			if (rnd(10) == 0)
				ssh_rekey(&p->side[rnd(2)].s);
			pair_turn(p);
		}
		pair_settle(p);
		CHECK(answers == 20);
	}
	CHECK(!p->side[0].gone && !p->side[1].gone);
	test_end("replies come in the order of the requests");
}

static int refuse = SSH_YES;

static int refusing(struct pair *p, enum who w, struct ssh_event *e)
{
	if (e->type != SSH_EV_OPEN || refuse == SSH_YES)
		return 0;
	ssh_answer(&p->side[w].s, refuse);
	if (refuse == SSH_LATER)
		p->side[w].refuse = e->ch + 1;
	return 1;
}

/* an open that is refused: the reason as the opener sees it */
static uint32_t refused_with(struct pair *p, int answer)
{
	int ch = -1, i;

	refuse = answer;
	p->side[CLIENT].refuse = 0;
	for (i = 0; i < 1000 && ch < 0; i++) {
		ch = ssh_chan_open(&p->side[CLIENT].s, "session", STR("\0\0\0"));
		pair_turn(p);
	}
	pair_settle(p);
	refuse = SSH_YES;
	return p->side[CLIENT].refuse;
}

static void test_opens(void)
{
	struct pair *p = pair_new();
	int i, ch;
	enum who w;

	CHECK(pair_login(p));
	p->on = refusing;
	CHECK(refused_with(p, SSH_NO) == OPEN_ADMINISTRATIVELY_PROHIBITED);
	CHECK(refused_with(p, -OPEN_CONNECT_FAILED) == OPEN_CONNECT_FAILED);
	CHECK(refused_with(p, -OPEN_UNKNOWN_CHANNEL_TYPE) == OPEN_UNKNOWN_CHANNEL_TYPE);
	settle_free(p);
	test_end("opens refused, with the reason");

	for (i = 0; i < 1000 && !failed(); i++) {
		w = rnd(2);
		ch = pair_open(p, w);
		leave(p, !w, pair_other(p, w, ch < 0 ? 0 : ch) - p->side[!w].flow);
		leave(p, w, ch);
		memset(p->side[0].flow, 0, sizeof(p->side[0].flow));
		memset(p->side[1].flow, 0, sizeof(p->side[1].flow));
	}
	settle_free(p);
	test_end("1000 opens and closes");

	for (i = 0; i < 2; i++) {
		CHECK(refused_with(p, SSH_LATER) == 0);
		ch = (int)p->side[SERVER].refuse - 1;
		CHECK(ch >= 0 && p->side[SERVER].s.chan[ch].state == CH_ASKED);
		ssh_chan_confirm(&p->side[SERVER].s, ch, i ? SSH_YES : -OPEN_CONNECT_FAILED);
		if (i) /* changed its mind before the confirmation could leave */
			ssh_chan_close(&p->side[SERVER].s, ch);
		pair_settle(p);
		CHECK(i || p->side[CLIENT].refuse == OPEN_CONNECT_FAILED);
		CHECK(!i || p->side[CLIENT].seen[SSH_EV_CLOSE]);
	}
	ssh_chan_close(&p->side[CLIENT].s, 0);
	settle_free(p);
	test_end("opens answered later");
}

/* ---- one engine, the peer by hand ---- */

static void fresh(int client)
{
	conf = (struct ssh_conf){
	    .client = client, .version = "SSH-2.0-t", .pool = pool, .pool_len = sizeof(pool)};
	clear_init(&s, &conf, rx, sizeof(rx), tx, sizeof(tx));
}

static struct wr msg(uint8_t m, uint32_t id)
{
	struct wr w = wr_init(out, sizeof(out));

	wr_u8(&w, m);
	wr_u32(&w, id);
	return w;
}

static void drain(void)
{
	struct str m;

	while (clear_take(&s, &m))
		;
}

/* what the engine makes of the message: 1 event, 0 nothing, or the error */
static int say(struct wr *w)
{
	struct ssh_event next;
	int r;

	drain();
	CHECK(!w->bad && clear_feed(&s, w->start, wr_len(w)));
	r = ssh_step(&s, 1, &ev);
	if (r > 0 && ev.type == SSH_EV_DATA)
		CHECK(ssh_step(&s, 1, &next) == 0);
	return r;
}

static int say_bare(uint8_t m, uint32_t id)
{
	struct wr w = msg(m, id);

	return say(&w);
}

static int say_adjust(uint32_t id, uint32_t more)
{
	struct wr w = msg(MSG_CHANNEL_WINDOW_ADJUST, id);

	wr_u32(&w, more);
	return say(&w);
}

static int say_data(uint32_t id, int type, uint32_t n)
{
	static uint8_t zero[SSH_DATA_MAX];
	struct wr w = msg(type ? MSG_CHANNEL_EXTENDED_DATA : MSG_CHANNEL_DATA, id);

	if (type)
		wr_u32(&w, type);
	wr_str(&w, zero, n);
	return say(&w);
}

static int say_open(uint32_t id, uint32_t window, uint32_t max)
{
	struct wr w = wr_init(out, sizeof(out));

	wr_u8(&w, MSG_CHANNEL_OPEN);
	wr_strz(&w, "session");
	wr_u32(&w, id);
	wr_u32(&w, window);
	wr_u32(&w, max);
	return say(&w);
}

/* a channel that the peer opened, number 0 */
static void opened(int client, uint32_t window, uint32_t max)
{
	fresh(client);
	CHECK(say_open(7, window, max) == 1 && ev.type == SSH_EV_OPEN);
	ssh_answer(&s, SSH_YES);
	CHECK(ssh_step(&s, 1, &ev) == 0);
	CHECK(s.chan[0].state == CH_OPEN && s.chan[0].granted > 0);
	drain();
}

/* bytes and packets that leave where the application would send n */
static void sent(uint32_t n, uint32_t *bytes, uint32_t *largest)
{
	struct str m;
	size_t room;

	*bytes = *largest = 0;
	while (n && ssh_out_buf(&s, 0, 0, &room) && !failed()) {
		room = room < n ? room : n;
		n -= room;
		ssh_out_ack(&s, 0, 0, room);
		while (clear_take(&s, &m)) {
			struct rd r = rd_init(m);

			CHECK(rd_u8(&r) == MSG_CHANNEL_DATA && rd_u32(&r) == 7);
			room = rd_str(&r).len;
			*bytes += room;
			*largest = room > *largest ? room : *largest;
		}
	}
}

static void test_peer_windows(void)
{
	uint32_t n, most;

	opened(0, 0, 32768);
	sent(1000, &n, &most);
	CHECK(n == 0);
	CHECK(say_adjust(0, 1) == 0);
	sent(1000, &n, &most);
	CHECK(n == 1);
	CHECK(say_adjust(0, 0xffffffff) == 0 && s.chan[0].peer_window == 0xffffffff);
	CHECK(say_adjust(0, 0xffffffff) == 0 && s.chan[0].peer_window == 0xffffffff);
	sent(5000000, &n, &most);
	CHECK(n == 5000000 && most == SSH_DATA_MAX &&
	      s.chan[0].peer_window == 0xffffffff - 5000000);
	test_end("a peer's window of 0, 1 and 2^32 - 1");

	opened(0, 0xffffffff, 0);
	sent(1000, &n, &most);
	CHECK(n == 0);
	opened(0, 0xffffffff, 1);
	sent(1000, &n, &most);
	CHECK(n == 1000 && most == 1);
	opened(0, 100, 7);
	sent(1000, &n, &most);
	CHECK(n == 100 && most == 7);
	opened(0, 0xffffffff, 0xffffffff);
	sent(1000000, &n, &most);
	CHECK(n == 1000000 && most <= SSH_DATA_MAX);
	test_end("a peer's packets of 0, 1 and 2^32 - 1 bytes");
}

static void test_wrong_data(void)
{
	opened(0, 1000, 1000);
	while (s.chan[0].granted > SSH_DATA_MAX)
		CHECK(say_data(0, 0, SSH_DATA_MAX) == 1);
	CHECK(say_data(0, 0, s.chan[0].granted) == 1);
	CHECK(say_data(0, 0, 1) == SSH_E_WINDOW);
	opened(1, 1000, 1000);
	while (s.chan[0].granted > SSH_DATA_MAX)
		CHECK(say_data(0, rnd(2), SSH_DATA_MAX) == 1);
	CHECK(say_data(0, 1, s.chan[0].granted + 1) == SSH_E_WINDOW);
	test_end("data past the window");

	opened(0, 1000, 1000);
	CHECK(say_data(0, 0, 100) == 1);
	CHECK(say_bare(MSG_CHANNEL_EOF, 0) == 1 && ev.type == SSH_EV_EOF);
	CHECK(!ssh_in_eof(&s, 0));
	CHECK(say_data(0, 0, 100) == 0); /* dropped */
	ssh_in_ack(&s, 0, 0, 100);
	CHECK(ssh_in_eof(&s, 0));
	CHECK(say_bare(MSG_CHANNEL_CLOSE, 0) == 1 && ev.type == SSH_EV_CLOSE);
	CHECK(say_data(0, 0, 100) == SSH_E_CHANNEL);
	test_end("data after EOF and after CLOSE");

	opened(0, 1000, 1000);
	CHECK(say_bare(MSG_CHANNEL_CLOSE, 0) == 1);
	CHECK(say_bare(MSG_CHANNEL_CLOSE, 0) == SSH_E_CHANNEL);
	test_end("CLOSE twice");
}

/* data types that we have no use for cost no memory, and the window is given back */
static void test_ext(void)
{
	int client, i;

	for (client = 0; client < 2; client++) {
		opened(client, 1000, 1000);
		for (i = 0; i < 1000 && !failed(); i++) {
			uint32_t n = s.chan[0].granted < 8000 ? s.chan[0].granted : 8000;

			CHECK(n > 0 && say_data(0, client ? 2 : 1, n) == 0);
		}
		CHECK(s.pool.used == 0);
	}
	test_end("data of other types is dropped");
}

static void test_unknown_channel(void)
{
	static const uint32_t ids[] = {1, CFG_CHANNELS - 1, CFG_CHANNELS, 0xffffffff, 0x80000000};
	unsigned i;
	uint8_t m;

	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		for (m = MSG_CHANNEL_OPEN_CONFIRMATION; m <= MSG_CHANNEL_FAILURE; m++) {
			struct wr w;

			opened(1, 1000, 1000);
			w = msg(m, ids[i]);
			if (m == MSG_CHANNEL_OPEN_CONFIRMATION || m == MSG_CHANNEL_OPEN_FAILURE)
				wr_u32(&w, 0);
			if (m == MSG_CHANNEL_EXTENDED_DATA)
				wr_u32(&w, 1);
			if (m == MSG_CHANNEL_OPEN_CONFIRMATION)
				wr_u32(&w, 0);
			if (m < MSG_CHANNEL_EOF)
				wr_u32(&w, 0);
			if (m == MSG_CHANNEL_REQUEST) {
				wr_strz(&w, "x");
				wr_u8(&w, 1);
			}
			CHECK(say(&w) == SSH_E_CHANNEL);
		}
	test_end("messages for channels that are not there");
}

static void test_too_many(void)
{
	struct str m;
	uint32_t i, yes = 0, no = 0;

	fresh(0);
	for (i = 0; i < CFG_CHANNELS + 20; i++) {
		struct rd r;

		if (say_open(i, 10, 10) == 1)
			ssh_answer(&s, SSH_YES);
		CHECK(ssh_step(&s, 1, &ev) == 0);
		CHECK(clear_take(&s, &m));
		r = rd_init(m);
		if (rd_u8(&r) == MSG_CHANNEL_OPEN_CONFIRMATION) {
			yes++;
			continue;
		}
		no++;
		CHECK(m.p[0] == MSG_CHANNEL_OPEN_FAILURE && rd_u32(&r) == i &&
		      rd_u32(&r) == OPEN_RESOURCE_SHORTAGE);
	}
	CHECK(yes <= CFG_CHANNELS && yes >= 4 && yes + no == CFG_CHANNELS + 20);
	CHECK(ssh_chan_open(&s, "x", STR("")) == -1);
	test_end("more channels than the table holds");
}

/* our CLOSE is out, the peer has not seen it yet */
static void test_late_requests(void)
{
	int i;

	opened(0, 1000, 1000);
	ssh_chan_close(&s, 0);
	CHECK(ssh_step(&s, 1, &ev) == 0 && s.chan[0].sent_close);
	for (i = 0; i < 100 && !failed(); i++) {
		struct wr w = msg(MSG_CHANNEL_REQUEST, 0);

		wr_strz(&w, "signal");
		wr_u8(&w, 1);
		CHECK(say(&w) == 0);
		CHECK(say_data(0, 0, 10) == 0);
	}
	CHECK(say_bare(MSG_CHANNEL_CLOSE, 0) == 0 && ssh_step(&s, 1, &ev) == 0);
	CHECK(s.chan[0].state == CH_FREE && s.pool.used == 0);
	test_end("requests and data that cross our CLOSE");
}

int main(int argc, char **argv)
{
	test_begin(argc, argv);
	test_ends();
	test_replies();
	test_opens();
	test_peer_windows();
	test_wrong_data();
	test_ext();
	test_unknown_channel();
	test_too_many();
	test_late_requests();
	return test_status();
}
