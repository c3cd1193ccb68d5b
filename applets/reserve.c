/* reserve.c - the listener's part of the rescue login: a session kept ready, and who gets it. */
/* SPDX-License-Identifier: MIT */
/*
 * A connection from where a rescue may come from waits here until its first bytes are
 * there, which nobody reads; so those that are silent do not use the session up. It
 * is made anew some time after it was taken, and until that works.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "monitor.h"
#include "reserve.h"

#define PARKED (RESERVE_POLL - 1)
#define SILENT_MS 2000
#define AGAIN_MS 3000
#define NEVER (~(uint64_t)0)

static struct parked {
	int fd; /* 0: none */
	struct addr peer;
	uint64_t since;
} parked[PARKED];
static int spare[PARKED]; /* held for when there are no more; 0: used */
static int ready = -1;    /* to the session that is ready; -1: there is none */
static pid_t pid;
static uint64_t again = NEVER; /* when to make one */

static void spares_fill(void)
{
	unsigned i;
	int fd;

	for (i = 0; i < PARKED; i++)
		if (!spare[i] && (fd = fd_open("/dev/null", O_RDONLY)) > 0)
			spare[i] = fd;
}

void reserve_init(const struct settings *s)
{
	if (ready >= 0)
		close(ready);
	ready = -1;
	again = RESCUE_ON(s) ? 0 : NEVER;
	if (again)
		return;
	log_put(LOG_L_ALERT,
		"RESCUE LOGIN IS ON: keys '%s'%s, link-local addresses, interface '%s'",
		RESCUE_KEYS(s), sizeof(CFG_RESCUE_KEY) > 1 ? " and built in" : "", RESCUE_IFACE(s));
	oom_score(getpid(), -1000);
	mem_lock();
	spares_fill();
}

static void drop(struct parked *k)
{
	close(k->fd);
	k->fd = 0;
}

static struct parked *oldest(void)
{
	struct parked *o = parked;
	unsigned i;

	for (i = 0; i < PARKED; i++) {
		if (!parked[i].fd)
			return &parked[i];
		if (parked[i].since < o->since)
			o = &parked[i];
	}
	return o;
}

int reserve_accept(int fd, struct addr *peer, const struct settings *s)
{
	int conn = sock_accept(fd, peer);
	unsigned i;

	if ((conn != -EMFILE && conn != -ENFILE) || !RESCUE_ON(s))
		return conn;
	for (i = 0; i < PARKED && !spare[i]; i++)
		;
	if (i < PARKED) {
		close(spare[i]);
		spare[i] = 0;
	} else if (oldest()->fd) {
		drop(oldest());
	}
	conn = sock_accept(fd, peer);
	if (conn >= 0 && !rescue_from(conn, peer, s)) {
		close(conn);
		conn = -EMFILE;
	}
	spares_fill();
	return conn;
}

int reserve_park(int conn, const struct addr *peer, const struct settings *s)
{
	struct parked *k = oldest();

	if (!rescue_from(conn, peer, s))
		return 0;
	if (k->fd)
		drop(k);
	*k = (struct parked){conn, *peer, clock_ms()};
	return 1;
}

int reserve_left(void)
{
	unsigned i;

	for (i = 0; i < PARKED; i++)
		if (parked[i].fd)
			return SILENT_MS / 4;
	return ready < 0 && again != NEVER ? AGAIN_MS : -1;
}

unsigned reserve_fill(struct pollfd *p)
{
	unsigned n = 0, i;

	for (i = 0; i < PARKED; i++)
		p[n++] = (struct pollfd){.fd = parked[i].fd ? parked[i].fd : -1, .events = POLLIN};
	p[n++] = (struct pollfd){.fd = ready, .events = POLLIN};
	return n;
}

/* 1: it has the session that was ready */
static int hand(struct parked *k, const struct settings *s)
{
	struct slot *slot;
	int r;

	if (ready < 0)
		return 0;
	slot = slot_take(&k->peer, s);
	if (!slot)
		slot = slot_last(&k->peer);
	r = msg_send(ready, "R", 1, &k->fd, 1);
	slot->link = ready; /* if that failed, its end is seen there */
	slot->pid = pid;
	ready = -1;
	again = clock_ms() + AGAIN_MS;
	return r == 0;
}

int reserve_next(const struct pollfd *p, unsigned n, int *conn, struct addr *peer,
		 const struct settings *s)
{
	uint64_t now = clock_ms();
	unsigned i;

	if (n && p[n - 1].revents && p[n - 1].fd == ready && ready >= 0) { /* it has ended */
		close(ready);
		ready = -1;
		again = now + AGAIN_MS;
	}
	for (i = 0; n && i < PARKED; i++) {
		struct parked *k = &parked[i];
		int spoke = p[i].fd == k->fd && p[i].revents;

		/* a process of its own is for silent ones only when none is lacking for the rest */
		if (!k->fd || (!spoke && (now - k->since < SILENT_MS || ready < 0)))
			continue;
		if (spoke && hand(k, s)) {
			drop(k);
			continue;
		}
		*conn = k->fd;
		*peer = k->peer;
		k->fd = 0;
		return 1;
	}
	spares_fill();
	return 0;
}

int reserve_due(void)
{
	return ready < 0 && clock_ms() >= again;
}

void reserve_soon(void)
{
	if (again != NEVER)
		again = 0;
}

void reserve_made(pid_t made, int to)
{
	again = clock_ms() + AGAIN_MS;
	if (made < 0)
		return;
	pid = made;
	ready = to;
}
