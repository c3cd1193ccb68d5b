/* userfile.c - a user's file, opened as the user and looked at from the inside. */
/* SPDX-License-Identifier: MIT */
/*
 * Whoever may write to a directory above a file may replace the file. The path
 * tells little about those directories, it may lead through symbolic links; so
 * the walk goes up by ".." from the directory that was really opened.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define DEEPEST 64
#define PATH_ROOM (2 * USER_PATH)

struct walk {
	const struct user *u;
	const char *path; /* absolute */
	char *why;
	size_t why_len;
};

static int same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The directory `up` levels above the file's, by the text of the path where that leads there. */
static void name_above(const struct walk *w, int up, const struct stat *st, char *out, size_t n)
{
	size_t len = strlen(w->path);
	struct stat by_text;
	int i;

	for (i = 0; i <= up && len; i++)
		while (len && w->path[--len] != '/')
			;
	fmt(out, n, "%.*s", len ? (int)len : 1, w->path);
	if (stat(out, &by_text) == 0 && same(&by_text, st))
		return;
	len = (size_t)(strrchr(w->path, '/') - w->path);
	len = fmt(out, n, "%.*s", (int)len, w->path);
	for (i = 0; i < up; i++)
		len += fmt(out + len, n - len, "/..");
}

/* up < 0: the file itself */
static int check(const struct walk *w, int up, const struct stat *st)
{
	unsigned loose = st->st_mode & 022;
	char name[PATH_ROOM + 3 * DEEPEST];

	if (S_ISDIR(st->st_mode) && st->st_mode & S_ISVTX && st->st_uid == 0)
		loose = 0;
	if (!loose && (st->st_uid == 0 || st->st_uid == w->u->uid))
		return 0;
	if (up < 0)
		fmt(name, sizeof name, "%s", w->path);
	else
		name_above(w, up, st, name, sizeof name);
	if (loose)
		fmt(w->why, w->why_len, "%p is writable by %s (mode %04o): chmod %s %p", name,
		    loose == 020   ? "group"
		    : loose == 002 ? "others"
				   : "group and others",
		    (unsigned)st->st_mode & 07777,
		    loose == 020   ? "g-w"
		    : loose == 002 ? "o-w"
				   : "go-w",
		    name);
	else
		fmt(w->why, w->why_len, "%p belongs to uid %u, not to '%p' or root: chown '%p' %p",
		    name, (unsigned)st->st_uid, w->u->name, w->u->name, name);
	return -EPERM;
}

/* From dir (closed here) up to the home, or to the root. 0 or -errno. */
static int check_above(const struct walk *w, int dir)
{
	struct stat st, home, parent;
	int have_home = stat(w->u->home, &home) == 0, up, next, r = 0;

	if (fstatat(dir, ".", &st, 0) < 0)
		r = -errno;
	for (up = 0; r == 0; up++, st = parent) {
		r = up < DEEPEST ? check(w, up, &st) : -ELOOP;
		if (r < 0 || (have_home && same(&st, &home)))
			break;
		next = openat(dir, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (next < 0) {
			r = -errno;
			break;
		}
		close(dir);
		dir = next;
		/* by name: fstat of an O_PATH descriptor needs Linux 3.6 */
		if (fstatat(dir, ".", &parent, 0) < 0)
			r = -errno;
		else if (same(&st, &parent))
			break;
	}
	close(dir);
	if (r < 0 && !*w->why)
		fmt(w->why, w->why_len, "cannot look at the directories above %p: %s", w->path,
		    err_text(-r));
	return r;
}

static int check_file(const struct walk *w, int fd, int strict)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode)) {
		fmt(w->why, w->why_len, "%p is not a regular file", w->path);
		return -EINVAL;
	}
	return strict ? check(w, -1, &st) : 0;
}

static int open_checked(const struct walk *w, int strict)
{
	char dir[PATH_ROOM];
	const char *slash = strrchr(w->path, '/');
	int dfd, fd, r;

	fmt(dir, sizeof dir, "%.*s", slash == w->path ? 1 : (int)(slash - w->path), w->path);
	dfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dfd < 0) {
		r = -errno;
		fmt(w->why, w->why_len, "%p: %m", dir);
		return r;
	}
	fd = openat(dfd, slash + 1, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		r = -errno;
		fmt(w->why, w->why_len, r == -ELOOP ? "%p is a symbolic link" : "%p: %m", w->path);
		close(dfd);
		return r;
	}
	r = check_file(w, fd, strict);
	if (r == 0 && strict)
		r = check_above(w, dfd);
	else
		close(dfd);
	if (r < 0)
		close(fd);
	return r < 0 ? r : fd;
}

int user_open(const struct user *u, const char *path, int strict, char *why, size_t why_len)
{
	char full[PATH_ROOM];
	struct walk w = {u, full, why, why_len};
	int acted = geteuid() != u->uid, absolute = *path == '/', fd;

	*why = 0;
	if (fmt(full, sizeof full, "%s%s%s", absolute ? "" : u->home, absolute ? "" : "/", path) >=
	    sizeof full - 1) {
		fmt(why, why_len, "the path is too long");
		return -ENAMETOOLONG;
	}
	fd = acted ? user_act(u) : 0;
	if (fd < 0) {
		fmt(why, why_len, "cannot act as '%p': %s", u->name, err_text(-fd));
		return fd;
	}
	fd = open_checked(&w, strict);
	if (acted && user_self() < 0) {
		fmt(why, why_len, "cannot get back to root: %m");
		if (fd >= 0)
			close(fd);
		fd = -EPERM;
	}
	return fd;
}
