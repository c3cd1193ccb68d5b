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

void lines_init(struct lines *l, int fd, char *buf, size_t size)
{
	*l = (struct lines){.fd = fd, .buf = buf, .size = size};
}

/* more bytes behind end, or eof is set; 0 or -errno */
static int fill(struct lines *l)
{
	ssize_t n;

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
	return 0;
}

int lines_next(struct lines *l, char **line)
{
	for (;;) {
		char *p = l->buf + l->at;
		size_t n = l->end - l->at;
		char *lf = memchr(p, '\n', n);
		int r;

		if (!lf && n == l->size)
			l->skipping = 1;
		if (!lf && l->skipping)
			l->at = l->end;
		if (!lf && !l->eof) {
			r = fill(l);
			if (r < 0)
				return r;
			continue;
		}
		if (!lf && !n && !l->skipping)
			return 0;
		l->no++;
		if (lf)
			n = (size_t)(lf - p);
		l->at = lf ? (size_t)(lf - l->buf) + 1 : l->end;
		if (l->skipping) {
			l->skipping = 0;
			return -E2BIG;
		}
		if (memchr(p, 0, n))
			return -EILSEQ;
		if (n && p[n - 1] == '\r')
			n--;
		p[n] = 0; /* the last line may lack its LF; it is shorter than the buffer */
		*line = p;
		return 1;
	}
}
