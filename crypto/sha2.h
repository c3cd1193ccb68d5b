/* sha2.h - what SHA-1, SHA-256, SHA-384 and SHA-512 share (FIPS 180-4). */
/* SPDX-License-Identifier: MIT */
#ifndef SHA2_H
#define SHA2_H

#include <bearssl.h>
#include <stddef.h>
#include <stdint.h>

/* lies in a br_hash_compat_context */
struct sha2 {
	const br_hash_class *vtable; /* the head of a struct sha2_class */
	uint64_t count;              /* bytes so far */
	union sha2_words {
		uint32_t w[8];
		uint64_t d[8];
	} h;
	uint8_t part[128]; /* count % block size bytes that no block is complete with */
};

_Static_assert(sizeof(struct sha2) <= sizeof(br_hash_compat_context),
	       "no place in BearSSL's union");

/* BearSSL's class, and what update does with full blocks: n bytes of them, n > 0 */
struct sha2_class {
	br_hash_class br;
	void (*blocks)(union sha2_words *h, const uint8_t *p, size_t n);
	size_t block; /* bytes: sixteen words */
};

extern const struct sha2_class sha1_class, sha256_class, sha384_class, sha512_class;

/* the constants of SHA-512; the upper halves are those of SHA-256 (4.2.2, 5.3.3) */
extern const uint64_t sha2_k[80], sha2_iv[8];

/* the state and what becomes of it */
void sha2_start(struct sha2 *c, const struct sha2_class *class, const uint64_t iv[8]);

/* the members of a class, but for init; its description says how long words and output are */
void sha2_update(const br_hash_class **c, const void *p, size_t n);
void sha2_out(const br_hash_class *const *c, void *out);
uint64_t sha2_state(const br_hash_class *const *c, void *out);
void sha2_set_state(const br_hash_class **c, const void *state, uint64_t count);

/* word: bytes in a word, len: bytes of output; eight words of state, blocks of sixteen */
#define SHA2_CLASS(id, word, len, on_init, on_blocks)                                            \
	{                                                                                        \
		.br = {.context_size = sizeof(struct sha2),                                      \
		       .desc = BR_HASHDESC_ID(id) | BR_HASHDESC_OUT(len) |                       \
			       BR_HASHDESC_STATE(8 * (word)) |                                   \
			       BR_HASHDESC_LBLEN((word) == 8 ? 7 : 6) | BR_HASHDESC_MD_PADDING | \
			       BR_HASHDESC_MD_PADDING_BE |                                       \
			       ((word) == 8 ? BR_HASHDESC_MD_PADDING_128 : 0),                   \
		       .init = on_init,                                                          \
		       .update = sha2_update,                                                    \
		       .out = sha2_out,                                                          \
		       .state = sha2_state,                                                      \
		       .set_state = sha2_set_state},                                             \
		.blocks = on_blocks, .block = 16 * (word)                                        \
	}

#endif
