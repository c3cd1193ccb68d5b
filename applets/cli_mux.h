/* cli_mux.h - one connection for several clients: OpenSSH's multiplexing protocol, version 4. */
/* SPDX-License-Identifier: MIT */
#ifndef CLI_MUX_H
#define CLI_MUX_H

#include "cli_run.h"

#define MUX_VERSION 4
#define MUX_MESSAGE 40960        /* bytes, the longest that we take or send */
#define MUX_PATH_PORT 0xfffffffe /* in place of a port: the name is a path */

/* a message: u32 length, u32 type, u32 request (hello: version; what comes unasked: session) */
#define MUX_HELLO 1u
#define MUX_C_SESSION \
	0x10000002u /* string, 4 u32: tty, X11, agent, subsystem; u32 escape
					 character, strings TERM, command, NAME=value ...; then fds */
#define MUX_C_ALIVE 0x10000004u
#define MUX_C_TERMINATE 0x10000005u
#define MUX_C_OPEN_FWD 0x10000006u  /* u32 enum mux_fwd, string, u32 port, string, u32 port */
#define MUX_C_CLOSE_FWD 0x10000007u /* the same */
#define MUX_C_STDIO 0x10000008u     /* string, string host, u32 port; then fds */
#define MUX_C_STOP 0x10000009u
#define MUX_S_OK 0x80000001u
#define MUX_S_DENIED 0x80000002u  /* string why */
#define MUX_S_FAILURE 0x80000003u /* string why */
#define MUX_S_EXIT 0x80000004u    /* u32 status */
#define MUX_S_ALIVE 0x80000005u   /* u32 process */
#define MUX_S_OPENED 0x80000006u  /* u32 session */
#define MUX_S_PORT 0x80000007u    /* u32 port */
#define MUX_S_NO_TTY 0x80000008u

enum mux_fwd { MUX_LOCAL = 1, MUX_REMOTE, MUX_DYNAMIC };

/*
 * cli_mux_client.c: somebody listens at ControlPath: our session is theirs, and this
 * does not return; nor after -O. It does where a connection of our own is wanted.
 */
void mux_client(void);

/* cli_mux.c: the master */
void mux_listen(void); /* where the settings say so */
void mux_stop(void);   /* no more clients; the socket goes */
/* the master goes on in the background, where this returns; we become its first client */
void mux_detach(void);
unsigned mux_count(void); /* clients */
extern uint8_t mux_away;  /* 1: mux_detach is to come, before a session of ours; 2: it was there */
extern uint8_t mux_quit;  /* 1: a client wants it to end now */
void mux_work(void);
unsigned mux_poll(struct pollfd *p); /* at most MUX_POLL entries */
void mux_polled(const struct pollfd *p, unsigned n);

/* to a client: type, id, v */
void mux_say(const struct mux_client *c, uint32_t type, uint32_t id, uint32_t v);
/* what becomes of its session, which has that id */
void mux_opened(struct mux_client *c, uint32_t id);
void mux_no_tty(struct mux_client *c, uint32_t id);
void mux_over(struct mux_client *c, uint32_t id, int status); /* -1: nobody knows */
/* and of forward i; why NULL: it listens; port: where the server chose it, 0: it did not */
void mux_forwarded(unsigned i, const char *why, uint16_t port);

#endif
