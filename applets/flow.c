/* flow.c - bytes between the engine and descriptors, without a copy. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <unistd.h>

#include "flow.h"
#include "port.h"

static int later(void)
{
	return errno == EAGAIN || errno == EINTR;
}

enum flow flow_in(struct ssh *s, int ch, int ext, int fd)
{
	enum flow f = FLOW_IDLE;
	const uint8_t *p;
	ssize_t w;
	size_t n;

	while ((p = ssh_in_buf(s, ch, ext, &n))) {
		w = fd < 0 ? (ssize_t)n : write(fd, p, n);
		if (w < 0)
			return later() ? FLOW_BLOCKED : FLOW_ENDED;
		ssh_in_ack(s, ch, ext, (size_t)w);
		f = FLOW_MOVED;
	}
	return f;
}

enum flow flow_out(struct ssh *s, int ch, int ext, int fd)
{
	size_t n;
	uint8_t *p = ssh_out_buf(s, ch, ext, &n);
	ssize_t r;

	if (!p)
		return FLOW_BLOCKED;
	r = read(fd, p, n);
	if (r > 0) {
		ssh_out_ack(s, ch, ext, (size_t)r);
		return FLOW_MOVED;
	}
	return r < 0 && later() ? FLOW_IDLE : FLOW_ENDED;
}

int wire_read(struct ssh *s, int fd)
{
	size_t n;
	uint8_t *p = ssh_rx_buf(s, &n);
	ssize_t r;

	if (!n)
		return 1;
	r = read(fd, p, n);
	if (r < 0)
		return later();
	ssh_rx_ack(s, (size_t)r);
	return r > 0;
}

int wire_write(struct ssh *s, int fd)
{
	const uint8_t *p;
	size_t n;
	ssize_t r;

	while (p = ssh_tx_buf(s, &n), n) {
		r = write(fd, p, n);
		if (r < 0)
			return later();
		ssh_tx_ack(s, (size_t)r);
	}
	return 1;
}

/* events until there are none; < 0: the connection is over */
static int steps(struct ssh *s, uint64_t now, int (*take)(const struct ssh_event *ev),
		 void (*pump)(void))
{
	struct ssh_event ev;
	int r;

	while ((r = ssh_step(s, now, &ev)) > 0) {
		if (!take(&ev))
			return -1;
		if (ev.type == SSH_EV_DATA || ev.type == SSH_EV_CLOSE)
			pump();
	}
	return r;
}

int wire_work(struct ssh *s, int fd, uint64_t now, int (*take)(const struct ssh_event *ev),
	      void (*pump)(void))
{
	size_t before, after;
	int r;

	do {
		r = steps(s, now, take, pump);
		pump();
		if (r == 0) /* what the pump made due */
			r = steps(s, now, take, pump);
		ssh_tx_buf(s, &before);
		if (!wire_write(s, fd))
			return 0;
		ssh_tx_buf(s, &after);
	} while (r == 0 && after < before); /* room in tx may be what the next step waited for */
	return r == 0;
}

void wire_rest(struct ssh *s)
{
	mem_rest(s->conf->pool, ssh_pool_idle(s));
	if (!ssh_quiet(s))
		return;
	mem_rest(s->tx, s->tx_size);
	if (s->rx_r == s->rx_w)
		mem_rest(s->rx, s->rx_size);
}
