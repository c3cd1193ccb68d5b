/* lab.c - engines for the fuzzers: a victim, and a peer that seals what the input wants said. */
/* SPDX-License-Identifier: MIT */
#include "lab.h"

#include "invariants.h"
#include "sig.h"

#define OPS_MAX 300
#define SLOTS 6 /* channels that operations reach: few, so that they meet */

struct lab lab;

static uint8_t rx[2][SSH_RX_MIN + 3000], tx[2][20000];
static uint8_t pool[2][128 << 10] __attribute__((aligned(4096)));
static struct ssh_conf conf[2];
static struct ssh_hostkey hostkey = {.alg = "ssh-ed25519"};
static struct key key;
static uint8_t blob[64];
static uint8_t payload[SSH_PACKET_MAX];

static void keys_make(void)
{
	struct wr w = wr_init(blob, sizeof(blob));

	if (key.kind)
		return;
	key.kind = &key_ed25519;
	ed25519_public(key.u.ed25519.pub, key.u.ed25519.seed);
	key_public_blob(&key, &w);
	hostkey.blob = (struct str){blob, wr_len(&w)};
}

static struct ssh *engine(int i)
{
	return i ? &lab.peer : &lab.victim;
}

void lab_fresh(int victim_is_client, const uint8_t *data, size_t n)
{
	static const uint8_t seed[2][32] = {{1}, {2}};
	int i;

	keys_make();
	lab = (struct lab){.now = 1000, .in = rd_init((struct str){data, n})};
	for (i = 0; i < 2; i++) {
		conf[i] = (struct ssh_conf){
		    .client = i ? !victim_is_client : victim_is_client,
		    .version = "SSH-2.0-lab",
		    .hostkeys = &hostkey,
		    .n_hostkeys = 1,
		    .methods = AUTH_PASSWORD | AUTH_PUBLICKEY,
		    .banner = {(const uint8_t *)"hello", 5},
		    .pool = pool[i],
		    .pool_len = sizeof(pool[i]),
		};
		ssh_init(engine(i), &conf[i], seed[i], rx[i], sizeof(rx[i]), tx[i], sizeof(tx[i]));
	}
}

static void look(const struct ssh *s, struct str v, int in_rx)
{
	volatile uint8_t sum = 0;
	size_t i;

	(void)sum;
	if (!v.len)
		return;
	TRAP_UNLESS(!in_rx || (v.p >= s->rx && v.p + v.len <= s->rx + s->rx_w));
	for (i = 0; i < v.len; i++)
		sum += v.p[i];
}

/* every string can be read; those of the peer lie in rx */
static void look_at(const struct ssh *s, const struct ssh_event *ev)
{
	int in_rx =
	    ev->type != SSH_EV_VERSION && ev->type != SSH_EV_SIGN && ev->type != SSH_EV_HOSTKEY;

	look(s, ev->name, in_rx);
	look(s, ev->data, in_rx);
	look(s, ev->blob, 1);
	look(s, ev->auth.user, 1);
	look(s, ev->auth.password, 1);
	look(s, ev->auth.alg, 1);
	look(s, ev->auth.blob, 1);
	look(s, ev->auth.sig, 1);
}

static void sign(struct ssh *s, struct str data)
{
	uint8_t mem[SIG_MAX];
	struct wr w = wr_init(mem, sizeof(mem));

	key_sign(&key, &sig_ed25519, &w, data);
	if (s == &lab.victim && rd_u8(&lab.in) % 8 == 7) /* the user would not */
		w.p = w.start;
	ssh_answer_sig(s, (struct str){mem, wr_len(&w)});
}

static void next_auth(struct ssh *s)
{
	if (s != &lab.victim || !lab.auth_by_hand)
		ssh_auth_none(s, STR("me"));
}

static void answer_auth(const struct ssh_event *ev)
{
	int bits = rd_u8(&lab.in), answer = bits % 3 == 2 ? SSH_PARTIAL : bits % 3;

	ssh_auth_methods(&lab.victim, bits >> 4);
	lab.last_answer = ev->auth.query ? 0 : answer;
	ssh_answer(&lab.victim, answer);
}

static int answer_open(void)
{
	int bits = rd_u8(&lab.in) % 8;

	return bits < 5 ? SSH_YES : bits == 5 ? SSH_LATER : bits == 6 ? SSH_NO : -4;
}

/* the victim's are answered by the input, the peer is all goodwill */
static void answer(struct ssh *s, const struct ssh_event *ev)
{
	int mine = s == &lab.victim;

	switch (ev->type) {
	case SSH_EV_SIGN: sign(s, ev->data); break;
	case SSH_EV_HOSTKEY: ssh_answer(s, SSH_YES); break;
	case SSH_EV_AUTH_NEXT: next_auth(s); break;
	case SSH_EV_AUTH:
		if (mine && lab.auth_by_hand)
			answer_auth(ev);
		else
			ssh_answer(s, SSH_YES);
		break;
	case SSH_EV_OPEN: ssh_answer(s, mine ? answer_open() : SSH_YES); break;
	case SSH_EV_GLOBAL:
	case SSH_EV_REQUEST: ssh_answer(s, mine ? rd_u8(&lab.in) & 1 : SSH_YES); break;
	case SSH_EV_AUTHED: lab.authed += mine; break;
	default: break;
	}
}

static int steps(struct ssh *s)
{
	struct ssh_event ev;
	int r, phase = s->phase;

	while ((r = ssh_step(s, lab.now, &ev)) > 0) {
		TRAP_UNLESS(ev.type != SSH_EV_NONE && s->phase >= phase);
		phase = s->phase;
		look_at(s, &ev);
		answer(s, &ev);
		TRAP_UNLESS(!invariant_broken(s));
	}
	return r;
}

void lab_steps(void)
{
	int r = steps(&lab.victim);

	TRAP_UNLESS(!lab.done || r == lab.done); /* the first error sticks */
	lab.done = r;
	TRAP_UNLESS(!invariant_broken(&lab.victim));
	TRAP_UNLESS(lab.authed <= 1);
	if (!lab.hold) {
		size_t n;

		ssh_tx_buf(&lab.victim, &n);
		if (n > sizeof(tx[0]) / 2)
			lab_pump(1);
	}
}

static void move(struct ssh *from, struct ssh *to)
{
	size_t n, room;
	const uint8_t *d = ssh_tx_buf(from, &n);
	uint8_t *p = ssh_rx_buf(to, &room);

	if (ssh_error(to)) { /* it is lost */
		ssh_tx_ack(from, n);
		return;
	}
	n = n < room ? n : room;
	memcpy(p, d, n);
	ssh_tx_ack(from, n);
	ssh_rx_ack(to, n);
}

void lab_pump(int times)
{
	while (times--) {
		move(&lab.victim, &lab.peer);
		steps(&lab.peer);
		move(&lab.peer, &lab.victim);
		lab.done = steps(&lab.victim);
	}
}

void lab_feed(const uint8_t *p, size_t n)
{
	while (n && !lab.done) {
		size_t room;
		uint8_t *to = ssh_rx_buf(&lab.victim, &room);

		if (!room) /* it waits for its tx to be taken, or for an answer */
			return;
		room = room < n ? room : n;
		memcpy(to, p, room);
		ssh_rx_ack(&lab.victim, room);
		p += room;
		n -= room;
		lab_steps();
	}
}

void lab_say(const uint8_t *p, size_t n)
{
	struct wr w;
	size_t room;

	lab.peer.tx_open = 0;
	move(&lab.peer, &lab.victim);
	ssh_rx_buf(&lab.victim, &room);
	if (!n || lab.done || tx_room(&lab.peer) < n + 100 || room < n + 100)
		return;
	w = packet_begin(&lab.peer, p[0]);
	wr_bytes(&w, p + 1, n - 1);
	TRAP_UNLESS(packet_end(&lab.peer, &w) == SSH_OK);
	lab.last_sent = p[0];
	move(&lab.peer, &lab.victim);
	lab_steps();
	/* what is sealed well is not too long; nor was there too little room for an answer */
	TRAP_UNLESS(lab.done != SSH_E_LENGTH && lab.done != SSH_E_MAC);
}

static int there(int phase)
{
	return lab.victim.phase == phase && lab.victim.kstep == K_IDLE && lab.peer.kstep == K_IDLE;
}

static void login(int victim_is_client, int phase)
{
	int i;

	lab_fresh(victim_is_client, NULL, 0);
	lab.auth_by_hand = phase != PH_CONN;
	for (i = 0; i < 20 && !(there(phase) && lab.authed == (phase == PH_CONN)); i++) {
		move(&lab.peer, &lab.victim);
		lab_steps();
		if (there(phase))
			break;
		move(&lab.victim, &lab.peer);
		steps(&lab.peer);
	}
	TRAP_UNLESS(lab.victim.phase == phase);
}

/* the client's first sealed packets, taken back: strict kex counts from 0 */
static void to_service(void)
{
	int i;

	lab_fresh(0, NULL, 0);
	lab.auth_by_hand = 1;
	for (i = 0; i < 20 && lab.victim.phase != PH_SERVICE; i++) {
		size_t n, room, len;
		const uint8_t *d;

		move(&lab.victim, &lab.peer);
		steps(&lab.peer);
		d = ssh_tx_buf(&lab.peer,
			       &n); /* a line, then packets in the clear, one at a time */
		len = i ? 4 + get_u32(d) : strlen("SSH-2.0-lab\r\n");
		memcpy(ssh_rx_buf(&lab.victim, &room), d, len);
		ssh_rx_ack(&lab.victim, len);
		ssh_tx_ack(&lab.peer, len);
		lab_steps();
	}
	TRAP_UNLESS(lab.victim.phase == PH_SERVICE && lab.victim.strict);
	lab.peer.tx_r = lab.peer.tx_w = 0;
	lab.peer.out.seq = lab.peer.out.packets = 0;
}

void lab_keyed(int victim_is_client, int phase, const uint8_t *data, size_t n)
{
	static struct lab saved[2][PH_COUNT];
	struct lab *l = &saved[victim_is_client][phase];

	if (!l->now) {
		if (phase == PH_SERVICE)
			to_service();
		else
			login(victim_is_client, phase);
		*l = lab;
	}
	lab = *l;
	lab.in = rd_init((struct str){data, n});
}

/* ---- operations in PH_CONN ---- */

static void op_raw(void)
{
	struct str s = rd_bytes(&lab.in, rd_u8(&lab.in));

	lab_say(s.p, s.len);
}

static void op_open(void)
{
	struct wr w = wr_init(payload, sizeof(payload));

	wr_u8(&w, MSG_CHANNEL_OPEN);
	wr_strz(&w, "session");
	wr_u32(&w, rd_u8(&lab.in));
	wr_u32(&w, rd_u32(&lab.in));
	wr_u32(&w, rd_u32(&lab.in));
	lab_say(payload, wr_len(&w));
}

static void op_channel(void)
{
	uint8_t bits = rd_u8(&lab.in), msg = MSG_CHANNEL_OPEN_CONFIRMATION + bits / SLOTS % 10;
	struct wr w = wr_init(payload, sizeof(payload));
	uint16_t n;

	wr_u8(&w, msg);
	wr_u32(&w, bits % SLOTS);
	if (msg == MSG_CHANNEL_WINDOW_ADJUST)
		wr_u32(&w, rd_u32(&lab.in));
	if (msg == MSG_CHANNEL_EXTENDED_DATA)
		wr_u32(&w, 1 + (rd_u8(&lab.in) == 7));
	if (msg == MSG_CHANNEL_DATA || msg == MSG_CHANNEL_EXTENDED_DATA) {
		n = rd_u8(&lab.in) << 7;
		n += rd_u8(&lab.in);
		wr_u32(&w, n);
		w.p += n; /* what is there */
	}
	if (msg == MSG_CHANNEL_OPEN_CONFIRMATION || msg == MSG_CHANNEL_OPEN_FAILURE) {
		wr_u32(&w, bits);
		wr_u32(&w, msg == MSG_CHANNEL_OPEN_FAILURE ? 0 : rd_u32(&lab.in));
		wr_u32(&w, rd_u32(&lab.in) & (msg == MSG_CHANNEL_OPEN_FAILURE ? 0 : ~0u));
	}
	if (msg == MSG_CHANNEL_REQUEST) {
		wr_strz(&w, "exec");
		wr_u8(&w, bits & 1);
	}
	lab_say(payload, wr_len(&w));
}

/* what the application takes */
static void op_take(int ch)
{
	int ext = rd_u8(&lab.in) & 1;
	size_t n, most = rd_u8(&lab.in) << 8;

	if (!ssh_in_buf(&lab.victim, ch, ext, &n))
		return;
	look(&lab.victim, (struct str){ssh_in_buf(&lab.victim, ch, ext, &n), n}, 0);
	ssh_in_ack(&lab.victim, ch, ext, n < most ? n : most);
}

static void op_give(int ch)
{
	int ext = rd_u8(&lab.in) & 1;
	size_t n, most = rd_u8(&lab.in) << 7;
	uint8_t *p = ssh_out_buf(&lab.victim, ch, ext, &n);

	if (!p)
		return;
	n = n < most ? n : most;
	memset(p, 'x', n);
	ssh_out_ack(&lab.victim, ch, ext, n);
	TRAP_UNLESS(ssh_error(&lab.victim) == lab.done);
}

static void op_state(int ch)
{
	struct ssh *s = &lab.victim;
	struct str data = {payload, rd_u8(&lab.in)};

	switch (rd_u8(&lab.in) % 10) {
	case 0: ssh_chan_eof(s, ch); break;
	case 1: ssh_chan_eow(s, ch); break;
	case 2: ssh_chan_exit(s, ch, 3); break;
	case 3: ssh_chan_signal(s, ch, "TERMINATED SOMEHOW", 1); break;
	case 4: ssh_chan_close(s, ch); break;
	case 5: ssh_chan_open(s, "session", data); break;
	case 6: ssh_chan_request(s, ch, "env", 1, data); break;
	case 7: ssh_global(s, "keepalive@openssh.com", 1, data); break;
	case 8: ssh_chan_confirm(s, ch, rd_u8(&lab.in) & 1); break;
	default: lab.hold = !lab.hold;
	}
}

/*
 * The application's calls come between events as well: an event in the midst of
 * a step, with its packet in hand, is met by op_step.
 */
static void op_step(void)
{
	struct ssh_event ev;

	if (ssh_step(&lab.victim, lab.now, &ev) <= 0)
		return;
	look_at(&lab.victim, &ev);
	answer(&lab.victim, &ev);
}

void lab_connection(void)
{
	int i;

	for (i = 0; i < OPS_MAX && rd_left(&lab.in) && !lab.done; i++) {
		uint8_t op = rd_u8(&lab.in);
		int ch = op / 16 % SLOTS;

		switch (op % 16) {
		case 0: op_raw(); break;
		case 1: op_open(); break;
		case 2:
		case 3:
		case 4: op_channel(); break;
		case 5:
		case 6: op_take(ch); break;
		case 7: op_give(ch); break;
		case 8:
		case 9: op_state(ch); break;
		case 10: lab_pump(1 + op / 64); break;
		case 11: ssh_rekey(&lab.victim); break;
		case 12: ssh_rekey(&lab.peer); break;
		case 13: op_step(); break;
		case 14: lab.now += (uint64_t)rd_u8(&lab.in) << 14; break;
		default: lab_steps();
		}
		TRAP_UNLESS(!invariant_broken(&lab.victim));
	}
	lab.hold = 0;
	if (!lab.done)
		lab_pump(3);
}
