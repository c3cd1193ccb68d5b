/* tty.c - pseudo terminals, with as little of /dev as there may be. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <sys/ioctl.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

static int open_master(void)
{
	int fd = fd_open("/dev/ptmx", O_RDWR | O_NONBLOCK);

	return fd < 0 ? fd_open("/dev/pts/ptmx", O_RDWR | O_NONBLOCK) : fd;
}

/* Linux 4.13 gives the slave by the master; before that a mounted devpts must show it. */
static int open_slave(int master, const char *name)
{
	int fd = (int)ioctl_raw(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);

	return fd < 0 ? fd_open(name, O_RDWR) : fd;
}

/*
 * devpts gives the slave to who opened the master. Group and mode are as it was
 * mounted (gid=5,mode=620 where write(1) is to work).
 */
static void give(int slave, const struct user *owner)
{
	long r = geteuid() == 0 ? fchown_raw(slave, owner->uid, -1) : 0;

	if (r < 0)
		log_put(LOG_L_NOTICE, "the terminal stays root's: %s", err_text((int)-r));
}

int pty_open(int *master, int *slave, char *name, size_t n, const struct user *owner)
{
	unsigned number = 0; /* unlocks at first */
	long r;

	*slave = -1;
	*master = open_master();
	if (*master < 0)
		return *master;
	r = ioctl_raw(*master, TIOCSPTLCK, &number);
	if (r == 0)
		r = ioctl_raw(*master, TIOCGPTN, &number);
	if (r == 0) {
		fmt(name, n, "/dev/pts/%u", number);
		r = *slave = open_slave(*master, name);
	}
	if (r < 0)
		close(*master);
	else if (owner)
		give(*slave, owner);
	return r < 0 ? (int)r : 0;
}

void pty_size(int fd, unsigned cols, unsigned rows, unsigned xpix, unsigned ypix)
{
	struct winsize w = {(unsigned short)rows, (unsigned short)cols, (unsigned short)xpix,
			    (unsigned short)ypix};

	ioctl_raw(fd, TIOCSWINSZ, &w);
}

pid_t tty_session(int fd)
{
	pid_t pid = 0;
	long r = ioctl_raw(fd, TIOCGSID, &pid);

	return r < 0 ? (pid_t)r : pid;
}
