/* sys.c - the system calls that have no function of the C library's, or too large a one. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>

/* Five is the most that anybody here needs; what was not given is not looked at by the kernel. */
long sys(long number, ...)
{
	long a[5], r;
	va_list ap;
	int i;

	va_start(ap, number);
	for (i = 0; i < 5; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	r = syscall(number, a[0], a[1], a[2], a[3], a[4]);
	return r < 0 ? -errno : r;
}

int fd_open_at(int dir, const char *path, int flags, mode_t mode)
{
	return (int)sys(SYS_openat, dir, path, flags | O_CLOEXEC | O_NOCTTY | O_LARGEFILE,
			(long)mode);
}

int fd_open(const char *path, int flags)
{
	return fd_open_at(AT_FDCWD, path, flags, 0);
}

int fd_copy(int fd)
{
	return (int)fcntl_raw(fd, F_DUPFD_CLOEXEC, 3);
}

int fd_pipe(int fds[2])
{
	return (int)sys(SYS_pipe2, fds, O_CLOEXEC);
}

int fd_pair(int fds[2])
{
	return (int)sys(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds);
}

int fd_nonblock(int fd)
{
	long flags = fcntl_raw(fd, F_GETFL, 0);

	return (int)(flags < 0 ? flags : fcntl_raw(fd, F_SETFL, flags | O_NONBLOCK));
}

int fd_blocking(int fd)
{
	long flags = fcntl_raw(fd, F_GETFL, 0);

	return (int)(flags < 0 ? flags : fcntl_raw(fd, F_SETFL, flags & ~(long)O_NONBLOCK));
}

int stat_path(const char *path, struct kstat *st)
{
	return (int)stat_at(AT_FDCWD, path, st, 0);
}

int stat_fd(int fd, struct kstat *st)
{
#ifdef SYS_fstat64
	return (int)sys(SYS_fstat64, fd, st);
#else
	return fstat(fd, st) < 0 ? -errno : 0;
#endif
}

int file_mode(const char *path, mode_t *mode, uid_t *owner)
{
	struct kstat st;
	int r = stat_path(path, &st);

	*mode = st.st_mode;
	*owner = st.st_uid;
	return r;
}

int tty_get(int fd, struct termios *t)
{
	return (int)ioctl_raw(fd, TCGETS, t);
}

int tty_set(int fd, const struct termios *t)
{
	return (int)ioctl_raw(fd, TCSETS, t);
}

int tty_size(int fd, struct winsize *w)
{
	return (int)ioctl_raw(fd, TIOCGWINSZ, w);
}

unsigned tty_width(void)
{
	struct winsize w;

	return tty_size(1, &w) == 0 && w.ws_col ? w.ws_col : 80;
}
