/* dial.c - a TCP connection to whichever address of a name answers first (RFC 8305). */
/* SPDX-License-Identifier: MIT */
/*
 * An address is not tried yet, is being tried (its .fds is open), or has failed.
 * How a connect goes is learned by calling it once more, which any poll may
 * be late for: so a step looks at all of them.
 */
#include "internal.h"

#include "dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define STAGGER 250   /* ms, RFC 8305 5 */
#define AAAA_DELAY 50 /* ms that IPv4 waits for the other answer, RFC 8305 3 */

static uint8_t turn;

void dial_turn(uint8_t n)
{
	turn = n;
}

static int past(uint32_t t, uint32_t now)
{
	return (int32_t)(now - t) >= 0;
}

int dial_start(struct dial *d, const char *host, uint16_t port, int family, const struct addr *from,
	       const char *iface, uint32_t ms, uint32_t now)
{
	size_t n;

	iface = iface ? iface : "";
	n = strlen(iface);
	memset(d, 0, sizeof *d);
	memset(d->fds, 0xff, sizeof d->fds);
	d->names.fd = -1;
	/* IPv6 has the first turn */
	d->last = CFG_CALLHOME && turn & 1 ? AF_INET6 : AF_INET;
	d->port = htons(port);
	d->end = now + (ms ? ms : INT32_MAX);
	if (from)
		memcpy(&d->from, from->sa.bytes, sizeof d->from);
	if (n >= sizeof d->iface)
		return -ENODEV;
	memcpy(d->iface, iface, n);
	return resolve_start(&d->names, host, family, now);
}

void dial_end(struct dial *d)
{
	unsigned i;

	resolve_end(&d->names);
	for (i = 0; i < DIAL_ADDRS; i++) {
		if (d->fds[i] >= 0)
			close(d->fds[i]);
		d->fds[i] = -1;
	}
}

/* a socket on its way out: 0 or -errno */
static long bind_source(const struct dial *d, int fd, const struct inet *to)
{
	long r = 0;

	if (*d->iface)
		r = sys(SYS_setsockopt, fd, SOL_SOCKET, SO_BINDTODEVICE, d->iface,
			(long)sizeof d->iface);
	if (r < 0 || !d->from.family)
		return r;
	if (d->from.family != to->family)
		return -EAFNOSUPPORT;
	return sys(SYS_bind, fd, &d->from, (long)sizeof d->from);
}

/* begins with address i, or asks how it goes: 1 it stands */
static int attempt(struct dial *d, unsigned i, uint32_t now)
{
	struct inet *to = &d->names.addrs[i];
	int *fd = &d->fds[i];
	long r = 0;

	to->port = d->port;
	if (*fd < 0) {
		r = sys(SYS_socket, to->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		*fd = (int)r;
		if (r >= 0)
			r = bind_source(d, *fd, to);
	}
	if (r == 0)
		r = sys(SYS_connect, *fd, to, (long)sizeof *to);
	if (r == -EINPROGRESS || r == -EALREADY)
		return 0;
	if (r == 0 || r == -EISCONN)
		return 1;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	d->due = now;
	/* the numbers rise from no such family, address and net to no answer, service, host */
	if (r < d->err)
		d->err = (int)r;
	return 0;
}

/* the address to try next (RFC 8305 4), one of the other family if there is one; .n: none */
static unsigned next(const struct dial *d)
{
	unsigned k, i, found = d->names.n;

	for (k = 0; k < d->names.n; k++) {
		for (i = k + (CFG_CALLHOME ? turn : 0); CFG_CALLHOME && i >= d->names.n;)
			i -= d->names.n;
		if (d->tried >> i & 1)
			continue;
		if (d->names.addrs[i].family != d->last)
			return i;
		if (found == d->names.n)
			found = i;
	}
	return found;
}

/* goes on with what there is: the address that stands, or .n */
static unsigned advance(struct dial *d, uint32_t now)
{
	unsigned i, n = d->names.n;

	for (i = 0; i < n; i++)
		if (d->fds[i] >= 0 && attempt(d, i, now))
			return i;
	if (n && !d->tried && !(CFG_IPV6 && d->names.open & 2))
		d->due = now;
	else if (n && !d->tried && !d->due)
		d->due = (now + AAAA_DELAY) | 1;
	while (past(d->due, now) && (i = next(d)) < n) {
		d->tried |= 1u << i;
		d->last = d->names.addrs[i].family;
		d->due = now + STAGGER;
		if (attempt(d, i, now))
			return i;
	}
	return n;
}

int dial_step(struct dial *d, uint32_t now)
{
	struct pollfd p[DIAL_FDS];
	int r = -ETIMEDOUT;
	unsigned i;

	resolve_step(&d->names, now);
	i = advance(d, now);
	if (i < d->names.n) {
		r = d->fds[i];
		d->fds[i] = -1;
	} else if (!past(d->end, now)) {
		if (next(d) < d->names.n || dial_poll(d, p))
			return -EAGAIN;
		r = d->err ? d->err : d->names.err;
	}
	dial_end(d);
	return r;
}

unsigned dial_poll(const struct dial *d, struct pollfd *p)
{
	unsigned i, n = 0;

	if (d->names.fd >= 0)
		p[n++] = (struct pollfd){.fd = d->names.fd, .events = POLLIN};
	for (i = 0; i < DIAL_ADDRS; i++)
		if (d->fds[i] >= 0)
			p[n++] = (struct pollfd){.fd = d->fds[i], .events = POLLOUT};
	return n;
}

int dial_wait(const struct dial *d, uint32_t now)
{
	int32_t ms = (int32_t)(d->end - now), other = (int32_t)(d->names.due - now);

	if (d->names.fd >= 0 && other < ms)
		ms = other;
	other = (int32_t)(d->due - now);
	if (next(d) < d->names.n && other < ms)
		ms = other;
	return ms < 0 ? 0 : ms;
}

int dial_now(struct dial *d, const char *host, uint16_t port, int family, const struct addr *from,
	     const char *iface, uint32_t ms)
{
	struct pollfd p[DIAL_FDS];
	uint32_t now = (uint32_t)clock_ms();
	int r = dial_start(d, host, port, family, from, iface, ms, now);

	if (r < 0)
		return r;
	while ((r = dial_step(d, now)) == -EAGAIN) {
		poll(p, dial_poll(d, p), dial_wait(d, now));
		now = (uint32_t)clock_ms();
	}
	return r;
}
