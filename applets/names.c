/* names.c - a stack of file names with their attributes, in room of fixed size. */
/* SPDX-License-Identifier: MIT */
/*
 * Entries lie one behind the other, each as long as name_room says, and are
 * linked in the order in which they are given out; the last one leads to the top.
 */
#include "names.h"

#include <errno.h>
#include <string.h>

#include "port.h"

void names_init(struct names *s, void *mem, size_t size)
{
	*s = (struct names){mem, (uint32_t)size, 0, 0};
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
	struct wr w;

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
	w = wr_init(n->text, room - sizeof(*n));
	wr_bytes(&w, name.p, name.len);
	wr_u8(&w, 0);
	wr_bytes(&w, longname.p, longname.len);
	wr_u8(&w, 0);
	s->top = n->next;
	return 0;
}

int names_add(struct names *s, const char *name, const struct sftp_attrs *a)
{
	static const struct sftp_attrs unknown;

	return names_push(s, str_of(name), (struct str){0}, a ? a : &unknown);
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

/* two sorted lists in one; the end of both is the top */
static uint32_t merge(struct names *s, uint32_t a, uint32_t b, const struct order *o)
{
	uint32_t first, *tail = &first, *from;

	while (a != s->top && b != s->top) {
		from = before(at_offset(s, a), at_offset(s, b), o) ? &a : &b;
		*tail = *from;
		tail = &at_offset(s, *from)->next;
		*from = *tail;
	}
	*tail = a != s->top ? a : b;
	return first;
}

void names_sort(struct names *s, uint32_t mark, enum names_order order, int reverse)
{
	struct order o = {order, reverse};
	uint32_t runs[32], next; /* runs[i] is empty or has 2^i names */
	struct name *n;
	int i;

	for (i = 0; i < 32; i++)
		runs[i] = s->top;
	for (; mark < s->top; mark = next) {
		n = at_offset(s, mark);
		next = mark + name_room(n->len, n->longlen);
		n->next = s->top;
		for (i = 0; runs[i] != s->top; i++) {
			mark = merge(s, runs[i], mark, &o);
			runs[i] = s->top;
		}
		runs[i] = mark;
	}
	s->first = s->top;
	for (i = 0; i < 32; i++)
		s->first = merge(s, runs[i], s->first, &o);
}

/* ---- how a name is shown ------------------------------------------------------- */

/* bytes of the UTF-8 character at p, 0 where it is none, or not for a terminal */
static unsigned utf8_len(const uint8_t *p)
{
	/* of so many bytes: no control characters, and none longer than need be */
	static const uint32_t least[] = {' ', 0xa0, 0x800, 0x10000};
	unsigned more = (*p >= 0xc0) + (*p >= 0xe0) + (*p >= 0xf0), i;
	uint32_t c = *p;

	if (more)
		c &= more > 1 ? 0x0f : 0x1f;
	else if (c >= 127 || c == '\\')
		return 0;
	for (i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	/* surrogates, lines that end, text that runs backwards */
	if (c < least[more] || c > 0x10ffff || c >> 11 == 0xd800 >> 11 || c - 0x2028 <= 6 ||
	    c - 0x2066 <= 3)
		return 0;
	return more + 1;
}

unsigned name_show(char *out, size_t n, unsigned most, const char *name)
{
	static const char hex[] = "0123456789abcdef";
	const uint8_t *p = (const uint8_t *)name;
	unsigned columns = 0, len, wide;

	for (; *p; p += len + !len, columns += wide) {
		char escaped[] = {'\\', 'x', hex[*p >> 4], hex[*p & 15]};
		size_t room;

		len = utf8_len(p);
		wide = len ? 1 : 4;
		if (n <= 4 || wide > most - columns)
			break;
		room = len ? len : 4;
		memcpy(out, len ? (const char *)p : escaped, room);
		out += room;
		n -= room;
	}
	*out = 0;
	return columns;
}

const char *shown(const char *name)
{
	static char texts[2][4096] APART;
	static unsigned which;

	which ^= 1;
	name_show(texts[which], sizeof(texts[0]), ~0u, name);
	return texts[which];
}
