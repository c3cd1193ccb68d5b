/* pair.h - two engines back to back in memory, with an application on either side. */
/* SPDX-License-Identifier: MIT */
/*
 * A turn is one thing that happens: an engine steps, some bytes move, the
 * application takes or gives some data. Chance says which and how much. Streams
 * are known by heart: byte k of a direction is a function of k and the
 * channel's tag, so every byte is compared where it arrives.
 */
#ifndef PAIR_H
#define PAIR_H

#include "key.h"
#include "lib.h"

#define PIPE_MAX (1 << 17)
#define POOL_MAX (CFG_POOL_KB << 10)
#define BUF_MAX (1 << 16)

enum who { SERVER, CLIENT };

/* one channel, seen from one side */
struct flow {
	int used, open;      /* open: data may flow */
	uint32_t tag;        /* the same on both sides */
	uint64_t to_send[2]; /* by data type */
	uint64_t sent[2], got[2];
	int want_eof;               /* after all is sent */
	int eof, closed;            /* what came */
	int left;                   /* we called ssh_chan_close */
	uint32_t lazy;              /* takes data once in so many turns */
	uint32_t requests, replies; /* ours with a reply wanted, and what came */
	uint32_t status;            /* of exit-status, plus 1 */
	char signal[12];            /* of exit-signal */
};

struct side {
	struct ssh s;
	struct ssh_conf conf;
	uint32_t rx_n, tx_n;
	struct flow flow[CFG_CHANNELS];
	uint32_t seen[SSH_EV_DISCONNECT + 1];
	int gone;          /* 1: SSH_E_* seen */
	uint32_t partial;  /* num of the last AUTH_NEXT */
	char next[64];     /* and its methods */
	uint32_t auth_num; /* of AUTHED */
	uint32_t refuse;   /* num of the last REFUSED */
	char name[64];     /* of the last REQUEST, GLOBAL, OPEN */
	uint32_t global_replies;
	uint32_t most; /* bytes that a run of steps made it send */
};

struct pair {
	struct side side[2];
	struct {
		uint8_t b[PIPE_MAX];
		uint32_t len, cap;
	} to[2]; /* bytes on their way to that side */
	uint64_t now, progress;
	uint32_t chunk; /* most that moves at a time */
	uint32_t burst; /* most that the application gives at a time */
	uint32_t lazy;  /* of new flows */
	int hold;       /* 1: the applications do nothing */
	int greedy;     /* 1: all that can be filled is full before each step */
	/* the test's say before the common one; 1: it has taken the event */
	int (*on)(struct pair *p, enum who w, struct ssh_event *ev);
};

extern struct pair pair;
extern struct key host_key, user_key;
extern uint8_t user_blob_mem[64];
extern struct str host_blob, user_blob;

/* everything as by default: no login yet */
struct pair *pair_new(void);
void pair_start(struct pair *p);
/* one random turn; pair_check looks at the invariants of both */
void pair_turn(struct pair *p);
/* turns until done says so; 0 where nothing moves any more, or a side is gone */
int pair_until(struct pair *p, int (*done)(struct pair *p));
/* turns until nothing moves any more */
void pair_settle(struct pair *p);
/* start, and both in PH_CONN */
int pair_login(struct pair *p);
/* a channel opened by that side, open on both; -1 */
int pair_open(struct pair *p, enum who w);
/* the same channel's flow on the other side, NULL */
struct flow *pair_other(struct pair *p, enum who w, int ch);
/* all that flows have to send has arrived */
int pair_done(struct pair *p);
/* the engine's part alone: events until there is none */
void side_steps(struct pair *p, enum who w);

/* a raw message out of that side, whatever its state */
struct wr raw_begin(struct pair *p, enum who w, uint8_t msg);
void raw_end(struct pair *p, enum who w, struct wr *m);

#endif
