/* der.h - the little of DER (X.690) that keys are written in. */
/* SPDX-License-Identifier: MIT */
/*
 * Read with struct rd, each element's content is a struct str of its own. Written
 * from the end to the front, as an element's length is known when its content is there.
 */
#ifndef DER_H
#define DER_H

#include "key.h"

enum der_tag {
	DER_INTEGER = 0x02,
	DER_BITS = 0x03,
	DER_OCTETS = 0x04,
	DER_SEQUENCE = 0x30,
	DER_0 = 0xa0, /* in context, explicit */
	DER_1 = 0xa1
};

/* the content of the next element, which must have that tag and at most 65535 bytes */
struct str der_take(struct rd *r, uint8_t tag);
/* 1 where the next element has that tag */
int der_next(const struct rd *r, uint8_t tag);

#define DER_CURVE 9 /* where the curve's OID begins in the identifier of an elliptic one */

/* what is in the AlgorithmIdentifier of a kind (RFC 5280 4.1.1.2); empty: there is none */
struct str der_id(const struct key_kind *kind);
/* the kind whose identifier it is, but for skip bytes at its front (0 or DER_CURVE); NULL */
const struct key_kind *der_kind(struct str id, size_t skip);

/* room, filled from its end; p goes down to start */
struct der {
	uint8_t *start, *p;
	int bad;
};

void der_put(struct der *d, const void *p, size_t n);
/* tag and length, in front of all from d->p up to end */
void der_head(struct der *d, uint8_t tag, const uint8_t *end);
void der_element(struct der *d, uint8_t tag, const void *p, size_t n);
/* an unsigned big-endian number as INTEGER */
void der_number(struct der *d, const uint8_t *p, size_t n);

#endif
