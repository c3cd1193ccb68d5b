/* sig.c - signals arrive as bytes on a pipe, and are handled where the loop handles the rest. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static int ends[2] = {-1, -1};

/* A full pipe loses only a number that is in it thousands of times. */
static void on_signal(int s)
{
	int err = errno;
	unsigned char c = (unsigned char)s;
	ssize_t lost = write(ends[1], &c, 1);

	(void)lost;
	errno = err;
}

void sig_fds(int fds[2])
{
	fds[0] = ends[0];
	fds[1] = ends[1];
}

void sig_drop(void)
{
	if (ends[0] < 0)
		return;
	close(ends[0]);
	close(ends[1]);
	ends[0] = ends[1] = -1;
}

int sig_pipe(const int *signals)
{
	struct sigaction sa = {.sa_handler = SIG_IGN};

	if (ends[0] < 0 && pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	sigaction(SIGPIPE, &sa, NULL); /* a write says EPIPE instead */
	sigfillset(&sa.sa_mask);
	sa.sa_handler = on_signal;
	for (; *signals; signals++)
		if (sigaction(*signals, &sa, NULL) < 0)
			return -errno;
	return ends[0];
}

int sig_next(void)
{
	unsigned char c;

	return read(ends[0], &c, 1) == 1 ? c : 0;
}
