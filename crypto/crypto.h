/* crypto.h - the algorithms, on bytes. */
/* SPDX-License-Identifier: MIT */
/*
 * Nothing in here knows SSH messages or the operating system. Functions that
 * can fail return 1 for success and 0 for failure, and a failure leaves
 * nothing usable in the output. Time does not depend on secrets unless the
 * comment says so.
 */
#ifndef CRYPTO_H
#define CRYPTO_H

#include <bearssl.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

/*
 * Which role a row is for: OFF_ is not in the lists that a side offers unless it is asked
 * for by its name, NO_ is not there at all (what is old and weak, see Kconfig).
 */
enum alg_off { OFF_SERVER = 1, OFF_CLIENT = 2, NO_SERVER = 4, NO_CLIENT = 8 };
#define OFF_WEAK(server, client) \
	(OFF_SERVER | OFF_CLIENT | ((server) ? 0 : NO_SERVER) | ((client) ? 0 : NO_CLIENT))

/* ct.c */

/* 1 where the n bytes are equal, else 0; constant time in the contents */
int ct_eq(const void *a, const void *b, size_t n);
/* writes zeros in a way that the compiler does not take out */
void wipe(void *p, size_t n);

/* hash.c: thin over BearSSL, so that core names a hash by its row */

#define HASH_MAX 64 /* bytes, the longest output */

struct hash {
	const br_hash_class *vt;
	uint8_t out_len; /* bytes */
};

struct hash_ctx {
	br_hash_compat_context br;
};

extern const struct hash hash_md5, hash_sha1, hash_sha256, hash_sha384, hash_sha512;

void hash_init(struct hash_ctx *c, const struct hash *h);
void hash_add(struct hash_ctx *c, const void *p, size_t n);
/* leaves the context usable: more may be added and taken again */
void hash_out(const struct hash_ctx *c, void *out);

/* mac.c: HMAC (RFC 2104) over seq || packet, RFC 4253 6.4 */

struct mac {
	const char *name;         /* as in KEXINIT */
	const struct hash *hash;  /* key and full tag are as long as its output */
	uint8_t key_len, tag_len; /* bytes */
	uint8_t etm;              /* 1: over the encrypted packet, length in the clear */
	uint8_t off;              /* enum alg_off */
};

struct mac_ctx {
	br_hmac_key_context key;
	uint8_t tag_len;
};

extern const struct mac mac_hmac_sha2_256, mac_hmac_sha2_256_etm, mac_hmac_sha2_512,
    mac_hmac_sha2_512_etm, mac_hmac_sha1, mac_hmac_sha1_etm, mac_hmac_sha1_96;

void mac_init(struct mac_ctx *c, const struct mac *m, const uint8_t *key);
/* the tag of be32(seq) || p[0..n-1] */
void mac_tag(const struct mac_ctx *c, uint32_t seq, const void *p, size_t n, uint8_t *tag);

/* rng.c: ChaCha20 with fast key erasure (Bernstein, "Fast-key-erasure random-number generators") */

struct rng {
	uint8_t key[32];
	uint8_t buf[64]; /* not yet given out, from .used on */
	uint8_t used;
};

void rng_init(struct rng *r, const uint8_t seed[32]);
/* mixes more into the state; never makes it weaker */
void rng_add(struct rng *r, const void *p, size_t n);
void rng_bytes(struct rng *r, void *out, size_t n);

/* chacha20.c (RFC 8439 2.4, or with a 64-bit nonce: the state's last four words are free) */

/*
 * xors n bytes in place with the key stream. iv is the state's last 16 bytes as
 * they stand in memory: a little-endian 32-bit block counter, then 12 bytes.
 * The counter is 32 bits wide and must not wrap: n + 64 * counter < 2^38.
 */
void chacha20_xor(uint8_t *p, size_t n, const uint8_t key[32], const uint8_t iv[16]);

/* poly1305.c (RFC 8439 2.5) */

void poly1305(uint8_t tag[16], const void *p, size_t n, const uint8_t key[32]);

/* x25519.c (RFC 7748 5) */

/* out = scalar * point, the scalar clamped here; 0 where the result is all zero */
int x25519(uint8_t out[32], const uint8_t scalar[32], const uint8_t point[32]);
/* out = scalar * 9 */
void x25519_base(uint8_t out[32], const uint8_t scalar[32]);

/* ed25519.c (RFC 8032 5.1) */

void ed25519_public(uint8_t pub[32], const uint8_t seed[32]);
void ed25519_sign(uint8_t sig[64], const uint8_t seed[32], const uint8_t pub[32], const void *m,
		  size_t n);
/*
 * 1: a good signature. Refused besides: S >= L, a point that is not canonical,
 * a public key of small order. Variable time: everything in it is public.
 */
int ed25519_verify(const uint8_t sig[64], const uint8_t pub[32], const void *m, size_t n);

/* ec.c, ecdsa.c: the curves of NIST (SEC 1, FIPS 186-4, RFC 6979) */

#define EC_BYTES \
	(CFG_KEY_ECDSA || CFG_KEX_ECDH || CFG_KEY_SK ? 66 : 1) /* of a coordinate, at most */

struct ec_curve {
	const char *name; /* "nistp256" */
	uint16_t bits;
	uint8_t len;             /* bytes of a coordinate and of a secret */
	const uint8_t *p;        /* prime, order, generator: x and y; .len bytes each */
	const struct hash *hash; /* that ECDSA goes with (RFC 5656 6.2.1) */
};

extern const struct ec_curve ec_p256, ec_p384, ec_p521;

struct ec_key {
	uint8_t x[EC_BYTES];           /* big-endian, .len bytes */
	uint8_t pub[1 + 2 * EC_BYTES]; /* uncompressed: 4, x, y */
};

/* a pair; 0: never in practice */
int ec_generate(const struct ec_curve *c, struct rng *r, uint8_t *x, uint8_t *pub);
/* the public half; 0 where x is not in 1 .. order - 1 */
int ec_public(const struct ec_curve *c, const uint8_t *x, uint8_t *pub);
/* 1: the n bytes are an uncompressed point of the curve */
int ec_point_ok(const struct ec_curve *c, const void *pub, size_t n);
/* shared: .len bytes, the x coordinate of x * pub; 0 where pub is no point of the curve */
int ec_shared(const struct ec_curve *c, const uint8_t *x, const uint8_t *pub, uint8_t *shared);
/* sig: r || s, each .len bytes, of the message's hash; deterministic (RFC 6979); 0: it failed */
int ecdsa_sign(const struct ec_curve *c, const uint8_t *x, const void *m, size_t n, uint8_t *sig);
/* 1: good; r and s in 1 .. order - 1 */
int ecdsa_verify(const struct ec_curve *c, const uint8_t *pub, const void *m, size_t n,
		 const uint8_t *sig);

/* rsa.c, rsa_keygen.c: PKCS#1 v1.5 signatures (RFC 8017 8.2), over BearSSL */

#define RSA_BITS_MIN 1024
#define RSA_BITS_MAX 4096
#define RSA_BYTES (CFG_KEY_RSA ? RSA_BITS_MAX / 8 : 1)
#define RSA_FACTOR \
	(CFG_KEY_RSA ? RSA_BITS_MAX / 16 + 4 : 1) /* bytes; they may be a little unlike */

/* big-endian numbers, of which d and iq may have zeros in front; lengths in bytes */
struct rsa_key {
	uint16_t n_len, e_len, d_len, iq_len, p_len, q_len;
	uint8_t n[RSA_BYTES], e[8], d[RSA_BYTES];
	uint8_t iq[RSA_FACTOR], p[RSA_FACTOR], q[RSA_FACTOR]; /* 1/q mod p; factors */
};

/* 1: RSA_BITS_MIN .. RSA_BITS_MAX bits, n and e odd, e > 1 and at most 64 bits, no zeros in front */
int rsa_public_ok(const void *n, size_t n_len, const void *e, size_t e_len);
/* 1 where p * q = n and d, iq belong to them and to e; iq is filled in where iq_len is 0 */
int rsa_whole(struct rsa_key *k);
/* d mod p - 1, as long as the factor p, for key files */
void rsa_exponent(uint8_t *out, const struct rsa_key *k, const uint8_t *p, size_t len);
/* sig: n_len bytes; 0: it failed, or the result does not verify */
int rsa_sign(const struct rsa_key *k, const struct hash *h, const void *m, size_t n, uint8_t *sig);
/*
 * 1: good. The padding is compared as a whole. sig is a number (RFC 4253 6.6), so it may
 * be shorter than n where it starts with zeros, as PuTTY sent it for long; never longer.
 */
int rsa_verify(const void *n, size_t n_len, const void *e, size_t e_len, const struct hash *h,
	       const void *m, size_t m_len, const void *sig, size_t sig_len);
/* a key of that many bits (a multiple of 16) with e = 65537; tick is called at each candidate, NULL: not */
int rsa_generate(struct rsa_key *k, struct rng *r, unsigned bits, void (*tick)(int c));

/* mldsa44.c (FIPS 204), keys as seeds */

#define MLDSA44_PUB 1312
#define MLDSA44_SIG 2420

void mldsa44_public(uint8_t pub[MLDSA44_PUB], const uint8_t seed[32]);
/* deterministic; the context is at most 255 bytes */
int mldsa44_sign(uint8_t sig[MLDSA44_SIG], const uint8_t seed[32], const void *ctx, size_t ctx_len,
		 const void *m, size_t n);
int mldsa44_verify(const uint8_t sig[MLDSA44_SIG], const uint8_t pub[MLDSA44_PUB], const void *ctx,
		   size_t ctx_len, const void *m, size_t n);

/* pi.c: the first n words of pi, the first of them 3; more is as long, and scratch */
void pi_words(uint32_t *out, uint32_t *more, size_t n);

/* blowfish.c (Schneier 1993), bcrypt.c (Provos and Mazieres 1999; OpenBSD's bcrypt_pbkdf) */

struct blowfish {
	uint32_t p[18], s[4][256];
	uint32_t spare[3]; /* while the digits of pi are computed into it */
};

/*
 * The state that every key starts from is the digits of pi, which take as long as a
 * hundredth of a second to half of one: .start keeps them from one call to the next. A
 * caller's, in memory that was zero at first.
 */
struct bcrypt_work {
	struct blowfish start, now;
};

/*
 * out = the key for a passphrase, as OpenSSH's key files want it; rounds >= 1; 0: n or salt
 * empty. What is secret in w is wiped in the end.
 */
int bcrypt_pbkdf(struct bcrypt_work *w, uint8_t *out, size_t n, const void *pass, size_t pass_len,
		 const void *salt, size_t salt_len, unsigned rounds);

/* ciphers: constant, complete rows */

union cipher_ctx {
	struct {
		uint8_t main[32], len[32]; /* K_2 and K_1 of PROTOCOL.chacha20poly1305 */
	} chachapoly;
	struct {
		br_aes_gen_ctr_keys keys;
		uint8_t iv[16]; /* big-endian counter, all 128 bits */
	} aesctr;
	struct {
		br_aes_gen_ctr_keys keys;
		uint8_t iv[12]; /* counted up by one for each packet (RFC 5647 7.1) */
		uint8_t h[16];
	} aesgcm;
	struct {
		uint8_t iv[16];
		uint8_t sealing;
		union { /* last: a key file's cipher has no room for the longest */
			const br_block_cbcenc_class *enc; /* the head of what follows */
			const br_block_cbcdec_class *dec;
			br_aes_gen_cbcenc_keys aes_enc[CFG_WEAK_AES_CBC];
			br_aes_gen_cbcdec_keys aes_dec[CFG_WEAK_AES_CBC];
			br_des_gen_cbcenc_keys des_enc[CFG_WEAK_3DES_CBC];
			br_des_gen_cbcdec_keys des_dec[CFG_WEAK_3DES_CBC];
			struct bcrypt_work blowfish[CFG_WEAK_BLOWFISH];
		} key;
	} cbc; /* and blowfish-ctr */
};

struct cipher {
	const char *name;        /* as in KEXINIT */
	uint8_t key_len, iv_len; /* bytes taken from the key derivation */
	uint8_t block;           /* packets are padded to a multiple of it (at least 8) */
	uint8_t tag_len;         /* 0: not an AEAD, it wants a mac */
	uint8_t aad; /* 1: the length field is outside the padding rule (AEAD, RFC 5647 7.3) */
	uint8_t off; /* enum alg_off */
	uint8_t cbc; /* 1: whoever sees where a packet is refused learns of the text in it */
	/* sealing: 1 for the direction out, 0 for in */
	void (*init)(union cipher_ctx *c, const uint8_t *key, const uint8_t *iv, int sealing);
	/* tag_len == 0: n bytes in place, n a multiple of block; goes on where the last call ended */
	void (*crypt)(union cipher_ctx *c, uint8_t *p, size_t n);
	/* tag_len > 0: p is the packet from its length field on, n = 4 + packet_length, tag behind */
	uint32_t (*length)(const union cipher_ctx *c, uint32_t seq, const uint8_t p[4]);
	int (*open)(union cipher_ctx *c, uint32_t seq, uint8_t *p, size_t n);
	void (*seal)(union cipher_ctx *c, uint32_t seq, uint8_t *p, size_t n);
	/*
	 * tag_len > 0, with CFG_KEY_PASSPHRASE: n bytes without a length or a number, tag behind,
	 * as in a key file (the first packet's nonce, no associated data); 0: another tag
	 */
	int (*whole)(union cipher_ctx *c, uint8_t *p, size_t n, int sealing);
};

extern const struct cipher cipher_chachapoly, cipher_aes128_ctr, cipher_aes192_ctr,
    cipher_aes256_ctr, cipher_aes128_gcm, cipher_aes256_gcm, cipher_aes128_cbc, cipher_aes192_cbc,
    cipher_aes256_cbc, cipher_3des_cbc, cipher_blowfish_cbc, cipher_blowfish_ctr;

/* key exchange methods, all in the shape of a KEM */

#define KEX_PUB_MAX                       \
	(CFG_KEX_MLKEM768X25519    ? 1216 \
	 : CFG_KEX_SNTRUP761X25519 ? 1190 \
	 : CFG_KEX_DH              ? 512  \
	 : CFG_KEX_ECDH            ? 133  \
				   : 32) /* bytes, the longest public key */
/* bytes: what the client keeps until the answer */
#define KEX_SEC_MAX (CFG_KEX_SNTRUP761X25519 ? 640 : CFG_KEX_MLKEM768X25519 ? 96 : 72)
#define KEX_SHARED_MAX (CFG_KEX_DH ? 512 : CFG_KEX_ECDH ? 66 : 64)

struct kex {
	const char *name; /* as in KEXINIT */
	const struct hash *hash;
	uint8_t k_is_string; /* 1: the shared secret is hashed as a string, 0: as an mpint */
	uint8_t mpint;       /* 1: so are the shares, on the wire and in the hash (RFC 4253 8) */
	uint8_t off;         /* enum alg_off */
	/* bytes; with .mpint the shares are big-endian numbers filled up to them */
	uint16_t pub_len, ct_len, sec_len, shared_len;
	/* client: a key pair; 0 where that failed */
	int (*keygen)(struct rng *r, uint8_t *sec, uint8_t *pub);
	/* server: the answer and the secret; 0 where the peer's share is no good */
	int (*encap)(struct rng *r, const uint8_t *pub, uint8_t *ct, uint8_t *shared);
	/* client: the secret from the answer, pub its own share; 0 likewise */
	int (*decap)(const uint8_t *sec, const uint8_t *pub, const uint8_t *ct, uint8_t *shared);
};

extern const struct kex kex_curve25519, kex_curve25519_libssh, kex_mlkem768x25519,
    kex_sntrup761x25519, kex_sntrup761x25519_openssh, kex_ecdh_nistp256, kex_ecdh_nistp384,
    kex_ecdh_nistp521, kex_dh_group14_sha256, kex_dh_group16_sha512, kex_dh_group14_sha1;

/* crypt.c: password hashes of crypt(3) */

enum { CRYPT_BAD = 0, CRYPT_OK = 1, CRYPT_UNKNOWN = -1 };
/*
 * Computes the hash that setting (`$1$salt$...`, `$5$[rounds=N$]salt$...`,
 * `$6$...`, `$2b$NN$salt`) asks for into out (NUL-terminated, CRYPT_LEN at
 * most) for the n bytes of the password. CRYPT_UNKNOWN: a scheme that is not
 * built in. CRYPT_BAD: a setting that is malformed, or costs more than anybody should wait for.
 * w: used with CRYPT_BCRYPT alone, else it may be NULL.
 */
#define CRYPT_LEN 128
int crypt_hash(char out[CRYPT_LEN], const void *pass, size_t n, const char *setting,
	       struct bcrypt_work *w);
/* CRYPT_OK where the password belongs to the hash; never for NULL, "", "*", "!", "x" or junk */
int crypt_check(const void *pass, size_t n, const char *hash, struct bcrypt_work *w);

#endif
