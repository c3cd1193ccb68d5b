/* monitor.h - what the files of the monitor share. */
/* SPDX-License-Identifier: MIT */
#ifndef MONITOR_H
#define MONITOR_H

#include "key.h"
#include "mon.h"

struct monitor {
	struct settings set;
	struct key hostkey[CFG_HOSTKEYS];
	uint8_t n_hostkeys;
	int net;  /* socketpair to the network process */
	int link; /* to the listener, -1: none */
	pid_t net_pid;
	uint64_t start;
	struct addr peer, own;
	char host[64], from[80]; /* the peer's, for the log: address; address:port */
	struct rng rng;
	struct user user;             /* as looked up once; become when .authed */
	char user_name[MON_NAME + 1]; /* as asked for */
	uint8_t user_asked, authed, fails;
	uint8_t sid[HASH_MAX], sid_len; /* of the first SIGN */
};

extern struct monitor mon;

/* monitor.c */
int monitor_run(int sock);
/* a datagram to net that no request asked for */
void monitor_notify(const void *p, size_t n);

/* mon_auth.c */
void auth_request(struct rd *r, struct wr *w);

/* mon_keys.c */
/* 1: a line of the user's files allows the key; what it demands is kept */
int keys_allow(const struct user *u, struct str alg, struct str blob);
void keys_forget(void); /* the one found last was not proven */
void keys_log(const struct user *u, struct str blob);
unsigned keys_may(void); /* enum authkeys_may and MAY_STEER, of the settings and the key */
/* what runs in place of anything asked for, by the settings or the key; NULL: nothing does */
const char *keys_command(void);
/* environment= of the key, one after the other: *at starts at 0; NULL ends */
const char *keys_environment(size_t *at);

/* mon_session.c: requests of channels; an answer's descriptors are closed by the caller */
int session_chroot(void);
void session_pty(struct rd *r, struct wr *w, int fds[3], int *nfds);
void session_part(struct rd *r, struct wr *w);
void session_spawn(struct rd *r, struct wr *w, int fds[3], int *nfds);
void session_kill(struct rd *r, struct wr *w);
void session_hup(struct rd *r, struct wr *w);
void session_reap(void);    /* tells net of each that has ended */
void session_end_all(void); /* hangs up all that still run */

/* mon_env.c: the environment of a command */
void env_request(struct rd *r, struct wr *w);
/* NULL-terminated; lives until the next call. Takes what was asked for by the channel along. */
char *const *env_build(uint32_t ch, const char *tty, const char *term, const char *original);
void env_drop(uint32_t ch);

#endif
