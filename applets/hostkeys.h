/* hostkeys.h - the server's own keys. */
/* SPDX-License-Identifier: MIT */
#ifndef HOSTKEYS_H
#define HOSTKEYS_H

#include "key.h"
#include "settings.h"

struct hostkeys {
	struct key key[CFG_HOSTKEYS];
	uint8_t n;
};

/*
 * Reads the host keys that the settings name, takes the one of the device's secret
 * where no file has its kind, and makes one where they say so and there is none: on disk, or in memory alone where that is read-only or full
 * (and the log says so, loudly). 0, or -1 where not one could be had.
 */
int hostkeys_load(struct hostkeys *h, const struct settings *s, struct rng *r);

/* hostkey_seed.c: 1 where the secret at path makes a key; the log says why not */
int hostkey_seed(struct key *k, const char *path);
/* the key's seed (RFC 8032) out of n bytes of secret */
void hostkey_derive(uint8_t seed[32], const void *secret, size_t n);

#endif
