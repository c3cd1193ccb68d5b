/* route.c - whether there is a way out of this machine. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <string.h>

static unsigned count(const char *path)
{
	char buf[256], *p;
	struct lines l;
	unsigned n = 0;
	int r, fd = fd_open(path, O_RDONLY);
	size_t len;

	if (fd < 0)
		return 0;
	lines_init(&l, fd, buf, sizeof buf);
	while ((r = lines_next(&l, &p)) > 0) {
		len = strlen(p);
		n += len < 3 || strcmp(p + len - 3, " lo") != 0;
	}
	close(fd);
	return n;
}

unsigned net_routes(void)
{
	return count("/proc/net/route") + count("/proc/net/ipv6_route");
}
