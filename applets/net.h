/* net.h - what the files of the network process share. */
/* SPDX-License-Identifier: MIT */
#ifndef NET_H
#define NET_H

#include <poll.h>

#include "fwd.h"
#include "mon.h"

struct net_session {
	uint8_t used;     /* a session channel of ours */
	uint8_t tty;      /* 1: in and out[0] are the master of a terminal */
	uint8_t started;  /* a command was asked for: no second one */
	uint8_t ended;    /* the command is; what it wrote may still be read */
	uint8_t drained;  /* 1: all that it wrote is read; 2: and it lives on for a while */
	uint8_t ready[2]; /* poll found something to read */
	int in, out[2];   /* -1: none */
};

/* an RSA key signs in two ways, and so does its certificate */
#define NET_HOSTKEYS (CFG_HOSTKEYS * (CFG_CERTS ? 4 : 2))

struct net {
	const struct settings *set;
	struct ssh_conf conf;
	struct ssh_hostkey hostkeys[NET_HOSTKEYS];
	uint8_t key_index[NET_HOSTKEYS]; /* the monitor's number of each */
	int sock, mon;
	USE_RESCUE(uint8_t reserve;) /* the connection comes later */
	uint8_t authed, no_more_sessions, ending;
	uint8_t dead;           /* the peer answers no more */
	unsigned may;           /* enum authkeys_may, MAY_STEER */
	uint64_t heard, active; /* milliseconds: any packet; anything of a channel */
	uint32_t unanswered;    /* keepalives */
	char bye[128];          /* words for the log */
	struct pollfd polled[2 + 3 * MON_SESSIONS + CFG_FORWARD * FWD_POLL];
	uint8_t told[HANDOVER_MAX]; /* by the monitor: settings, host keys and banner stay there */
	/* the sessions and channels in use share a page, as does what is in use of all above */
	struct net_session session[MON_SESSIONS] __attribute__((aligned(4096)));
	struct ssh ssh; /* its channels come last */
};

extern struct net net;

#define NET_RESERVE (0 USE_RESCUE(+net.reserve))

/* net_call.c: requests to the monitor; each waits for the reply */
struct rd call(struct wr *w, int fds[3], int *nfds); /* the reply; .bad where the monitor is gone */
struct wr call_begin(enum mon kind);
void call_read(void);                              /* what came without being asked for */
void call_bye(int err, struct str text, int lost); /* lost: nobody wanted that end */
void call_rest(void);                              /* nothing of a request is needed any more */
void call_touch(void);                             /* its memory is there from now on */

/* net_fwd.c */
void net_fwd_init(void);
int net_fwd_open(const struct ssh_event *ev);   /* the answer to it */
int net_fwd_global(const struct ssh_event *ev); /* 1: taken */
void net_fwd_agent(int ch);                     /* answers auth-agent-req@openssh.com */
void net_fwd_work(void);                        /* what the forwarder told, and all bytes */

/* net_hostkeys.c */
void hostkeys_due(void);                        /* the login is done */
void hostkeys_tell(void);                       /* if it is still to be done */
int hostkeys_prove(const struct ssh_event *ev); /* 1: taken */

/* net_event.c */
int event_take(const struct ssh_event *ev); /* 0: it is over */

/* net_chan.c: sessions */
int chan_request(const struct ssh_event *ev); /* 1 where it is done */
void chan_opened(int ch);
void chan_ended(int ch); /* .ended has been set */
void chan_pump_all(void);
void chan_rested(void); /* nothing has happened for a while */
/* to poll for; the number of entries */
unsigned chan_poll(struct pollfd *p);
void chan_polled(const struct pollfd *p, unsigned n);

#endif
