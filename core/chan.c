/* chan.c - channels: who may send how much, and what is waiting (RFC 4254 5). */
/* SPDX-License-Identifier: MIT */
/*
 * Data goes to the caller straight from its packet; what is not taken then goes
 * to the pool at the next step, where the window has kept room for it. What we
 * owe the peer is derived from the channel's state by chan_due.
 */
#include "engine.h"

static struct chan *chan_get(struct ssh *s, uint32_t id, int state)
{
	if (id >= CFG_CHANNELS || s->chan[id].state != state || s->chan[id].got_close)
		return NULL;
	return &s->chan[id];
}

/* a slot, where the pool has room for one more; -1 */
static int chan_free_slot(const struct ssh *s)
{
	int i;

	if (!window_room(s))
		return -1;
	for (i = 0; i < CFG_CHANNELS; i++)
		if (s->chan[i].state == CH_FREE)
			return i;
	return -1;
}

int chan_on_open(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	struct str type = rd_str(r);
	uint32_t id = rd_u32(r), window = rd_u32(r), max = rd_u32(r);
	int ch = chan_free_slot(s);

	if (r->bad)
		return SSH_E_PARSE;
	if (ch < 0) {
		if (s->n_refused == sizeof(s->refused) / sizeof(s->refused[0]))
			return SSH_E_FLOOD;
		s->refused[s->n_refused].id = id;
		s->refused[s->n_refused++].reason = OPEN_RESOURCE_SHORTAGE;
		return SSH_OK;
	}
	s->chan[ch] =
	    (struct chan){.state = CH_ASKED, .peer_id = id, .peer_window = window, .peer_max = max};
	ev->type = s->ask = SSH_EV_OPEN;
	ev->ch = s->ask_ch = ch;
	ev->name = type;
	ev->data = rd_bytes(r, rd_left(r));
	return 1;
}

void chan_open_answer(struct ssh *s, int ch, int answer)
{
	struct chan *c = &s->chan[ch];

	if (c->state != CH_ASKED || answer == SSH_LATER)
		return;
	c->state = answer == SSH_YES ? CH_CONFIRM : CH_REFUSE;
	c->reason = answer < 0 ? -answer : OPEN_ADMINISTRATIVELY_PROHIBITED;
}

void ssh_chan_confirm(struct ssh *s, int ch, int yes_or_reason)
{
	chan_open_answer(s, ch, yes_or_reason);
}

int chan_on_confirm(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	uint32_t id = rd_u32(r), peer = rd_u32(r), window = rd_u32(r), max = rd_u32(r);
	struct chan *c = chan_get(s, id, CH_OPENING);

	if (r->bad)
		return SSH_E_PARSE;
	if (!c)
		return SSH_E_CHANNEL;
	c->peer_id = peer;
	c->peer_window = window;
	c->peer_max = max;
	c->state = CH_OPEN;
	ev->type = SSH_EV_OPENED;
	ev->ch = id;
	return 1;
}

int chan_on_refused(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	uint32_t id = rd_u32(r), reason = rd_u32(r);
	struct str text = rd_str(r);
	struct chan *c = chan_get(s, id, CH_OPENING);

	if (r->bad)
		return SSH_E_PARSE;
	if (!c)
		return SSH_E_CHANNEL;
	c->state = CH_FREE;
	ev->type = SSH_EV_REFUSED;
	ev->ch = id;
	ev->num = reason;
	ev->data = text;
	return 1;
}

int chan_on_window(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	uint32_t id = rd_u32(r), more = rd_u32(r);
	struct chan *c = chan_get(s, id, CH_OPEN);

	(void)ev;
	if (!rd_done(r))
		return SSH_E_PARSE;
	if (!c)
		return SSH_E_CHANNEL;
	c->peer_window = more > ~c->peer_window ? ~(uint32_t)0 : c->peer_window + more;
	return SSH_OK;
}

static int data_take(struct ssh *s, uint32_t id, int ext, struct str data, struct ssh_event *ev)
{
	struct chan *c = chan_get(s, id, CH_OPEN);

	if (!c)
		return SSH_E_CHANNEL;
	if (data.len > c->granted)
		return SSH_E_WINDOW;
	c->granted -= data.len;
	if (!data.len || c->got_eof || c->want_close || ext < 0)
		return SSH_OK;
	s->cur = data;
	s->cur_ch = id;
	s->cur_ext = ext;
	ev->type = SSH_EV_DATA;
	ev->ch = id;
	ev->ext = ext;
	return 1;
}

int chan_on_data(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	uint32_t id = rd_u32(r);
	struct str data = rd_str(r);

	return rd_done(r) ? data_take(s, id, 0, data, ev) : SSH_E_PARSE;
}

/* a client may get stderr; nothing of that kind goes to a server, what comes is dropped */
int chan_on_ext_data(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	uint32_t id = rd_u32(r), type = rd_u32(r);
	struct str data = rd_str(r);

	return rd_done(r) ? data_take(s, id, is_client(s) && type == 1 ? 1 : -1, data, ev)
			  : SSH_E_PARSE;
}

int chan_on_eof(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	uint32_t id = rd_u32(r);
	struct chan *c = chan_get(s, id, CH_OPEN);

	if (!rd_done(r))
		return SSH_E_PARSE;
	if (!c)
		return SSH_E_CHANNEL;
	c->got_eof = 1;
	if (c->want_close)
		return SSH_OK;
	ev->type = SSH_EV_EOF;
	ev->ch = id;
	return 1;
}

int chan_on_close(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	uint32_t id = rd_u32(r);
	struct chan *c = chan_get(s, id, CH_OPEN);

	if (!rd_done(r))
		return SSH_E_PARSE;
	if (!c)
		return SSH_E_CHANNEL;
	c->got_eof = c->got_close = 1;
	if (c->want_close)
		return SSH_OK;
	ev->type = SSH_EV_CLOSE;
	ev->ch = id;
	return 1;
}

int chan_on_request(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	uint32_t id = rd_u32(r);
	struct chan *c = chan_get(s, id, CH_OPEN);

	ev->name = rd_str(r);
	ev->want = rd_u8(r) != 0;
	ev->data = rd_bytes(r, rd_left(r));
	if (r->bad)
		return SSH_E_PARSE;
	if (!c)
		return SSH_E_CHANNEL;
	if (c->want_close) /* the caller has left it */
		return ev->want && !c->sent_close ? owed_put(&c->owed, 0) : SSH_OK;
	ev->type = s->ask = SSH_EV_REQUEST;
	ev->ch = s->ask_ch = id;
	s->ask_want = ev->want;
	return 1;
}

int chan_on_reply(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	int yes = r->p[-1] == MSG_CHANNEL_SUCCESS;
	uint32_t id = rd_u32(r);
	struct chan *c = chan_get(s, id, CH_OPEN);

	if (!rd_done(r))
		return SSH_E_PARSE;
	if (!c)
		return SSH_E_CHANNEL;
	if (c->want_close)
		return SSH_OK;
	ev->type = SSH_EV_REPLY;
	ev->ch = id;
	ev->num = yes;
	return 1;
}

/* the caller's doors */

static struct chan *chan_own(struct ssh *s, int ch)
{
	return ch >= 0 && ch < CFG_CHANNELS && s->chan[ch].state == CH_OPEN ? &s->chan[ch] : NULL;
}

static int in_hand(const struct ssh *s, int ch, int ext)
{
	return s->cur.len && s->cur_ch == ch && s->cur_ext == ext;
}

const uint8_t *ssh_in_buf(struct ssh *s, int ch, int ext, size_t *n)
{
	struct chan *c = chan_own(s, ch);

	*n = 0;
	if (!c || c->want_close)
		return NULL;
	if (c->in[ext].len)
		return pool_peek(&s->pool, &c->in[ext], n);
	if (!in_hand(s, ch, ext))
		return NULL;
	*n = s->cur.len;
	return s->cur.p;
}

void ssh_in_ack(struct ssh *s, int ch, int ext, size_t n)
{
	struct chan *c = chan_own(s, ch);

	if (!c || !n)
		return;
	if (c->in[ext].len) {
		pool_take(&s->pool, &c->in[ext], n);
		return;
	}
	s->cur.p += n;
	s->cur.len -= n;
}

int ssh_in_eof(const struct ssh *s, int ch)
{
	const struct chan *c = &s->chan[ch];

	return c->got_eof && !c->in[0].len && !c->in[1].len && !in_hand(s, ch, 0) &&
	       !in_hand(s, ch, 1);
}

int ssh_in_closed(const struct ssh *s, int ch)
{
	return s->chan[ch].got_close;
}

uint8_t *ssh_out_buf(struct ssh *s, int ch, int ext, size_t *n)
{
	struct chan *c = chan_own(s, ch);
	uint8_t *p;

	*n = 0;
	if (!c || s->err || s->tx_open || !can_send(s) || c->want_eof || c->want_close ||
	    c->got_close)
		return NULL;
	p = packet_data(s, ext, n);
	if (*n < 512 && *n < c->peer_window &&
	    s->tx_r != s->tx_w) /* wait for room rather than send crumbs */
		*n = 0;
	if (*n > c->peer_window)
		*n = c->peer_window;
	if (*n > c->peer_max)
		*n = c->peer_max;
	if (*n > SSH_DATA_MAX)
		*n = SSH_DATA_MAX;
	return *n ? p : NULL;
}

void ssh_out_ack(struct ssh *s, int ch, int ext, size_t n)
{
	struct chan *c = chan_own(s, ch);

	if (!c || !n)
		return;
	c->peer_window -= n;
	s->err = packet_seal_data(s, c->peer_id, ext, n);
}

int ssh_chan_room(const struct ssh *s)
{
	return chan_free_slot(s) >= 0;
}

int ssh_chan_open(struct ssh *s, const char *type, struct str data)
{
	int ch = chan_free_slot(s);
	struct chan *c;
	struct wr w;

	/* a global request may wait for its answer behind the very thing that opens this channel */
	if (ch < 0 || s->err || (s->ask && s->ask != SSH_EV_GLOBAL) || s->phase != PH_CONN ||
	    !can_send(s) || !tx_fits(s, data.len))
		return -1;
	c = &s->chan[ch];
	*c = (struct chan){.state = CH_OPENING};
	c->granted = c->limit = window_first(s);
	w = packet_begin(s, MSG_CHANNEL_OPEN);
	wr_strz(&w, type);
	wr_u32(&w, ch);
	wr_u32(&w, c->granted);
	wr_u32(&w, SSH_DATA_MAX);
	wr_bytes(&w, data.p, data.len);
	s->err = packet_end(s, &w);
	return ch;
}

int ssh_chan_request(struct ssh *s, int ch, const char *name, int want_reply, struct str data)
{
	struct chan *c = chan_own(s, ch);
	struct wr w;

	if (!c || s->err || s->ask || c->sent_close || !can_send(s) || !tx_fits(s, data.len))
		return 0;
	w = packet_begin(s, MSG_CHANNEL_REQUEST);
	wr_u32(&w, c->peer_id);
	wr_strz(&w, name);
	wr_u8(&w, want_reply);
	wr_bytes(&w, data.p, data.len);
	s->err = packet_end(s, &w);
	return !s->err;
}
