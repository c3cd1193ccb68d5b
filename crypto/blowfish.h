/* blowfish.h - the block cipher Blowfish, for bcrypt and two old ciphers. */
/* SPDX-License-Identifier: MIT */
#ifndef BLOWFISH_H
#define BLOWFISH_H

#include "crypto.h"

/* w->start as it is before any key, w->now the same; quick where w has it already */
void blowfish_start(struct bcrypt_work *w);
/*
 * Another key into b, n bytes of it, taken round and round; a salt (NULL: none) is xored to
 * the state's own output on its way (Provos and Mazieres' ExpandKey).
 */
void blowfish_key(struct blowfish *b, const uint8_t *key, size_t n, const uint8_t *salt,
		  size_t salt_len);
/* one block, its two big-endian words; back: deciphers */
void blowfish_block(const struct blowfish *b, uint32_t block[2], int back);

/* bcrypt.c: a string of bytes for the key schedule */
struct bcrypt_bytes {
	const uint8_t *p;
	size_t n;
};

/*
 * text (words of it, two make a block) enciphered 64 times under a key and salt: turn[key] is
 * the key, the other one the salt, and a round takes them in order.
 */
void bcrypt(struct bcrypt_work *w, const struct bcrypt_bytes turn[2], int key, uint32_t rounds,
	    uint32_t *text, int words);

#endif
