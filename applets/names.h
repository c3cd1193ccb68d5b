/* names.h - a stack of file names with their attributes, in room of fixed size. */
/* SPDX-License-Identifier: MIT */
/*
 * A walk through a tree pushes the names of a directory, goes through them in
 * order, and takes them off again; what it pushes on the way lies above.
 */
#ifndef NAMES_H
#define NAMES_H

#include "sftp.h"

struct name {
	struct sftp_attrs attrs;
	uint32_t next;         /* offset of the one above, from the start of the stack */
	uint16_t len, longlen; /* without their NULs */
	char text[];           /* the name, NUL, the longname, NUL */
};

struct names {
	uint8_t *mem; /* 8-byte aligned */
	uint32_t size, top;
	uint32_t first; /* of those that were sorted last */
};

void names_init(struct names *s, void *mem, size_t size);
/* 0, or -ENOSPC; a name with a NUL byte is -EPROTO */
int names_push(struct names *s, struct str name, struct str longname, const struct sftp_attrs *a);
/* a name by itself; a: NULL where nothing is known of it */
int names_add(struct names *s, const char *name, const struct sftp_attrs *a);
/*
 * for (at = mark; (n = names_at(s, &at));) goes through those between mark (a
 * former s->top) and the top as it is now; s->top = mark takes them off.
 */
struct name *names_at(struct names *s, uint32_t *at);
/* sorts those from mark to the top: from s->first on names_at has them in order */
enum names_order { BY_NAME, BY_TIME, BY_SIZE };
void names_sort(struct names *s, uint32_t mark, enum names_order order, int reverse);
/* takes those from one mark to a later one off, from below those that lie above */
void names_cut(struct names *s, uint32_t from, uint32_t to);

/* a name for a terminal, good until the next call but one */
const char *shown(const char *name);
/*
 * A name as a terminal may see it: UTF-8 stays, control characters, backslashes and
 * what is not UTF-8 become \xHH as with %p. NUL-terminated, cut at most columns or
 * at n bytes; gives the columns (one for each character).
 */
unsigned name_show(char *out, size_t n, unsigned most, const char *name);

#endif
