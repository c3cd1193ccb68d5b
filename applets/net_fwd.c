/* net_fwd.c - forwards that the client asks for, and the agent's (RFC 4254 7, OpenSSH's PROTOCOL 2.4). */
/* SPDX-License-Identifier: MIT */
/*
 * What may be is the forwarder's to say, which has it from the monitor. A
 * request that waits for a listener stops the engine until it is there.
 */
#include "net.h"

static struct {
	uint8_t on, any_port, agent_listens;
	int n;  /* the listener that is waited for */
	int ch; /* the session that wants the agent; -1: a global request waits */
} pending;

/*
 * -1: the forwarder is wanted, and comes in fds; ch: that session's command is to hear
 * of the agent's socket, which the monitor alone knows.
 */
static int ask_monitor(int ch, int *fds, int *nfds)
{
	struct wr w = call_begin(MON_FORWARD);
	struct rd r;

	wr_u32(&w, (uint32_t)ch);
	r = call(&w, fds, nfds);
	return rd_u8(&r);
}

static int start(void)
{
	int fds[3], nfds = 1;

	return ask_monitor(-1, fds, &nfds) && nfds == 1 ? fds[0] : -1;
}

void net_fwd_init(void)
{
	fwd_init(&net.ssh, start);
}

/* OpenSSH's PROTOCOL 2.3 */
static int open_tun(const struct ssh_event *ev)
{
	struct rd r = rd_init(ev->data);
	uint32_t mode = rd_u32(&r), unit = rd_u32(&r);

	if (!rd_done(&r) || mode < 1 || mode > 2)
		return -OPEN_CONNECT_FAILED;
	return fwd_connect(ev->ch, mode == 1 ? FWD_TUN : FWD_ETHERNET, STR(""), unit);
}

/* direct-tcpip, direct-streamlocal@openssh.com, tun@openssh.com */
int net_fwd_open(const struct ssh_event *ev)
{
	int is_unix = str_is(ev->name, "direct-streamlocal@openssh.com");
	struct rd r = rd_init(ev->data);
	struct str host = rd_str(&r);
	uint32_t port = 0;

	if (CFG_TUN && str_is(ev->name, "tun@openssh.com"))
		return open_tun(ev);
	if (!is_unix && !str_is(ev->name, "direct-tcpip"))
		return -OPEN_UNKNOWN_CHANNEL_TYPE;
	if (!is_unix)
		port = rd_u32(&r);
	rd_str(&r); /* who asks; of a socket: reserved */
	rd_u32(&r);
	if (!rd_done(&r))
		return -OPEN_CONNECT_FAILED;
	return fwd_connect(ev->ch, is_unix ? FWD_UNIX : FWD_TCP, host, port);
}

static void listen_for(int ch, enum fwd_kind kind, struct str host, uint32_t port)
{
	int n = fwd_listen(kind, host, port);

	if (n < 0) {
		ssh_answer(&net.ssh, SSH_NO);
		return;
	}
	pending.on = 1;
	pending.n = n;
	pending.ch = ch;
	pending.any_port = kind == FWD_TCP && !port;
}

/* 1: it was one of ours, and is answered or will be */
int net_fwd_global(const struct ssh_event *ev)
{
	int cancel = ev->name.len > 7 && !memcmp(ev->name.p, "cancel-", 7);
	struct str what = {ev->name.p + 7 * cancel, ev->name.len - 7 * (size_t)cancel};
	int is_unix = str_is(what, "streamlocal-forward@openssh.com");
	struct rd r = rd_init(ev->data);
	struct str host = rd_str(&r);
	uint32_t port = 0;

	if (!is_unix && !str_is(what, "tcpip-forward"))
		return 0;
	if (!is_unix)
		port = rd_u32(&r);
	if (!rd_done(&r))
		ssh_answer(&net.ssh, SSH_NO);
	else if (cancel)
		ssh_answer(&net.ssh,
			   fwd_cancel(is_unix ? FWD_UNIX : FWD_TCP, host, port) ? SSH_YES : SSH_NO);
	else
		listen_for(-1, is_unix ? FWD_UNIX : FWD_TCP, host, port);
	return 1;
}

void net_fwd_agent(int ch)
{
	if (!(net.may & MAY_AGENT_FORWARD) || !(net.may & MAY_STEER))
		ssh_answer(&net.ssh, SSH_NO);
	else if (pending.agent_listens)
		ssh_answer(&net.ssh, ask_monitor(ch, NULL, NULL) ? SSH_YES : SSH_NO);
	else
		listen_for(ch, FWD_AGENT, STR(""), 0);
}

static void on_listening(const struct fwd_answer *a)
{
	if (!pending.on || a->n != pending.n)
		return;
	pending.on = 0;
	if (a->err)
		ssh_answer(&net.ssh, SSH_NO);
	else if (pending.ch >= 0)
		ssh_answer(&net.ssh, (pending.agent_listens = ask_monitor(pending.ch, NULL, NULL))
					 ? SSH_YES
					 : SSH_NO);
	else if (pending.any_port)
		ssh_answer_port(&net.ssh, a->port);
	else
		ssh_answer(&net.ssh, SSH_YES);
}

static void on_accepted(const struct fwd_accept *a)
{
	static const char *const types[] = {[FWD_TCP] = "forwarded-tcpip",
					    [FWD_UNIX] = "forwarded-streamlocal@openssh.com",
					    [FWD_AGENT] = "auth-agent@openssh.com"};
	uint8_t mem[512];
	struct wr w = wr_init(mem, sizeof(mem));
	int ch;

	if (a->kind != FWD_AGENT)
		wr_str(&w, a->host.p, a->host.len);
	if (a->kind == FWD_TCP) {
		wr_u32(&w, a->port);
		wr_str(&w, a->peer.p, a->peer.len);
		wr_u32(&w, a->peer_port);
	} else if (a->kind == FWD_UNIX) {
		wr_strz(&w, ""); /* reserved */
	}
	ch = ssh_chan_open(&net.ssh, types[a->kind], (struct str){mem, wr_len(&w)});
	if (ch >= 0 || !ssh_chan_room(&net.ssh))
		fwd_placed(ch);
}

void net_fwd_work(void)
{
	struct fwd_answer answer;
	struct fwd_accept accept;

	if (fwd_listening(&answer))
		on_listening(&answer);
	if (fwd_accepted(&accept))
		on_accepted(&accept);
	fwd_pump_all();
}
