/* algs.c - the algorithms that are built in, most preferred first. */
/* SPDX-License-Identifier: MIT */
#include "algs.h"
#include "config.h"

/* clang-format off */

const struct kex *const kexes[] = {
	USE_KEX_MLKEM768X25519(&kex_mlkem768x25519,)
	USE_KEX_CURVE25519(&kex_curve25519,)
	USE_KEX_CURVE25519(&kex_curve25519_libssh,)
	USE_KEX_SNTRUP761X25519(&kex_sntrup761x25519,)
	USE_KEX_SNTRUP761X25519(&kex_sntrup761x25519_openssh,)
	USE_KEX_ECDH(&kex_ecdh_nistp256,)
	USE_KEX_ECDH(&kex_ecdh_nistp384,)
	USE_KEX_ECDH(&kex_ecdh_nistp521,)
	USE_KEX_DH(&kex_dh_group16_sha512,)
	USE_KEX_DH(&kex_dh_group14_sha256,)
	USE_WEAK_DH_SHA1(&kex_dh_group14_sha1,)
	NULL,
};

const struct cipher *const ciphers[] = {
	USE_CIPHER_CHACHAPOLY(&cipher_chachapoly,)
	USE_CIPHER_AES_GCM(&cipher_aes128_gcm,)
	USE_CIPHER_AES_GCM(&cipher_aes256_gcm,)
	USE_CIPHER_AES128_CTR(&cipher_aes128_ctr,)
	USE_CIPHER_AES192_CTR(&cipher_aes192_ctr,)
	USE_CIPHER_AES256_CTR(&cipher_aes256_ctr,)
	USE_WEAK_AES_CBC(&cipher_aes128_cbc,)
	USE_WEAK_AES_CBC(&cipher_aes192_cbc,)
	USE_WEAK_AES_CBC(&cipher_aes256_cbc,)
	USE_WEAK_3DES_CBC(&cipher_3des_cbc,)
	USE_WEAK_BLOWFISH(&cipher_blowfish_ctr,)
	USE_WEAK_BLOWFISH(&cipher_blowfish_cbc,)
	NULL,
};

const struct mac *const macs[] = {
	USE_MAC_SHA2_256(&mac_hmac_sha2_256_etm,)
	USE_MAC_SHA2_512(&mac_hmac_sha2_512_etm,)
	USE_MAC_SHA2_256(&mac_hmac_sha2_256,)
	USE_MAC_SHA2_512(&mac_hmac_sha2_512,)
	USE_MAC_SHA1(&mac_hmac_sha1_etm,)
	USE_MAC_SHA1(&mac_hmac_sha1,)
	USE_WEAK_SHA1_96(&mac_hmac_sha1_96,)
	NULL,
};
