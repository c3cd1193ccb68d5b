/* rand.c - the seed of a generator, without ever waiting for the kernel's pool. */
/* SPDX-License-Identifier: MIT */
/*
 * A device at its first boot may have no entropy yet, and a login must not
 * hang for it. What the kernel has is taken in any case; what differs between
 * devices and boots is mixed in below it, which cannot make it worse.
 */
#include "internal.h"

#include "config.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#define GETRANDOM_NONBLOCK 1

/* Each step is invertible in the state: no input can shrink what is there. */
static void mix(uint32_t s[8], const void *p, size_t n)
{
	const uint8_t *in = p;
	size_t i;

	for (i = 0; i < n; i++) {
		uint32_t *a = &s[i & 7], *b = &s[(i + 3) & 7];

		*a ^= in[i];
		*a += (*b << 9 | *b >> 23) + 0x9e3779b9;
		*b ^= *a << 13 | *a >> 19;
	}
}

static void mix_file(uint32_t s[8], const char *path)
{
	int fd = fd_open(path, O_RDONLY | O_NONBLOCK);
	char buf[512];
	ssize_t n;
	int most = 32;

	if (fd < 0)
		return;
	while (most-- && (n = read(fd, buf, sizeof buf)) > 0)
		mix(s, buf, (size_t)n);
	close(fd);
}

/* How long each round takes depends on caches, interrupts and memory refresh. */
static void mix_clocks(uint32_t s[8])
{
	int64_t t[4];
	pid_t pid = getpid();
	int i;

	mix(s, &pid, sizeof pid);
	for (i = 0; i < 512; i++) {
		clock_read(CLOCK_REALTIME, t);
		clock_read(CLOCK_MONOTONIC, t + 2);
		mix(s, t, sizeof t);
	}
}

static void mix_system(uint32_t s[8])
{
	/* numbers, times and addresses that no two devices and boots share */
	static const char files[] = "/proc/interrupts\0/proc/stat\0/proc/net/dev\0"
				    "/proc/cpuinfo\0/sys/class/net/eth0/address\0";
	const char *f;

	for (f = files; *f; f += strlen(f) + 1)
		mix_file(s, f);
}

/* Before Linux 3.17 only a readable /dev/random tells that the pool was filled. */
static int pool_ready(void)
{
	struct pollfd p = {.fd = fd_open("/dev/random", O_RDONLY | O_NONBLOCK), .events = POLLIN};
	int ready = 0;

	if (p.fd >= 0) {
		ready = poll(&p, 1, 0) == 1 && p.revents & POLLIN;
		close(p.fd);
	}
	return ready;
}

/* 1 for all 32 bytes */
static int read_urandom(uint8_t out[32])
{
	int fd = fd_open("/dev/urandom", O_RDONLY | O_NONBLOCK);
	ssize_t n = 0;

	if (fd < 0)
		return 0;
	n = read(fd, out, 32);
	close(fd);
	return n == 32;
}

int rand_seed(uint8_t out[32])
{
	uint32_t s[8] = {0};
	uint8_t urandom[32];
	int ready = 0, i;
	long r = sys(SYS_getrandom, out, 32L, GETRANDOM_NONBLOCK);

	if (r == 32)
		return 1;
	if (CFG_OLD_KERNELS && r == -ENOSYS)
		ready = pool_ready();
	if (read_urandom(urandom))
		mix(s, urandom, sizeof urandom);
	else
		ready = 0;
	if (!ready) {
		mix_system(s);
		mix_clocks(s);
	}
	memcpy(out, s, 32);
	for (i = 0; i < 32; i++) {
		((volatile uint8_t *)urandom)[i] = 0;
		((volatile uint8_t *)s)[i] = 0;
	}
	return ready;
}
