/* cli_sess.h - what the files of sessions share. */
/* SPDX-License-Identifier: MIT */
#ifndef CLI_SESS_H
#define CLI_SESS_H

#include "cli_mux.h"
#include "cli_run.h"

enum sess_req { REQ_AGENT, REQ_PTY, REQ_ENV, REQ_START, REQ_DONE };
/* GONE: its owner has left while the channel was being opened */
enum sess_state { FREE, WAITING, OPENING, OPEN, GONE };

struct sess {
	uint8_t state;
	uint8_t req;              /* enum req that is next */
	uint8_t window;           /* window-change is due */
	uint8_t ready;            /* poll found something to read */
	uint8_t replies;          /* that came */
	uint8_t nonblock;         /* bits: descriptors that we made so, to be put back */
	uint16_t env;             /* how many variables are sent */
	struct mux_client *owner; /* NULL: ours */
	struct esc esc;
	int ch, in, out[2]; /* -1: none, or no more */
	int status;         /* -1: none yet */
	uint32_t dropped;   /* bytes of what nobody reads any more */
	struct sess_ask ask;
};

extern struct sess sess_table[SESSIONS];

/* cli_sess.c: it has ended; its owner is told */
void sess_end(struct sess *s);
/* cli_sess_req.c: what is due of its requests, as far as it goes now */
void sess_requests(struct sess *s);
void sess_on_request(struct sess *s, const struct ssh_event *ev);
void sess_on_reply(struct sess *s, int yes);

#endif
