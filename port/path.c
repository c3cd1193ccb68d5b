/* path.c - paths made absolute, and links that are not followed. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <errno.h>
#include <string.h>

#define LINKS_MAX 40 /* as the kernel's own */

/* since Linux 6.6; not yet in the headers of the C library */
#ifndef SYS_fchmodat2
#if defined __mips__ && _MIPS_SIM == _ABIO32
#define SYS_fchmodat2 4452
#else
#define SYS_fchmodat2 452
#endif
#endif

/*
 * buf has three parts: what is resolved, the text of a link, and, up against
 * the end, what is left to be resolved, so that a link's text goes before it.
 */
int path_real(const char *path, char buf[PATH_REAL])
{
	char *link = buf + PATH_FULL, *lowest = link + PATH_FULL, *left;
	size_t n = strlen(path), len = 0;
	unsigned links = 0;
	const char *name;
	long r;

	if (n >= PATH_FULL)
		return -ENAMETOOLONG;
	left = buf + PATH_REAL - n - 1;
	memcpy(left, path, n + 1);
	if (*path != '/') {
		r = sys(SYS_getcwd, buf, (long)PATH_FULL);
		if (r < 0)
			return (int)r;
		if (*buf != '/') /* outside of a chroot */
			return -ENOENT;
		len = r > 2 ? (size_t)r - 1 : 0;
	}
	for (;;) {
		left += strspn(left, "/");
		if (!*left)
			break;
		name = left;
		n = strcspn(left, "/");
		left += n;
		if (n == 1 && *name == '.')
			continue;
		if (n == 2 && !memcmp(name, "..", 2)) {
			while (len && buf[--len] != '/')
				;
			continue;
		}
		if (len + 1 + n >= PATH_FULL)
			return -ENAMETOOLONG;
		buf[len] = '/';
		memcpy(buf + len + 1, name, n);
		buf[len + 1 + n] = 0;
		r = sys(SYS_readlinkat, AT_FDCWD, buf, link, (long)PATH_FULL);
		if (r == -EINVAL || (r == -ENOENT && !left[strspn(left, "/")])) {
			len += 1 + n;
			continue;
		}
		if (r < 0)
			return (int)r;
		if (++links > LINKS_MAX)
			return -ELOOP;
		if (r > left - lowest)
			return -ENAMETOOLONG;
		left -= r;
		memcpy(left, link, (size_t)r);
		if (*left == '/')
			len = 0;
	}
	if (!len)
		buf[len++] = '/';
	buf[len] = 0;
	return 0;
}

/* By a descriptor where the kernel has no call for it: the C library's way needs /proc. */
int link_chmod(const char *path, mode_t mode)
{
	long r = sys(SYS_fchmodat2, AT_FDCWD, path, (long)mode, (long)AT_SYMLINK_NOFOLLOW);
	int fd;

	if (r >= 0 || r == -EOPNOTSUPP)
		return (int)r;
	fd = fd_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -EACCES)
		fd = fd_open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return fd == -ELOOP ? -EOPNOTSUPP : fd;
	r = sys(SYS_fchmod, fd, (long)mode);
	close(fd);
	return (int)r;
}

int times_set(int dir, const char *path, uint32_t atime, uint32_t mtime, int flags)
{
	long old[4] = {(long)atime, 0, (long)mtime, 0};
#ifdef SYS_utimensat_time64
	int64_t t[4] = {atime, 0, mtime, 0};
	long r = sys(SYS_utimensat_time64, dir, path, t, flags);

	/* before Linux 5.1: good until 2038 */
	if (r != -ENOSYS)
		return (int)r;
#endif
	return (int)sys(SYS_utimensat, dir, path, old, flags);
}
