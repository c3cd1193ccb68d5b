/* key_ecdsa.c - ecdsa-sha2-nistp256, 384 and 521: keys and signatures (RFC 5656). */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "sig.h"

#define SIG_BYTES (2 * 66) /* r and s, at most */

/* string curve, string point (RFC 5656 3.1); an empty one where it is another curve's */
static struct str point(const struct ec_curve *c, struct rd *r)
{
	struct str name = rd_str(r), q = rd_str(r);

	return str_is(name, c->name) && q.len == 1 + 2u * c->len ? q : (struct str){0};
}

static unsigned ecdsa_bits(const struct ec_curve *c, struct rd *pub)
{
	struct str q = point(c, pub);

	return rd_done(pub) && ec_point_ok(c, q.p, q.len) ? c->bits : 0;
}

static int ecdsa_generate(struct key *k, struct rng *r, unsigned bits, void (*tick)(int c))
{
	const struct ec_curve *c = k->kind->curve;

	(void)tick;
	return ec_generate(c, r, k->u.ec.x, k->u.ec.pub) && (!bits || bits == c->bits);
}

static void ecdsa_put_public(const struct key *k, struct wr *w)
{
	const struct ec_curve *c = k->kind->curve;

	wr_strz(w, c->name);
	wr_str(w, k->u.ec.pub, 1 + 2 * c->len);
}

/* both formats: the public fields, mpint secret */
static void ecdsa_put(const struct key *k, struct wr *w, enum key_form form)
{
	(void)form;
	ecdsa_put_public(k, w);
	wr_mpint(w, k->u.ec.x, k->kind->curve->len);
}

static int ecdsa_get(struct key *k, struct rd *r, enum key_form form)
{
	const struct ec_curve *c = k->kind->curve;
	struct str q = point(c, r);

	(void)form;
	rd_number(r, k->u.ec.x, c->len);
	return q.len && !r->bad && ec_public(c, k->u.ec.x, k->u.ec.pub) &&
	       !memcmp(k->u.ec.pub, q.p, q.len);
}

/* RFC 5656 3.1.2: string of mpint r, mpint s */
static int verify_ecdsa(const struct ec_curve *c, struct rd *key, struct rd *sig, struct str msg)
{
	struct str q = point(c, key);
	struct rd rs = rd_init(rd_str(sig));
	uint8_t s[SIG_BYTES];

	if (!rd_done(key) || !rd_done(sig) || !q.len)
		return 0;
	rd_number(&rs, s, c->len);
	rd_number(&rs, s + c->len, c->len);
	return rd_done(&rs) && ecdsa_verify(c, q.p, msg.p, msg.len, s);
}

static int sign_ecdsa(const struct key *k, struct wr *w, struct str msg)
{
	const struct ec_curve *c = k->kind->curve;
	uint8_t s[SIG_BYTES];
	uint8_t *len = wr_open(w);
	int ok = ecdsa_sign(c, k->u.ec.x, msg.p, msg.len, s);

	wr_mpint(w, s, c->len);
	wr_mpint(w, s + c->len, c->len);
	wr_close(w, len);
	return ok;
}

#define ROWS(BITS)                                                               \
	static unsigned bits_##BITS(struct rd *pub)                              \
	{                                                                        \
		return ecdsa_bits(&ec_p##BITS, pub);                             \
	}                                                                        \
	static int verify_##BITS(struct rd *key, struct rd *sig, struct str msg) \
	{                                                                        \
		return verify_ecdsa(&ec_p##BITS, key, sig, msg);                 \
	}                                                                        \
	const struct key_kind key_ecdsa##BITS = {                                \
	    .name = "ecdsa-sha2-nistp" #BITS,                                    \
	    .label = "ecdsa",                                                    \
	    .fields = 2,                                                         \
	    .curve = &ec_p##BITS,                                                \
	    .bits = bits_##BITS,                                                 \
	    .generate = ecdsa_generate,                                          \
	    .put_public = ecdsa_put_public,                                      \
	    .put = ecdsa_put,                                                    \
	    .get = ecdsa_get,                                                    \
	};                                                                       \
	const struct sig sig_ecdsa##BITS = {                                     \
	    .name = "ecdsa-sha2-nistp" #BITS,                                    \
	    .key_name = "ecdsa-sha2-nistp" #BITS,                                \
	    .sig_name = "ecdsa-sha2-nistp" #BITS,                                \
	    .kind = &key_ecdsa##BITS,                                            \
	    .verify = verify_##BITS,                                             \
	    .sign = sign_ecdsa,                                                  \
	};

ROWS(256)
ROWS(384)
ROWS(521)
