/* sha512.c - SHA-384 and SHA-512 (FIPS 180-4 6.4, 6.5). */
/* SPDX-License-Identifier: MIT */
/*
 * The eight words of the state are not moved from a round to the next, which
 * 32-bit processors have no registers for: each round puts its new a behind
 * those before, and a to h are the last eight. The words of the schedule lie
 * between, so that one pointer reaches all.
 */
#include "crypto.h"
#include "sha2.h"
#include "words.h"

/* 4.2.3: of the cube roots of the first 80 primes */
const uint64_t sha2_k[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

/* 5.3.5: of the square roots of the first 8 primes */
const uint64_t sha2_iv[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

/* 5.3.4: of the next 8 */
static const uint64_t iv384[8] = {
    0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
    0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4,
};

#define ROTR(x, n) ((x) >> (n) | (x) << (64 - (n)))

#define INLINE static inline __attribute__((always_inline))

/* r ^ the lower half of hi:lo when that is turned right by n */
INLINE uint32_t xor_turn(uint32_t r, uint32_t lo, uint32_t hi, int n)
{
	if (n < 32) {
		r ^= lo >> n;
		return r ^ hi << (32 - n);
	}
	r ^= hi >> (n - 32);
	return r ^ lo << ((64 - n) & 31); /* n is not 32 */
}

/*
 * The sigmas: x turned right by i ^ by j ^ by k; the small ones shift by k. On
 * 32-bit processors the shifts are xored one by one: ARM shifts and xors at once.
 */
INLINE uint64_t sigma(uint64_t x, int i, int j, int k, int small)
{
	uint32_t lo = x, hi = x >> 32, rlo, rhi;

	if (sizeof(void *) == 8)
		return ROTR(x, i) ^ ROTR(x, j) ^ (small ? x >> k : ROTR(x, k));
	rlo = xor_turn(xor_turn(xor_turn(0, lo, hi, i), lo, hi, j), lo, hi, k);
	rhi = xor_turn(xor_turn(0, hi, lo, i), hi, lo, j);
	rhi = small ? rhi ^ hi >> k : xor_turn(rhi, hi, lo, k);
	return (uint64_t)rhi << 32 | rlo;
}

struct step {
	uint64_t w, s;
};

/* 6.4.2 step 1 */
static uint64_t next_word(const struct step *p)
{
	uint64_t x = p[-15].w, y = p[-2].w;

	return p[-16].w + sigma(x, 1, 8, 7, 1) + p[-7].w + sigma(y, 19, 61, 6, 1);
}

/* 6.4.2 step 3: a to h are p[-1] to p[-8] */
static void round_at(struct step *p, uint64_t k)
{
	uint64_t x = p[-5].s, t = p[-8].s + k + p->w;

	t += sigma(x, 14, 18, 41, 0) + (((p[-6].s ^ p[-7].s) & x) ^ p[-7].s);
	p[-4].s += t;
	x = p[-1].s;
	t += sigma(x, 28, 34, 39, 0);
	p->s = t + ((x & p[-2].s) | (p[-3].s & (x | p[-2].s)));
}

static void blocks(union sha2_words *h, const uint8_t *m, size_t n)
{
	struct step steps[8 + 80], *p;

	for (; n > 0; n -= 128) {
		p = steps + 8;
		for (int i = 0; i < 8; i++)
			p[-1 - i].s = h->d[i];
		for (int i = 0; i < 80; i++, p++) {
			if (i >= 16)
				p->w = next_word(p);
			else
				p->w = __builtin_bswap64(word64_get(m)), m += 8;
			round_at(p, sha2_k[i]);
		}
		for (int i = 0; i < 8; i++)
			h->d[i] += p[-1 - i].s;
	}
	wipe(steps, sizeof(steps));
}

static void init384(const br_hash_class **c)
{
	sha2_start((struct sha2 *)c, &sha384_class, iv384);
}

static void init512(const br_hash_class **c)
{
	sha2_start((struct sha2 *)c, &sha512_class, sha2_iv);
}

const struct sha2_class sha384_class = SHA2_CLASS(br_sha384_ID, 8, 48, init384, blocks);
const struct sha2_class sha512_class = SHA2_CLASS(br_sha512_ID, 8, 64, init512, blocks);
