/* log.c - lines to syslog, a datagram to /dev/log each, or to stderr. */
/* SPDX-License-Identifier: MIT */
/*
 * The socket is connected when the first line wants it and again when syslogd
 * went away. With held set neither happens: the process may have lost the
 * right to make sockets, and a line that cannot be sent is lost. Nothing here
 * blocks.
 */
#include "internal.h"

#include "config.h"

#include <errno.h>
#include <sys/socket.h>

#define LOG_LINE 1000

static struct {
	const char *name;
	int fd, held, to_stderr, facility;
	enum log_level most;
	int (*sink)(enum log_level l, const char *line);
} lg = {.fd = -1, .to_stderr = 1, .most = LOG_L_INFO};

void log_open(const char *name, int to_stderr, enum log_level most, int facility)
{
	lg.name = name;
	lg.to_stderr = to_stderr || !CFG_SYSLOG;
	lg.most = most;
	lg.facility = facility;
}

void log_sink(int (*f)(enum log_level l, const char *line))
{
	lg.sink = f;
}

int log_fd(void)
{
	return lg.fd;
}

void log_drop(void)
{
	if (lg.fd >= 0)
		close(lg.fd);
	lg.fd = -1;
}

static void log_connect(void)
{
	/* a struct sockaddr_un as long as it needs to be */
	static const struct {
		sa_family_t family;
		char path[10];
	} where = {AF_UNIX, "/dev/log"};

	lg.fd = (int)sys(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (lg.fd >= 0 && sys(SYS_connect, lg.fd, &where, sizeof where) < 0)
		log_drop();
}

void log_hold(void)
{
	if (CFG_SYSLOG && lg.fd < 0 && !lg.to_stderr && !lg.held)
		log_connect();
	lg.held = 1;
}

static void log_syslog(const char *line, size_t n)
{
	int tries;

	for (tries = 0; tries < 2; tries++) {
		long r = lg.fd < 0
			     ? -ENOTCONN
			     : sys(SYS_sendto, lg.fd, line, n, MSG_DONTWAIT | MSG_NOSIGNAL, NULL);

		if (r >= 0 || r == -EAGAIN || lg.held)
			return;
		log_drop();
		log_connect();
	}
}

static size_t log_head(char *line, enum log_level l)
{
	static const unsigned char severity[] = {3, 4, 5, 6, 7, 7}; /* RFC 5424 6.2.1 */
	int to_stderr = lg.to_stderr || !CFG_SYSLOG;
	struct date d;
	size_t n;

	clock_date((uint32_t)clock_unix(), &d);
	n = to_stderr ? fmt(line, LOG_LINE, "[%d] ", (int)getpid())
		      : fmt(line, LOG_LINE, "<%d>",
			    lg.facility << 3 | (CFG_RESCUE && (int)l < 0 ? 1 : severity[l]));
	n += fmt(line + n, LOG_LINE - n, "%.3s %2u %02u:%02u:%02u ",
		 &"JanFebMarAprMayJunJulAugSepOctNovDec"[d.month * 3], d.day, d.hour, d.minute,
		 d.second);
	return to_stderr ? n : n + fmt(line + n, LOG_LINE - n, "%s[%d]: ", lg.name, (int)getpid());
}

/* 1: somebody else has taken it */
static int sunk(enum log_level l, const char *f, va_list ap)
{
	char line[LOG_LINE];

	vfmt(line, sizeof line, f, ap);
	return lg.sink(l, line);
}

void(log_put)(enum log_level l, const char *f, ...)
{
	char line[LOG_LINE + 1];
	int err = errno;
	size_t n, i;
	va_list ap;

	if (CFG_CHECK && lg.sink) {
		int taken;

		va_start(ap, f);
		taken = sunk(l, f, ap);
		va_end(ap);
		if (taken)
			return;
	}
	if (l > lg.most)
		return;
	n = log_head(line, l);
	errno = err; /* for %m */
	va_start(ap, f);
	n += vfmt(line + n, LOG_LINE - n, f, ap);
	va_end(ap);
	/* one line, whatever a %s brought along */
	for (i = 0; i < n; i++)
		if ((unsigned char)line[i] < 32 || line[i] == 127)
			line[i] = '?';
	if (lg.to_stderr || !CFG_SYSLOG) {
		line[n++] = '\n';
		write_all(STDERR_FILENO, line, n);
	} else {
		log_syslog(line, n);
	}
	errno = err;
}
