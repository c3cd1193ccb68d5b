/* test_strict.c - every message in every state; strict key exchange, guesses, KEXINIT by hand. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "script.h"

static uint8_t mem[SSH_PACKET_MAX];

static int all_no(struct pair *pp, enum who w, struct ssh_event *ev)
{
	(void)ev;
	ssh_answer(&pp->side[w].s, SSH_NO);
	return 1;
}

/* ---- every message in every state ---- */

static void one_message(enum who victim, int phase, int step, int msg, size_t n)
{
	struct ssh *s = &p->side[victim].s;
	int known, r;
	const struct row *row = table_find(msg, victim == CLIENT, phase, step, &known);
	struct str reply;
	uint32_t seq = s->in.seq;

	s->phase = phase;
	s->kstep = step;
	r = say(victim, msg, mem, n);
	if (row)
		return; /* the handler's own affair */
	if (known || phase == PH_STRICT) {
		CHECK(r == SSH_E_UNEXPECTED);
		return;
	}
	CHECK(r == 0 && s->phase == phase && s->kstep == step);
	reply = answer(victim);
	CHECK(reply.len == 5 && reply.p[0] == MSG_UNIMPLEMENTED && get_u32(reply.p + 1) == seq);
}

static void test_every_message(void)
{
	static const size_t sizes[] = {0, 13, 200};
	int victim, phase, step, msg, k;
	size_t i;

	login();
	p->on = all_no;
	save();
	for (i = 0; i < sizeof(mem); i++)
		mem[i] = rnd(4) ? 0 : rnd(256);
	for (victim = 0; victim < 2; victim++)
		for (phase = 0; phase < PH_COUNT; phase++)
			for (step = 0; step < K_COUNT; step++)
				for (msg = 0; msg < 256; msg++)
					for (k = 0; k < 3 && !failed(); k++) {
						one_message(victim, phase, step, msg, sizes[k]);
						restore();
					}
	test_end("every message in every state");
}

/* ---- strict kex ---- */

static void test_strict_extra(void)
{
	static const uint8_t extra[] = {MSG_IGNORE,
					MSG_UNIMPLEMENTED,
					MSG_DEBUG,
					MSG_SERVICE_REQUEST,
					MSG_SERVICE_ACCEPT,
					MSG_EXT_INFO,
					MSG_KEXINIT,
					MSG_USERAUTH_REQUEST,
					MSG_USERAUTH_SUCCESS,
					MSG_GLOBAL_REQUEST,
					MSG_PING,
					200,
					0};
	uint8_t payload[17] = {0};
	unsigned i;
	int victim, step;

	for (victim = 0; victim < 2; victim++)
		for (step = K_SHARE; step <= K_NEWKEYS; step++)
			for (i = 0; i < sizeof(extra); i++) {
				until_strict(victim, step);
				payload[0] = extra[i];
				CHECK(clear_feed(&p->side[victim].s, payload, sizeof(payload)));
				side_steps(p, victim);
				CHECK(p->side[victim].gone == SSH_E_UNEXPECTED);
			}
	test_end("strict kex: a packet too many before NEWKEYS");

	for (victim = 0; victim < 2; victim++)
		for (i = 0; i < 3; i++) { /* IGNORE, UNIMPLEMENTED, DEBUG */
			begin();
			carry_ident(!victim);
			payload[0] = extra[i];
			clear_feed(&p->side[victim].s, payload,
				   extra[i] == MSG_UNIMPLEMENTED ? 5 : 13);
			carry_one(!victim);
			side_steps(p, victim);
			CHECK(p->side[victim].gone == SSH_E_STRICT);
		}
	test_end("strict kex: a packet before KEXINIT");
}

/* Terrapin: a packet put in before NEWKEYS, one of the first sealed ones taken away */
static void test_truncation(void)
{
	int victim;

	for (victim = 0; victim < 2; victim++) {
		struct ssh *s = &p->side[victim].s;
		uint8_t *d;
		size_t n, len;

		until_strict(victim, K_NEWKEYS);
		carry(victim); /* so that the peer goes on: its NEWKEYS and what follows */
		side_steps(p, !victim);
		carry_one(!victim);
		side_steps(p, victim);
		CHECK(s->phase == PH_SERVICE && s->in.seq == 0);
		d = (uint8_t *)ssh_tx_buf(&p->side[!victim].s, &n);
		len = 4 + s->in.cipher->length(&s->in.cctx, 0, d) + s->in.cipher->tag_len;
		CHECK(n >= len);
		ssh_tx_ack(&p->side[!victim].s, len);
		say(victim, MSG_IGNORE, "\0\0\0", 4);
		CHECK(p->side[victim].gone == SSH_E_MAC || p->side[victim].gone == SSH_E_LENGTH);
	}
	test_end("a sealed packet taken away is noticed");
}

static void test_sequence(void)
{
	int w;

	login();
	for (w = 0; w < 2; w++) {
		CHECK(p->side[w].s.strict && p->side[w].s.in.seq == p->side[w].s.in.packets);
		CHECK(p->side[w].s.out.seq == p->side[w].s.out.packets);
	}
	ssh_rekey(&p->side[0].s);
	pair_settle(p);
	for (w = 0; w < 2; w++)
		CHECK(p->side[w].seen[SSH_EV_KEYED] == 2 && p->side[w].s.in.seq < 3);
	save();
	p->side[SERVER].s.in.packets = 0xffffffff;
	CHECK(say(SERVER, MSG_IGNORE, "\0\0\0", 4) == SSH_E_SEQ);
	restore();
	p->side[SERVER].s.out.packets = 0xffffffff;
	CHECK(say(SERVER, 200, NULL, 0) == SSH_E_SEQ);
	test_end("sequence numbers: reset by NEWKEYS, never wrapped");
}

/*
 * An engine that knows neither strict kex nor EXT_INFO: its KEXINIT is written
 * as a later one is, and only then does it take its exchange for the first.
 */
static void plain_login(enum who plain)
{
	struct ssh *s = &p->side[plain].s;
	int i;

	s->tx_w = strlen(s->conf->version) + 2;
	s->out.seq = s->out.packets = s->out.bytes = 0;
	s->sid_len = 1;
	CHECK(kexinit_send(s) == SSH_OK);
	carry_ident(SERVER);
	carry_ident(CLIENT);
	for (i = 0; i < 2; i++) { /* the server's KEXINIT, then the client's */
		carry_one(i);
		side_steps(p, !i);
	}
	CHECK(s->kstep == K_SHARE);
	s->sid_len = 0;
	for (i = 0; i < 100000 && !p->side[0].gone && !p->side[1].gone; i++) {
		pair_turn(p);
		if (p->side[0].seen[SSH_EV_AUTHED] && p->side[1].seen[SSH_EV_AUTHED])
			return;
	}
	CHECK(!"both are in");
}

static void test_lenient(void)
{
	int plain, w;

	for (plain = 0; plain < 2; plain++) {
		begin();
		plain_login(plain);
		for (w = 0; w < 2; w++)
			CHECK(!p->side[w].s.strict &&
			      p->side[w].s.in.seq == p->side[w].s.in.packets + 3);
		ssh_rekey(&p->side[0].s);
		pair_settle(p);
		CHECK(p->side[0].seen[SSH_EV_KEYED] == 2 && p->side[1].seen[SSH_EV_KEYED] == 2);
	}
	test_end("a peer without strict kex");
}

/* ---- KEXINIT by hand ---- */

static int feed(enum who victim, struct str payload)
{
	CHECK(clear_feed(&p->side[victim].s, payload.p, payload.len));
	side_steps(p, victim);
	CHECK(p->side[victim].most <= TX_PACKET);
	return p->side[victim].gone;
}

/* the state after KEXINIT, a guess, and the real share */
static void guess(const char *kex, const char *hostkey, int right, int strict)
{
	uint8_t share[37] = {MSG_KEX_ECDH_INIT, 0, 0, 0, 32, 9}, junk[9] = {35, 1, 2, 3};
	struct ssh *s = &p->side[SERVER].s;
	char list[200];

	begin();
	p->side[SERVER].conf.kex = "curve25519-sha256,curve25519-sha256@libssh.org";
	carry_ident(CLIENT);
	snprintf(list, sizeof(list), "%s%s", kex, strict ? ",kex-strict-c-v00@openssh.com" : "");
	CHECK(feed(SERVER, kexinit(list, hostkey, 1)) == 0);
	CHECK(s->kstep == (right ? K_SHARE : K_GUESS));
	if (!right) {
		junk[0] = MSG_KEX_FIRST + rnd(20);
		CHECK(feed(SERVER, (struct str){junk, sizeof(junk)}) == 0 && s->kstep == K_SHARE);
		if (rnd(2)) { /* only one may be wrong */
			CHECK(feed(SERVER, (struct str){junk, sizeof(junk)}) != 0 ||
			      (junk[0] > 31 && !strict));
			return;
		}
	}
	CHECK(feed(SERVER, (struct str){share, sizeof(share)}) == 0 && s->kstep == K_NEWKEYS);
}

static void test_guess(void)
{
	int i;

	for (i = 0; i < 20; i++) {
		guess("curve25519-sha256", "ssh-ed25519", 1, i & 1);
		guess("curve25519-sha256,x", "ssh-ed25519,x", 1, i & 1);
		guess("x,curve25519-sha256", "ssh-ed25519", 0, i & 1);
		guess("curve25519-sha256", "x,ssh-ed25519", 0, i & 1);
		guess("curve25519-sha256@libssh.org,curve25519-sha256", "ssh-ed25519", 0, i & 1);
	}
	test_end("first_kex_packet_follows, right and wrong");
}

/* a server's guess: the first reply is dropped, the second looked at */
static void test_guess_by_server(void)
{
	uint8_t junk[9] = {MSG_KEX_ECDH_REPLY, 1, 2, 3};

	begin();
	carry_ident(SERVER);
	CHECK(feed(CLIENT, kexinit("x,curve25519-sha256", "ssh-ed25519", 1)) == 0);
	CHECK(p->side[CLIENT].s.kstep == K_GUESS);
	CHECK(feed(CLIENT, (struct str){junk, sizeof(junk)}) == 0);
	CHECK(p->side[CLIENT].s.kstep == K_SHARE);
	CHECK(feed(CLIENT, (struct str){junk, sizeof(junk)}) == SSH_E_PARSE);
	test_end("a wrong guess by a server");
}

static void test_bad_kexinit(void)
{
	struct str k;
	size_t n;

	begin();
	carry_ident(CLIENT);
	save();
	k = kexinit("curve25519-sha256", "ssh-ed25519", 0);
	for (n = 1; n < k.len; n++) {
		CHECK(feed(SERVER, (struct str){k.p, n}) == SSH_E_PARSE);
		restore();
	}
	CHECK(feed(SERVER, (struct str){k.p, k.len + 1}) == SSH_E_PARSE);
	restore();
	CHECK(feed(SERVER, kexinit("x", "ssh-ed25519", 0)) == SSH_E_NO_COMMON);
	CHECK(!strcmp(ssh_no_common(&p->side[SERVER].s), "key exchange method"));
	restore();
	CHECK(feed(SERVER, kexinit("kex-strict-c-v00@openssh.com", "ssh-ed25519", 0)) ==
	      SSH_E_NO_COMMON);
	restore();
	CHECK(feed(SERVER, kexinit("", "", 0)) == SSH_E_NO_COMMON);
	restore();
	CHECK(feed(SERVER, kexinit("curve25519-sha256", "ssh-rsa", 0)) == SSH_E_NO_COMMON);
	CHECK(!strcmp(ssh_no_common(&p->side[SERVER].s), "host key type"));
	restore();
	CHECK(feed(SERVER, kexinit("curve25519-sha256", "ssh-ed25519", 0)) == 0);
	CHECK(feed(SERVER, kexinit("curve25519-sha256", "ssh-ed25519", 0)) == SSH_E_UNEXPECTED);
	test_end("KEXINIT cut short, with nothing in common, twice");
}

int main(int argc, char **argv)
{
	if (!test_begin(argc, argv))
		return 0;
	test_every_message();
	test_strict_extra();
	test_truncation();
	test_sequence();
	test_lenient();
	test_guess();
	test_guess_by_server();
	test_bad_kexinit();
	return test_status();
}
