/* tun.c - a network device whose packets are ours to read and write. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <string.h>
#include <sys/ioctl.h>

/* the kernel's (linux/if_tun.h), whose headers may not be there */
#define TUN_SET _IOW('T', 202, int)
#define TUN_LAYER3 0x0001
#define TUN_LAYER2 0x0002
#define TUN_PLAIN 0x1000 /* no header of its own before a packet */

struct request {
	char name[16];
	short flags;
	char rest[24];
};

int tun_open(int ethernet, uint32_t unit)
{
	struct request r = {.flags = TUN_PLAIN | (ethernet ? TUN_LAYER2 : TUN_LAYER3)};
	int fd = fd_open(TUN_DEVICE, O_RDWR | O_NONBLOCK);
	long err;

	if (fd < 0)
		return fd;
	/* without a number the kernel gives the next one */
	fmt(r.name, sizeof(r.name), unit < TUN_ANY ? "%s%u" : "%s%%d", ethernet ? "tap" : "tun",
	    (unsigned)unit);
	err = ioctl_raw(fd, TUN_SET, &r);
	if (err < 0) {
		close(fd);
		return (int)err;
	}
	return fd;
}
