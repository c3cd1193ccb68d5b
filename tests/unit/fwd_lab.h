/* fwd_lab.h - the real forwarder in a process of its own, asked as the engine asks it. */
/* SPDX-License-Identifier: MIT */
#ifndef FWD_LAB_H
#define FWD_LAB_H

#include "test_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "fwd.h"

#define ALL                                                                              \
	(FWD_MAY_CONNECT | FWD_MAY_LISTEN | FWD_MAY_UNIX_CONNECT | FWD_MAY_UNIX_LISTEN | \
	 FWD_MAY_AGENT)

static struct fwd_policy policy;
static const char *dir;
static int engine; /* our end */
static pid_t pid;

static inline int null_fd(void)
{
	return open("/dev/null", O_RDWR);
}

static inline void become_forwarder(int sock)
{
	int i;

	dup2(sock, 3);
	for (i = 4; i < 100; i++)
		close(i);
	dup2(null_fd(), 2);
	_exit(forward_main());
}

static inline int forwarder_with(const void *first, size_t n)
{
	int pair[2];

	if (msg_pair(pair) < 0)
		return 0;
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		become_forwarder(pair[1]);
	close(pair[1]);
	engine = pair[0];
	return pid > 0 && msg_send(engine, first, n, NULL, 0) == 0;
}

static inline int forwarder(unsigned may)
{
	policy.may = may;
	policy.to_stderr = 1;
	return forwarder_with(&policy, sizeof(policy));
}

/* 1: it went by itself and in good order when we did */
static inline int forwarder_gone(void)
{
	close(engine);
	return test_wait(pid) == 0;
}

static inline int ask(enum fwd what, uint32_t tag, unsigned kind, const char *host, uint32_t port)
{
	uint8_t mem[FWD_MSG];
	struct wr w = wr_init(mem, sizeof(mem));

	wr_u8(&w, what);
	wr_u32(&w, tag);
	wr_u8(&w, kind);
	wr_strz(&w, host);
	wr_u32(&w, port);
	return msg_send(engine, mem, wr_len(&w), NULL, 0) == 0;
}

/* what it has told, the last time */
static struct {
	enum fwd what;
	uint32_t tag, err, port;
	char text[300];
	int fd;
} told;

static inline int hear_within(int ms)
{
	static uint8_t mem[FWD_MSG];
	struct pollfd p = {.fd = engine, .events = POLLIN};
	int n = 1, fd = -1;
	struct rd r;
	struct str s;
	ssize_t len;

	if (poll(&p, 1, ms) != 1)
		return 0;
	len = msg_recv(engine, mem, sizeof(mem), &fd, &n);
	if (len <= 0)
		return 0;
	r = rd_init((struct str){mem, (size_t)len});
	memset(&told, 0, sizeof(told));
	told.fd = n == 1 ? fd : -1;
	told.what = rd_u8(&r);
	told.tag = rd_u32(&r);
	if (told.what != FWD_ACCEPTED)
		told.err = rd_u32(&r);
	if (told.what == FWD_LISTENING)
		told.port = rd_u32(&r);
	s = told.what == FWD_CONNECTED ? STR("") : rd_str(&r);
	if (told.what == FWD_ACCEPTED)
		told.port = rd_u32(&r);
	if (r.bad || s.len >= sizeof(told.text))
		return 0;
	memcpy(told.text, s.p, s.len);
	return 1;
}

static inline int hear(void)
{
	return hear_within(20000);
}

/* 1: connected, with a descriptor as the engine wants it; told.err: why not */
static inline int connects(unsigned kind, const char *host, uint32_t port)
{
	static uint32_t tag = 7;

	if (!ask(FWD_CONNECT, ++tag, kind, host, port) || !hear() || told.what != FWD_CONNECTED ||
	    told.tag != tag)
		return -1;
	if ((told.fd >= 0) != (told.err == 0))
		return -1;
	return told.fd >= 0 && (fcntl(told.fd, F_GETFL) & O_NONBLOCK);
}

/* 1: refused with that error */
static inline int fails(unsigned kind, const char *host, uint32_t port, int err)
{
	return connects(kind, host, port) == 0 && told.err == (uint32_t)err;
}

static inline int listens(uint32_t tag, unsigned kind, const char *host, uint32_t port)
{
	if (!ask(FWD_LISTEN, tag, kind, host, port) || !hear() || told.what != FWD_LISTENING ||
	    told.tag != tag || told.fd >= 0)
		return -1;
	return told.err == 0;
}

static inline int listen_fails(unsigned kind, const char *host, uint32_t port, int err)
{
	return listens(30, kind, host, port) == 0 && told.err == (uint32_t)err;
}

/* a blocking socket of ours, bound to or connected to that address */
static inline int sock(const char *host, uint16_t *port, int to)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(*port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(*port)};
	int six = !inet_pton(AF_INET, host, &v4.sin_addr);
	struct sockaddr *a = six ? (void *)&v6 : (void *)&v4;
	socklen_t n = six ? sizeof(v6) : sizeof(v4);
	int fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM, 0);

	if (six)
		inet_pton(AF_INET6, host, &v6.sin6_addr);
	if (fd >= 0 && (to ? connect(fd, a, n) : bind(fd, a, n)) == 0) {
		if (!to && listen(fd, 10) == 0 && getsockname(fd, a, &n) == 0)
			*port = ntohs(six ? v6.sin6_port : v4.sin_port);
		return fd;
	}
	close(fd);
	return -1;
}

static inline int server(const char *host, uint16_t *port)
{
	*port = 0;
	return sock(host, port, 0);
}

/* connected to it, -1 */
static inline int client(const char *host, uint32_t port)
{
	uint16_t p = (uint16_t)port;

	return sock(host, &p, 1);
}

static inline int unix_client(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(a.sun_path, path);
	if (connect(fd, (void *)&a, sizeof(a)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* 1: what goes in at one end comes out at the other, both ways */
static inline int joined(int a, int b)
{
	struct pollfd p = {.events = POLLIN};
	char c[2] = {0};

	if (a < 0 || b < 0 || write(a, "x", 1) != 1 || write(b, "y", 1) != 1)
		return 0;
	p.fd = a;
	poll(&p, 1, 5000);
	p.fd = b;
	poll(&p, 1, 5000);
	return read(a, c, 1) == 1 && read(b, c + 1, 1) == 1 && c[0] == 'y' && c[1] == 'x';
}

/* 1: a client there is accepted by the listener of that tag and joined to us */
static inline int accepted(const char *host, uint32_t port, uint32_t tag, const char *as)
{
	int fd = *host == '/' || *host == '.' ? unix_client(host) : client(host, port), good;

	good = fd >= 0 && hear() && told.what == FWD_ACCEPTED && told.tag == tag &&
	       !strcmp(told.text, as) && joined(fd, told.fd) &&
	       fcntl(told.fd, F_GETFL) & O_NONBLOCK;
	close(fd);
	close(told.fd);
	return good;
}

static inline int has_v6(void)
{
	uint16_t port;
	int fd = server("::1", &port);

	close(fd);
	return fd >= 0;
}

static inline int is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static uint16_t hole_port;
static int hole;

/* a listener whose queue is full: connects to it hang until it is closed */
static inline int hole_open(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	int i;

	hole = server("127.0.0.9", &hole_port);
	if (hole < 0 || listen(hole, 0) < 0)
		return 0;
	a.sin_port = htons(hole_port);
	inet_pton(AF_INET, "127.0.0.9", &a.sin_addr);
	for (i = 0; i < 4; i++)
		connect(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), (void *)&a, sizeof(a));
	usleep(20000);
	return 1;
}

#endif
