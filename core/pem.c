/* pem.c - private keys in PEM: PKCS#1 (RFC 8017 A.1.2), SEC 1 (RFC 5915), PKCS#8 (RFC 5958). */
/* SPDX-License-Identifier: MIT */
/*
 * Which of them it is shows in what follows the version: a number, an octet string, or
 * an AlgorithmIdentifier. What the text's label says of that is not needed.
 */
#include <string.h>

#include "config.h"
#include "der.h"
#include "keyfile_parts.h"

#define COLUMN 64

/* n e d p q, d mod p - 1 and q - 1, 1/q mod p */
static enum keyfile_err read_rsa(struct key *k, struct rd *r)
{
	struct str num[8];

	if (!CFG_KEY_RSA)
		return KEYFILE_TYPE;
	for (int i = 0; i < 8; i++) {
		if (i == 5 && rd_done(r)) /* DSA has no more */
			return KEYFILE_TYPE;
		num[i] = der_take(r, DER_INTEGER);
	}
	if (!rd_done(r))
		return KEYFILE_BAD;
	num[5] = num[4];
	num[4] = num[3];
	num[3] = num[7];
	k->kind = &key_rsa;
	return key_compose(k, num, 6);
}

/* kind: as an AlgorithmIdentifier says, NULL: there is none */
static enum keyfile_err read_ec(struct key *k, struct rd *r, const struct key_kind *kind)
{
	uint8_t x[1 + EC_BYTES] = {0}, pub[1 + 2 * EC_BYTES];
	struct str num[3], secret = der_take(r, DER_OCTETS);
	enum keyfile_err e = KEYFILE_BAD;
	const struct ec_curve *c;
	const uint8_t *p = x;

	if (der_next(r, DER_0)) {
		k->kind = der_kind(der_take(r, DER_0), DER_CURVE);
		if (kind && kind != k->kind)
			return KEYFILE_BAD;
	} else {
		k->kind = kind;
	}
	if (!CFG_KEY_ECDSA || !k->kind || !k->kind->curve)
		return KEYFILE_TYPE;
	c = k->kind->curve;
	if (secret.len > c->len)
		return KEYFILE_BAD;
	memcpy(x + 1 + c->len - secret.len, secret.p, secret.len);
	num[0] = str_of(c->name);
	if (der_next(r, DER_1)) {
		struct rd in = rd_init(der_take(r, DER_1));

		in = rd_init(der_take(&in, DER_BITS));
		in.bad |= rd_u8(&in); /* bits that do not count */
		num[1] = rd_bytes(&in, rd_left(&in));
		r->bad |= in.bad;
	} else {
		num[1] = (struct str){pub, 1 + 2 * (size_t)c->len};
		r->bad |= !ec_public(c, x + 1, pub);
	}
	if (rd_done(r)) {
		while (p < x + c->len && !p[0] && !(p[1] & 0x80)) /* as an mpint is */
			p++;
		num[2] = (struct str){p, (size_t)(x + 1 + c->len - p)};
		e = key_compose(k, num, 3);
	}
	wipe(x, sizeof(x));
	return e;
}

static enum keyfile_err read_pkcs8(struct key *k, struct rd *r)
{
	const struct key_kind *kind = der_kind(der_take(r, DER_SEQUENCE), 0);
	struct rd in = rd_init(der_take(r, DER_OCTETS));

	if (r->bad) /* attributes and a public key may follow, and are not needed */
		return KEYFILE_BAD;
	if (!kind)
		return KEYFILE_TYPE;
	if (kind == &key_ed25519) { /* RFC 8410 7 */
		struct str seed = der_take(&in, DER_OCTETS);

		k->kind = kind;
		return rd_done(&in) && seed.len == 32 ? key_compose_ed25519(k, seed) : KEYFILE_BAD;
	}
	in = rd_init(der_take(&in, DER_SEQUENCE));
	der_take(&in, DER_INTEGER);
	return kind->curve ? read_ec(k, &in, kind) : read_rsa(k, &in);
}

enum keyfile_err pem_read(struct key *k, struct str der)
{
	struct rd all = rd_init(der), r = rd_init(der_take(&all, DER_SEQUENCE));
	struct str version = der_take(&r, DER_INTEGER);

	if (!rd_done(&all) || version.len != 1)
		return KEYFILE_BAD;
	if (der_next(&r, DER_SEQUENCE))
		return read_pkcs8(k, &r);
	return der_next(&r, DER_OCTETS) ? read_ec(k, &r, NULL) : read_rsa(k, &r);
}

static void put_version(struct der *d, uint8_t v, const uint8_t *end)
{
	der_number(d, &v, 1);
	der_head(d, DER_SEQUENCE, end);
}

static void put_rsa(struct der *d, const struct rsa_key *k, const uint8_t *end)
{
	uint8_t part[RSA_FACTOR];

	der_number(d, k->iq, k->iq_len);
	rsa_exponent(part, k, k->q, k->q_len);
	der_number(d, part, k->q_len);
	rsa_exponent(part, k, k->p, k->p_len);
	der_number(d, part, k->p_len);
	der_number(d, k->q, k->q_len);
	der_number(d, k->p, k->p_len);
	der_number(d, k->d, k->d_len);
	der_number(d, k->e, k->e_len);
	der_number(d, k->n, k->n_len);
	put_version(d, 0, end);
	wipe(part, sizeof(part));
}

static void put_ec(struct der *d, const struct key *k, int pkcs8, const uint8_t *end)
{
	const struct ec_curve *c = k->kind->curve;
	struct str id = der_id(k->kind);

	der_put(d, k->u.ec.pub, 1 + 2 * (size_t)c->len);
	der_put(d, "", 1);
	der_head(d, DER_BITS, end);
	der_head(d, DER_1, end);
	if (!pkcs8) /* there the identifier says it */
		der_element(d, DER_0, id.p + DER_CURVE, id.len - DER_CURVE);
	der_element(d, DER_OCTETS, k->u.ec.x, c->len);
	put_version(d, 1, end);
}

int pem_write(struct wr *w, const struct key *k, int pkcs8)
{
	struct der d = {w->p, w->end, w->bad};
	struct str id = der_id(k->kind);
	const char *label;

	if (CFG_KEY_RSA && k->kind == &key_rsa) {
		label = "RSA PRIVATE KEY";
		put_rsa(&d, &k->u.rsa, w->end);
	} else if (CFG_KEY_ECDSA && id.len && k->kind->curve) {
		label = "EC PRIVATE KEY";
		put_ec(&d, k, pkcs8, w->end);
	} else if (pkcs8 && k->kind == &key_ed25519) {
		der_element(&d, DER_OCTETS, k->u.ed25519.seed, 32);
	} else {
		return 0;
	}
	if (pkcs8) {
		label = "PRIVATE KEY";
		der_head(&d, DER_OCTETS, w->end);
		der_element(&d, DER_SEQUENCE, id.p, id.len);
		put_version(&d, 0, w->end);
	}
	w->bad |= d.bad;
	text_put(w, label, COLUMN, (struct str){d.p, (size_t)(w->end - d.p)});
	return 1;
}
