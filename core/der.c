/* der.c - the little of DER (X.690) that keys are written in. */
/* SPDX-License-Identifier: MIT */
#include "der.h"

#include <string.h>

#define ID_EC "\x06\x07\x2a\x86\x48\xce\x3d\x02\x01" /* RFC 5480 2.1.1 */
#define ID(bytes) sizeof(bytes) - 1, bytes

/* clang-format off */
static const struct {
	const struct key_kind *kind;
	uint8_t len;
	char id[20];
} ids[] = {
	{&key_ed25519, ID("\x06\x03\x2b\x65\x70")}, /* RFC 8410 3 */
	/* RFC 8017 A.1; its parameters are NULL */
	USE_KEY_RSA({&key_rsa, ID("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00")},)
	USE_KEY_ECDSA({&key_ecdsa256, ID(ID_EC "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07")},)
	USE_KEY_ECDSA({&key_ecdsa384, ID(ID_EC "\x06\x05\x2b\x81\x04\x00\x22")},)
	USE_KEY_ECDSA({&key_ecdsa521, ID(ID_EC "\x06\x05\x2b\x81\x04\x00\x23")},)
};
/* clang-format on */

#define IDS (sizeof(ids) / sizeof(*ids))

struct str der_id(const struct key_kind *kind)
{
	for (size_t i = 0; i < IDS; i++)
		if (ids[i].kind == kind)
			return (struct str){(const uint8_t *)ids[i].id, ids[i].len};
	return (struct str){0};
}

const struct key_kind *der_kind(struct str id, size_t skip)
{
	for (size_t i = 0; i < IDS; i++)
		if (id.len + skip == ids[i].len && !memcmp(id.p, ids[i].id + skip, id.len))
			return ids[i].kind;
	return NULL;
}

int der_next(const struct rd *r, uint8_t tag)
{
	return rd_left(r) && *r->p == tag;
}

struct str der_take(struct rd *r, uint8_t tag)
{
	size_t n, more;

	r->bad |= rd_u8(r) != tag;
	n = rd_u8(r);
	if (n >= 0x80) { /* the shortest form that holds it */
		more = n - 0x80;
		n = more == 2 ? (size_t)rd_u8(r) << 8 : 0;
		n |= rd_u8(r);
		r->bad |= more - 1 > 1 || n < (more == 2 ? 0x100 : 0x80);
	}
	return rd_bytes(r, r->bad ? SIZE_MAX : n);
}

void der_put(struct der *d, const void *p, size_t n)
{
	if (n > (size_t)(d->p - d->start))
		d->bad = 1;
	if (d->bad)
		return;
	d->p -= n;
	memcpy(d->p, p, n);
}

void der_head(struct der *d, uint8_t tag, const uint8_t *end)
{
	size_t n = (size_t)(end - d->p);
	uint8_t head[4] = {tag, 0x82, (uint8_t)(n >> 8), (uint8_t)n};

	if (n >= 0x100) {
		der_put(d, head, 4);
		return;
	}
	der_put(d, head + 3, 1);
	head[1] = 0x81;
	der_put(d, head, n < 0x80 ? 1 : 2);
}

void der_element(struct der *d, uint8_t tag, const void *p, size_t n)
{
	const uint8_t *end = d->p;

	der_put(d, p, n);
	der_head(d, tag, end);
}

void der_number(struct der *d, const uint8_t *p, size_t n)
{
	const uint8_t *end = d->p;

	for (; n > 1 && !*p; n--)
		p++;
	der_put(d, p, n);
	if (*p & 0x80)
		der_put(d, "", 1);
	der_head(d, DER_INTEGER, end);
}
