/* global.c - global requests, ours and the peer's (RFC 4254 4). */
/* SPDX-License-Identifier: MIT */
#include "engine.h"

int global_on_request(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	ev->name = rd_str(r);
	ev->want = rd_u8(r) != 0;
	ev->data = rd_bytes(r, rd_left(r));
	if (r->bad)
		return SSH_E_PARSE;
	ev->type = s->ask = SSH_EV_GLOBAL;
	s->ask_want = ev->want;
	return 1;
}

int global_on_reply(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	(void)s;
	ev->num = r->p[-1] == MSG_REQUEST_SUCCESS;
	ev->data = rd_bytes(r, rd_left(r));
	ev->type = SSH_EV_GLOBAL_REPLY;
	return 1;
}

int global_due(struct ssh *s)
{
	int err = SSH_OK;

	while (!err && s->owed.n && tx_room(s) >= 256) {
		uint8_t msg = owed_take(&s->owed) ? MSG_REQUEST_SUCCESS : MSG_REQUEST_FAILURE;
		struct wr w = packet_begin(s, msg);

		if (CFG_FORWARD) {
			if (s->ports[0])
				wr_u32(&w, s->ports[0]);
			memmove(s->ports, s->ports + 1, s->owed.n * sizeof(s->ports[0]));
			s->ports[s->owed.n] = 0;
		}
		err = packet_end(s, &w);
	}
	while (!err && s->n_refused && tx_room(s) >= 256) {
		struct wr w = packet_begin(s, MSG_CHANNEL_OPEN_FAILURE);

		wr_u32(&w, s->refused[0].id);
		wr_u32(&w, s->refused[0].reason);
		wr_strz(&w, open_text(s->refused[0].reason));
		wr_strz(&w, "");
		memmove(s->refused, s->refused + 1, --s->n_refused * sizeof(s->refused[0]));
		err = packet_end(s, &w);
	}
	return err;
}

void ssh_answer_data(struct ssh *s, struct str data)
{
	struct wr w;

	if (s->err || s->ask != SSH_EV_GLOBAL)
		return;
	if (!s->ask_want || !can_send(s) || s->owed.n || !tx_fits(s, data.len)) {
		ssh_answer(s, SSH_NO);
		return;
	}
	s->ask = 0;
	w = packet_begin(s, MSG_REQUEST_SUCCESS);
	wr_bytes(&w, data.p, data.len);
	s->err = packet_end(s, &w);
}

void ssh_answer_port(struct ssh *s, uint32_t port)
{
	if (s->ask != SSH_EV_GLOBAL)
		return;
	if (s->ask_want && s->owed.n < OWED_MAX)
		s->ports[s->owed.n] = (uint16_t)port;
	ssh_answer(s, SSH_YES);
}

int ssh_global(struct ssh *s, const char *name, int want_reply, struct str data)
{
	struct wr w;
	int err;

	if (s->err || s->ask || s->phase != PH_CONN || !can_send(s) || !tx_fits(s, data.len))
		return 0;
	w = packet_begin(s, MSG_GLOBAL_REQUEST);
	wr_strz(&w, name);
	wr_u8(&w, want_reply);
	wr_bytes(&w, data.p, data.len);
	err = packet_end(s, &w);
	if (err)
		s->err = err;
	return !err;
}
