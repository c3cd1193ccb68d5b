/* sshd.c - the server's listener: sockets, limits, a monitor for each connection. */
/* SPDX-License-Identifier: MIT */
/*
 * It reads no byte of a connection. Settings and host keys go to a monitor
 * through its link, which tells how far the login is and, by its end, that it
 * is over. A reload that fails changes nothing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applets.h"
#include "lockout.h"
#include "hostkeys.h"
#include "links.h"
#include "listen.h"
#include "mdns.h"
#include "mon.h"
#include "monitor.h"
#include "penalty.h"
#include "reserve.h"
#include "slots.h"

static struct settings set APART, next_set APART;
static struct hostkeys keys APART, next_keys APART;
static struct rng rng;
static char *no_environment[1];
static int args_n;
static char **args;
static uint8_t hand_mem[HANDOVER_MAX] APART;

/* more of the kernel's randomness, each time that some is to be had */
static void reseed(int first)
{
	uint8_t seed[32];
	int ready = rand_seed(seed);

	if (first)
		rng_init(&rng, seed);
	else
		rng_add(&rng, seed, sizeof(seed));
	wipe(seed, sizeof(seed));
	if (first && !ready)
		log_put(LOG_L_WARN,
			"the kernel's random pool is not ready: keys made now are made of "
			"what there is");
}

int sshd_settings(struct settings *s, int argc, char **argv, int first)
{
	const char *slash = strrchr(argv[0], '/');
	char why[256];
	int r;

	settings_default(s,
			 CFG_COMPAT_DROPBEAR && !strcmp(slash ? slash + 1 : argv[0], "dropbear"));
	r = settings_args(s, argc, argv);
	if (r)
		return r;
	if (settings_file(s, why, sizeof(why)) == 0)
		return 0;
	log_put(LOG_L_ERROR, "%s", why);
	if (CFG_RESCUE && first && RESCUE_ON(s) && !s->test_only) {
		log_put(LOG_L_ALERT, "NOBODY BUT rescue CAN LOG IN until the settings are right");
		s->pubkey_auth = s->password_auth = 0;
		return 0;
	}
	return 1 + 1;
}

/* what a monitor has to know, in one datagram */
static int handover_send(int link, int reserve)
{
	struct handover h = {.settings_len = SETTINGS_SIZE(&set)};
	struct wr w = wr_init(hand_mem, sizeof(hand_mem));
	unsigned i;
	int r;

	(void)reserve;
	USE_RESCUE(h.reserve = (uint32_t)reserve;)
	rng_bytes(&rng, h.seed, sizeof(h.seed));
	wr_bytes(&w, &h, sizeof(h));
	wr_bytes(&w, &set, h.settings_len);
	for (i = 0; i < keys.n; i++) {
		wr_strz(&w, keys.key[i].kind->name);
		keys.key[i].kind->put(&keys.key[i], &w, KEY_OPENSSH);
	}
	h.keys_len = wr_len(&w) - sizeof(h) - h.settings_len;
	memcpy(hand_mem, &h, sizeof(h));
	r = w.bad ? -EMSGSIZE : msg_send(link, hand_mem, wr_len(&w), NULL, 0);
	wipe(hand_mem, wr_len(&w));
	REST(hand_mem);
	wipe(&h, sizeof(h));
	return r;
}

/* a process for a connection; reserve: for one that comes later. Its pid, or -errno */
static pid_t monitor_start(int conn, int reserve, int *to)
{
	int link[2], fds[2], r = msg_pair(link);
	pid_t pid;

	*to = -1;
	if (r < 0)
		return r;
	reseed(0);
	fds[0] = conn;
	fds[1] = link[1];
	pid = self_spawn(ROLE_MONITOR, fds, 2, set.to_stderr, monitor_main);
	close(link[1]);
	*to = link[0];
	r = pid < 0 ? pid : handover_send(link[0], reserve);
	return r < 0 ? r : pid;
}

static void connection_start(int conn, const struct addr *peer)
{
	struct slot *s = slot_take(peer, &set);

	if (!s)
		return;
	s->pid = monitor_start(conn, 0, &s->link);
	if (s->pid < 0) {
		log_put(LOG_L_ERROR, "cannot start a process for a connection: %s",
			err_text(-s->pid));
		slot_free(s);
	}
}

/* 1: not from there, for now. As OpenSSH logs it, whose lines are read by programs. */
static int penalised(int conn, const struct addr *peer)
{
	static unsigned refused;
	const char *why = penalty_refusal(peer, &set, clock_ms());
	char from[64], to[64];
	struct addr own;

	if (!why || sock_local(conn, &own) < 0)
		return why != NULL;
	addr_host(peer, from, sizeof(from));
	addr_host(&own, to, sizeof(to));
	log_put(LOG_L_INFO, "drop connection #%u from [%s]:%u on [%s]:%u penalty: %s", refused++,
		from, addr_port(peer), to, addr_port(&own), why);
	return 1;
}

static void accept_all(int fd)
{
	struct addr peer;
	int conn, i;

	for (i = 0; i < 16; i++) {
		conn = CFG_RESCUE ? reserve_accept(fd, &peer, &set) : sock_accept(fd, &peer);
		if (conn < 0)
			return;
		if (CFG_RESCUE && reserve_park(conn, &peer, &set))
			continue;
		if (!CFG_PENALTIES || !penalised(conn, &peer))
			connection_start(conn, &peer);
		close(conn);
	}
}

/* those that wait, and a session that is kept ready */
static void reserve_work(const struct pollfd *p, unsigned n)
{
	struct addr peer;
	int conn, link;
	pid_t pid;

	while (reserve_next(p, n, &conn, &peer, &set)) {
		connection_start(conn, &peer);
		close(conn);
	}
	if (!reserve_due())
		return;
	pid = monitor_start(0, 1, &link);
	if (pid < 0 && link >= 0)
		close(link);
	reserve_made(pid, link);
}

/* HUP: what can be had of the new configuration, or the old one as it was. Flags stay as they are. */
static void reload(void)
{
	const struct settings *s = CFG_SSHD_CONFIG ? &next_set : &set;
	const char *wrong = NULL;

	if (CFG_SSHD_CONFIG && sshd_settings(&next_set, args_n, args, 0))
		wrong = "settings";
	else if (hostkeys_load(&next_keys, s, &rng) < 0)
		wrong = "host keys";
	else if (CFG_CHECK && !check_somebody(s, &next_keys))
		wrong = "accounts";
	else if (CFG_SSHD_CONFIG && listen_change(&next_set) < 0)
		wrong = "addresses";
	if (wrong) {
		log_put(LOG_L_ERROR, "the configuration stays as it was, for its %s", wrong);
		return;
	}
	next_set.foreground = set.foreground;
	if (CFG_SSHD_CONFIG)
		set = next_set;
	keys = next_keys;
	wipe(&next_keys, sizeof(next_keys));
	if (CFG_LINKS) {
		links_start(&set, &keys);
		links_tell();
	}
	log_open(self_name(), set.to_stderr, set.log_level, set.log_facility);
	log_put(LOG_L_NOTICE, "configuration read again");
	if (CFG_RESCUE)
		reserve_init(&set);
}

/* 1: the end was asked for */
static int signals_take(void)
{
	int s, end = 0;
	pid_t pid;

	while ((s = sig_next())) {
		if (s == SIGHUP)
			reload();
		else if (s == SIGTERM || s == SIGINT)
			end = 1;
	}
	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
		if (CFG_MDNS && !end)
			links_reaped(pid);
		if (CFG_RESCUE)
			reserve_soon();
	}
	return end;
}

static unsigned poll_fill(struct pollfd *p, int sig)
{
	unsigned n = 0, i;
	int fd;

	p[n++] = (struct pollfd){.fd = sig, .events = POLLIN};
	for (i = 0; (fd = listen_fd(i)) >= 0; i++)
		p[n++] = (struct pollfd){.fd = fd, .events = POLLIN};
	for (i = 0; i < SLOTS_ALL; i++)
		if (slots[i].state != SLOT_FREE)
			p[n++] = (struct pollfd){.fd = slots[i].link, .events = POLLIN};
	if (CFG_LINKS)
		p[n++] = (struct pollfd){.fd = links_news(), .events = POLLIN};
	return n;
}

static void loop(int sig)
{
	static struct pollfd
	    p[1 + LISTEN_MAX + SLOTS_ALL + CFG_LINKS + CFG_RESCUE * RESERVE_POLL] APART;
	unsigned n, i, j, listening, more = 0;

	for (;;) {
		n = poll_fill(p, sig);
		if (CFG_RESCUE)
			more = reserve_fill(p + n);
		if (poll(p, n + more, CFG_RESCUE ? reserve_left() : -1) < 0 && errno != EINTR)
			return;
		for (listening = 0; listen_fd(listening) >= 0;)
			listening++;
		for (i = 1 + listening; i < n; i++) /* before new ones come: they make room */
			for (j = 0; p[i].revents && j < SLOTS_ALL; j++)
				if (slots[j].state != SLOT_FREE && slots[j].link == p[i].fd) {
					slot_progress(&slots[j], &set);
					break;
				}
		if (CFG_RESCUE) /* before new ones wait, in places that p does not know */
			reserve_work(p + n, more);
		for (i = 1; i < 1 + listening; i++)
			if (p[i].revents)
				accept_all(p[i].fd);
		if (CFG_LINKS && p[n - 1].revents) {
			links_take();
			links_tell();
		}
		if (p[0].revents && signals_take())
			return;
	}
}

static void pid_file_write(void)
{
	char text[16];
	const char *path = SETTING(&set, pid_file);
	size_t n = fmt(text, sizeof(text), "%d\n", (int)getpid());
	int r;

	if (!*path || !strcmp(path, "none"))
		return;
	r = file_write_atomic(path, text, n, 0644);
	if (r < 0)
		log_put(LOG_L_WARN, "pid file %s: %s", path, err_text(-r));
}

static int listener_run(void)
{
	static const int signals[] = {SIGHUP, SIGTERM, SIGINT, SIGCHLD, 0};
	int sig, r;

	r = listen_change(&set);
	if (CFG_LINKS)
		links_start(&set, &keys);
	if (r < 0 && !(CFG_LINKLOCAL && listen_fd(0) >= 0))
		return 1;
	if (!set.foreground) {
		r = proc_daemon();
		if (r < 0) {
			log_put(LOG_L_ERROR, "cannot become a daemon: %s", err_text(-r));
			return 1;
		}
	}
	sig = sig_pipe(signals);
	if (sig < 0)
		return 1;
	pid_file_write();
	proc_undumpable();
	if (CFG_LINKS)
		links_tell();
	if (CFG_RESCUE) {
		reserve_init(&set);
		reserve_work(NULL, 0);
	}
	loop(sig);
	if (*SETTING(&set, pid_file))
		unlink(SETTING(&set, pid_file));
	log_put(LOG_L_INFO, "Terminated by signal; sessions go on");
	wipe(&keys, sizeof(keys));
	return 0;
}

/* -i: the connection is on descriptor 0 and 1, and there is no listener */
static int inetd_run(void)
{
	int sock = fd_copy(0), null = fd_open("/dev/null", O_RDWR);

	if (sock < 0 || null < 0)
		return 1;
	dup2(null, 0);
	dup2(null, 1);
	if (!set.to_stderr)
		dup2(null, 2);
	close(null);
	mon.set = &set;
	memcpy(mon.hostkey, keys.key, sizeof(mon.hostkey));
	mon.n_hostkeys = keys.n;
	wipe(&keys, sizeof(keys));
	mon.rng = rng;
	mon.link = -1;
	return monitor_run(sock);
}

int sshd_main(int argc, char **argv)
{
	int r;

	self_init(argv);
	if (argc == 2 && !strcmp(argv[1], ROLE_MONITOR))
		return monitor_main();
	if (argc == 2 && !strcmp(argv[1], ROLE_NET))
		return net_main();
	if (CFG_MDNS && argc == 2 && !strcmp(argv[1], ROLE_MDNS))
		return mdns_main();
	if (CFG_RESCUE && argc == 2 && !strcmp(argv[1], ROLE_RESCUE))
		return rescue_main();
	args_n = argc;
	args = argv;
	log_open(self_name(), 1, LOG_L_INFO, 4);
	r = sshd_settings(&set, argc, argv, 1);
	if (r)
		return r - 1;
	if (set.test_only == TEST_DUMP) {
		settings_dump(&set, 1);
		return 0;
	}
	if (!set.test_only)
		log_open(self_name(), set.to_stderr, set.log_level, set.log_facility);
	reseed(1);
	if (hostkeys_load(&keys, &set, &rng) < 0)
		return 1;
	if (CFG_CHECK && set.test_only && getuid() == 0)
		check_somebody(&set, &keys); /* a warning: accounts may come */
	if (set.test_only)
		return 0;
	if (!set.pass_env) /* nothing of ours is for others, and the processes of connections stay small */
		environ = no_environment;
	return set.inetd ? inetd_run() : listener_run();
}
