/* trans.c - the transport's small messages (RFC 4253 11, RFC 8308, ping@openssh.com). */
/* SPDX-License-Identifier: MIT */
#include "engine.h"
#include "sig.h"

int trans_on_disconnect(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	ev->num = rd_u32(r);
	ev->data = rd_str(r);
	ev->type = SSH_EV_DISCONNECT;
	s->err = SSH_E_PEER; /* comes with the next step */
	return 1;
}

int trans_on_ignore(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	(void)s;
	(void)r;
	(void)ev;
	return SSH_OK;
}

int trans_on_unimplemented(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	(void)s;
	(void)ev;
	rd_u32(r);
	return rd_done(r) ? SSH_OK : SSH_E_PARSE;
}

int trans_on_debug(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	(void)s;
	ev->num = rd_u8(r);
	ev->data = rd_str(r);
	rd_str(r); /* language */
	if (r->bad)
		return SSH_E_PARSE;
	ev->type = SSH_EV_DEBUG;
	return 1;
}

/* the rows that a server's list names; OpenSSH's has none of those of certificates */
static uint32_t sig_bits(struct str list)
{
	uint32_t bits = 0;
	int i;

	for (i = 0; sigs[i]; i++)
		if (sigs[i]->plain || list_has(list, str_of(sigs[i]->name)))
			bits |= (uint32_t)1 << i;
	return bits;
}

/*
 * RFC 8308 2.4: the first message after NEWKEYS, or (to a client) the one before
 * USERAUTH_SUCCESS; table.c sees to the latter.
 */
int trans_on_ext_info(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	uint32_t n = rd_u32(r);

	(void)ev;
	if (s->phase == PH_SERVICE && s->in.packets != 1)
		return SSH_E_UNEXPECTED;
	if (s->phase == PH_AUTH) /* dispatch sees to it that success follows */
		s->ext_seq = s->in.seq;
	while (n-- && !r->bad) {
		struct str name = rd_str(r), value = rd_str(r);

		if (is_client(s) && str_is(name, "server-sig-algs"))
			s->sig_algs = sig_bits(value);
	}
	return rd_done(r) ? SSH_OK : SSH_E_PARSE;
}

int trans_ext_info_send(struct ssh *s)
{
	struct wr w = packet_begin(s, MSG_EXT_INFO);
	const char *list = s->conf->pubkey_algs;
	uint8_t *mark;
	int i, n = 0;

	wr_u32(&w, 2);
	wr_strz(&w, "server-sig-algs");
	if (list && *list) {
		wr_strz(&w, list);
	} else {
		mark = wr_open(&w);
		for (i = CERT_ROWS; sigs[i]; i++) {
			if (sigs[i]->off & (OFF_SERVER | NO_SERVER))
				continue;
			if (n++)
				wr_u8(&w, ',');
			wr_bytes(&w, sigs[i]->name, strlen(sigs[i]->name));
		}
		wr_close(&w, mark);
	}
	wr_strz(&w, "ping@openssh.com");
	wr_strz(&w, "0");
	return packet_end(s, &w);
}

/* OpenSSH's PROTOCOL 1.8: the data comes back. In a key exchange nothing but its messages may be sent. */
int trans_on_ping(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	struct str data = rd_str(r);
	struct wr w;

	(void)ev;
	if (!rd_done(r))
		return SSH_E_PARSE;
	if (!can_send(s) || data.len > 1024)
		return SSH_OK;
	w = packet_begin(s, MSG_PONG);
	wr_str(&w, data.p, data.len);
	return packet_end(s, &w);
}

int trans_unimplemented_send(struct ssh *s, uint32_t seq)
{
	struct wr w = packet_begin(s, MSG_UNIMPLEMENTED);

	wr_u32(&w, seq);
	return packet_end(s, &w);
}

int trans_disconnect_send(struct ssh *s, uint32_t reason, const char *text)
{
	struct wr w;

	s->tx_open = 0;
	w = packet_begin(s, MSG_DISCONNECT);
	wr_u32(&w, reason);
	wr_strz(&w, text);
	wr_strz(&w, "");
	return packet_end(s, &w);
}
