/* wire.h - RFC 4251 5's types: one reader, one writer, sticky errors. */
/* SPDX-License-Identifier: MIT */
/*
 * The first overrun sets .bad; reads after it give zeros and writes go
 * nowhere. Who parses a message reads all of it and looks at .bad once.
 */
#ifndef WIRE_H
#define WIRE_H

#include <stddef.h>
#include <stdint.h>

/* bytes in somebody else's memory */
struct str {
	const uint8_t *p;
	size_t len;
};

struct rd {
	const uint8_t *p, *end;
	int bad;
};

struct wr {
	uint8_t *start, *p, *end;
	int bad;
};

#define STR(literal) ((struct str){(const uint8_t *)(literal), sizeof(literal) - 1})

struct str str_of(const char *z); /* of a NUL-terminated string, which may be NULL */
int str_eq(struct str a, struct str b);
int str_is(struct str a, const char *z);
/* 1 where name stands in the comma-separated list */
int list_has(struct str list, struct str name);
/* takes the first name off the list; 0 when it is empty */
int list_next(struct str *list, struct str *name);

struct rd rd_init(struct str s);
size_t rd_left(const struct rd *r);
uint8_t rd_u8(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);
struct str rd_str(struct rd *r);             /* uint32 length, bytes */
struct str rd_bytes(struct rd *r, size_t n); /* exactly n */
/* an mpint that is not negative, big-endian and filled up to n bytes; bad where it is longer */
void rd_number(struct rd *r, uint8_t *p, size_t n);
int rd_done(const struct rd *r); /* 1: nothing bad, nothing left */

struct wr wr_init(void *p, size_t n);
size_t wr_len(const struct wr *w);
void wr_u8(struct wr *w, uint8_t v);
void wr_u32(struct wr *w, uint32_t v);
void wr_u64(struct wr *w, uint64_t v);
void wr_bytes(struct wr *w, const void *p, size_t n);
void wr_str(struct wr *w, const void *p, size_t n);
void wr_strz(struct wr *w, const char *z); /* as string */
/* an unsigned big-endian number as mpint: leading zeros off, a zero byte before a top bit */
void wr_mpint(struct wr *w, const uint8_t *p, size_t n);
/* room for a uint32 length now, filled in by wr_close with what was written since */
uint8_t *wr_open(struct wr *w);
void wr_close(struct wr *w, uint8_t *mark);

uint32_t get_u32(const uint8_t *p);
void put_u32(uint8_t *p, uint32_t v);

#endif
