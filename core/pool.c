/* pool.c - blocks of memory, chained per channel, for data that its fd does not take yet. */
/* SPDX-License-Identifier: MIT */
/*
 * A block is a 16-bit link and POOL_DATA bytes. In a queue all blocks but the
 * last are full to the end, the head is read from .first on. Blocks from .fresh
 * on were never touched: their pages cost nothing.
 */
#include "engine.h"

#define POOL_DATA (CFG_POOL_BLOCK - 2)

static uint8_t *block(const struct pool *p, uint16_t i)
{
	return p->mem + (size_t)(i - 1) * CFG_POOL_BLOCK;
}

static uint16_t link_get(const uint8_t *b)
{
	return b[0] | b[1] << 8;
}

static void link_set(uint8_t *b, uint16_t i)
{
	b[0] = i;
	b[1] = i >> 8;
}

void pool_init(struct pool *p, uint8_t *mem, uint32_t len)
{
	*p = (struct pool){.mem = mem};
	len /= CFG_POOL_BLOCK;
	p->total = len > 0xffff ? 0xffff : len;
}

/* 0: none, but window.c sees to it that there is one */
static uint16_t block_get(struct pool *p)
{
	uint16_t i = p->free;

	if (!i && p->fresh == p->total)
		return 0;
	if (i)
		p->free = link_get(block(p, i));
	else
		i = ++p->fresh;
	link_set(block(p, i), 0);
	p->used++;
	return i;
}

static void block_put(struct pool *p, uint16_t i)
{
	link_set(block(p, i), p->free);
	p->free = i;
	p->used--;
}

int pool_put(struct pool *p, struct queue *q, const uint8_t *data, size_t n)
{
	while (n) {
		size_t part;

		if (!q->head || q->last == POOL_DATA) {
			uint16_t i = block_get(p);

			if (!i)
				return SSH_E_WINDOW;
			if (q->head)
				link_set(block(p, q->tail), i);
			else
				q->head = i;
			q->tail = i;
			q->last = 0;
			q->blocks++;
		}
		part = POOL_DATA - q->last;
		if (part > n)
			part = n;
		memcpy(block(p, q->tail) + 2 + q->last, data, part);
		q->last += part;
		q->len += part;
		data += part;
		n -= part;
	}
	return SSH_OK;
}

const uint8_t *pool_peek(const struct pool *p, const struct queue *q, size_t *n)
{
	*n = 0;
	if (!q->len)
		return NULL;
	*n = (q->head == q->tail ? q->last : POOL_DATA) - q->first;
	return block(p, q->head) + 2 + q->first;
}

/* at most what pool_peek said */
void pool_take(struct pool *p, struct queue *q, size_t n)
{
	uint16_t next;

	q->first += n;
	q->len -= n;
	if (q->first < (q->head == q->tail ? q->last : POOL_DATA))
		return;
	next = link_get(block(p, q->head));
	block_put(p, q->head);
	q->blocks--;
	q->head = next;
	q->first = 0;
	if (!next)
		q->tail = q->last = 0;
}

void pool_drop(struct pool *p, struct queue *q)
{
	size_t n;

	while (pool_peek(p, q, &n))
		pool_take(p, q, n);
}

static uint32_t ceil_blocks(uint32_t g, uint32_t spare)
{
	return g > spare ? (g - spare - 1) / POOL_DATA + 1 : 0;
}

uint32_t pool_need(const struct queue *q, int n, uint32_t g)
{
	uint32_t spare[2] = {0, 0}, most, split;
	int i;

	for (i = 0; i < n; i++)
		spare[i] = q[i].head ? POOL_DATA - q[i].last : 0;
	if (!CFG_ENGINE_CLIENT || n == 1)
		return ceil_blocks(g, spare[0]);
	/* all into the queue with less to spare, or one byte too many for one and the rest for the other */
	if (spare[0] > spare[1]) {
		most = spare[1];
		spare[1] = spare[0];
		spare[0] = most;
	}
	most = ceil_blocks(g, spare[0]);
	split = g > spare[0] ? 1 + ceil_blocks(g - spare[0] - 1, spare[1]) : 0;
	return split > most ? split : most;
}
