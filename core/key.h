/* key.h - key pairs, and what there is to know about each kind of key. */
/* SPDX-License-Identifier: MIT */
#ifndef KEY_H
#define KEY_H

#include "crypto.h"
#include "wire.h"

#define KEY_BLOB_MAX 2048 /* bytes of the longest public key, not a certificate */

struct key {
	const struct key_kind *kind; /* NULL: none */
	union {
		struct {
			uint8_t seed[32], pub[32];
		} ed25519;
		struct ec_key ec;
		struct rsa_key rsa;
		struct {
			uint8_t seed[32], ed_seed[32], ed_pub[32];
			uint8_t pub[CFG_KEY_MLDSA44 ? MLDSA44_PUB : 1];
		} mldsa44;
	} u;
};

enum key_form { KEY_OPENSSH, KEY_DROPBEAR };

/* a kind of key: a constant, complete row; those of security keys have no private half here */
struct key_kind {
	const char *name;  /* at the head of its blobs */
	const char *label; /* after keygen -t, and in capitals in its listings */
	uint8_t fields;    /* strings and numbers of the public blob behind the name */
	const struct ec_curve *curve;
	/* the size in bits of a public key, read to its end behind the name; 0: malformed */
	unsigned (*bits)(struct rd *pub);
	/* bits: 0, or as wished; tick: see rsa_generate; 1, or 0: there is no such size */
	int (*generate)(struct key *k, struct rng *r, unsigned bits, void (*tick)(int c));
	/* the fields behind the name: the public blob's, and the private ones of either format */
	void (*put_public)(const struct key *k, struct wr *w);
	void (*put)(const struct key *k, struct wr *w, enum key_form form);
	/* 1 where they are well formed and the public half belongs to the secret */
	int (*get)(struct key *k, struct rd *r, enum key_form form);
};

extern const struct key_kind key_ed25519, key_ecdsa256, key_ecdsa384, key_ecdsa521, key_rsa,
    key_sk_ed25519, key_sk_ecdsa, key_mldsa44;

/* the row with that name; NULL */
const struct key_kind *key_kind_find(struct str name);
/* the row to generate with that label and, where several have it, that size (0: the first); NULL */
const struct key_kind *key_kind_label(struct str label, unsigned bits);
/* labels that can be generated, for a message; *at starts at 0; NULL: no more */
const char *key_kind_each(unsigned *at);

/* the public blob: string name, fields */
void key_public_blob(const struct key *k, struct wr *w);
void key_wipe(struct key *k);

#endif
