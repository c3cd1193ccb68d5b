/* lines.c - a file a line at a time through a fixed buffer. */
/* SPDX-License-Identifier: MIT */
/*
 * buf[at..end) is what was read and not given. A line that does not fit is
 * never shown in part: skipping stays set until its end was seen, also over a
 * failed read.
 */
#include "internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void lines_init(struct lines *l, int fd, char *buf, size_t size)
{
	*l = (struct lines){.fd = fd, .buf = buf, .size = size};
}

/* more bytes behind end; 0 at the end of the file */
static int fill(struct lines *l)
{
	ssize_t n;

	if (l->eof)
		return 0;
	memmove(l->buf, l->buf + l->at, l->end - l->at);
	l->end -= l->at;
	l->at = 0;
	do
		n = read(l->fd, l->buf + l->end, l->size - l->end);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	l->end += (size_t)n;
	l->eof = n == 0;
	return n > 0;
}

/* drops what is left of a long line */
static int skip(struct lines *l)
{
	int r;

	l->skipping = 1;
	for (;;) {
		char *lf = memchr(l->buf + l->at, '\n', l->end - l->at);

		l->at = lf ? (size_t)(lf - l->buf) + 1 : l->end;
		r = lf ? 0 : fill(l);
		if (r <= 0)
			break;
	}
	if (r < 0)
		return r;
	l->skipping = 0;
	return -E2BIG;
}

/* the n bytes at l->at are a line; used: with its LF */
static int take(struct lines *l, size_t n, size_t used, char **line)
{
	char *p = l->buf + l->at;

	l->at += used;
	l->no++;
	if (memchr(p, 0, n))
		return -EILSEQ;
	if (n && p[n - 1] == '\r')
		n--;
	p[n] = 0;
	*line = p;
	return 1;
}

int lines_next(struct lines *l, char **line)
{
	int r;

	if (l->skipping)
		return skip(l);
	for (;;) {
		size_t have = l->end - l->at;
		char *lf = memchr(l->buf + l->at, '\n', have);

		if (lf)
			return take(l, (size_t)(lf - l->buf) - l->at,
				    (size_t)(lf - l->buf) - l->at + 1, line);
		if (have == l->size) {
			l->no++;
			return skip(l);
		}
		r = fill(l);
		if (r < 0)
			return r;
		if (r == 0) /* the last line may lack its LF; fill left room for a NUL */
			return l->end > l->at ? take(l, l->end - l->at, l->end - l->at, line) : 0;
	}
}
