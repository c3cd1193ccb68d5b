/* job.c - `cubssh job`: starts commands that outlive the login, and goes back to them. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "applets.h"
#include "cli_run.h"
#include "dial.h"
#include "flag.h"
#include "job.h"
#include "monitor.h"

#define DETACH ('\\' & 31)

static const char usage[] =
    "usage: cubssh job run [-at|-aT] [-n NAME] COMMAND [ARG...]\n"
    "       cubssh job list | attach NAME | log NAME | kill [-SIGNAL] NAME\n"
    "-a  attach at once (^\\ detaches)  -n  its name\n"
    "-t  with a terminal  -T  without\n";

static int fail(const char *what, int err)
{
	fmt_fd(2, "cubssh job: %p: %s\n", what, err == -ENOENT ? "no such job" : err_text(-err));
	return 1;
}

/* connected, and asked; -errno */
static int ask(const char *name, enum job_what what, int number)
{
	struct job_ask a = {.what = (uint8_t)what, .signal = (uint8_t)number};
	int fd = job_connect(name);

	if (fd < 0)
		return fd;
	tty_size(0, &a.size);
	fd_blocking(fd);
	if (write(fd, &a, sizeof(a)) == sizeof(a))
		return fd;
	close(fd);
	return -EPIPE;
}

/* of what was asked on fd, which is closed; 0, or -errno as fd may be */
static int state(int fd, struct job_state *s)
{
	int r = fd;

	if (fd < 0)
		return fd;
	r = read(fd, s, sizeof(*s)) == sizeof(*s) ? 0 : -EPIPE;
	close(fd);
	return r;
}

static int show(const uint8_t *p, ssize_t n)
{
	ssize_t r;

	for (; n > 0; n -= r, p += r)
		if ((r = write(1, p, (size_t)n)) < 0)
			return 0;
	return 1;
}

/* what is typed; 0: it is to be left */
static int type(int fd, struct pollfd *in, uint8_t *mem, size_t size)
{
	ssize_t n = read(0, mem, size);
	const uint8_t *end;

	if (n <= 0) {
		in->fd = -1; /* there is still output to see */
		return 1;
	}
	end = memchr(mem, DETACH, (size_t)n);
	if (end)
		n = end - mem;
	return write(fd, mem, (size_t)n) == n && !end;
}

/* output until its end, or until we leave; input where we are attached; closes fd */
static void stream(int fd, const char *name, int attached)
{
	static const int signals[] = {SIGWINCH, SIGHUP, SIGTERM, 0};
	static uint8_t mem[4096] APART;
	struct pollfd p[3] = {
	    {.fd = fd, .events = POLLIN},
	    {.fd = -1, .events = POLLIN},
	    {.fd = -1, .events = POLLIN}
        };
	ssize_t n = 1;

	if (attached) {
		p[1].fd = 0;
		p[2].fd = sig_pipe(signals);
		cli_tty_raw();
	}
	while (n > 0) {
		poll(p, 3, -1);
		if (p[0].revents && ((n = read(fd, mem, sizeof(mem))) <= 0 || !show(mem, n)))
			break;
		if (p[1].revents && !type(fd, &p[1], mem, sizeof(mem)))
			break;
		if (p[2].revents) {
			if (sig_next() != SIGWINCH)
				break;
			close(ask(name, JOB_WINDOW, 0));
		}
	}
	cli_tty_restore();
	close(fd);
}

static int attach(const char *name)
{
	struct job_state s;
	int r = ask(name, JOB_ATTACH, 0);

	if (r < 0)
		return fail(name, r);
	stream(r, name, 1);
	r = state(ask(name, JOB_END, 0), &s);
	if (r < 0)
		return fail(name, r);
	if (s.status >= 0)
		return s.status;
	fmt_fd(2, "[%s goes on]\n", name);
	return 0;
}

static int output(const char *name)
{
	int fd = ask(name, JOB_LOG, 0);

	if (fd < 0)
		return fail(name, fd);
	stream(fd, name, 0);
	return 0;
}

static int list(void)
{
	char room[512] __attribute__((aligned(8))), how[16];
	struct job_state s;
	const char *name;
	struct dir d;
	int fd, r = job_dir(&d, room, sizeof(room));

	if (r < 0)
		return r == -ENOENT ? 0 : fail(job_path(""), r);
	while ((fd = job_next(&d, &name)) >= 0) {
		close(fd);
		if (state(ask(name, JOB_LOOK, 0), &s) < 0)
			continue;
		fmt(how, sizeof(how), s.status < 0 ? "runs" : "ended %d", (int)s.status);
		fmt_fd(1, "%-12s %7u %-9s %p\n", name, (unsigned)s.pid, how, s.text);
	}
	return 0;
}

static int end(const char *name, const char *sig)
{
	int number = num_small(sig, 1, 64), r;
	struct job_state s;

	if (number < 0)
		number = session_signal(sig);
	if (number <= 0)
		return fail(sig, -EINVAL);
	r = state(ask(name, JOB_KILL, number), &s);
	return r < 0 ? fail(name, r) : 0;
}

/* what runs: the words, or one line for the shell */
static void command(struct job_new *j, char **argv)
{
	static char *shell[] = {"sh", "-c", NULL, NULL};
	size_t n = 0;

	shell[2] = argv[0];
	j->argv = argv[1] ? argv : shell;
	for (; *argv; argv++)
		n += fmt(j->text + n, JOB_TEXT - n, n ? " %s" : "%s", *argv);
}

static int run(char **argv)
{
	static struct job_new j ASIDE;
	static char number[JOB_NAME] ASIDE;
	char *name = number;
	const char *at = NULL;
	struct job_state s;
	char *arg;
	int c;

	j.pty = tty_size(0, &j.size) == 0;
	while ((c = flag_next(&at, &argv, "atTn:", "", &arg))) {
		if (c == '?')
			return -1;
		if (c == 'a')
			j.attached = 1;
		else if (c == 'n')
			name = arg;
		else
			j.pty = c == 't';
	}
	if (!*argv)
		return -1;
	command(&j, argv);
	j.listener = job_listen(name, name == number ? "" : NULL);
	j.name = name;
	if (j.listener < 0)
		return fail(name == number ? job_path("") : name, j.listener);
	c = proc_away(0);
	if (c == 0)
		return job_keep(&j);
	close(j.listener);
	/* it says itself what went wrong */
	if (c < 0 || state(ask(name, JOB_LOOK, 0), &s) < 0)
		return 127;
	if (j.attached)
		return attach(name);
	fmt_fd(1, "%s\n", name);
	return 0;
}

/* -1: that is not how it is called */
static int verb(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int sig = argc > 2 && !strcmp(what, "kill") && argv[2][0] == '-';

	if (!strcmp(what, "run"))
		return run(argv + 2);
	if (!strcmp(what, "list") && argc == 2)
		return list();
	if (argc != 3 + sig)
		return -1;
	if (!strcmp(what, "attach"))
		return attach(argv[2]);
	if (!strcmp(what, "log"))
		return output(argv[2]);
	return strcmp(what, "kill") ? -1 : end(argv[2 + sig], sig ? argv[2] + 1 : "TERM");
}

int job_main(int argc, char **argv)
{
	int r;

	if (CFG_SSHD && argc == 1 && argv[0][0] == '(')
		return job_adopt();
	self_init(argv);
	proc_close_from(3);
	r = verb(argc, argv);
	if (r < 0)
		fmt_fd(2, "%s", usage);
	return r < 0 ? 2 : r;
}
