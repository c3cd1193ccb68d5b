/* sig.h - signature algorithms: their names, and the shape of what they sign and verify. */
/* SPDX-License-Identifier: MIT */
/*
 * A kind of key can have several algorithms (ssh-rsa: rsa-sha2-256 and -512),
 * and an algorithm's name need not be the one in the signature (certificates),
 * hence three names. Verifying fails closed: a name, a length or a byte that is
 * not as it must be is a bad signature.
 */
#ifndef SIG_H
#define SIG_H

#include "key.h"

#define SIG_MAX 96 /* bytes, the longest signature with its name: 4 + 11 + 4 + 64 */

struct sig {
	const char *name;     /* in KEXINIT, server-sig-algs and USERAUTH_REQUEST */
	const char *key_name; /* at the head of the public key blob */
	const char *sig_name; /* at the head of the signature */
	const struct key_kind *kind;
	/* both behind their names, and read to their ends; 1: good */
	int (*verify)(struct rd *key, struct rd *sig, struct str msg);
	/* appends what follows the name; 1, or 0 where it failed */
	int (*sign)(const struct key *k, struct wr *w, struct str msg);
};

/* in the order of preference, NULL at the end */
extern const struct sig *const sigs[];

/* the row whose .name it is, or NULL */
const struct sig *sig_find(struct str name);
/* 1: blob is a key of that algorithm, and sig its signature (string name, fields) of msg */
int sig_verify(const struct sig *s, struct str blob, struct str sig, struct str msg);
/* appends string name, fields; 1, or 0 where the key is of another kind, or w too small */
int key_sign(const struct key *k, const struct sig *s, struct wr *w, struct str msg);

#endif
