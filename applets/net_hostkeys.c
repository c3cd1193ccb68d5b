/* net_hostkeys.c - all host keys, told after the login and proven on demand (OpenSSH's PROTOCOL 2.5). */
/* SPDX-License-Identifier: MIT */
#include "net.h"

#define ANSWER (CFG_KEY_MLDSA44 ? 8192 : 4096) /* pages, which are given back */

static uint8_t mem[ANSWER] APART;
static int due;

void hostkeys_due(void)
{
	due = net.conf.n_hostkeys != 0;
}

/* a key with several algorithms stands there several times */
static int is_first(unsigned i)
{
	unsigned k;

	for (k = 0; k < i; k++)
		if (net.key_index[k] == net.key_index[i])
			return 0;
	return 1;
}

void hostkeys_tell(void)
{
	struct wr w = wr_init(mem, sizeof(mem));
	unsigned i;

	if (!due)
		return;
	for (i = 0; i < net.conf.n_hostkeys; i++)
		if (is_first(i))
			wr_str(&w, net.hostkeys[i].blob.p, net.hostkeys[i].blob.len);
	due = !w.bad && !ssh_global(&net.ssh, HOSTKEYS_TELL, 0, (struct str){mem, wr_len(&w)});
	if (!due)
		mem_rest(mem, sizeof(mem));
}

/* 1: a signature by that key is appended */
static int prove(struct wr *w, struct str blob)
{
	struct wr q;
	struct str sig;
	struct rd r;
	unsigned i;

	for (i = 0; i < net.conf.n_hostkeys; i++)
		if (str_eq(net.hostkeys[i].blob, blob))
			break;
	if (i == net.conf.n_hostkeys)
		return 0;
	q = call_begin(MON_PROVE);
	wr_u8(&q, net.key_index[i]);
	wr_strz(&q, net.hostkeys[i].alg);
	r = call(&q, NULL, NULL);
	sig = rd_str(&r);
	wr_str(w, sig.p, sig.len);
	return sig.len && !w->bad;
}

int hostkeys_prove(const struct ssh_event *ev)
{
	struct wr w = wr_init(mem, sizeof(mem));
	struct rd r = rd_init(ev->data);
	int ok = rd_left(&r) > 0;

	if (!str_is(ev->name, HOSTKEYS_PROVE))
		return 0;
	while (ok && rd_left(&r))
		ok = prove(&w, rd_str(&r)) && !r.bad;
	if (ok)
		ssh_answer_data(&net.ssh, (struct str){mem, wr_len(&w)});
	else
		ssh_answer(&net.ssh, SSH_NO);
	return 1;
}
