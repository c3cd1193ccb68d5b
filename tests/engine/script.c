/* script.c - a victim, and a peer that does what a test tells it. */
/* SPDX-License-Identifier: MIT */
#include "script.h"

struct pair *p;

static uint8_t saved[2 * sizeof(struct ssh)];

/* all bytes from one side to the other, at once */
void carry(enum who from)
{
	size_t n, room;
	const uint8_t *d = ssh_tx_buf(&p->side[from].s, &n);
	uint8_t *to = ssh_rx_buf(&p->side[!from].s, &room);

	CHECK(n <= room || p->side[!from].s.err);
	n = n < room ? n : room;
	memcpy(to, d, n);
	ssh_rx_ack(&p->side[!from].s, n);
	ssh_tx_ack(&p->side[from].s, n);
}

/* the victim's error after what its peer sent; 0: it goes on */
int heard(enum who victim)
{
	carry(!victim);
	side_steps(p, victim);
	return p->side[victim].gone;
}

void login(void)
{
	p = pair_new();
	CHECK(pair_login(p));
	pair_settle(p);
}

void save(void)
{
	memcpy(saved, &p->side[0].s, sizeof(struct ssh));
	memcpy(saved + sizeof(struct ssh), &p->side[1].s, sizeof(struct ssh));
}

void restore(void)
{
	memcpy(&p->side[0].s, saved, sizeof(struct ssh));
	memcpy(&p->side[1].s, saved + sizeof(struct ssh), sizeof(struct ssh));
	p->side[0].gone = p->side[1].gone = 0;
}

/* a message of n bytes out of the peer's engine, whatever its state */
int say(enum who victim, uint8_t msg, const void *data, size_t n)
{
	struct wr w = raw_begin(p, !victim, msg);

	wr_bytes(&w, data, n);
	raw_end(p, !victim, &w);
	return heard(victim);
}

/* the payload of the next packet that the victim sent, as its peer opens it */
struct str answer(enum who victim)
{
	struct str payload = {0};

	carry(victim);
	packet_next(&p->side[!victim].s, &payload);
	return payload;
}

/* both have sent KEXINIT, nothing has arrived; then as far as wanted */
void begin(void)
{
	p = pair_new();
	p->hold = 1;
	pair_start(p);
}

/* packets in the clear, one at a time: 0: there is none */
int carry_one(enum who from)
{
	struct ssh *s = &p->side[from].s;
	size_t n, len;
	const uint8_t *d = ssh_tx_buf(s, &n);
	size_t room;

	if (n < 8)
		return 0;
	len = 4 + get_u32(d);
	CHECK(len <= n);
	if (len > n)
		return 0;
	memcpy(ssh_rx_buf(&p->side[!from].s, &room), d, len);
	ssh_rx_ack(&p->side[!from].s, len);
	ssh_tx_ack(s, len);
	return 1;
}

void carry_ident(enum who from)
{
	static const char line[] = "SSH-2.0-pair\r\n";
	size_t room;

	memcpy(ssh_rx_buf(&p->side[!from].s, &room), line, sizeof(line) - 1);
	ssh_rx_ack(&p->side[!from].s, sizeof(line) - 1);
	ssh_tx_ack(&p->side[from].s, sizeof(line) - 1);
}

/* the exchange up to where the victim is in phase STRICT and that step, by packets in the clear */
void until_strict(enum who victim, int step)
{
	begin();
	carry_ident(SERVER);
	carry_ident(CLIENT);
	if (victim == SERVER) {
		carry_one(CLIENT); /* KEXINIT */
		side_steps(p, SERVER);
		if (step == K_NEWKEYS) {
			carry_one(SERVER);
			side_steps(p, CLIENT);
			carry_one(CLIENT); /* the share */
			side_steps(p, SERVER);
		}
	} else {
		carry_one(SERVER);
		side_steps(p, CLIENT);
		if (step == K_NEWKEYS) {
			carry(CLIENT);
			side_steps(p, SERVER);
			carry_one(SERVER); /* the reply, not yet NEWKEYS */
			side_steps(p, CLIENT);
		}
	}
	CHECK(p->side[victim].s.phase == PH_STRICT && p->side[victim].s.kstep == step);
	CHECK(!p->side[victim].gone);
	CHECK(p->side[victim].most <= TX_PACKET);
}

struct str kexinit(const char *kex, const char *hostkey, int follows)
{
	static uint8_t mem[1000];
	struct wr w = wr_init(mem, sizeof(mem));
	int i;

	wr_u8(&w, MSG_KEXINIT);
	wr_bytes(&w, "0123456789abcdef", 16);
	wr_strz(&w, kex);
	wr_strz(&w, hostkey);
	for (i = 0; i < 2; i++)
		wr_strz(&w, "chacha20-poly1305@openssh.com");
	for (i = 0; i < 2; i++)
		wr_strz(&w, "hmac-sha2-256");
	for (i = 0; i < 2; i++)
		wr_strz(&w, "none");
	for (i = 0; i < 2; i++)
		wr_strz(&w, "");
	wr_u8(&w, follows);
	wr_u32(&w, 0);
	return (struct str){mem, wr_len(&w)};
}
