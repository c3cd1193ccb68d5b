/* kex_dh.c - Diffie-Hellman in the groups of RFC 3526 (RFC 4253 8, RFC 8268). */
/* SPDX-License-Identifier: MIT */
/*
 * Shares are big-endian and as long as the prime. Numbers m and t are BearSSL's:
 * words of 31 bits, least significant first, behind one with the length in bits.
 * What works on them is in no header that it installs. Secrets have twice as many
 * bits as the group has strength, and some more.
 */
#include "crypto.h"

#include <string.h>

void br_i31_decode(uint32_t *x, const void *src, size_t len);
void br_i31_encode(void *dst, size_t len, const uint32_t *x);
uint32_t br_i31_modpow_opt(uint32_t *x, const unsigned char *e, size_t elen, const uint32_t *m,
			   uint32_t m0i, uint32_t *tmp, size_t twlen);

#define BYTES_MAX 512
#define WORDS (1 + (BYTES_MAX * 8 + 30) / 31)
#define TEMP 340 /* words: two of WORDS, or five of 2048 bits, which gives a window of 2 bits */
#define SECRET_MAX 40

struct group {
	uint16_t len, secret; /* bytes of the prime and of an exponent */
	uint32_t add;         /* the RFC's, less what its -1 borrows */
};

static const struct group group14 = {256, 32, 124476 - 1}, group16 = {512, 40, 240904 - 1};

/*
 * The prime of RFC 3526: 2^n - 2^(n-64) - 1 + 2^64 (floor(2^(n-130) pi) + add). Pi is
 * 2 + 1/3 (2 + 2/5 (2 + 3/7 (2 + ...))), of which each bracket gives a bit and more; in
 * words of 16 bits, most significant first, that may be above 16 bits until they are
 * carried. Two more than the prime has room for: the last is not exact.
 */
static void prime(const struct group *g, uint8_t *p)
{
	uint32_t x[BYTES_MAX / 2 - 6], d, t, left;
	unsigned n = g->len / 2 - 6, i, k;

	memset(x, 0, sizeof(x));
	for (i = 16 * n; i; i--) {
		d = 2 * i + 1;
		left = 0;
		for (k = 0; k < n; k++) {
			t = (left << 16) + x[k] * i; /* left < d < 2^13, x[k] < 2^17: below 2^31 */
			x[k] = t / d;
			left = t % d;
		}
		x[0] += 2;
	}
	memset(p, 0xff, g->len);
	t = g->add + (((x[n - 1] >> 2) + (x[n - 2] << 14)) >> 16);
	for (k = n - 2; k--; t >>= 16) {
		t += x[k] << 14;
		p[8 + 2 * k] = (uint8_t)(t >> 8);
		p[9 + 2 * k] = (uint8_t)t;
	}
}

/* 1 < share < p - 1; mem: room for a share */
static int share_ok(const struct group *g, const uint8_t *share, uint8_t *mem)
{
	size_t last = g->len - 1u;
	int below;

	prime(g, mem);
	mem[last]--;
	below = memcmp(share, mem, g->len) < 0;
	memset(mem, 0, last);
	mem[last] = 1;
	return below && memcmp(share, mem, g->len) > 0;
}

/* out = base^e; out may be base; noinline: it would make a frame of more than 2 KiB */
__attribute__((noinline)) static void power(const struct group *g, const uint8_t *base,
					    size_t base_len, const uint8_t *e, const uint32_t *m,
					    uint8_t *out)
{
	uint32_t x[WORDS], t[TEMP];

	memset(x, 0, sizeof(x));
	br_i31_decode(x, base, base_len);
	x[0] = m[0];
	/* the prime's last word is all ones, so that -1/p is 1 */
	br_i31_modpow_opt(x, e, g->secret, m, 1, t, TEMP);
	br_i31_encode(out, g->len, x);
	wipe(x, sizeof(x));
	wipe(t, sizeof(t));
}

/* pub = 2^sec, or out = share^sec where there is one; out: both times room for the prime first */
static void raise(const struct group *g, const uint8_t *share, const uint8_t *sec, uint8_t *out)
{
	static const uint8_t two = 2;
	uint32_t m[WORDS];

	prime(g, out);
	br_i31_decode(m, out, g->len);
	power(g, share ? share : &two, share ? g->len : 1, sec, m, out);
}

static int keygen(const struct group *g, struct rng *r, uint8_t *sec, uint8_t *pub)
{
	rng_bytes(r, sec, g->secret);
	raise(g, NULL, sec, pub);
	return 1;
}

static int decap(const struct group *g, const uint8_t *sec, const uint8_t *ct, uint8_t *shared)
{
	if (!share_ok(g, ct, shared))
		return 0;
	raise(g, ct, sec, shared);
	return 1;
}

static int encap(const struct group *g, struct rng *r, const uint8_t *pub, uint8_t *ct,
		 uint8_t *shared)
{
	uint8_t sec[SECRET_MAX];
	int ok;

	keygen(g, r, sec, ct);
	ok = decap(g, sec, pub, shared);
	wipe(sec, sizeof(sec));
	return ok;
}

#define GROUP(N)                                                                             \
	static int keygen##N(struct rng *r, uint8_t *sec, uint8_t *pub)                      \
	{                                                                                    \
		return keygen(&group##N, r, sec, pub);                                       \
	}                                                                                    \
	static int encap##N(struct rng *r, const uint8_t *pub, uint8_t *ct, uint8_t *shared) \
	{                                                                                    \
		return encap(&group##N, r, pub, ct, shared);                                 \
	}                                                                                    \
	static int decap##N(const uint8_t *sec, const uint8_t *pub, const uint8_t *ct,       \
			    uint8_t *shared)                                                 \
	{                                                                                    \
		(void)pub;                                                                   \
		return decap(&group##N, sec, ct, shared);                                    \
	}

#define ROW(N, LEN, SECRET, SHA, OFF)                   \
	const struct kex kex_dh_group##N##_##SHA = {    \
	    .name = "diffie-hellman-group" #N "-" #SHA, \
	    .hash = &hash_##SHA,                        \
	    .mpint = 1,                                 \
	    .off = (OFF),                               \
	    .pub_len = (LEN),                           \
	    .ct_len = (LEN),                            \
	    .sec_len = (SECRET),                        \
	    .shared_len = (LEN),                        \
	    .keygen = keygen##N,                        \
	    .encap = encap##N,                          \
	    .decap = decap##N,                          \
	};

GROUP(14)
GROUP(16)
ROW(14, 256, 32, sha256, OFF_SERVER)
ROW(16, 512, 40, sha512, OFF_SERVER)
ROW(14, 256, 32, sha1, OFF_WEAK(CFG_WEAK_DH_SHA1_SERVER, CFG_WEAK_DH_SHA1_CLIENT))
