/* cli_hostkeys.c - UpdateHostKeys: the server's other keys, once it has proven them (PROTOCOL 2.5). */
/* SPDX-License-Identifier: MIT */
/*
 * Only for a server whose key was known before, and only what is new: keys that
 * the server no longer names stay in the file. One round a connection.
 */
#include "cli_run.h"
#include "pubkey.h"
#include "sig.h"

#define KEYS 16
#define ROOM 4096

static uint8_t blobs[ROOM] APART, mem[ROOM] APART;
static struct str asked[KEYS] APART; /* in blobs */
static unsigned n_asked;
static uint8_t asks; /* 1: the request is to be sent, 2: it is out */

/* new keys of kinds that we know */
static void collect(struct rd *r)
{
	struct wr w = wr_init(blobs, sizeof(blobs));
	const char *name = cli_host_name(&cli.set);

	while (rd_left(r) && !r->bad && n_asked < KEYS) {
		struct str blob = rd_str(r);
		uint8_t *at = w.p;

		if (r->bad || !key_kind_find(pubkey_name(blob)) ||
		    known_check(&cli.set, name, blob, (struct str){0}).what != KNOWN_CHANGED)
			continue; /* revoked, or known already */
		wr_bytes(&w, blob.p, blob.len);
		if (!w.bad)
			asked[n_asked++] = (struct str){at, blob.len};
	}
}

int cli_hostkeys_told(const struct ssh_event *ev)
{
	struct rd r = rd_init(ev->data);

	if (!str_is(ev->name, "hostkeys-00@openssh.com"))
		return 0;
	if (!asks && cli.set.update_hostkeys && cli.known) {
		collect(&r);
		asks = n_asked != 0;
	}
	ssh_answer(&cli.ssh, SSH_NO);
	return 1;
}

void cli_hostkeys_ask(void)
{
	struct wr w = wr_init(mem, sizeof(mem));
	unsigned i;

	if (asks != 1)
		return;
	for (i = 0; i < n_asked; i++)
		wr_str(&w, asked[i].p, asked[i].len);
	if (w.bad || cli_fwd_prove(&w))
		asks = 2;
}

/* the row by which a signature of that name is made */
static const struct sig *sig_of(struct str sig, struct str blob)
{
	struct rd r = rd_init(sig);
	struct str name = rd_str(&r);
	int i;

	for (i = 0; sigs[i]; i++)
		if (str_is(name, sigs[i]->sig_name) && str_is(pubkey_name(blob), sigs[i]->key_name))
			return sigs[i];
	return NULL;
}

void cli_hostkeys_proven(const struct ssh_event *ev)
{
	struct rd r = rd_init(ev->data);
	const char *name = cli_host_name(&cli.set), *file;
	struct str sid = ssh_session_id(&cli.ssh);
	unsigned i;

	for (i = 0; ev->num && i < n_asked; i++) {
		struct str sig = rd_str(&r);
		struct wr w = wr_init(mem, sizeof(mem));
		const struct sig *row = sig_of(sig, asked[i]);

		wr_strz(&w, "hostkeys-prove-00@openssh.com");
		wr_str(&w, sid.p, sid.len);
		wr_str(&w, asked[i].p, asked[i].len);
		if (!row || w.bad ||
		    !sig_verify(row, asked[i], sig, (struct str){mem, wr_len(&w)})) {
			cli_say(&cli.set, LOG_L_WARN, "%p: a host key that it cannot prove", name);
			break;
		}
		if (known_add(&cli.set, name, asked[i], &file) == 0)
			cli_say(&cli.set, LOG_L_INFO, "Learned new hostkey: %s",
				cli_fingerprint(asked[i]));
	}
	mem_rest(blobs, sizeof(blobs));
	mem_rest(mem, sizeof(mem));
	n_asked = 0;
}
