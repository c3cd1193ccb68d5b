/* ct.c - constant time: no secret decides a branch or an address (ctgrind). */
/* SPDX-License-Identifier: MIT */
#include "ct.h"

static struct bcrypt_work work;

static void run_ct_eq(void)
{
	uint8_t a[40], b[40];
	int same;

	secret(a, sizeof(a));
	secret(b, sizeof(b));
	same = ct_eq(a, b, sizeof(a));
	reveal(&same, sizeof(same));
	a[3] ^= 1;
	same = ct_eq(a, b, sizeof(a));
	reveal(&same, sizeof(same));
}

static void run_rng(void)
{
	uint8_t seed[32], out[100];
	struct rng r;

	secret(seed, sizeof(seed));
	rng_init(&r, seed);
	rng_bytes(&r, out, 70);
	reveal(out, 70);
	secret(seed, sizeof(seed));
	rng_add(&r, seed, sizeof(seed));
	rng_bytes(&r, out, 100);
	reveal(out, 100);
}

static void run_x25519(void)
{
	uint8_t k[32], point[32], out[32];
	int good;

	secret(k, sizeof(k));
	check_fill(point, sizeof(point), 2);
	good = x25519(out, k, point);
	reveal(out, sizeof(out));
	reveal(&good, sizeof(good));
}

static void run_x25519_base(void)
{
	uint8_t k[32], out[32];

	secret(k, sizeof(k));
	x25519_base(out, k);
	reveal(out, sizeof(out));
}

static void run_ed25519_public(void)
{
	uint8_t seed[32], pub[32];

	secret(seed, sizeof(seed));
	ed25519_public(pub, seed);
	reveal(pub, sizeof(pub));
}

static void run_ed25519_sign(void)
{
	uint8_t seed[32], pub[32], sig[64];

	check_fill(pub, sizeof(pub), 3);
	secret(seed, sizeof(seed));
	ed25519_sign(sig, seed, pub, "message", 7);
	reveal(sig, 32);
	reveal(sig + 32, 32);
}

static void run_kex_curve25519(void)
{
	run_kex(&kex_curve25519);
}

static void run_kex_mlkem(void)
{
	run_kex(&kex_mlkem768x25519);
}

/* whether the packet is good is no secret: ct.supp excepts that branch */
static void run_chapoly(void)
{
	uint8_t key[64], p[4 + 200 + 16];
	const struct cipher *a = &cipher_chachapoly;
	union cipher_ctx c;
	uint32_t n;

	secret(key, sizeof(key));
	secret(p, sizeof(p));
	a->init(&c, key, NULL, 1);
	a->seal(&c, 7, p, 204);
	reveal(p + 204, 16);
	reveal(p, 204);
	n = a->length(&c, 7, p);
	reveal(&n, sizeof(n));
	if (!a->open(&c, 7, p, 204))
		vacuous = 1;
	reveal(p, 204);
}

static void run_aes(const br_block_ctr_class *vt)
{
	uint8_t key[32], iv[12] = {1}, p[160];
	br_aes_gen_ctr_keys keys;

	secret(key, sizeof(key));
	secret(p, sizeof(p));
	vt->init(&keys.vtable, key, 32);
	vt->run(&keys.vtable, iv, 1, p, sizeof(p));
	reveal(p, sizeof(p));
}

/* BearSSL's two without AES instructions, and whichever this processor gets */
static void run_aesctr(void)
{
	uint8_t key[16], iv[16], p[160];
	union cipher_ctx c;

	run_aes(&br_aes_ct_ctr_vtable);
	run_aes(&br_aes_ct64_ctr_vtable);
	secret(key, sizeof(key));
	secret(p, sizeof(p));
	memset(iv, 0xff, sizeof(iv));
	cipher_aes128_ctr.init(&c, key, iv, 1);
	cipher_aes128_ctr.crypt(&c, p, sizeof(p));
	reveal(p, sizeof(p));
}

static void run_mac(const struct mac *m)
{
	uint8_t key[64], p[200], tag[64];
	struct mac_ctx c;

	secret(key, sizeof(key));
	secret(p, sizeof(p));
	mac_init(&c, m, key);
	mac_tag(&c, 9, p, sizeof(p), tag);
	reveal(tag, m->tag_len);
}

static void run_macs(void)
{
	run_mac(&mac_hmac_sha2_256);
	run_mac(&mac_hmac_sha2_512);
}

/* a password's length is no secret, nor its hash; for $5$ and $6$ see digest_salt in ct.supp */
static void run_crypt(void)
{
	static const char *const hashes[] = {
	    "$1$abcdefgh$fzmjzFdo5nMtBG8gtud5e0",
	    "$5$rounds=1000$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
	    "$6$rounds=1000$salt$/chiBau24cE26QQVW3IfIe68Xu5.JQ4E8Ie7lcRLwqxO5cxGuBhqF2HmTL.zW",
	};
	uint8_t pass[20];
	int r;

	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		if (crypt_check("", 0, hashes[i], &work) == CRYPT_UNKNOWN)
			continue; /* not built in */
		secret(pass, sizeof(pass));
		r = crypt_check(pass, sizeof(pass), hashes[i], &work);
		reveal(&r, sizeof(r));
	}
}

static const struct ct_row rows[] = {
    {"ct ct_eq",          run_ct_eq         },
    {"ct rng",            run_rng           },
    {"ct x25519",         run_x25519        },
    {"ct x25519_base",    run_x25519_base   },
    {"ct ed25519_public", run_ed25519_public},
    {"ct ed25519_sign",   run_ed25519_sign  },
    {"ct kex curve25519", run_kex_curve25519},
    {"ct kex mlkem",      run_kex_mlkem     },
    {"ct chapoly",        run_chapoly       },
    {"ct aes-ctr",        run_aesctr        },
    {"ct hmac",           run_macs          },
    {"ct crypt_check",    run_crypt         },
};

int main(void)
{
	return ct_main(rows, sizeof(rows) / sizeof(rows[0]));
}
