/* net_chan.c - session channels: requests, and bytes between them and the command (RFC 4254 6). */
/* SPDX-License-Identifier: MIT */
/*
 * What to do follows from the state of channel and descriptors, each time
 * round: write what waits, read where poll found something, close what has
 * ended. EOF is told when all that the command wrote is read; CLOSE when it
 * has ended besides.
 */
#include <poll.h>
#include <unistd.h>

#include "flow.h"
#include "net.h"

void chan_opened(int ch)
{
	net.session[ch] = (struct net_session){
	    .used = 1, .in = -1, .out = {-1, -1}
        };
}

static void fd_drop(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void in_drop(struct net_session *s)
{
	if (s->tty)
		s->in = -1; /* the same descriptor as out[0] */
	else
		fd_drop(&s->in);
}

static int req_pty(struct net_session *s, int ch, struct rd *r)
{
	struct wr w = call_begin(MON_PTY);
	struct str term = rd_str(r), modes;
	int fds[3], nfds = 1, i;

	wr_u32(&w, ch);
	wr_str(&w, term.p, term.len < 32 ? term.len : 31);
	for (i = 0; i < 4; i++)
		wr_u32(&w, rd_u32(r));
	modes = rd_str(r);
	wr_str(&w, modes.p, modes.len < 1024 ? modes.len : 0);
	if (r->bad || s->started || s->tty || !(net.may & MAY_PTY))
		return 0;
	*r = call(&w, fds, &nfds);
	if (!rd_u8(r) || nfds != 1)
		return 0;
	s->tty = 1;
	s->in = s->out[0] = fds[0];
	return 1;
}

static int req_env(int ch, struct rd *r)
{
	struct wr w = call_begin(MON_ENV);
	struct str name = rd_str(r), value = rd_str(r);

	wr_u32(&w, ch);
	wr_str(&w, name.p, name.len);
	wr_str(&w, value.p, value.len);
	if (r->bad || w.bad || !(net.may & MAY_STEER))
		return 0;
	*r = call(&w, NULL, NULL);
	return rd_u8(r);
}

/* the command line, a message's worth at a time */
static int send_parts(int ch, struct str line)
{
	while (line.len) {
		size_t n = line.len < MON_TEXT ? line.len : MON_TEXT;
		struct wr w = call_begin(MON_PART);
		struct rd r;

		wr_u32(&w, ch);
		wr_str(&w, line.p, n);
		r = call(&w, NULL, NULL);
		if (!rd_u8(&r))
			return 0;
		line.p += n;
		line.len -= n;
	}
	return 1;
}

static int req_start(struct net_session *s, int ch, enum spawn kind, struct rd *r)
{
	struct str line = kind == SPAWN_SHELL ? (struct str){0} : rd_str(r);
	struct str version = ssh_peer_version(&net.ssh);
	struct wr w;
	int fds[3], nfds = 3;

	if (r->bad || s->started || !send_parts(ch, line))
		return 0;
	w = call_begin(MON_SPAWN);
	wr_u32(&w, ch);
	wr_u8(&w, kind);
	if (CFG_SFTP_SERVER)
		wr_str(&w, version.p, version.len);
	*r = call(&w, fds, &nfds);
	if (!rd_u8(r)) {
		in_drop(s);
		fd_drop(&s->out[0]);
		s->tty = 0;
		return 0;
	}
	s->started = 1;
	if (nfds == 3) {
		s->in = fds[0];
		s->out[0] = fds[1];
		s->out[1] = fds[2];
	}
	return 1;
}

static int req_window(struct net_session *s, struct rd *r)
{
	uint32_t cols = rd_u32(r), rows = rd_u32(r), xpix = rd_u32(r), ypix = rd_u32(r);

	if (r->bad || !s->tty || s->out[0] < 0)
		return 0;
	pty_size(s->out[0], cols, rows, xpix, ypix);
	return 1;
}

static int req_signal(int ch, struct rd *r)
{
	struct wr w = call_begin(MON_KILL);
	struct str name = rd_str(r);

	wr_u32(&w, ch);
	wr_str(&w, name.p, name.len < 16 ? name.len : 0);
	if (r->bad || !(net.may & MAY_STEER))
		return 0;
	*r = call(&w, NULL, NULL);
	return rd_u8(r);
}

int chan_request(const struct ssh_event *ev)
{
	struct net_session *s = &net.session[ev->ch];
	struct rd r = rd_init(ev->data);

	log_put(LOG_L_DEBUG, "channel %d: %*p", ev->ch, (int)ev->name.len,
		(const char *)ev->name.p);
	if (!s->used)
		return 0;
	if (str_is(ev->name, "pty-req"))
		return req_pty(s, ev->ch, &r);
	if (str_is(ev->name, "env"))
		return req_env(ev->ch, &r);
	if (str_is(ev->name, "shell"))
		return req_start(s, ev->ch, SPAWN_SHELL, &r);
	if (str_is(ev->name, "exec"))
		return req_start(s, ev->ch, SPAWN_EXEC, &r);
	if (str_is(ev->name, "subsystem"))
		return req_start(s, ev->ch, SPAWN_SUBSYSTEM, &r);
	if (str_is(ev->name, "window-change"))
		return req_window(s, &r);
	if (str_is(ev->name, "signal"))
		return req_signal(ev->ch, &r);
	if (str_is(ev->name, "eow@openssh.com")) { /* nobody reads it there */
		if (!s->tty)
			fd_drop(&s->out[0]);
		return 1;
	}
	if (str_is(ev->name, "break")) /* RFC 4335; a pseudo terminal takes it for nothing */
		return s->tty;
	return 0;
}

void chan_rested(void)
{
	int ch;

	for (ch = 0; ch < MON_SESSIONS; ch++)
		net.session[ch].drained |= (uint8_t)(net.session[ch].drained << 1);
}

/* towards the command */
static void pump_in(struct net_session *s, int ch)
{
	if (s->in < 0 && !s->started)
		return;
	while (flow_in(&net.ssh, ch, 0, s->in) == FLOW_ENDED) {
		in_drop(s); /* nobody is there to read it */
		if (!s->tty)
			ssh_chan_eow(&net.ssh, ch);
	}
	/* a terminal outlives the client's EOF: the command runs to its end */
	if (s->started && !s->tty && s->in >= 0 && ssh_in_eof(&net.ssh, ch))
		in_drop(s);
}

/* from the command, one read for each time that poll found something */
static void pump_out(struct net_session *s, int ch, int e)
{
	while (s->out[e] >= 0 && (s->ready[e] || (s->ended && s->tty))) {
		enum flow f = flow_out(&net.ssh, ch, e, s->out[e]);

		if (f == FLOW_BLOCKED)
			return;
		s->ready[e] = 0;
		if (f == FLOW_ENDED || (f == FLOW_IDLE && s->ended)) {
			if (s->tty)
				s->in = -1;
			fd_drop(&s->out[e]);
		} else if (f == FLOW_MOVED) {
			net.active = net.heard;
		}
	}
}

static void hang_up(struct net_session *s, int ch)
{
	struct wr w = call_begin(MON_HUP);

	in_drop(s);
	fd_drop(&s->out[0]);
	fd_drop(&s->out[1]);
	if (s->started && !s->ended) {
		wr_u32(&w, ch);
		call(&w, NULL, NULL);
	}
	ssh_chan_close(&net.ssh, ch);
	s->used = 0;
}

static void pump(struct net_session *s, int ch)
{
	pump_in(s, ch);
	pump_out(s, ch, 0);
	pump_out(s, ch, 1);
	if (ssh_in_closed(&net.ssh, ch) && (s->in < 0 || ssh_in_eof(&net.ssh, ch))) {
		hang_up(s, ch);
		return;
	}
	if (!s->started || s->out[0] >= 0 || s->out[1] >= 0)
		return;
	/*
	 * Most commands that close their output end at once. A client that has sent
	 * EOF answers ours with CLOSE, and the exit status would come too late.
	 */
	if (!s->ended && s->drained < 2) {
		s->drained = 1;
		return;
	}
	ssh_chan_eof(&net.ssh, ch);
	if (s->ended)
		hang_up(s, ch);
}

void chan_pump_all(void)
{
	int ch;

	for (ch = 0; ch < MON_SESSIONS; ch++)
		if (net.session[ch].used)
			pump(&net.session[ch], ch);
}

unsigned chan_poll(struct pollfd *p)
{
	unsigned n = 0, e;
	size_t room;
	int ch;

	for (ch = 0; ch < MON_SESSIONS; ch++) {
		struct net_session *s = &net.session[ch];

		if (!s->used)
			continue;
		if (s->in >= 0 && ssh_in_buf(&net.ssh, ch, 0, &room))
			p[n++] = (struct pollfd){.fd = s->in, .events = POLLOUT};
		for (e = 0; e < 2; e++)
			if (s->out[e] >= 0 && ssh_out_buf(&net.ssh, ch, e, &room))
				p[n++] = (struct pollfd){.fd = s->out[e], .events = POLLIN};
	}
	return n;
}

void chan_polled(const struct pollfd *p, unsigned n)
{
	int ch, e;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (!(p[i].events & POLLIN) || !p[i].revents)
			continue;
		for (ch = 0; ch < MON_SESSIONS; ch++)
			for (e = 0; e < 2; e++)
				if (net.session[ch].used && net.session[ch].out[e] == p[i].fd)
					net.session[ch].ready[e] = 1;
	}
}
