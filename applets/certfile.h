/* certfile.h - files about certificates, for servers and clients. */
/* SPDX-License-Identifier: MIT */
#ifndef CERTFILE_H
#define CERTFILE_H

#include "cert.h"

/*
 * The certificate on the first line of a file, as ssh-keygen writes it; *blob and what is in
 * *c lie in the n bytes at room. NULL, or why there is none, and 0 at *blob's .len.
 */
const char *cert_file(struct cert *c, struct str *blob, const char *path, char *room, size_t n);
/*
 * NULL where the file of revoked keys, KRL or list, has nothing against the key, nor against
 * the CA of its certificate; else why not, and that it cannot be read is a reason as well.
 * room: for a line of a list. path empty or NULL: there is no such file.
 */
const char *key_refused(const char *path, struct str blob, char *room, size_t n);

#endif
