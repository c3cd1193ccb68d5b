/* flow.h - bytes between the engine and descriptors, without a copy. */
/* SPDX-License-Identifier: MIT */
#ifndef FLOW_H
#define FLOW_H

#include "ssh.h"

enum flow {
	FLOW_BLOCKED, /* the other side is full: descriptor (in), window or tx (out) */
	FLOW_IDLE,    /* nothing was there */
	FLOW_MOVED,
	FLOW_ENDED /* the descriptor is of no more use: it broke, or its end was read */
};

/* what the peer sent to fd, all that it takes; -1: to nobody */
enum flow flow_in(struct ssh *s, int ch, int ext, int fd);
/* one read of fd to the peer */
enum flow flow_out(struct ssh *s, int ch, int ext, int fd);

/* the connection itself, fd nonblocking; 0: it is over */
int wire_read(struct ssh *s, int fd);
int wire_write(struct ssh *s, int fd);
/*
 * All that can be done without waiting; 0: the connection is over. now: when something
 * was last heard; take gets each event and gives 0 to end; pump moves what channels have.
 */
int wire_work(struct ssh *s, int fd, uint64_t now, int (*take)(const struct ssh_event *ev),
	      void (*pump)(void));
/* gives back the pages of its buffers that a burst has used and that hold nothing now */
void wire_rest(struct ssh *s);

#endif
