/* test_chan.c - channels between two engines: opens, requests, ends in every order. */
/* SPDX-License-Identifier: MIT */
#include "pair.h"

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
	for (i = 0; i < 100 && !failed(); i++) {
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

int main(int argc, char **argv)
{
	if (!test_begin(argc, argv))
		return 0;
	test_ends();
	test_replies();
	test_opens();
	return test_status();
}
