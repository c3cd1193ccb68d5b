/* ssh.c - the client: ssh and dbclient. */
/* SPDX-License-Identifier: MIT */
/*
 * Until the session starts signals do what they do to any program; from then on
 * they are read from a descriptor, so that the terminal is put right on every
 * way out.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applets.h"
#include "cli_mux.h"
#include "fwd.h"

#define REST_MS 50 /* of silence, then memory that was used for a burst is given back */
#define FLUSH_MS 2000

struct cli cli APART;

static uint8_t pool[CFG_CLIENT_POOL_KB * 1024] APART, rx[CFG_RX_SIZE] APART, tx[CFG_TX_SIZE] APART;
static struct pollfd polled[2 + SESS_POLL + MUX_POLL + FWD_POLL] APART;
static int wants_rest;

noreturn void cli_exit(int status)
{
	cli_tty_restore();
	sess_restore();
	if (CFG_SSH_MUX)
		mux_stop();
	if (cli.carrier > 0)
		kill(cli.carrier, SIGHUP);
	ssh_wipe(&cli.ssh);
	_exit(status);
}

noreturn void cli_die(const char *f, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, f);
	vfmt(text, sizeof(text), f, ap);
	va_end(ap);
	cli_tty_restore();
	cli_say(&cli.set, LOG_L_ERROR, "%s", text);
	cli_exit(CLI_FAILED);
}

/* what is still to be sent, as far as it goes */
static void flush(void)
{
	struct pollfd p = {.fd = cli.sock, .events = POLLOUT};
	uint64_t end = clock_ms() + FLUSH_MS, now;
	size_t n;

	while (wire_write(&cli.ssh, cli.sock) && (ssh_tx_buf(&cli.ssh, &n), n) &&
	       (now = clock_ms()) < end)
		poll(&p, 1, (int)(end - now));
}

static void on_hostkey(const struct ssh_event *ev)
{
	struct cli_set *s = &cli.set;
	enum trust t = cli_trust(s, ev->name, ev->blob);

	cli.heard = clock_ms(); /* a person may have thought for long */
	if (t == TRUST_SOME) {
		s->password_auth = s->kbd_auth = s->forward_agent = 0;
		s->n_forwards = 0;
	}
	cli.known = t == TRUST_FULL;
	ssh_answer(&cli.ssh, t ? SSH_YES : SSH_NO);
	if (!t)
		cli_exit(CLI_FAILED);
}

/* LocalCommand: by a shell, and we wait for it */
static void local_command(void)
{
	const char *const argv[] = {"/bin/sh", "-c", cli.set.local_command, NULL};
	pid_t pid;

	if (!cli.set.permit_local_command || !cli.set.local_command)
		return;
	pid = prog_spawn(argv, 0, 1);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void on_authed(const struct ssh_event *ev)
{
	/* SECURITY: a server that asks for nothing could be anybody's, and lead a command astray */
	if (ev->num == AUTH_NONE)
		cli_die("%p: the server let us in without any authentication; refused",
			cli.set.host);
	cli.authed = 1;
	cli_auth_done();
	local_command();
	if (CFG_SSH_MUX)
		mux_listen();
	if (!CFG_SSH_MUX || !mux_away)
		sess_start();
}

/* of a channel that is open, or opens */
static void chan_event(const struct ssh_event *ev)
{
	if (sess_is(ev->ch)) {
		sess_event(ev);
		return;
	}
	if (ev->type == SSH_EV_REQUEST)
		ssh_answer(&cli.ssh, SSH_NO);
	if (CFG_FORWARD && ev->type == SSH_EV_REFUSED)
		cli_fwd_refused(ev);
	if (CFG_TUN && ev->type == SSH_EV_OPENED)
		cli_fwd_opened(ev);
	if (CFG_FORWARD)
		fwd_event(ev);
}

static int event_take(const struct ssh_event *ev)
{
	switch (ev->type) {
	case SSH_EV_VERSION:
		cli_say(&cli.set, LOG_L_DEBUG, "the server is %*p", (int)ev->data.len,
			(const char *)ev->data.p);
		break;
	case SSH_EV_HOSTKEY: on_hostkey(ev); break;
	case SSH_EV_AUTH_NEXT:
		cli.keyed = 1;
		cli_auth_next(ev);
		break;
	case SSH_EV_PK_OK:
	case SSH_EV_PROMPTS:
	case SSH_EV_SIGN: cli_auth_event(ev); break;
	case SSH_EV_BANNER:
		cli_say(&cli.set, LOG_L_INFO, "%*p", (int)ev->data.len, (const char *)ev->data.p);
		break;
	case SSH_EV_AUTHED: on_authed(ev); break;
	case SSH_EV_GLOBAL:
		if (!CFG_HOSTKEY_UPDATE || !cli_hostkeys_told(ev))
			ssh_answer(&cli.ssh, SSH_NO); /* keepalives: any answer will do */
		break;
	case SSH_EV_GLOBAL_REPLY:
		cli.unanswered = 0;
		cli_fwd_reply(ev);
		break;
	case SSH_EV_OPEN:
		ssh_answer(&cli.ssh,
			   CFG_FORWARD ? cli_fwd_open(ev) : -OPEN_ADMINISTRATIVELY_PROHIBITED);
		break;
	case SSH_EV_OPENED:
	case SSH_EV_REFUSED:
	case SSH_EV_REPLY:
	case SSH_EV_REQUEST: chan_event(ev); break;
	case SSH_EV_DISCONNECT:
		cli_say(&cli.set, LOG_L_ERROR, "%p: the server ends the connection: %*p",
			cli.set.host, (int)ev->data.len, (const char *)ev->data.p);
		break;
	case SSH_EV_DATA: cli.active = cli.heard; break;
	default: break; /* EOF, CLOSE: the pumps see them by their state */
	}
	return 1;
}

static void pump_all(void)
{
	sess_pump();
	if (CFG_SSH_MUX)
		mux_work();
	if (CFG_FORWARD)
		cli_fwd_work();
	if (CFG_HOSTKEY_UPDATE)
		cli_hostkeys_ask();
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* ConnectTimeout (of silence), keepalives, dbclient's -I and -M; the milliseconds until the next of them */
static uint64_t clocks(uint64_t now)
{
	const struct cli_set *s = &cli.set;
	uint64_t alive = clock_left(s->alive_interval * (cli.unanswered + 1), cli.heard, now),
		 idle = clock_left(s->idle, cli.active, now),
		 all = clock_left(s->max_duration, cli.start, now),
		 keyed = clock_left(cli.keyed ? 0 : s->connect_timeout, cli.heard, now);

	if (!keyed)
		cli_die("ssh: connect to host %p port %u: %s", s->host, s->port,
			err_text(ETIMEDOUT));
	if (!cli.authed)
		return least(keyed, ssh_timeout(&cli.ssh, now));
	if (!idle || !all)
		cli_die("%p: %s", s->host, idle ? "the time is up" : "idle for too long");
	if (!alive && cli.unanswered >= s->alive_count)
		cli_die("%p: the server does not answer any more", s->host);
	if (!alive) {
		cli.unanswered += (uint32_t)cli_fwd_keepalive();
		alive = 1000;
	}
	return least(least(alive, idle), least(all, ssh_timeout(&cli.ssh, now)));
}

/* pages that a burst has used and that hold nothing now */
static void rest(void)
{
	wire_rest(&cli.ssh);
	mem_rest_stack();
	wants_rest = 0;
}

int cli_signals(void)
{
	static const int signals[] = {SIGWINCH, SIGCHLD, SIGCONT, SIGTERM,
				      SIGHUP,   SIGINT,  SIGQUIT, 0};

	return sig_pipe(signals);
}

void cli_signals_take(void)
{
	int s;

	while ((s = sig_next())) {
		if (CFG_SSH_MUX && s == SIGWINCH && cli.master)
			kill(cli.master, s);
		else if (s == SIGWINCH)
			sess_window();
		else if (s == SIGCHLD)
			while (waitpid(-1, NULL, WNOHANG) > 0)
				;
		else if (s == SIGCONT)
			cli_tty_again();
		else
			cli_exit(128 + s);
	}
}

/* waits, and takes note of what poll found; 0: over */
static int wait_for(int sig, uint64_t ms)
{
	size_t n, room;
	unsigned count = 2, mark, mux;
	int r;

	ssh_tx_buf(&cli.ssh, &n);
	ssh_rx_buf(&cli.ssh, &room);
	polled[0] =
	    (struct pollfd){.fd = cli.sock, .events = (room ? POLLIN : 0) | (n ? POLLOUT : 0)};
	polled[1] = (struct pollfd){.fd = sig, .events = POLLIN};
	count += sess_poll(polled + count);
	mux = count;
	if (CFG_SSH_MUX)
		count += mux_poll(polled + count);
	mark = count;
	if (CFG_FORWARD)
		count += fwd_poll(polled + count);
	if (wants_rest && ms > REST_MS)
		ms = REST_MS;
	r = poll(polled, count, (int)ms);
	if (r < 0)
		return errno == EINTR;
	if (r == 0 && wants_rest)
		rest();
	else
		wants_rest = cli.authed;
	if (polled[1].revents)
		cli_signals_take();
	sess_polled(polled + 2, mux - 2);
	if (CFG_SSH_MUX)
		mux_polled(polled + mux, mark - mux);
	if (CFG_FORWARD)
		fwd_polled(polled + mark, count - mark);
	if (!(polled[0].revents & (POLLIN | POLLHUP | POLLERR)))
		return 1;
	if (!sess_started()) /* a server with Nagle's algorithm waits for it */
		sock_quickack(cli.sock);
	cli.heard = clock_ms();
	cli.unanswered = 0;
	return wire_read(&cli.ssh, cli.sock);
}

/* milliseconds until nothing keeps us here any more */
static uint64_t left_to_do(uint64_t now)
{
	static uint64_t since; /* there is nobody */
	int busy = (CFG_FORWARD && fwd_count()) || (CFG_SSH_MUX && mux_count());
	uint32_t persist = CFG_SSH_MUX ? cli.set.control_persist : 0;

	if (busy || !since)
		since = now;
	if (!cli.authed)
		persist = 0;
	else if ((sess_over() && !busy) || (CFG_SSH_MUX && mux_quit))
		return 0;
	else if (!CFG_SSH_MUX || mux_away < 2 || !cli.set.no_session || persist == UINT32_MAX)
		persist = 0;
	return clock_left(persist, since, now);
}

/* -f, ControlPersist: once it is known that all is well, the shell goes on */
static void background(void)
{
	int r;

	if (!cli.authed || (CFG_FORWARD && cli.set.exit_on_forward_failure && !cli_fwd_settled()))
		return;
	if (CFG_CALLHOME && cli.called == 1)
		cli_called_up();
	if (CFG_SSH_MUX && mux_away == 1)
		mux_detach();
	if (!cli.set.background)
		return;
	cli.set.background = 0;
	r = proc_background();
	if (r >= 0 && cli.set.no_session)
		r = proc_null();
	if (r < 0)
		cli_say(&cli.set, LOG_L_ERROR, "cannot go to the background: %s", err_text(-r));
}

static void loop(void)
{
	uint64_t left, now;
	int sig = -1;

	cli.heard = cli.active = cli.start = clock_ms();
	for (;;) {
		if (!wire_work(&cli.ssh, cli.sock, cli.heard, event_take, pump_all))
			return;
		now = clock_ms();
		left = left_to_do(now);
		if (!left) {
			ssh_disconnect(&cli.ssh, DISCONNECT_BY_APPLICATION, "disconnected by user");
			flush();
			cli_exit(cli.status < 0 ? CLI_FAILED : cli.status);
		}
		background();
		if (cli.authed && sig < 0)
			sig = cli_signals();
		if (!wait_for(sig, least(left, clocks(now))))
			return;
	}
}

static void conf_fill(void)
{
	struct cli_set *t = &cli.set;

	cli.conf = (struct ssh_conf){
	    .client = 1,
	    .version = "SSH-2.0-cubssh_" CFG_VERSION,
	    .kex = t->kex,
	    .ciphers = t->ciphers,
	    .macs = t->macs,
	    .hostkey_algs = cli_hostkey_algs(t),
	    .pubkey_algs = t->pubkey_algs,
	    .pool = pool,
	    .pool_len = sizeof(pool),
	    .window = t->window,
	    .rekey_bytes = t->rekey_bytes,
	    .rekey_ms = t->rekey_seconds * 1000,
	};
}

static noreturn void say_how_it_ended(void)
{
	const char *what = ssh_no_common(&cli.ssh), *host = cli.set.host;
	int err = ssh_error(&cli.ssh);

	flush();
	if (err == SSH_E_NO_COMMON && what)
		cli_die("%p: no %s in common", host, what);
	if (err && err != SSH_E_PEER)
		cli_die("%p: %s", host, ssh_error_text(err));
	if (!err)
		cli_die("%p: the connection was closed", host);
	cli_exit(CLI_FAILED);
}

int ssh_main(int argc, char **argv)
{
	uint8_t seed[32];
	int r;

	self_init(argv);
	cli.status = cli.sock = -1;
	r = cli_settings(&cli.set, argc, argv,
			 CFG_COMPAT_DROPBEAR && !strcmp(self_name(), "dbclient"));
	if (r > 0)
		return r - 1;
	if (CFG_CALLHOME && cli.called)
		cli_called(&cli.set);
	if (CFG_SSH_MUX)
		mux_client();
	else if (cli.set.control_command)
		cli_die("-O: shared connections are not built in");
	cli_connect();
	conf_fill();
	rand_seed(seed);
	ssh_init(&cli.ssh, &cli.conf, seed, rx, sizeof(rx), tx, sizeof(tx));
	wipe(seed, sizeof(seed));
	if (CFG_FORWARD)
		cli_fwd_init();
	loop();
	say_how_it_ended();
}
