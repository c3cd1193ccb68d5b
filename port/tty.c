/* tty.c - pseudo terminals, with as little of /dev as there may be. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

static int open_master(void)
{
	int flags = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, fd = open("/dev/ptmx", flags);

	return fd < 0 ? open("/dev/pts/ptmx", flags) : fd;
}

/* Linux 4.13 gives the slave by the master; before that a mounted devpts must show it. */
static int open_slave(int master, const char *name)
{
	int flags = O_RDWR | O_NOCTTY | O_CLOEXEC, fd = (int)ioctl_raw(master, TIOCGPTPEER, flags);

	return fd < 0 ? open(name, flags) : fd;
}

/* devpts gives the slave to who opened the master, and to the group that it was mounted with */
static void give(int slave, const struct user *owner)
{
	gid_t tty = owner->gid;
	mode_t mode = group_find("tty", &tty) == 0 ? 0620 : 0600;
	struct stat st;

	if (fstat(slave, &st) < 0 || st.st_uid == owner->uid || geteuid() != 0)
		return;
	if (fchown_raw(slave, owner->uid, tty) < 0 || fchmod_raw(slave, mode) < 0)
		log_put(LOG_L_NOTICE, "the terminal stays root's: %m");
}

int pty_open(int *master, int *slave, char *name, size_t n, const struct user *owner)
{
	int unlock = 0, err;
	unsigned number;

	*master = open_master();
	if (*master < 0)
		return -errno;
	if (ioctl_raw(*master, TIOCSPTLCK, &unlock) == 0 &&
	    ioctl_raw(*master, TIOCGPTN, &number) == 0) {
		fmt(name, n, "/dev/pts/%u", number);
		*slave = open_slave(*master, name);
		if (*slave >= 0) {
			if (owner)
				give(*slave, owner);
			return 0;
		}
	}
	err = errno;
	close(*master);
	return -err;
}

void pty_size(int fd, unsigned cols, unsigned rows, unsigned xpix, unsigned ypix)
{
	struct winsize w = {(unsigned short)rows, (unsigned short)cols, (unsigned short)xpix,
			    (unsigned short)ypix};

	ioctl_raw(fd, TIOCSWINSZ, &w);
}
