/* monitor.c - one connection's keeper: has the host keys and the rights, never reads the socket. */
/* SPDX-License-Identifier: MIT */
/*
 * It starts the network process, answers its requests one by one, and ends
 * when that process does. The table below says what may be asked before and
 * after the login; whatever else comes, or comes malformed, ends the
 * connection: an honest net does neither.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "monitor.h"
#include "sig.h"
#include "slots.h"

#define REST_MS 50 /* of silence, then what a request took is given back */
#define LINK 4     /* descriptor of the listener's link */
#define SOCK 3

enum { BEFORE = 1, AFTER = 2 };

struct monitor mon APART;
struct mon_scratch mon_scratch APART;
static int over;        /* the connection is to end */
static uint8_t penalty; /* enum penalty: for what, where that is before the login */
static int wanted;      /* somebody wants that */

void monitor_sign(unsigned key, const struct sig *sig, struct str msg, struct wr *w)
{
	uint8_t *mark = wr_open(w);

	if (!sig || !key_sign(&mon.hostkey[key], sig, w, msg))
		w->p = mark + 4;
	wr_close(w, mark);
}

static void sign_request(struct rd *r, struct wr *w)
{
	unsigned i = rd_u8(r);
	const struct sig *sig = sig_find(rd_str(r));
	struct str h = rd_str(r);

	if (!rd_done(r) || i >= mon.n_hostkeys ||
	    (h.len != 32 && h.len != 48 && h.len != 64 && !(CFG_WEAK_DH_SHA1 && h.len == 20))) {
		r->bad = 1;
		return;
	}
	if (!mon.sid_len) { /* the first exchange's hash is the session id */
		mon.sid_len = h.len;
		memcpy(mon.sid, h.p, h.len);
		if (mon.link >= 0)
			msg_send(mon.link, "K", 1, NULL, 0);
	}
	monitor_sign(i, sig, h, w);
}

/* how it ended, from net's point of view: words of the peer are in it */
static void bye_request(struct rd *r, struct wr *w)
{
	int err = (int32_t)rd_u32(r);
	struct str text = rd_str(r);

	(void)w;
	if (CFG_JOB)
		wanted = !rd_u8(r);
	if (!rd_done(r))
		return;
	if (CFG_PENALTIES)
		penalty = mon.refused ? PENALTY_AUTHFAIL : PENALTY_NOAUTH;
	if (mon.authed)
		log_put(LOG_L_INFO, "Exit (%s) from <%s>: %s%s%*p", mon.user.name, mon.from,
			ssh_error_text(err), text.len ? ": " : "", (int)text.len,
			(const char *)text.p);
	else if (mon.user_asked)
		log_put(LOG_L_INFO, "Exit before auth from <%s>: (user '%p', %u fails): %s%s%*p",
			mon.from, mon.user_name, mon.fails, ssh_error_text(err),
			text.len ? ": " : "", (int)text.len, (const char *)text.p);
	else
		log_put(LOG_L_INFO, "Exit before auth from <%s>: %s%s%*p", mon.from,
			ssh_error_text(err), text.len ? ": " : "", (int)text.len,
			(const char *)text.p);
	over = 1;
}

/* those that answer with descriptors get the arrays; the others do not */
static const struct {
	uint8_t when;
	void (*plain)(struct rd *, struct wr *);
	void (*with_fds)(struct rd *, struct wr *, int fds[3], int *nfds);
} requests[MON_LAST] = {
    [MON_SIGN] = {BEFORE | AFTER, sign_request,  NULL           },
    [MON_AUTH] = {BEFORE,         auth_request,  NULL           },
    [MON_PTY] = {AFTER,          NULL,          session_pty    },
    [MON_ENV] = {AFTER,          env_request,   NULL           },
    [MON_PART] = {AFTER,          session_part,  NULL           },
    [MON_SPAWN] = {AFTER,          NULL,          session_spawn  },
    [MON_KILL] = {AFTER,          session_kill,  NULL           },
    [MON_HUP] = {AFTER,          session_hup,   NULL           },
    USE_HOSTKEY_UPDATE([MON_PROVE] = {AFTER,          prove_request, NULL           },
      )
	USE_FORWARD([MON_FORWARD] = {AFTER,          NULL,          forward_request},
      )[MON_BYE] = {BEFORE | AFTER,
                  bye_request,                   NULL           },
};

int monitor_request(const uint8_t *p, size_t n)
{
	struct rd r = rd_init((struct str){p, n});
	struct wr w = wr_init(mon_scratch.out, sizeof(mon_scratch.out));
	int fds[3], nfds = 0, i;
	uint8_t kind = rd_u8(&r);

	if (kind >= MON_LAST || !(requests[kind].when & (mon.authed ? AFTER : BEFORE)))
		return -1;
	wr_u8(&w, MON_REPLY);
	if (requests[kind].plain)
		requests[kind].plain(&r, &w);
	else
		requests[kind].with_fds(&r, &w, fds, &nfds);
	if (!rd_done(&r) || w.bad)
		return -1;
	if (kind != MON_BYE && msg_send(mon.net, mon_scratch.out, wr_len(&w), fds, nfds) < 0)
		over = 1;
	for (i = 0; i < nfds; i++)
		close(fds[i]);
	return 0;
}

void monitor_notify(const void *p, size_t n)
{
	if (msg_send(mon.net, p, n, NULL, 0) < 0)
		over = 1;
}

static void net_read(void)
{
	int none = 0;
	ssize_t n = msg_recv(mon.net, mon_scratch.in, sizeof(mon_scratch.in), NULL, &none);

	if (n <= 0) {
		over = 1;
	} else if (monitor_request(mon_scratch.in, n) < 0) {
		log_put(LOG_L_ERROR, "the network process asked for what is not due (%u): ended",
			mon_scratch.in[0]);
		over = 1;
	}
	wipe(mon_scratch.in, sizeof(mon_scratch.in));
}

static void names_take(int sock)
{
	if (sock_peer(sock, &mon.peer) < 0 || sock_local(sock, &mon.own) < 0) {
		fmt(mon.host, sizeof(mon.host), "UNKNOWN");
		fmt(mon.from, sizeof(mon.from), "UNKNOWN");
		return;
	}
	addr_host(&mon.peer, mon.host, sizeof(mon.host));
	USE_RESCUE(mon.rescue_may = (uint8_t)rescue_from(sock, &mon.peer, mon.set);)
	fmt(mon.from, sizeof(mon.from), "%s:%u", mon.host, addr_port(&mon.peer));
	log_put(LOG_L_INFO, "Child connection from %s", mon.from);
}

/* 1 where all is well */
static int keys_take(struct str from)
{
	struct rd r = rd_init(from);

	while (rd_left(&r) && mon.n_hostkeys < CFG_HOSTKEYS) {
		struct key *k = &mon.hostkey[mon.n_hostkeys++];

		k->kind = key_kind_find(rd_str(&r));
		if (!k->kind || !k->kind->get(k, &r, KEY_OPENSSH))
			return 0;
	}
	return rd_done(&r);
}

/* 1 where the listener told us all that we need */
static int handover_take(void)
{
	struct handover h;
	int none = 0, ok;
	ssize_t n = msg_recv(LINK, mon.keep, HANDOVER_MAX, NULL, &none);
	uint8_t *p = mon.keep + sizeof(h);

	if (n < (ssize_t)sizeof(h))
		return 0;
	memcpy(&h, mon.keep, sizeof(h));
	if (h.settings_len > sizeof(*mon.set) || h.keys_len > HANDOVER_MAX ||
	    (size_t)n != sizeof(h) + h.settings_len + h.keys_len)
		return 0;
	mon.set = (const struct settings *)p;
	rng_init(&mon.rng, h.seed);
	USE_RESCUE(mon.reserve = (uint8_t)h.reserve;)
	ok = keys_take((struct str){p + h.settings_len, h.keys_len});
	wipe(p + h.settings_len, h.keys_len);
	mon.kept = sizeof(h) + h.settings_len;
	wipe(&h, sizeof(h));
	wipe(mon.keep, sizeof(h));
	return ok;
}

/* every algorithm that a host key signs with, and the key's blob */
static void blobs_write(struct wr *w)
{
	unsigned i, j;
	uint8_t *mark;

	for (i = 0; i < mon.n_hostkeys; i++) {
		const struct key *k = &mon.hostkey[i], *first = k;

		for (j = CERT_ROWS; sigs[j]; j++) {
			if (sigs[j]->kind != k->kind || (sigs[j]->off & NO_SERVER))
				continue;
			wr_u8(w, i);
			wr_strz(w, sigs[j]->name);
			mark = wr_open(w);
			if (first)
				key_public_blob(first, w);
			first = NULL;
			wr_close(w, mark);
		}
	}
	if (CFG_CERTS)
		cert_offer(w);
}

static int handover_give(void)
{
	struct handover h = {.settings_len = SETTINGS_SIZE(mon.set)};
	struct wr w = wr_init(mon_scratch.hand, sizeof(mon_scratch.hand));
	const char *banner = SETTING(mon.set, banner);
	ssize_t n;
	int r;

	rng_bytes(&mon.rng, h.seed, sizeof(h.seed));
	USE_RESCUE(h.reserve = mon.reserve;)
	wr_bytes(&w, &h, sizeof(h));
	wr_bytes(&w, mon.set, h.settings_len);
	blobs_write(&w);
	h.keys_len = wr_len(&w) - sizeof(h) - h.settings_len;
	if (CFG_TUNABLE && *banner && !w.bad && w.end - w.p > SSH_BANNER_MAX) {
		n = file_read(banner, w.p, SSH_BANNER_MAX);
		if (n < 0)
			log_put(LOG_L_WARN, "banner %s: %s", banner, err_text(-n));
		else
			h.banner_len = n;
	}
	memcpy(mon_scratch.hand, &h, sizeof(h));
	r = w.bad ? -EMSGSIZE
		  : msg_send(mon.net, mon_scratch.hand, wr_len(&w) + h.banner_len, NULL, 0);
	wipe(mon_scratch.hand, sizeof(h));
	wipe(&h, sizeof(h));
	return r;
}

static int net_start(int sock)
{
	int pair[2], fds[2], r = msg_pair(pair);

	if (r < 0)
		return r;
	fds[0] = sock;
	fds[1] = pair[1];
	r = self_spawn(ROLE_NET, fds, 2, mon.set->to_stderr, net_main);
	close(pair[1]);
	close(sock);
	mon.net = pair[0];
	mon.net_pid = r;
	return r < 0 ? r : handover_give();
}

/* milliseconds until the grace time is over, -1: it does not count any more */
static int grace_left(void)
{
	uint64_t end = mon.start + (uint64_t)mon.set->grace * 1000, now = clock_ms();

	if (mon.authed || !mon.set->grace)
		return -1;
	return end > now ? (int)(end - now) : 0;
}

static void signals_take(void)
{
	int s;

	while ((s = sig_next()))
		if (s == SIGCHLD)
			session_reap();
}

static void loop(int sig)
{
	struct pollfd p[2] = {
	    {.fd = mon.net, .events = POLLIN},
            {.fd = sig,     .events = POLLIN}
        };
	int busy = 0;

	while (!over) {
		int left = grace_left(), n;

		if (left == 0) {
			if (CFG_PENALTIES)
				penalty = PENALTY_GRACE;
			log_put(LOG_L_INFO, "Exit before auth from <%s>: Timeout before auth",
				mon.from);
			return;
		}
		n = poll(p, 2, busy ? REST_MS : left);
		if (n < 0 && errno != EINTR)
			return;
		if (n == 0 && busy && !session_pending()) {
			mem_rest(&mon_scratch, sizeof(mon_scratch));
			mem_rest_stack();
		}
		busy = n > 0 && mon.authed;
		if (p[1].revents)
			signals_take();
		if (p[0].revents)
			net_read();
	}
}

/* all that the connection had: its process, its commands' terminals */
static void end(void)
{
	char over_for = (char)(SAY_OVER + penalty);

	if (CFG_PENALTIES && !mon.authed && mon.link >= 0)
		msg_send(mon.link, &over_for, 1, NULL, 0);
	close(mon.net);
	session_end_all(CFG_JOB && !wanted);
	if (mon.net_pid > 0 && waitpid(mon.net_pid, NULL, WNOHANG) == 0 && !mon.authed)
		kill(mon.net_pid, SIGKILL);
	if (CFG_RESCUE && RESERVE) /* the next one to be kept ready needs its place */
		prog_wait(mon.net_pid);
	wipe(&mon, sizeof(mon));
}

int monitor_run(int sock)
{
	static const int signals[] = {SIGCHLD, 0};
	int sig = sig_pipe(signals), r;

	proc_undumpable();
	if (!RESERVE)
		names_take(sock);
	mon.start = clock_ms();
	if (CFG_GUARD)
		env_login();
	r = sig < 0 ? sig : net_start(sock);
	if (CFG_RESCUE && RESERVE && r >= 0) {
		sock = reserve_wait();
		if (sock < 0)
			return 1;
		mon.start = clock_ms();
		if (CFG_GUARD)
			env_login();
		names_take(sock);
		close(sock);
	}
	if (r < 0)
		log_put(LOG_L_ERROR, "cannot start the network process for %s: %s", mon.from,
			err_text(-r));
	if (r >= 0)
		loop(sig);
	else if (CFG_PENALTIES)
		penalty = PENALTY_COUNT; /* for nothing */
	end();
	return 0;
}

int monitor_main(void)
{
	mon.link = LINK;
	if (!handover_take()) {
		fmt_fd(2, "%s: %s is started by the server alone\n", self_name(), ROLE_MONITOR);
		return 1;
	}
	log_open(self_name(), mon.set->to_stderr, mon.set->log_level, mon.set->log_facility);
	if (CFG_RESCUE && !RESERVE && RESCUE_ON(mon.set)) /* the listener's own is not for others */
		oom_score(getpid(), 0);
	/* OpenWrt's killclients looks for the path, and spares what keeps its own session: us */
	if (CFG_COMPAT_DROPBEAR)
		self_shorten();
	return monitor_run(SOCK);
}
