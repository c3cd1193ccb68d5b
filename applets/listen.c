/* listen.c - the sockets that the server listens on. */
/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "links.h"
#include "listen.h"
#include "port.h"

#define BACKLOG 64

struct socket {
	int fd;
	uint16_t port;
	char host[64], iface[16];
};

static struct socket open_now[CFG_LISTENERS] APART, wanted[CFG_LISTENERS] APART;
static unsigned n_open;

int listen_fd(unsigned i)
{
	return i < n_open ? open_now[i].fd : CFG_LINKLOCAL ? links_fd(i - n_open) : -1;
}

static int same(const struct socket *a, const struct socket *b)
{
	return a->port == b->port && !strcmp(a->host, b->host) && !strcmp(a->iface, b->iface);
}

static int socket_open(struct socket *w, const struct settings *s)
{
	struct addr a;
	int r = addr_parse(&a, w->host, s->address_family, w->port);

	if (r >= 0)
		r = sock_listen(&a, *w->iface ? w->iface : NULL, BACKLOG);
	if (r < 0)
		log_put(LOG_L_ERROR, "cannot listen on %s port %u%s%s: %s", w->host, w->port,
			*w->iface ? " of " : "", w->iface, err_text(-r));
	else
		log_put(LOG_L_NOTICE, "Server listening on %s port %u", w->host, w->port);
	return r;
}

/* the descriptor of one that is open already, or of a new one */
static int socket_get(struct socket *w, const struct settings *s)
{
	unsigned i;

	for (i = 0; CFG_SSHD_CONFIG && i < n_open; i++)
		if (open_now[i].fd >= 0 && same(&open_now[i], w))
			return open_now[i].fd;
	return socket_open(w, s);
}

static int is_open(int fd, const struct socket *list, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (list[i].fd == fd)
			return 1;
	return 0;
}

/* closes those of one list that are not in the other */
static void close_rest(const struct socket *list, unsigned n, const struct socket *kept,
		       unsigned n_kept)
{
	unsigned i;

	for (i = 0; CFG_SSHD_CONFIG && i < n; i++)
		if (!is_open(list[i].fd, kept, n_kept))
			close(list[i].fd);
}

int listen_change(const struct settings *s)
{
	unsigned n = 0, i, failed = 0;
	struct socket *w = wanted;

	for (i = 0;
	     n < CFG_LISTENERS && settings_listener(s, i, w->host, sizeof(w->host), &w->port);
	     i++) {
		fmt(w->iface, sizeof(w->iface), "%s", SETTING(s, iface));
		w->fd = socket_get(w, s);
		failed += w->fd < 0;
		n += w->fd >= 0;
		w = &wanted[n];
	}
	if (!n || (CFG_SSHD_CONFIG && failed && n_open)) {
		close_rest(wanted, n, open_now, n_open);
		return -1;
	}
	close_rest(open_now, n_open, wanted, n);
	memcpy(open_now, wanted, n * sizeof(wanted[0]));
	n_open = n;
	return 0;
}
