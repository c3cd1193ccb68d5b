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
};

struct mac_ctx {
	br_hmac_key_context key;
	uint8_t tag_len;
};

extern const struct mac mac_hmac_sha2_256, mac_hmac_sha2_256_etm, mac_hmac_sha2_512,
    mac_hmac_sha2_512_etm;

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

/* ciphers: constant, complete rows */

union cipher_ctx {
	struct {
		uint8_t main[32], len[32]; /* K_2 and K_1 of PROTOCOL.chacha20poly1305 */
	} chachapoly;
	struct {
		br_aes_gen_ctr_keys keys;
		uint8_t iv[16]; /* big-endian counter, all 128 bits */
	} aesctr;
};

struct cipher {
	const char *name;        /* as in KEXINIT */
	uint8_t key_len, iv_len; /* bytes taken from the key derivation */
	uint8_t block;           /* packets are padded to a multiple of it (at least 8) */
	uint8_t tag_len;         /* 0: not an AEAD, it wants a mac */
	uint8_t aad; /* 1: the length field is outside the padding rule (AEAD, RFC 5647 7.3) */
	/* sealing: 1 for the direction out, 0 for in */
	void (*init)(union cipher_ctx *c, const uint8_t *key, const uint8_t *iv, int sealing);
	/* tag_len == 0: n bytes in place, n a multiple of block; goes on where the last call ended */
	void (*crypt)(union cipher_ctx *c, uint8_t *p, size_t n);
	/* tag_len > 0: p is the packet from its length field on, n = 4 + packet_length, tag behind */
	uint32_t (*length)(const union cipher_ctx *c, uint32_t seq, const uint8_t p[4]);
	int (*open)(union cipher_ctx *c, uint32_t seq, uint8_t *p, size_t n);
	void (*seal)(union cipher_ctx *c, uint32_t seq, uint8_t *p, size_t n);
};

extern const struct cipher cipher_chachapoly, cipher_aes128_ctr, cipher_aes256_ctr;

/* key exchange methods, all in the shape of a KEM */

#define KEX_PUB_MAX 32 /* bytes, the longest public key */
#define KEX_SEC_MAX 32 /* bytes: what the client keeps until the answer */
#define KEX_SHARED_MAX 64

struct kex {
	const char *name; /* as in KEXINIT */
	const struct hash *hash;
	uint8_t k_is_string; /* 1: the shared secret is hashed as a string, 0: as an mpint */
	uint16_t pub_len, ct_len, sec_len, shared_len; /* bytes */
	/* client: a key pair */
	void (*keygen)(struct rng *r, uint8_t *sec, uint8_t *pub);
	/* server: the answer and the secret; 0 where the peer's share is no good */
	int (*encap)(struct rng *r, const uint8_t *pub, uint8_t *ct, uint8_t *shared);
	/* client: the secret from the answer; 0 likewise */
	int (*decap)(const uint8_t *sec, const uint8_t *ct, uint8_t *shared);
};

extern const struct kex kex_curve25519, kex_curve25519_libssh;

/* crypt.c: password hashes of crypt(3) */

enum { CRYPT_BAD = 0, CRYPT_OK = 1, CRYPT_UNKNOWN = -1 };
/*
 * Computes the hash that setting (`$1$salt$...`, `$5$[rounds=N$]salt$...`,
 * `$6$...`) asks for into out (NUL-terminated, CRYPT_LEN at most) for the n
 * bytes of the password. CRYPT_UNKNOWN: a scheme that is not built in.
 * CRYPT_BAD: a setting that is malformed.
 */
#define CRYPT_LEN 128
int crypt_hash(char out[CRYPT_LEN], const void *pass, size_t n, const char *setting);
/* CRYPT_OK where the password belongs to the hash; never for NULL, "", "*", "!", "x" or junk */
int crypt_check(const void *pass, size_t n, const char *hash);

#endif
