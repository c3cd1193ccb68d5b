/* test_early.c - what OpenSSH's client is answered before it asks (QUICK_LOGIN). */
/* SPDX-License-Identifier: MIT */
#include "script.h"

#define OPENSSH "SSH-2.0-OpenSSH_9.9p1"

static int asked, failures, by_hand, step;

/* none, a wrong password, the right one: as OpenSSH does it */
static void try_next(struct ssh *s)
{
	static const char *const passwords[] = {"wrong", "wrong too", "right"};
	int ok;

	if (step == 0)
		ok = ssh_auth_none(s, STR("me"));
	else
		ok = ssh_auth_password(s, STR("me"), str_of(passwords[step < 3 ? step - 1 : 2]));
	CHECK(ok);
	step++;
}

static int on(struct pair *q, enum who w, struct ssh_event *ev)
{
	struct ssh *s = &q->side[w].s;

	switch (ev->type) {
	case SSH_EV_AUTH:
		asked++;
		ssh_answer(s,
			   ev->auth.method == AUTH_PASSWORD && str_is(ev->auth.password, "right"));
		return 1;
	case SSH_EV_AUTH_NEXT:
		failures += step > 0;
		if (!by_hand)
			try_next(s);
		else if (!s->tried && !step++) /* as if; what it says is the test's */
			s->tried = AUTH_NONE;
		return 1;
	default: return 0;
	}
}

static void prepare(const char *version, int early)
{
	asked = failures = by_hand = step = 0;
	p = pair_new();
	p->on = on;
	p->side[CLIENT].conf.version = version;
	p->side[SERVER].conf.early = early;
}

/* packets behind NEWKEYS that are out before the server has heard a word under the new keys */
static uint32_t ahead(const char *version, int early)
{
	struct ssh *s;
	int i;

	prepare(version, early);
	pair_start(p);
	s = &p->side[SERVER].s;
	for (i = 0; i < 9 && !s->out.cipher; i++) {
		carry(SERVER);
		side_steps(p, CLIENT);
		carry(CLIENT);
		side_steps(p, SERVER);
	}
	CHECK(s->out.cipher && !p->side[SERVER].gone);
	CHECK(s->phase < PH_SERVICE && p->side[SERVER].most <= TX_PACKET);
	CHECK(!p->side[SERVER].seen[SSH_EV_KEYED]);
	return s->out.packets;
}

static void test_versions(void)
{
	static const char *const others[] = {
	    "SSH-2.0-OpenSSH_", /* a name and nothing behind it */
	    "SSH-2.0-OpenSSH",    "SSH-2.0-OpenSSH-9.9",     "SSH-2.0-openssh_9.9",
	    "SSH-2.0-dropbear_1", "SSH-2.0-cubssh_0.1",      "SSH-2.0-xOpenSSH_9.9",
	    "SSH-2.0-",           "SSH-2.0-libssh_OpenSSH_9"};
	uint32_t plain = ahead("SSH-2.0-pair", 1);
	unsigned i;

	CHECK(plain <= 1); /* EXT_INFO */
	CHECK(ahead(OPENSSH, 1) == plain + 2);
	CHECK(ahead("SSH-2.0-OpenSSH_7.4", 1) == plain + 2);
	CHECK(ahead("SSH-2.0-OpenSSH_for_Windows_9.5", 1) == plain + 2);
	CHECK(ahead("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3", 1) == plain + 2);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		CHECK(ahead(others[i], 1) == plain);
	CHECK(ahead(OPENSSH, 0) == plain);
	test_end("early answers leave with NEWKEYS, for OpenSSH's clients alone");
}

static void test_logins(void)
{
	static uint8_t text[SSH_BANNER_MAX];
	int i;

	memset(text, 'b', sizeof(text));
	for (i = 0; i < 100 && !failed(); i++) {
		int early = rnd(4) != 0;

		prepare(OPENSSH, early);
		p->chunk = 1 + rnd_len(500);
		if (rnd(2))
			p->side[SERVER].tx_n = SSH_DATA_MAX / 8 + SSH_TX_RESERVE;
		if (rnd(2))
			p->side[SERVER].conf.banner = (struct str){text, 1 + rnd(sizeof(text))};
		CHECK(pair_login(p) && failures == 3);
		CHECK(asked == (early ? 3 : 4)); /* the caller is not asked about none */
		CHECK(p->side[CLIENT].seen[SSH_EV_BANNER] == !!p->side[SERVER].conf.banner.len);
		CHECK(p->side[SERVER].s.fails == 2 && !p->side[SERVER].s.early);
		ssh_rekey(&p->side[rnd(2)].s); /* the answers do not come again */
		pair_settle(p);
		CHECK(!p->side[0].gone && !p->side[1].gone && ssh_quiet(&p->side[SERVER].s));
		CHECK(p->side[CLIENT].seen[SSH_EV_KEYED] == 2 && failures == 3);
	}
	test_end("logins with answers that came early");
}

/* where the server awaits the first request, its early answers are read, and the client says what we say */
static void raw(const char *version, int early)
{
	prepare(version, early);
	by_hand = 1;
	pair_start(p);
	pair_settle(p);
	CHECK(!p->side[SERVER].gone && !p->side[CLIENT].gone);
	CHECK(p->side[SERVER].s.phase == PH_AUTH && p->side[SERVER].s.kstep == K_IDLE);
	CHECK(failures == early && !p->to[0].len && !p->to[1].len);
	p->side[CLIENT].s.cur_end = 0;
}

static int request(const char *user, const char *service, const char *method, struct str more)
{
	uint8_t mem[600];
	struct wr w = wr_init(mem, sizeof(mem));
	struct ssh *client = &p->side[CLIENT].s;

	if (client->cur_end)
		packet_done(client);
	wr_strz(&w, user);
	wr_strz(&w, service);
	wr_strz(&w, method);
	wr_bytes(&w, more.p, more.len);
	CHECK(!w.bad);
	return say(SERVER, MSG_USERAUTH_REQUEST, mem, wr_len(&w));
}

static int none(void)
{
	return request("me", "ssh-connection", "none", STR(""));
}

/* the message number of what the server said to it, 0: nothing */
static int reply(void)
{
	struct str q = answer(SERVER);

	return q.len ? q.p[0] : 0;
}

static struct str key_query(void)
{
	static uint8_t mem[200];
	struct wr w = wr_init(mem, sizeof(mem));

	wr_u8(&w, 0);
	wr_strz(&w, "ssh-ed25519");
	wr_str(&w, user_blob.p, user_blob.len);
	return (struct str){mem, wr_len(&w)};
}

static void test_first(void)
{
	raw(OPENSSH, 1);
	CHECK(none() == 0 && reply() == 0 && asked == 0);
	CHECK(none() == 0 && reply() == MSG_USERAUTH_FAILURE && asked == 1);
	CHECK(none() == 0 && reply() == MSG_USERAUTH_FAILURE && asked == 2);
	raw(OPENSSH, 0);
	CHECK(none() == 0 && reply() == MSG_USERAUTH_FAILURE && asked == 1);
	raw("SSH-2.0-pair", 0);
	CHECK(none() == 0 && reply() == MSG_USERAUTH_FAILURE && asked == 1);
	test_end("the first none gets no second answer, the next do");

	raw(OPENSSH, 1);
	CHECK(request("me", "ssh-connection", "publickey", key_query()) == 0);
	CHECK(reply() == MSG_USERAUTH_FAILURE && asked == 1); /* as on says */
	CHECK(none() == 0 && reply() == MSG_USERAUTH_FAILURE && asked == 2);
	raw(OPENSSH, 1);
	CHECK(request("me", "ssh-connection", "password", STR("\0\0\0\0\5right")) == 0);
	CHECK(reply() == MSG_USERAUTH_SUCCESS && asked == 1);
	raw(OPENSSH, 1);
	CHECK(request("me", "ssh-connection", "keyboard-interactive", STR("\0\0\0\0\0\0\0\0")) ==
	      0);
	CHECK(reply() == MSG_USERAUTH_FAILURE && asked == 0);
	CHECK(none() == 0 && reply() == MSG_USERAUTH_FAILURE);
	test_end("a client that asks for something else first");
}

static void test_hostile(void)
{
	int i, gone = 0;

	raw(OPENSSH, 1);
	CHECK(request("me", "ssh-other", "none", STR("")) == SSH_E_SERVICE);
	raw(OPENSSH, 1);
	CHECK(request("me", "ssh-connection", "none", STR("x")) == SSH_E_PARSE);
	raw(OPENSSH, 1);
	CHECK(none() == 0 && reply() == 0);
	CHECK(request("you", "ssh-connection", "none", STR("")) == SSH_E_AUTH_USER);
	raw(OPENSSH, 1);
	CHECK(none() == 0);
	CHECK(say(SERVER, MSG_SERVICE_REQUEST, "\0\0\0\14ssh-userauth", 16) == SSH_E_UNEXPECTED);
	test_end("early answers forgive nothing");

	raw(OPENSSH, 1);
	for (i = 0; i < 30 && !gone; i++) {
		gone = none();
		if (!gone)
			CHECK(reply() == (i ? MSG_USERAUTH_FAILURE : 0));
	}
	CHECK(gone == SSH_E_AUTH_TRIES && asked == 14 && i == 16);
	raw(OPENSSH, 1);
	CHECK(none() == 0 && reply() == 0);
	for (i = gone = 0; i < 30 && !gone; i++) {
		gone = request("me", "ssh-connection", "password", STR("\0\0\0\0\5wrong"));
		if (!gone)
			CHECK(reply() == MSG_USERAUTH_FAILURE);
	}
	CHECK(gone == SSH_E_AUTH_TRIES && i == 6);
	test_end("the first none is counted like the others");
}

int main(int argc, char **argv)
{
	if (!test_begin(argc, argv))
		return 0;
	if (!CFG_QUICK_LOGIN) {
		CHECK(ahead(OPENSSH, 1) == ahead("SSH-2.0-pair", 1));
		test_end("no early answers in this configuration");
		return test_status();
	}
	test_versions();
	test_logins();
	test_first();
	test_hostile();
	return test_status();
}
