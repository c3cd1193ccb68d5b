/* window.c - how much the peer may send: memory is granted before it is owed. */
/* SPDX-License-Identifier: MIT */
/*
 * For each channel: blocks that hold its data, and those that all it was granted
 * would take in the worst case; where the peer may still send, LEAST of them at
 * least. Their sum over the channels never exceeds the pool. A window cannot be
 * taken back, so the least is what keeps a channel going when others sit on
 * theirs; without it for one more, no channel opens. One channel may be granted
 * most of the pool; several get even shares at each re-grant; some blocks are
 * kept back for the next opens.
 */
#include "engine.h"

#define POOL_DATA (CFG_POOL_BLOCK - 2)
#define FIRST_BLOCKS (65536 / POOL_DATA + 1) /* libssh2 stalls below 64 kB */

static int queues(const struct ssh *s)
{
	return is_client(s) ? 2 : 1;
}

/* LEAST: a block of data, with two queues, each of which has a tail */
static uint32_t least(const struct ssh *s)
{
	return queues(s);
}

static uint32_t total(const struct ssh *s)
{
	uint32_t w = s->conf->window / POOL_DATA, t = s->pool.total;

	if (!s->conf->window || w > t)
		return t;
	return w < least(s) ? least(s) : w;
}

/* 1: what the peer sends on it is kept */
static int flows(const struct chan *c)
{
	return c->state != CH_FREE && !c->got_eof && !c->want_close;
}

static uint32_t blocks_of(const struct chan *c)
{
	return c->in[0].blocks + c->in[1].blocks;
}

static uint32_t promised(const struct ssh *s, const struct chan *c)
{
	uint32_t g = flows(c) ? c->granted : 0, n;

	if (c == &s->chan[s->cur_ch]) /* may have to go to the pool as well */
		g += s->cur.len;
	n = blocks_of(c) + pool_need(c->in, queues(s), g);
	return flows(c) && n < least(s) ? least(s) : n;
}

/* blocks that nobody was promised; *open: channels that data may come on */
static uint32_t unpromised(const struct ssh *s, uint32_t *open)
{
	uint32_t sum = 0;
	int i;

	*open = 0;
	for (i = 0; i < CFG_CHANNELS; i++) {
		if (s->chan[i].state == CH_FREE)
			continue;
		sum += promised(s, &s->chan[i]);
		*open += flows(&s->chan[i]);
	}
	return total(s) > sum ? total(s) - sum : 0;
}

/* kept back for as many opens, half of all at most */
static uint32_t reserve(const struct ssh *s, uint32_t open)
{
	uint32_t most = total(s) / 2, r = (CFG_CHANNELS - open) * least(s);

	return r < most ? r : most;
}

/* bytes that so many blocks hold in the worst case, for a channel with nothing in it */
static uint32_t bytes(const struct ssh *s, uint32_t blocks)
{
	blocks -= blocks && queues(s) == 2;
	return blocks * POOL_DATA;
}

int window_room(const struct ssh *s)
{
	uint32_t open;

	return unpromised(s, &open) >= least(s);
}

uint32_t window_first(const struct ssh *s)
{
	uint32_t open, left = unpromised(s, &open), r = reserve(s, open), n = least(s);

	uint32_t most = FIRST_BLOCKS;

	if (is_client(s) && most < left / 2) /* its first channel is most often its only one */
		most = left / 2;
	if (left > r)
		n += left - r;
	return bytes(s, n < most ? n : most);
}

/*
 * The least that is worth a message. Were it as much as half, the two halves of a
 * window could come to travel as one, and a long line would carry but one of them.
 */
static uint32_t step(uint32_t limit)
{
	uint32_t n = limit / 8;

	if (n < SSH_DATA_MAX)
		n = SSH_DATA_MAX;
	return n < limit / 2 ? n : limit / 2;
}

uint32_t window_more(const struct ssh *s, const struct chan *c)
{
	uint32_t open, left, r, most, share, limit;

	if (c->state != CH_OPEN || !flows(c))
		return 0;
	if (c->granted && c->limit - c->granted < step(c->limit)) /* spares the sum below, mostly */
		return 0;
	left = unpromised(s, &open);
	r = reserve(s, open);
	for (share = 0; (share + 1) * open <= total(s) - r; share++) /* no divider everywhere */
		;
	if (share < least(s))
		share = least(s);
	most = promised(s, c) + (left > r ? left - r : 0);
	if (most > share)
		most = share;
	if (most <= blocks_of(c))
		return 0;
	limit = bytes(s, most - blocks_of(c));
	if (limit <= c->granted || limit - c->granted < step(limit))
		return 0;
	return limit - c->granted;
}
