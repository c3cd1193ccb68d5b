/* cert.c - certificates (OpenSSH's PROTOCOL.certkeys). */
/* SPDX-License-Identifier: MIT */
#include "cert.h"

#include <string.h>

#include "match.h"
#include "pubkey.h"

/* the first row whose blobs have that name; cert: of certificates, else of plain keys */
static const struct sig *row_of(struct str name, int cert)
{
	for (const struct sig *const *s = cert ? sigs : sigs + CERT_ROWS; *s; s++)
		if (str_is(name, (*s)->key_name))
			return *s;
	return NULL;
}

/* names in order, so none twice */
static int options_ok(struct str list)
{
	struct str last = {0}, name, data;
	size_t at = 0, n;
	int d;

	while (cert_option(list, &at, &name, &data)) {
		n = last.len < name.len ? last.len : name.len;
		d = n ? memcmp(last.p, name.p, n) : 0;
		if (d > 0 || (!d && last.len >= name.len))
			return 0;
		last = name;
	}
	return at == list.len;
}

int cert_read(struct cert *c, struct str blob)
{
	struct rd r = rd_init(blob), key;
	struct str list, name;
	unsigned i;

	c->row = row_of(rd_str(&r), 1);
	if (!c->row || !c->row->plain)
		return 0;
	rd_str(&r); /* nonce */
	key = r;
	for (i = 0; i < c->row->kind->fields; i++)
		rd_str(&r);
	key.end = r.p;
	key.bad = r.bad;
	c->fields = (struct str){key.p, (size_t)(r.p - key.p)};
	c->serial = rd_u64(&r);
	c->type = rd_u32(&r);
	c->id = rd_str(&r);
	c->principals = rd_str(&r);
	c->after = rd_u64(&r);
	c->before = rd_u64(&r);
	c->critical = rd_str(&r);
	c->extensions = rd_str(&r);
	rd_str(&r); /* reserved */
	c->ca = rd_str(&r);
	c->body = (struct str){blob.p, (size_t)(r.p - blob.p)};
	c->sig = rd_str(&r);
	list = c->principals;
	while (cert_next(&list, &name))
		if (memchr(name.p, 0, name.len))
			return 0;
	return rd_done(&r) && !list.len && c->row->kind->bits(&key) && options_ok(c->critical) &&
	       options_ok(c->extensions) && (c->type == CERT_USER || c->type == CERT_HOST);
}

int cert_signed(const struct cert *c, const char *algs)
{
	struct str alg = pubkey_name(c->sig); /* it begins in the same way */
	const struct sig *s = sig_find(alg);

	if (!s || s->plain || s->off || (algs && *algs && !list_has(str_of(algs), alg)))
		return 0;
	return sig_verify(s, c->ca, c->sig, c->body);
}

void cert_plain(const struct cert *c, struct wr *w)
{
	wr_strz(w, c->row->kind->name);
	wr_bytes(w, c->fields.p, c->fields.len);
}

int cert_is_of(const struct cert *c, struct str plain)
{
	struct rd r = rd_init(plain);

	return str_is(rd_str(&r), c->row->kind->name) &&
	       str_eq((struct str){r.p, rd_left(&r)}, c->fields);
}

int cert_next(struct str *list, struct str *name)
{
	struct rd r = rd_init(*list);

	*name = rd_str(&r);
	if (r.bad)
		return 0;
	*list = (struct str){r.p, rd_left(&r)};
	return 1;
}

int cert_principal(const struct cert *c, struct str name, int patterns)
{
	struct str list = c->principals, one;

	while (cert_next(&list, &one))
		if (patterns ? match_glob(name, one) : str_eq(name, one))
			return 1;
	return 0;
}

int cert_option(struct str list, size_t *at, struct str *name, struct str *data)
{
	struct rd r = rd_init((struct str){list.p + *at, list.len - *at}), in;
	struct str text;

	if (!rd_left(&r))
		return 0;
	*name = rd_str(&r);
	*data = rd_str(&r);
	if (r.bad)
		return 0;
	*at = list.len - rd_left(&r);
	if (!data->len) {
		*data = (struct str){0};
		return 1;
	}
	in = rd_init(*data);
	text = rd_str(&in);
	if (!rd_done(&in))
		return 2;
	*data = text;
	return 1;
}

const char *cert_time(const struct cert *c, int64_t now)
{
	return (uint64_t)now < c->after     ? "it is not yet valid"
	       : (uint64_t)now >= c->before ? "it has expired"
					    : NULL;
}

const char *cert_wrong(const struct cert *c, enum cert_type type, const char *algs, int64_t now)
{
	if (c->type != type)
		return type == CERT_USER ? "it is a host's" : "it is a user's";
	if (!cert_signed(c, algs))
		return "its signature is not good";
	return cert_time(c, now);
}
