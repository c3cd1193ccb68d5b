/* cli_sess_req.c - what a session asks the server for, and what it tells (RFC 4254 6). */
/* SPDX-License-Identifier: MIT */
/*
 * All requests of a session leave in one flight as soon as its channel is open;
 * the last one alone wants a reply, and the terminal's.
 */
#include <string.h>
#include <unistd.h>

#include "cli_sess.h"

static uint8_t mem[SSH_DATA_MAX] APART; /* of a request */

static int request(struct sess *s, const char *name, int want, const struct wr *w)
{
	return ssh_chan_request(&cli.ssh, s->ch, name, want, (struct str){w->start, wr_len(w)});
}

/* NAME=value, unless it is sent already; 0: no room now */
static int put_env(struct sess *s, unsigned *at, struct str v)
{
	const uint8_t *eq = memchr(v.p, '=', v.len);
	struct wr w = wr_init(mem, sizeof(mem));

	if (!eq || (*at)++ < s->env)
		return 1;
	wr_str(&w, v.p, (size_t)(eq - v.p));
	wr_str(&w, eq + 1, (size_t)(v.p + v.len - eq - 1));
	if (!w.bad && !request(s, "env", 0, &w))
		return 0;
	s->env++;
	return 1;
}

/* ours: SetEnv first, then what SendEnv's patterns find in our own environment */
static int req_env(struct sess *s)
{
	struct cli_set *t = &cli.set;
	struct rd r = rd_init(s->ask.env);
	unsigned i, at = 0;
	char **e;

	while (CFG_SSH_MUX && rd_left(&r))
		if (!put_env(s, &at, rd_str(&r)))
			return 0;
	for (i = 0; !s->owner && i < CLI_VARS && t->set_env[i]; i++)
		if (!put_env(s, &at, str_of(t->set_env[i])))
			return 0;
	for (e = environ; !s->owner && *e; e++) {
		struct str name = {(uint8_t *)*e, strcspn(*e, "=")};

		if (cli_sends(t, name) && !put_env(s, &at, str_of(*e)))
			return 0;
	}
	return 1;
}

static const char *what(const struct sess *s)
{
	return s->ask.subsystem ? "subsystem" : s->ask.command.p ? "command" : "shell";
}

static int req_start(struct sess *s)
{
	const struct str *command = &s->ask.command;
	struct wr w = wr_init(mem, sizeof(mem));

	if (!command->p)
		return request(s, "shell", 1, &w);
	wr_str(&w, command->p, command->len);
	if (w.bad)
		cli_die("the command is too long (%d bytes at most)", (int)sizeof(mem) - 4);
	return request(s, s->ask.subsystem ? "subsystem" : "exec", 1, &w);
}

/* 0: no room now */
static int req_next(struct sess *s)
{
	struct wr w = wr_init(mem, sizeof(mem));

	switch (s->req) {
	case REQ_AGENT:
		return !CFG_FORWARD || !s->ask.agent ||
		       request(s, "auth-agent-req@openssh.com", 0, &w);
	case REQ_PTY:
		if (!s->ask.tty)
			return 1;
		cli_tty_request(&w, s->ask.fd[0], s->ask.term);
		return request(s, "pty-req", 1, &w);
	case REQ_ENV: return req_env(s);
	default: return req_start(s);
	}
}

void sess_requests(struct sess *s)
{
	struct wr w = wr_init(mem, sizeof(mem));

	while (s->req < REQ_DONE && req_next(s)) {
		if (++s->req < REQ_DONE)
			continue;
		mem_rest(mem, sizeof(mem));
		if (CFG_SSH_MUX && s->owner)
			mux_opened(s->owner, (uint32_t)s->ch);
		else if (s->ask.tty)
			cli_tty_raw();
	}
	if (!s->window || s->req != REQ_DONE)
		return;
	cli_tty_size(&w, s->ask.fd[0]);
	s->window = !request(s, "window-change", 0, &w);
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

static int on_request(struct sess *s, const struct ssh_event *ev)
{
	struct rd r = rd_init(ev->data);
	struct str name;
	int n;

	if (str_is(ev->name, "exit-status")) {
		n = (int)(rd_u32(&r) & 255);
		if (!r.bad)
			s->status = n;
		return !r.bad;
	}
	if (str_is(ev->name, "exit-signal")) {
		name = rd_str(&r);
		n = signal_number(name);
		s->status = n ? 128 + n : CLI_FAILED;
		if (!s->owner)
			cli_say(&cli.set, LOG_L_WARN, "the remote command was ended by signal %*p",
				(int)name.len, (const char *)name.p);
		return !r.bad;
	}
	if (str_is(ev->name, "eow@openssh.com")) {
		ssh_chan_eof(&cli.ssh, s->ch);
		s->in = -1;
		return 1;
	}
	return 0;
}

void sess_on_request(struct sess *s, const struct ssh_event *ev)
{
	ssh_answer(&cli.ssh, on_request(s, ev) ? SSH_YES : SSH_NO);
}

/* the answers come in the order of the requests that wanted one: the terminal's, the start's */
void sess_on_reply(struct sess *s, int yes)
{
	s->replies++;
	if (yes)
		return;
	if (s->ask.tty && s->replies == 1) {
		if (CFG_SSH_MUX && s->owner) {
			mux_no_tty(s->owner, (uint32_t)s->ch);
			return;
		}
		cli_say(&cli.set, LOG_L_WARN, "the server gives us no terminal");
		cli_tty_restore();
		return;
	}
	if (!s->owner)
		cli_die("%p: the server does not run that %s", cli.set.host, what(s));
	fmt_fd(s->ask.fd[2], "the server does not run that %s\r\n", what(s));
	sess_end(s);
}
