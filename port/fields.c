/* fields.c - files of lines of fields, as /etc/passwd and its kin are. */
/* SPDX-License-Identifier: MIT */
/*
 * A group of a thousand members makes a line that no buffer holds, so the file
 * is read byte by byte through a small one, and what a caller wants of a line is
 * copied as it goes by.
 */
#include "internal.h"

#include <errno.h>

int fields_open(struct fields *f, const char *path)
{
	f->fd = fd_open(path, O_RDONLY | O_NONBLOCK);
	f->end = '\n';
	f->err = 0;
	f->at = f->have = 0;
	return f->fd < 0 ? f->fd : 0;
}

int fields_close(struct fields *f)
{
	size_t i;

	close(f->fd);
	for (i = 0; i < sizeof f->buf; i++)
		((volatile char *)f->buf)[i] = 0;
	return f->err;
}

static int next_char(struct fields *f)
{
	ssize_t n;

	if (f->at == f->have) {
		do
			n = read(f->fd, f->buf, sizeof f->buf);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			f->err = -errno;
		if (n <= 0)
			return -1;
		f->at = 0;
		f->have = (unsigned)n;
	}
	return (unsigned char)f->buf[f->at++];
}

size_t fields_next(struct fields *f, char *to, size_t n, int separator)
{
	size_t len = 0;

	while (f->end != '\n' && f->end >= 0 && (f->end = next_char(f)) != '\n' && f->end >= 0 &&
	       f->end != separator) {
		if (f->end == '\r')
			continue;
		if (len < n)
			/* cppcheck-suppress nullPointer ; where to is NULL, n is 0 */
			to[len] = (char)f->end;
		len = f->end || len >= n ? len + 1 : n;
	}
	if (n)
		to[len < n ? len : 0] = 0;
	return len;
}

int fields_line(struct fields *f)
{
	fields_next(f, NULL, 0, '\n');
	if (f->end < 0)
		return 0;
	f->end = ':';
	return 1;
}
