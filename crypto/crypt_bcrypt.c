/* crypt_bcrypt.c - the $2b$ scheme of crypt(3): bcrypt (Provos and Mazieres 1999). */
/* SPDX-License-Identifier: MIT */
#include "blowfish.h"
#include "crypt_impl.h"

#include <string.h>

#define HEAD 7   /* $2b$NN$ */
#define SALT 22  /* characters: 16 bytes */
#define PASS 72  /* bytes of the password that count, with the NUL behind it */
#define TEXT 6   /* words */
#define CHARS 31 /* of the hash: 23 bytes, the last word is not whole */
#define COST_MIN 4
/* 2^12 rounds are two seconds on a slow router; who may ask for them has no account yet */
#define COST_MAX 12

/* the alphabet is ./A-Za-z0-9; by arithmetic, for a table's index would show in the cache */
static char letter(uint32_t d)
{
	return '.' + d + ((1 - d) >> 31) * ('A' - '.' - 2) + ((27 - d) >> 31) * ('a' - 'Z' - 1) -
	       ((53 - d) >> 31) * ('z' + 1 - '0');
}

/* 1: the salt's bytes, of which the last character gives but four bits */
static int salt_get(uint8_t salt[17], const char *in)
{
	uint32_t d;

	memset(salt, 0, 17);
	for (size_t i = 0, bit = 0; i < SALT; i++, bit += 6) {
		for (d = 0; letter(d) != in[i]; d++)
			if (d == 63)
				return 0;
		d = d << 10 >> bit % 8;
		salt[bit / 8] |= d >> 8;
		salt[bit / 8 + 1] |= d;
	}
	return 1;
}

static void text_put(char *out, const uint32_t text[TEXT])
{
	uint8_t b[TEXT * 4];

	for (int i = 0; i < TEXT * 4; i++)
		b[i] = text[i / 4] >> (24 - i % 4 * 8);
	b[TEXT * 4 - 1] = 0; /* does not count */
	for (int bit = 0; bit < CHARS * 6; bit += 6)
		*out++ = letter((b[bit / 8] << 8 | b[bit / 8 + 1]) >> (10 - bit % 8) & 63);
	*out = '\0';
}

/* the rounds of $2b$NN$..., 0: none that we run */
static uint32_t rounds_of(const char *s)
{
	uint32_t cost = s[5] - '0';

	if ((s[4] != '0' && s[4] != '1') || cost > 9 || s[6] != '$')
		return 0;
	cost += (s[4] - '0') * 10;
	return cost < COST_MIN || cost > COST_MAX ? 0 : 1u << cost;
}

int crypt_bcrypt(char *out, const void *pass, size_t n, const char *setting, struct bcrypt_work *w)
{
	/* OrpheanBeholderScryDoubt */
	uint32_t text[TEXT] = {0x4f727068, 0x65616e42, 0x65686f6c,
			       0x64657253, 0x63727944, 0x6f756274};
	uint8_t key[PASS + 1] = {0}, salt[17];
	struct bcrypt_bytes turn[2] = {
	    {key,  PASS},
            {salt, 16  }
        };
	uint32_t rounds = rounds_of(setting);

	if (rounds == 0 || !salt_get(salt, setting + HEAD) || memchr(pass, 0, n))
		return CRYPT_BAD;
	if (n < PASS)
		turn[0].n = n + 1;
	memcpy(key, pass, n < PASS ? n : PASS);
	bcrypt(w, turn, 0, rounds, text, TEXT);
	memcpy(out, setting, HEAD + SALT);
	text_put(out + HEAD + SALT, text);
	wipe(key, sizeof(key));
	return CRYPT_OK;
}
