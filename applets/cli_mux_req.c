/* cli_mux_req.c - what clients ask the master of a shared connection for. */
/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "cli_mux_in.h"

/* ControlMaster ask, autoask: what a request is called in the question; "": it is none */
static const char asks[][8] = {
    "session", "", "", "exit", "forward", "", "netcat", "stop",
};

static int allowed(uint32_t request)
{
	const char *what = request < sizeof(asks) / 8 ? asks[request] : "";
	char text[MUX_NAME + 64], answer[8];
	int n;

	if (!*what || (cli.set.master != ASK_ASK && cli.set.master != ASK_FORCE))
		return 1;
	fmt(text, sizeof(text), "Shared connection to %p: allow %s? ", cli.set.host, what);
	n = ask_program(text, answer, sizeof(answer));
	return n == 0 || (n == 3 && !memcmp(answer, "yes", 3));
}

/* also a pipe to a host: that is short */
static const char *take_session(struct mux_client *c, struct rd *r, int netcat)
{
	static struct sess_ask a;
	int i;

	a = (struct sess_ask){.escape = -1};
	rd_str(r);
	if (netcat) {
		a.term = rd_str(r);
		a.port = rd_u32(r);
	} else {
		a.tty = rd_u32(r) != 0;
		rd_u32(r);
		a.agent = rd_u32(r) && cli.set.forward_agent;
		a.subsystem = rd_u32(r) != 0;
		a.escape = (int)rd_u32(r);
		a.term = rd_str(r);
		a.command = rd_str(r);
		if (!a.command.len)
			a.command.p = NULL;
		a.env = rd_bytes(r, rd_left(r));
	}
	if (r->bad || a.term.len >= MUX_NAME || a.command.len > SSH_DATA_MAX - 4 ||
	    (netcat && a.port - 1 > 65534))
		return mux_malformed;
	a.fd[2] = -1;
	for (i = 0; i < c->n_fds; i++)
		a.fd[i] = c->fds[i];
	if (c->sess || !(c->sess = sess_new(&a, c)))
		return "too many sessions";
	c->n_fds = 0;
	c->waits = 1;
	return mux_later;
}

/* a host (NULL: "") with its port, or a path; the name lies in that memory then */
static uint16_t take_end(struct rd *r, char *mem, const char **name, uint8_t *is_path)
{
	struct str s = rd_str(r);
	uint32_t port = rd_u32(r);

	*name = s.len ? mem : NULL;
	*is_path = port == MUX_PATH_PORT;
	if (*is_path)
		port = 0;
	r->bad |=
	    s.len >= MUX_NAME || memchr(s.p, 0, s.len) || port > 65535 || (*is_path && !s.len);
	if (r->bad)
		return 0;
	memcpy(mem, s.p, s.len);
	mem[s.len] = 0;
	return (uint16_t)port;
}

static const char *take_forward(struct mux_client *c, struct rd *r, int open)
{
	static char bind[MUX_NAME] ASIDE, to[MUX_NAME] ASIDE;
	static struct cli_forward f;
	uint32_t type = rd_u32(r);
	int i;

	f.port = take_end(r, bind, &f.bind, &f.bind_unix);
	f.to_port = take_end(r, to, &f.to, &f.to_unix);
	f.kind = "?LRD"[type & 3];
	if (type == MUX_REMOTE && !f.to_unix && !f.to_port)
		f.kind = 'd';
	if (f.kind == 'D' || f.kind == 'd')
		f.to = "";
	if (r->bad || type - 1 > 2 || !f.to)
		return mux_malformed;
	i = cli_fwd_find(&f);
	if (!open)
		return i >= 0 && cli_fwd_cancel((unsigned)i) ? NULL : "port not forwarded";
	if (i < 0)
		i = cli_fwd_add(&f);
	if (i < 0)
		return "too many forwards";
	c->waits = 1;
	c->forward = (uint8_t)(i + 1);
	cli_fwd_tell((unsigned)i);
	return mux_later;
}

const char *mux_take(struct mux_client *c, uint32_t type, struct rd *r)
{
	if (!allowed(type - MUX_C_SESSION))
		return mux_denied;
	switch (type) {
	case MUX_HELLO: return c->id == MUX_VERSION ? mux_later : mux_malformed;
	case MUX_C_SESSION: return take_session(c, r, 0);
	case MUX_C_STDIO: return take_session(c, r, 1);
	case MUX_C_ALIVE: mux_say(c, MUX_S_ALIVE, c->id, (uint32_t)getpid()); return mux_later;
	case MUX_C_TERMINATE: mux_quit = 1; return NULL;
	case MUX_C_STOP:
		mux_stop();
		cli.set.no_session = 0; /* it is over with the last client */
		return NULL;
	case MUX_C_OPEN_FWD:
	case MUX_C_CLOSE_FWD:
		return CFG_FORWARD ? take_forward(c, r, type == MUX_C_OPEN_FWD)
				   : "unsupported request";
	default: return "unsupported request";
	}
}
