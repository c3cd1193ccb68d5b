/* pubkey.c - public keys as blobs (RFC 4253 6.6), as text and as fingerprints. */
/* SPDX-License-Identifier: MIT */
#include "pubkey.h"

#include <string.h>

#include "base64.h"

struct str pubkey_name(struct str blob)
{
	struct rd r = rd_init(blob);

	return rd_str(&r);
}

unsigned pubkey_bits(struct str blob)
{
	struct rd r = rd_init(blob);
	const struct key_kind *k = key_kind_find(rd_str(&r));

	return k ? k->bits(&r) : 0;
}

size_t pubkey_digest(uint8_t *out, const struct hash *h, struct str blob)
{
	struct hash_ctx c;

	hash_init(&c, h);
	hash_add(&c, blob.p, blob.len);
	hash_out(&c, out);
	return h->out_len;
}

void pubkey_sha256(char out[FINGERPRINT_LEN], struct str blob)
{
	uint8_t d[32];
	size_t n;

	pubkey_digest(d, &hash_sha256, blob);
	memcpy(out, "SHA256:", 7);
	n = 7 + base64_encode(out + 7, d, sizeof(d));
	out[n - 1] = 0; /* over the one '=' */
}

void pubkey_md5(char out[FINGERPRINT_LEN], struct str blob)
{
	static const char hex[] = "0123456789abcdef";
	uint8_t d[16];

	pubkey_digest(d, &hash_md5, blob);
	memcpy(out, "MD5", 3);
	out += 3;
	for (size_t i = 0; i < sizeof(d); i++) {
		*out++ = ':';
		*out++ = hex[d[i] >> 4];
		*out++ = hex[d[i] & 15];
	}
	*out = 0;
}

void pubkey_text(struct wr *w, struct str blob)
{
	struct str name = pubkey_name(blob);
	char quad[4];

	wr_bytes(w, name.p, name.len);
	wr_u8(w, ' ');
	for (size_t i = 0; i < blob.len; i += 3) {
		size_t n = blob.len - i < 3 ? blob.len - i : 3;

		wr_bytes(w, quad, base64_encode(quad, blob.p + i, n));
	}
}
