/* vectors_cipher.c - ciphers and HMAC behind the pipe of vectors.c. */
/* SPDX-License-Identifier: MIT */
#include "crypto.h"
#include "vectors.h"

#include <string.h>

/* key, message of four bytes at least, tag, perhaps cut */
static int hmac_is(const struct hash *h, const struct field *f)
{
	struct mac m = {.hash = h, .key_len = f[0].len, .tag_len = f[2].len};
	const uint8_t *msg = f[1].p;
	struct mac_ctx c;
	uint8_t tag[64];

	if (f[0].len > 255 || f[1].len < 4 || f[2].len < 1 || f[2].len > h->out_len)
		return -1;
	mac_init(&c, &m, f[0].p);
	mac_tag(&c, (uint32_t)msg[0] << 24 | msg[1] << 16 | msg[2] << 8 | msg[3], msg + 4,
		f[1].len - 4, tag);
	return ct_eq(tag, f[2].p, f[2].len) ? 0 : -1;
}

static int run_hmac_sha1(const struct field *f, uint8_t *out)
{
	(void)out;
	return hmac_is(&hash_sha1, f);
}

static int run_hmac_sha256(const struct field *f, uint8_t *out)
{
	(void)out;
	return hmac_is(&hash_sha256, f);
}

static int run_hmac_sha512(const struct field *f, uint8_t *out)
{
	(void)out;
	return hmac_is(&hash_sha512, f);
}

/* key, counter or iv, text; either way */
static int cipher_run(const struct cipher *const *rows, const struct field *f, uint8_t *out,
		      int sealing)
{
	static union cipher_ctx c;

	while (*rows && (*rows)->key_len != f[0].len)
		rows++;
	if (!*rows || f[1].len != (*rows)->iv_len || f[2].len % (*rows)->block)
		return -1;
	memcpy(out, f[2].p, f[2].len);
	(*rows)->init(&c, f[0].p, f[1].p, sealing);
	(*rows)->crypt(&c, out, f[2].len);
	return f[2].len;
}

static int run_aes_ctr(const struct field *f, uint8_t *out)
{
	static const struct cipher *const rows[] = {&cipher_aes128_ctr, &cipher_aes192_ctr,
						    &cipher_aes256_ctr, NULL};

	return cipher_run(rows, f, out, 1);
}

static const struct cipher *const cbc[] = {
    USE_WEAK_AES_CBC(&cipher_aes128_cbc, &cipher_aes192_cbc, &cipher_aes256_cbc, ) NULL};
/* their keys are as long as some of AES */
static const struct cipher *const des[] = {USE_WEAK_3DES_CBC(&cipher_3des_cbc, ) NULL};
static const struct cipher *const blowfish[] = {USE_WEAK_BLOWFISH(&cipher_blowfish_cbc, ) NULL};

static int run_cbc_seal(const struct field *f, uint8_t *out)
{
	return cipher_run(cbc, f, out, 1);
}

static int run_cbc_open(const struct field *f, uint8_t *out)
{
	return cipher_run(cbc, f, out, 0);
}

static int run_des_seal(const struct field *f, uint8_t *out)
{
	return cipher_run(des, f, out, 1);
}

static int run_des_open(const struct field *f, uint8_t *out)
{
	return cipher_run(des, f, out, 0);
}

static int run_blowfish_seal(const struct field *f, uint8_t *out)
{
	return cipher_run(blowfish, f, out, 1);
}

/* key, nonce, text with its tag behind; without associated data */
static int gcm_run(const struct field *f, uint8_t *out, int sealing)
{
	const struct cipher *a = f[0].len == 16 ? &cipher_aes128_gcm : &cipher_aes256_gcm;
	union cipher_ctx c;
	int n = f[2].len - (sealing ? 0 : 16);

	if (f[0].len != a->key_len || n < 0)
		return -1;
	memcpy(out, f[2].p, f[2].len);
	a->init(&c, f[0].p, f[1].p, sealing);
	if (!USE_KEY_PASSPHRASE(a->whole(&c, out, n, sealing) &&) 1)
		return -1;
	return sealing ? n + 16 : n;
}

static int run_gcm_seal(const struct field *f, uint8_t *out)
{
	return gcm_run(f, out, 1);
}

static int run_gcm_open(const struct field *f, uint8_t *out)
{
	return gcm_run(f, out, 0);
}

const struct alg algs_cipher[] = {
    {"hmac_sha1",         run_hmac_sha1,     3, {ANY, ANY, ANY}},
    {"hmac_sha256",       run_hmac_sha256,   3, {ANY, ANY, ANY}},
    {"hmac_sha512",       run_hmac_sha512,   3, {ANY, ANY, ANY}},
    {"aes_ctr",           run_aes_ctr,       3, {ANY, 16, ANY} },
    {"aes_cbc_seal",      run_cbc_seal,      3, {ANY, 16, ANY} },
    {"aes_cbc_open",      run_cbc_open,      3, {ANY, 16, ANY} },
    {"3des_cbc_seal",     run_des_seal,      3, {24, 8, ANY}   },
    {"3des_cbc_open",     run_des_open,      3, {24, 8, ANY}   },
    {"blowfish_cbc_seal", run_blowfish_seal, 3, {16, 8, ANY}   },
    {"aes_gcm_seal",      run_gcm_seal,      3, {ANY, 12, ANY} },
    {"aes_gcm_open",      run_gcm_open,      3, {ANY, 12, ANY} },
    {NULL,		NULL,              0, {0}            },
};
