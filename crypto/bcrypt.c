/* bcrypt.c - bcrypt (Provos and Mazieres 1999) and OpenBSD's bcrypt_pbkdf. */
/* SPDX-License-Identifier: MIT */
#include "blowfish.h"
#include "words.h"

#include <string.h>

#define OUT 32 /* bytes that a bcrypt gives in bcrypt_pbkdf */

void bcrypt(struct bcrypt_work *w, const struct bcrypt_bytes turn[2], int key, uint32_t rounds,
	    uint32_t *text, int words)
{
	blowfish_start(w);
	blowfish_key(&w->now, turn[key].p, turn[key].n, turn[!key].p, turn[!key].n);
	for (uint32_t i = 0; i < 2 * rounds; i++)
		blowfish_key(&w->now, turn[i & 1].p, turn[i & 1].n, NULL, 0);
	for (; words > 0; words -= 2, text += 2)
		for (int i = 0; i < 64; i++)
			blowfish_block(&w->now, text, 0);
	wipe(&w->now, sizeof(w->now));
}

/* its key and salt are SHA-512s, the salt goes first, and the words come out turned round */
static void hash_hashes(struct bcrypt_work *w, const uint8_t pass[64], const uint8_t salt[64],
			uint8_t out[OUT])
{
	static const char text[OUT + 1] = "OxychromaticBlowfishSwatDynamite";
	const struct bcrypt_bytes turn[2] = {
	    {salt, 64},
            {pass, 64}
        };
	uint32_t words[OUT / 4];

	for (int i = 0; i < OUT / 4; i++)
		words[i] = __builtin_bswap32(word32_get((const uint8_t *)text + 4 * i));
	bcrypt(w, turn, 1, 64, words, OUT / 4);
	for (int i = 0; i < OUT / 4; i++)
		word32_put(out + 4 * i, words[i]);
}

static void digest(uint8_t out[64], const void *a, size_t a_len, const void *b, size_t b_len)
{
	struct hash_ctx c;

	hash_init(&c, &hash_sha512);
	hash_add(&c, a, a_len);
	hash_add(&c, b, b_len);
	hash_out(&c, out);
	wipe(&c, sizeof(c));
}

/* PBKDF2's shape, but that the blocks are dealt out byte by byte over the whole key */
int bcrypt_pbkdf(struct bcrypt_work *w, uint8_t *out, size_t n, const void *pass, size_t pass_len,
		 const void *salt, size_t salt_len, unsigned rounds)
{
	uint8_t hashed[64], round_salt[64], block[OUT], sum[OUT], count[4] = {0};
	size_t stride = (n + OUT - 1) / OUT, at;

	if (n == 0 || pass_len == 0 || salt_len == 0 || rounds == 0 || stride > 255)
		return 0;
	digest(hashed, pass, pass_len, "", 0);
	for (size_t k = 0; k < stride; k++) {
		count[3] = k + 1;
		digest(round_salt, salt, salt_len, count, 4);
		memset(sum, 0, OUT);
		for (unsigned r = 0; r < rounds; r++) {
			hash_hashes(w, hashed, round_salt, block);
			for (int i = 0; i < OUT; i++)
				sum[i] ^= block[i];
			digest(round_salt, block, OUT, "", 0);
		}
		for (at = k; at < n; at += stride)
			out[at] = sum[at / stride];
	}
	wipe(hashed, sizeof(hashed));
	wipe(block, sizeof(block));
	wipe(sum, sizeof(sum));
	return 1;
}
