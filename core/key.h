/* key.h - key pairs, and what there is to know about each kind of key. */
/* SPDX-License-Identifier: MIT */
#ifndef KEY_H
#define KEY_H

#include "crypto.h"
#include "wire.h"

struct key {
	const struct key_kind *kind; /* NULL: none */
	union {
		struct {
			uint8_t seed[32], pub[32];
		} ed25519;
	} u;
};

enum key_form { KEY_OPENSSH, KEY_DROPBEAR };

/* a kind of key: a constant, complete row */
struct key_kind {
	const char *name;  /* at the head of its blobs */
	const char *label; /* after keygen -t, and in capitals in its listings */
	/* the size in bits of a public key, read to its end behind the name; 0: malformed */
	unsigned (*bits)(struct rd *pub);
	void (*generate)(struct key *k, struct rng *r);
	/* the fields behind the name: the public blob's, and the private ones of either format */
	void (*put_public)(const struct key *k, struct wr *w);
	void (*put)(const struct key *k, struct wr *w, enum key_form form);
	/* 1 where they are well formed and the public half belongs to the secret */
	int (*get)(struct key *k, struct rd *r, enum key_form form);
};

extern const struct key_kind key_ed25519;

/* the row with that name, or with that label; NULL */
const struct key_kind *key_kind_find(struct str name);
const struct key_kind *key_kind_label(struct str label);

/* the public blob: string name, fields */
void key_public_blob(const struct key *k, struct wr *w);
void key_wipe(struct key *k);

#endif
