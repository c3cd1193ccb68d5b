/* key_rsa.c - ssh-rsa keys (RFC 4253 6.6) and their signatures (RFC 8332). */
/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <string.h>

#include "sig.h"

#define BITS_DEFAULT 3072

enum { N, E, D, IQ, P, Q, END };

/* the numbers of a key by their names */
#define NUM(len, bytes)                                                         \
	{                                                                       \
		offsetof(struct rsa_key, len), offsetof(struct rsa_key, bytes), \
		    sizeof(((struct rsa_key *)0)->bytes)                        \
	}
static const struct {
	uint16_t len, at, max;
} nums[] = {
    [N] = NUM(n_len, n),    [E] = NUM(e_len, e), [D] = NUM(d_len, d),
    [IQ] = NUM(iq_len, iq), [P] = NUM(p_len, p), [Q] = NUM(q_len, q),
};

/* private keys, of which Dropbear's starts as the public blob does */
static const uint8_t orders[][7] = {
    [KEY_OPENSSH] = {N, E, D, IQ, P, Q,  END},
    [KEY_DROPBEAR] = {E, N,  D,  P,  Q, END},
};

/* a positive mpint as it must be written, without its sign */
static struct str rd_num(struct rd *r)
{
	struct str s = rd_str(r);
	size_t sign = s.len && !*s.p;

	s.p += sign;
	s.len -= sign;
	r->bad |= !s.len || *s.p >> 7 != sign;
	return s;
}

static uint16_t *len_of(const struct key *k, unsigned i)
{
	return (uint16_t *)((char *)&k->u.rsa + nums[i].len);
}

static uint8_t *bytes_of(const struct key *k, unsigned i)
{
	return (uint8_t *)&k->u.rsa + nums[i].at;
}

/* leading zero bits of the first byte are none of the number's */
static unsigned rsa_bits(struct rd *pub)
{
	struct str e = rd_num(pub), n = rd_num(pub);
	unsigned bits = 8 * (unsigned)n.len;

	if (!rd_done(pub) || !rsa_public_ok(n.p, n.len, e.p, e.len))
		return 0;
	for (unsigned top = *n.p; !(top & 128); top <<= 1)
		bits--;
	return bits;
}

static int generate(struct key *k, struct rng *r, unsigned bits, void (*tick)(int c))
{
	return rsa_generate(&k->u.rsa, r, bits ? bits : BITS_DEFAULT, tick);
}

static void put_nums(const struct key *k, struct wr *w, const uint8_t *which, unsigned n)
{
	for (; n-- && *which != END; which++)
		wr_mpint(w, bytes_of(k, *which), *len_of(k, *which));
}

static void put_public(const struct key *k, struct wr *w)
{
	put_nums(k, w, orders[KEY_DROPBEAR], 2);
}

static void put(const struct key *k, struct wr *w, enum key_form form)
{
	put_nums(k, w, orders[form], END);
}

static int get(struct key *k, struct rd *r, enum key_form form)
{
	const uint8_t *which = orders[form];

	k->u.rsa.iq_len = 0;
	for (; *which != END; which++) {
		struct str s = rd_num(r);

		if (r->bad || s.len > nums[*which].max)
			return 0;
		*len_of(k, *which) = (uint16_t)s.len;
		memcpy(bytes_of(k, *which), s.p, s.len);
	}
	return rsa_whole(&k->u.rsa);
}

const struct key_kind key_rsa = {
    .name = "ssh-rsa",
    .label = "rsa",
    .fields = 2,
    .bits = rsa_bits,
    .generate = generate,
    .put_public = put_public,
    .put = put,
    .get = get,
};

static int verify(struct rd *key, struct rd *sig, struct str msg, const struct hash *h)
{
	struct str e = rd_num(key), n = rd_num(key), s = rd_str(sig);

	return rd_done(key) && rd_done(sig) &&
	       rsa_verify(n.p, n.len, e.p, e.len, h, msg.p, msg.len, s.p, s.len);
}

static int sign(const struct key *k, struct wr *w, struct str msg, const struct hash *h)
{
	uint8_t s[RSA_BYTES];

	if (!rsa_sign(&k->u.rsa, h, msg.p, msg.len, s))
		return 0;
	wr_str(w, s, k->u.rsa.n_len);
	return 1;
}

#define ROWS(hash)                                                                \
	static int verify_##hash(struct rd *key, struct rd *sig, struct str msg)  \
	{                                                                         \
		return verify(key, sig, msg, &hash_##hash);                       \
	}                                                                         \
	static int sign_##hash(const struct key *k, struct wr *w, struct str msg) \
	{                                                                         \
		return sign(k, w, msg, &hash_##hash);                             \
	}
ROWS(sha512)
ROWS(sha256)
ROWS(sha1)

/* RFC 8332 3 */
const struct sig sig_rsa_sha512 = {
    .name = "rsa-sha2-512",
    .key_name = "ssh-rsa",
    .sig_name = "rsa-sha2-512",
    .kind = &key_rsa,
    .verify = verify_sha512,
    .sign = sign_sha512,
};

const struct sig sig_rsa_sha256 = {
    .name = "rsa-sha2-256",
    .key_name = "ssh-rsa",
    .sig_name = "rsa-sha2-256",
    .kind = &key_rsa,
    .verify = verify_sha256,
    .sign = sign_sha256,
};

const struct sig sig_ssh_rsa = {
    .name = "ssh-rsa",
    .key_name = "ssh-rsa",
    .sig_name = "ssh-rsa",
    .kind = &key_rsa,
    .off = OFF_WEAK(0, CFG_WEAK_SSH_RSA),
    .verify = verify_sha1,
    .sign = sign_sha1,
};
