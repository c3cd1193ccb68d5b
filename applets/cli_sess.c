/* cli_sess.c - the session of this process: its requests, and its three descriptors (RFC 4254 6). */
/* SPDX-License-Identifier: MIT */
/*
 * All requests leave in one flight as soon as the channel is open; the last one
 * alone wants a reply. Then: write what waits, read where poll found something,
 * and it is over when the server has closed the channel and all is written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli_run.h"

enum req { REQ_AGENT, REQ_PTY, REQ_ENV, REQ_START, REQ_DONE };

static struct {
	int ch; /* -1: none */
	uint8_t opened, over;
	uint8_t tty;    /* a terminal is asked for */
	uint8_t req;    /* enum req that is next */
	uint8_t env;    /* how many variables are sent */
	uint8_t window; /* window-change is due */
	uint8_t ready;
	uint8_t set_nonblock[3]; /* descriptors that we made so, to be put back */
	int in, out[2];
} sess = {
    .ch = -1, .in = -1, .out = {-1, -1}
};

static uint8_t mem[SSH_DATA_MAX] APART; /* of a request */

/* a terminal for a shell, or where -t says so */
static int wants_tty(void)
{
	switch (cli.set.tty) {
	case ASK_NO: return 0;
	case ASK_FORCE: return 1;
	case ASK_YES: return isatty(0);
	default: return !cli.set.command && isatty(0);
	}
}

/* a pipe is no good to us while it blocks; a terminal belongs to others as well */
static void nonblock(int fd)
{
	struct stat st;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || flags & O_NONBLOCK || fstat(fd, &st) < 0 ||
	    !(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
		return;
	sess.set_nonblock[fd] = fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

void sess_restore(void)
{
	int fd;

	for (fd = 0; fd < 3; fd++)
		if (sess.set_nonblock[fd])
			fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
}

static void open_channel(void)
{
	if (sess.ch < 0 && !sess.over)
		sess.ch = ssh_chan_open(&cli.ssh, "session", STR(""));
}

void sess_start(void)
{
	int i;

	if (cli.set.no_session || cli.set.netcat) {
		sess.over = 1;
		return;
	}
	sess.tty = !cli.set.subsystem && wants_tty();
	if (cli.set.tty >= ASK_YES && !sess.tty && cli.set.tty != ASK_AUTO)
		cli_say(&cli.set, LOG_L_WARN,
			"no terminal is asked for, as stdin is none (-tt forces it)");
	sess.in = 0;
	sess.out[0] = 1;
	sess.out[1] = 2;
	if (cli.set.stdin_null || cli.set.background)
		sess.in = fd_open("/dev/null", O_RDONLY);
	for (i = 0; i < 3; i++)
		nonblock(i);
	open_channel();
}

int sess_is(int ch)
{
	return ch == sess.ch;
}

int sess_started(void)
{
	return sess.req == REQ_DONE || (cli.authed && sess.over);
}

int sess_over(void)
{
	return sess.over && !cli.set.no_session;
}

static void over(void)
{
	sess.over = 1;
	sess.ch = -1;
}

/* ---- requests -------------------------------------------------------------- */

static struct str wrote(const struct wr *w)
{
	return (struct str){w->start, wr_len(w)};
}

static int request(const char *name, int want, const struct wr *w)
{
	return ssh_chan_request(&cli.ssh, sess.ch, name, want, wrote(w));
}

static int put_env(const char *name, size_t n, const char *value)
{
	struct wr w = wr_init(mem, sizeof(mem));

	wr_str(&w, name, n);
	wr_strz(&w, value);
	return w.bad || request("env", 0, &w);
}

/* SetEnv first, then what SendEnv's patterns find in our own environment; 0: no room now */
static int req_env(void)
{
	struct cli_set *t = &cli.set;
	int i, at = 0;
	char **e;

	for (i = 0; i < CLI_VARS && t->set_env[i]; i++) {
		const char *eq = strchr(t->set_env[i], '=');

		if (at++ < sess.env || !eq)
			continue;
		if (!put_env(t->set_env[i], (size_t)(eq - t->set_env[i]), eq + 1))
			return 0;
		sess.env++;
	}
	for (e = environ; *e; e++) {
		const char *eq = strchr(*e, '=');

		if (!eq || !cli_sends(t, (struct str){(uint8_t *)*e, (size_t)(eq - *e)}) ||
		    at++ < sess.env)
			continue;
		if (!put_env(*e, (size_t)(eq - *e), eq + 1))
			return 0;
		sess.env++;
	}
	return 1;
}

static int req_start(void)
{
	const char *command = cli.set.command;
	struct wr w = wr_init(mem, sizeof(mem));

	if (!command)
		return request("shell", 1, &w);
	wr_strz(&w, command);
	if (w.bad)
		cli_die("the command is too long (%d bytes at most)", (int)sizeof(mem) - 4);
	return request(cli.set.subsystem ? "subsystem" : "exec", 1, &w);
}

/* 0: no room now */
static int req_next(void)
{
	struct wr w = wr_init(mem, sizeof(mem));

	switch (sess.req) {
	case REQ_AGENT:
		return !CFG_FORWARD || !cli.set.forward_agent ||
		       request("auth-agent-req@openssh.com", 0, &w);
	case REQ_PTY:
		if (!sess.tty)
			return 1;
		cli_tty_request(&w);
		return request("pty-req", 1, &w);
	case REQ_ENV: return req_env();
	default: return req_start();
	}
}

static void send_requests(void)
{
	struct wr w = wr_init(mem, sizeof(mem));

	while (sess.opened && sess.req < REQ_DONE && req_next()) {
		if (++sess.req < REQ_DONE)
			continue;
		mem_rest(mem, sizeof(mem));
		if (sess.tty)
			cli_tty_raw();
	}
	if (!sess.window || sess.req != REQ_DONE)
		return;
	cli_tty_size(&w);
	sess.window = !request("window-change", 0, &w);
}

void sess_window(void)
{
	sess.window = sess.tty;
}

/* RFC 4254 6.10 */
static int signal_number(struct str name)
{
	static const char names[] =
	    "HUP,INT,QUIT,ILL,,ABRT,,FPE,KILL,USR1,SEGV,USR2,PIPE,ALRM,TERM";
	struct str list = STR(names), one;
	int i;

	for (i = 1; list_next(&list, &one); i++)
		if (one.len && str_eq(one, name))
			return i;
	return 0;
}

static int on_request(const struct ssh_event *ev)
{
	struct rd r = rd_init(ev->data);
	struct str name;
	int n;

	if (str_is(ev->name, "exit-status")) {
		n = (int)(rd_u32(&r) & 255);
		if (!r.bad)
			cli.status = n;
		return !r.bad;
	}
	if (str_is(ev->name, "exit-signal")) {
		name = rd_str(&r);
		n = signal_number(name);
		cli.status = n ? 128 + n : CLI_FAILED;
		cli_say(&cli.set, LOG_L_WARN, "the remote command was ended by signal %*p",
			(int)name.len, (const char *)name.p);
		return !r.bad;
	}
	if (str_is(ev->name, "eow@openssh.com")) {
		ssh_chan_eof(&cli.ssh, sess.ch);
		sess.in = -1;
		return 1;
	}
	return 0;
}

/* the answers come in the order of the requests that wanted one: the terminal's, the start's */
static void on_reply(int yes)
{
	static uint8_t got;

	got++;
	if (yes)
		return;
	if (sess.tty && got == 1) {
		cli_say(&cli.set, LOG_L_WARN, "the server gives us no terminal");
		cli_tty_restore();
		return;
	}
	cli_die("%p: the server does not run that %s", cli.set.host,
		cli.set.subsystem ? "subsystem"
		: cli.set.command ? "command"
				  : "shell");
}

void sess_event(const struct ssh_event *ev)
{
	switch (ev->type) {
	case SSH_EV_OPENED:
		sess.opened = 1;
		send_requests();
		break;
	case SSH_EV_REFUSED:
		cli_die("%p: the server refuses a session: %*p", cli.set.host, (int)ev->data.len,
			(const char *)ev->data.p);
	case SSH_EV_REPLY: on_reply((int)ev->num); break;
	case SSH_EV_REQUEST: ssh_answer(&cli.ssh, on_request(ev) ? SSH_YES : SSH_NO); break;
	default: break;
	}
}

/* ---- bytes ----------------------------------------------------------------- */

/* to stdout and stderr; a reader that has gone is told to the server, whose command gets SIGPIPE */
static void pump_out(int ext)
{
	while (flow_in(&cli.ssh, sess.ch, ext, sess.out[ext]) == FLOW_ENDED) {
		sess.out[ext] = -1;
		if (ext == 0)
			ssh_chan_eow(&cli.ssh, sess.ch);
	}
}

static void pump_in(void)
{
	size_t n, escapes = sess.tty && cli.set.escape >= 0;
	uint8_t *p;
	ssize_t r;

	if (sess.in < 0 || !sess.ready || sess.req < REQ_DONE)
		return;
	p = ssh_out_buf(&cli.ssh, sess.ch, 0, &n);
	if (!p || n <= escapes)
		return;
	sess.ready = 0;
	r = read(sess.in, p + escapes, n - escapes);
	if (r < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (r > 0) {
		n = escapes ? esc_take(p, (size_t)r) : (size_t)r;
		ssh_out_ack(&cli.ssh, sess.ch, 0, n);
		return;
	}
	sess.in = -1;
	ssh_chan_eof(&cli.ssh, sess.ch);
}

void sess_pump(void)
{
	if (!cli.authed || sess.over)
		return;
	open_channel();
	if (!sess.opened)
		return;
	send_requests();
	pump_out(0);
	pump_out(1);
	pump_in();
	if (ssh_in_closed(&cli.ssh, sess.ch) && ssh_in_eof(&cli.ssh, sess.ch)) {
		ssh_chan_close(&cli.ssh, sess.ch);
		over();
	}
}

unsigned sess_poll(struct pollfd *p)
{
	unsigned n = 0;
	size_t room;
	int e;

	if (!sess.opened || sess.over)
		return 0;
	for (e = 0; e < 2; e++)
		if (sess.out[e] >= 0 && ssh_in_buf(&cli.ssh, sess.ch, e, &room))
			p[n++] = (struct pollfd){.fd = sess.out[e], .events = POLLOUT};
	if (sess.in >= 0 && sess.req == REQ_DONE && ssh_out_buf(&cli.ssh, sess.ch, 0, &room))
		p[n++] = (struct pollfd){.fd = sess.in, .events = POLLIN};
	return n;
}

void sess_polled(const struct pollfd *p, unsigned n)
{
	while (n--)
		if (p[n].events == POLLIN && p[n].revents)
			sess.ready = 1;
}
