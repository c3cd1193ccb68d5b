/* fds.c - closing what is not ours to keep; system calls only, for the child of a vfork too. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "config.h"

#ifndef SYS_close_range
#ifdef __mips__
#define SYS_close_range 4436
#else
#define SYS_close_range 436
#endif
#endif

#define ROOM 512
#define MOST 4096 /* closed one by one where neither close_range nor /proc is there */

/* struct linux_dirent64 */
struct entry {
	uint64_t ino, off;
	unsigned short len;
	unsigned char type;
	char name[];
};

union entries {
	struct entry first;
	char room[ROOM];
};

static long entries_read(int fd, union entries *e)
{
	return sys(SYS_getdents64, fd, e, (long)sizeof *e);
}

/* Names are in /proc/self/fd by number, so that closing does not disturb the reading. */
static int close_listed(unsigned lo, unsigned hi)
{
	int dir = fd_open("/proc/self/fd", O_RDONLY | O_DIRECTORY);
	union entries e;
	uint64_t fd;
	long n = -1, at;

	if (dir < 0)
		return -1;
	while ((n = entries_read(dir, &e)) > 0)
		for (at = 0; at < n;) {
			const struct entry *x = (const void *)(e.room + at);

			if (num_parse(x->name, lo, hi, &fd) == 0 && (int)fd != dir)
				close((int)fd);
			at += x->len;
		}
	close(dir);
	return (int)n;
}

void fds_close(unsigned lo, unsigned hi)
{
	if (lo > hi || sys(SYS_close_range, lo, hi, NULL) == 0 ||
	    (CFG_OLD_KERNELS && close_listed(lo, hi) == 0))
		return;
	for (; lo < MOST && lo <= hi; lo++)
		close((int)lo);
}

int dir_is_empty(int fd)
{
	union entries e;
	long n = entries_read(fd, &e), at;

	if (n < 0)
		return 0;
	for (at = 0; at < n;) {
		const struct entry *x = (const void *)(e.room + at);

		if (x->name[0] != '.' || (x->name[1] && (x->name[1] != '.' || x->name[2])))
			return 0;
		at += x->len;
	}
	return 1;
}

void proc_close_from(int lowest)
{
	int own[] = {log_fd(), self_fd(), sig_fd()}, next, i;
	unsigned lo = (unsigned)lowest;

	for (;;) {
		next = -1;
		for (i = 0; i < 3; i++)
			if (own[i] >= (int)lo && (next < 0 || own[i] < next))
				next = own[i];
		if (next < 0)
			break;
		if (next > (int)lo)
			fds_close(lo, (unsigned)next - 1);
		lo = (unsigned)next + 1;
	}
	fds_close(lo, ~0u >> 1);
}
