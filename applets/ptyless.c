/* ptyless.c - between a client and a shell that has no terminal: lines, echo, keys that are signals. */
/* SPDX-License-Identifier: MIT */
/*
 * Runs as the user, started by the monitor where no pty is to be had; 0 and 1
 * are one socket, to the process with the engine. The shell reads from a socket
 * of datagrams, a byte in each: so nobody reads more than a line's worth that is
 * meant for the next program, whatever its buffer, and an empty one is the end of
 * file that ^D is, after which there may be more to read. What programs have
 * written since the last newline stands before the line that is edited.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applets.h"
#include "lineedit.h"
#include "port.h"

#define EOT 4  /* in .queue: an end of file */
#define IN 256 /* bytes of one read */
#define OUT 1000

static struct {
	pid_t shell;    /* also its process group */
	int to, theirs; /* both ends of the socket that the shell reads from */
	int from, sig;
	unsigned columns, queued, lead;
	char queue[2 * LINE_LEN]; /* typed and not taken yet */
	char prompt[80];
	struct lineedit edit;
} pl APART;

/* nobody is there any more */
static void hung_up(void)
{
	kill(-pl.shell, SIGHUP);
	_exit(1);
}

/* the socket takes all of it, or has no other end */
static void say(const char *p, size_t n)
{
	if (write(1, p, n) < 0)
		hung_up();
}

/* what programs wrote; 0: nothing is to be read */
static int show(void)
{
	static char in[OUT / 2], out[OUT];
	ssize_t n = read(pl.from, in, sizeof(in)), i;
	size_t len = 0;

	for (i = 0; i < n; i++) {
		if (in[i] == '\n')
			out[len++] = '\r';
		out[len++] = in[i];
		if (in[i] == '\n' || in[i] == '\r' || pl.lead == sizeof(pl.prompt) - 1)
			pl.lead = 0;
		else if (in[i])
			pl.prompt[pl.lead++] = in[i];
	}
	pl.prompt[pl.lead] = 0;
	say(out, len);
	return n > 0;
}

static void draw(void)
{
	line_draw(&pl.edit, pl.prompt, pl.columns);
}

/* the line is over */
static void next_line(const char *shown, size_t n)
{
	say(shown, n);
	pl.edit.len = pl.edit.at = pl.lead = 0;
	pl.prompt[0] = 0;
}

static void queue_put(const char *p, size_t n)
{
	memcpy(pl.queue + pl.queued, p, n);
	pl.queued += (unsigned)n;
}

/* as much as the program takes now */
static void queue_work(void)
{
	unsigned n = 0;
	int r = 0;

	while (n < pl.queued && !r) {
		r = msg_send(pl.to, pl.queue + n, pl.queue[n] != EOT, NULL, 0);
		n += !r;
	}
	pl.queued -= n;
	memmove(pl.queue, pl.queue + n, pl.queued);
}

/* ^C: what was typed before it is not for anybody any more */
static void interrupt(void)
{
	struct pollfd p = {.fd = pl.theirs, .events = POLLIN};
	char c;

	while (poll(&p, 1, 0) == 1 && read(pl.theirs, &c, 1) >= 0)
		;
	next_line("^C\r\n", 4);
	pl.edit.shown = pl.edit.used;
	pl.queued = 0;
	kill(-pl.shell, SIGINT);
}

static void key(unsigned char c)
{
	static const char eot = EOT;

	switch (line_key(&pl.edit, c)) {
	case LINE_READY:
		pl.edit.at = pl.edit.len;
		draw();
		pl.edit.text[pl.edit.len] = '\n';
		queue_put(pl.edit.text, pl.edit.len + 1);
		next_line("\r\n", 2);
		break;
	case LINE_TAB: line_insert(&pl.edit, "\t", 1); break;
	case LINE_DROP: interrupt(); break;
	case LINE_PAUSE: kill(-pl.shell, SIGTSTP); break;
	case LINE_END: queue_put(&eot, 1); break;
	default: break;
	}
}

/* what was typed; the line is shown when no more of it waits */
static void take(void)
{
	static unsigned char in[IN];
	ssize_t n = read(0, in, sizeof(in)), i;

	if (n <= 0)
		hung_up();
	for (i = 0; i < n; i++)
		key(in[i]);
	queue_work();
	if (pl.edit.len || pl.lead)
		draw();
}

/* the shell has ended: as it did, once all is shown */
static void leave(int status)
{
	fd_nonblock(pl.from);
	while (show())
		;
	kill(-pl.shell, SIGHUP); /* as a terminal does to those that are left */
	proc_reset_signals();
	if (WIFSIGNALED(status))
		kill(getpid(), WTERMSIG(status));
	_exit(WEXITSTATUS(status));
}

static void signals_take(void)
{
	int s, status;

	while ((s = sig_next()))
		if (s != SIGCHLD)
			kill(-pl.shell, s);
		else if (waitpid(pl.shell, &status, WNOHANG) == pl.shell)
			leave(status);
}

static void loop(void)
{
	struct pollfd p[4];

	for (;;) {
		p[0] = (struct pollfd){
		    .fd = 0, .events = pl.queued < sizeof(pl.queue) - LINE_LEN - IN ? POLLIN : 0};
		p[1] = (struct pollfd){.fd = pl.from, .events = POLLIN};
		p[2] = (struct pollfd){.fd = pl.sig, .events = POLLIN};
		p[3] = (struct pollfd){.fd = pl.queued ? pl.to : -1, .events = POLLOUT};
		poll(p, 4, -1);
		if (p[3].revents)
			queue_work();
		if (p[1].revents) {
			if (!show())
				pl.from = -1; /* none of them can write any more */
			else if (pl.edit.len)
				draw();
		}
		if (p[0].revents)
			take();
		if (p[2].revents)
			signals_take();
	}
}

/* the shell, behind a socket to read from and a pipe to write to; its pid, or -errno */
static pid_t start(char **argv)
{
	static const int signals[] = {SIGCHLD, SIGHUP,  SIGINT,  SIGQUIT,
				      SIGTERM, SIGUSR1, SIGUSR2, 0};
	static struct user here = {.home = "."};
	struct child c = {.user = &here, .path = argv[0], .argv = argv + 1, .envp = environ};
	int to[2], from[2], r = msg_pair(to);

	if (r < 0 || (r = fd_pipe(from)) < 0)
		return r;
	pl.sig = sig_pipe(signals);
	pl.to = to[0];
	pl.theirs = to[1];
	pl.from = from[0];
	c.in = to[1];
	c.out = c.err = from[1];
	r = child_spawn(&c);
	close(from[1]);
	return r;
}

int ptyless_main(int argc, char **argv)
{
	static const char notice[] = "No terminal: the server edits lines.\r\n";
	const char *columns = getenv("COLUMNS");
	int n = columns ? num_small(columns, 2, 1000) : -1;

	pl.columns = n > 0 ? (unsigned)n : 80;
	pl.shell = start(argv);
	if (pl.shell < 0) {
		fmt_fd(1, "%s: %s\r\n", argv[0], err_text(-pl.shell));
		return 126;
	}
	if (strcmp(argv[argc - 1], "-i") == 0)
		say(notice, sizeof(notice) - 1);
	loop();
	return 0;
}
