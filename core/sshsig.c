/* sshsig.c - signatures of files (OpenSSH's PROTOCOL.sshsig). */
/* SPDX-License-Identifier: MIT */
#include "sshsig.h"

#define MAGIC "SSHSIG"
#define VERSION 1

const struct hash *sshsig_hash(struct str name)
{
	return str_is(name, "sha512") ? &hash_sha512 : str_is(name, "sha256") ? &hash_sha256 : NULL;
}

static void put_spaces(struct wr *w, const struct sshsig *s)
{
	wr_str(w, s->space.p, s->space.len);
	wr_u32(w, 0); /* reserved */
	wr_str(w, s->hash_name.p, s->hash_name.len);
}

void sshsig_message(struct wr *w, const struct sshsig *s, const uint8_t *digest)
{
	wr_bytes(w, MAGIC, sizeof(MAGIC) - 1);
	put_spaces(w, s);
	wr_str(w, digest, s->hash->out_len);
}

void sshsig_put(struct wr *w, const struct sshsig *s)
{
	wr_bytes(w, MAGIC, sizeof(MAGIC) - 1);
	wr_u32(w, VERSION);
	wr_str(w, s->key.p, s->key.len);
	put_spaces(w, s);
	wr_str(w, s->sig.p, s->sig.len);
}

int sshsig_read(struct sshsig *s, struct str blob)
{
	struct rd r = rd_init(blob);

	r.bad |= !str_is(rd_bytes(&r, sizeof(MAGIC) - 1), MAGIC);
	r.bad |= rd_u32(&r) != VERSION;
	s->key = rd_str(&r);
	s->space = rd_str(&r);
	rd_str(&r); /* reserved */
	s->hash_name = rd_str(&r);
	s->sig = rd_str(&r);
	s->hash = sshsig_hash(s->hash_name);
	return rd_done(&r) && s->space.len && s->hash;
}

int sshsig_verify(const struct sshsig *s, const uint8_t *digest)
{
	struct rd key = rd_init(s->key), sig = rd_init(s->sig);
	struct str name = rd_str(&key), alg = rd_str(&sig);
	uint8_t room[512 + HASH_MAX];
	struct wr w = wr_init(room, sizeof(room));
	int i;

	sshsig_message(&w, s, digest);
	for (i = 0; !w.bad && sigs[i]; i++)
		if (!sigs[i]->off && str_is(name, sigs[i]->key_name) &&
		    str_is(alg, sigs[i]->sig_name))
			return sig_verify(sigs[i], s->key, s->sig, (struct str){room, wr_len(&w)});
	return 0;
}
