/* wire.c - RFC 4251 5's types: one reader, one writer, sticky errors. */
/* SPDX-License-Identifier: MIT */
/*
 * A reader never moves p past end, nor a writer; the first that would sets bad
 * and takes away what is left, so that nothing later can succeed.
 */
#include "wire.h"

#include <string.h>

struct str str_of(const char *z)
{
	return (struct str){(const uint8_t *)z, z ? strlen(z) : 0};
}

int str_eq(struct str a, struct str b)
{
	return a.len == b.len && (!a.len || !memcmp(a.p, b.p, a.len));
}

int str_is(struct str a, const char *z)
{
	return str_eq(a, str_of(z));
}

int list_next(struct str *list, struct str *name)
{
	const uint8_t *comma;

	if (!list->len)
		return 0;
	comma = memchr(list->p, ',', list->len);
	name->p = list->p;
	name->len = comma ? (size_t)(comma - list->p) : list->len;
	list->p += name->len + !!comma;
	list->len -= name->len + !!comma;
	return 1;
}

int list_has(struct str list, struct str name)
{
	struct str one;

	while (list_next(&list, &one))
		if (one.len && str_eq(one, name))
			return 1;
	return 0;
}

struct rd rd_init(struct str s)
{
	/* a NULL with length 0 is as good as any empty place, and keeps arithmetic defined */
	const uint8_t *p = s.p ? s.p : (const uint8_t *)"";

	return (struct rd){p, p + s.len, 0};
}

size_t rd_left(const struct rd *r)
{
	return (size_t)(r->end - r->p);
}

struct str rd_bytes(struct rd *r, size_t n)
{
	struct str s = {r->p, n};

	if (n > rd_left(r)) {
		r->bad = 1;
		r->p = r->end;
		s.len = 0;
	}
	r->p += s.len;
	return s;
}

/* n bytes (8 at most), big-endian; 0 where they are not there */
static uint64_t rd_be(struct rd *r, size_t n)
{
	struct str s = rd_bytes(r, n);
	uint64_t v = 0;

	for (size_t i = 0; i < s.len; i++)
		v = v << 8 | s.p[i];
	return v;
}

uint8_t rd_u8(struct rd *r)
{
	return (uint8_t)rd_be(r, 1);
}

uint32_t rd_u32(struct rd *r)
{
	struct str s = rd_bytes(r, 4);

	return s.len ? get_u32(s.p) : 0;
}

uint64_t rd_u64(struct rd *r)
{
	return rd_be(r, 8);
}

struct str rd_str(struct rd *r)
{
	return rd_bytes(r, rd_u32(r));
}

void rd_number(struct rd *r, uint8_t *p, size_t n)
{
	struct str v = rd_str(r);

	r->bad |= v.len && *v.p & 0x80;
	while (v.len && !*v.p) {
		v.p++;
		v.len--;
	}
	memset(p, 0, n);
	if (v.len > n)
		r->bad = 1;
	else
		memcpy(p + n - v.len, v.p, v.len);
}

int rd_done(const struct rd *r)
{
	return !r->bad && r->p == r->end;
}

struct wr wr_init(void *p, size_t n)
{
	return (struct wr){p, p, (uint8_t *)p + n, 0};
}

size_t wr_len(const struct wr *w)
{
	return (size_t)(w->p - w->start);
}

/* the place for n bytes, or NULL and bad for good */
static uint8_t *wr_room(struct wr *w, size_t n)
{
	uint8_t *p = w->p;

	if (w->bad || n > (size_t)(w->end - p)) {
		w->bad = 1;
		return NULL;
	}
	w->p += n;
	return p;
}

void wr_u8(struct wr *w, uint8_t v)
{
	uint8_t *p = wr_room(w, 1);

	if (p)
		*p = v;
}

void wr_u32(struct wr *w, uint32_t v)
{
	uint8_t *p = wr_room(w, 4);

	if (p)
		put_u32(p, v);
}

void wr_u64(struct wr *w, uint64_t v)
{
	wr_u32(w, (uint32_t)(v >> 32));
	wr_u32(w, (uint32_t)v);
}

void wr_bytes(struct wr *w, const void *p, size_t n)
{
	uint8_t *to = wr_room(w, n);

	if (to && n)
		memcpy(to, p, n);
}

void wr_str(struct wr *w, const void *p, size_t n)
{
	if (n > UINT32_MAX)
		w->bad = 1;
	wr_u32(w, (uint32_t)n);
	wr_bytes(w, p, n);
}

void wr_strz(struct wr *w, const char *z)
{
	struct str s = str_of(z);

	wr_str(w, s.p, s.len);
}

void wr_mpint(struct wr *w, const uint8_t *p, size_t n)
{
	size_t pad;

	while (n && !*p) {
		p++;
		n--;
	}
	pad = n && (*p & 0x80);
	wr_u32(w, (uint32_t)(n + pad));
	if (pad)
		wr_u8(w, 0);
	wr_bytes(w, p, n);
}

uint8_t *wr_open(struct wr *w)
{
	return wr_room(w, 4);
}

void wr_close(struct wr *w, uint8_t *mark)
{
	if (!w->bad && mark)
		put_u32(mark, (uint32_t)(w->p - mark - 4));
}

uint32_t get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

void put_u32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}
