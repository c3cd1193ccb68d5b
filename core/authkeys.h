/* authkeys.h - a line of authorized_keys. */
/* SPDX-License-Identifier: MIT */
#ifndef AUTHKEYS_H
#define AUTHKEYS_H

#include "wire.h"

enum authkeys_result {
	AUTHKEYS_NONE,    /* nothing on the line, or a comment */
	AUTHKEYS_KEY,     /* a key that may be used */
	AUTHKEYS_REFUSED, /* a key that may not: why and what say the reason */
	AUTHKEYS_BAD      /* no key could be read; why and what likewise */
};

/* what the key's user may; all of it where no option takes it away */
enum authkeys_may {
	MAY_PTY = 1,
	MAY_PORT_FORWARD = 2,
	MAY_AGENT_FORWARD = 4,
	MAY_X11_FORWARD = 8,
	MAY_USER_RC = 16,
	MAY_ALL = 31
};

/* everything points into the line, which has been changed; texts end in NUL, NULL: not given */
struct authkey {
	unsigned may; /* enum authkeys_may */
	int no_touch; /* no-touch-required */
	int verify;   /* verify-required */
	int ca;       /* cert-authority: the key signs certificates, and does not log in itself */
	const char *command, *from, *expiry, *principals;
	struct str options; /* see authkeys_each */
	struct str type, blob, comment;
	const char *why; /* static text */
	struct str what; /* that it is about */
	uint32_t tun;    /* tunnel=, a device's number plus 1; 0: not given */
};

/*
 * Takes a line (without its newline; a byte-order mark is passed over) to
 * pieces, in place. The types are those of the base64, which is decoded; a blob
 * that does not begin with the type's name is no key. Whether the kind of key is
 * built in, from= matches and the date of expiry has passed is the caller's to
 * see: he compares the blob first.
 */
enum authkeys_result authkeys_line(struct authkey *k, char *line);

/*
 * Likewise a line of AuthorizedPrincipalsFile: options, and a name, which is in
 * .comment; AUTHKEYS_KEY says that it may be used.
 */
enum authkeys_result authkeys_principal(struct authkey *k, char *line);

enum authkeys_multi { EACH_ENVIRONMENT, EACH_PERMITOPEN, EACH_PERMITLISTEN, EACH_TUNNEL };
/* the values of an option that may stand there several times; *at starts at 0; NULL: no more */
const char *authkeys_each(const struct authkey *k, enum authkeys_multi which, size_t *at);

/*
 * `host:port`, `[host]:port` or, where bare is 1, `port`; port `*` gives 0, a
 * bare port the host `*`. 0 where it is neither.
 */
int authkeys_permit(const char *text, int bare, struct str *host, uint16_t *port);

#endif
