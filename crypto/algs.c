/* algs.c - the algorithms that are built in, most preferred first. */
/* SPDX-License-Identifier: MIT */
#include "algs.h"
#include "config.h"

/* clang-format off */

const struct kex *const kexes[] = {
	USE_KEX_CURVE25519(&kex_curve25519,)
	USE_KEX_CURVE25519(&kex_curve25519_libssh,)
	NULL,
};

const struct cipher *const ciphers[] = {
	USE_CIPHER_CHACHAPOLY(&cipher_chachapoly,)
	USE_CIPHER_AES128_CTR(&cipher_aes128_ctr,)
	USE_CIPHER_AES256_CTR(&cipher_aes256_ctr,)
	NULL,
};

const struct mac *const macs[] = {
	USE_MAC_SHA2_256(&mac_hmac_sha2_256_etm,)
	USE_MAC_SHA2_512(&mac_hmac_sha2_512_etm,)
	USE_MAC_SHA2_256(&mac_hmac_sha2_256,)
	USE_MAC_SHA2_512(&mac_hmac_sha2_512,)
	NULL,
};
