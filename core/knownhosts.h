/* knownhosts.h - a line of known_hosts (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
/* SPDX-License-Identifier: MIT */
#ifndef KNOWNHOSTS_H
#define KNOWNHOSTS_H

#include "wire.h"

#define HOST_HASH_LEN 64 /* of a hashed name, with its NUL */

enum host_mark { HOST_PLAIN, HOST_CA, HOST_REVOKED };

/* everything points into the line, which has been changed */
struct hostline {
	enum host_mark mark;
	struct str hosts; /* patterns, or one hashed name */
	struct str blob;  /* public key */
};

/* takes a line without its newline apart, in place; 1; 0 where no key is on it */
int hostline_read(struct hostline *h, char *line);
/* 1 where the line is about that name ("host" or "[host]:port", lower case) */
int hostline_is(const struct hostline *h, struct str name);
/* "|1|salt|hash" of a name (HMAC-SHA1) with 20 bytes of salt */
void host_hash(char out[HOST_HASH_LEN], const uint8_t salt[20], struct str name);

#endif
