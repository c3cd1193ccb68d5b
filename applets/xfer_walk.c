/* xfer_walk.c - the names in a directory of ours or of a server's, bunch by bunch. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "xfer.h"

#define DIR_BUF 2048
/* what DIR_BUF may become on the stack: entries are 24 bytes there at least, 64 here */
#define DIR_ROOM (4 * DIR_BUF)

int walk_open(struct walk *w, struct sftpc *c, const char *path, struct names *stack)
{
	int err;

	w->c = c;
	w->stack = stack;
	w->mark = w->at = w->end = stack->top;
	w->closed = w->err = w->bad = 0;
	path = *path ? path : ".";
	if (c)
		return sftpc_opendir(c, path, &w->h);
	err = w->fd = fd_open(path, O_RDONLY | O_DIRECTORY);
	return err < 0 ? err : 0;
}

/* the names of one getdents64; FX_EOF behind the last */
static int read_own(struct walk *w)
{
	static char buf[DIR_BUF] APART;
	const char *name;
	struct dir d;
	int r;

	if (w->stack->size - w->stack->top < DIR_ROOM)
		return -ENOSPC;
	dir_init(&d, w->fd, buf, sizeof(buf));
	do {
		r = dir_next(&d, &name);
		if (r <= 0)
			return r ? r : FX_EOF;
		r = names_add(w->stack, name, NULL);
	} while (!r && d.at < d.have);
	return r;
}

static void close_it(struct walk *w)
{
	if (w->closed)
		return;
	w->closed = 1;
	if (w->c)
		sftpc_close(w->c, &w->h);
	else
		close(w->fd);
}

/*
 * The whole directory where it is small, so that a deep tree does not hold many
 * of them open; else as much as leaves room for those below.
 */
static void refill(struct walk *w)
{
	uint32_t most = w->stack->size / 8;
	int err;

	names_cut(w->stack, w->mark, w->end);
	w->mark = w->at = w->end = w->stack->top;
	do {
		err = w->c ? sftpc_readdir(w->c, &w->h, w->stack) : read_own(w);
	} while (!err && w->stack->top - w->mark < most &&
		 w->stack->size - w->stack->top > w->stack->size / 2);
	w->end = w->stack->top;
	if (err)
		close_it(w);
	if (err != FX_EOF)
		w->err = err;
}

struct name *walk_next(struct walk *w)
{
	for (;;) {
		struct name *n;

		if (w->at == w->end && (w->closed || w->err))
			return NULL;
		if (w->at == w->end)
			refill(w);
		if (w->at == w->end)
			continue;
		n = names_at(w->stack, &w->at);
		if (!strcmp(n->text, ".") || !strcmp(n->text, ".."))
			continue;
		if (n->len && !strchr(n->text, '/'))
			return n;
		w->bad = 1;
	}
}

void walk_close(struct walk *w)
{
	names_cut(w->stack, w->mark, w->end);
	close_it(w);
}
