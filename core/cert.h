/* cert.h - certificates (PROTOCOL.certkeys), and what revokes keys (PROTOCOL.krl). */
/* SPDX-License-Identifier: MIT */
#ifndef CERT_H
#define CERT_H

#include "sig.h"

enum cert_type { CERT_USER = 1, CERT_HOST = 2 };

/* everything points into the blob */
struct cert {
	const struct sig *row; /* a certificate's own (.plain says how its key signs) */
	struct str fields;     /* of the public key, as they stand behind its plain name */
	uint64_t serial;
	uint32_t type;          /* enum cert_type */
	struct str id;          /* key id, for the log */
	struct str principals;  /* strings, one behind the other; empty: see cert_principal */
	uint64_t after, before; /* valid from, up to: seconds since 1970 */
	struct str critical, extensions; /* pairs: string name, string data */
	struct str ca;                   /* public key of who signed */
	struct str sig, body;            /* the signature, and what it is of */
};

/*
 * 1: blob is a certificate of a kind that is built in, well formed to its end, a user's or a
 * host's, its options in order and none of them twice
 */
int cert_read(struct cert *c, struct str blob);
/*
 * 1: the signature is good, by a key that is no certificate, with one of the comma list's
 * algorithms (NULL or empty: any) that is not weak
 */
int cert_signed(const struct cert *c, const char *algs);
/* the plain public key in it: string name, fields */
void cert_plain(const struct cert *c, struct wr *w);
int cert_is_of(const struct cert *c, struct str plain); /* 1: that is it */
/* takes the next of .principals off; 0: there is none */
int cert_next(struct str *principals, struct str *name);
/* 1: name is one of its principals; patterns: they may have * and ? (hosts); none in it: no name is */
int cert_principal(const struct cert *c, struct str name, int patterns);
/*
 * The next of critical or extensions; *at starts at 0; 0: no more. 1: *data is what the string
 * in it holds (.p NULL: nothing is in it); 2: it holds no string, *data is what stands there
 */
int cert_option(struct str list, size_t *at, struct str *name, struct str *data);
/* why it is not valid at that time, for a log line: "it has expired", "it is not yet valid"; NULL: it is */
const char *cert_time(const struct cert *c, int64_t now);
/* likewise why it is none of that type, or not signed as cert_signed wants it, or not valid */
const char *cert_wrong(const struct cert *c, enum cert_type type, const char *algs, int64_t now);

/* krl.c: a file in memory */

/* 1: revoked, 0: not, < 0: the file is no KRL, or damaged: nothing in it can be relied on */
int krl_check(struct str krl, struct str blob);
/* the same of a KRL, or of a text with a public key on each line; line: room for one */
int revoked(struct str file, struct str blob, char *line, size_t n);

#endif
