/* keyfile.h - private key files: OpenSSH's and Dropbear's, read and written. */
/* SPDX-License-Identifier: MIT */
#ifndef KEYFILE_H
#define KEYFILE_H

#include "key.h"

#define KEYFILE_MAX 8192 /* bytes: room enough for any private key file that we read */

enum keyfile_err {
	KEYFILE_OK,
	KEYFILE_BAD,       /* it was to be a private key, but is damaged */
	KEYFILE_ENCRYPTED, /* needs a passphrase */
	KEYFILE_KIND,      /* another format: PEM, PuTTY's, RFC 4716 */
	KEYFILE_TYPE,      /* a kind of key that is not built in */
	KEYFILE_PUBLIC,    /* a public key */
	KEYFILE_ALIEN,     /* no key at all */
};

/* what to say of a file after its name and a colon */
const char *keyfile_text(enum keyfile_err e);

/*
 * The key in the n bytes at p, whatever format they are in. Works in place:
 * the caller wipes p and, but for KEYFILE_OK, finds k wiped. *comment points
 * into p, empty where the format has none.
 */
enum keyfile_err keyfile_read(struct key *k, struct str *comment, uint8_t *p, size_t n);
/*
 * Appends the file's bytes, unencrypted. check: four random bytes (OpenSSH's
 * format repeats them; two runs with the same ones give the same file). Where
 * w turns out bad, what is there has to be wiped all the same.
 */
void keyfile_write(struct wr *w, const struct key *k, struct str comment, uint32_t check,
		   enum key_form form);

#endif
