/* sftp_server_io.c - bytes between two descriptors and the requests. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sftp_server.h"

static int interrupted(ssize_t n)
{
	return n < 0 && (errno == EINTR || errno == EAGAIN);
}

static unsigned pending(const struct sftpd *s)
{
	return s->out_end - s->out_at;
}

/* 1: some went, or there was none; 0: not now; -1: never again */
static int send_some(struct sftpd *s)
{
	ssize_t n = write(1, s->out + s->out_at, pending(s));

	if (n < 0)
		return interrupted(n) ? 0 : -1;
	s->out_at += (unsigned)n;
	return 1;
}

/*
 * Likewise; -1 at the end, too. The rest of a WRITE's data comes to where replies
 * are made, if there are none: a pipe is emptied at once, and in[] may be small.
 */
static int take_some(struct sftpd *s)
{
	struct iovec v[2] = {
	    {s->out,            s->left < sizeof(s->out) ? s->left : sizeof(s->out)},
	    {s->in + s->in_end, sizeof(s->in) - s->in_end                          }
        };
	int aside = s->left && !s->in_end && !pending(s);
	size_t data = aside ? v[0].iov_len : 0;
	ssize_t n = readv(0, v + !aside, 1 + aside);

	if (n <= 0) {
		if (n < 0 && !interrupted(n))
			log_put(LOG_L_ERROR, "read: %m");
		return interrupted(n) ? 0 : -1;
	}
	if ((size_t)n < data)
		data = (size_t)n;
	if (data)
		sftpd_data(s, s->out, data);
	s->in_end += (unsigned)((size_t)n - data);
	return 1;
}

/*
 * Until replies can go, or more can come (which it may while replies wait: the
 * client may be one that reads after it has written); 1: more can come.
 */
static int wait_for_any(const struct sftpd *s, int closed)
{
	struct pollfd p[2] = {
	    {.fd = 0, .events = POLLIN },
            {.fd = 1, .events = POLLOUT}
        };

	if (closed || s->in_end == sizeof(s->in))
		p[0].fd = -1;
	if (!pending(s))
		p[1].fd = -1;
	return poll(p, 2, -1) > 0 && p[0].revents;
}

int sftpd_run(struct sftpd *s)
{
	int served = 0, eof = 0, r;

	for (;;) {
		if (served >= 0)
			served = sftpd_serve(s);
		if (pending(s)) {
			r = send_some(s);
			if (r < 0)
				break;
		} else if (eof || served < 0) {
			break;
		} else {
			r = take_some(s);
			eof = r < 0;
		}
		if (!r && wait_for_any(s, eof || served < 0))
			eof = take_some(s) < 0;
	}
	return served < 0 ? 11 : 0; /* as OpenSSH's */
}
