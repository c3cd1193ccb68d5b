/* mon_lab.h - a hostile network process against the real monitor, over a real socketpair. */
/* SPDX-License-Identifier: MIT */
/*
 * The monitor runs in a process of its own, started as the listener starts it;
 * only the start of its net (self_spawn) gives that net's descriptor to us, and
 * accounts (user_find) are ours. Linked with --wrap for these two.
 */
#ifndef MON_LAB_H
#define MON_LAB_H

#include "test_port.h"

#include <sys/socket.h>

#include "mon_say.h"
#include "monitor.h"
#include "pubkey.h"

enum state { BEFORE, AFTER };

static int net = -1, handoff; /* our end; where the wrapped self_spawn sends it to */
static int spawned = -1;      /* where it comes out: a forwarder's as well */
static pid_t pid;
static struct settings set;
static char home[USER_PATH];
static uint8_t reply[HANDOVER_MAX];
static int got[3], n_got; /* descriptors of the last reply */
static int ended;         /* status of the command that ended last, -1: none */
static const char *blank = SAY_USER;

pid_t __wrap_self_spawn(const char *role, const int *fds, int nfds, int keep_err, int (*run)(void));
int __wrap_user_find(const char *name, struct user *u, const char **where);

pid_t __wrap_self_spawn(const char *role, const int *fds, int nfds, int keep_err, int (*run)(void))
{
	if (!strcmp(role, ROLE_FORWARD) && nfds == 1 && !keep_err == !set.to_stderr)
		return msg_send(handoff, "f", 1, &fds[0], 1);
	return !strcmp(role, ROLE_NET) && nfds == 2 && run == net_main
		   ? msg_send(handoff, "n", 1, &fds[1], 1)
		   : -EPERM; /* else 0: a process that is not the monitor's to kill */
}

int __wrap_user_find(const char *name, struct user *u, const char **where)
{
	*where = "";
	*u = (struct user){.uid = getuid(), .gid = getgid(), .readable = 1};
	if (strcmp(name, SAY_USER) != 0)
		return -ENOENT;
	fmt(u->name, sizeof(u->name), "%s", name);
	fmt(u->home, sizeof(u->home), "%s", home);
	fmt(u->shell, sizeof(u->shell), "/bin/sh");
	u->no_password = blank != NULL;
	if (!blank)
		fmt(u->hash, sizeof(u->hash), "%s", SAY_HASH);
	return 0;
}

/* as sshd.c does */
static inline int handover(int link)
{
	static uint8_t mem[HANDOVER_MAX];
	struct handover h = {.seed = {1}, .settings_len = SETTINGS_SIZE(&set)};
	struct wr w = wr_init(mem, sizeof(mem));

	wr_bytes(&w, &h, sizeof(h));
	wr_bytes(&w, &set, h.settings_len);
	wr_strz(&w, say_host.kind->name);
	say_host.kind->put(&say_host, &w, KEY_OPENSSH);
	h.keys_len = wr_len(&w) - sizeof(h) - h.settings_len;
	memcpy(mem, &h, sizeof(h));
	return msg_send(link, mem, wr_len(&w), NULL, 0);
}

static inline void quiet(void)
{
	int null = open("/dev/null", O_RDWR);

	if (!getenv("LOUD"))
		dup2(null, 2);
	close(null);
}

/* only what is named stays open, at 3 and 4 */
static inline void become_monitor(int sock, int link, int to)
{
	int a = fcntl(sock, F_DUPFD, 20), b = fcntl(link, F_DUPFD, 20), i;

	handoff = fcntl(to, F_DUPFD, 20);
	dup2(a, 3);
	dup2(b, 4);
	for (i = 5; i < 100; i++)
		if (i != handoff)
			close(i);
	quiet();
	_exit(monitor_main());
}

static inline int monitor_start(void)
{
	int sock[2], link[2], hand[2], one = 1;
	char c;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sock) < 0 || msg_pair(link) < 0 ||
	    msg_pair(hand) < 0)
		return 0;
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		become_monitor(sock[1], link[1], hand[1]);
	close(sock[1]);
	close(link[1]);
	close(hand[1]);
	if (handover(link[0]) < 0 || msg_recv(hand[0], &c, 1, &net, &one) != 1 || one != 1)
		return 0;
	/* its end shows in net alone: these do not matter any more */
	close(spawned);
	spawned = hand[0];
	close(sock[0]);
	close(link[0]);
	ended = -1;
	one = 0;
	return msg_recv(net, reply, sizeof(reply), NULL, &one) > (ssize_t)sizeof(struct handover) &&
	       !memmem(reply, sizeof(reply), say_host.u.ed25519.seed, 32);
}

static inline void got_close(void)
{
	while (n_got)
		close(got[--n_got]);
}

/* what must not be in anything that we are told */
static inline int leaks(ssize_t n)
{
	return memmem(reply, n, say_host.u.ed25519.seed, 16) ||
	       memmem(reply, n, say_host.u.ed25519.seed + 16, 16) ||
	       memmem(reply, n, SAY_HASH, 20) || memmem(reply, n, home, strlen(home));
}

/* the bytes of the reply, 0 where the connection was ended, -1 where it is no reply */
static inline ssize_t listen_for_reply(void)
{
	ssize_t n;

	do {
		got_close();
		n_got = 3;
		n = msg_recv(net, reply, sizeof(reply), got, &n_got);
		if (n <= 0)
			return n == 0 || n == -ECONNRESET ? 0 : -1;
		if (reply[0] == MON_ENDED)
			ended = (int)get_u32(reply + 6);
	} while (reply[0] == MON_ENDED);
	return n <= MON_MAX && reply[0] == MON_REPLY && !leaks(n) ? n : -1;
}

static inline ssize_t ask_bytes(const void *p, size_t n)
{
	int r = msg_send(net, p, n, NULL, 0);

	return r < 0 && r != -EPIPE && r != -ECONNRESET ? -1 : listen_for_reply();
}

/* what is in say */
static inline ssize_t ask(void)
{
	return ask_bytes(say_mem, wr_len(&say));
}

/* 1: answered, and with yes */
static inline int yes(void)
{
	return ask() >= 2 && reply[1] == 1;
}

static inline int no(void)
{
	return ask() >= 2 && reply[1] == 0;
}

/* 1: the monitor went by itself and in good order */
static inline int monitor_gone(void)
{
	got_close();
	close(net);
	net = -1;
	return test_wait(pid) == 0;
}

/* 1: what is in say ends the connection, without a word */
static inline int refused(void)
{
	return ask() == 0 && monitor_gone();
}

static inline int bytes_refused(size_t n)
{
	return ask_bytes(say_mem, n) == 0 && monitor_gone();
}

static inline int start(enum state state)
{
	if (!monitor_start())
		return 0;
	if (state == BEFORE)
		return 1;
	say_none(SAY_USER);
	return yes() && (CFG_AUTH_PASSWORD || !"no blank passwords");
}

/* the account, its home and the settings; test_dir's folder */
static inline const char *lab_open(void)
{
	const char *dir = test_dir();

	fmt(home, sizeof(home), "%s", dir);
	mkdir(".ssh", 0700);
	settings_default(&set, 0);
	set.to_stderr = set.permit_empty = set.password_auth = set.root_password = 1;
	set.permit_root = ROOT_YES;
	set.strict_modes = set.motd = 0;
	say_keys();
	return dir;
}

#endif
