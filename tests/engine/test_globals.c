/* test_globals.c - answers to global requests that carry something, and refusals' words. */
/* SPDX-License-Identifier: MIT */
#include "script.h"

/* what the application does is the request's first byte; what must come of it, in order */
enum { NO, YES, PORT, DATA };
#define MANY 256

static struct expected {
	uint8_t yes;
	uint32_t len;
	uint8_t data[80];
} expected[MANY];
static unsigned asked, replied;
static uint32_t big; /* bytes of all data, 0: what the request says */
static uint32_t refused_text;

static void expect(int want, int yes, const void *data, size_t n)
{
	struct expected *e = &expected[asked % MANY];

	if (!want)
		return;
	*e = (struct expected){.yes = yes, .len = n};
	memcpy(e->data, data, n < sizeof(e->data) ? n : sizeof(e->data));
	asked++;
}

/* the rest of the request is what the answer is to carry */
static void answer_by(struct ssh *s, const struct ssh_event *ev)
{
	static uint8_t much[BUF_MAX];
	struct str rest = {ev->data.p + 1, ev->data.len - 1};

	switch (ev->data.p[0]) {
	case PORT:
		expect(ev->want, 1, rest.p, 4);
		ssh_answer_port(s, get_u32(rest.p));
		break;
	case DATA:
		if (big)
			rest = (struct str){much, big};
		if (!can_send(s) || s->owed.n || !tx_fits(s, rest.len))
			expect(ev->want, 0, "", 0);
		else
			expect(ev->want, 1, rest.p, rest.len);
		ssh_answer_data(s, rest);
		break;
	default: expect(ev->want, ev->data.p[0], "", 0); ssh_answer(s, ev->data.p[0]);
	}
	CHECK(!s->ask);
}

static void compare(const struct ssh_event *ev)
{
	const struct expected *e = &expected[replied++ % MANY];

	CHECK(replied <= asked && ev->num == e->yes && ev->data.len == e->len);
	CHECK(e->len > sizeof(e->data) || !memcmp(ev->data.p, e->data, e->len));
}

static int on(struct pair *q, enum who w, struct ssh_event *ev)
{
	struct ssh *s = &q->side[w].s;

	switch (ev->type) {
	case SSH_EV_GLOBAL:
		answer_by(s, ev);
		ssh_answer_data(s, STR("what is not asked")); /* no effect */
		ssh_answer_port(s, 1);
		return 1;
	case SSH_EV_GLOBAL_REPLY: compare(ev); return 1;
	case SSH_EV_REFUSED: refused_text = ev->data.len; return 0;
	default: return 0;
	}
}

static void start_with(uint32_t tx)
{
	asked = replied = big = 0;
	p = pair_new();
	p->side[SERVER].tx_n = tx;
	CHECK(pair_login(p));
	p->on = on;
	pair_settle(p);
}

static void start(void)
{
	start_with(BUF_MAX);
}

static int ask(enum who w, int what, int want, uint32_t value)
{
	uint8_t data[5] = {what};

	put_u32(data + 1, value);
	return ssh_global(&p->side[w].s, "x", want, (struct str){data, 5});
}

static void all_answered(void)
{
	pair_settle(p);
	CHECK(!p->side[0].gone && !p->side[1].gone && replied == asked);
	CHECK(!p->side[0].s.ports[0] && !p->side[1].s.ports[0]);
}

static void test_plain(void)
{
	start();
	CHECK(ask(CLIENT, PORT, 1, 4711));
	all_answered();
	CHECK(replied == 1 && expected[0].yes);
	CHECK(ask(CLIENT, DATA, 1, 0x01020304));
	all_answered();
	CHECK(replied == 2 && expected[1].yes && expected[1].len == 4);
	CHECK(ask(CLIENT, PORT, 0, 1) && ask(CLIENT, DATA, 0, 2) && ask(CLIENT, YES, 0, 3));
	CHECK(ask(CLIENT, PORT, 1, 65535) && ask(CLIENT, NO, 1, 0));
	all_answered();
	CHECK(replied == 4 && expected[2].yes && !expected[3].yes);
	test_end("a port, data, and nothing where no reply is wanted");

	start_with(35000);
	for (big = 29500; big < 33000; big += 500) {
		CHECK(ask(CLIENT, DATA, 1, 0));
		all_answered();
		CHECK(expected[asked - 1].yes == (big + 256 + SSH_TX_RESERVE <= 35000));
	}
	test_end("data too long for tx becomes a refusal");
}

/* the server has sent KEXINIT and the requests were on their way: all answers are owed */
static void test_rekey(void)
{
	static const uint8_t whats[] = {YES, NO, PORT, YES, DATA, PORT, NO, PORT};
	unsigned i;

	start();
	ssh_rekey(&p->side[SERVER].s);
	side_steps(p, SERVER);
	CHECK(p->side[SERVER].s.kstep == K_SENT);
	for (i = 0; i < sizeof(whats); i++)
		CHECK(ask(CLIENT, whats[i], 1, 1000 + i));
	carry(CLIENT);
	side_steps(p, SERVER);
	CHECK(asked == sizeof(whats) && p->side[SERVER].s.owed.n == sizeof(whats));
	CHECK(p->side[SERVER].s.ports[2] == 1002 && p->side[SERVER].s.ports[7] == 1007);
	CHECK(expected[2].yes && !expected[4].yes && expected[5].yes && expected[7].yes);
	all_answered();
	CHECK(replied == sizeof(whats) && p->side[SERVER].seen[SSH_EV_KEYED] == 2);
	CHECK(ask(CLIENT, PORT, 1, 9) && ask(CLIENT, PORT, 1, 10));
	all_answered();
	test_end("in a rekey all keep their order, and each port its answer");

	start();
	ssh_rekey(&p->side[SERVER].s);
	side_steps(p, SERVER);
	for (i = 0; i < 32; i++)
		CHECK(ask(CLIENT, i == 31 ? PORT : NO, 1, 77));
	all_answered();
	CHECK(replied == 32 && expected[31].yes);
	start();
	ssh_rekey(&p->side[SERVER].s);
	side_steps(p, SERVER);
	for (i = 0; i < 33; i++)
		CHECK(ask(CLIENT, PORT, 1, 77));
	carry(CLIENT);
	side_steps(p, SERVER);
	CHECK(p->side[SERVER].gone == SSH_E_FLOOD);
	test_end("32 are kept");
}

static void test_chance(void)
{
	int i;

	start();
	p->side[SERVER].conf.rekey_packets = p->side[CLIENT].conf.rekey_packets = 60;
	for (i = 0; i < 100000 && !failed() && !p->side[0].gone && !p->side[1].gone; i++) {
		/* what is under way at most, so that no rekey has to keep more than it can */
		if (rnd(6) == 0 && asked - replied < 20)
			ask(CLIENT, rnd(4), rnd(4) != 0, 1 + rnd(65535));
		if (rnd(500) == 0)
			ssh_rekey(&p->side[rnd(2)].s);
		pair_turn(p);
	}
	all_answered();
	CHECK(asked > 1000);
	test_end("by chance, with rekeys");
}

static int refusing(struct pair *q, enum who w, struct ssh_event *ev)
{
	if (ev->type == SSH_EV_OPEN) {
		ssh_answer(&q->side[w].s, -(int)get_u32(ev->data.p));
		return 1;
	}
	if (ev->type == SSH_EV_REFUSED) {
		refused_text = ev->data.len;
		CHECK(str_is(ev->data, open_text(ev->num)));
	}
	return 0;
}

static void test_refusals(void)
{
	uint8_t data[4];
	uint32_t i;

	login();
	p->on = refusing;
	for (i = OPEN_ADMINISTRATIVELY_PROHIBITED; i <= OPEN_RESOURCE_SHORTAGE; i++) {
		p->side[CLIENT].refuse = 0;
		refused_text = 0;
		put_u32(data, i);
		CHECK(ssh_chan_open(&p->side[CLIENT].s, "session", (struct str){data, 4}) >= 0);
		pair_settle(p);
		CHECK(p->side[CLIENT].refuse == i && (refused_text > 5) == CFG_ERROR_TEXTS);
	}
	CHECK(!*open_text(0) && !*open_text(OPEN_RESOURCE_SHORTAGE + 1) && !*open_text(0xffffffff));
	test_end("a refused open says why");
}

static void test_room(void)
{
	struct ssh *s;
	int i, n, ch = -1;

	login();
	s = &p->side[CLIENT].s;
	for (n = 0; n <= CFG_CHANNELS && ssh_chan_room(s) && !failed(); n++) {
		ch = ssh_chan_open(s, "session", STR("\0\0\0\1"));
		if (ch < 0) { /* tx is full, or the pool promised: not the slots */
			pair_settle(p);
			ch = ssh_chan_open(s, "session", STR("\0\0\0\1"));
		}
		if (ch < 0)
			break;
	}
	CHECK(n <= CFG_CHANNELS && (n < CFG_CHANNELS || !ssh_chan_room(s)));
	pair_settle(p);
	CHECK(!p->side[0].gone && !p->side[1].gone);
	for (i = n = 0; i < CFG_CHANNELS;
	     i++) /* where the peer's pool is too small it refused some */
		n += s->chan[i].state == CH_FREE;
	CHECK(ssh_chan_room(s) == (n > 0 && window_room(s)));
	for (i = 0; i < CFG_CHANNELS; i++)
		ssh_chan_close(s, i);
	pair_settle(p);
	for (i = 0; i < CFG_CHANNELS; i++)
		ssh_chan_close(&p->side[SERVER].s, i);
	pair_settle(p);
	CHECK(ssh_chan_room(s) && !p->side[0].gone && !p->side[1].gone);
	for (i = 0; i < CFG_CHANNELS; i++)
		CHECK(s->chan[i].state == CH_FREE);
	test_end("room for channels");
}

int main(int argc, char **argv)
{
	if (!test_begin(argc, argv))
		return 0;
	if (CFG_FORWARD) {
		test_plain();
		test_rekey();
		test_chance();
	}
	test_refusals();
	test_room();
	return test_status();
}
