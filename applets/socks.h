/* socks.h - SOCKS 4, 4a and 5 (RFC 1928), the proxy's side, on bytes. */
/* SPDX-License-Identifier: MIT */
#ifndef SOCKS_H
#define SOCKS_H

#include "wire.h"

#define SOCKS_MAX 520  /* bytes of the longest request */
#define SOCKS_REPLY 10 /* of the longest reply */

struct socks {
	uint16_t have;
	uint8_t greeted; /* 5: the methods are answered */
	uint8_t in[SOCKS_MAX];
};

/*
 * How many bytes to add to .in at .have before the next call; 0: the request is
 * complete; -1: it is none, or asks for what we do not do (binding, UDP). Never
 * asks for a byte that is not the request's. *reply_len bytes are to be answered first.
 */
int socks_step(struct socks *s, uint8_t reply[SOCKS_REPLY], size_t *reply_len);
/* of a complete request; host as text, 256 bytes at least */
void socks_target(const struct socks *s, char *host, size_t n, uint32_t *port);
/* the last answer: bytes of reply */
size_t socks_reply(unsigned version, int yes, uint8_t reply[SOCKS_REPLY]);

#endif
