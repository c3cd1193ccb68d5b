/* users.c - passwd, shadow and shells, read by us. */
/* SPDX-License-Identifier: MIT */
/*
 * A line that is malformed or has too long a field belongs to nobody. The first
 * line of a name counts, as everywhere else.
 */
#include "config.h"
#include "internal.h"

#include <errno.h>
#include <string.h>

#define DAY 86400

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

/* -1 means "leave it" to the system calls */
static int id_next(struct fields *f, uint64_t *id)
{
	char text[12];

	fields_next(f, text, sizeof text, ':');
	return num_parse(text, 0, UINT32_MAX - 1, id) == 0;
}

/* what is looked for, in one line of a file each: 1 where that line is it */

static int passwd_line(struct fields *f, struct user *u, const char *name, uid_t uid)
{
	uint64_t id, gid;

	*u = (struct user){.readable = 1};
	fields_next(f, u->name, sizeof u->name, ':');
	u->no_password = !fields_next(f, u->hash, sizeof u->hash, ':');
	if (!id_next(f, &id) || !id_next(f, &gid) ||
	    (name ? strcmp(u->name, name) != 0 : id != uid || !name_ok(u->name)))
		return 0;
	u->uid = (uid_t)id;
	u->gid = (gid_t)gid;
	fields_next(f, NULL, 0, ':');
	if (fields_next(f, u->home, sizeof u->home, ':') >= sizeof u->home || f->end != ':' ||
	    fields_next(f, u->shell, sizeof u->shell, '\n') >= sizeof u->shell)
		return 0;
	if (!*u->home)
		memcpy(u->home, "/", 2);
	if (!*u->shell)
		memcpy(u->shell, "/bin/sh", 8);
	return 1;
}

static int shadow_line(struct fields *f, struct user *u)
{
	char text[USER_NAME];
	uint64_t day;
	int i;

	fields_next(f, text, sizeof text, ':');
	if (strcmp(text, u->name) != 0 || f->end != ':')
		return 0;
	u->no_password = !fields_next(f, u->hash, sizeof u->hash, ':');
	for (i = 2; i < 7; i++)
		fields_next(f, NULL, 0, ':');
	fields_next(f, text, sizeof text, ':');
	u->expired =
	    num_parse(text, 0, UINT32_MAX, &day) == 0 && (uint64_t)clock_unix() >= day * DAY;
	return 1;
}

static int shells_line(struct fields *f, const struct user *u)
{
	char line[USER_PATH];

	fields_next(f, line, sizeof line, '\n');
	return strcmp(line, u->shell) == 0;
}

enum table { PASSWD, SHADOW, SHELLS };
static const char files[][12] = {"/etc/passwd", "/etc/shadow", "/etc/shells"};

/* 1 found, 0 not, or -errno; name NULL: by uid */
static int search(enum table t, struct user *u, const char *name, uid_t uid)
{
	struct fields f;
	int r = fields_open(&f, files[t]), found = 0;

	if (r < 0)
		return r;
	while (!found && fields_line(&f))
		found = t == PASSWD   ? passwd_line(&f, u, name, uid)
			: t == SHADOW ? shadow_line(&f, u)
				      : shells_line(&f, u);
	r = fields_close(&f);
	return found ? found : r;
}

static int find(const char *name, uid_t uid, struct user *u, const char **where)
{
	int r;

	*where = files[PASSWD];
	r = search(PASSWD, u, name, uid);
	if (r > 0 && strcmp(u->hash, "x") == 0) {
		*where = files[SHADOW];
		u->hash[0] = 0;
		r = search(SHADOW, u, NULL, 0);
		u->readable = r >= 0;
		if (r == 0 || r == -ENOENT || r == -EACCES)
			r = 1;
	}
	if (r <= 0) {
		if (CFG_ERROR_TEXTS && r == 0)
			*where = ""; /* it is the name that is missing, not the file */
		user_forget(u);      /* it may hold somebody else's */
		return r < 0 ? r : -ENOENT;
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

int user_nth(unsigned n, char name[USER_NAME])
{
	struct fields f;
	int r;

	if (fields_open(&f, files[PASSWD]) < 0)
		return 0;
	do
		r = fields_line(&f);
	while (r && n--);
	if (r)
		fields_next(&f, name, USER_NAME, ':');
	fields_close(&f);
	return r;
}

int user_name_of(uid_t uid, char name[USER_NAME])
{
	struct user u;

	if (search(PASSWD, &u, NULL, uid) > 0) {
		memcpy(name, u.name, sizeof u.name);
		user_forget(&u);
		return 0;
	}
	fmt(name, USER_NAME, "%u", (unsigned)uid);
	return -ENOENT;
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
	int r;

	if (sys(SYS_faccessat, AT_FDCWD, u->shell, X_OK) < 0)
		return 0;
	r = search(SHELLS, (struct user *)u, NULL, 0);
	return r >= 0 ? r : strcmp(u->shell, "/bin/sh") == 0 || strcmp(u->shell, "/bin/ash") == 0;
}
