/* rng.c - random bytes: ChaCha20 with fast key erasure. */
/* SPDX-License-Identifier: MIT */
/*
 * Each refill makes the next key and 64 bytes to give out from the present
 * key, which is then gone. Bytes are wiped as they are given out. So what is in
 * memory at any time says nothing of what was given out before.
 */
#include "crypto.h"

#include <string.h>

static void refill(struct rng *r)
{
	static const uint8_t iv[16];
	uint8_t stream[sizeof(r->key) + sizeof(r->buf)] = {0};

	chacha20_xor(stream, sizeof(stream), r->key, iv);
	memcpy(r->key, stream, sizeof(r->key));
	memcpy(r->buf, stream + sizeof(r->key), sizeof(r->buf));
	r->used = 0;
	wipe(stream, sizeof(stream));
}

static void set_key(struct rng *r, const uint8_t key[32])
{
	memcpy(r->key, key, sizeof(r->key));
	wipe(r->buf, sizeof(r->buf));
	r->used = sizeof(r->buf);
}

void rng_init(struct rng *r, const uint8_t seed[32])
{
	set_key(r, seed);
}

void rng_add(struct rng *r, const void *p, size_t n)
{
	struct hash_ctx h;
	uint8_t key[32];

	hash_init(&h, &hash_sha256);
	hash_add(&h, r->key, sizeof(r->key));
	hash_add(&h, p, n);
	hash_out(&h, key);
	set_key(r, key);
	wipe(key, sizeof(key));
	wipe(&h, sizeof(h));
}

void rng_bytes(struct rng *r, void *out, size_t n)
{
	uint8_t *p = out;
	size_t k;

	for (; n > 0; n -= k, p += k) {
		if (r->used == sizeof(r->buf))
			refill(r);
		k = sizeof(r->buf) - r->used;
		if (k > n)
			k = n;
		memcpy(p, r->buf + r->used, k);
		wipe(r->buf + r->used, k);
		r->used += k;
	}
}
