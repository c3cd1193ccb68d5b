/* file.c - whole files: read, written so that no moment shows half of one. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <errno.h>
#include <stdio.h> /* rename */
#include <string.h>
#include <sys/mman.h>

#define PATH_ROOM ASIDE_NAME
#define MAP_MOST (64 << 20) /* bytes */

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

/* a descriptor of a regular file and what is known of it */
static int open_file(const char *path, struct kstat *st)
{
	int fd = fd_open(path, O_RDONLY | O_NONBLOCK), r;

	if (fd < 0)
		return fd;
	r = stat_fd(fd, st);
	if (r == 0 && !S_ISREG(st->st_mode))
		r = S_ISDIR(st->st_mode) ? -EISDIR : -EINVAL;
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

ssize_t file_read(const char *path, void *buf, size_t n)
{
	struct kstat st;
	int fd = open_file(path, &st);
	ssize_t r;

	if (fd < 0)
		return fd;
	r = read_all(fd, buf, n);
	close(fd);
	return r;
}

#ifdef SYS_mmap2
#define MMAP SYS_mmap2
#else
#define MMAP SYS_mmap
#endif

ssize_t file_map(const char *path, const uint8_t **p)
{
	struct kstat st;
	int fd = open_file(path, &st);
	off_t n;
	long at;

	if (fd < 0)
		return fd;
	n = lseek(fd, 0, SEEK_END);
	if (n > MAP_MOST)
		n = -EFBIG;
	if (n > 0) {
		at = syscall(MMAP, 0L, (size_t)n, PROT_READ, MAP_PRIVATE, fd, 0L);
		*p = (const uint8_t *)at;
		if (at == -1)
			n = -errno;
	}
	close(fd);
	return (ssize_t)n;
}

void file_unmap(const uint8_t *p, ssize_t n)
{
	if (n > 0)
		sys(SYS_munmap, p, n);
}

/* A name beside path that nobody has, a killed process before us neither; the descriptor. */
static int open_aside(const char *path, char *aside, size_t n, mode_t mode)
{
	unsigned i, id = (unsigned)getpid();
	long fd = -EEXIST;

	for (i = 0; i < 100 && fd == -EEXIST; i++) {
		if (fmt(aside, n, "%s.%u", path, id + i) >= n - 1)
			return -ENAMETOOLONG;
		fd = sys(SYS_openat, AT_FDCWD, aside,
			 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_LARGEFILE,
			 mode & 0700);
	}
	return (int)fd;
}

/* Makes a rename in path's directory last. Not every file system can, and the file is there. */
static void sync_directory(const char *path)
{
	char dir[PATH_ROOM];
	const char *slash = strrchr(path, '/');
	int fd;

	fmt(dir, sizeof dir, "%.*s", slash ? (int)(slash - path) + (slash == path) : 1,
	    slash ? path : ".");
	fd = fd_open(dir, O_RDONLY | O_DIRECTORY);
	if (fd >= 0) {
		sys(SYS_fsync, fd);
		close(fd);
	}
}

int aside_open(struct aside *a, const char *path, mode_t mode)
{
	a->mode = mode;
	a->fd = open_aside(path, a->name, sizeof a->name, mode);
	return a->fd < 0 ? a->fd : 0;
}

void aside_drop(struct aside *a)
{
	if (a->fd < 0)
		return;
	close(a->fd);
	unlink(a->name);
	a->fd = -1;
}

int aside_put(struct aside *a, const char *path)
{
	int r = (int)sys(SYS_fchmod, a->fd, a->mode);

	if (r == 0)
		r = (int)sys(SYS_fsync, a->fd);
	if (close(a->fd) < 0 && r == 0)
		r = -errno;
	a->fd = -1;
	if (r == 0 && rename(a->name, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(a->name);
	else
		sync_directory(path);
	return r;
}

int file_write_atomic(const char *path, const void *buf, size_t n, mode_t mode)
{
	struct aside a;
	int r = aside_open(&a, path, mode);

	if (r < 0)
		return r;
	r = write_all(a.fd, buf, n);
	if (r < 0)
		aside_drop(&a);
	return r < 0 ? r : aside_put(&a, path);
}

int dir_make(const char *path)
{
	char part[PATH_ROOM], *p = part;
	struct kstat st;
	int err = 0, r;

	if (fmt(part, sizeof part, "%s", path) >= sizeof part - 1)
		return -ENAMETOOLONG;
	while (*p) {
		for (p++; *p && *p != '/'; p++)
			;
		*p = 0;
		err = (int)sys(SYS_mkdirat, AT_FDCWD, part, 0755);
		*p = path[p - part];
	}
	/* what is there already fails in many ways: EEXIST, EROFS, EACCES */
	r = stat_path(path, &st);
	if (r < 0)
		return err ? err : r;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}
