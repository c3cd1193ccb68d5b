/* keys.c - keys from the exchange's secret, and their coming into force (RFC 4253 7.2). */
/* SPDX-License-Identifier: MIT */
#include "engine.h"

#define KEY_MAX 64 /* bytes, the longest key or iv */

/* HASH(K || H || ...), K as the method encodes it */
static void hash_begin(const struct ssh *s, struct hash_ctx *c)
{
	uint8_t mem[KEX_SHARED_MAX + 5];
	struct wr w = wr_init(mem, sizeof(mem));

	if (s->kex->k_is_string)
		wr_str(&w, s->k, s->k_len);
	else
		wr_mpint(&w, s->k, s->k_len);
	hash_init(c, s->kex->hash);
	hash_add(c, mem, wr_len(&w));
	hash_add(c, s->h, s->kex->hash->out_len);
	wipe(mem, sizeof(mem));
}

static void derive(const struct ssh *s, char letter, uint8_t out[KEY_MAX], size_t n)
{
	struct hash_ctx c;
	uint8_t block[HASH_MAX];
	size_t len = s->kex->hash->out_len, have = 0, part;

	hash_begin(s, &c);
	hash_add(&c, &letter, 1);
	hash_add(&c, s->sid, s->sid_len);
	while (have < n) {
		hash_out(&c, block);
		part = n - have < len ? n - have : len;
		memcpy(out + have, block, part);
		have += part;
		if (have >= n)
			break;
		hash_begin(s, &c);
		hash_add(&c, out,
			 have); /* K2 = HASH(K || H || K1), ...: have is a multiple of len */
	}
	wipe(&c, sizeof(c));
	wipe(block, sizeof(block));
}

void keys_install(struct ssh *s, int out)
{
	struct keys *k = out ? &s->out : &s->in;
	int c2s = out == is_client(s);
	const struct cipher *cipher = s->next_cipher[!c2s];
	const struct mac *mac = s->next_mac[!c2s];
	uint8_t iv[KEY_MAX], key[KEY_MAX];

	derive(s, c2s ? 'A' : 'B', iv, cipher->iv_len);
	derive(s, c2s ? 'C' : 'D', key, cipher->key_len);
	wipe(&k->cctx, sizeof(k->cctx));
	cipher->init(&k->cctx, key, iv, out);
	k->cipher = cipher;
	k->mac = mac;
	if (MACS && mac) {
		derive(s, c2s ? 'E' : 'F', key, mac->key_len);
		mac_init(&k->mctx, mac, key);
	}
	k->packets = 0;
	k->bytes = 0;
	if (s->strict)
		k->seq = 0;
	wipe(iv, sizeof(iv));
	wipe(key, sizeof(key));
}
