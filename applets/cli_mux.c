/* cli_mux.c - the master of a shared connection: who may use it, and their requests. */
/* SPDX-License-Identifier: MIT */
/*
 * Each client has a control connection with room for one request. While the
 * answer to one is owed nothing more is read from it, and the strings of the
 * session that it asked for stay where they are. A client that goes takes its
 * session along; forwards stay.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli_mux_in.h"

static struct mux_client clients[MUX_CLIENTS] ASIDE;
#define LAST (clients + MUX_CLIENTS)

static uint8_t in[MUX_CLIENTS][MUX_MESSAGE] APART;
static int at = -1; /* where they come in */
uint8_t mux_away, mux_quit;

const char mux_later[] = "", mux_malformed[] = "", mux_denied[] = "Permission denied";

/* ---- listening ------------------------------------------------------------- */

/* made aside, so that nobody meets a socket that does not listen yet, nor do two take one name */
void mux_listen(void)
{
	static char aside[MUX_NAME] ASIDE;
	const char *path = cli.set.control_path;
	int err;

	if (!path || !cli.set.master)
		return;
	fmt(aside, sizeof(aside), "%s.%d", path, getpid());
	at = unix_listen(aside, 0177, 1);
	err = at;
	if (at >= 0 && link(aside, path) < 0) {
		err = -errno;
		close(at);
		at = -1;
	}
	unlink(aside);
	mux_away = err >= 0 && cli.set.control_persist;
	if (err < 0)
		cli_say(&cli.set, LOG_L_ERROR, "ControlPath %p: %s; the connection is not shared",
			path, err_text(-err));
}

void mux_stop(void)
{
	if (at < 0)
		return;
	close(at);
	at = -1;
	unlink(cli.set.control_path);
}

void mux_detach(void)
{
	struct cli_set *s = &cli.set;
	pid_t pid = proc_away(0);

	mux_away = 2;
	if (pid <= 0) {
		if (pid == 0) {
			proc_null();
			s->no_session = 1;
			s->netcat = NULL;
			s->background = 0;
		}
		sess_start();
		return;
	}
	close(at);
	at = -1;
	close(cli.sock);
	cli.carrier = 0;
	if (s->no_session && !s->netcat)
		cli_exit(0);
	ssh_wipe(&cli.ssh);
	s->master = ASK_NO;
	s->n_forwards = 0; /* they are there */
	mux_client();
	cli_exit(CLI_FAILED);
}

unsigned mux_count(void)
{
	const struct mux_client *c;
	unsigned n = 0;

	for (c = clients; c < LAST; c++)
		n += c->fd > 0;
	return n;
}

/* ---- answers --------------------------------------------------------------- */

/* who does not take such a few bytes has gone */
static void say(const struct mux_client *c)
{
	if (!mux_send(c->fd))
		shutdown(c->fd, SHUT_RDWR);
}

void mux_say(const struct mux_client *c, uint32_t type, uint32_t id, uint32_t v)
{
	mux_begin(type, id);
	mux_put(v);
	say(c);
}

static void say_result(const struct mux_client *c, const char *why)
{
	mux_begin(!why ? MUX_S_OK : why == mux_denied ? MUX_S_DENIED : MUX_S_FAILURE, c->id);
	if (why)
		wr_strz(&mux_w, why);
	say(c);
}

/* the request in hand is done */
static void request_end(struct mux_client *c)
{
	c->len -= c->taken;
	memmove(c->in, c->in + c->taken, c->len);
	c->taken = c->waits = c->forward = 0;
	while (c->n_fds)
		close(c->fds[--c->n_fds]);
	if (!c->len)
		mem_rest(c->in, MUX_MESSAGE);
}

static void client_end(struct mux_client *c)
{
	struct sess *s = c->sess;

	c->taken = c->len;
	request_end(c);
	close(c->fd);
	c->fd = 0;
	c->sess = NULL;
	if (s)
		sess_drop(s);
}

void mux_opened(struct mux_client *c, uint32_t id)
{
	mux_say(c, MUX_S_OPENED, c->id, id);
	request_end(c);
}

void mux_no_tty(struct mux_client *c, uint32_t id)
{
	mux_begin(MUX_S_NO_TTY, id);
	say(c);
}

void mux_over(struct mux_client *c, uint32_t id, int status)
{
	if (!c->sess)
		return;
	c->sess = NULL;
	if (c->waits)
		say_result(c, "Session open refused by peer");
	else if (status >= 0)
		mux_say(c, MUX_S_EXIT, id, (uint32_t)status);
	client_end(c);
}

void mux_forwarded(unsigned i, const char *why, uint16_t port)
{
	struct mux_client *c;

	for (c = clients; c < LAST; c++) {
		if (c->forward != i + 1)
			continue;
		if (!why && port)
			mux_say(c, MUX_S_PORT, c->id, port);
		else
			say_result(c, why);
		request_end(c);
	}
}

/* ---- requests -------------------------------------------------------------- */

/* one that is here whole, with its descriptors, each of which comes with a byte; 0: none is */
static int request_take(struct mux_client *c)
{
	static struct rd r;
	uint32_t len, type, fds;
	const char *why = mux_malformed;

	if (c->len < 8)
		return 0;
	len = get_u32(c->in);
	type = get_u32(c->in + 4);
	fds = type == MUX_C_SESSION ? 3 : type == MUX_C_STDIO ? 2 : 0;
	if (len - 8 <= MUX_MESSAGE - 16 && (type == MUX_HELLO) != c->hello) {
		if (c->len < 4 + len + fds || c->n_fds < fds)
			return 0;
		c->taken = 4 + len + fds;
		r = rd_init((struct str){c->in + 8, len - 4});
		c->id = rd_u32(&r);
		c->hello = 1;
		why = mux_take(c, type, &r);
	}
	if (why == mux_malformed) {
		client_end(c);
		return 0;
	}
	if (why != mux_later)
		say_result(c, why);
	if (!c->waits)
		request_end(c);
	return 1;
}

void mux_work(void)
{
	struct mux_client *c;

	for (c = clients; c < LAST; c++)
		while (!c->waits && request_take(c))
			;
}

/* ---- the loop -------------------------------------------------------------- */

/* of our user, or root; there is a place, or poll would not have asked */
static void client_new(void)
{
	struct mux_client *c = clients;
	int fd = accept4(at, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	uid_t uid;

	if (fd < 0)
		return;
	if (unix_peer(fd, &uid) < 0 || (uid && uid != getuid())) {
		close(fd);
		return;
	}
	while (c->fd)
		c++;
	*c = (struct mux_client){.fd = fd, .in = in[c - clients]};
	mux_begin(MUX_HELLO, MUX_VERSION);
	say(c);
}

/* 0: it has gone */
static int client_read(struct mux_client *c)
{
	int n = 3 - c->n_fds;
	ssize_t r = msg_recv(c->fd, c->in + c->len, MUX_MESSAGE - c->len, c->fds + c->n_fds, &n);

	c->n_fds += n;
	if (r > 0)
		c->len += (uint32_t)r;
	return r > 0 || r == -EAGAIN;
}

unsigned mux_poll(struct pollfd *p)
{
	const struct mux_client *c;
	unsigned n = 0;

	if (at >= 0 && mux_count() < MUX_CLIENTS)
		p[n++] = (struct pollfd){.fd = at, .events = POLLIN};
	for (c = clients; c < LAST; c++)
		if (c->fd)
			p[n++] = (struct pollfd){.fd = c->fd, .events = c->waits ? 0 : POLLIN};
	return n;
}

void mux_polled(const struct pollfd *p, unsigned n)
{
	struct mux_client *c;

	for (; n--; p++) {
		if (!p->revents)
			continue;
		if (p->fd == at)
			client_new();
		for (c = clients; c < LAST; c++)
			if (c->fd == p->fd && (c->waits || !client_read(c)))
				client_end(c);
	}
}
