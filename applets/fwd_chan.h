/* fwd_chan.h - what the files behind fwd.h share in the process with the engine. */
/* SPDX-License-Identifier: MIT */
#ifndef FWD_CHAN_H
#define FWD_CHAN_H

#include <poll.h>

#include "flow.h"
#include "fwd.h"
#include "socks.h"

#define FWD_SOCKS 16 /* that have not said yet where to, of either side */

enum fwd_state { FWD_FREE, FWD_DIALING, FWD_OPENING, FWD_OPEN, FWD_FAR };

struct fwd_rec {
	uint8_t state;
	uint8_t own;   /* descriptors are the caller's */
	uint8_t ready; /* poll found something to read */
	uint8_t ended; /* our end was read and told */
	uint8_t shut;  /* the peer's was, and passed on */
	uint8_t socks; /* version, whose answer is owed; 0: none */
	uint8_t far;   /* it is owed to the peer, on a channel that is open already */
	uint8_t tun;   /* enum fwd_kind of a device; 0: it is none */
	int in, out;   /* where the peer's bytes go, and where ours come from */
};

extern struct fwd_rec fwd_rec[CFG_CHANNELS];
extern struct ssh *fwd_ssh;

/* fwd_tun.c: the record's descriptor is a device */
int tun_room(int ch); /* 1: a packet may be read now */
void tun_in(struct fwd_rec *r, int ch);
enum flow tun_out(struct fwd_rec *r, int ch);

/* fwd_socks.c */
void fwd_socks_keep(int fd);
void fwd_socks_answer(struct fwd_rec *r, int yes);
unsigned fwd_socks_poll(struct pollfd *p); /* at most FWD_SOCKS */
void fwd_socks_polled(int fd);
void fwd_far_answer(int ch, int yes);
void fwd_far_pump(void);

#endif
