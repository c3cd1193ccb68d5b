/* fwd.h - the process that opens and accepts connections for forwards, and how it is asked. */
/* SPDX-License-Identifier: MIT */
/*
 * It runs as the user whose forwards they are: started by the monitor (server)
 * or by the client, when the first one is wanted. It looks names up, connects,
 * listens and accepts; each connected descriptor goes to the process with the
 * engine, by datagrams (port/msg.c) of at most FWD_MSG bytes, first byte the
 * kind, and it knows no bytes of any channel. What it may do it is told by who
 * starts it, in the first datagram; the engine cannot change that.
 */
#ifndef FWD_H
#define FWD_H

#include "port.h"
#include "ssh.h"

#define ROLE_FORWARD "(forward)"
#define FWD_MSG 2048
#define FWD_DIALS 32     /* connects at a time; more wait in the socket's queue */
#define FWD_LISTENERS 32 /* of a connection */
#define FWD_RULES 1024   /* bytes of each list of what may be opened */

enum fwd {
	/* to it */
	FWD_CONNECT = 1, /* u32 tag, u8 enum fwd_kind, string host or path, u32 port */
	FWD_LISTEN,      /* u32 tag, u8 kind, string address or path, u32 port (0: any) */
	FWD_CANCEL,      /* u32 tag: of a LISTEN; the rest does not count */
	/* from it */
	FWD_CONNECTED = 64, /* u32 tag, u32 errno (+ the descriptor where that is 0) */
	FWD_LISTENING, /* u32 tag, u32 errno, u32 port, string address where it does not, or "" */
	FWD_ACCEPTED /* u32 tag of the listener, string peer's host or "", u32 port (+ descriptor) */
};

enum fwd_kind {
	FWD_TCP,
	FWD_UNIX,
	FWD_AGENT, /* LISTEN: a socket for an agent in a directory of its own; its path is the policy's */
	/*
	 * A network device, port its number or TUN_ANY. For the client's own it is LISTEN, and no
	 * FWD_LISTENING but one FWD_ACCEPTED answers where it can be had.
	 */
	FWD_TUN,
	FWD_ETHERNET
};

enum fwd_may {
	FWD_MAY_CONNECT = 1,
	FWD_MAY_LISTEN = 2,
	FWD_MAY_UNIX_CONNECT = 4,
	FWD_MAY_UNIX_LISTEN = 8,
	FWD_MAY_AGENT = 16,
	FWD_MAY_TUN = 32, /* and the next for FWD_ETHERNET */
};

/* "host:port", * for either, each with its NUL, then ""; an empty list: all. The key's, the server's. */
enum fwd_list { LIST_OPEN, LIST_OPEN_ALL, LIST_LISTEN, LIST_LISTEN_ALL, LISTS };

/* the first datagram: what it may */
struct fwd_policy {
	uint8_t may;     /* enum fwd_may */
	uint8_t gateway; /* 0: listens on loopback whatever is asked; 1: on all; 2: where asked */
	uint8_t unlink;  /* StreamLocalBindUnlink */
	uint8_t to_stderr, log_level, log_facility; /* where its log goes */
	uint16_t mask;                              /* StreamLocalBindMask */
	char agent
	    [64]; /* path of the agent's socket: its directory is made 0700, both go in the end */
	char rules[LISTS][FWD_RULES]; /* by enum fwd_list */
	uint32_t tun;                 /* the device that it has to be, plus 1; 0: any */
};

/* descriptor 3 is the socket; ends when the other side closes it */
int forward_main(void);

/*
 * fwd_chan.c, in the process with the engine, server and client alike: channels
 * whose other end is a descriptor that a forwarder opened.
 */
struct pollfd;

/* once, before all others; start gives the socket to a forwarder when it is wanted, or -errno */
void fwd_init(struct ssh *s, int (*start)(void));
/* asks for a connection for that channel, which waits (SSH_LATER); else -reason to refuse it with */
int fwd_connect(int ch, enum fwd_kind kind, struct str host, uint32_t port);
/* asks for a listener; its number, or -errno; fwd_listening tells how it went */
int fwd_listen(enum fwd_kind kind, struct str host, uint32_t port);
/* 1: there was one for exactly that, and it is no more */
int fwd_cancel(enum fwd_kind kind, struct str host, uint32_t port);
/* the answer to one fwd_listen: 0; 1: *n listens at port, but for the address taken; or err is why not */
struct fwd_answer {
	int n, err;
	uint32_t port;
	struct str taken;
};
int fwd_listening(struct fwd_answer *a);
/* an accepted connection that waits for a channel: 1, and what the listener was asked for */
struct fwd_accept {
	int n; /* the listener */
	enum fwd_kind kind;
	struct str host, peer; /* as asked for; who connected */
	uint32_t port, peer_port;
};
int fwd_accepted(struct fwd_accept *a);
/* the channel for it; -1: none is to be had, and it is closed */
void fwd_placed(int ch);
/*
 * SOCKS, which a client's side alone speaks (CFG_SSH): fwd_placed_socks keeps the accepted
 * connection until it has said where to; fwd_socks_next gives one that has, for
 * fwd_socks_placed; fwd_far makes the peer the one who says it, on an open channel.
 */
void fwd_placed_socks(void);
int fwd_socks_next(char *host, size_t n, uint32_t *port);
void fwd_socks_placed(int ch);
void fwd_far(int ch);
/* a channel of ours with descriptors of the caller's, which are not closed: stdin and stdout */
void fwd_take(int ch, int in, int out);
int fwd_is(int ch);
/* how many there are */
unsigned fwd_count(void);
void fwd_list(int fd); /* a line for each */
/* OPENED, REFUSED of such a channel */
void fwd_event(const struct ssh_event *ev);
void fwd_pump_all(void);
#define FWD_POLL (1 + 16 + 2 * CFG_CHANNELS)
unsigned fwd_poll(struct pollfd *p); /* at most FWD_POLL entries */
void fwd_polled(const struct pollfd *p, unsigned n);

#endif
