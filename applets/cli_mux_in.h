/* cli_mux_in.h - what the files of shared connections have in common. */
/* SPDX-License-Identifier: MIT */
#ifndef CLI_MUX_IN_H
#define CLI_MUX_IN_H

#include "cli_mux.h"

#define MUX_NAME 256 /* bytes of a host or a path, with its NUL */

struct mux_client {
	int fd;          /* 0: none */
	uint8_t hello;   /* its first message came */
	uint8_t waits;   /* an answer is owed */
	uint8_t forward; /* by this one, from 1 */
	uint8_t n_fds;
	int fds[3];
	uint32_t id;    /* of the request in hand */
	uint32_t len;   /* bytes that are here */
	uint32_t taken; /* of them the request's */
	uint8_t *in;    /* MUX_MESSAGE bytes */
	struct sess *sess;
};

/* what a request comes to: NULL, done; a text why it is not; or one of these */
extern const char mux_later[], mux_malformed[], mux_denied[];

/* cli_mux_req.c: one request, behind its id */
const char *mux_take(struct mux_client *c, uint32_t type, struct rd *r);

/* cli_mux_msg.c: a message, begun and sent by one of us at a time; the client's answers come in it */
extern uint8_t mux_mem[MUX_MESSAGE];
extern struct wr mux_w;
void mux_begin(uint32_t type, uint32_t id);
void mux_put(uint32_t v);
int mux_send(int fd); /* 1: it is on its way */

#endif
