/* net.c - the process that talks to the network: the engine, its loop, its clocks. */
/* SPDX-License-Identifier: MIT */
/*
 * It runs without rights in an empty directory for the whole connection; all
 * descriptors come to it by messages. Everything that it decides by itself is
 * about bytes and time; who may do what is the monitor's.
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flow.h"
#include "net.h"
#include "sig.h"

#define SOCK 3
#define MONITOR 4
#define RESERVE_POOL (64 * 1024)
#define REST_MS 50 /* of silence, then memory that was used for a burst is given back */

struct net net APART;

static uint8_t pool[CFG_POOL_KB * 1024] APART, rx[CFG_RX_SIZE] APART, tx[CFG_TX_SIZE] APART;
static int wants_rest;

/* the public host keys, each: u8 the monitor's number, string algorithm, string blob */
static int keys_take(struct str list)
{
	struct rd r = rd_init(list);
	struct ssh_conf *c = &net.conf;
	struct str blob = {0};

	while (rd_left(&r) && c->n_hostkeys < NET_HOSTKEYS) {
		unsigned i = c->n_hostkeys++;
		const struct sig *row;
		struct str one;

		net.key_index[i] = rd_u8(&r);
		row = sig_find(rd_str(&r));
		one = rd_str(&r);
		if (!row)
			return 0;
		if (one.len)
			blob = one;
		net.hostkeys[i] = (struct ssh_hostkey){row->name, blob};
	}
	return rd_done(&r);
}

static const char *version(void)
{
	static char text[SSH_VERSION_MAX];
	const char *more = SETTING(net.set, version_addendum);

	if (!CFG_TUNABLE)
		return "SSH-2.0-cubssh_" CFG_VERSION;
	fmt(text, sizeof(text) - 2, "SSH-2.0-%s_%s%s%s",
	    net.set->dropbear ? "dropbear_cubssh" : "cubssh", CFG_VERSION, *more ? " " : "", more);
	return text;
}

static void conf_fill(struct str banner)
{
	struct ssh_conf *c = &net.conf;
	const struct settings *s = net.set;

	c->version = version();
	c->hostkeys = net.hostkeys;
	c->methods = (s->pubkey_auth || RESCUE_ON(s) ? AUTH_PUBLICKEY : 0) |
		     (CFG_AUTH_PASSWORD && s->password_auth ? AUTH_PASSWORD : 0);
	c->pool = pool;
	c->pool_len = sizeof(pool);
	if (!CFG_TUNABLE)
		return;
	c->kex = SETTING(s, kex);
	c->ciphers = SETTING(s, ciphers);
	c->macs = SETTING(s, macs);
	c->hostkey_algs = SETTING(s, hostkey_algs);
	c->pubkey_algs = SETTING(s, pubkey_algs);
	c->max_tries = s->max_tries > 127 ? 127 : s->max_tries;
	c->early = CFG_QUICK_LOGIN && !s->permit_empty;
	c->banner = banner;
	c->window = s->window;
	c->rekey_bytes = s->rekey_bytes;
	c->rekey_ms = s->rekey_seconds > 4000000 ? 0 : s->rekey_seconds * 1000;
}

/* 1: all there */
static int handover_take(void)
{
	struct handover h;
	int none = 0, ok;
	ssize_t n = msg_recv(MONITOR, net.told, sizeof(net.told), NULL, &none);
	uint8_t *p = net.told + sizeof(h);

	if (n < (ssize_t)sizeof(h))
		return 0;
	memcpy(&h, net.told, sizeof(h));
	if (h.settings_len > sizeof(*net.set) || h.keys_len > sizeof(net.told) ||
	    h.banner_len > sizeof(net.told) ||
	    (size_t)n != sizeof(h) + h.settings_len + h.keys_len + h.banner_len)
		return 0;
	net.set = (const struct settings *)p;
	ok = keys_take((struct str){p + h.settings_len, h.keys_len});
	conf_fill((struct str){p + h.settings_len + h.keys_len, h.banner_len});
	USE_RESCUE(net.reserve = (uint8_t)h.reserve;)
	ssh_init(&net.ssh, &net.conf, h.seed, rx, sizeof(rx), tx, sizeof(tx));
	wipe(&h, sizeof(h));
	wipe(net.told, sizeof(h));
	return ok;
}

/* 0: the connection is over */
static int sock_read(void)
{
	if (!net.authed)
		sock_quickack(
		    net.sock); /* the client's Nagle waits for our acknowledgement until then */
	net.heard = clock_ms();
	return wire_read(&net.ssh, net.sock);
}

static void pump_all(void)
{
	chan_pump_all();
	if (CFG_FORWARD)
		net_fwd_work();
	if (CFG_HOSTKEY_UPDATE)
		hostkeys_tell();
}

static void give_up(const char *why)
{
	fmt(net.bye, sizeof(net.bye), "%s", why);
	ssh_disconnect(&net.ssh, DISCONNECT_BY_APPLICATION, why);
}

/* keepalives, idle time; the milliseconds until the next of them */
static uint64_t clocks(uint64_t now, uint64_t start)
{
	const struct settings *s = net.set;
	uint64_t wait = ssh_timeout(&net.ssh, now), one;

	if (!CFG_TUNABLE || !net.authed)
		return wait;
	one = clock_left(s->keepalive, net.heard + (uint64_t)net.unanswered * s->keepalive * 1000,
			 now);
	if (one == 0) {
		if (s->keepalive_count && net.unanswered >= s->keepalive_count) {
			give_up("Keepalive timeout");
			net.dead = CFG_JOB;
		} else if (ssh_global(&net.ssh, "keepalive@openssh.com", 1, STR("")))
			net.unanswered++;
		one = (uint64_t)s->keepalive * 1000;
	}
	wait = one < wait ? one : wait;
	one = clock_left(s->idle, net.active, now);
	if (one == 0)
		give_up("Idle timeout");
	wait = one < wait ? one : wait;
	one = clock_left(s->max_duration, start, now);
	if (one == 0)
		give_up("Maximum duration reached");
	return one < wait ? one : wait;
}

/* pages that a burst has used and that hold nothing now */
static void rest(void)
{
	wire_rest(&net.ssh);
	call_rest();
	mem_rest_stack();
	wants_rest = 0;
}

/* waits, and takes note of what poll found; 0: over */
static int wait_for(uint64_t ms)
{
	size_t n, room;
	unsigned chans, fwds = 0;
	int r;

	ssh_tx_buf(&net.ssh, &n);
	ssh_rx_buf(&net.ssh, &room);
	net.polled[0] =
	    (struct pollfd){.fd = net.sock, .events = (room ? POLLIN : 0) | (n ? POLLOUT : 0)};
	net.polled[1] = (struct pollfd){.fd = net.mon, .events = POLLIN};
	chans = chan_poll(net.polled + 2);
	if (CFG_FORWARD)
		fwds = fwd_poll(net.polled + 2 + chans);
	if (wants_rest && ms > REST_MS)
		ms = REST_MS;
	r = poll(net.polled, 2 + chans + fwds, ms);
	if (r < 0)
		return errno == EINTR;
	if (r == 0 && wants_rest) {
		chan_rested();
		rest();
	} else {
		wants_rest = net.authed;
	}
	if (net.polled[1].revents)
		call_read();
	chan_polled(net.polled + 2, chans);
	if (CFG_FORWARD)
		fwd_polled(net.polled + 2 + chans, fwds);
	if (net.polled[0].revents & (POLLIN | POLLHUP | POLLERR))
		return sock_read();
	return 1;
}

static void loop(void)
{
	uint64_t start = clock_ms();

	net.heard = start;
	sock_nodelay(net.sock);
	sock_quickack(net.sock);
	for (;;) {
		uint64_t wait;

		if (!wire_work(&net.ssh, net.sock, net.heard, event_take, pump_all) || net.ending)
			return;
		wait = clocks(clock_ms(), start);
		if (ssh_error(&net.ssh)) {
			wire_write(&net.ssh, net.sock);
			return;
		}
		if (!wait_for(wait))
			return;
	}
}

static void say_how_it_ended(void)
{
	const char *what = ssh_no_common(&net.ssh);
	int err = ssh_error(&net.ssh);

	if (what && !net.bye[0])
		fmt(net.bye, sizeof(net.bye), "no %s in common", what);
	call_bye(err ? err : SSH_E_PEER, str_of(err ? net.bye : "connection closed"),
		 CFG_JOB && (err == SSH_E_LOCAL ? net.dead : err != SSH_E_PEER));
	ssh_wipe(&net.ssh);
}

/* of the session that is kept ready: the memory of a login, before there is none */
static void reserve_keep(void)
{
	close(net.sock);
	mem_lock();
	mem_touch(&net, sizeof(net));
	mem_touch(rx, sizeof(rx));
	mem_touch(tx, sizeof(tx));
	mem_touch(pool, sizeof(pool) < RESERVE_POOL ? sizeof(pool) : RESERVE_POOL);
	call_touch();
}

/* the connection, when it is there; 0: none comes any more */
static int reserve_take(void)
{
	char c;
	int n = 1;

	return msg_recv(net.mon, &c, 1, &net.sock, &n) == 1 && n == 1;
}

int net_main(void)
{
	net.sock = SOCK;
	net.mon = MONITOR;
	if (!handover_take()) {
		fmt_fd(2, "%s: %s is started by the server alone\n", self_name(), ROLE_NET);
		return 1;
	}
	log_open(self_name(), net.set->to_stderr, net.set->log_level, net.set->log_facility);
	log_hold();
	fd_nonblock(net.sock);
	if (CFG_RESCUE && NET_RESERVE)
		reserve_keep();
	sandbox_net(SETTING(net.set, net_user));
	if (CFG_RESCUE && NET_RESERVE && !reserve_take())
		return 0;
	if (CFG_FORWARD)
		net_fwd_init();
	loop();
	say_how_it_ended();
	return 0;
}
