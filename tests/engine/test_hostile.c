/* test_hostile.c - peers that have keys and break the rules: services, EXT_INFO, rekeys, floods. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "script.h"

static uint8_t mem[SSH_PACKET_MAX];

static void test_service(void)
{
	static const uint8_t userauth[] = "\0\0\0\14ssh-userauth";
	int i;

	for (i = 0; i < 4; i++) {
		until_strict(SERVER, K_NEWKEYS);
		carry(SERVER);
		side_steps(p, CLIENT); /* NEWKEYS, SERVICE_REQUEST, the first USERAUTH_REQUEST */
		carry_one(CLIENT);
		side_steps(p, SERVER);
		CHECK(p->side[SERVER].s.phase == PH_SERVICE);
		p->side[CLIENT].s.tx_r = p->side[CLIENT].s.tx_w = 0;
		p->side[CLIENT].s.out.seq = 0; /* as if it had not sent them */
		if (i == 0) {
			CHECK(say(SERVER, MSG_SERVICE_REQUEST, userauth, 16) == 0);
			CHECK(say(SERVER, MSG_SERVICE_REQUEST, userauth, 16) == SSH_E_UNEXPECTED);
		} else if (i == 1) {
			CHECK(say(SERVER, MSG_SERVICE_REQUEST, "\0\0\0\16ssh-connection", 18) ==
			      SSH_E_SERVICE);
		} else if (i == 2) {
			CHECK(say(SERVER, MSG_EXT_INFO, "\0\0\0\0", 4) == 0);
			CHECK(say(SERVER, MSG_EXT_INFO, "\0\0\0\0", 4) == SSH_E_UNEXPECTED);
		} else {
			CHECK(say(SERVER, MSG_IGNORE, "\0\0\0\0", 4) == 0);
			CHECK(say(SERVER, MSG_EXT_INFO, "\0\0\0\0", 4) == SSH_E_UNEXPECTED);
		}
	}
	test_end("service requests and EXT_INFO to a server");
}

static int no_auth(struct pair *pp, enum who w, struct ssh_event *ev)
{
	(void)pp;
	(void)w;
	return ev->type == SSH_EV_AUTH; /* never answered */
}

/* a client that has asked for "none" and waits */
static void waiting_client(void)
{
	p = pair_new();
	p->on = no_auth;
	pair_start(p);
	pair_settle(p);
	CHECK(p->side[CLIENT].s.phase == PH_AUTH && p->side[CLIENT].s.tried == AUTH_NONE);
}

static void test_ext_info_to_client(void)
{
	waiting_client();
	save();
	CHECK(say(CLIENT, MSG_EXT_INFO, "\0\0\0\0", 4) == 0);
	CHECK(say(CLIENT, MSG_USERAUTH_SUCCESS, NULL, 0) == 0 &&
	      p->side[CLIENT].s.phase == PH_CONN);
	CHECK(say(CLIENT, MSG_EXT_INFO, "\0\0\0\0", 4) == SSH_E_UNEXPECTED);
	restore();
	CHECK(say(CLIENT, MSG_EXT_INFO, "\0\0\0\0", 4) == 0);
	CHECK(say(CLIENT, MSG_USERAUTH_FAILURE, "\0\0\0\0", 5) == SSH_E_UNEXPECTED);
	restore();
	CHECK(say(CLIENT, MSG_EXT_INFO, "\0\0\0\0", 4) == 0);
	CHECK(say(CLIENT, MSG_IGNORE, "\0\0\0\0", 4) == SSH_E_UNEXPECTED);
	restore();
	CHECK(say(CLIENT, MSG_EXT_INFO, "\0\0\0\0", 4) == 0);
	CHECK(say(CLIENT, MSG_EXT_INFO, "\0\0\0\0", 4) == SSH_E_UNEXPECTED);
	restore();
	CHECK(say(CLIENT, MSG_EXT_INFO, "\377\377\377\377\0\0\0\0", 8) == SSH_E_PARSE);
	test_end("EXT_INFO to a client");

	restore();
	CHECK(say(CLIENT, MSG_USERAUTH_SUCCESS, NULL, 0) == 0);
	CHECK(say(CLIENT, MSG_USERAUTH_SUCCESS, NULL, 0) == SSH_E_UNEXPECTED);
	restore();
	p->side[CLIENT].s.tried = 0;
	CHECK(say(CLIENT, MSG_USERAUTH_SUCCESS, NULL, 0) == SSH_E_UNEXPECTED);
	restore();
	CHECK(say(CLIENT, MSG_USERAUTH_PK_OK, "\0\0\0\0\0\0\0\0", 8) == SSH_E_UNEXPECTED);
	test_end("success that nobody asked for");
}

static void test_after_login(void)
{
	static const uint8_t again[] = "\0\0\0\4root\0\0\0\16ssh-connection\0\0\0\4none";

	login();
	CHECK(say(SERVER, MSG_USERAUTH_REQUEST, again, sizeof(again) - 1) == 0);
	CHECK(p->side[SERVER].s.tx_r == p->side[SERVER].s.tx_w);
	CHECK(p->side[SERVER].seen[SSH_EV_AUTH] == 1);
	CHECK(say(SERVER, MSG_SERVICE_REQUEST, "\0\0\0\14ssh-userauth", 16) == SSH_E_UNEXPECTED);
	test_end("requests after success");
}

static void test_user_service(void)
{
	static const uint8_t other[] = "\0\0\0\2me\0\0\0\4sshX\0\0\0\4none";

	waiting_client();
	p->side[SERVER].s.ask = 0;
	CHECK(say(SERVER, MSG_USERAUTH_REQUEST, other, sizeof(other) - 1) == SSH_E_SERVICE);
	test_end("another service for the user");
}

/* ---- rekeys ---- */

static void test_host_key_changes(void)
{
	login();
	host_key.u.ed25519 = user_key.u.ed25519;
	p->side[SERVER].conf.hostkeys = &(struct ssh_hostkey){"ssh-ed25519", user_blob};
	ssh_rekey(&p->side[CLIENT].s);
	pair_settle(p);
	CHECK(p->side[CLIENT].gone == SSH_E_HOSTKEY && p->side[CLIENT].seen[SSH_EV_KEYED] == 1);
	host_blob.len = 0; /* made anew */
	test_end("another host key in a rekey");
}

/* by a client; what was guessed is dropped, whatever it is */
static void test_rekey_guess(void)
{
	struct ssh *victim;
	struct str k;
	int right;

	for (right = 0; right < 2; right++) {
		login();
		victim = &p->side[SERVER].s;
		p->side[SERVER].conf.kex = "curve25519-sha256";
		k = kexinit(right ? "curve25519-sha256" : "x,curve25519-sha256", "ssh-ed25519", 1);
		CHECK(say(SERVER, k.p[0], k.p + 1, k.len - 1) == 0);
		CHECK(victim->kstep == (right ? K_SHARE : K_GUESS));
		if (!right)
			CHECK(say(SERVER, 34, "whatever", 8) == 0);
		CHECK(victim->kstep == K_SHARE);
		CHECK(say(SERVER, 30, "\0\0\0\40ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", 36) == 0);
		CHECK(victim->kstep == K_NEWKEYS);
		CHECK(say(SERVER, MSG_SERVICE_REQUEST, "\0\0\0\0", 4) == SSH_E_UNEXPECTED);
	}
	login();
	k = kexinit("x,curve25519-sha256", "ssh-ed25519", 1);
	CHECK(say(SERVER, k.p[0], k.p + 1, k.len - 1) == 0);
	CHECK(say(SERVER, MSG_IGNORE, "\0\0\0\0", 4) == 0); /* not the guess */
	CHECK(say(SERVER, MSG_CHANNEL_OPEN, mem, 30) == SSH_E_UNEXPECTED);
	test_end("a rekey with first_kex_packet_follows");
}

static void test_rekey_flood(void)
{
	int i, w;

	login();
	for (i = 0; i < 500 && !failed(); i++) {
		ssh_rekey(&p->side[CLIENT].s);
		for (w = 0; w < 8; w++) {
			side_steps(p, w & 1);
			carry(w & 1);
		}
	}
	CHECK(p->side[CLIENT].seen[SSH_EV_KEYED] > 100);
	CHECK(p->side[CLIENT].most <= TX_PACKET && p->side[SERVER].most <= TX_PACKET);
	CHECK(!p->side[SERVER].gone && !p->side[CLIENT].gone);
	CHECK(say(SERVER, MSG_NEWKEYS, NULL, 0) == SSH_E_UNEXPECTED);
	test_end("rekey flood, NEWKEYS without an exchange");

	login();
	ssh_rekey(&p->side[CLIENT].s);
	side_steps(p, CLIENT);
	CHECK(heard(SERVER) == 0 && p->side[SERVER].s.kstep == K_SHARE);
	CHECK(say(SERVER, MSG_KEXINIT, mem, 100) == SSH_E_UNEXPECTED);
	test_end("KEXINIT flood");
}

/* ---- floods: an engine in the clear, with a key exchange open or not ---- */

static struct ssh_conf conf;
static uint8_t rx[CFG_RX_SIZE], tx[CFG_TX_SIZE];
static struct ssh s;

static struct str flood_message(uint8_t msg, int want)
{
	struct wr w = wr_init(mem, sizeof(mem));

	wr_u8(&w, msg);
	if (msg == MSG_GLOBAL_REQUEST) {
		wr_strz(&w, "x");
		wr_u8(&w, want);
	} else if (msg == MSG_PING) {
		wr_str(&w, mem + 10000, 800);
	} else if (msg == MSG_CHANNEL_OPEN) {
		wr_strz(&w, "session");
		wr_u32(&w, 1);
		wr_u32(&w, 1);
		wr_u32(&w, 1);
	}
	return (struct str){mem, wr_len(&w)};
}

/* messages until the engine takes no more or ends; how many; all that is sent is taken where reading */
static uint32_t flood(int step, uint8_t msg, int want, uint32_t most, int reading)
{
	struct str m = flood_message(msg, want), out;
	struct ssh_event ev;
	uint32_t i, replies = 0;

	conf = (struct ssh_conf){.version = "SSH-2.0-t"};
	clear_init(&s, &conf, rx, sizeof(rx), tx, sizeof(tx));
	s.kstep = step;
	for (i = 0; i < most; i++) {
		if (!clear_feed(&s, m.p, m.len))
			break;
		while (ssh_step(&s, 1, &ev) > 0)
			ssh_answer(&s, SSH_YES);
		if (s.err)
			break;
		while (reading && clear_take(&s, &out))
			replies++;
	}
	if (reading && i == most && want && step == K_IDLE)
		CHECK(replies == most);
	return i;
}

static void test_floods(void)
{
	CHECK(flood(K_SENT, MSG_GLOBAL_REQUEST, 1, 1000000, 1) == 32 && s.err == SSH_E_FLOOD);
	CHECK(flood(K_SENT, MSG_GLOBAL_REQUEST, 0, 1000000, 1) == 1000000 && !s.err);
	CHECK(flood(K_IDLE, MSG_GLOBAL_REQUEST, 1, 1000000, 1) == 1000000 && !s.err);
	test_end("a million global requests");
	/* nobody reads the answers: it stops reading */
	CHECK(flood(K_IDLE, MSG_GLOBAL_REQUEST, 1, 1000000, 0) < 20000 && !s.err);
	CHECK(s.rx_size - s.rx_w < 100 && tx_room(&s) < TX_PACKET);
	test_end("a million global requests, answers not read");
	CHECK(flood(K_IDLE, MSG_PING, 1, 100000, 1) == 100000 && !s.err);
	CHECK(flood(K_SENT, MSG_PING, 1, 100000, 1) == 100000 && !s.err && s.tx_w == 0);
	CHECK(flood(K_IDLE, MSG_PING, 1, 100000, 0) < 1000 && !s.err);
	test_end("PING flood");
	CHECK(flood(K_SENT, MSG_CHANNEL_OPEN, 1, 100000, 1) < CFG_CHANNELS + 10 &&
	      s.err == SSH_E_FLOOD);
	CHECK(flood(K_IDLE, MSG_CHANNEL_OPEN, 1, 100000, 1) == 100000 && !s.err);
	CHECK(flood(K_IDLE, MSG_CHANNEL_OPEN, 1, 100000, 0) < 5000 && !s.err);
	test_end("CHANNEL_OPEN flood");
	CHECK(flood(K_IDLE, 250, 0, 100000, 0) < 20000 && !s.err);
	test_end("flood of unknown messages");
}

int main(int argc, char **argv)
{
	if (!test_begin(argc, argv))
		return 0;
	test_service();
	test_ext_info_to_client();
	test_after_login();
	test_user_service();
	test_host_key_changes();
	test_rekey_guess();
	test_rekey_flood();
	test_floods();
	return test_status();
}
