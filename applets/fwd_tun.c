/* fwd_tun.c - channels that carry packets of a network device (OpenSSH's PROTOCOL 2.3). */
/* SPDX-License-Identifier: MIT */
/*
 * A packet is the data of one message, so none may be cut or joined to another.
 * What comes is written before the engine takes the next message, or dropped: so
 * it never gets to the pool. What goes is read where there is room for a longer
 * one than devices have.
 */
#include <errno.h>
#include <unistd.h>

#include "fwd_chan.h"

#define ROOM 2048 /* Ethernet's 1500 bytes, its header and tags, and ours */
#define FAMILY 4  /* bytes before a packet of layer 3: OpenBSD's number of its family */
#define INET 2
#define INET6 24

static size_t head_of(const struct fwd_rec *r)
{
	return r->tun == FWD_TUN ? FAMILY : 0;
}

int tun_room(int ch)
{
	size_t n;

	return ssh_out_buf(fwd_ssh, ch, 0, &n) && n >= ROOM;
}

void tun_in(struct fwd_rec *r, int ch)
{
	size_t n, head = head_of(r);
	const uint8_t *p;

	while ((p = ssh_in_buf(fwd_ssh, ch, 0, &n))) {
		/* what cannot be had is lost, as on any line */
		if (n > head && write(r->in, p + head, n - head) < 0 && errno == EBADFD)
			r->ended = r->shut = 1; /* somebody has removed the device */
		ssh_in_ack(fwd_ssh, ch, 0, n);
	}
	r->shut |= ssh_in_eof(fwd_ssh, ch);
	r->ended |= r->shut;
}

enum flow tun_out(struct fwd_rec *r, int ch)
{
	size_t n, head = head_of(r);
	uint8_t *p = ssh_out_buf(fwd_ssh, ch, 0, &n);
	ssize_t len;

	if (!p || n < ROOM)
		return FLOW_BLOCKED;
	len = read(r->out, p + head, n - head);
	if (len <= 0)
		return len < 0 && (errno == EAGAIN || errno == EINTR) ? FLOW_IDLE : FLOW_ENDED;
	if ((size_t)len == n - head) /* it may have been longer */
		return FLOW_MOVED;
	if (head) {
		p[0] = p[1] = p[2] = 0;
		p[3] = p[FAMILY] >> 4 == 6 ? INET6 : INET;
	}
	ssh_out_ack(fwd_ssh, ch, 0, head + (size_t)len);
	return FLOW_MOVED;
}
