/* pubtext.h - public keys in other people's formats: RFC 4716, PEM. */
/* SPDX-License-Identifier: MIT */
#ifndef PUBTEXT_H
#define PUBTEXT_H

#include "pubkey.h"

enum pubtext {
	PUBTEXT_RFC4716,
	PUBTEXT_PEM,  /* "RSA PUBLIC KEY" (RFC 8017 A.1.1); of other kinds as the next */
	PUBTEXT_PKCS8 /* "PUBLIC KEY" (RFC 5280 4.1.2.7) */
};

/* the blob of the key in the n bytes at p, which are spoilt; its length, 0: there is none that we know */
size_t pubtext_read(uint8_t out[KEY_BLOB_MAX], uint8_t *p, size_t n);
/* appends a key as text; 0: its kind has no such form */
int pubtext_write(struct wr *w, struct str blob, enum pubtext form, struct str comment);

#endif
