/* key_mldsa44.c - ssh-mldsa44-ed25519@openssh.com keys and signatures: ML-DSA-44 and Ed25519 together. */
/* SPDX-License-Identifier: MIT */
/*
 * draft-miller-sshm-mldsa44-ed25519-composite-sigs-00, which OpenSSH 10.4 and 10.5 have under this
 * name, and draft-ietf-lamps-pq-composite-sigs-18, id-MLDSA44-Ed25519-SHA512. Keys, seeds and
 * signatures are ML-DSA's part, then Ed25519's. Both sign
 *
 *	prefix || label || octet 0 (the length of an empty context) || SHA-512(message)
 *
 * ML-DSA with the label as its context; both must be good.
 */
#include <string.h>

#include "sig.h"

#define NAME "ssh-mldsa44-ed25519@openssh.com"
#define PREFIX "CompositeAlgorithmSignatures2025"
#define LABEL "COMPSIG-MLDSA44-Ed25519-SHA512"
#define HEAD (sizeof(PREFIX LABEL)) /* the NUL is the octet 0 */
#define PUB (MLDSA44_PUB + 32)
#define SIG (MLDSA44_SIG + 64)

/* 256, as OpenSSH says */
static unsigned mldsa44_bits(struct rd *pub)
{
	struct str s = rd_str(pub);

	return rd_done(pub) && s.len == PUB ? 256 : 0;
}

static void publish(struct key *k)
{
	mldsa44_public(k->u.mldsa44.pub, k->u.mldsa44.seed);
	ed25519_public(k->u.mldsa44.ed_pub, k->u.mldsa44.ed_seed);
}

static int mldsa44_generate(struct key *k, struct rng *r, unsigned bits, void (*tick)(int c))
{
	(void)tick;
	rng_bytes(r, k->u.mldsa44.seed, 32);
	rng_bytes(r, k->u.mldsa44.ed_seed, 32);
	publish(k);
	return !bits || bits == 256;
}

static void mldsa44_put_public(const struct key *k, struct wr *w)
{
	wr_u32(w, PUB);
	wr_bytes(w, k->u.mldsa44.pub, MLDSA44_PUB);
	wr_bytes(w, k->u.mldsa44.ed_pub, 32);
}

/* OpenSSH's: string public, string seeds; Dropbear, which has no such keys: the latter */
static void mldsa44_put(const struct key *k, struct wr *w, enum key_form form)
{
	if (form == KEY_OPENSSH)
		mldsa44_put_public(k, w);
	wr_u32(w, 64);
	wr_bytes(w, k->u.mldsa44.seed, 32);
	wr_bytes(w, k->u.mldsa44.ed_seed, 32);
}

static int mldsa44_get(struct key *k, struct rd *r, enum key_form form)
{
	struct str pub = {0}, seeds;

	if (form == KEY_OPENSSH)
		pub = rd_str(r);
	seeds = rd_str(r);
	if (seeds.len != 64 || (form == KEY_OPENSSH && pub.len != PUB))
		return 0;
	memcpy(k->u.mldsa44.seed, seeds.p, 32);
	memcpy(k->u.mldsa44.ed_seed, seeds.p + 32, 32);
	publish(k);
	return form != KEY_OPENSSH || (ct_eq(k->u.mldsa44.pub, pub.p, MLDSA44_PUB) &
				       ct_eq(k->u.mldsa44.ed_pub, pub.p + MLDSA44_PUB, 32));
}

const struct key_kind key_mldsa44 = {
    .name = NAME,
    .label = "mldsa44-ed25519",
    .fields = 1,
    .bits = mldsa44_bits,
    .generate = mldsa44_generate,
    .put_public = mldsa44_put_public,
    .put = mldsa44_put,
    .get = mldsa44_get,
};

/* what both sign */
static void represent(uint8_t m[HEAD + 64], struct str msg)
{
	struct hash_ctx c;

	memcpy(m, PREFIX LABEL, HEAD);
	hash_init(&c, &hash_sha512);
	hash_add(&c, msg.p, msg.len);
	hash_out(&c, m + HEAD);
}

static int verify_mldsa44(struct rd *key, struct rd *sig, struct str msg)
{
	struct str pub = rd_str(key), s = rd_str(sig);
	uint8_t m[HEAD + 64];

	if (!rd_done(key) || !rd_done(sig) || pub.len != PUB || s.len != SIG)
		return 0;
	represent(m, msg);
	return ed25519_verify(s.p + MLDSA44_SIG, pub.p + MLDSA44_PUB, m, sizeof(m)) == 1 &&
	       mldsa44_verify(s.p, pub.p, LABEL, sizeof(LABEL) - 1, m, sizeof(m)) == 1;
}

/* made where it is written to: there is no place for it on a small stack */
static int sign_mldsa44(const struct key *k, struct wr *w, struct str msg)
{
	uint8_t m[HEAD + 64];

	wr_u32(w, SIG);
	if (w->bad || w->end - w->p < SIG) {
		w->bad = 1;
		return 0;
	}
	represent(m, msg);
	ed25519_sign(w->p + MLDSA44_SIG, k->u.mldsa44.ed_seed, k->u.mldsa44.ed_pub, m, sizeof(m));
	w->p += SIG;
	return mldsa44_sign(w->p - SIG, k->u.mldsa44.seed, LABEL, sizeof(LABEL) - 1, m, sizeof(m));
}

const struct sig sig_mldsa44 = {
    .name = NAME,
    .key_name = NAME,
    .sig_name = NAME,
    .kind = &key_mldsa44,
    .verify = verify_mldsa44,
    .sign = sign_mldsa44,
};
