/* chan_due.c - what channels owe the peer, derived from their state at each step. */
/* SPDX-License-Identifier: MIT */
#include "engine.h"

static int due_confirm(struct ssh *s, struct chan *c)
{
	struct wr w = packet_begin(s, MSG_CHANNEL_OPEN_CONFIRMATION);

	c->granted = c->limit = window_first(s);
	c->state = CH_OPEN;
	wr_u32(&w, c->peer_id);
	wr_u32(&w, c - s->chan);
	wr_u32(&w, c->granted);
	wr_u32(&w, SSH_DATA_MAX);
	return packet_end(s, &w);
}

static int due_refuse(struct ssh *s, struct chan *c)
{
	struct wr w = packet_begin(s, MSG_CHANNEL_OPEN_FAILURE);

	c->state = CH_FREE;
	wr_u32(&w, c->peer_id);
	wr_u32(&w, c->reason);
	wr_strz(&w, open_text(c->reason));
	wr_strz(&w, "");
	return packet_end(s, &w);
}

/* messages that carry the channel alone */
static int due_bare(struct ssh *s, struct chan *c, uint8_t msg)
{
	struct wr w = packet_begin(s, msg);

	wr_u32(&w, c->peer_id);
	return packet_end(s, &w);
}

static int due_window(struct ssh *s, struct chan *c, uint32_t more)
{
	struct wr w = packet_begin(s, MSG_CHANNEL_WINDOW_ADJUST);

	c->granted += more;
	c->limit = c->granted;
	wr_u32(&w, c->peer_id);
	wr_u32(&w, more);
	return packet_end(s, &w);
}

static struct wr request(struct ssh *s, struct chan *c, const char *name)
{
	struct wr w = packet_begin(s, MSG_CHANNEL_REQUEST);

	wr_u32(&w, c->peer_id);
	wr_strz(&w, name);
	wr_u8(&w, 0);
	return w;
}

static int due_eow(struct ssh *s, struct chan *c)
{
	struct wr w = request(s, c, "eow@openssh.com");

	c->eow = 2;
	return packet_end(s, &w);
}

/* RFC 4254 6.10 */
static int due_exit(struct ssh *s, struct chan *c)
{
	struct wr w = request(s, c, c->exit == 1 ? "exit-status" : "exit-signal");

	if (c->exit == 1) {
		wr_u32(&w, c->status);
	} else {
		wr_strz(&w, c->signal);
		wr_u8(&w, c->core);
		wr_strz(&w, "");
		wr_strz(&w, "");
	}
	c->exit = 3;
	return packet_end(s, &w);
}

/* the next thing that an open channel owes; 1: nothing */
static int due_one(struct ssh *s, struct chan *c)
{
	uint32_t more;

	if (c->sent_close)
		return 1;
	if (c->owed.n)
		return due_bare(s, c,
				owed_take(&c->owed) ? MSG_CHANNEL_SUCCESS : MSG_CHANNEL_FAILURE);
	if (!tx_fits(s, 0))
		return 1;
	more = window_more(s, c);
	if (more)
		return due_window(s, c, more);
	if (c->eow == 1 && !c->got_eof)
		return due_eow(s, c);
	if (c->want_eof && !c->sent_eof) {
		c->sent_eof = 1;
		return due_bare(s, c, MSG_CHANNEL_EOF);
	}
	if (c->exit == 1 || c->exit == 2)
		return due_exit(s, c);
	if (c->want_close || c->got_close) {
		c->sent_close = 1;
		return due_bare(s, c, MSG_CHANNEL_CLOSE);
	}
	return 1;
}

static int due_chan(struct ssh *s, struct chan *c)
{
	int r = SSH_OK;

	if (c->state == CH_CONFIRM && tx_fits(s, 0))
		r = due_confirm(s, c);
	else if (c->state == CH_REFUSE && tx_fits(s, 0))
		return due_refuse(s, c);
	if (c->state != CH_OPEN)
		return r;
	while (r == SSH_OK && tx_room(s) >= 256)
		r = due_one(s, c);
	if (c->want_close && c->sent_close && c->got_close)
		c->state = CH_FREE;
	return r < 0 ? r : SSH_OK;
}

int chan_due(struct ssh *s)
{
	int i, err = SSH_OK;

	for (i = 0; !err && i < CFG_CHANNELS; i++)
		if (s->chan[i].state != CH_FREE && tx_room(s) >= 256)
			err = due_chan(s, &s->chan[i]);
	return err;
}

/* what the caller wants; sent as soon as it may be */

void ssh_chan_eof(struct ssh *s, int ch)
{
	s->chan[ch].want_eof = 1;
}

void ssh_chan_eow(struct ssh *s, int ch)
{
	if (!s->chan[ch].eow)
		s->chan[ch].eow = 1;
}

void ssh_chan_exit(struct ssh *s, int ch, uint32_t status)
{
	s->chan[ch].status = status;
	s->chan[ch].exit = 1;
}

void ssh_chan_signal(struct ssh *s, int ch, const char *name, int core)
{
	struct chan *c = &s->chan[ch];
	size_t n = strlen(name);

	if (n >= sizeof(c->signal))
		n = sizeof(c->signal) - 1;
	memcpy(c->signal, name, n);
	c->signal[n] = 0;
	c->core = core;
	c->exit = 2;
}

void ssh_chan_close(struct ssh *s, int ch)
{
	struct chan *c = &s->chan[ch];

	if (c->state != CH_OPEN && c->state != CH_CONFIRM)
		return;
	c->want_eof = c->want_close = 1;
	pool_drop(&s->pool, &c->in[0]);
	pool_drop(&s->pool, &c->in[1]);
	if (s->cur_ch == ch)
		s->cur.len = 0;
	if (c->sent_close && c->got_close)
		c->state = CH_FREE;
}
