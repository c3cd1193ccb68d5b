/* msg.c - datagrams between our processes, with descriptors. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define FDS_MAX 3

union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(FDS_MAX * sizeof(int))];
};

int msg_pair(int fds[2])
{
	return (int)sys(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds);
}

int msg_send(int fd, const void *p, size_t n, const int *fds, int nfds)
{
	struct iovec iov = {(void *)p, n};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	union control c = {.room = {0}};
	long r;

	if (nfds < 0 || nfds > FDS_MAX)
		return -EINVAL;
	if (nfds) {
		m.msg_control = &c;
		m.msg_controllen = CMSG_SPACE((size_t)nfds * sizeof(int));
		c.head.cmsg_level = SOL_SOCKET;
		c.head.cmsg_type = SCM_RIGHTS;
		c.head.cmsg_len = CMSG_LEN((size_t)nfds * sizeof(int));
		memcpy(CMSG_DATA(&c.head), fds, (size_t)nfds * sizeof(int));
	}
	do
		r = sys(SYS_sendmsg, fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (r == -EINTR);
	return r < 0 ? (int)r : 0;
}

/*
 * Up to *room descriptors go to fds, those beyond are closed and make it
 * -EMSGSIZE. There may be more than FDS_MAX: the control block is padded.
 */
static int take_fds(const union control *c, size_t len, int *fds, int *room)
{
	const int *sent = (const void *)CMSG_DATA(&c->head);
	int n = 0, i;

	if (len >= CMSG_LEN(0) && c->head.cmsg_type == SCM_RIGHTS)
		n = (int)((c->head.cmsg_len - CMSG_LEN(0)) / sizeof(int));
	for (i = 0; i < n; i++) {
		if (i < *room)
			fds[i] = sent[i];
		else
			close(sent[i]);
	}
	i = *room;
	*room = n < i ? n : i;
	return n > i ? -EMSGSIZE : 0;
}

ssize_t msg_recv(int fd, void *p, size_t n, int *fds, int *nfds)
{
	struct iovec iov = {p, n};
	union control c;
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &c};
	int none = 0;
	long r;

	if (!nfds)
		nfds = &none;
	do {
		m.msg_controllen = sizeof c;
		r = sys(SYS_recvmsg, fd, &m, MSG_CMSG_CLOEXEC);
	} while (r == -EINTR);
	if (r < 0)
		*nfds = 0;
	else if (take_fds(&c, m.msg_controllen, fds, nfds) < 0 ||
		 m.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		r = -EMSGSIZE;
	if (r == -EMSGSIZE)
		while (*nfds)
			close(fds[--*nfds]);
	return r;
}
