/* fwd_proc.c - the forwarder: opens and accepts connections as the user whose they are. */
/* SPDX-License-Identifier: MIT */
/*
 * No byte of a connection is read here. While the engine does not take what we
 * tell it, nothing is accepted; while all dials are busy, no request is read:
 * the sockets keep them.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authkeys.h"
#include "dial.h"
#include "fwd.h"
#include "match.h"

#define CTRL 3
#define DIAL_MS 60000
#define BACKLOG 128

static struct fwd_policy policy APART;

static struct task {
	uint32_t tag;
	uint8_t used;
	struct dial dial;
} tasks[FWD_DIALS] APART;

static struct listener {
	uint32_t tag;
	uint8_t used;
	int fds[2]; /* -1: none */
	char path[108];
} listeners[FWD_LISTENERS] APART;

static struct pollfd polled[1 + FWD_DIALS * DIAL_FDS + FWD_LISTENERS * 2] APART;
static uint8_t mem[FWD_MSG] APART; /* what is told */
static size_t blocked;             /* bytes of it that the engine does not take for the moment */
static int told_fd;

/* ---- what is told ---------------------------------------------------------- */

static void tell_again(void)
{
	if (msg_send(CTRL, mem, blocked, &told_fd, told_fd >= 0) == -EAGAIN)
		return;
	if (told_fd >= 0)
		close(told_fd);
	blocked = 0;
}

/* fd goes along and is closed, -1: none; not while blocked */
static void tell(const struct wr *w, int fd)
{
	blocked = wr_len(w);
	told_fd = fd;
	tell_again();
}

/* how a request of that tag went, err negative; port and taken are a listener's */
static void answer(enum fwd what, uint32_t tag, int err, uint32_t port, const char *taken, int fd)
{
	struct wr w = wr_init(mem, sizeof(mem));

	wr_u8(&w, what);
	wr_u32(&w, tag);
	wr_u32(&w, (uint32_t)-err);
	wr_u32(&w, port);
	wr_strz(&w, taken);
	tell(&w, fd);
}

/* fd, or -errno */
static void tell_connected(uint32_t tag, int fd)
{
	answer(FWD_CONNECTED, tag, fd < 0 ? fd : 0, 0, "", fd);
}

/* ---- what may be ----------------------------------------------------------- */

/* 1: a rule of the list allows it, or there is none */
static int in_list(enum fwd_list list, const char *host, uint32_t port)
{
	const char *rules = policy.rules[list], *rule = rules;
	uint16_t to;
	struct str pattern;

	for (; *rule; rule += strlen(rule) + 1)
		if (authkeys_permit(rule, 1, &pattern, &to) && (!to || to == port) &&
		    match_glob(str_of(host), pattern))
			return 1;
	return rule == rules;
}

/* both lists must allow it */
static int allowed(enum fwd_list list, const char *host, uint32_t port)
{
	return port < 65536 && in_list(list, host, port) && in_list(list + 1, host, port);
}

static int is_tun(enum fwd_kind kind)
{
	return CFG_TUN && (kind == FWD_TUN || kind == FWD_ETHERNET);
}

static int may_connect(enum fwd_kind kind, const char *host, uint32_t port)
{
	if (kind == FWD_UNIX)
		return policy.may & FWD_MAY_UNIX_CONNECT;
	if (is_tun(kind))
		return policy.may & FWD_MAY_TUN << (kind - FWD_TUN);
	return policy.may & FWD_MAY_CONNECT && port && allowed(LIST_OPEN, host, port);
}

static int may_listen(enum fwd_kind kind, const char *host, uint32_t port)
{
	if (kind == FWD_AGENT)
		return policy.may & FWD_MAY_AGENT;
	if (kind == FWD_UNIX)
		return policy.may & FWD_MAY_UNIX_LISTEN;
	return policy.may & FWD_MAY_LISTEN && allowed(LIST_LISTEN, host, port);
}

/* a device, which is there at once; fd, or -errno */
static int tun_as(enum fwd_kind kind, uint32_t unit)
{
	int fd;

	if (policy.tun && unit == TUN_ANY)
		unit = policy.tun - 1;
	fd = policy.tun && unit != policy.tun - 1 ? -EACCES : tun_open(kind == FWD_ETHERNET, unit);
	log_put(fd < 0 ? LOG_L_WARN : LOG_L_INFO, "tunnel device %u: %s", (unsigned)unit,
		fd < 0 ? err_text(-fd) : "opened");
	return fd;
}

/* ---- connecting ------------------------------------------------------------ */

static struct task *task_free(void)
{
	int i;

	for (i = 0; i < FWD_DIALS; i++)
		if (!tasks[i].used)
			return &tasks[i];
	return NULL;
}

static void task_step(struct task *t)
{
	int r = dial_step(&t->dial, (uint32_t)clock_ms());

	if (r == -EAGAIN)
		return;
	t->used = 0;
	if (r >= 0)
		sock_nodelay(r);
	tell_connected(t->tag, r);
}

static void on_connect(uint32_t tag, enum fwd_kind kind, const char *host, uint32_t port)
{
	struct task *t = task_free();
	int r;

	if (!may_connect(kind, host, port)) {
		log_put(LOG_L_NOTICE, "forward to %p port %u is not allowed", host, (unsigned)port);
		tell_connected(tag, -EACCES);
		return;
	}
	if (kind == FWD_UNIX || is_tun(kind)) {
		tell_connected(tag, kind == FWD_UNIX ? unix_connect(host) : tun_as(kind, port));
		return;
	}
	t->tag = tag;
	r = dial_start(&t->dial, host, (uint16_t)port, 0, NULL, NULL, DIAL_MS,
		       (uint32_t)clock_ms());
	t->used = r == 0;
	if (r < 0)
		tell_connected(tag, r);
	else
		task_step(t);
}

/* ---- listening ------------------------------------------------------------- */

/* the two addresses that a listener has at most, NULL: none */
static void listen_where(const char *host, const char *where[2])
{
	static const char *const loopback[] = {"127.0.0.1", "::1"}, *const any[] = {"*", NULL};
	const char *const *both = NULL;

	if (policy.gateway == 1)
		both = any;
	else if (!policy.gateway || !strcmp(host, "localhost"))
		both = loopback;
	else if (!*host || !strcmp(host, "*"))
		both = any;
	where[0] = both ? both[0] : host;
	where[1] = both ? both[1] : NULL;
}

/* *taken: the address of the two that somebody has already; the other will do (as OpenSSH has it) */
static int listen_tcp(struct listener *l, const char *host, uint32_t *port, const char **taken)
{
	const char *where[2];
	struct addr a;
	int i, r = -EINVAL;

	listen_where(host, where);
	for (i = 0; i < 2 && where[i]; i++) {
		int fd = addr_parse(&a, where[i], 0, (uint16_t)*port);

		if (fd == 0)
			fd = sock_listen(&a, NULL, BACKLOG);
		l->fds[i] = fd < 0 ? -1 : fd;
		if (fd == -EADDRINUSE)
			*taken = where[i];
		if (fd < 0 && (i == 0 || r < 0)) {
			r = fd;
		} else if (fd >= 0) {
			r = 0;
			if (!*port && sock_local(fd, &a) == 0)
				*port = addr_port(&a);
		}
	}
	return r;
}

static int listen_unix(struct listener *l, const char *path)
{
	int fd;

	fd = unix_listen(path, policy.mask, policy.unlink); /* 107 bytes at most */
	if (fd < 0)
		return fd; /* without .path: what is there is not ours to remove */
	fmt(l->path, sizeof(l->path), "%s", path);
	l->fds[0] = fd;
	return 0;
}

/* in a directory that nobody else can enter, made for it */
static int listen_agent(struct listener *l)
{
	char *slash = strrchr(policy.agent, '/');
	int r;

	if (!slash)
		return -EINVAL;
	*slash = 0;
	r = mkdir(policy.agent, 0700) < 0 ? -errno : 0;
	*slash = '/';
	return r < 0 ? r : listen_unix(l, policy.agent);
}

static void listener_end(struct listener *l)
{
	int i;

	for (i = 0; i < 2; i++)
		if (l->fds[i] >= 0)
			close(l->fds[i]);
	if (l->path[0]) {
		unlink(l->path);
		if (!strcmp(l->path, policy.agent)) {
			*strrchr(l->path, '/') = 0;
			rmdir(l->path);
		}
	}
	l->used = 0;
}

static int listen_as(struct listener *l, enum fwd_kind kind, const char *host, uint32_t *port,
		     const char **taken)
{
	if (l == listeners + FWD_LISTENERS)
		return -EMFILE;
	if (!may_listen(kind, host, *port)) {
		log_put(LOG_L_NOTICE, "forward from %p port %u is not allowed", host,
			(unsigned)*port);
		return -EACCES;
	}
	memset(l->fds, 0xff, sizeof(l->fds));
	l->path[0] = 0;
	l->used = 1;
	return kind == FWD_TCP    ? listen_tcp(l, host, port, taken)
	       : kind == FWD_UNIX ? listen_unix(l, host)
				  : listen_agent(l);
}

static void on_listen(uint32_t tag, enum fwd_kind kind, const char *host, uint32_t port)
{
	struct listener *l = listeners;
	const char *taken = "";
	int r;

	if (is_tun(kind)) {
		r = may_connect(kind, host, port) ? tun_as(kind, port) : -EACCES;
		/* the latter is FWD_ACCEPTED of nobody and nowhere */
		answer(r < 0 ? FWD_LISTENING : FWD_ACCEPTED, tag, r < 0 ? r : 0, 0, "", r);
		return;
	}
	while (l < listeners + FWD_LISTENERS && l->used)
		l++;
	r = listen_as(l, kind, host, &port, &taken);
	if (r == 0)
		l->tag = tag;
	else if (l < listeners + FWD_LISTENERS && l->used)
		listener_end(l);
	answer(FWD_LISTENING, tag, r, port, taken, -1);
}

static void on_accept(struct listener *l, int from)
{
	struct wr w = wr_init(mem, sizeof(mem));
	struct addr peer;
	char host[64] = "";
	int fd = sock_accept(from, &peer);

	if (fd < 0)
		return;
	if (!l->path[0]) {
		addr_host(&peer, host, sizeof(host));
		sock_nodelay(fd);
	}
	wr_u8(&w, FWD_ACCEPTED);
	wr_u32(&w, l->tag);
	wr_strz(&w, host);
	wr_u32(&w, l->path[0] ? 0 : addr_port(&peer));
	tell(&w, fd);
}

/* ---- the loop -------------------------------------------------------------- */

static void on_cancel(uint32_t tag)
{
	int i;

	for (i = 0; i < FWD_LISTENERS; i++)
		if (listeners[i].used && listeners[i].tag == tag)
			listener_end(&listeners[i]);
}

/* 0: the engine has gone */
static int request(void)
{
	static uint8_t in[FWD_MSG] APART;
	static char host[1024] APART;
	int none = 0;
	ssize_t n = msg_recv(CTRL, in, sizeof(in), NULL, &none);
	struct rd r = rd_init((struct str){in, n < 0 ? 0 : (size_t)n});
	enum fwd what = rd_u8(&r);
	uint32_t tag = rd_u32(&r), port;
	enum fwd_kind kind = rd_u8(&r);
	struct str name = rd_str(&r);

	port = rd_u32(&r);
	if (n <= 0)
		return n == -EAGAIN;
	if (!rd_done(&r) || name.len >= sizeof(host) || memchr(name.p, 0, name.len))
		return 0;
	fmt(host, sizeof(host), "%.*s", (int)name.len, (const char *)name.p);
	if (what == FWD_CONNECT)
		on_connect(tag, kind, host, port);
	else if (what == FWD_LISTEN)
		on_listen(tag, kind, host, port);
	else
		on_cancel(tag);
	return 1;
}

static unsigned poll_fill(int *wait)
{
	unsigned n = 1;
	int i, e, ms;

	polled[0] = (struct pollfd){.fd = CTRL, .events = task_free() ? POLLIN : 0};
	*wait = -1;
	if (blocked) {
		polled[0].events = POLLOUT;
		return n;
	}
	for (i = 0; i < FWD_DIALS; i++) {
		if (!tasks[i].used)
			continue;
		n += dial_poll(&tasks[i].dial, polled + n);
		ms = dial_wait(&tasks[i].dial, (uint32_t)clock_ms());
		if (*wait < 0 || ms < *wait)
			*wait = ms;
	}
	for (i = 0; i < FWD_LISTENERS; i++)
		for (e = 0; listeners[i].used && e < 2; e++)
			if (listeners[i].fds[e] >= 0)
				polled[n++] =
				    (struct pollfd){.fd = listeners[i].fds[e], .events = POLLIN};
	return n;
}

static void serve(const struct pollfd *p, unsigned n)
{
	int i, e;

	for (i = 0; i < FWD_DIALS && !blocked; i++)
		if (tasks[i].used)
			task_step(&tasks[i]);
	for (; n--; p++)
		for (i = 0; p->revents && i < FWD_LISTENERS; i++)
			for (e = 0; e < 2; e++)
				if (listeners[i].used && listeners[i].fds[e] == p->fd && !blocked)
					on_accept(&listeners[i], p->fd);
}

static int loop(void)
{
	unsigned n;
	int wait;

	for (;;) {
		n = poll_fill(&wait);
		if (poll(polled, n, wait) < 0 && errno != EINTR)
			return 1;
		if (polled[0].revents & POLLOUT)
			tell_again();
		serve(polled + 1, n - 1);
		if (polled[0].revents & (POLLHUP | POLLERR))
			return 0;
		if (polled[0].revents & POLLIN && !blocked && !request())
			return 0;
	}
}

int forward_main(void)
{
	int none = 0, i, r;

	if (msg_recv(CTRL, &policy, sizeof(policy), NULL, &none) != sizeof(policy)) {
		fmt_fd(2, "%s: %s is started by ssh and sshd alone\n", self_name(), ROLE_FORWARD);
		return 1;
	}
	log_open(self_name(), policy.to_stderr, policy.log_level, policy.log_facility);
	r = loop();
	for (i = 0; i < FWD_LISTENERS; i++)
		if (listeners[i].used)
			listener_end(&listeners[i]);
	return r;
}
