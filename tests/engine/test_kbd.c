/* test_kbd.c - keyboard-interactive, the client's side (RFC 4256), against a server that says anything. */
/* SPDX-License-Identifier: MIT */
#include "script.h"

static struct {
	int next, prompts, authed;
	uint32_t partial, n, method;
	uint8_t name[64], text[40000], blob[40000];
	size_t name_len, text_len, blob_len;
} seen;

static size_t copy(uint8_t *to, size_t room, struct str s)
{
	CHECK(s.len <= room);
	memcpy(to, s.p, s.len < room ? s.len : room);
	return s.len;
}

static int on(struct pair *q, enum who w, struct ssh_event *ev)
{
	(void)q;
	if (w == SERVER)
		return 0;
	switch (ev->type) {
	case SSH_EV_AUTH_NEXT:
		seen.partial = ev->num;
		seen.next++;
		return 1;
	case SSH_EV_PROMPTS:
		seen.prompts++;
		seen.n = ev->num;
		seen.name_len = copy(seen.name, sizeof(seen.name), ev->name);
		seen.text_len = copy(seen.text, sizeof(seen.text), ev->data);
		seen.blob_len = copy(seen.blob, sizeof(seen.blob), ev->blob);
		return 1;
	case SSH_EV_AUTHED:
		seen.authed++;
		seen.method = ev->num;
		return 1;
	default: return 0;
	}
}

/* the next packet that the client sent, the one before it done with */
static struct str said(void)
{
	struct ssh *to = &p->side[SERVER].s;

	if (to->cur_end)
		packet_done(to);
	return answer(CLIENT);
}

/* the client has asked for keyboard-interactive, or for nothing yet; the server has seen it */
static void ask(int by_hand)
{
	struct str q;
	struct rd r;

	memset(&seen, 0, sizeof(seen));
	p = pair_new();
	p->on = on;
	pair_start(p);
	pair_settle(p);
	CHECK(seen.next == 1 && p->side[SERVER].s.phase == PH_AUTH);
	if (by_hand)
		return;
	CHECK(ssh_auth_keyboard(&p->side[CLIENT].s, STR("me")));
	CHECK(!ssh_auth_keyboard(&p->side[CLIENT].s, STR("me")));
	q = said();
	r = rd_init(q);
	CHECK(rd_u8(&r) == MSG_USERAUTH_REQUEST && str_is(rd_str(&r), "me") &&
	      str_is(rd_str(&r), "ssh-connection") && str_is(rd_str(&r), "keyboard-interactive") &&
	      !rd_str(&r).len && !rd_str(&r).len && rd_done(&r));
	packet_done(&p->side[SERVER].s);
}

/* name, instruction, language, and as many prompts as are given */
static struct wr info(const char *name, const char *text, uint32_t n)
{
	static uint8_t mem[33000];
	struct wr w = wr_init(mem, sizeof(mem));

	wr_strz(&w, name);
	wr_strz(&w, text);
	wr_strz(&w, "");
	wr_u32(&w, n);
	return w;
}

static void prompt(struct wr *w, const char *text, int echo)
{
	wr_strz(w, text);
	wr_u8(w, echo);
}

static int say_info(const struct wr *w)
{
	CHECK(!w->bad);
	return say(CLIENT, MSG_USERAUTH_PK_OK, w->start, wr_len(w));
}

static struct wr two(void)
{
	struct wr w = info("a name", "do this", 2);

	prompt(&w, "Password: ", 0);
	prompt(&w, "Code: ", 1);
	return w;
}

static void test_rounds(void)
{
	static const uint8_t failure[] = "\0\0\0\3a,b\1";
	struct ssh *client;
	struct wr w;
	struct str q;

	ask(0);
	client = &p->side[CLIENT].s;
	CHECK(!ssh_auth_prompts(client, 0, STR(""))); /* before there are any */
	w = two();
	CHECK(say_info(&w) == 0 && seen.prompts == 1 && seen.n == 2 && seen.blob_len == 26);
	CHECK(seen.name_len == 6 && seen.text_len == 7 && !memcmp(seen.text, "do this", 7));
	CHECK(!memcmp(seen.blob, "\0\0\0\12Password: \0\0\0\0\6Code: \1", 26));
	CHECK(ssh_auth_prompts(client, 2, STR("\0\0\0\7hunter2\0\0\0\0")));
	CHECK(!ssh_auth_prompts(client, 2, STR("\0\0\0\7hunter2\0\0\0\0")));
	q = said();
	CHECK(q.len == 20 && !memcmp(q.p, "\75\0\0\0\2\0\0\0\7hunter2\0\0\0\0", 20));
	w = info("", "", 0); /* a last round without prompts, as PAM has it */
	CHECK(say_info(&w) == 0 && seen.prompts == 2 && seen.n == 0 && seen.blob_len == 0);
	CHECK(ssh_auth_prompts(client, 0, STR("")));
	q = said();
	CHECK(q.len == 5 && !memcmp(q.p, "\75\0\0\0\0", 5));
	CHECK(say(CLIENT, MSG_USERAUTH_FAILURE, failure, 8) == 0);
	CHECK(seen.next == 2 && seen.partial == 1 && !seen.authed);
	CHECK(!ssh_auth_prompts(client, 0, STR(""))); /* too late */
	CHECK(ssh_auth_keyboard(client, STR("me")) && said().len);
	w = two();
	CHECK(say_info(&w) == 0 && seen.prompts == 3);
	CHECK(ssh_auth_prompts(client, 2, STR("\0\0\0\0\0\0\0\0")) && said().len);
	CHECK(say(CLIENT, MSG_USERAUTH_SUCCESS, "", 0) == 0);
	CHECK(seen.authed == 1 && seen.method == AUTH_KEYBOARD && client->phase == PH_CONN);
	CHECK(!ssh_auth_prompts(client, 0, STR("")) && !ssh_auth_keyboard(client, STR("me")));
	test_end("prompts, in rounds");

	ask(0);
	client = &p->side[CLIENT].s;
	w = two();
	CHECK(say_info(&w) == 0 && seen.prompts == 1);
	CHECK(ssh_auth_password(client, STR("me"), STR("x")) && said().len);
	CHECK(!ssh_auth_prompts(client, 2, STR("\0\0\0\0\0\0\0\0")));
	CHECK(say(CLIENT, MSG_USERAUTH_SUCCESS, "", 0) == 0 && seen.method == AUTH_PASSWORD);
	test_end("another method in the place of answers");
}

/* a success that no answer of ours can have earned counts for no more than none */
static void test_unearned(void)
{
	struct wr w;

	ask(0);
	CHECK(say(CLIENT, MSG_USERAUTH_SUCCESS, "", 0) == 0 && seen.method == AUTH_NONE);
	ask(0);
	w = info("", "", 0);
	CHECK(say_info(&w) == 0 && ssh_auth_prompts(&p->side[CLIENT].s, 0, STR("")));
	CHECK(say(CLIENT, MSG_USERAUTH_SUCCESS, "", 0) == 0 && seen.method == AUTH_NONE);
	ask(0);
	w = two();
	CHECK(say_info(&w) == 0);
	CHECK(ssh_auth_prompts(&p->side[CLIENT].s, 2, STR("\0\0\0\0\0\0\0\0")));
	w = info("", "", 0);
	CHECK(say_info(&w) == 0 && ssh_auth_prompts(&p->side[CLIENT].s, 0, STR("")));
	CHECK(say(CLIENT, MSG_USERAUTH_SUCCESS, "", 0) == 0 && seen.method == AUTH_KEYBOARD);
	test_end("a success that nothing was asked for");
}

static void test_bounds(void)
{
	static char text[30000];
	static const uint8_t much[BUF_MAX];
	struct ssh *client;
	struct wr w;
	uint32_t i, n;

	ask(0);
	client = &p->side[CLIENT].s;
	save();
	memset(text, 't', sizeof(text) - 1);
	w = info("", text, 0);
	CHECK(say_info(&w) == 0 && seen.text_len == sizeof(text) - 1);
	restore();
	w = info("", "", 6000);
	for (i = 0; i < 6000; i++)
		prompt(&w, "", i & 1);
	CHECK(say_info(&w) == 0 && seen.n == 6000 && seen.blob_len == 30000);
	/* what is too long for tx is refused, and more than that does not happen */
	for (n = p->side[CLIENT].tx_n; n >= 25000; n -= 500) {
		int yes = ssh_auth_prompts(client, 1, (struct str){much, n});

		invariants(client);
		CHECK(!ssh_error(client) && (!yes || n + SSH_TX_RESERVE < p->side[CLIENT].tx_n));
		if (yes)
			break;
	}
	CHECK(n >= 25000 && n <= p->side[CLIENT].tx_n - SSH_TX_RESERVE);
	test_end("many prompts, long ones, long answers");
}

static void test_hostile(void)
{
	static const uint32_t counts[] = {1, 3, 4, 100, 0x7fffffff, 0x80000000, 0xffffffff};
	struct wr w;
	unsigned i;
	size_t n;

	ask(0);
	save();
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]) && !failed(); i++) {
		w = two();
		put_u32(w.start + 4 + 6 + 4 + 7 + 4, counts[i]);
		CHECK(say_info(&w) == SSH_E_PARSE && !seen.prompts);
		restore();
	}
	w = info("", "", 0);
	wr_u8(&w, 0);
	CHECK(say_info(&w) == SSH_E_PARSE);
	restore();
	for (n = 0; n < 40 && !failed(); n++) {
		w = two();
		CHECK(n < wr_len(&w));
		w.p = w.start + n;
		CHECK(say_info(&w) == SSH_E_PARSE && !seen.prompts);
		restore();
	}
	for (n = 0; n < 60 && !failed(); n++) { /* a length beyond its end */
		w = two();
		put_u32(w.start + n % (wr_len(&w) - 4), 0x7ffffff0 + n);
		say_info(&w);
		restore();
	}
	test_end("counts that lie, prompts that are cut");

	for (i = 0; i < 20000 && !failed(); i++) {
		w = two();
		for (n = 1 + rnd(4); n; n--)
			w.start[rnd(wr_len(&w))] = rnd(3) ? rnd(256) : rnd(2) * 0xff;
		if (rnd(4) == 0)
			w.p -= rnd(10);
		seen.prompts = 0;
		n = say_info(&w);
		CHECK((int)n == SSH_E_PARSE ||
		      (n == 0 && seen.prompts == 1 && seen.n <= 4 && seen.n * 5 <= seen.blob_len));
		restore();
	}
	test_end("20000 that chance has changed");
}

/* number 60 and its like, where nobody asked; `what` the client has asked for instead */
static int unasked(enum ssh_method what)
{
	struct ssh *client;
	struct wr w = two();
	int ok;

	ask(1);
	client = &p->side[CLIENT].s;
	switch (what) {
	case AUTH_NONE: ok = ssh_auth_none(client, STR("me")); break;
	case AUTH_PUBLICKEY:
		ok = ssh_auth_key(client, STR("me"), STR("ssh-ed25519"), user_blob, 0);
		break;
	case AUTH_PASSWORD: ok = ssh_auth_password(client, STR("me"), STR("x")); break;
	default: ok = 1;
	}
	CHECK(ok);
	return say_info(&w);
}

static void test_unasked(void)
{
	static const uint8_t failure[] = "\0\0\0\3a,b\0";
	struct wr w;

	CHECK(unasked(AUTH_NONE) < 0 && !seen.prompts);
	CHECK(unasked(AUTH_PASSWORD) < 0 && !seen.prompts);
	CHECK(unasked(AUTH_PUBLICKEY) < 0 && !seen.prompts);
	CHECK(unasked(0) < 0 && !seen.prompts);
	ask(0); /* twice, before there is an answer */
	w = two();
	CHECK(say_info(&w) == 0 && seen.prompts == 1);
	save();
	w = two();
	CHECK(say_info(&w) < 0 && seen.prompts == 1);
	restore();
	CHECK(say(CLIENT, MSG_USERAUTH_SUCCESS, "", 0) == SSH_E_UNEXPECTED && !seen.authed);
	restore();
	CHECK(say(CLIENT, MSG_USERAUTH_FAILURE, failure, 8) == SSH_E_UNEXPECTED);
	restore();
	CHECK(say(CLIENT, MSG_USERAUTH_BANNER, "\0\0\0\1x\0\0\0\0", 9) == 0);
	CHECK(ssh_auth_prompts(&p->side[CLIENT].s, 2, STR("\0\0\0\0\0\0\0\0")));
	CHECK(said().len == 13);
	CHECK(say(CLIENT, MSG_USERAUTH_SUCCESS, "", 0) == 0);
	w = two(); /* after the login */
	CHECK(say_info(&w) < 0 && seen.prompts == 1);
	test_end("prompts and results that nobody waits for");

	login();
	CHECK(say(CLIENT, MSG_USERAUTH_INFO_RESPONSE, "\0\0\0\0", 4) == 0);
	CHECK(answer(CLIENT).len == 5 && p->side[SERVER].s.rx[0] != 0xff);
	login();
	CHECK(say(SERVER, MSG_USERAUTH_INFO_RESPONSE, "\0\0\0\0", 4) == 0);
	CHECK(get_u32(answer(SERVER).p + 1) == p->side[SERVER].s.in.seq - 1);
	test_end("answers to prompts that nobody has are unimplemented");
}

int main(int argc, char **argv)
{
	if (!test_begin(argc, argv))
		return 0;
	test_rounds();
	test_unearned();
	test_bounds();
	test_hostile();
	test_unasked();
	return test_status();
}
