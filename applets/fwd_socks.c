/* fwd_socks.c - connections that say by SOCKS where they want to go. */
/* SPDX-License-Identifier: MIT */
/*
 * Those that were accepted here wait in a small table until they have said it,
 * and get a channel then; those on the far side have one already. No byte behind
 * the request is read before its answer is out.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "fwd_chan.h"

static struct waiting {
	uint8_t used, ready, done;
	int fd;
	struct socks socks;
} waiting[FWD_SOCKS] APART;

static struct waiting *taken; /* the one that fwd_socks_next gave */

void fwd_socks_keep(int fd)
{
	struct waiting *w = waiting;

	while (w < waiting + FWD_SOCKS && w->used)
		w++;
	if (w == waiting + FWD_SOCKS) {
		close(fd);
		return;
	}
	*w = (struct waiting){.used = 1, .fd = fd};
}

static void drop(struct waiting *w)
{
	close(w->fd);
	w->used = 0;
}

/* reads what the request still lacks; 0: it is of no more use */
static int advance(struct waiting *w)
{
	uint8_t reply[SOCKS_REPLY];
	size_t n;
	int need;

	for (;;) {
		ssize_t r;

		need = socks_step(&w->socks, reply, &n);
		if (n && write(w->fd, reply, n) != (ssize_t)n)
			return 0;
		if (need <= 0)
			break;
		r = read(w->fd, w->socks.in + w->socks.have, (size_t)need);
		if (r < 0 && (errno == EAGAIN || errno == EINTR))
			return 1;
		if (r <= 0)
			return 0;
		w->socks.have += (uint16_t)r;
	}
	w->done = need == 0;
	return w->done;
}

int fwd_socks_next(char *host, size_t n, uint32_t *port)
{
	struct waiting *w;

	for (w = waiting; w < waiting + FWD_SOCKS; w++) {
		if (!w->used)
			continue;
		if (w->ready && !w->done && !advance(w))
			drop(w);
		w->ready = 0;
		if (!w->used || !w->done)
			continue;
		socks_target(&w->socks, host, n, port);
		taken = w;
		return 1;
	}
	return 0;
}

void fwd_socks_placed(int ch)
{
	if (ch < 0) {
		drop(taken);
		return;
	}
	taken->used = 0;
	fwd_rec[ch] = (struct fwd_rec){.state = FWD_OPENING,
				       .socks = taken->socks.in[0] == 4 ? 4 : 5,
				       .in = taken->fd,
				       .out = taken->fd};
}

void fwd_socks_answer(struct fwd_rec *r, int yes)
{
	uint8_t reply[SOCKS_REPLY];
	size_t n = socks_reply(r->socks, yes, reply);

	/* the socket is new: ten bytes fit; where they do not, the client sees it end */
	if (write(r->in, reply, n) != (ssize_t)n)
		r->ended = 1;
	r->socks = 0;
}

unsigned fwd_socks_poll(struct pollfd *p)
{
	struct waiting *w;
	unsigned n = 0;

	for (w = waiting; w < waiting + FWD_SOCKS; w++)
		if (w->used && !w->done)
			p[n++] = (struct pollfd){.fd = w->fd, .events = POLLIN};
	return n;
}

void fwd_socks_polled(int fd)
{
	struct waiting *w;

	for (w = waiting; w < waiting + FWD_SOCKS; w++)
		w->ready |= w->used && w->fd == fd;
}

/* ---- on the far side ------------------------------------------------------- */

static struct far {
	uint8_t used;
	int ch;
	struct socks socks;
} far[FWD_SOCKS] APART;

void fwd_far(int ch)
{
	struct far *f = far;

	while (f < far + FWD_SOCKS && f->used)
		f++;
	if (f == far + FWD_SOCKS) {
		ssh_chan_close(fwd_ssh, ch);
		return;
	}
	*f = (struct far){.used = 1, .ch = ch};
	fwd_rec[ch] = (struct fwd_rec){.state = FWD_FAR, .in = -1, .out = -1};
}

/* 0: no room for it now */
static int say(int ch, const uint8_t *reply, size_t n)
{
	size_t room;
	uint8_t *p = ssh_out_buf(fwd_ssh, ch, 0, &room);

	if (!p || room < n)
		return 0;
	memcpy(p, reply, n);
	ssh_out_ack(fwd_ssh, ch, 0, n);
	return 1;
}

void fwd_far_answer(int ch, int yes)
{
	uint8_t reply[SOCKS_REPLY];
	size_t n = socks_reply(fwd_rec[ch].socks, yes, reply);

	say(ch, reply, n);
	if (!yes)
		ssh_chan_close(fwd_ssh, ch);
}

static void far_end(struct far *f, int failed)
{
	f->used = 0;
	if (!failed)
		return;
	fwd_rec[f->ch].state = FWD_FREE;
	ssh_chan_close(fwd_ssh, f->ch);
}

static void far_step(struct far *f)
{
	uint8_t reply[SOCKS_REPLY];
	char host[256];
	const uint8_t *p;
	uint32_t port;
	size_t n, got;
	int need;

	for (;;) {
		need = socks_step(&f->socks, reply, &n);
		if (n && !say(f->ch, reply, n))
			need = -1;
		if (need <= 0)
			break;
		p = ssh_in_buf(fwd_ssh, f->ch, 0, &got);
		if (!p) {
			if (ssh_in_eof(fwd_ssh, f->ch))
				far_end(f, 1);
			return;
		}
		if (got > (size_t)need)
			got = (size_t)need;
		memcpy(f->socks.in + f->socks.have, p, got);
		f->socks.have += (uint16_t)got;
		ssh_in_ack(fwd_ssh, f->ch, 0, got);
	}
	if (need < 0) {
		far_end(f, 1);
		return;
	}
	socks_target(&f->socks, host, sizeof(host), &port);
	if (fwd_connect(f->ch, FWD_TCP, str_of(host), port) != SSH_LATER) {
		far_end(f, 1);
		return;
	}
	fwd_rec[f->ch].socks = f->socks.in[0] == 4 ? 4 : 5;
	fwd_rec[f->ch].far = 1;
	far_end(f, 0);
}

void fwd_far_pump(void)
{
	struct far *f;

	for (f = far; f < far + FWD_SOCKS; f++)
		if (f->used)
			far_step(f);
}
