/* rescue.c - what a login needs on a machine that has nothing left: memory, and where it came in. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4 /* Linux 4.4 */
#endif

#define PAGE 4096
#define SMALL (32 * 1024) /* of variables that are not APART */
#define STACK (56 * 1024) /* x86 before Linux 5.0 lets nobody reach further below the stack */

/* its names, which if.h of musl has and needs half of POSIX for */
struct named_index {
	char name[16];
	int index;
	char rest[20];
};

extern char __executable_start[], __bss_start[], end[];

void mem_touch(void *p, size_t n)
{
	volatile char *at = p, *last = at + n;

	for (; at < last; at += PAGE)
		*at += 0;
}

void mem_lock(void)
{
	static const unsigned long all[2] = {~0ul, ~0ul}; /* stacks grow after root is given up */
	volatile char here, *text = __executable_start;
	size_t small = (size_t)((uintptr_t)end - (uintptr_t)__bss_start);

	sys(SYS_setrlimit, RLIMIT_MEMLOCK, all);
	if (sys(SYS_mlockall, (long)(MCL_CURRENT | MCL_ONFAULT)) < 0)
		log_put(LOG_L_WARN, "memory is not locked: %m");
	for (; text < (volatile char *)__bss_start; text += PAGE)
		here = *text;
	mem_touch(__bss_start, small < SMALL ? small : SMALL);
	mem_touch((char *)((uintptr_t)&here - STACK), STACK - 256);
}

void mem_unlock(void)
{
	sys(SYS_munlockall);
}

void oom_score(pid_t pid, int score)
{
	char path[40];
	int fd;

	fmt(path, sizeof path, "/proc/%d/oom_score_adj", (int)pid);
	fd = fd_open(path, O_WRONLY);
	if (fd < 0)
		return;
	fmt_fd(fd, "%d\n", score);
	close(fd);
}

int sock_iface(int fd, char name[16])
{
	static const int how[2][3] = {
	    {IPPROTO_IP,   IP_PKTINFO,       IP_PKTOPTIONS      },
	    {IPPROTO_IPV6, IPV6_RECVPKTINFO, IPV6_2292PKTOPTIONS},
	};
	union {
		struct cmsghdr head;
		char room[128];
	} c;
	socklen_t len = sizeof c;
	struct named_index n = {.index = 0};
	struct addr own;
	const int *h;
	int on = 1, off = 0, six;

	if (sock_local(fd, &own) < 0)
		return -EINVAL;
	six = own.sa.any.family == AF_INET6;
	h = how[six];
	sys(SYS_setsockopt, fd, h[0], h[1], &on, (long)sizeof on);
	if (sys(SYS_getsockopt, fd, h[0], h[2], &c, &len) >= 0 && len > CMSG_LEN(0)) {
		const int *data = (const void *)CMSG_DATA(&c.head);

		n.index = six ? data[4] : data[0]; /* struct in6_pktinfo, in_pktinfo */
	}
	sys(SYS_setsockopt, fd, h[0], h[1], &off, (long)sizeof off);
	if (n.index <= 0 || ioctl_raw(fd, SIOCGIFNAME, &n) < 0)
		return -ENODEV;
	fmt(name, 16, "%s", n.name);
	return 0;
}

void proc_session(int tty)
{
	sys(SYS_setsid);
	if (tty)
		ioctl_raw(0, TIOCSCTTY, NULL);
}
