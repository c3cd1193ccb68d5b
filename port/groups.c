/* groups.c - /etc/group: whose groups are which. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <errno.h>
#include <string.h>

struct groups {
	struct fields f;
	/* the line read last */
	char name[USER_NAME];
	gid_t gid;
	int member;
};

/* The next line that makes sense; member: user is listed in it. 0: the end, and the file is closed */
static int next_group(struct groups *g, const char *user)
{
	char text[USER_NAME];
	uint64_t gid;

	while (fields_line(&g->f)) {
		fields_next(&g->f, g->name, sizeof g->name, ':');
		fields_next(&g->f, NULL, 0, ':');
		fields_next(&g->f, text, sizeof text, ':');
		if (num_parse(text, 0, UINT32_MAX - 1, &gid) < 0)
			continue;
		g->gid = (gid_t)gid;
		g->member = 0;
		while (g->f.end == ':' || g->f.end == ',') {
			fields_next(&g->f, text, sizeof text, ',');
			g->member |= *text && strcmp(text, user) == 0;
		}
		return 1;
	}
	/* nobody is in a group that cannot be read */
	fields_close(&g->f);
	return 0;
}

static int groups_open(struct groups *g)
{
	return fields_open(&g->f, "/etc/group");
}

int user_in_group(const struct user *u, const char *group)
{
	struct groups g;

	if (groups_open(&g) < 0)
		return 0;
	while (next_group(&g, u->name))
		if (*group && strcmp(g.name, group) == 0 && (g.member || g.gid == u->gid)) {
			fields_close(&g.f);
			return 1;
		}
	return 0;
}

int group_name_of(gid_t gid, char name[USER_NAME])
{
	struct groups g;

	if (groups_open(&g) == 0)
		while (next_group(&g, ""))
			if (*g.name && g.gid == gid) {
				fields_close(&g.f);
				memcpy(name, g.name, sizeof g.name);
				return 0;
			}
	fmt(name, USER_NAME, "%u", (unsigned)gid);
	return -ENOENT;
}

int groups_of(const char *name, gid_t *out, int max)
{
	struct groups g;
	int n = 0;

	if (groups_open(&g) < 0)
		return 0;
	while (next_group(&g, name)) {
		if (!g.member)
			continue;
		if (n < max)
			out[n++] = g.gid;
		else
			log_put(LOG_L_WARN, "'%p': more than %d groups, %p is left out", name, max,
				g.name);
	}
	return n;
}
