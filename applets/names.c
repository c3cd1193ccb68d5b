/* names.c - a stack of file names with their attributes, in room of fixed size. */
/* SPDX-License-Identifier: MIT */
/*
 * Entries lie one behind the other, each as long as name_room says, and are
 * linked in the order in which they are given out. The one that lies lowest
 * after a mark is always the first of it: sorting links the others anew and
 * moves that one alone.
 */
#include "names.h"

#include <errno.h>
#include <string.h>

#define NONE UINT32_MAX

void names_init(struct names *s, void *mem, size_t size)
{
	*s = (struct names){mem, (uint32_t)size, 0};
}

static struct name *at_offset(const struct names *s, uint32_t at)
{
	return (void *)(s->mem + at);
}

/* multiples of 8, for the alignment of the next one */
static uint32_t name_room(uint32_t len, uint32_t longlen)
{
	return ((uint32_t)sizeof(struct name) + len + longlen + 2 + 7) & ~7u;
}

int names_push(struct names *s, struct str name, struct str longname, const struct sftp_attrs *a)
{
	struct name *n = at_offset(s, s->top);
	uint32_t room;

	if (name.len > UINT16_MAX || (name.len && memchr(name.p, 0, name.len)))
		return -EPROTO;
	if (longname.len > UINT16_MAX)
		longname.len = 0;
	room = name_room((uint32_t)name.len, (uint32_t)longname.len);
	if (room > s->size - s->top)
		return -ENOSPC;
	n->attrs = *a;
	n->next = s->top + room;
	n->len = (uint16_t)name.len;
	n->longlen = (uint16_t)longname.len;
	memset(n->text, 0, name.len + longname.len + 2);
	if (name.len)
		memcpy(n->text, name.p, name.len);
	if (longname.len)
		memcpy(n->text + name.len + 1, longname.p, longname.len);
	s->top = n->next;
	return 0;
}

struct name *names_at(struct names *s, uint32_t *at)
{
	struct name *n = at_offset(s, *at);

	if (*at >= s->top)
		return NULL;
	*at = n->next;
	return n;
}

void names_cut(struct names *s, uint32_t from, uint32_t to)
{
	uint32_t at, room;

	for (at = to; at < s->top; at += room) {
		struct name *n = at_offset(s, at);

		room = name_room(n->len, n->longlen);
		n->next -= to - from;
	}
	memmove(s->mem + from, s->mem + to, s->top - to);
	s->top -= to - from;
}

/* ---- sorting ----------------------------------------------------------------- */

struct order {
	enum names_order by;
	int reverse;
};

/* 1: a stands before b, or is its equal; the newest and the largest come first */
static int before(const struct name *a, const struct name *b, const struct order *o)
{
	int diff = 0;

	if (o->by == BY_TIME)
		diff = (a->attrs.mtime < b->attrs.mtime) - (a->attrs.mtime > b->attrs.mtime);
	if (o->by == BY_SIZE)
		diff = (a->attrs.size < b->attrs.size) - (a->attrs.size > b->attrs.size);
	if (!diff)
		diff = strcmp(a->text, b->text);
	return o->reverse ? diff >= 0 : diff <= 0;
}

/*
 * One pass of a merge sort from below: runs of that many become runs of twice
 * as many. Gives the new head; *pairs says how many merges that took.
 */
static uint32_t merge_runs(struct names *s, uint32_t head, uint32_t run, const struct order *o,
			   uint32_t *pairs)
{
	uint32_t first = NONE, a = head, b, *tail = &first, na, nb, *from;

	for (*pairs = 0; a != NONE; a = b, ++*pairs) {
		for (b = a, na = 0; na < run && b != NONE; na++)
			b = at_offset(s, b)->next;
		for (nb = run; na || (nb && b != NONE);) {
			int take_a =
			    na && (!nb || b == NONE || before(at_offset(s, a), at_offset(s, b), o));

			from = take_a ? &a : &b;
			na -= (uint32_t)take_a;
			nb -= !take_a;
			*tail = *from;
			tail = &at_offset(s, *from)->next;
			*from = *tail;
		}
	}
	*tail = NONE;
	return first;
}

static void turn_round(uint8_t *p, uint8_t *end)
{
	while (p + 8 <= end - 8) {
		uint64_t t;

		end -= 8;
		memcpy(&t, p, 8);
		memcpy(p, end, 8);
		memcpy(end, &t, 8);
		p += 8;
	}
}

/* moves the entry at `at` below all the others from mark on */
static void bring_down(struct names *s, uint32_t mark, uint32_t at)
{
	struct name *n = at_offset(s, at);
	uint32_t room = name_room(n->len, n->longlen), link = mark;

	/* three reversals in words of eight bytes are a rotation */
	turn_round(s->mem + mark, s->mem + at);
	turn_round(s->mem + at, s->mem + at + room);
	turn_round(s->mem + mark, s->mem + at + room);
	do {
		n = at_offset(s, link);
		if (n->next < at)
			n->next += room;
		link = n->next;
	} while (link != NONE);
	n->next = s->top;
}

void names_sort(struct names *s, uint32_t mark, enum names_order order, int reverse)
{
	struct order o = {order, reverse};
	uint32_t head = mark, run = 1, pairs, at;
	struct name *n;

	if (mark >= s->top)
		return;
	/* merge_runs knows the last one by NONE */
	for (at = mark; (n = at_offset(s, at))->next < s->top; at = n->next)
		;
	n->next = NONE;
	do {
		head = merge_runs(s, head, run, &o, &pairs);
		run *= 2;
	} while (pairs > 1);
	bring_down(s, mark, head);
}

/* ---- how a name is shown ------------------------------------------------------- */

/* bytes of the UTF-8 character at p, 0 where it is none or a control character */
static unsigned utf8_len(const uint8_t *p)
{
	unsigned n = *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : *p >= 0xc2 ? 2 : 1, i;

	if (n == 1)
		return *p >= 32 && *p < 127 && *p != '\\';
	for (i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* U+0080..9f, what is longer than need be, surrogates, beyond U+10ffff */
	if ((*p == 0xc2 && p[1] < 0xa0) || (*p == 0xe0 && p[1] < 0xa0) ||
	    (*p == 0xed && p[1] > 0x9f) || (*p == 0xf0 && p[1] < 0x90) ||
	    (*p == 0xf4 && p[1] > 0x8f) || *p > 0xf4)
		return 0;
	/* U+2028..202e, 2066..2069: lines end, or text runs backwards */
	if (*p == 0xe2 && ((p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae) ||
			   (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9)))
		return 0;
	return n;
}

unsigned name_show(char *out, size_t n, unsigned most, const char *name)
{
	static const char hex[] = "0123456789abcdef";
	const uint8_t *p = (const uint8_t *)name;
	unsigned columns = 0, len, wide;

	for (; *p; p += len + !len, columns += wide) {
		len = utf8_len(p);
		wide = len ? 1 : 4;
		if (n <= 4 || wide > most - columns)
			break;
		if (len) {
			memcpy(out, p, len);
			out += len;
			n -= len;
			continue;
		}
		memcpy(out, "\\x", 2);
		out[2] = hex[*p >> 4];
		out[3] = hex[*p & 15];
		out += 4;
		n -= 4;
	}
	*out = 0;
	return columns;
}
