/* mac.c - HMAC over a packet and its sequence number (RFC 2104, RFC 4253 6.4, RFC 6668). */
/* SPDX-License-Identifier: MIT */
#include "crypto.h"

void mac_init(struct mac_ctx *c, const struct mac *m, const uint8_t *key)
{
	br_hmac_key_init(&c->key, m->hash->vt, key, m->key_len);
	c->tag_len = m->tag_len;
}

void mac_tag(const struct mac_ctx *c, uint32_t seq, const void *p, size_t n, uint8_t *tag)
{
	const uint8_t be[4] = {seq >> 24, seq >> 16, seq >> 8, seq};
	br_hmac_context h;

	br_hmac_init(&h, &c->key, c->tag_len);
	br_hmac_update(&h, be, sizeof be);
	br_hmac_update(&h, p, n);
	br_hmac_out(&h, tag);
	wipe(&h, sizeof h);
}

#define ROW(title, h, len, e)                                                      \
	{                                                                          \
		.name = title, .hash = h, .key_len = len, .tag_len = len, .etm = e \
	}

const struct mac mac_hmac_sha2_256 = ROW("hmac-sha2-256", &hash_sha256, 32, 0);
const struct mac mac_hmac_sha2_256_etm = ROW("hmac-sha2-256-etm@openssh.com", &hash_sha256, 32, 1);
const struct mac mac_hmac_sha2_512 = ROW("hmac-sha2-512", &hash_sha512, 64, 0);
const struct mac mac_hmac_sha2_512_etm = ROW("hmac-sha2-512-etm@openssh.com", &hash_sha512, 64, 1);
const struct mac mac_hmac_sha1 = ROW("hmac-sha1", &hash_sha1, 20, 0);
const struct mac mac_hmac_sha1_etm = ROW("hmac-sha1-etm@openssh.com", &hash_sha1, 20, 1);
const struct mac mac_hmac_sha1_96 = {
    .name = "hmac-sha1-96",
    .hash = &hash_sha1,
    .key_len = 20,
    .tag_len = 12,
    .off = OFF_WEAK(CFG_WEAK_SHA1_96_SERVER, CFG_WEAK_SHA1_96_CLIENT),
};
