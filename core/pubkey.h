/* pubkey.h - public keys as blobs (RFC 4253 6.6), as text and as fingerprints. */
/* SPDX-License-Identifier: MIT */
#ifndef PUBKEY_H
#define PUBKEY_H

#include "key.h"

#define FINGERPRINT_LEN 64 /* with the NUL, either kind */

/* the name at the blob's head, empty where there is none */
struct str pubkey_name(struct str blob);
/* size in bits; 0 where the blob is malformed or of a kind that is not built in */
unsigned pubkey_bits(struct str blob);
/* the bare hash; its length */
size_t pubkey_digest(uint8_t *out, const struct hash *h, struct str blob);
/* SHA256:base64 without padding */
void pubkey_sha256(char out[FINGERPRINT_LEN], struct str blob);
/* MD5:xx:xx... */
void pubkey_md5(char out[FINGERPRINT_LEN], struct str blob);
/* appends `name base64`, no NUL */
void pubkey_text(struct wr *w, struct str blob);

#endif
