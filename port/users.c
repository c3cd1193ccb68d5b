/* users.c - passwd, shadow and shells, read by us. */
/* SPDX-License-Identifier: MIT */
/*
 * A line that is malformed or too long belongs to nobody. The first line of a
 * name counts, as everywhere else.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define LINE_ROOM 1024
#define DAY 86400

/* splits at ':' in place; the number of fields, the last one with what is left */
static int split(char *line, char **field, int max)
{
	int n = 0;

	for (field[n++] = line; n < max && (line = strchr(line, ':')); field[n++] = line)
		*line++ = 0;
	return n;
}

static int name_ok(const char *name)
{
	const char *p;

	/* "+" and "-" lead to NIS, with ids that mean nothing here */
	if (!*name || *name == '+' || *name == '-' || strlen(name) >= USER_NAME)
		return 0;
	for (p = name; *p; p++)
		if ((unsigned char)*p <= 32 || *p == 127 || *p == ':' || *p == '/')
			return 0;
	return 1;
}

static int copy(char *to, size_t n, const char *from)
{
	return fmt(to, n, "%s", from) == strlen(from);
}

/* name NULL: by uid. 1: u is filled in */
static int passwd_line(char *line, const char *name, uid_t uid, struct user *u)
{
	uint64_t id, gid;
	char *f[7];

	if (split(line, f, 7) < 7 || (name && strcmp(f[0], name) != 0) || !name_ok(f[0]))
		return 0;
	/* -1 means "leave it" to the system calls */
	if (num_parse(f[2], 0, UINT32_MAX - 1, &id) < 0 ||
	    num_parse(f[3], 0, UINT32_MAX - 1, &gid) < 0 || (!name && id != uid))
		return 0;
	*u = (struct user){.uid = (uid_t)id, .gid = (gid_t)gid, .readable = 1};
	u->no_password = !*f[1];
	copy(u->name, sizeof u->name, f[0]);
	if (!copy(u->hash, sizeof u->hash, f[1]))
		u->hash[0] = 0;
	return copy(u->home, sizeof u->home, *f[5] ? f[5] : "/") &&
	       copy(u->shell, sizeof u->shell, *f[6] ? f[6] : "/bin/sh");
}

static int shadow_line(char *line, struct user *u)
{
	uint64_t day;
	char *f[9];
	int n = split(line, f, 9);

	if (n < 2 || strcmp(f[0], u->name) != 0)
		return 0;
	u->no_password = !*f[1];
	if (!copy(u->hash, sizeof u->hash, f[1]))
		u->hash[0] = 0;
	if (n > 7 && *f[7])
		u->expired = num_parse(f[7], 0, UINT32_MAX, &day) == 0 &&
			     (uint32_t)clock_unix() / DAY >= day;
	return 1;
}

/* 1 found, 0 not, or -errno */
static int search(const char *file, const char *name, uid_t uid, struct user *u, int shadow)
{
	int fd = open(file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), r, found = 0;
	char buf[LINE_ROOM], *line;
	struct lines l;
	size_t i;

	if (fd < 0)
		return -errno;
	lines_init(&l, fd, buf, sizeof buf);
	while (!found && (r = lines_next(&l, &line)) != 0) {
		if (r == 1)
			found = shadow ? shadow_line(line, u) : passwd_line(line, name, uid, u);
		else if (r != -E2BIG && r != -EILSEQ)
			found = r;
	}
	close(fd);
	for (i = 0; i < sizeof buf; i++)
		((volatile char *)buf)[i] = 0;
	return found;
}

static int find(const char *name, uid_t uid, struct user *u, const char **where)
{
	int r;

	*where = "/etc/passwd";
	r = search(*where, name, uid, u, 0);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	if (strcmp(u->hash, "x") == 0) {
		*where = "/etc/shadow";
		u->hash[0] = 0;
		r = search(*where, NULL, 0, u, 1);
		u->readable = r >= 0;
		if (r < 0 && r != -ENOENT && r != -EACCES) {
			user_forget(u);
			return r;
		}
	}
	u->locked = u->hash[0] == '!' || u->hash[0] == '*' ? u->hash[0] : 0;
	return 0;
}

int user_find(const char *name, struct user *u, const char **where)
{
	*where = "";
	return name_ok(name) ? find(name, 0, u, where) : -ENOENT;
}

int user_find_uid(uid_t uid, struct user *u)
{
	const char *where;

	return find(NULL, uid, u, &where);
}

void user_forget(struct user *u)
{
	volatile char *p = u->hash;
	size_t i;

	for (i = 0; i < sizeof u->hash; i++)
		p[i] = 0;
}

int user_shell_ok(const struct user *u)
{
	int fd = open("/etc/shells", O_RDONLY | O_CLOEXEC), r, listed = 0;
	char buf[LINE_ROOM], *line;
	struct lines l;

	if (access(u->shell, X_OK) < 0)
		return 0;
	if (fd < 0)
		return strcmp(u->shell, "/bin/sh") == 0 || strcmp(u->shell, "/bin/ash") == 0;
	lines_init(&l, fd, buf, sizeof buf);
	while (!listed && ((r = lines_next(&l, &line)) == 1 || r == -E2BIG || r == -EILSEQ))
		listed = r == 1 && strcmp(line, u->shell) == 0;
	close(fd);
	return listed;
}
