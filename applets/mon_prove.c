/* mon_prove.c - proves a host key to a client that asks (OpenSSH's PROTOCOL 2.5). */
/* SPDX-License-Identifier: MIT */
/* What is signed is composed here, from what this connection is; net chooses the key alone. */
#include "monitor.h"
#include "sig.h"

void prove_request(struct rd *r, struct wr *w)
{
	struct wr msg = wr_init(mon_scratch.signed_, sizeof(mon_scratch.signed_));
	unsigned i = rd_u8(r);
	const struct sig *sig = sig_find(rd_str(r));
	uint8_t *mark;

	if (!rd_done(r) || i >= mon.n_hostkeys) {
		r->bad = 1;
		return;
	}
	wr_strz(&msg, HOSTKEYS_PROVE);
	wr_str(&msg, mon.sid, mon.sid_len);
	mark = wr_open(&msg);
	key_public_blob(&mon.hostkey[i], &msg);
	wr_close(&msg, mark);
	monitor_sign(i, msg.bad ? NULL : sig, (struct str){msg.start, wr_len(&msg)}, w);
}
