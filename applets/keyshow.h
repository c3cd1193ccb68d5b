/* keyshow.h - keys as the key tools show them, and public keys from files. */
/* SPDX-License-Identifier: MIT */
#ifndef KEYSHOW_H
#define KEYSHOW_H

#include "authkeys.h"
#include "port.h"
#include "pubkey.h"

/* says what is wrong, on stderr after the program's name; 1 */
int key_fail(const char *what, const char *why);
/* 1 and *md5, or 0: "md5", "sha256" */
int key_hash(const char *name, int *md5);
void key_print(char text[FINGERPRINT_LEN], struct str blob, int md5);
/* its kind in capitals, "ED25519", or the name of one that is not built in; good until the next call */
const char *key_label(struct str blob);
/* blob, or of a certificate the plain key in it; *cert: "-CERT", or "" */
struct str key_plain(struct str blob, const char **cert);
/* to stdout, the picture of the fingerprint: the walk of the drunken bishop */
void key_art(struct str blob, int md5);
/* appends `name base64 comment` and a newline */
void key_text(struct wr *w, struct str blob, struct str comment);
/* a line to stdout: size, fingerprint, comment, kind */
void key_show(struct str blob, struct str comment, int md5);
/*
 * The next key of a file with lines: authorized_keys, .pub, known_hosts (whose hosts
 * come as comments, where there are none). 1, 0 at the end, or -errno.
 */
int key_line(struct lines *l, struct str *blob, struct str *comment);
/* of the public half as it stands in memory that the next call uses again; empty: too long */
struct str key_blob(const struct key *k);

#endif
