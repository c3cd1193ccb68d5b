/* job_keep.c - the keeper of a job: its terminal or pipe, the last of its output, its status. */
/* SPDX-License-Identifier: MIT */
/*
 * .ring holds the last .have bytes of output, up to .at; a viewer still wants the last .lag of
 * them. The job waits for a viewer that has not taken what would be overwritten, as for a
 * terminal, but not long: after PATIENCE that viewer loses what it is too slow for. When the
 * command has ended and its output is read, the keeper stays until somebody comes for the status.
 * Who was attached all along may be a login that is dead and does not know it: that one's fetching
 * it does not count, but for after an hour.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dial.h"
#include "job.h"

#define RING (CFG_JOB ? CFG_JOB_RING * 1024u : 1024u)
#define VIEWERS 4
#define PATIENCE 1000 /* milliseconds */
#define KEEP_SEEN (3600 * 1000)
#define ALL (~0u)

static uint8_t ring[RING] APART;
static struct {
	int listener, sig;
	int io; /* the master of its terminal, or its output; -1: the end is read */
	uint8_t pty, adopted;
	uint8_t ended; /* the command; what it wrote may still be read */
	uint8_t done;  /* it is to be forgotten */
	uint8_t hold;  /* nothing is read before the first viewer is there */
	uint8_t late;  /* who attaches now meets a job that has ended */
	int wait;      /* milliseconds until an end that was seen is forgotten; -1: it was not */
	pid_t pid;
	int status;
	unsigned at, have, replace;
	uint32_t flowed; /* when there was room last, milliseconds */
	struct viewer {
		int fd; /* -1: none */
		unsigned lag;
		unsigned left; /* bytes that it is to get, or ALL */
		uint8_t slow;
	} view[VIEWERS];
	unsigned typed; /* bytes of input that wait */
	uint8_t input[256];
	struct job_state state;
} k ASIDE;

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static void view_drop(struct viewer *v)
{
	if (v->fd >= 0)
		close(v->fd);
	v->fd = -1;
}

/* bytes that may be read before a viewer loses some */
static unsigned room(void)
{
	unsigned n = RING;
	struct viewer *v;

	for (v = k.view; v < k.view + VIEWERS; v++)
		if (v->fd >= 0 && !v->slow)
			n = least(n, RING - v->lag);
	return n;
}

static void output_read(unsigned n)
{
	ssize_t r = read(k.io, ring + k.at, least(n, RING - k.at));
	struct viewer *v;

	if (r < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (r <= 0) {
		close(k.io);
		k.io = -1;
		k.ended |= k.adopted;
		return;
	}
	k.at = (k.at + (unsigned)r) % RING;
	k.have = least(k.have + (unsigned)r, RING);
	for (v = k.view; v < k.view + VIEWERS; v++)
		v->lag = least(v->lag + (unsigned)r, RING);
}

static void view_write(struct viewer *v)
{
	unsigned from = (k.at + RING - v->lag) % RING;
	ssize_t r = write(v->fd, ring + from, least(least(v->lag, RING - from), v->left));

	if (r < 0) {
		if (errno != EAGAIN)
			view_drop(v);
		return;
	}
	v->slow = 0;
	v->lag -= (unsigned)r;
	if (v->left != ALL)
		v->left -= (unsigned)r;
}

static void input_write(void)
{
	ssize_t r = write(k.io, k.input, k.typed);

	if (r < 0 && errno == EAGAIN)
		return;
	k.typed -= r < 0 ? k.typed : (unsigned)r;
	memmove(k.input, k.input + (r < 0 ? 0 : r), k.typed);
}

static void input_read(struct viewer *v)
{
	ssize_t r = read(v->fd, k.input, sizeof(k.input));

	if (r <= 0) {
		view_drop(v);
	} else if (k.pty && k.io >= 0) {
		k.typed = (unsigned)r;
		input_write();
	}
}

static void view_step(struct viewer *v, int events)
{
	if (events & POLLIN)
		input_read(v);
	else if (events & (POLLHUP | POLLERR))
		view_drop(v);
	if (v->fd >= 0 && events & POLLOUT)
		view_write(v);
	if (!v->left || (!v->lag && k.state.status >= 0))
		view_drop(v);
}

static void window(const struct winsize *w, int extra)
{
	if (k.pty && k.io >= 0 && w->ws_col)
		pty_size(k.io, w->ws_col, w->ws_row + extra, w->ws_xpixel, w->ws_ypixel);
}

static void view_add(int fd, const struct job_ask *a)
{
	struct viewer *v = k.view;

	while (v < k.view + VIEWERS && v->fd >= 0)
		v++;
	if (v == k.view + VIEWERS) /* one of them is a login that died, most likely */
		v = &k.view[k.replace++ % VIEWERS];
	view_drop(v);
	*v = (struct viewer){.fd = fd, .lag = k.have, .left = a->what == JOB_LOG ? k.have : ALL};
	if (a->what ==
	    JOB_ATTACH) /* of a new size, whatever it was: the program paints itself anew */
		window(&a->size, 1);
	k.hold = 0;
	k.late |= k.state.status >= 0;
	view_step(v, 0);
}

/* 1: fd stays open */
static int request(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct job_ask a;
	uid_t uid;

	if (unix_peer(fd, &uid) < 0 || (uid && uid != getuid()) || poll(&p, 1, PATIENCE) <= 0 ||
	    read(fd, &a, sizeof(a)) != sizeof(a))
		return 0;
	if (a.what == JOB_ATTACH || a.what == JOB_LOG)
		view_add(fd, &a);
	if (a.what == JOB_ATTACH || a.what == JOB_WINDOW)
		window(&a.size, 0);
	if (a.what == JOB_ATTACH || a.what == JOB_LOG)
		return 1;
	if (a.what == JOB_KILL && k.state.status < 0)
		kill(-k.pid, a.signal);
	if (write(fd, &k.state, sizeof(k.state)) != sizeof(k.state) || k.state.status < 0)
		return 0;
	k.done = a.what == JOB_KILL || (a.what == JOB_END && k.late);
	if (a.what == JOB_END)
		k.wait = KEEP_SEEN;
	return 0;
}

static void reap(void)
{
	int status;

	while (sig_next())
		;
	if (k.adopted || waitpid(k.pid, &status, WNOHANG) != k.pid)
		return;
	k.ended = 1;
	k.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void step(void)
{
	struct pollfd p[4 + VIEWERS];
	struct addr peer;
	unsigned i, n = k.hold ? 0 : room();
	int runs = k.state.status < 0, r, fd;

	p[0] = (struct pollfd){.fd = k.sig, .events = POLLIN};
	p[1] = (struct pollfd){.fd = k.listener, .events = POLLIN};
	p[2] = (struct pollfd){.fd = n ? k.io : -1, .events = POLLIN};
	p[3] = (struct pollfd){.fd = k.typed ? k.io : -1, .events = POLLOUT};
	for (i = 0; i < VIEWERS; i++)
		p[4 + i] = (struct pollfd){.fd = k.view[i].fd,
					   .events = (k.typed ? 0 : POLLIN) |
						     (k.view[i].lag ? POLLOUT : 0)};
	r = poll(p, 4 + VIEWERS, !runs ? k.wait : !n ? PATIENCE : k.ended ? 0 : -1);
	if (r == 0 && !runs)
		k.done = 1;
	if (n) {
		k.flowed = (uint32_t)clock_ms();
	} else if ((uint32_t)clock_ms() - k.flowed >= PATIENCE) {
		k.hold = 0;
		for (i = 0; i < VIEWERS; i++)
			k.view[i].slow = 1;
	}
	/* nothing more to read: others may still have its terminal, but it was the command's */
	if (runs && k.ended && r >= 0 && n && (k.io < 0 || !p[2].revents))
		k.state.status = k.status;
	if (p[2].revents)
		output_read(n);
	if (k.io >= 0 && p[3].revents)
		input_write();
	for (i = 0; i < VIEWERS; i++)
		view_step(&k.view[i], p[4 + i].revents);
	if (p[1].revents && (fd = sock_accept(k.listener, &peer)) >= 0 && !request(fd))
		close(fd);
	if (p[0].revents)
		reap();
}

static int serve(const char *name)
{
	unsigned i;

	setsid();
	sig_skip(SIGHUP);
	proc_null();
	if (chdir("/") < 0) /* it holds up no umount, as far as it can */
		errno = 0;
	fd_nonblock(k.io);
	k.state.pid = (uint32_t)k.pid;
	k.state.status = k.wait = -1;
	for (i = 0; i < VIEWERS; i++)
		k.view[i].fd = -1;
	mem_rest_stack();
	while (!k.done) {
		step();
		if (k.state.status >= 0 && k.io >= 0) {
			close(k.io);
			k.io = -1;
			k.typed = 0;
		}
	}
	unlink(job_path(name));
	return 0;
}

static void begin(int listener)
{
	static const int signals[] = {SIGCHLD, 0};

	k.listener = listener;
	k.sig = sig_pipe(signals);
}

int job_keep(const struct job_new *j)
{
	static struct user here ASIDE;
	struct child c = {.user = &here, .argv = j->argv, .envp = environ, .tty = j->pty};
	char tty[24];
	int ends[2], r;

	here.home[0] = '.';
	begin(j->listener);
	k.pty = (uint8_t)j->pty;
	k.hold = (uint8_t)j->attached;
	k.flowed = (uint32_t)clock_ms();
	r = j->pty ? pty_open(&ends[0], &ends[1], tty, sizeof(tty), NULL) : fd_pipe(ends);
	if (r == 0) {
		k.io = ends[0];
		window(&j->size, 0);
		c.in = j->pty ? ends[1] : fd_open("/dev/null", O_RDONLY);
		c.out = c.err = ends[1];
		k.pid = r = child_spawn(&c);
	}
	if (r < 0) {
		fmt_fd(2, "cubssh job: %p: %s\n", j->argv[0], err_text(-r));
		unlink(job_path(j->name));
		return 1;
	}
	close(ends[1]);
	if (!j->pty)
		close(c.in);
	memcpy(k.state.text, j->text, JOB_TEXT);
	return serve(j->name);
}

int job_adopt(void)
{
	char name[JOB_NAME];

	k.io = 3;
	k.pid = tty_session(k.io);
	if (k.pid <= 0)
		return 1;
	begin(job_listen(name, JOB_LOST));
	if (k.listener < 0)
		return 1;
	k.pty = k.adopted = 1;
	fmt(k.state.text, JOB_TEXT, "a lost login");
	return serve(name);
}
