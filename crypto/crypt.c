/* crypt.c - password hashes of crypt(3): the setting's syntax and the check. */
/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "crypt_impl.h"

#include <string.h>

#define PASS_MAX 512 /* bytes; the schemes' cost grows with the password */
#define ROUNDS_MIN 1000
#define ROUNDS_DEFAULT 5000
#define ROUNDS_MAX 999999999

/* the alphabet is ./0-9A-Za-z; by arithmetic, for a table's index would show in the cache */
char *crypt_put(char *out, uint32_t v, int chars)
{
	for (; chars > 0; chars--, v >>= 6) {
		uint32_t d = v & 63;

		*out++ = '.' + d + ((11 - d) >> 31) * ('A' - '9' - 1) +
			 ((37 - d) >> 31) * ('a' - 'Z' - 1);
	}
	return out;
}

void crypt_repeat(struct hash_ctx *c, const uint8_t *block, size_t block_len, size_t n)
{
	for (; n > block_len; n -= block_len)
		hash_add(c, block, block_len);
	hash_add(c, block, n);
}

/* is c of the alphabet that schemes and salts are written in? */
static int is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '.' || c == '/';
}

/* CRYPT_UNKNOWN for what another crypt(3) may know, DES or $scheme$..., else CRYPT_BAD */
static int foreign(const char *s)
{
	size_t n = 0;

	if (*s == '$') {
		while (is_word(s[n + 1]) || s[n + 1] == '-' || s[n + 1] == ',' || s[n + 1] == '=')
			n++;
		return n > 0 && s[n + 1] == '$' ? CRYPT_UNKNOWN : CRYPT_BAD;
	}
	while (is_word(s[n]))
		n++;
	return n == 13 && s[n] == '\0' ? CRYPT_UNKNOWN : CRYPT_BAD;
}

/*
 * Takes rounds=N$ off the setting. Out of range is brought into range, as
 * glibc does; without a number and a $ it is part of the salt. 0: none there.
 */
static uint32_t take_rounds(const char **salt)
{
	const char *p = *salt, *word = "rounds=";
	uint32_t n = 0;

	while (*word != '\0')
		if (*p++ != *word++)
			return 0;
	for (; *p >= '0' && *p <= '9'; p++)
		n = n > ROUNDS_MAX / 10 ? ROUNDS_MAX : n * 10 + (*p - '0');
	if (*p != '$')
		return 0;
	*salt = p + 1;
	return n < ROUNDS_MIN ? ROUNDS_MIN : n;
}

static char *put_rounds(char *out, uint32_t n)
{
	uint32_t unit = ROUNDS_MIN;

	memcpy(out, "rounds=", 7);
	out += 7;
	while (n / unit >= 10)
		unit *= 10;
	for (; unit > 0; unit /= 10)
		*out++ = '0' + n / unit % 10;
	*out++ = '$';
	return out;
}

/* $2a$, $2b$, $2y$: one and the same but for old faults of those who write them */
static int is_bcrypt(const char *s)
{
	return s[0] == '$' && s[1] == '2' && (s[2] == 'a' || s[2] == 'b' || s[2] == 'y') &&
	       s[3] == '$';
}

int crypt_hash(char out[CRYPT_LEN], const void *pass, size_t n, const char *setting,
	       struct bcrypt_work *w)
{
	const char *salt;
	size_t salt_len = 0, salt_max;
	uint32_t rounds = 0;
	char scheme;

	if (setting == NULL || n > PASS_MAX)
		return CRYPT_BAD;
	if (CFG_CRYPT_BCRYPT && is_bcrypt(setting))
		return crypt_bcrypt(out, pass, n, setting, w);
	if (setting[0] != '$' || setting[1] == '\0' || setting[2] != '$')
		return foreign(setting);
	scheme = setting[1];
	if (!(CFG_CRYPT_MD5 && scheme == '1') && !(CFG_CRYPT_SHA256 && scheme == '5') &&
	    !(CFG_CRYPT_SHA512 && scheme == '6'))
		return foreign(setting);

	salt = setting + 3;
	memcpy(out, setting, 3);
	out += 3;
	if (scheme != '1' && (rounds = take_rounds(&salt)) != 0)
		out = put_rounds(out, rounds);
	salt_max = scheme == '1' ? 8 : 16;
	while (salt_len < salt_max && salt[salt_len] != '$' && salt[salt_len] != '\0')
		salt_len++;
	memcpy(out, salt, salt_len);
	out += salt_len;
	*out++ = '$';

	if (CFG_CRYPT_MD5 && scheme == '1')
		out = crypt_md5(out, pass, n, salt, salt_len);
	else if (CFG_CRYPT_SHA256 || CFG_CRYPT_SHA512)
		out = crypt_sha(out, scheme == '5' ? &hash_sha256 : &hash_sha512, pass, n, salt,
				salt_len, rounds ? rounds : ROUNDS_DEFAULT);
	*out = '\0';
	return CRYPT_OK;
}

int crypt_check(const void *pass, size_t n, const char *hash, struct bcrypt_work *w)
{
	char mine[CRYPT_LEN] = "";
	size_t len;
	int r = crypt_hash(mine, pass, n, hash, w);

	if (r == CRYPT_OK) {
		len = strlen(hash) + 1;
		r = len <= sizeof mine ? ct_eq(mine, hash, len) : CRYPT_BAD;
		wipe(mine, sizeof mine);
	}
	return r;
}
