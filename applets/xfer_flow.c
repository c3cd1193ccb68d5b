/* xfer_flow.c - the bytes of a file from side to side, with many requests on their way. */
/* SPDX-License-Identifier: MIT */
/*
 * A part is a piece of the file that was asked for or is being written, from
 * its offset on; what is not (or no longer) in a part and lies below next has
 * arrived. So the file is whole up to the lowest part, in whatever order and
 * however short the answers come. The parts' bytes together stay below the
 * window, not their number: that is what fills a long link.
 *
 * From server to server a part is first read, then written: ASKED, SENT. At most
 * PARTS - 1 are asked for, so one that comes short can be split once some write
 * is acknowledged.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "progress.h"
#include "sftpc_io.h"
#include "xfer.h"

#define WINDOW (4u << 20)
#define PARTS 128 /* of 32 KiB */

enum state { FREE, WANTED, ASKED, SENT, FAILED };

static struct part {
	uint64_t at;
	uint32_t len, id;
	enum state state;
} parts[PARTS] APART;

static struct flow {
	uint64_t next; /* where the next part begins */
	uint64_t size; /* that one expects */
	uint64_t end;  /* that was seen */
	uint64_t top;  /* up to which something may have been written */
	uint32_t piece, window, flying;
	unsigned live; /* parts that wait for an answer, or to be asked for */
	int stopped;
	int result; /* -1: something failed, which was said; 1: we were told to stop */
} f;

/* the first thing that goes wrong is said; s: NULL where we are told to stop */
static void fail(const struct side *s, int err)
{
	if (!f.stopped) {
		progress_end();
		f.result = s ? side_check(s, err) : 1;
	}
	f.stopped = 1;
}

static struct part *find(enum state state, uint32_t id)
{
	struct part *p;

	for (p = parts; p < parts + PARTS; p++)
		if (p->state == state && p->id == id)
			return p;
	return NULL;
}

/* a new part of n bytes, which is not FREE any more */
static void start(struct part *p, enum state state, uint64_t at, uint32_t n, uint32_t id)
{
	*p = (struct part){at, n, id, state};
	f.flying += n;
	f.live++;
}

/* the first n bytes of a part have arrived, or will not; with the last one it ends */
static void shrink(struct part *p, uint32_t n, enum state state)
{
	p->at += n;
	p->len -= n;
	f.flying -= n;
	p->state = state;
	p->id = 0; /* of what waits for no answer */
	if (state == FREE || state == FAILED) {
		f.flying -= p->len;
		f.live--;
	}
}

/* up to where it may be written, once n bytes at an offset were */
static void reach(uint64_t top)
{
	if (f.top < top)
		f.top = top;
}

/* ---- reading from a server ------------------------------------------------------- */

/*
 * The next part that is to be asked for. Up to the size that one expects all
 * are asked for at once, and with them one behind it, which should say that the
 * file ends there; should it not, they go one by one from there on.
 */
static struct part *wanted(void)
{
	struct part *p = find(WANTED, 0);
	uint32_t n = f.piece;

	if (p || f.next >= f.end || (f.next > f.size && f.live) || f.flying + n > f.window ||
	    f.live >= PARTS - 1)
		return p;
	if (f.next < f.size && f.size - f.next < n)
		n = (uint32_t)(f.size - f.next);
	p = find(FREE, 0);
	if (p) {
		start(p, WANTED, f.next, n, 0);
		f.next += n;
	}
	return p;
}

static void ask(void)
{
	struct sftpc *c = xfer_from.c;
	struct part *p;
	struct wr w;

	while (f.stopped && (p = find(WANTED, 0)))
		shrink(p, 0, FAILED);
	while (!f.stopped && c->tx_len < SFTPC_ASK - SFTPC_REQUEST && (p = wanted())) {
		w = sftpc_move(c, FXP_READ, &xfer_from.h, p->at, p->len);
		if (w.bad || sftpc_send(c, &w))
			return;
		p->id = c->id;
		p->state = ASKED;
	}
}

/* ---- writing ---------------------------------------------------------------------- */

/* the n bytes of data are behind w.p */
static void send_write(struct wr *w, uint64_t at, uint32_t n)
{
	put_u32(w->p - 4, n);
	w->p += n;
	sftpc_send(xfer_to.c, w);
	reach(at + n);
}

static void put_own(struct part *p, struct str s)
{
	while (s.len) {
		ssize_t n = pwrite(xfer_to.fd, s.p, s.len, (off_t)p->at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			fail(&xfer_to, n ? -errno : -ENOSPC);
			shrink(p, 0, FAILED);
			return;
		}
		shrink(p, (uint32_t)n, ASKED);
		reach(p->at);
		progress_add((uint64_t)n);
		s.p += n;
		s.len -= (size_t)n;
	}
	shrink(p, 0, p->len && p->at < f.end ? WANTED : FREE);
}

static void put_server(struct part *p, struct str s)
{
	struct wr w = sftpc_move(xfer_to.c, FXP_WRITE, &xfer_to.h, p->at, 0);
	uint32_t n = (uint32_t)s.len, rest = p->len - n;
	uint64_t behind = p->at + n;

	memcpy(w.p, s.p, n);
	send_write(&w, p->at, n);
	p->id = xfer_to.c->id;
	p->state = SENT;
	p->len = n;
	f.flying -= rest;
	if (rest && behind < f.end)
		start(find(FREE, 0), WANTED, behind, rest, 0);
}

/* from a file of ours straight into the packet */
static void put_file(void)
{
	struct part *p;
	struct wr w;
	ssize_t n;

	while (!f.stopped && !xfer_to.c->tx_len && f.next < f.end &&
	       f.flying + f.piece <= f.window && (p = find(FREE, 0))) {
		w = sftpc_move(xfer_to.c, FXP_WRITE, &xfer_to.h, f.next, 0);
		n = pread(xfer_from.fd, w.p, f.piece, (off_t)f.next);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			fail(&xfer_from, -errno);
		if (!n)
			f.end = f.next;
		if (n <= 0)
			return;
		start(p, SENT, f.next, (uint32_t)n, xfer_to.c->id);
		send_write(&w, f.next, (uint32_t)n);
		f.next += (uint64_t)n;
	}
}

/* ---- answers ---------------------------------------------------------------------- */

/* of a request that did not come to its good end; p: NULL where nobody made it */
static void on_status(struct side *s, struct part *p, int type)
{
	struct rd *r = &s->c->r;
	int status = sftpc_status(s->c);

	/* good is what a write may come to, the end a read */
	r->bad |= !p || type != FXP_STATUS || (!status && s == &xfer_from);
	if (r->bad) {
		fail(s, sftpc_read_well(s->c));
	} else if (!status) {
		progress_add(p->len);
		shrink(p, p->len, FREE);
	} else if (status == FX_EOF && s == &xfer_from) {
		if (f.end > p->at)
			f.end = p->at;
		shrink(p, 0, FREE);
	} else {
		fail(s, status);
		shrink(p, 0, FAILED);
	}
}

static void on_data(struct part *p)
{
	struct rd *r = &xfer_from.c->r;
	struct str s = rd_str(r);

	r->bad |= !p || !s.len || s.len > p->len;
	if (r->bad)
		fail(&xfer_from, sftpc_read_well(xfer_from.c));
	else if (xfer_to.c)
		put_server(p, s);
	else
		put_own(p, s);
}

/* data is taken where it can go on: with a server behind it, once the one before is sent */
static int can_take(const struct side *s)
{
	return s == &xfer_to || !xfer_to.c || (!xfer_to.c->tx_len && find(FREE, 0));
}

static void answers(struct side *s)
{
	uint32_t id;
	int type = 1;

	while (s->c && s->c->err != -EPROTO && can_take(s) && (type = sftpc_reply(s->c, &id)) > 0) {
		struct part *p = find(s == &xfer_from ? ASKED : SENT, id);

		if (type == FXP_DATA && s == &xfer_from)
			on_data(p);
		else
			on_status(s, p, type);
	}
	if (type < 0)
		fail(s, type);
}

/* ---- the whole -------------------------------------------------------------------- */

static int dead(const struct side *s)
{
	return s->c && s->c->err && f.stopped;
}

static void run(int stop)
{
	struct sftpc *a = xfer_from.c ? xfer_from.c : xfer_to.c;
	struct sftpc *b = a == xfer_to.c ? NULL : xfer_to.c;

	for (;;) {
		if (xfer_from.c)
			ask();
		else
			put_file();
		if (!f.live || dead(&xfer_from) || dead(&xfer_to))
			return;
		/* what was under way when we were told to stop is waited for */
		if (sftpc_pump(a, b, f.stopped ? 0 : stop, progress_wait()))
			fail(NULL, 0);
		progress_add(0);
		/* in this order: an acknowledgement makes room for data that has come already */
		answers(&xfer_to);
		answers(&xfer_from);
	}
}

/* up to where all of it has arrived */
static uint64_t whole(void)
{
	uint64_t least = f.next < f.end ? f.next : f.end;
	const struct part *p;

	for (p = parts; p < parts + PARTS; p++)
		if (p->state != FREE && p->at < least)
			least = p->at;
	return least;
}

static void pace(uint32_t limit)
{
	f.window = WINDOW;
	if (!limit || limit >> 3 >= f.piece)
		return;
	f.piece = limit >> 3 < 1024 ? 1024 : limit >> 3;
	f.window = limit >> 1 < f.piece ? f.piece : limit >> 1;
}

int flow_run(const struct xfer *x, uint64_t offset, uint64_t size)
{
	struct sftp_attrs cut = {.flags = ATTR_SIZE};
	struct sftpc *from = xfer_from.c, *to = xfer_to.c;

	memset(parts, 0, sizeof(parts));
	f = (struct flow){
	    .next = offset, .size = size, .top = offset, .end = UINT64_MAX, .piece = UINT32_MAX};
	if (from) {
		sftpc_split(from, SFTPC_ASK);
		f.piece = from->max_read;
	}
	if (to) {
		sftpc_split(to, SFTPC_REQUEST + to->max_write);
		f.piece = f.piece < to->max_write ? f.piece : to->max_write;
	}
	pace(x->limit);
	run(x->stop);
	if (from)
		sftpc_split(from, 0);
	if (to)
		sftpc_split(to, 0);
	cut.size = whole();
	if (f.top > cut.size)
		side_set(&xfer_to, &cut);
	return f.result;
}
