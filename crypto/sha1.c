/* sha1.c - SHA-1 (FIPS 180-4 6.1), for the hashed names of known_hosts and hmac-sha1. */
/* SPDX-License-Identifier: MIT */
/* Blocks and padding are SHA-256's; of its eight words of state five are used. */
#include "crypto.h"
#include "sha2.h"
#include "words.h"

#include <string.h>

#define ROTL(x, n) ((x) << (n) | (x) >> (32 - (n)))

static const uint32_t k[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6}; /* 4.2.1 */

static void blocks(union sha2_words *h, const uint8_t *m, size_t n)
{
	uint32_t w[80], s[5], f;
	size_t i, at;

	for (at = 0; at < n; at += 64) {
		for (i = 0; i < 16; i++)
			w[i] = __builtin_bswap32(word32_get(m + at + 4 * i));
		for (; i < 80; i++) {
			f = w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16];
			w[i] = ROTL(f, 1);
		}
		memcpy(s, h->w, sizeof(s));
		for (i = 0; i < 80; i++) {
			f = i < 20              ? (s[1] & s[2]) | (~s[1] & s[3])
			    : i >= 40 && i < 60 ? (s[1] & s[2]) | (s[1] & s[3]) | (s[2] & s[3])
						: s[1] ^ s[2] ^ s[3];
			f += ROTL(s[0], 5) + s[4] + k[i / 20] + w[i];
			memmove(s + 1, s, 4 * sizeof(*s));
			s[2] = ROTL(s[2], 30);
			s[0] = f;
		}
		for (i = 0; i < 5; i++)
			h->w[i] += s[i];
	}
	wipe(w, sizeof(w));
}

static void init(const br_hash_class **ctx)
{
	static const uint32_t iv[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
				       0xc3d2e1f0}; /* 5.3.1 */
	struct sha2 *c = (struct sha2 *)ctx;

	c->vtable = &sha1_class.br;
	c->count = 0;
	memcpy(c->h.w, iv, sizeof(iv));
}

const struct sha2_class sha1_class = SHA2_CLASS(br_sha1_ID, 4, 20, init, blocks);
