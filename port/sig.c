/* sig.c - signals are read from a descriptor, where the loop handles the rest too. */
/* SPDX-License-Identifier: MIT */
/*
 * The signals that we wait for stay blocked and are read by signalfd(2): there
 * is no handler that could run at a bad moment. The kernel counts them no more
 * than a handler's flag would.
 */
#include "internal.h"

#include <errno.h>
#include <signal.h>

#define SIGNALS 64

/* the kernel's: musl's struct and call have more to them */
struct action {
#ifdef __mips__
	unsigned flags;
	void (*handler)(int);
#else
	void (*handler)(int);
	unsigned long flags;
#endif
	unsigned long rest[2 + SIG_WORDS]; /* no restorer: only handlers need one */
};

#ifdef __mips__
#define MASK_BYTES 16L
#else
#define MASK_BYTES 8L
#endif

static unsigned long waited[SIG_WORDS];
static int from = -1;

static void disposition(int s, void (*handler)(int))
{
	struct action a = {.handler = handler};

	sys(SYS_rt_sigaction, s, &a, NULL, MASK_BYTES);
}

void sig_mask(const unsigned long set[SIG_WORDS], unsigned long old[SIG_WORDS])
{
	sys(SYS_rt_sigprocmask, SIG_SETMASK, set, old, MASK_BYTES);
}

void sig_ignore(void)
{
	disposition(SIGPIPE, SIG_IGN);
	disposition(SIGALRM, SIG_IGN);
}

/* a terminal whose first process ends hangs up those in its group: we have just left that */
void sig_forget_hup(void)
{
	disposition(SIGHUP, SIG_IGN);
	disposition(SIGHUP, SIG_DFL);
}

static const unsigned long none[SIG_WORDS];

void sig_pass_on(void)
{
	disposition(SIGPIPE, SIG_DFL);
	disposition(SIGALRM, SIG_DFL);
	sig_mask(none, NULL);
}

int sig_fd(void)
{
	return from;
}

void sig_drop(void)
{
	if (from >= 0)
		close(from);
	from = -1;
}

int sig_pipe(const int *signals)
{
	sig_ignore();
	for (; *signals; signals++) {
		disposition(*signals, SIG_DFL);
		waited[0] |= 1ul << (*signals - 1);
	}
	sig_mask(waited, NULL);
	from = (int)sys(SYS_signalfd4, from, waited, MASK_BYTES, O_CLOEXEC | O_NONBLOCK);
	return from;
}

void sig_free(const int *signals)
{
	for (; *signals; signals++)
		waited[0] &= ~(1ul << (*signals - 1));
	sig_mask(waited, NULL);
}

void sig_skip(int s)
{
	disposition(s, SIG_IGN);
}

int sig_next(void)
{
	uint32_t info[32]; /* struct signalfd_siginfo, the number first */

	return read(from, info, sizeof info) == sizeof info ? (int)info[0] : 0;
}

void proc_reset_signals(void)
{
	int s;

	for (s = 1; s <= SIGNALS; s++)
		disposition(s, SIG_DFL);
	sig_mask(none, NULL);
	sys(SYS_umask, 022);
}
