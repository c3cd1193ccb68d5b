/* pubtext.c - public keys in other people's formats: RFC 4716, PEM. */
/* SPDX-License-Identifier: MIT */
#include "pubtext.h"

#include <string.h>

#include "base64.h"
#include "der.h"
#include "keyfile_parts.h"

#define SSH2_BEGIN "---- BEGIN SSH2 PUBLIC KEY ----"
#define SSH2_END "---- END SSH2 PUBLIC KEY ----"

/* RFC 4716 3: headers, which a backslash continues, then base64 up to the mark; 0: not so */
static size_t read_ssh2(uint8_t *out, struct str s)
{
	uint8_t *p = (uint8_t *)s.p;
	size_t n = 0;
	int header = 0;

	text_line(&s);
	while (s.len) {
		struct str l = text_line(&s);

		if (text_begins(l, "----"))
			return n <= KEY_BLOB_MAX / 3 * 4 && base64_decode(out, &n, p, n) ? n : 0;
		header |= memchr(l.p, ':', l.len) != NULL;
		if (!header) {
			memmove(p + n, l.p, l.len);
			n += l.len;
		}
		header &= l.len && l.p[l.len - 1] == '\\';
	}
	return 0;
}

/* the fields of an RSA key: SEQUENCE { n, e } */
static void read_rsa(struct wr *w, struct rd *r)
{
	struct rd in = rd_init(der_take(r, DER_SEQUENCE));
	struct str n = der_take(&in, DER_INTEGER), e = der_take(&in, DER_INTEGER);

	w->bad |= !rd_done(&in) || !rd_done(r);
	wr_mpint(w, e.p, e.len);
	wr_mpint(w, n.p, n.len);
}

static void read_info(struct wr *w, struct rd *r)
{
	struct rd in = rd_init(der_take(r, DER_SEQUENCE)), bits;
	const struct key_kind *kind = der_kind(der_take(&in, DER_SEQUENCE), 0);
	struct str all = der_take(&in, DER_BITS);

	w->bad |= !kind || !rd_done(&in) || !rd_done(r) || !all.len || *all.p;
	if (w->bad)
		return;
	wr_strz(w, kind->name);
	if (CFG_KEY_RSA && kind == &key_rsa) {
		bits = rd_init((struct str){all.p + 1, all.len - 1});
		read_rsa(w, &bits);
		return;
	}
	if (kind->curve)
		wr_strz(w, kind->curve->name);
	wr_str(w, all.p + 1, all.len - 1);
}

size_t pubtext_read(uint8_t out[KEY_BLOB_MAX], uint8_t *p, size_t n)
{
	struct wr w = wr_init(out, KEY_BLOB_MAX);
	struct str s = {p, n}, label, der;
	struct rd r;

	if (text_begins(s, SSH2_BEGIN)) {
		n = read_ssh2(out, s);
	} else {
		if (!text_begin(&s, &label) || !text_body(&der, s, label))
			return 0;
		r = rd_init(der);
		if (str_is(label, "PUBLIC KEY")) {
			read_info(&w, &r);
		} else if (CFG_KEY_RSA && str_is(label, "RSA PUBLIC KEY")) {
			wr_strz(&w, key_rsa.name);
			read_rsa(&w, &r);
		} else {
			w.bad = 1;
		}
		n = w.bad ? 0 : wr_len(&w);
	}
	return pubkey_bits((struct str){out, n}) ? n : 0;
}

/* what is in the bits of a key's SubjectPublicKeyInfo; 0: there is no such form */
static int put_bits(struct der *d, struct str blob, const struct key_kind *kind)
{
	struct rd r = rd_init(blob);
	struct str one, two;
	const uint8_t *end = d->p;

	rd_str(&r);
	one = rd_str(&r);
	two = rd_str(&r);
	if (CFG_KEY_RSA && kind == &key_rsa) {
		der_number(d, one.p, one.len);
		der_number(d, two.p, two.len);
		der_head(d, DER_SEQUENCE, end);
		return 1;
	}
	if (kind->curve)
		one = two;
	der_put(d, one.p, one.len);
	return 1;
}

static int write_pem(struct wr *w, struct str blob, int pkcs8)
{
	const struct key_kind *kind = key_kind_find(pubkey_name(blob));
	struct str id = der_id(kind);
	uint8_t room[640];
	struct der d = {room, room + sizeof(room), 0};
	const uint8_t *end = d.p;

	/* OpenSSH writes ed25519 in neither form */
	if (!id.len || (!kind->curve && !(CFG_KEY_RSA && kind == &key_rsa)))
		return 0;
	put_bits(&d, blob, kind);
	pkcs8 |= !!kind->curve;
	if (pkcs8) {
		der_put(&d, "", 1); /* of the last byte all bits count */
		der_head(&d, DER_BITS, end);
		der_element(&d, DER_SEQUENCE, id.p, id.len);
		der_head(&d, DER_SEQUENCE, end);
	}
	text_put(w, pkcs8 ? "PUBLIC KEY" : "RSA PUBLIC KEY", 64,
		 (struct str){d.p, (size_t)(end - d.p)});
	return !d.bad;
}

int pubtext_write(struct wr *w, struct str blob, enum pubtext form, struct str comment)
{
	/* the lines alone are wanted of what text_put writes */
	const size_t head = sizeof("-----BEGIN -----\n") - 1, tail = sizeof("-----END -----\n") - 1;
	uint8_t *lines;

	if (form != PUBTEXT_RFC4716)
		return write_pem(w, blob, form == PUBTEXT_PKCS8);
	wr_bytes(w, SSH2_BEGIN "\nComment: \"", sizeof(SSH2_BEGIN "\nComment: \"") - 1);
	wr_bytes(w, comment.p, comment.len);
	wr_bytes(w, "\"\n", 2);
	lines = w->p;
	text_put(w, "", 70, blob);
	if (!w->bad) {
		size_t n = (size_t)(w->p - lines) - head - tail;

		memmove(lines, lines + head, n);
		w->p = lines + n;
	}
	wr_bytes(w, SSH2_END "\n", sizeof(SSH2_END));
	return 1;
}
