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
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LOG_LINE 1000

static struct {
	char name[32];
	int fd, held, to_stderr, facility;
	enum log_level most;
} lg = {.fd = -1, .to_stderr = 1, .most = LOG_L_INFO};

void log_open(const char *name, int to_stderr, enum log_level most, int facility)
{
	fmt(lg.name, sizeof lg.name, "%s", name);
	lg.to_stderr = to_stderr || !CFG_SYSLOG;
	lg.most = most;
	lg.facility = facility;
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
	static const struct sockaddr_un where = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};

	lg.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (lg.fd >= 0 && connect(lg.fd, (const struct sockaddr *)&where, sizeof where) < 0)
		log_drop();
}

void log_hold(void)
{
	if (CFG_SYSLOG && lg.fd < 0 && !lg.to_stderr && !lg.held)
		log_connect();
	lg.held = 1;
}

static int log_send(const char *line, size_t n)
{
	return send(lg.fd, line, n, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 || errno == EAGAIN;
}

static void log_syslog(const char *line, size_t n)
{
	if (lg.fd >= 0 && log_send(line, n))
		return;
	if (lg.held)
		return;
	log_drop();
	log_connect();
	if (lg.fd >= 0)
		log_send(line, n);
}

static size_t log_head(char *line, enum log_level l)
{
	static const unsigned char severity[] = {3, 4, 5, 6, 7, 7}; /* RFC 5424 6.2.1 */
	char when[20];
	struct date d;

	clock_date((uint32_t)clock_unix(), &d);
	fmt(when, sizeof when, "%.3s %2u %02u:%02u:%02u",
	    &"JanFebMarAprMayJunJulAugSepOctNovDec"[d.month * 3], d.day, d.hour, d.minute,
	    d.second);
	if (lg.to_stderr || !CFG_SYSLOG)
		return fmt(line, LOG_LINE, "[%d] %s ", (int)getpid(), when);
	return fmt(line, LOG_LINE, "<%d>%s %s[%d]: ", lg.facility << 3 | severity[l], when, lg.name,
		   (int)getpid());
}

void log_put(enum log_level l, const char *f, ...)
{
	char line[LOG_LINE + 1];
	int err = errno;
	size_t n, i;
	va_list ap;

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
