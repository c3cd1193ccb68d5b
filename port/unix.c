/* unix.c - unix sockets: connecting, and listening at a path. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "dial.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define BACKLOG 128

/* connect or bind at the path: the socket, or -errno */
static int at_path(long call, const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	size_t n = strlen(path);
	long fd, r;

	if (n >= sizeof a.sun_path)
		return -ENAMETOOLONG;
	if (!n)
		return -ENOENT; /* to bind there would mean any name */
	memcpy(a.sun_path, path, n);
	fd = sys(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return (int)fd;
	r = sys(call, fd, &a, (long)sizeof a);
	if (r == 0)
		return (int)fd;
	close((int)fd);
	return (int)r;
}

int unix_connect(const char *path)
{
	return at_path(SYS_connect, path);
}

int unix_listen(const char *path, mode_t mask, int unlink_old)
{
	mode_t old;
	long r;
	int fd;

	if (unlink_old)
		unlink(path);
	old = umask(mask);
	fd = at_path(SYS_bind, path);
	umask(old);
	if (fd < 0)
		return fd;
	r = sys(SYS_listen, fd, BACKLOG);
	if (r == 0)
		return fd;
	close(fd);
	return (int)r;
}

int unix_peer(int fd, uid_t *uid)
{
	uint32_t cred[3]; /* struct ucred: pid, uid, gid */
	socklen_t n = sizeof cred;
	int r = (int)sys(SYS_getsockopt, fd, SOL_SOCKET, SO_PEERCRED, cred, &n);

	*uid = (uid_t)cred[1];
	return r;
}
