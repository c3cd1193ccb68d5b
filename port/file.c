/* file.c - whole files: read, written so that no moment shows half of one. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* rename */
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATH_ROOM 512

static ssize_t read_all(int fd, void *buf, size_t n)
{
	size_t have = 0;
	char more;

	for (;;) {
		ssize_t k = have < n ? read(fd, (char *)buf + have, n - have) : read(fd, &more, 1);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return k < 0 ? -errno : (ssize_t)have;
		if (have == n)
			return -EFBIG;
		have += (size_t)k;
	}
}

ssize_t file_read(const char *path, void *buf, size_t n)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	ssize_t r;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (!S_ISREG(st.st_mode))
		r = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	else
		r = read_all(fd, buf, n);
	close(fd);
	return r;
}

/* A name beside path that nobody has; the descriptor. */
static int open_aside(const char *path, char *aside, size_t n, mode_t mode)
{
	struct timespec t;
	int tries, fd;

	for (tries = 0; tries < 100; tries++) {
		clock_gettime(CLOCK_REALTIME, &t);
		if (fmt(aside, n, "%s.%06x", path,
			((unsigned)t.tv_nsec ^ (unsigned)getpid() << 10) & 0xffffff) >= n - 1)
			return -ENAMETOOLONG;
		fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode & 0700);
		if (fd >= 0 || errno != EEXIST)
			return fd < 0 ? -errno : fd;
	}
	return -EEXIST;
}

/* Makes a rename in path's directory last. Not every file system can, and the file is there. */
static void sync_directory(const char *path)
{
	char dir[PATH_ROOM];
	const char *slash = strrchr(path, '/');
	int fd;

	fmt(dir, sizeof dir, "%.*s", slash ? (int)(slash - path) + (slash == path) : 1,
	    slash ? path : ".");
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
}

/* aside becomes path unless path is there: aside stays where that fails */
static int put_new(const char *aside, const char *path)
{
	struct stat st;

	if (link(aside, path) == 0) {
		unlink(aside);
		return 0;
	}
	if (errno == EEXIST)
		return -EEXIST;
	/* a file system without links: a look and a rename, so that the file is whole at least */
	if (lstat(path, &st) == 0)
		return -EEXIST;
	return rename(aside, path) < 0 ? -errno : 0;
}

int file_write_atomic(const char *path, const void *buf, size_t n, mode_t mode, int replace)
{
	char aside[PATH_ROOM];
	int fd = open_aside(path, aside, sizeof aside, mode), r;

	if (fd < 0)
		return fd;
	r = write_all(fd, buf, n);
	if (r == 0 && (fchmod_raw(fd, mode) < 0 || fsync(fd) < 0))
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && replace)
		r = rename(aside, path) < 0 ? -errno : 0;
	else if (r == 0)
		r = put_new(aside, path);
	if (r < 0)
		unlink(aside);
	else
		sync_directory(path);
	return r;
}

int dir_make(const char *path)
{
	char part[PATH_ROOM];
	struct stat st;
	size_t n = fmt(part, sizeof part, "%s", path), i;
	int err = 0;

	if (n >= sizeof part - 1)
		return -ENAMETOOLONG;
	for (i = 1; i <= n; i++) {
		if (path[i] && path[i] != '/')
			continue;
		part[i] = 0;
		err = mkdir(part, 0755) < 0 ? errno : 0;
		part[i] = path[i];
	}
	/* what is there already fails in many ways: EEXIST, EROFS, EACCES */
	if (stat(path, &st) < 0)
		return err ? -err : -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}
