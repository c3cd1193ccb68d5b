/* sig.c - signature algorithms: their names, and the shape of what they sign and verify. */
/* SPDX-License-Identifier: MIT */
#include "sig.h"

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

static const struct sig sig_ed25519 = {
    .name = "ssh-ed25519",
    .key_name = "ssh-ed25519",
    .sig_name = "ssh-ed25519",
    .kind = &key_ed25519,
    .verify = verify_ed25519,
    .sign = sign_ed25519,
};

const struct sig *const sigs[] = {&sig_ed25519, NULL};

const struct sig *sig_find(struct str name)
{
	for (const struct sig *const *s = sigs; *s; s++)
		if (str_is(name, (*s)->name))
			return *s;
	return NULL;
}

int sig_verify(const struct sig *s, struct str blob, struct str sig, struct str msg)
{
	struct rd key = rd_init(blob), r = rd_init(sig);

	if (!str_is(rd_str(&key), s->key_name) || !str_is(rd_str(&r), s->sig_name))
		return 0;
	return s->verify(&key, &r, msg) == 1;
}

int key_sign(const struct key *k, const struct sig *s, struct wr *w, struct str msg)
{
	if (k->kind != s->kind)
		return 0;
	wr_strz(w, s->sig_name);
	return s->sign(k, w, msg) == 1 && !w->bad;
}
