/* dir.c - the names in a directory, without the C library's heap. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

/* linux/dirent.h */
struct entry {
	uint64_t ino;
	int64_t off;
	uint16_t len; /* of all this, a multiple of 8 */
	uint8_t type;
	char name[];
};

void dir_init(struct dir *d, int fd, void *buf, size_t size)
{
	*d = (struct dir){.fd = fd, .buf = buf, .size = (unsigned)size};
}

int dir_next(struct dir *d, const char **name)
{
	const struct entry *e;
	long n;

	if (d->at == d->have) {
		n = sys(SYS_getdents64, d->fd, d->buf, (long)d->size);
		if (n <= 0)
			return (int)n;
		d->at = 0;
		d->have = (unsigned)n;
	}
	e = (const void *)(d->buf + d->at);
	d->at += e->len;
	*name = e->name;
	return 1;
}
