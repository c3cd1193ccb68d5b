/* ct_cipher.c - constant time: AES-GCM, CBC with a MAC behind it, HMAC-SHA-1. */
/* SPDX-License-Identifier: MIT */
/*
 * A counter's first value is no secret. Blowfish is not here: its tables are
 * looked up by secrets, which is how it is made.
 */
#include "ct.h"

/* whether the packet is good is no secret: ct.supp excepts that branch */
static void run_gcm(const struct cipher *a)
{
	uint8_t key[32], iv[12] = {0}, p[4 + 208 + 16];
	union cipher_ctx c;

	secret(key, sizeof(key));
	secret(p, sizeof(p));
	(void)VALGRIND_MAKE_MEM_DEFINED(p, 4);
	a->init(&c, key, iv, 1);
	a->seal(&c, 7, p, 212);
	reveal(p + 212, 16);
	reveal(p + 4, 208);
	a->init(&c, key, iv, 0);
	if (!a->open(&c, 7, p, 212))
		vacuous = 1;
	reveal(p + 4, 208);
}

static void run_gcms(void)
{
	run_gcm(&cipher_aes128_gcm);
	run_gcm(&cipher_aes256_gcm);
}

static void run_ghash(br_ghash ghash)
{
	uint8_t y[16] = {0}, h[16], p[200];

	secret(h, sizeof(h));
	secret(p, sizeof(p));
	ghash(y, h, p, sizeof(p));
	reveal(y, sizeof(y));
}

/* BearSSL's for each kind of processor */
static void run_ghashes(void)
{
	run_ghash(br_ghash_ctmul);
	run_ghash(br_ghash_ctmul64);
	if (br_ghash_pclmul_get())
		run_ghash(br_ghash_pclmul_get());
}

/* sealed, its tag taken; the tag compared, opened */
static void run_etm(const struct cipher *a, const struct mac *m)
{
	uint8_t key[64], iv[16] = {0}, p[4 + 208], tag[64], again[64];
	union cipher_ctx c;
	struct mac_ctx h;
	int same;

	secret(key, sizeof(key));
	secret(p, sizeof(p));
	mac_init(&h, m, key);
	a->init(&c, key, iv, 1);
	a->crypt(&c, p + 4, 208);
	mac_tag(&h, 3, p, sizeof(p), tag);
	reveal(p, sizeof(p));
	mac_tag(&h, 3, p, sizeof(p), again);
	same = ct_eq(tag, again, m->tag_len);
	reveal(&same, sizeof(same));
	vacuous |= !same;
	a->init(&c, key, iv, 0);
	a->crypt(&c, p + 4, 208);
	reveal(p + 4, 208);
}

static void run_etms(void)
{
	run_etm(&cipher_aes192_ctr, &mac_hmac_sha1_etm);
	if (CFG_WEAK_AES_CBC) {
		run_etm(&cipher_aes128_cbc, &mac_hmac_sha2_256_etm);
		run_etm(&cipher_aes256_cbc, &mac_hmac_sha1);
	}
	if (CFG_WEAK_3DES_CBC)
		run_etm(&cipher_3des_cbc, &mac_hmac_sha1_96);
}

static void run_cbc(const br_block_cbcenc_class *enc, const br_block_cbcdec_class *dec)
{
	uint8_t key[32], iv[16], p[160];
	br_aes_gen_cbcenc_keys e;
	br_aes_gen_cbcdec_keys d;

	secret(key, sizeof(key));
	secret(iv, sizeof(iv));
	secret(p, sizeof(p));
	enc->init(&e.vtable, key, 32);
	enc->run(&e.vtable, iv, p, sizeof(p));
	dec->init(&d.vtable, key, 32);
	dec->run(&d.vtable, iv, p, sizeof(p));
	reveal(p, sizeof(p));
}

/* BearSSL's two without AES instructions */
static void run_cbcs(void)
{
	run_cbc(&br_aes_ct_cbcenc_vtable, &br_aes_ct_cbcdec_vtable);
	run_cbc(&br_aes_ct64_cbcenc_vtable, &br_aes_ct64_cbcdec_vtable);
}

static const struct ct_row rows[] = {
    {"ct aes-gcm",         run_gcms   },
    {"ct ghash",           run_ghashes},
    {"ct cipher and hmac", run_etms   },
    {"ct aes-cbc",         run_cbcs   },
};

int main(void)
{
	return ct_main(rows, sizeof(rows) / sizeof(rows[0]));
}
