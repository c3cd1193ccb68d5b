/* groups.c - /etc/group, whose lines may be of any length. */
/* SPDX-License-Identifier: MIT */
/*
 * A group of a thousand members makes a line that no buffer holds, so the file
 * is read byte by byte through a small one, and of each line only the name, the
 * number and whether one user is listed are kept.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct groups {
	int fd;
	size_t at, end;
	char buf[256];
	/* the line read last */
	char name[USER_NAME];
	gid_t gid;
	int member;
};

/* -1 at the end, or where reading failed: nobody is in a group that cannot be read */
static int next_char(struct groups *g)
{
	if (g->at == g->end) {
		ssize_t n;

		do
			n = read(g->fd, g->buf, sizeof g->buf);
		while (n < 0 && errno == EINTR);
		if (n <= 0)
			return -1;
		g->at = 0;
		g->end = (size_t)n;
	}
	return (unsigned char)g->buf[g->at++];
}

/*
 * A field up to its separator, LF or the end, which is returned. What does not
 * fit or holds a NUL byte gives an empty text, which no name or number equals.
 */
static int next_field(struct groups *g, char *to, size_t n, int separator)
{
	size_t len = 0;
	int c;

	while ((c = next_char(g)) >= 0 && c != '\n' && c != separator) {
		if (c == '\r')
			continue;
		if (c && len < n)
			to[len++] = (char)c;
		else
			len = n;
	}
	to[len < n ? len : 0] = 0;
	return c;
}

/* The next line that makes sense; member: user is listed in it. */
static int next_group(struct groups *g, const char *user)
{
	char text[USER_NAME];
	uint64_t gid = 0;
	int c, field, bad;

	do {
		c = next_field(g, g->name, sizeof g->name, ':');
		if (c < 0)
			return 0;
		g->member = 0;
		bad = 1;
		for (field = 1; c == ':' || c == ','; field++) {
			c = next_field(g, text, sizeof text, field > 2 ? ',' : ':');
			if (field == 2)
				bad = num_parse(text, 0, UINT32_MAX - 1, &gid) < 0;
			if (field > 2 && user && *text && strcmp(text, user) == 0)
				g->member = 1;
		}
	} while (bad);
	g->gid = (gid_t)gid;
	return 1;
}

static int groups_open(struct groups *g)
{
	g->at = g->end = 0;
	g->fd = open("/etc/group", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return g->fd >= 0;
}

int group_find(const char *name, gid_t *gid)
{
	struct groups g;
	int r = -ENOENT;

	if (!groups_open(&g))
		return -errno;
	while (r < 0 && next_group(&g, NULL))
		if (*name && strcmp(g.name, name) == 0) {
			*gid = g.gid;
			r = 0;
		}
	close(g.fd);
	return r;
}

int user_in_group(const struct user *u, const char *group)
{
	struct groups g;
	int in = 0;

	if (!groups_open(&g))
		return 0;
	while (!in && next_group(&g, u->name))
		in = *group && strcmp(g.name, group) == 0 && (g.member || g.gid == u->gid);
	close(g.fd);
	return in;
}

int groups_of(const char *name, gid_t *out, int max)
{
	static int told;
	struct groups g;
	int n = 0;

	if (!groups_open(&g))
		return 0;
	while (next_group(&g, name)) {
		if (!g.member)
			continue;
		if (n < max) {
			out[n++] = g.gid;
		} else if (!told) {
			told = 1;
			log_put(LOG_L_WARN, "'%p' is in more than %d groups; the rest is left out",
				name, max);
		}
	}
	close(g.fd);
	return n;
}
