/* test_cbc.c - CBC without -etm does not show where and why a packet is refused. */
/* SPDX-License-Identifier: MIT */
#include "pair.h"
#include "script.h"

#include <stdio.h>

#include "algs.h"

/* the server gets the n bytes in pieces */
static void feed(const uint8_t *d, size_t n)
{
	struct ssh *to = &p->side[SERVER].s;
	size_t len, piece;
	uint8_t *room;

	for (; n > 0 && !p->side[SERVER].gone; n -= len, d += len) {
		piece = 1 + rnd(3000);
		room = ssh_rx_buf(to, &len);
		len = len < piece ? len : piece;
		len = len < n ? len : n;
		memcpy(room, d, len);
		ssh_rx_ack(to, len);
		side_steps(p, SERVER);
	}
}

/* a packet with a bit changed, then noise: refused as soon as it can be, or at the last byte only */
static void changed(size_t bit, int late)
{
	static uint8_t sent[SSH_PACKET_MAX];
	const uint8_t *d;
	size_t len;

	d = ssh_tx_buf(&p->side[CLIENT].s, &len);
	memcpy(sent, d, len);
	sent[bit / 8] ^= 1 << bit % 8;
	for (size_t i = len; i < sizeof(sent); i++)
		sent[i] = rnd(256);
	feed(sent, sizeof(sent) - 1);
	if (late)
		CHECK(!p->side[SERVER].gone);
	feed(sent + sizeof(sent) - 1, 1);
	CHECK(late ? p->side[SERVER].gone == SSH_E_MAC : p->side[SERVER].gone != 0);
	CHECK(!p->side[SERVER].seen[SSH_EV_GLOBAL]);
}

static void run(const struct cipher *a, const struct mac *m)
{
	char name[120];
	struct wr w;
	size_t n;

	p = pair_new();
	for (int i = 0; i < 2; i++) {
		p->side[i].conf.ciphers = a->name;
		p->side[i].conf.macs = m->name;
	}
	CHECK(pair_login(p));
	pair_settle(p);
	w = raw_begin(p, CLIENT, MSG_GLOBAL_REQUEST);
	wr_strz(&w, "keepalive@openssh.com");
	wr_u8(&w, 1);
	raw_end(p, CLIENT, &w);
	ssh_tx_buf(&p->side[CLIENT].s, &n);
	save();
	for (size_t bit = 0; bit < n * 8 && !failed(); bit += 1 + rnd(20)) {
		changed(bit, a->cbc && !m->etm);
		restore();
	}
	snprintf(name, sizeof(name), "a bit changed, then noise, under %s %s", a->name, m->name);
	test_end(name);
}

int main(int argc, char **argv)
{
	if (!test_begin(argc, argv))
		return 0;
	for (int c = 0; ciphers[c]; c++)
		for (int m = 0; macs[m]; m++)
			if (!ciphers[c]->tag_len)
				run(ciphers[c], macs[m]);
	return test_status();
}
