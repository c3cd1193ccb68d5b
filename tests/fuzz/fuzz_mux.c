/* fuzz_mux.c - requests of clients to the master of a shared connection, and their sessions' ways. */
/* SPDX-License-Identifier: MIT */
/*
 * First byte: bit 0, ControlMaster ask. Then operations; what a client sends is the
 * input's, with its descriptors; the server opens, refuses, answers and closes as the
 * input says. At the end every client goes: no descriptor may be left, no session, no
 * forward that nobody can cancel.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli_mux.h"
#include "fwd.h"
#include "lab.h"

#define MOST 1024

static struct rd in;
static int null = -1, at;
static unsigned char ours[MOST];
static unsigned n_ours, chunk, chunk_fds, closing;
static uint8_t opening[CFG_CHANNELS];
static int next_ch, listens[FWD_LISTENERS], n_listens;

static int ours_new(void)
{
	int fd = fcntl(null, F_DUPFD_CLOEXEC, 3);

	TRAP_UNLESS(fd > 2 && fd < MOST);
	ours[fd] = 1;
	n_ours++;
	return fd;
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	if (fd >= 0 && fd < MOST && ours[fd]) {
		ours[fd] = 0;
		n_ours--;
	}
	return __real_close(fd);
}

int __wrap_unix_listen(const char *path, mode_t mask, int unlink_old);
int __wrap_unix_listen(const char *path, mode_t mask, int unlink_old)
{
	TRAP_UNLESS(path && mask == 0177 && unlink_old);
	return at = ours_new();
}

int __wrap_unix_peer(int fd, uid_t *uid);
int __wrap_unix_peer(int fd, uid_t *uid)
{
	TRAP_UNLESS(ours[fd]);
	*uid = getuid() + (rd_u8(&in) == 255);
	return 0;
}

int __wrap_accept4(int fd, struct sockaddr *a, socklen_t *n, int flags);
int __wrap_accept4(int fd, struct sockaddr *a, socklen_t *n, int flags)
{
	(void)n;
	TRAP_UNLESS(fd == at && !a && flags);
	return ours_new();
}

int __wrap_link(const char *a, const char *b);
int __wrap_link(const char *a, const char *b)
{
	return a && b ? 0 : -1;
}

int __wrap_unlink(const char *a);
int __wrap_unlink(const char *a)
{
	return a ? 0 : -1;
}

ssize_t __wrap_msg_recv(int fd, void *p, size_t n, int *fds, int *nfds);
ssize_t __wrap_msg_recv(int fd, void *p, size_t n, int *fds, int *nfds)
{
	struct str s;
	int i;

	TRAP_UNLESS(ours[fd]);
	if (closing || !n || (int)chunk_fds > *nfds) {
		*nfds = 0;
		return 0;
	}
	s = rd_bytes(&in, chunk < rd_left(&in) ? chunk : rd_left(&in));
	n = s.len < n ? s.len : n;
	memcpy(p, s.p, n);
	for (i = 0; i < (int)chunk_fds; i++)
		fds[i] = ours_new();
	*nfds = i;
	return (ssize_t)n;
}

int __wrap_msg_send(int fd, const void *p, size_t n, const int *fds, int nfds);
int __wrap_msg_send(int fd, const void *p, size_t n, const int *fds, int nfds)
{
	(void)fds;
	TRAP_UNLESS(ours[fd] && !nfds && n >= 12 && get_u32(p) == n - 4);
	return 0;
}

int __wrap_ask_program(const char *prompt, char *out, size_t n);
int __wrap_ask_program(const char *prompt, char *out, size_t n)
{
	TRAP_UNLESS(prompt && n > 3);
	memcpy(out, "yes", 3);
	return closing ? -1 : (int)(rd_u8(&in) & 3) - 1;
}

/* ---- the engine and the process for forwards -------------------------------- */

int __wrap_ssh_chan_room(const struct ssh *s);
int __wrap_ssh_chan_room(const struct ssh *s)
{
	return s != NULL;
}

int __wrap_ssh_chan_open(struct ssh *s, const char *type, struct str data);
int __wrap_ssh_chan_open(struct ssh *s, const char *type, struct str data)
{
	int i;

	TRAP_UNLESS(type && data.len < 1024);
	if (rd_u8(&in) == 255)
		return -1;
	for (i = 0; i < CFG_CHANNELS; i++) {
		next_ch = (next_ch + 1) % CFG_CHANNELS;
		if (sess_is(next_ch))
			continue;
		memset(&s->chan[next_ch], 0, sizeof(s->chan[0]));
		opening[next_ch] = 1;
		return next_ch;
	}
	return -1;
}

int __wrap_ssh_chan_request(struct ssh *s, int ch, const char *name, int want, struct str data);
int __wrap_ssh_chan_request(struct ssh *s, int ch, const char *name, int want, struct str data)
{
	unsigned sum = 0;

	(void)want;
	TRAP_UNLESS(s && sess_is(ch) && name && data.len <= SSH_DATA_MAX);
	for (size_t i = 0; i < data.len; i++)
		sum += data.p[i];
	return sum != 255;
}

int __wrap_ssh_global(struct ssh *s, const char *name, int want, struct str data);
int __wrap_ssh_global(struct ssh *s, const char *name, int want, struct str data)
{
	return s && name && want && data.p && rd_u8(&in) != 255;
}

int __wrap_fwd_listen(enum fwd_kind kind, struct str host, uint32_t port);
int __wrap_fwd_listen(enum fwd_kind kind, struct str host, uint32_t port)
{
	TRAP_UNLESS(kind <= FWD_UNIX && host.p && port < 65536);
	if (closing || n_listens == FWD_LISTENERS || rd_u8(&in) == 255)
		return -EMFILE;
	listens[n_listens] = n_listens;
	return n_listens++;
}

int __wrap_fwd_cancel(enum fwd_kind kind, struct str host, uint32_t port);
int __wrap_fwd_cancel(enum fwd_kind kind, struct str host, uint32_t port)
{
	return kind <= FWD_UNIX && host.p && port < 65536;
}

int __wrap_fwd_listening(struct fwd_answer *a);
int __wrap_fwd_listening(struct fwd_answer *a)
{
	if (!n_listens)
		return 0;
	*a = (struct fwd_answer){.n = --n_listens, .err = closing ? -EIO : 0};
	return 1;
}

/* ---- the run ---------------------------------------------------------------- */

static void work(void)
{
	sess_pump();
	mux_work();
	cli_fwd_work();
}

/* of the clients that are there the kth, or the place where they come in */
static void ready(unsigned k)
{
	static struct pollfd p[MUX_POLL];
	unsigned n = mux_poll(p), i;

	TRAP_UNLESS(n <= MUX_POLL);
	for (i = 0; i < n; i++) {
		TRAP_UNLESS(ours[p[i].fd]);
		p[i].revents = 0;
		if (i == k && !(closing && p[i].fd == at))
			p[i].revents = p[i].events ? POLLIN : closing ? POLLHUP : 0;
	}
	mux_polled(p, n);
}

static void server(enum ssh_ev type, int ch, uint32_t num, struct str name, struct str data)
{
	struct ssh_event ev = {.type = type, .ch = ch, .num = num, .name = name, .data = data};
	/* the engine tells of an open that was asked for, and of nothing else before that */
	int about = type == SSH_EV_OPENED || type == SSH_EV_REFUSED;

	if (!sess_is(ch) || opening[ch] != about)
		return;
	opening[ch] = 0;
	sess_event(&ev);
}

static void global(uint32_t num, struct str data)
{
	struct ssh_event ev = {.type = SSH_EV_GLOBAL_REPLY, .num = num, .data = data};

	cli_fwd_reply(&ev);
}

static void gone(int ch)
{
	server(SSH_EV_OPENED, ch, 0, STR(""), STR(""));
	cli.ssh.chan[ch].got_eof = cli.ssh.chan[ch].got_close = 1;
}

/* a channel of a session, the one or the other */
static int pick(uint8_t arg)
{
	int ch, i;

	for (i = 0; i < CFG_CHANNELS; i++) {
		ch = (arg + i) % CFG_CHANNELS;
		if (sess_is(ch))
			return ch;
	}
	return 0;
}

static void operation(uint8_t op)
{
	uint8_t arg = rd_u8(&in);
	int ch = pick(arg);

	switch (op % 10) {
	case 0: ready(0); break;
	case 1:
	case 2:
		chunk_fds = op >> 4 & 3;
		chunk = op & 64 ? rd_u32(&in) : op & 128 ? 4096 : rd_u8(&in) + 1u;
		ready(arg % MUX_POLL);
		break;
	case 3: server(SSH_EV_OPENED, ch, 0, STR(""), STR("")); break;
	case 4: server(SSH_EV_REFUSED, ch, 1, STR(""), STR("no")); break;
	case 5: server(SSH_EV_REPLY, ch, op & 16, STR(""), STR("")); break;
	case 6:
		server(SSH_EV_REQUEST, ch, 0, op & 16 ? STR("exit-status") : STR("eow@openssh.com"),
		       STR("\0\0\0\7"));
		break;
	case 7: gone(ch); break;
	case 8: global(op & 16, STR("\0\0\20\0")); break;
	default: sess_window(); break;
	}
	work();
}

static void end(void)
{
	unsigned i;

	closing = 1;
	for (i = 2 * MUX_POLL; i--;) {
		ready(i % MUX_POLL);
		work();
	}
	TRAP_UNLESS(!mux_count());
	for (i = 0; i < CFG_CHANNELS; i++)
		gone((int)i);
	for (i = 0; i < 2 * CLI_FORWARDS + 64; i++) {
		work();
		global(0, STR(""));
	}
	TRAP_UNLESS(cli_fwd_settled());
	for (i = 0; i < cli.set.n_forwards; i++)
		cli_fwd_cancel(i);
	work();
	for (i = 0; i < 64; i++)
		global(0, STR(""));
	mux_stop();
	TRAP_UNLESS(!n_ours);
	for (i = 0; i < CFG_CHANNELS; i++)
		TRAP_UNLESS(!sess_is((int)i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (null < 0) {
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
		cli.authed = 1;
		cli.set.host = "host";
		cli.set.control_path = "/nowhere/control";
		cli.set.log_level = LOG_L_ERROR - 1;
	}
	in = rd_init((struct str){data, n});
	closing = 0;
	mux_quit = 0;
	next_ch = n_listens = 0;
	cli.set.n_forwards = 0;
	cli.set.master = rd_u8(&in) & 1 ? ASK_ASK : ASK_YES;
	mux_listen();
	while (rd_left(&in))
		operation(rd_u8(&in));
	end();
	return 0;
}
