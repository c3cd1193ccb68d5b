/* cli_fwd.c - the client's forwards: -L, -R, -D, -W and the agent. */
/* SPDX-License-Identifier: MIT */
/*
 * Listeners of our own are asked for at once when the login is done, and so are
 * the server's: all requests leave in one flight, and their answers come in
 * order, keepalives' among them. What the server opens is taken only where it
 * was asked for.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli_mux.h"
#include "fwd.h"

#define GLOBALS 64
#define KEEPALIVE 255 /* and whatever else needs no more than an answer */
#define PROVE 254     /* of cli_hostkeys.c */

enum state { WANTED, ASKED, LIVE, ENDED };

static struct {
	uint8_t head, count;      /* of globals */
	uint8_t globals[GLOBALS]; /* whose answer comes next: forward, or KEEPALIVE */
	uint8_t by_listener[FWD_LISTENERS];
	uint16_t port[CLI_FORWARDS]; /* where the server listens */
	uint8_t state[CLI_FORWARDS]; /* enum state */
	uint8_t other[CLI_FORWARDS]; /* another client asked for it */
	uint8_t tun, tun_ch;         /* the forward that is a device; its channel plus 1 */
} fw;

static uint8_t mem[1024] APART; /* of a request */

static int start(void)
{
	static struct fwd_policy policy APART;
	int pair[2], r;

	policy = (struct fwd_policy){
	    .may = FWD_MAY_CONNECT | FWD_MAY_LISTEN | FWD_MAY_UNIX_CONNECT | FWD_MAY_UNIX_LISTEN |
		   CFG_TUN * 3 * FWD_MAY_TUN,
	    .gateway = 2,
	    .unlink = cli.set.stream_unlink,
	    .mask = cli.set.stream_mask,
	    .to_stderr = 1,
	    .log_level = LOG_L_ERROR,
	};
	r = msg_pair(pair); /* it does not hold our stderr: with -f somebody may wait for its end */
	if (r < 0)
		return r;
	r = self_spawn(ROLE_FORWARD, &pair[1], 1, 0, forward_main);
	close(pair[1]);
	if (r >= 0)
		r = msg_send(pair[0], &policy, sizeof(policy), NULL, 0);
	if (CFG_CALLHOME)
		REST(policy);
	if (r >= 0)
		return pair[0];
	close(pair[0]);
	cli_say(&cli.set, LOG_L_ERROR, "cannot start the process for forwards: %s", err_text(-r));
	return r;
}

void cli_fwd_init(void)
{
	cli.set.forward_agent &= cli_agent_path(&cli.set) != NULL;
	fwd_init(&cli.ssh, start);
}

/* how it went; why NULL: well */
static void settled(unsigned i, const char *why)
{
	fw.state[i] = why ? ENDED : LIVE;
	if (CFG_SSH_MUX)
		mux_forwarded(i, why, cli.set.forward[i].port ? 0 : fw.port[i]);
}

static void failed(unsigned i, const char *why)
{
	const struct cli_forward *f = &cli.set.forward[i];
	const char *where = f->bind_unix ? f->bind : f->bind ? f->bind : "localhost";

	settled(i, why);
	if (CFG_SSH_MUX && fw.other[i])
		return;
	if (CFG_TUN && f->kind == 'w')
		cli_say(&cli.set, LOG_L_ERROR, "tunnel device %s: %s", f->to_unix ? "tap" : "tun",
			why);
	else
		cli_say(&cli.set, LOG_L_ERROR, "forward -%c %p:%u: %s", f->kind & ~32, where,
			f->port, why);
	if (cli.set.exit_on_forward_failure)
		cli_exit(CLI_FAILED);
}

/* ---- asking ---------------------------------------------------------------- */

static uint32_t tun_of(uint16_t n)
{
	return n == CLI_TUN_ANY ? TUN_ANY : n;
}

static int ask_local(unsigned i)
{
	const struct cli_forward *f = &cli.set.forward[i];
	int n = CFG_TUN && f->kind == 'w'
		    ? fwd_listen(f->to_unix ? FWD_ETHERNET : FWD_TUN, STR(""), tun_of(f->port))
		    : fwd_listen(f->bind_unix ? FWD_UNIX : FWD_TCP, cli_forward_bind(&cli.set, f),
				 f->port);

	if (n < 0)
		failed(i, err_text(-n));
	else
		fw.by_listener[n] = (uint8_t)i;
	return 1;
}

static int global(uint8_t whose, const char *name, const struct wr *w)
{
	struct str data = {w->start, wr_len(w)};

	if (fw.count == GLOBALS || !ssh_global(&cli.ssh, name, 1, data))
		return 0;
	fw.globals[(fw.head + fw.count++) % GLOBALS] = whose;
	return 1;
}

/* RFC 4254 7.1; of no address: the server's loopback, as far as it goes by that */
static void remote_write(struct wr *w, const struct cli_forward *f, uint16_t port)
{
	struct str bind = f->bind                 ? str_of(strcmp(f->bind, "*") ? f->bind : "")
			  : cli.set.gateway_ports ? STR("")
						  : STR("localhost");

	wr_str(w, bind.p, bind.len);
	if (!f->bind_unix)
		wr_u32(w, port);
}

static int ask_remote(unsigned i)
{
	const struct cli_forward *f = &cli.set.forward[i];
	struct wr w = wr_init(mem, sizeof(mem));

	remote_write(&w, f, f->port);
	return global((uint8_t)i,
		      f->bind_unix ? "streamlocal-forward@openssh.com" : "tcpip-forward", &w);
}

static int is_local(const struct cli_forward *f)
{
	return f->kind == 'L' || f->kind == 'D' || (CFG_TUN && f->kind == 'w');
}

static void ask_all(void)
{
	unsigned i;

	for (i = 0; i < cli.set.n_forwards; i++) {
		if (fw.state[i] != WANTED)
			continue;
		fw.state[i] = ASKED; /* ask_local may know at once how it went */
		if (!(is_local(&cli.set.forward[i]) ? ask_local(i) : ask_remote(i))) {
			fw.state[i] = WANTED;
			return;
		}
	}
}

/* RFC 4254 7.1; what is connected stays so */
int cli_fwd_cancel(unsigned i)
{
	const struct cli_forward *f = &cli.set.forward[i];
	struct wr w = wr_init(mem, sizeof(mem));

	if (fw.state[i] != LIVE)
		return 0;
	if (is_local(f)) {
		if (!fwd_cancel(f->bind_unix ? FWD_UNIX : FWD_TCP, cli_forward_bind(&cli.set, f),
				f->port))
			return 0;
	} else {
		remote_write(&w, f, fw.port[i]);
		if (!global(KEEPALIVE,
			    f->bind_unix ? "cancel-streamlocal-forward@openssh.com"
					 : "cancel-tcpip-forward",
			    &w))
			return 0;
	}
	fw.state[i] = ENDED;
	return 1;
}

int cli_fwd_find(const struct cli_forward *f)
{
	int i = cli.set.n_forwards;

	while (i-- && (fw.state[i] == ENDED || !cli_forward_same(&cli.set.forward[i], f)))
		;
	return i;
}

int cli_fwd_add(const struct cli_forward *f)
{
	static char names[CLI_FORWARDS][2][256] APART;
	struct cli_forward *g;
	int i = 0;

	while (i < cli.set.n_forwards && fw.state[i] != ENDED)
		i++;
	if (i == CLI_FORWARDS)
		return -1;
	if (i == cli.set.n_forwards)
		cli.set.n_forwards++;
	g = &cli.set.forward[i];
	*g = *f;
	if (f->bind)
		g->bind = strcpy(names[i][0], f->bind);
	g->to = strcpy(names[i][1], f->to);
	fw.state[i] = WANTED;
	fw.other[i] = 1;
	fw.port[i] = 0;
	return i;
}

void cli_fwd_tell(unsigned i)
{
	if (fw.state[i] == LIVE)
		settled(i, NULL);
}

int cli_fwd_prove(const struct wr *w)
{
	return global(PROVE, "hostkeys-prove-00@openssh.com", w);
}

int cli_fwd_keepalive(void)
{
	struct wr w = wr_init(NULL, 0);

	return global(KEEPALIVE, "keepalive@openssh.com", &w);
}

/* 1: all that were to be there at the start are, or have failed */
int cli_fwd_settled(void)
{
	int i = cli.set.n_forwards;

	while (i && fw.state[i - 1] >= LIVE)
		i--;
	return !i;
}

uint16_t cli_fwd_port(void)
{
	unsigned i = 0;

	while (i < cli.set.n_forwards && is_local(&cli.set.forward[i]))
		i++;
	return i < cli.set.n_forwards ? fw.port[i] : 0;
}

/* ---- answers --------------------------------------------------------------- */

static void on_listening(const struct fwd_answer *a)
{
	unsigned i = fw.by_listener[a->n];

	if (a->err) {
		failed(i, err_text(-a->err));
		return;
	}
	settled(i, NULL);
	if (a->taken.len)
		cli_say(&cli.set, LOG_L_WARN, "forward -%c %u: %*p: %s", cli.set.forward[i].kind,
			a->port, (int)a->taken.len, (const char *)a->taken.p, err_text(EADDRINUSE));
}

void cli_fwd_reply(const struct ssh_event *ev)
{
	struct rd r = rd_init(ev->data);
	const struct cli_forward *f;
	uint8_t whose;

	if (!fw.count)
		return;
	whose = fw.globals[fw.head];
	fw.head = (fw.head + 1) % GLOBALS;
	fw.count--;
	if (CFG_HOSTKEY_UPDATE && whose == PROVE)
		cli_hostkeys_proven(ev);
	if (whose >= cli.set.n_forwards)
		return;
	f = &cli.set.forward[whose];
	if (!ev->num) {
		failed(whose, "the server refuses it");
		return;
	}
	fw.port[whose] = f->bind_unix || f->port ? f->port : (uint16_t)rd_u32(&r);
	settled(whose, NULL);
	if (f->bind_unix || f->port || (CFG_SSH_MUX && fw.other[whose]))
		return;
	cli_say(&cli.set, LOG_L_INFO, "Allocated port %u for remote forward to %p:%u",
		fw.port[whose], f->to ? f->to : "socks", f->to_port);
}

/* OpenSSH's PROTOCOL 2.3; our device is there */
static void open_tun(const struct cli_forward *f)
{
	struct wr w = wr_init(mem, sizeof(mem));
	int ch;

	wr_u32(&w, f->to_unix ? 2 : 1);
	wr_u32(&w, tun_of(f->to_port));
	ch = ssh_chan_open(&cli.ssh, "tun@openssh.com", (struct str){mem, wr_len(&w)});
	if (ch < 0 && ssh_chan_room(&cli.ssh))
		return;
	fw.tun = (uint8_t)(f - cli.set.forward);
	fw.tun_ch = (uint8_t)(ch + 1);
	fwd_placed(ch);
}

void cli_fwd_opened(const struct ssh_event *ev)
{
	if (CFG_TUN && ev->ch + 1 == fw.tun_ch)
		settled(fw.tun, NULL);
}

static void on_accepted(const struct fwd_accept *a)
{
	const struct cli_forward *f = &cli.set.forward[fw.by_listener[a->n]];
	struct wr w = wr_init(mem, sizeof(mem));
	int ch;

	if (CFG_TUN && f->kind == 'w')
		return open_tun(f);
	if (f->kind == 'D')
		return fwd_placed_socks();
	wr_strz(&w, f->to);
	if (f->to_unix) {
		wr_strz(&w, ""); /* reserved, both */
		wr_u32(&w, 0);
	} else {
		wr_u32(&w, f->to_port);
		wr_str(&w, a->peer.p, a->peer.len);
		wr_u32(&w, a->peer_port);
	}
	ch = ssh_chan_open(&cli.ssh, f->to_unix ? "direct-streamlocal@openssh.com" : "direct-tcpip",
			   (struct str){mem, wr_len(&w)});
	if (ch >= 0 || !ssh_chan_room(&cli.ssh))
		fwd_placed(ch);
}

/* a channel to host:port for somebody without an address */
int cli_fwd_direct(struct str host, uint32_t port)
{
	struct wr w = wr_init(mem, sizeof(mem));

	wr_str(&w, host.p, host.len);
	wr_u32(&w, port);
	wr_strz(&w, "127.0.0.1");
	wr_u32(&w, 65535);
	return ssh_chan_open(&cli.ssh, "direct-tcpip", (struct str){mem, wr_len(&w)});
}

static void on_socks(const char *host, uint32_t port)
{
	int ch = cli_fwd_direct(str_of(host), port);

	if (ch >= 0 || !ssh_chan_room(&cli.ssh))
		fwd_socks_placed(ch);
}

/* ---- what the server opens ------------------------------------------------- */

/* the live -R that listens there; NULL */
static const struct cli_forward *remote_find(int is_unix, struct str host, uint32_t port)
{
	unsigned i;

	for (i = 0; i < cli.set.n_forwards; i++) {
		const struct cli_forward *f = &cli.set.forward[i];

		if (is_local(f) || fw.state[i] != LIVE || f->bind_unix != is_unix)
			continue;
		if (is_unix ? str_is(host, f->bind) : port == fw.port[i])
			return f;
	}
	return NULL;
}

static int open_forwarded(const struct ssh_event *ev, int is_unix)
{
	struct rd r = rd_init(ev->data);
	struct str host = rd_str(&r);
	uint32_t port = is_unix ? 0 : rd_u32(&r);
	const struct cli_forward *f = r.bad ? NULL : remote_find(is_unix, host, port);

	if (!f)
		return -OPEN_ADMINISTRATIVELY_PROHIBITED;
	if (f->kind == 'd') {
		fwd_far(ev->ch);
		return SSH_YES;
	}
	return fwd_connect(ev->ch, f->to_unix ? FWD_UNIX : FWD_TCP, str_of(f->to), f->to_port);
}

int cli_fwd_open(const struct ssh_event *ev)
{
	if (str_is(ev->name, "forwarded-tcpip"))
		return open_forwarded(ev, 0);
	if (str_is(ev->name, "forwarded-streamlocal@openssh.com"))
		return open_forwarded(ev, 1);
	if (!str_is(ev->name, "auth-agent@openssh.com") || !cli.set.forward_agent)
		return -OPEN_ADMINISTRATIVELY_PROHIBITED;
	return fwd_connect(ev->ch, FWD_UNIX, str_of(cli_agent_path(&cli.set)), 0);
}

void cli_fwd_refused(const struct ssh_event *ev)
{
	if (CFG_TUN && ev->ch + 1 == fw.tun_ch && fw.state[fw.tun] == ASKED)
		failed(fw.tun, "the server refuses it");
	cli_say(&cli.set, LOG_L_WARN, "channel %d: open failed: %*p", ev->ch, (int)ev->data.len,
		(const char *)ev->data.p);
}

void cli_fwd_work(void)
{
	struct fwd_answer answer;
	struct fwd_accept accept;
	char host[256];
	uint32_t port;

	if (!cli.authed)
		return;
	ask_all();
	if (fwd_listening(&answer))
		on_listening(&answer);
	if (fwd_accepted(&accept))
		on_accepted(&accept);
	if (fwd_socks_next(host, sizeof(host), &port))
		on_socks(host, port);
	fwd_pump_all();
}
