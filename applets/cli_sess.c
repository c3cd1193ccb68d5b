/* cli_sess.c - sessions: their channels, and their three descriptors (RFC 4254 6). */
/* SPDX-License-Identifier: MIT */
/*
 * The first of the table is our own, the others belong to control connections
 * (cli_mux.c). Once its requests are out: write what waits, read where poll found
 * something, and it is over when the server has closed the channel and all is
 * written. A pipe to a host (-W) is a session without requests.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli_sess.h"

struct sess sess_table[SESSIONS] APART;
static uint8_t own_over;

/* a terminal for a shell, or where -t says so */
int sess_wants_tty(void)
{
	int has = isatty(0), want;

	if (cli.set.subsystem || cli.set.netcat)
		return 0;
	switch (cli.set.tty) {
	case ASK_NO: return 0;
	case ASK_FORCE: return 1;
	case ASK_YES: want = has; break;
	default: return !cli.set.command && has;
	}
	if (!want)
		cli_say(&cli.set, LOG_L_WARN,
			"no terminal is asked for, as stdin is none (-tt forces it)");
	return want;
}

/* a pipe is no good to us while it blocks; a terminal belongs to others as well */
static void nonblock(struct sess *s)
{
	struct stat st;
	int i, fd, flags;

	for (i = 0; i < 3; i++) {
		fd = s->ask.fd[i];
		flags = fcntl(fd, F_GETFL);
		if (flags < 0 || flags & O_NONBLOCK || fstat(fd, &st) < 0 ||
		    !(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
			continue;
		if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0)
			s->nonblock |= 1 << i;
	}
}

static void put_back(struct sess *s)
{
	int i, fd;

	for (i = 0; i < 3; i++) {
		fd = s->ask.fd[i];
		if (s->nonblock & 1 << i)
			fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
		if (s->owner && fd >= 0)
			close(fd);
	}
	s->nonblock = 0;
}

void sess_restore(void)
{
	struct sess *s;

	for (s = sess_table; s < sess_table + SESSIONS; s++)
		if (s->state)
			put_back(s);
}

void sess_end(struct sess *s)
{
	struct sess *t;

	if (s->ch >= 0)
		ssh_chan_close(&cli.ssh, s->ch);
	s->state = s->state == OPENING ? GONE : FREE;
	put_back(s);
	for (t = sess_table; t < sess_table + SESSIONS; t++) /* a pipe may be that of several */
		if (SESSIONS > 1 && t->state > FREE && t->state < GONE)
			nonblock(t);
	if (!s->owner) {
		cli_tty_restore();
		cli.status = s->status;
		own_over = 1;
	} else if (CFG_SSH_MUX) {
		mux_over(s->owner, (uint32_t)s->ch, s->status);
	}
}

static void open_channel(struct sess *s)
{
	s->ch = s->ask.port ? cli_fwd_direct(s->ask.term, s->ask.port)
			    : ssh_chan_open(&cli.ssh, "session", STR(""));
	if (s->ch >= 0)
		s->state = OPENING;
}

struct sess *sess_new(const struct sess_ask *a, struct mux_client *owner)
{
	struct sess *s = sess_table + !!owner;

	while (s < sess_table + SESSIONS && s->state)
		s++;
	if (s == sess_table + SESSIONS || (owner && !ssh_chan_room(&cli.ssh)))
		return NULL;
	*s = (struct sess){.state = WAITING, .owner = owner, .ch = -1, .status = -1};
	s->ask = *a;
	s->in = a->fd[0];
	s->out[0] = a->fd[1];
	s->out[1] = a->fd[2];
	s->esc = (struct esc){.c = a->tty ? a->escape : -1, .fd = a->fd[2], .own = !owner};
	if (a->port) {
		s->req = REQ_DONE;
		s->status =
		    owner ? -1 : 0; /* who waits for one of theirs is told of its end alone */
	}
	nonblock(s);
	open_channel(s);
	return s;
}

void sess_drop(struct sess *s)
{
	s->status = -1;
	sess_end(s);
}

void sess_start(void)
{
	struct sess_ask a = {
	    .fd = {0, 1, 2},
              .agent = cli.set.forward_agent
        };

	if (cli.set.netcat) {
		cli.set.no_session = 0;
		a.term = str_of(cli_fwd_target(&a.port));
		a.fd[2] = -1;
	} else if (cli.set.no_session) {
		own_over = 1;
		return;
	} else {
		a.term = str_of(getenv("TERM"));
		a.command = str_of(cli.set.command);
	}
	a.subsystem = cli.set.subsystem;
	a.tty = (uint8_t)sess_wants_tty();
	a.escape = cli.set.escape;
	if (cli.set.stdin_null || cli.set.background)
		a.fd[0] = fd_open("/dev/null", O_RDONLY);
	sess_new(&a, NULL);
}

static struct sess *by_channel(int ch)
{
	struct sess *s;

	for (s = sess_table; s < sess_table + SESSIONS; s++)
		if (s->state >= OPENING && s->ch == ch)
			return s;
	return NULL;
}

int sess_is(int ch)
{
	return by_channel(ch) != NULL;
}

int sess_started(void)
{
	return sess_table[0].req == REQ_DONE || (cli.authed && own_over);
}

int sess_over(void)
{
	return own_over && !cli.set.no_session;
}

void sess_window(void)
{
	struct sess *s;

	for (s = sess_table; s < sess_table + SESSIONS; s++)
		s->window = s->ask.tty;
}

static void on_refused(struct sess *s, struct str why)
{
	if (!s->owner)
		cli_die("%p: %s: %*p", cli.set.host,
			s->ask.port ? "stdio forwarding failed" : "the server refuses a session",
			(int)why.len, (const char *)why.p);
	s->ch = -1;
	s->state = OPEN;
	sess_end(s);
}

/* of a channel that nobody wants any more */
static void gone_event(struct sess *s, const struct ssh_event *ev)
{
	if (ev->type == SSH_EV_OPENED)
		ssh_chan_close(&cli.ssh, s->ch);
	if (ev->type == SSH_EV_OPENED || ev->type == SSH_EV_REFUSED)
		s->state = FREE;
}

void sess_event(const struct ssh_event *ev)
{
	struct sess *s = by_channel(ev->ch);

	if (SESSIONS > 1 && s->state == GONE) {
		gone_event(s, ev);
		return;
	}
	switch (ev->type) {
	case SSH_EV_OPENED:
		s->state = OPEN;
		if (CFG_SSH_MUX && s->ask.port && s->owner)
			mux_opened(s->owner, (uint32_t)s->ch);
		sess_requests(s);
		break;
	case SSH_EV_REFUSED: on_refused(s, ev->data); break;
	case SSH_EV_REPLY: sess_on_reply(s, (int)ev->num); break;
	case SSH_EV_REQUEST: sess_on_request(s, ev); break;
	default: break;
	}
}

/* ---- bytes ----------------------------------------------------------------- */

/*
 * To stdout and stderr. That a reader has gone is told to the server, whose command gets
 * SIGPIPE; a server that sends more than the window then was does not know how (Dropbear).
 */
static void pump_out(struct sess *s, int ext)
{
	size_t n;

	if (ext == 0 && s->out[0] < 0 && ssh_in_buf(&cli.ssh, s->ch, 0, &n))
		s->dropped += (uint32_t)n;
	while (flow_in(&cli.ssh, s->ch, ext, s->out[ext]) == FLOW_ENDED) {
		s->out[ext] = -1;
		if (ext == 0)
			ssh_chan_eow(&cli.ssh, s->ch);
	}
}

static void pump_in(struct sess *s)
{
	size_t n, escapes = s->esc.c >= 0;
	uint8_t *p;
	ssize_t r;

	if (s->in < 0 || !s->ready || s->req < REQ_DONE)
		return;
	p = ssh_out_buf(&cli.ssh, s->ch, 0, &n);
	if (!p || n <= escapes)
		return;
	s->ready = 0;
	r = read(s->in, p + escapes, n - escapes);
	if (r < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (r > 0) {
		n = escapes ? esc_take(&s->esc, p, (size_t)r) : (size_t)r;
		ssh_out_ack(&cli.ssh, s->ch, 0, n);
		return;
	}
	s->in = -1;
	ssh_chan_eof(&cli.ssh, s->ch);
}

static void pump(struct sess *s)
{
	if (s->state == WAITING)
		open_channel(s);
	if (s->state != OPEN)
		return;
	sess_requests(s);
	pump_out(s, 0);
	pump_out(s, 1);
	pump_in(s);
	if (s->esc.left || s->dropped > CFG_CLIENT_POOL_KB * 1024 ||
	    (ssh_in_closed(&cli.ssh, s->ch) && ssh_in_eof(&cli.ssh, s->ch)))
		sess_end(s);
}

void sess_pump(void)
{
	struct sess *s;

	if (cli.authed)
		for (s = sess_table; s < sess_table + SESSIONS; s++)
			pump(s);
}

static unsigned poll_one(const struct sess *s, struct pollfd *p)
{
	unsigned n = 0;
	size_t room;
	int e;

	for (e = 0; e < 2; e++)
		if (s->out[e] >= 0 && ssh_in_buf(&cli.ssh, s->ch, e, &room))
			p[n++] = (struct pollfd){.fd = s->out[e], .events = POLLOUT};
	if (s->in >= 0 && s->req == REQ_DONE && ssh_out_buf(&cli.ssh, s->ch, 0, &room))
		p[n++] = (struct pollfd){.fd = s->in, .events = POLLIN};
	return n;
}

unsigned sess_poll(struct pollfd *p)
{
	const struct sess *s;
	unsigned n = 0;

	for (s = sess_table; s < sess_table + SESSIONS; s++)
		if (s->state == OPEN)
			n += poll_one(s, p + n);
	return n;
}

void sess_polled(const struct pollfd *p, unsigned n)
{
	struct sess *s;

	for (; n--; p++)
		for (s = sess_table; s < sess_table + SESSIONS; s++)
			if (p->events == POLLIN && p->revents && s->state == OPEN && s->in == p->fd)
				s->ready = 1;
}

const char *cli_fwd_target(uint32_t *to)
{
	static char host[256] APART;
	const char *spec = cli.set.netcat, *colon = strrchr(spec, ':');
	int bracket = *spec == '[', len = colon ? (int)(colon - spec) - 2 * bracket : 0;
	uint64_t port = 0;

	if (len <= 0 || num_parse(spec + len + 2 * bracket + 1, 1, 65535, &port))
		cli_die("-W %p: host:port is wanted", spec);
	fmt(host, sizeof(host), "%.*s", len, spec + bracket);
	*to = (uint32_t)port;
	return host;
}
