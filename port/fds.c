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

#define MOST 4096 /* closed one by one where neither close_range nor /proc is there */

/* for getdents64, whose records begin with 64-bit numbers */
union room {
	uint64_t aligned;
	char bytes[512];
};

/* Names are in /proc/self/fd by number, so that closing does not disturb the reading. */
static int close_listed(unsigned lo, unsigned hi)
{
	int fd = fd_open("/proc/self/fd", O_RDONLY | O_DIRECTORY), r;
	union room room;
	const char *name;
	uint64_t number;
	struct dir d;

	if (fd < 0)
		return -1;
	dir_init(&d, fd, room.bytes, sizeof room);
	while ((r = dir_next(&d, &name)) > 0)
		if (num_parse(name, lo, hi, &number) == 0 && (int)number != fd)
			close((int)number);
	close(fd);
	return r;
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
	union room room;
	const char *name;
	struct dir d;
	int r;

	dir_init(&d, fd, room.bytes, sizeof room);
	while ((r = dir_next(&d, &name)) > 0)
		if (name[0] != '.' || (name[1] && (name[1] != '.' || name[2])))
			return 0;
	return r == 0;
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
