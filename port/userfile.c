/* userfile.c - a user's file, opened as the user and looked at from the inside. */
/* SPDX-License-Identifier: MIT */
/*
 * Whoever may write to a directory above a file may replace the file. The path
 * tells little about those directories, it may lead through symbolic links; so
 * the walk goes up by ".." from the directory that was really opened.
 */
#include "internal.h"

#include <errno.h>
#include <string.h>

#define DEEPEST 64
#define PATH_ROOM (2 * USER_PATH)

struct walk {
	const struct user *u;
	const char *path; /* absolute */
	char *why;
	size_t why_len;
};

static int same(const struct kstat *a, const struct kstat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/*
 * What is n bytes of the path and then up, for the log: the path's text alone
 * may lead elsewhere.
 */
static int check(const struct walk *w, int n, const char *up, const struct kstat *st)
{
	int loose = st->st_mode & 022;

	if (S_ISDIR(st->st_mode) && st->st_mode & S_ISVTX && st->st_uid == 0)
		loose = 0;
	if (!loose && (st->st_uid == 0 || st->st_uid == w->u->uid))
		return 0;
	if (loose)
		fmt(w->why, w->why_len, "%*p%s is writable by others (mode %04o): chmod go-w %*p%s",
		    n, w->path, up, (unsigned)st->st_mode & 07777, n, w->path, up);
	else
		fmt(w->why, w->why_len, "%*p%s belongs to uid %u: chown '%p' %*p%s", n, w->path, up,
		    (unsigned)st->st_uid, w->u->name, n, w->path, up);
	return -EPERM;
}

/* From dir, n bytes of the path, up to the home, or to the root. 0 or -errno. */
static int check_above(const struct walk *w, int dir, int n)
{
	char up[3 * DEEPEST + 2] = ".";
	struct kstat st, home, last;
	int have_home = stat_path(w->u->home, &home) == 0, levels, r;

	last.st_dev = last.st_ino = 0; /* no directory's */
	for (levels = 0; levels < DEEPEST; levels++) {
		/* by name: fstat of an O_PATH descriptor needs Linux 3.6 */
		r = (int)stat_at(dir, up, &st, 0);
		if (r == 0 && same(&st, &last))
			return 0;
		if (r == 0)
			r = check(w, n, up + 1, &st);
		if (r < 0 || (have_home && same(&st, &home)))
			return r;
		last = st;
		memcpy(up + 3 * levels + 1, "/..", 4);
	}
	return -ENAMETOOLONG;
}

static int open_checked(const struct walk *w, int strict)
{
	char dir[PATH_ROOM];
	const char *slash = strrchr(w->path, '/');
	struct kstat st;
	int n = (int)(slash - w->path) + (slash == w->path), dfd, r;
	long fd;

	fmt(dir, sizeof dir, "%.*s", n, w->path);
	dfd = fd_open(dir, O_PATH | O_DIRECTORY);
	if (dfd < 0)
		return dfd;
	fd = sys(SYS_openat, dfd, slash + 1,
		 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_LARGEFILE);
	r = fd < 0 ? (int)fd : stat_fd((int)fd, &st);
	if (r == 0 && !S_ISREG(st.st_mode))
		r = -EINVAL;
	if (r == 0 && strict)
		r = check(w, (int)strlen(w->path), "", &st);
	if (r == 0 && strict)
		r = check_above(w, dfd, n);
	close(dfd);
	if (r < 0 && fd >= 0)
		close((int)fd);
	return r < 0 ? r : (int)fd;
}

static const char *text_of(int err)
{
	if (err == ELOOP)
		return "a symbolic link";
	return err == EINVAL ? "not a regular file" : err_text(err);
}

int user_open(const struct user *u, const char *path, int strict, char *why, size_t why_len)
{
	char full[PATH_ROOM];
	struct walk w = {u, full, why, why_len};
	int acted = geteuid() != u->uid, fd;

	*why = 0;
	if (fmt(full, sizeof full, *path == '/' ? "%.0s%s" : "%s/%s", u->home, path) >=
	    sizeof full - 1)
		fd = -ENAMETOOLONG;
	else
		fd = acted ? user_act(u) : 0;
	if (fd == 0) {
		fd = open_checked(&w, strict);
		if (acted && user_self() < 0) {
			if (fd >= 0)
				close(fd);
			fd = -EPERM;
		}
	}
	if (fd < 0 && !*why)
		fmt(why, why_len, "'%p' cannot open %p: %s", u->name, full, text_of(-fd));
	return fd;
}
