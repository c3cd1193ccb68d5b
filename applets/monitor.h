/* monitor.h - what the files of the monitor share. */
/* SPDX-License-Identifier: MIT */
#ifndef MONITOR_H
#define MONITOR_H

#include "cert.h"
#include "fwd.h"
#include "key.h"
#include "mon.h"

#define MON_VARS 4096  /* bytes of variables that wait */
#define MON_ENVIRON 64 /* variables of a command */

struct monitor {
	const struct settings *set;
	const char *refusal; /* why this user may not at all; NULL where they may */
	uint8_t done;        /* enum ssh_method of the factors that are given */
	uint8_t user_asked, authed, fails;
	uint8_t refused; /* a try, or a query, to log in */
	uint8_t n_hostkeys;
	USE_RESCUE(uint8_t rescue_may, rescue, reserve;) /* see mon_rescue.c */
	int net;                                         /* socketpair to the network process */
	int link;                                        /* to the listener, -1: none */
	pid_t net_pid;
	uint64_t start;
	struct addr peer, own;
	char host[64], from[80]; /* the peer's, for the log: address; address:port */
	struct rng rng;
	struct user user;               /* as looked up once; become when .authed */
	char user_name[MON_NAME + 1];   /* as asked for */
	uint8_t sid[HASH_MAX], sid_len; /* of the first SIGN */
	struct session {
		pid_t pid; /* 0: none */
		int slave; /* of its terminal, descriptor + 1; 0: none */
	} session[MON_SESSIONS];
	/*
	 * What has to last, one behind the other, so that it takes few pages: what the
	 * listener told (the settings among it), the line of the key that was used, and
	 * variables for commands that are not started yet.
	 */
	uint32_t kept;
	uint8_t keep[HANDOVER_MAX + CFG_AUTHKEYS_LINE + 1 + (CFG_CERTS ? MON_MAX : 0) + MON_VARS];
	struct key hostkey[CFG_HOSTKEYS]; /* the last: an RSA key is long, and most are short */
};

extern struct monitor mon;

/*
 * Room for one request and what it takes to answer it. Nothing in here outlives
 * the answer, so that its pages can be given back.
 */
struct mon_scratch {
	uint8_t in[MON_MAX], out[MON_MAX];
	uint8_t hand[HANDOVER_MAX];       /* to net, before the first request */
	uint8_t signed_[MON_MAX + 256];   /* what a user's key must have signed */
	char line[CFG_AUTHKEYS_LINE + 1]; /* of authorized_keys */
	char env[2048], env_set[1024];    /* variables that we make */
	char *vars[MON_ENVIRON + 1];
	char command[64 + MON_COMMAND]; /* a command line that comes in parts */
	char own[512 + MON_COMMAND];    /* the same as one that runs a program of ours */
	struct fwd_policy policy;       /* of the forwarder */
};

extern struct mon_scratch mon_scratch;

/* monitor.c */
int monitor_run(int sock);
/* 0, or -1 where that was no request that is due; the caller wipes p */
int monitor_request(const uint8_t *p, size_t n);
/* a datagram to net that no request asked for */
void monitor_notify(const void *p, size_t n);

/* appends the signature as a string, an empty one where there is none */
struct sig;
void monitor_sign(unsigned key, const struct sig *sig, struct str msg, struct wr *w);

/* mon_prove.c */
void prove_request(struct rd *r, struct wr *w);

/* mon_auth.c */
void auth_request(struct rd *r, struct wr *w);
/* looks the user up, once for the connection; at most MON_NAME bytes; the log says mon.refusal */
void auth_user(struct str name);
int auth_password(struct str pass); /* 1: it is the user's, and one will do */
int auth_become(void);              /* 1: we are the user now, for good */

/* mon_keys.c */
/* 1: a line of the user's files allows the key; what it demands is kept */
int keys_allow(const struct user *u, struct str alg, struct str blob);
void keys_forget(void); /* the one found last was not proven */
/* how many lines let somebody in; what the log says of each takes in those that do not (CHECK) */
unsigned keys_check(const struct user *u);
/* 1: the token that made this good signature was touched, and knew its user, as wanted */
int keys_touched(struct str alg, struct str sig);
void keys_proven(const struct user *u, struct str blob);
unsigned keys_may(void); /* enum authkeys_may and MAY_STEER, of the settings and the key */
/* what runs in place of anything asked for, by the settings or the key; NULL: nothing does */
const char *keys_command(void);
/* tunnel= of the key plus 1; 0: it has none */
uint32_t keys_tun(void);
/* environment= of the key, one after the other: *at starts at 0; NULL ends */
const char *keys_environment(size_t *at);
/* likewise of permitopen= and permitlisten= */
const char *keys_each(enum authkeys_multi which, size_t *at);

/* mon_cert.c: certificates, and what is revoked; all of them log why not */
/* 1: the key, or the CA of its certificate, is revoked, or nobody can tell */
int cert_revoked(struct str blob);
/*
 * 1: the certificate is good, now and for the user; k is what the line that trusts its CA says
 * (one without a key where none does), and then what both allow together. *n bytes at keep are added,
 * where k points to.
 */
int cert_allows(const struct cert *c, struct authkey *k, char *keep, size_t *n);
/* appends to the host keys what HostCertificate names */
void cert_offer(struct wr *w);

/* mon_session.c: requests of channels; an answer's descriptors are closed by the caller */
int session_chroot(void);
void session_pty(struct rd *r, struct wr *w, int fds[3], int *nfds);
void session_part(struct rd *r, struct wr *w);
void session_spawn(struct rd *r, struct wr *w, int fds[3], int *nfds);
void session_kill(struct rd *r, struct wr *w);
void session_hup(struct rd *r, struct wr *w);
int session_pending(void); /* 1: part of a command line is here */
void session_reap(void);   /* tells net of each that has ended */
/* hangs up all that still run; lost: or gives them to a keeper, where they are to be kept */
void session_end_all(int lost);
/* the number of a signal by its name, with or without SIG; 0: none that SSH knows */
int session_signal(const char *name);

/* mon_detach.c: for DetachOnLoss */
/* the other end of its terminal, where that may have to outlive net's: descriptor + 1 */
int *detach_master(const struct session *s);
/* to its terminal: the user's logins that have lost their connection, and go on */
void detach_show(int slave);
/* 1: a keeper has that terminal now, and what runs on it does not notice */
int detach_give(int master);

/* mon_rescue.c */
/* 1: this is the rescue login, or one that may become it */
#define RESCUING (0 USE_RESCUE(+mon.rescue))
#define RESCUE_MAY (0 USE_RESCUE(+mon.rescue_may))
#define RESERVE (0 USE_RESCUE(+mon.reserve))
/* 1: connections that come from there may ask for it */
int rescue_from(int sock, const struct addr *peer, const struct settings *s);
/* 1: the name is the one, and from where it may be: the account, which needs no file */
int rescue_user(struct user *u, const char *name);
/* waits with all that a session takes for a connection, which the network process gets; -1: none comes */
int reserve_wait(void);
/* nothing is kept from the rest of the machine any longer: it is somebody else's login */
void reserve_release(void);
/* as child_spawn, and if there is no shell our own commands, and without a process the one kept ready */
pid_t rescue_spawn(struct child *c);
int rescue_main(void); /* that one: descriptor 3 the monitor */

/* mon_fwd.c */
void forward_request(struct rd *r, struct wr *w, int fds[3], int *nfds);

/*
 * mon_program.c: fills in argv and run for what a session asked for; asked: the
 * command line or the subsystem's name. The line that runs, NULL for a login
 * shell; argv stays NULL where there is no such subsystem.
 */
const char *program_choose(struct child *c, enum spawn kind, const char *asked);
/* the same behind a line discipline of ours, for want of a terminal */
void program_ptyless(struct child *c);

/* mon_env.c: the environment of a command */
void env_request(struct rd *r, struct wr *w);
/* a variable for the command of that channel; 1, or 0 where there is no room */
int env_add(uint32_t ch, struct str name, struct str value);
/* NULL-terminated; lives until the answer. original: SSH_ORIGINAL_COMMAND=..., or NULL */
char *const *env_build(uint32_t ch, const char *original);
void env_drop(uint32_t ch);
void env_login(void); /* the connection has begun */

#endif
