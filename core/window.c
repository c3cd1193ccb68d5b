/* window.c - how much the peer may send: memory is granted before it is owed. */
/* SPDX-License-Identifier: MIT */
/*
 * For each channel: blocks that hold its data, and those that all it was granted
 * would take in the worst case. Their sum over the channels never exceeds the
 * pool. One channel may be granted most of it; several get even shares at each
 * re-grant; a few blocks are kept back for the next open.
 */
#include "engine.h"

#define POOL_DATA (CFG_POOL_BLOCK - 2)
#define FIRST_BLOCKS (65536 / POOL_DATA + 1) /* libssh2 stalls below 64 kB */

static uint32_t total(const struct ssh *s)
{
	uint32_t w = s->conf->window / POOL_DATA, t = s->pool.total;

	if (!s->conf->window || w > t)
		return t;
	return w ? w : 1;
}

static int queues(const struct ssh *s)
{
	return is_client(s) ? 2 : 1;
}

static uint32_t held(const struct ssh *s, const struct chan *c)
{
	return c->in[0].blocks + c->in[1].blocks + pool_need(c->in, queues(s), c->granted);
}

static uint32_t reserve(const struct ssh *s)
{
	uint32_t r = total(s) / 16;

	return r ? r : 1;
}

/* blocks that nobody was promised; *open: channels there are */
static uint32_t unpromised(const struct ssh *s, uint32_t *open)
{
	uint32_t sum = 0;
	int i;

	*open = 0;
	for (i = 0; i < CFG_CHANNELS; i++) {
		if (s->chan[i].state == CH_FREE)
			continue;
		sum += held(s, &s->chan[i]);
		++*open;
	}
	return total(s) > sum ? total(s) - sum : 0;
}

/* bytes that so many blocks hold in the worst case, for a channel with nothing in it */
static uint32_t bytes(const struct ssh *s, uint32_t blocks)
{
	blocks -= blocks && queues(s) == 2; /* two queues, each with a tail */
	return blocks * POOL_DATA;
}

uint32_t window_first(struct ssh *s)
{
	uint32_t open, left = unpromised(s, &open), r = reserve(s), half;

	if (left <= r)
		return bytes(s, left < 2 ? left : 2);
	left -= r;
	half = left / 2;
	if (half < FIRST_BLOCKS)
		half = left < FIRST_BLOCKS ? left : FIRST_BLOCKS;
	return bytes(s, half);
}

uint32_t window_more(const struct ssh *s, struct chan *c)
{
	uint32_t open, left, r = reserve(s), most, share, limit;

	if (c->state != CH_OPEN || c->got_eof || c->got_close || c->want_close)
		return 0;
	if (c->granted && c->granted > c->limit / 2) /* spares the sum below, most of the time */
		return 0;
	left = unpromised(s, &open);
	left = left > r ? left - r : 0;
	share = (total(s) - r) / open;
	most = held(s, c) + left;
	if (most > share)
		most = share;
	most -= most < c->in[0].blocks + c->in[1].blocks ? most : c->in[0].blocks + c->in[1].blocks;
	limit = bytes(s, most);
	if (limit <= c->granted || limit - c->granted < limit / 2)
		return 0;
	c->limit = limit;
	return limit - c->granted;
}
