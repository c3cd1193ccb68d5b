/* sshsig.h - signatures of files (OpenSSH's PROTOCOL.sshsig), and who may make them. */
/* SPDX-License-Identifier: MIT */
#ifndef SSHSIG_H
#define SSHSIG_H

#include "sig.h"

/* everything points into the blob */
struct sshsig {
	struct str key; /* blob of who signed, perhaps a certificate */
	struct str space, hash_name, sig;
	const struct hash *hash;
};

/* the hash with that name, "sha256" or "sha512"; NULL */
const struct hash *sshsig_hash(struct str name);
/* appends what is signed of a message with that digest */
void sshsig_message(struct wr *w, const struct sshsig *s, const uint8_t *digest);
/* appends the signature as a blob: .sig from key_sign */
void sshsig_put(struct wr *w, const struct sshsig *s);
/* 1: well formed to its end, and with a hash that may be used */
int sshsig_read(struct sshsig *s, struct str blob);
/* 1: good, by .key, which may be anybody's */
int sshsig_verify(const struct sshsig *s, const uint8_t *digest);

/* signers.c: a line of a file of allowed signers (ssh-keygen(1), ALLOWED SIGNERS) */

struct signer {
	struct str who; /* patterns */
	int ca;
	const char *space;          /* patterns; NULL: any namespace */
	const char *after, *before; /* dates as they stand there; NULL: not given */
	struct str blob;
};

/* takes the line apart, in place: 1; 0: nothing is on it; -1: it cannot be used */
int signer_read(struct signer *s, char *line);

#endif
