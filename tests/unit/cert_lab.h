/* cert_lab.h - certificates made for the tests, by CAs of ours. */
/* SPDX-License-Identifier: MIT */
#ifndef CERT_LAB_H
#define CERT_LAB_H

#include <string.h>

#include "cert.h"

/* what the next certificate is made of; .critical and .extensions: name and data one after the other, NULL at the end */
struct lab_cert {
	uint64_t serial, after, before;
	uint32_t type;
	const char *id, *principals[4], *critical[9], *extensions[9];
	const struct key *key, *ca;
	const struct sig *with;
	struct str raw; /* in place of .critical, where .p is not NULL */
};

static struct key lab_user, lab_ca, lab_other;
static uint8_t lab_mem[2048];

static void lab_init(void)
{
	struct rng r;
	uint8_t seed[32] = {1};

	rng_init(&r, seed);
	lab_user.kind = lab_ca.kind = lab_other.kind = &key_ed25519;
	key_ed25519.generate(&lab_user, &r, 0, NULL);
	key_ed25519.generate(&lab_ca, &r, 0, NULL);
	key_ed25519.generate(&lab_other, &r, 0, NULL);
}

static inline struct lab_cert lab_good(void)
{
	return (struct lab_cert){
	    .serial = 77,
	    .after = 1000,
	    .before = 2000,
	    .type = CERT_USER,
	    .id = "joe's key",
	    .principals = {"ann",        "bob"},
	    .extensions = {"permit-pty", NULL },
	    .key = &lab_user,
	    .ca = &lab_ca,
	    .with = &sig_ed25519,
	};
}

static void lab_options(struct wr *w, const char *const *list)
{
	uint8_t *mark = wr_open(w), *inner;

	for (; *list; list += 2) {
		wr_strz(w, list[0]);
		inner = wr_open(w);
		if (list[1])
			wr_strz(w, list[1]);
		wr_close(w, inner);
		if (!list[1])
			list--;
	}
	wr_close(w, mark);
}

/* in lab_mem; its options without data have no NULL behind the name, but the list ends with one */
static struct str lab_make(const struct lab_cert *t)
{
	struct wr w = wr_init(lab_mem, sizeof(lab_mem));
	uint8_t *mark;
	int i;

	wr_strz(&w, "ssh-ed25519-cert-v01@openssh.com");
	wr_strz(&w, "nonce of this one");
	wr_str(&w, t->key->u.ed25519.pub, 32);
	wr_u64(&w, t->serial);
	wr_u32(&w, t->type);
	wr_strz(&w, t->id);
	mark = wr_open(&w);
	for (i = 0; i < 4 && t->principals[i]; i++)
		wr_strz(&w, t->principals[i]);
	wr_close(&w, mark);
	wr_u64(&w, t->after);
	wr_u64(&w, t->before);
	if (t->raw.p)
		wr_str(&w, t->raw.p, t->raw.len);
	else
		lab_options(&w, t->critical);
	lab_options(&w, t->extensions);
	wr_strz(&w, "");
	mark = wr_open(&w);
	key_public_blob(t->ca, &w);
	wr_close(&w, mark);
	i = (int)wr_len(&w);
	mark = wr_open(&w);
	key_sign(t->ca, t->with, &w, (struct str){lab_mem, (size_t)i});
	wr_close(&w, mark);
	return (struct str){lab_mem, w.bad ? 0 : wr_len(&w)};
}

#endif
