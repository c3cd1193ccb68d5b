/* sig.h - signature algorithms: their names, and the shape of what they sign and verify. */
/* SPDX-License-Identifier: MIT */
/*
 * A kind of key can have several algorithms (ssh-rsa: rsa-sha2-256 and -512),
 * and an algorithm's name need not be the one in the signature (certificates),
 * hence three names. Verifying fails closed: a name, a length or a byte that is
 * not as it must be is a bad signature. In a certificate the fields of the key are
 * between others, and verify gets them alone.
 */
#ifndef SIG_H
#define SIG_H

#include "key.h"

/* bytes, the longest signature with its name and, of a security key, its counter */
#define SIG_MAX \
	(CFG_KEY_MLDSA44 ? 2560 : CFG_KEY_RSA ? 640 : CFG_KEY_ECDSA || CFG_KEY_SK ? 192 : 96)

struct sig {
	const char *name;     /* in KEXINIT, server-sig-algs and USERAUTH_REQUEST */
	const char *key_name; /* at the head of the public key blob */
	const char *sig_name; /* at the head of the signature */
	const struct key_kind *kind;
	uint8_t off; /* enum alg_off */
	uint8_t sk;  /* 1: the signature ends with u8 flags, u32 counter (PROTOCOL.u2f) */
	/* both behind their names, and read to their ends; 1: good */
	int (*verify)(struct rd *key, struct rd *sig, struct str msg);
	/* appends what follows the name; 1, or 0 where it failed */
	int (*sign)(const struct key *k, struct wr *w, struct str msg);
	/* the blob is a certificate: how its key signs; both above are NULL then. Else NULL */
	const struct sig *plain;
};

extern const struct sig sig_ed25519, sig_ecdsa256, sig_ecdsa384, sig_ecdsa521, sig_rsa_sha256,
    sig_rsa_sha512, sig_ssh_rsa, sig_sk_ed25519, sig_sk_ecdsa, sig_mldsa44;
extern const struct sig sig_ed25519_cert, sig_ecdsa256_cert, sig_ecdsa384_cert, sig_ecdsa521_cert,
    sig_rsa_sha256_cert, sig_rsa_sha512_cert, sig_sk_ed25519_cert, sig_sk_ecdsa_cert,
    sig_mldsa44_cert;

/* in the order of preference, NULL at the end; first those of certificates */
#define CERT_ROWS \
	(CFG_CERTS + 3 * CFG_CERT_ECDSA + 2 * CFG_CERT_SK + 2 * CFG_CERT_RSA + CFG_CERT_MLDSA44)
extern const struct sig *const sigs[];

/* the row whose .name it is, or NULL */
const struct sig *sig_find(struct str name);
/* 1: blob is a key of that algorithm, and sig its signature (string name, fields) of msg */
int sig_verify(const struct sig *s, struct str blob, struct str sig, struct str msg);
/* of a security key's signature that is good: enum sk_flags; all of them where s is of another kind */
unsigned sig_flags(const struct sig *s, struct str sig);
enum sk_flags { SK_TOUCHED = 1, SK_VERIFIED = 4 };
/* appends string name, fields; 1, or 0 where the key is of another kind, or w too small */
int key_sign(const struct key *k, const struct sig *s, struct wr *w, struct str msg);

#endif
