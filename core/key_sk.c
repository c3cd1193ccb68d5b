/* key_sk.c - keys that live in a FIDO token, verified (PROTOCOL.u2f). */
/* SPDX-License-Identifier: MIT */
/*
 * Their blobs are those of the plain kinds with the application behind, their
 * signatures those of the plain kinds over hashes, flags and counter. Whether
 * the flags are good enough is for who asks sig_flags.
 */
#include "sig.h"

/* cuts the fields of the plain kind off the front of the blob, and the application behind them */
static struct rd plain_key(const struct key_kind *plain, struct rd *key, struct str *app)
{
	struct rd r = *key;

	for (unsigned i = 0; i < plain->fields; i++)
		rd_str(key);
	r.end = key->p;
	r.bad = key->bad;
	*app = rd_str(key);
	return r;
}

static unsigned sk_bits(const struct key_kind *plain, struct rd *pub)
{
	struct str app;
	struct rd r = plain_key(plain, pub, &app);

	return rd_done(pub) ? plain->bits(&r) : 0;
}

static void add_sha256(struct wr *w, struct str s)
{
	struct hash_ctx c;
	uint8_t h[32];

	hash_init(&c, &hash_sha256);
	hash_add(&c, s.p, s.len);
	hash_out(&c, h);
	wr_bytes(w, h, sizeof(h));
}

static int verify_sk(const struct sig *plain, struct rd *key, struct rd *sig, struct str msg)
{
	uint8_t mem[32 + 5 + 32];
	struct wr w = wr_init(mem, sizeof(mem));
	struct rd s = *sig;
	struct str app, state;
	struct rd k = plain_key(plain->kind, key, &app);

	rd_str(sig);
	s.end = sig->p;
	state = rd_bytes(sig, 5); /* u8 flags, u32 counter */
	if (!rd_done(key) || !rd_done(sig))
		return 0;
	add_sha256(&w, app);
	wr_bytes(&w, state.p, state.len);
	add_sha256(&w, msg);
	return plain->verify(&k, &s, (struct str){mem, sizeof(mem)});
}

#define ROWS(ID, PLAIN, NAME, LABEL, FIELDS, CURVE)                            \
	static unsigned bits_##ID(struct rd *pub)                              \
	{                                                                      \
		return sk_bits(&key_##PLAIN, pub);                             \
	}                                                                      \
	static int verify_##ID(struct rd *key, struct rd *sig, struct str msg) \
	{                                                                      \
		return verify_sk(&sig_##PLAIN, key, sig, msg);                 \
	}                                                                      \
	const struct key_kind key_sk_##ID = {                                  \
	    .name = NAME,                                                      \
	    .label = LABEL,                                                    \
	    .fields = (FIELDS),                                                \
	    .curve = (CURVE),                                                  \
	    .bits = bits_##ID,                                                 \
	};                                                                     \
	const struct sig sig_sk_##ID = {                                       \
	    .name = NAME,                                                      \
	    .key_name = NAME,                                                  \
	    .sig_name = NAME,                                                  \
	    .kind = &key_sk_##ID,                                              \
	    .sk = 1,                                                           \
	    .verify = verify_##ID,                                             \
	};

ROWS(ed25519, ed25519, "sk-ssh-ed25519@openssh.com", "ed25519-sk", 2, NULL)
ROWS(ecdsa, ecdsa256, "sk-ecdsa-sha2-nistp256@openssh.com", "ecdsa-sk", 3, &ec_p256)
