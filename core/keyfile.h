/* keyfile.h - private key files: OpenSSH's, Dropbear's, PEM and PuTTY's. */
/* SPDX-License-Identifier: MIT */
#ifndef KEYFILE_H
#define KEYFILE_H

#include "key.h"

#define KEYFILE_MAX 8192 /* bytes: room enough for any private key file that we read */

enum keyfile_err {
	KEYFILE_OK,
	KEYFILE_BAD,       /* it was to be a private key, but is damaged */
	KEYFILE_ENCRYPTED, /* needs a passphrase */
	KEYFILE_PASS,      /* the passphrase is not its own */
	KEYFILE_KIND,      /* a format, or a cipher in it, that is not built in */
	KEYFILE_TYPE,      /* a kind of key that is not built in */
	KEYFILE_PUBLIC,    /* a public key */
	KEYFILE_ALIEN,     /* no key at all */
	KEYFILE_PEM_PASS,  /* PEM with a passphrase, which is never read, */
	KEYFILE_ARGON2     /* nor one of PuTTY's in that form */
};

/* what to say of a file after its name and a colon */
const char *keyfile_text(enum keyfile_err e);

/*
 * The key in the n bytes at p, whatever format they are in. Works in place:
 * the caller wipes p and, but for KEYFILE_OK, finds k wiped. *comment points
 * into p, empty where the format has none. pass.p NULL: none is known yet, and
 * p is unchanged after KEYFILE_ENCRYPTED, so that it can be read once more. work may be
 * NULL then.
 */
enum keyfile_err keyfile_read(struct key *k, struct str *comment, uint8_t *p, size_t n,
			      struct str pass, struct bcrypt_work *work);
/*
 * The public key that a private file shows without its passphrase, copied to out; the
 * bytes, 0: none. p is unchanged.
 */
size_t keyfile_public(uint8_t out[KEY_BLOB_MAX], const uint8_t *p, size_t n);

enum keyfile_form {
	KEYFILE_OPENSSH,
	KEYFILE_DROPBEAR, /* no passphrase */
	KEYFILE_PEM,      /* PKCS#1 or SEC 1, no passphrase */
	KEYFILE_PKCS8     /* no passphrase */
};

/* how a file is to be written */
struct keyfile_how {
	enum keyfile_form form;
	struct str comment;
	struct str pass;          /* empty: not encrypted */
	unsigned rounds;          /* of bcrypt_pbkdf, 0: 24 */
	const char *cipher;       /* "aes256-ctr" where it is NULL */
	struct bcrypt_work *work; /* where there is a passphrase */
};

/*
 * Appends the file's bytes; r gives salt and check bytes (OpenSSH's form alone). 1, or
 * 0 where the kind of key or a passphrase does not go with the form, or the cipher is not
 * built in. Where w turns out bad, what is there has to be wiped all the same.
 */
int keyfile_write(struct wr *w, const struct key *k, const struct keyfile_how *how, struct rng *r);

#endif
