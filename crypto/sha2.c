/* sha2.c - blocks, padding and state of the SHA-2 family, as a class of BearSSL's. */
/* SPDX-License-Identifier: MIT */
/*
 * One code for both word sizes: a class says the length of its block, and a word
 * is a sixteenth of that. A block is hashed as soon as it is complete, so fewer
 * bytes than a block are waiting at any time.
 */
#include "sha2.h"
#include "crypto.h"

#include <string.h>

static const struct sha2_class *class_of(const struct sha2 *c)
{
	return (const struct sha2_class *)c->vtable;
}

/* n bytes of words from the processor's order to big-endian, or back */
static void copy_be(void *to, const void *from, size_t n, size_t word)
{
	size_t flip = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 0 : word - 1;

	for (size_t i = 0; i < n; i++)
		((uint8_t *)to)[i] = ((const uint8_t *)from)[i ^ flip];
}

void sha2_start(struct sha2 *c, const struct sha2_class *class, const uint64_t iv[8])
{
	c->vtable = &class->br;
	c->count = 0;
	memcpy(c->h.d, iv, sizeof(c->h.d));
}

void sha2_update(const br_hash_class **ctx, const void *data, size_t n)
{
	struct sha2 *c = (struct sha2 *)ctx;
	const uint8_t *p = data, *from;
	size_t k, block = class_of(c)->block, at = c->count & (block - 1);

	for (c->count += n; n > 0; n -= k, p += k) {
		from = p;
		k = n & -block;
		if (at > 0 || k == 0) {
			k = block - at < n ? block - at : n;
			memcpy(c->part + at, p, k);
			from = c->part;
		}
		at += k;
		if (at >= block) {
			class_of(c)->blocks(&c->h, from, at);
			at = 0;
		}
	}
}

/* 5.1: a one bit, zeros, the length in bits (below 2^64) in two words */
void sha2_out(const br_hash_class *const *ctx, void *out)
{
	struct sha2 c = *(const struct sha2 *)ctx;
	size_t block = class_of(&c)->block, tail = block / 8;
	size_t n = block - ((c.count + tail) & (block - 1)) + tail;
	uint64_t bits = c.count << 3;
	uint8_t pad[128 + 16] = {0x80};

	copy_be(pad + n - 8, &bits, 8, 8);
	sha2_update(&c.vtable, pad, n);
	copy_be(out, &c.h, c.vtable->desc >> BR_HASHDESC_OUT_OFF & BR_HASHDESC_OUT_MASK,
		block / 16);
	wipe(&c, sizeof(c));
}

uint64_t sha2_state(const br_hash_class *const *ctx, void *out)
{
	const struct sha2 *c = (const struct sha2 *)ctx;

	copy_be(out, &c->h, class_of(c)->block / 2, class_of(c)->block / 16);
	return c->count;
}

void sha2_set_state(const br_hash_class **ctx, const void *state, uint64_t count)
{
	struct sha2 *c = (struct sha2 *)ctx;

	copy_be(&c->h, state, class_of(c)->block / 2, class_of(c)->block / 16);
	c->count = count;
}
