/* blowfish.c - the block cipher Blowfish (Schneier 1993). */
/* SPDX-License-Identifier: MIT */
/* Not constant time, and cannot be: secrets choose the entries of its tables. */
#include "blowfish.h"

#include <string.h>

#define WORDS (18 + 4 * 256)
#define LAST 0x3ac372e6 /* of the digits, in the last entry */

void blowfish_start(struct bcrypt_work *w)
{
	if (w->start.s[3][255] != LAST) {
		pi_words((uint32_t *)&w->start, (uint32_t *)&w->now, sizeof(w->start) / 4);
		/* without the 3 */
		memmove(&w->start, (uint32_t *)&w->start + 1, WORDS * 4);
	}
	w->now = w->start;
}

#define F(x) \
	(((s[x >> 24] + s[256 + (x >> 16 & 255)]) ^ s[512 + (x >> 8 & 255)]) + s[768 + (x & 255)])

void blowfish_block(const struct blowfish *b, uint32_t block[2], int back)
{
	const uint32_t *p = b->p + (back ? 17 : 0), *s = b->s[0];
	int step = back ? -1 : 1;
	uint32_t l = block[0] ^ *p, r = block[1];

	for (int i = 0; i < 8; i++) {
		p += step;
		r ^= *p ^ F(l);
		p += step;
		l ^= *p ^ F(r);
	}
	block[0] = r ^ p[step];
	block[1] = l;
}

/* the next word of a string that goes round */
static uint32_t take(const uint8_t *p, size_t n, size_t *at)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++) {
		v = v << 8 | p[*at];
		if (++*at == n)
			*at = 0;
	}
	return v;
}

void blowfish_key(struct blowfish *b, const uint8_t *key, size_t n, const uint8_t *salt,
		  size_t salt_len)
{
	uint32_t block[2] = {0, 0}, *word = (uint32_t *)b;
	size_t i, at = 0;

	for (i = 0; i < 18; i++)
		b->p[i] ^= take(key, n, &at);
	at = 0;
	for (i = 0; i < WORDS; i += 2) {
		if (salt != NULL) {
			block[0] ^= take(salt, salt_len, &at);
			block[1] ^= take(salt, salt_len, &at);
		}
		blowfish_block(b, block, 0);
		word[i] = block[0];
		word[i + 1] = block[1];
	}
}
