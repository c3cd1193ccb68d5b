/* sig.c - signature algorithms: their names, and the shape of what they sign and verify. */
/* SPDX-License-Identifier: MIT */
#include "sig.h"
#include "config.h"

/* clang-format off */
const struct sig *const sigs[] = {
	USE_CERTS(&sig_ed25519_cert,)
	USE_CERT_ECDSA(&sig_ecdsa256_cert,)
	USE_CERT_ECDSA(&sig_ecdsa384_cert,)
	USE_CERT_ECDSA(&sig_ecdsa521_cert,)
	USE_CERT_SK(&sig_sk_ed25519_cert,)
	USE_CERT_SK(&sig_sk_ecdsa_cert,)
	USE_CERT_RSA(&sig_rsa_sha512_cert,)
	USE_CERT_RSA(&sig_rsa_sha256_cert,)
	USE_CERT_MLDSA44(&sig_mldsa44_cert,)
	&sig_ed25519,
	USE_KEY_ECDSA(&sig_ecdsa256,)
	USE_KEY_ECDSA(&sig_ecdsa384,)
	USE_KEY_ECDSA(&sig_ecdsa521,)
	USE_KEY_SK(&sig_sk_ed25519,)
	USE_KEY_SK(&sig_sk_ecdsa,)
	USE_KEY_RSA(&sig_rsa_sha512,)
	USE_KEY_RSA(&sig_rsa_sha256,)
	USE_KEY_MLDSA44(&sig_mldsa44,)
	USE_WEAK_SSH_RSA(&sig_ssh_rsa,)
	NULL,
};
/* clang-format on */

const struct sig *sig_find(struct str name)
{
	for (const struct sig *const *s = sigs; *s; s++)
		if (str_is(name, (*s)->name))
			return *s;
	return NULL;
}

/* the fields of the public key in a blob: behind the name, in a certificate behind its nonce */
static struct rd fields(const struct sig *s, struct str blob)
{
	struct rd r = rd_init(blob), key;
	unsigned i;

	r.bad |= !str_is(rd_str(&r), s->key_name);
	if (CFG_CERTS && s->plain)
		rd_str(&r);
	key = r;
	for (i = 0; i < s->kind->fields; i++)
		rd_str(&r);
	if (CFG_CERTS && s->plain)
		key.end = r.p; /* what else is in it, cert.c has read */
	key.bad = r.bad;
	return key;
}

int sig_verify(const struct sig *s, struct str blob, struct str sig, struct str msg)
{
	struct rd key = fields(s, blob), r = rd_init(sig);

	if (key.bad || !str_is(rd_str(&r), s->sig_name))
		return 0;
	if (CFG_CERTS && s->plain)
		s = s->plain;
	return s->verify(&key, &r, msg) == 1;
}

unsigned sig_flags(const struct sig *s, struct str sig)
{
	return CFG_KEY_SK && s->sk && sig.len > 5 ? sig.p[sig.len - 5] : SK_TOUCHED | SK_VERIFIED;
}

int key_sign(const struct key *k, const struct sig *s, struct wr *w, struct str msg)
{
	if (CFG_CERTS && s->plain)
		s = s->plain;
	if (k->kind != s->kind || !s->sign)
		return 0;
	wr_strz(w, s->sig_name);
	return s->sign(k, w, msg) == 1 && !w->bad;
}
