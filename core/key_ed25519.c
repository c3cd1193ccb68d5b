/* key_ed25519.c - ssh-ed25519 keys and signatures (RFC 8709). */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "sig.h"

/* RFC 8709 4 */
static unsigned ed25519_bits(struct rd *pub)
{
	struct str s = rd_str(pub);

	return rd_done(pub) && s.len == 32 ? 256 : 0;
}

static int ed25519_generate(struct key *k, struct rng *r, unsigned bits, void (*tick)(int c))
{
	(void)tick;
	rng_bytes(r, k->u.ed25519.seed, 32);
	ed25519_public(k->u.ed25519.pub, k->u.ed25519.seed);
	return !bits || bits == 256;
}

static void ed25519_put_public(const struct key *k, struct wr *w)
{
	wr_str(w, k->u.ed25519.pub, 32);
}

/* OpenSSH's: string public, string seed || public; Dropbear's: the latter */
static void ed25519_put(const struct key *k, struct wr *w, enum key_form form)
{
	if (form == KEY_OPENSSH)
		wr_str(w, k->u.ed25519.pub, 32);
	wr_u32(w, 64);
	wr_bytes(w, k->u.ed25519.seed, 32);
	wr_bytes(w, k->u.ed25519.pub, 32);
}

static int ed25519_get(struct key *k, struct rd *r, enum key_form form)
{
	struct str pub = {0}, both;
	int same = 1;

	if (form == KEY_OPENSSH)
		pub = rd_str(r);
	both = rd_str(r);
	if (both.len != 64 || (form == KEY_OPENSSH && pub.len != 32))
		return 0;
	memcpy(k->u.ed25519.seed, both.p, 32);
	ed25519_public(k->u.ed25519.pub, k->u.ed25519.seed);
	same &= ct_eq(k->u.ed25519.pub, both.p + 32, 32);
	if (form == KEY_OPENSSH)
		same &= ct_eq(k->u.ed25519.pub, pub.p, 32);
	return same;
}

const struct key_kind key_ed25519 = {
    .name = "ssh-ed25519",
    .label = "ed25519",
    .fields = 1,
    .bits = ed25519_bits,
    .generate = ed25519_generate,
    .put_public = ed25519_put_public,
    .put = ed25519_put,
    .get = ed25519_get,
};

/* RFC 8709 6 */
static int verify_ed25519(struct rd *key, struct rd *sig, struct str msg)
{
	struct str pub = rd_str(key), s = rd_str(sig);

	if (!rd_done(key) || !rd_done(sig) || pub.len != 32 || s.len != 64)
		return 0;
	return ed25519_verify(s.p, pub.p, msg.p, msg.len) == 1;
}

static int sign_ed25519(const struct key *k, struct wr *w, struct str msg)
{
	uint8_t s[64];

	ed25519_sign(s, k->u.ed25519.seed, k->u.ed25519.pub, msg.p, msg.len);
	wr_str(w, s, sizeof(s));
	return 1;
}

const struct sig sig_ed25519 = {
    .name = "ssh-ed25519",
    .key_name = "ssh-ed25519",
    .sig_name = "ssh-ed25519",
    .kind = &key_ed25519,
    .verify = verify_ed25519,
    .sign = sign_ed25519,
};
