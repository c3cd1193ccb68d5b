/* keyfile_parts.h - the formats of private key files, among themselves. */
/* SPDX-License-Identifier: MIT */
#ifndef KEYFILE_PARTS_H
#define KEYFILE_PARTS_H

#include "keyfile.h"

/* keyfile.c: fields as the kind's private section in OpenSSH's form has them, none of the name */
enum keyfile_err key_compose(struct key *k, const struct str *field, unsigned n);
/* an Ed25519 key from its seed, whose last bytes, where they are zeros, may be missing */
enum keyfile_err key_compose_ed25519(struct key *k, struct str seed);

/* keyfile_text.c: base64 in lines */

#define TEXT_OPENSSH "OPENSSH PRIVATE KEY"

int text_begins(struct str s, const char *with);
/* takes a line, and its end is not in what it gives */
struct str text_line(struct str *s);
/* takes all up to and with the next `-----BEGIN label-----` that is a line; 0: there is none */
int text_begin(struct str *s, struct str *label);
/* its base64 at s, decoded in place; 0: it is damaged, or the end mark with that label is not there */
int text_body(struct str *body, struct str s, struct str label);
/* what the first n characters of base64 say, blanks not counted; s stays as it is. The bytes */
size_t text_peek(uint8_t *out, size_t n, struct str s);
/*
 * Appends the bytes under that label, in lines of so many characters. The bytes may lie
 * at the very end of w's own free space: the text is longer, so where all of it fits its
 * end never gets ahead of what has still to be read.
 */
void text_put(struct wr *w, const char *label, unsigned column, struct str bytes);

/* keyfile_openssh.c */

/* s: the text behind the mark with that label; see keyfile_read */
enum keyfile_err openssh_read(struct key *k, struct str *comment, struct str s, struct str label,
			      struct str pass, struct bcrypt_work *work);
size_t openssh_public(uint8_t out[KEY_BLOB_MAX], struct str s);
int openssh_write(struct wr *w, const struct key *k, const struct keyfile_how *how, struct rng *r);

/* keyfile_crypt.c: what a passphrase protects */

/* the row for a name, where key files may use it; NULL */
const struct cipher *section_cipher(struct str name);
/*
 * The n bytes at p, and behind them the tag, in place, with the key that options (salt,
 * rounds) make of the passphrase; 0: by the tag it is another one.
 */
int section_crypt(const struct cipher *c, uint8_t *p, size_t n, struct str options, struct str pass,
		  struct bcrypt_work *work, int sealing);
/* with a key, and its iv behind it */
int section_crypt_key(const struct cipher *c, uint8_t *p, size_t n, const uint8_t *key,
		      int sealing);

/* pem.c: the body of a text; write: as keyfile_write */

enum keyfile_err pem_read(struct key *k, struct str der);
int pem_write(struct wr *w, const struct key *k, int pkcs8);

/* ppk.c: the whole file */

#define PPK "PuTTY-User-Key-File-"

enum keyfile_err ppk_read(struct key *k, struct str *comment, struct str s, struct str pass);
size_t ppk_public(uint8_t out[KEY_BLOB_MAX], struct str s);

#endif
