/* cli_mux_client.c - our session by somebody else's connection, and -O. */
/* SPDX-License-Identifier: MIT */
/*
 * The master gets our descriptors and does the rest; what is ours is the terminal
 * and the status. Until it has taken the session nothing is lost: whatever
 * fails before, a connection of our own is as good.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli_mux_in.h"
#include "cli_table.h"

static int fd;
static uint32_t id = MUX_VERSION; /* of the request in hand; hello looks as if it were one */
static struct rd r;               /* what came last, in mux_mem too */

static int get(size_t n)
{
	return recv(fd, mux_mem, n, MSG_WAITALL) == (ssize_t)n;
}

/* the type of what comes next, 0: nothing will */
static uint32_t receive(void)
{
	uint32_t n;

	if (!get(4))
		return 0;
	n = get_u32(mux_mem);
	if (n > sizeof(mux_mem) || !get(n))
		return 0;
	r = rd_init((struct str){mux_mem, n});
	return rd_u32(&r);
}

/* to the request that is out; what is refused is said, and 0 too */
static uint32_t answer(void)
{
	uint32_t type = receive();
	struct str why;

	if (type && rd_u32(&r) != id++)
		return 0;
	if (type != MUX_S_DENIED && type != MUX_S_FAILURE)
		return type;
	why = rd_str(&r);
	cli_say(&cli.set, LOG_L_ERROR, "the shared connection refuses: %*p", (int)why.len,
		(const char *)why.p);
	return 0;
}

static uint32_t call(void)
{
	return mux_send(fd) ? answer() : 0;
}

static uint32_t call_plain(uint32_t type)
{
	mux_begin(type, id);
	return call();
}

/* ---- forwards -------------------------------------------------------------- */

static void put_end(const char *name, uint32_t is_path, uint32_t port)
{
	wr_strz(&mux_w, name);
	mux_put(is_path ? MUX_PATH_PORT : port);
}

static int forward(const struct cli_forward *f, unsigned cancel)
{
	int socks = f->kind == 'D' || f->kind == 'd';
	uint32_t type;

	if (CFG_TUN && f->kind == 'w') /* the master's alone */
		return 1;
	mux_begin(MUX_C_OPEN_FWD + cancel, id);
	mux_put(f->kind == 'L' ? MUX_LOCAL : f->kind == 'D' ? MUX_DYNAMIC : MUX_REMOTE);
	put_end(!f->bind || *f->bind ? f->bind : "*", f->bind_unix, f->port);
	put_end(socks ? "socks" : f->to, f->to_unix, f->to_port);
	type = call();
	if (type == MUX_S_PORT && cli.set.control_command)
		fmt_fd(1, "%u\n", (unsigned)rd_u32(&r));
	return type != 0;
}

static int forwards(unsigned cancel)
{
	int i, ok = 1;

	for (i = 0; i < cli.set.n_forwards; i++)
		ok &= forward(&cli.set.forward[i], cancel);
	return ok;
}

/* ---- -O -------------------------------------------------------------------- */

static noreturn void command(const char *what)
{
	int n = cli_enum("4check;5exit;6forward;7cancel;9stop;", what);
	unsigned type = MUX_C_SESSION - 2 + (unsigned)n;

	if (n < 0)
		cli_die("-O %p: no such command", what);
	if (fd < 0)
		cli_exit(CLI_FAILED);
	if (type == MUX_C_OPEN_FWD || type == MUX_C_CLOSE_FWD)
		cli_exit(forwards(type & 1) ? 0 : CLI_FAILED);
	if (!call_plain(type) && type != MUX_C_TERMINATE)
		cli_exit(CLI_FAILED);
	if (type == MUX_C_ALIVE)
		fmt_fd(2, "Master running (pid=%u)\r\n", (unsigned)rd_u32(&r));
	else
		cli_say(&cli.set, LOG_L_INFO, "%c%s request sent.", *what & ~32, what + 1);
	cli_exit(0);
}

/* ---- a session ------------------------------------------------------------- */

static void session_write(int tty)
{
	const struct cli_set *s = &cli.set;
	int i;
	char **e;

	mux_put((uint32_t)tty);
	mux_put(0);
	mux_put(s->forward_agent);
	mux_put(s->subsystem);
	mux_put((uint32_t)s->escape);
	wr_strz(&mux_w, getenv("TERM"));
	wr_strz(&mux_w, s->command);
	for (i = 0; i < CLI_VARS && s->set_env[i]; i++)
		wr_strz(&mux_w, s->set_env[i]);
	for (e = environ; *e; e++)
		if (cli_sends(s, (struct str){(uint8_t *)*e, strcspn(*e, "=")}))
			wr_strz(&mux_w, *e);
}

static void netcat_write(void)
{
	static uint32_t port;

	wr_strz(&mux_w, cli_fwd_target(&port));
	mux_put(port);
}

/* until it ends: its status, -1 where the master has gone */
static int stay(void)
{
	static struct pollfd p[2];
	int status = -1;

	p[0] = (struct pollfd){.fd = fd, .events = POLLIN};
	p[1] = (struct pollfd){.fd = cli_signals(), .events = POLLIN};
	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return status;
		cli_signals_take();
		if (!p[0].revents)
			continue;
		switch (receive()) {
		case 0: return status;
		case MUX_S_NO_TTY: cli_tty_restore(); break;
		case MUX_S_EXIT:
			rd_u32(&r);
			status = (int)(rd_u32(&r) & 255);
			break;
		default: break;
		}
	}
}

static noreturn void ride(int tty)
{
	int status;

	mem_rest(mux_mem, sizeof(mux_mem));
	if (cli.set.background)
		proc_background();
	else if (tty)
		cli_tty_raw();
	status = stay();
	cli_tty_restore();
	if (tty)
		cli_say(&cli.set, LOG_L_INFO, "Shared connection to %p closed.", cli.set.host);
	cli_exit(status >= 0 ? status : cli.set.netcat ? 0 : CLI_FAILED);
}

/* comes back where there is to be another connection */
static void session(void)
{
	int i, tty = sess_wants_tty(), netcat = cli.set.netcat != NULL;

	if (cli.set.no_session && !netcat)
		ride(0); /* it has our forwards */
	if (cli.set.stdin_null) {
		close(0);
		fd_open("/dev/null", O_RDONLY);
	}
	mux_begin(netcat ? MUX_C_STDIO : MUX_C_SESSION, id);
	mux_put(0);
	if (netcat)
		netcat_write();
	else
		session_write(tty);
	if (!mux_send(fd))
		return;
	for (i = 0; i < 3 - netcat; i++)
		msg_send(fd, "", 1, &i, 1);
	if (answer() == MUX_S_OPENED)
		ride(tty);
	if (netcat)
		cli_exit(CLI_FAILED);
}

void mux_client(void)
{
	const struct cli_set *s = &cli.set;
	const char *what = s->control_command, *path = s->control_path ? s->control_path : "";

	if (!what && (!*path || s->master == ASK_YES || s->master == ASK_ASK))
		return;
	fd = unix_connect(path);
	if (fd >= 0) {
		fd_blocking(fd);
		if (call_plain(MUX_HELLO) != MUX_HELLO)
			fd = -EPROTO;
	}
	if (fd == -ECONNREFUSED && s->master)
		unlink(path);
	else if (fd < 0 && (what || fd != -ENOENT))
		cli_say(s, LOG_L_ERROR, "Control socket connect(%p): %s", path, err_text(-fd));
	if (what)
		command(what);
	if (fd < 0)
		return;
	if (call_plain(MUX_C_ALIVE)) {
		cli.master = (pid_t)rd_u32(&r);
		if (forwards(0))
			session();
		cli.master = 0;
	}
	close(fd);
}
