/* invariants.h - what holds of an engine at any time, whatever the peer does. */
/* SPDX-License-Identifier: MIT */
#ifndef INVARIANTS_H
#define INVARIANTS_H

#include "engine.h"

/* blocks that hold data, or will have to if the peer uses its windows */
static inline uint32_t blocks_promised(const struct ssh *s)
{
	uint32_t sum = 0;
	int i;

	for (i = 0; i < CFG_CHANNELS; i++) {
		const struct chan *c = &s->chan[i];
		uint32_t g = c->granted;

		if (c->state == CH_FREE)
			continue;
		if (c->got_eof || c->want_close) /* dropped as it comes */
			g = 0;
		if (s->cur.len && s->cur_ch == i)
			g += s->cur.len;
		sum += c->in[0].blocks + c->in[1].blocks;
		sum += pool_need(c->in, is_client(s) ? 2 : 1, g);
	}
	return sum;
}

static inline int queue_good(const struct queue *q)
{
	uint32_t data = CFG_POOL_BLOCK - 2;

	if (!q->blocks)
		return !q->len && !q->head;
	return q->head && q->tail && q->first <= data && q->last <= data &&
	       q->len == q->blocks * data - q->first - (data - q->last);
}

/* the first that is broken, NULL */
static inline const char *invariant_broken(const struct ssh *s)
{
	const uint8_t *cur = s->cur.p;
	uint32_t used = 0;
	int i, e;

	if (s->tx_r > s->tx_w || s->tx_w > s->tx_size || s->tx_open > s->tx_size - s->tx_w)
		return "tx within its bounds";
	if (s->rx_r > s->rx_w || s->rx_w > s->rx_size)
		return "rx within its bounds";
	if (s->cur_end && (s->cur_end <= s->rx_r || s->cur_end > s->rx_w))
		return "the packet in hand within rx";
	if (s->cur.len && (cur < s->rx + s->rx_r || cur + s->cur.len > s->rx + s->cur_end))
		return "data in hand within its packet";
	if (s->phase >= PH_COUNT || s->kstep >= K_COUNT || s->n_refused > 8 || s->owed.n > 32)
		return "phase, step and counts";
	for (i = 0; i < CFG_CHANNELS; i++) {
		if (s->chan[i].state == CH_FREE && (s->chan[i].in[0].len || s->chan[i].in[1].len))
			return "no data of a channel that is not there";
		for (e = 0; e < 2; e++) {
			if (!queue_good(&s->chan[i].in[e]))
				return "a queue's length";
			used += s->chan[i].in[e].blocks;
		}
	}
	if (used != s->pool.used || used > s->pool.fresh || s->pool.fresh > s->pool.total)
		return "the pool's blocks are those of the queues";
	if (blocks_promised(s) > s->pool.total)
		return "no more is granted than the pool holds";
	return NULL;
}

#endif
