/* mlkem768.c - ML-KEM-768 (FIPS 203). */
/* SPDX-License-Identifier: MIT */
/*
 * Small before fast, and most of the time goes to Keccak anyway: the matrix is made
 * as it is multiplied with, secrets are made anew from their seed, the ciphertext
 * of the check in decapsulation is compared piece by piece, powers of zeta are
 * computed where others look them up. 4.4 KiB of stack at most, in all.
 *
 * A coefficient stands for its class modulo q, and is at most 15 q behind the NTT,
 * below 2 q elsewhere. There is no division, by constants neither: what a compiler
 * makes of one can depend on the secret in time.
 */
#include "mlkem768.h"

#include <string.h>

#include "crypto.h"
#include "hide.h"
#include "sha3.h"

#define N 256
#define Q 3329
#define K 3    /* rows and columns of the matrix */
#define DU 10  /* bits of a coefficient of u in the ciphertext */
#define DV 4   /* and of v */
#define D12 12 /* not compressed */
#define ROW_T (N * D12 / 8)
#define ROW_U (N * DU / 8)

static uint32_t quotient(uint32_t x)
{
	return (uint64_t)x * (UINT32_MAX / Q) >> 32; /* at most 1 too small */
}

/* below q + 2^-21 x */
static uint32_t reduce(uint32_t x)
{
	return x - quotient(x) * Q;
}

/* rounded down, exactly */
static uint32_t divide(uint32_t x)
{
	uint32_t u = quotient(x);

	return u + ((Q - 1 - (x - u * Q)) >> 31);
}

/* 17 to the power of the number that the eight bits of e are when read backwards */
static uint32_t zeta(unsigned e)
{
	uint32_t z = 1, w = 17;

	for (; e & 255; e <<= 1) {
		if (e & 128)
			z = reduce(z * w);
		w = reduce(w * w);
	}
	return z;
}

/* Algorithms 9 and 10. From below 2 q to below 15 q; from below 2 q to below 2 q */
static void ntt(uint16_t *p, int inverse)
{
	unsigned k = inverse ? N / 2 : 0, i, n, at, len;
	uint32_t x, y, z;

	for (i = 0; i < 7; i++) {
		len = inverse ? 2U << i : 128U >> i;
		for (at = 0; at < N; at += len) {
			z = zeta(2 * (inverse ? --k : ++k));
			for (n = len; n; n--, at++) {
				x = p[at];
				y = p[at + len];
				if (inverse) {
					p[at] = reduce(x + y);
					p[at + len] = reduce(z * (y + 2 * Q - x));
				} else {
					y = reduce(z * y);
					p[at] = x + y;
					p[at + len] = x + 2 * Q - y;
				}
			}
		}
	}
	for (at = 0; inverse && at < N; at++)
		p[at] = reduce(3303U * p[at]); /* 3303 * 128 = 1 */
}

/* sum += a X^k * b in the NTT's domain (Algorithm 12), a and b up to 15 q */
static void add_product(uint16_t *sum, const uint16_t *b, unsigned k, uint32_t a)
{
	uint32_t x = b[k & ~1U], y = b[k | 1], swap = x;

	sum += k & ~1U;
	if (k & 1) {
		x = reduce(y * zeta(N / 2 | k / 2));
		y = swap;
	}
	sum[0] = reduce(sum[0] + a * x);
	sum[1] = reduce(sum[1] + a * y);
}

/* the next number below q; by itself for the test of constant time: all of it is public */
static __attribute__((noinline)) uint32_t matrix_next(struct sha3 *h, uint32_t *bits)
{
	uint8_t t[3];
	uint32_t v;

	do {
		if (*bits == 1) {
			sha3_out(h, t, 3);
			*bits = 1U << 24 | (uint32_t)t[2] << 16 | t[1] << 8 | t[0];
		}
		v = *bits & 4095;
		*bits >>= 12;
	} while (v >= Q);
	return v;
}

/* sum += b times the element of the matrix that x and y belong to (Algorithm 7) */
static void add_matrix(uint16_t *sum, const uint16_t *b, const uint8_t rho[32], uint8_t x,
		       uint8_t y)
{
	const uint8_t at[2] = {x, y};
	struct sha3 h;
	uint32_t bits = 1;

	sha3_init(&h, SHAKE128, rho, 32, at, 2);
	for (unsigned k = 0; k < N; k++)
		add_product(sum, b, k, matrix_next(&h, &bits));
}

/* p += a small polynomial (Algorithm 8) */
static void add_noise(uint16_t *p, const uint8_t seed[32], uint8_t nonce)
{
	struct sha3 h;
	unsigned i;
	uint8_t b = 0;

	sha3_init(&h, SHAKE256, seed, 32, &nonce, 1);
	for (i = 0; i < N; i++, b >>= 4) {
		if (i % 2 == 0)
			sha3_out(&h, &b, 1);
		p[i] += Q + (b & 1) + (b >> 1 & 1) - (b >> 2 & 1) - (b >> 3 & 1);
	}
	wipe(&h, sizeof(h));
}

/* what is not seen at once: a vector of small polynomials in the NTT's domain */
static void secret_one(uint16_t *p, const uint8_t seed[32], uint8_t nonce)
{
	memset(p, 0, N * sizeof(*p));
	add_noise(p, seed, nonce);
	ntt(p, 0);
}

/* the k-th field of d bits */
static uint32_t field(const uint8_t *p, unsigned k, unsigned d)
{
	unsigned shift = k * d & 7;
	uint32_t v;

	p += k * d >> 3;
	v = p[0] >> shift;
	if (shift + d > 8)
		v |= (uint32_t)p[1] << (8 - shift);
	return v & ((1U << d) - 1);
}

/* p += the polynomial of d bits a coefficient (4.2.1, Decompress) */
static void add_fields(uint16_t *p, const uint8_t *from, unsigned d)
{
	for (unsigned k = 0; k < N; k++)
		p[k] += (field(from, k, d) * Q + (1U << (d - 1))) >> d;
}

/* writes p with d bits a coefficient (Compress), or where to is NULL gives 0 if was is the same */
static uint32_t put(uint8_t *to, const uint8_t *was, const uint16_t *p, unsigned d)
{
	uint32_t bits = 0, diff = 0, v;
	unsigned k, n = 0;

	for (k = 0; k < N; k++) {
		v = p[k];
		v = d == D12 ? v - divide(v) * Q : divide((v << d) + Q / 2) & ((1U << d) - 1);
		bits |= v << n;
		for (n += d; n >= 8; n -= 8, bits >>= 8) {
			if (to)
				*to++ = bits;
			else
				diff |= (*was++ ^ bits) & 255;
		}
	}
	return diff;
}

/* K-PKE.KeyGen (Algorithm 13): the seed of the secret vector is left in sigma */
static void derive(uint8_t rho_sigma[64], const uint8_t d[32])
{
	static const uint8_t k = K;

	sha3(rho_sigma, 64, SHA3_512, d, 32, &k, 1);
}

static __attribute__((noinline)) void key_row(uint8_t *pub, uint16_t s[K][N],
					      const uint8_t rho_sigma[64], unsigned i)
{
	uint16_t sum[N];

	secret_one(sum, rho_sigma + 32, K + i);
	for (unsigned j = 0; j < K; j++)
		add_matrix(sum, s[j], rho_sigma, j, i);
	put(pub + ROW_T * i, NULL, sum, D12);
	wipe(sum, sizeof(sum));
}

void mlkem768_keygen(uint8_t pub[MLKEM768_PUB], const uint8_t seed[MLKEM768_SEED])
{
	uint8_t rho_sigma[64];
	uint16_t s[K][N];
	unsigned i;

	derive(rho_sigma, seed);
	for (i = 0; i < K; i++)
		secret_one(s[i], rho_sigma + 32, i);
	for (i = 0; i < K; i++)
		key_row(pub, s, rho_sigma, i);
	memcpy(pub + ROW_T * K, rho_sigma, 32);
	wipe(s, sizeof(s));
	wipe(rho_sigma, sizeof(rho_sigma));
}

/* a piece of the ciphertext: u's polynomial i, or v where i is K */
static __attribute__((noinline)) uint32_t text_row(uint8_t *ct, const uint8_t *was,
						   const uint8_t *pub, const uint8_t m[32],
						   const uint8_t coins[32], uint16_t r[K][N],
						   unsigned i)
{
	uint16_t sum[N] = {0};
	uint32_t diff;
	unsigned j, k;

	for (j = 0; j < K; j++) {
		if (i < K)
			add_matrix(sum, r[j], pub + ROW_T * K, i, j);
		else
			for (k = 0; k < N; k++)
				add_product(sum, r[j], k, field(pub + ROW_T * j, k, D12));
	}
	ntt(sum, 1);
	add_noise(sum, coins, K + i);
	if (i == K)
		add_fields(sum, m, 1);
	diff = put(ct ? ct + ROW_U * i : NULL, was + ROW_U * i, sum, i < K ? DU : DV);
	wipe(sum, sizeof(sum));
	return diff;
}

/* K-PKE.Encrypt (Algorithm 14) to ct, or where it is NULL: 0 if that gives what was is */
static uint32_t encrypt(uint8_t *ct, const uint8_t *was, const uint8_t *pub, const uint8_t m[32],
			const uint8_t coins[32])
{
	uint16_t r[K][N];
	uint32_t diff = 0;
	unsigned i;

	for (i = 0; i < K; i++)
		secret_one(r[i], coins, i);
	for (i = 0; i <= K; i++)
		diff |= text_row(ct, was, pub, m, coins, r, i);
	wipe(r, sizeof(r));
	return diff;
}

/* K-PKE.Decrypt (Algorithm 15) */
static void decrypt(uint8_t m[32], const uint8_t *ct, const uint8_t sigma[32])
{
	uint16_t sum[N] = {0}, s[N], u[N];
	unsigned j, k;

	for (j = 0; j < K; j++) {
		memset(u, 0, sizeof(u));
		add_fields(u, ct + ROW_U * j, DU);
		ntt(u, 0);
		secret_one(s, sigma, j);
		for (k = 0; k < N; k++)
			add_product(sum, u, k, s[k]);
	}
	ntt(sum, 1);
	for (k = 0; k < N; k++)
		sum[k] = 2 * Q - sum[k];
	add_fields(sum, ct + ROW_U * K, DV);
	put(m, NULL, sum, 1);
	wipe(s, sizeof(s));
	wipe(sum, sizeof(sum));
}

/* K || r = G(m || H(ek)), 6.2 */
static void keys_of(uint8_t key_coins[64], const uint8_t m[32], const uint8_t *pub)
{
	uint8_t h[32];

	sha3(h, 32, SHA3_256, pub, MLKEM768_PUB, NULL, 0);
	sha3(key_coins, 64, SHA3_512, m, 32, h, 32);
}

int mlkem768_encap(uint8_t ct[MLKEM768_CT], uint8_t shared[32], const uint8_t pub[MLKEM768_PUB],
		   const uint8_t m[32])
{
	uint8_t key_coins[64];

	for (unsigned k = 0; k < K * N; k++)
		if (field(pub, k, D12) >= Q)
			return 0;
	keys_of(key_coins, m, pub);
	encrypt(ct, ct, pub, m, key_coins + 32);
	memcpy(shared, key_coins, 32);
	wipe(key_coins, sizeof(key_coins));
	return 1;
}

/* Algorithm 18 */
void mlkem768_decap(uint8_t shared[32], const uint8_t seed[MLKEM768_SEED],
		    const uint8_t pub[MLKEM768_PUB], const uint8_t ct[MLKEM768_CT])
{
	uint8_t rho_sigma[64], key_coins[64], m[32];
	uint32_t keep;

	derive(rho_sigma, seed);
	decrypt(m, ct, rho_sigma + 32);
	keys_of(key_coins, m, pub);
	sha3(shared, 32, SHAKE256, seed + 32, 32, ct, MLKEM768_CT);
	keep = encrypt(NULL, ct, pub, m, key_coins + 32);
	keep = hide((keep - 1) >> 31); /* keep < 256: 1 for 0 alone */
	for (unsigned i = 0; i < 32; i++)
		shared[i] ^= (shared[i] ^ key_coins[i]) & -keep;
	wipe(rho_sigma, sizeof(rho_sigma));
	wipe(key_coins, sizeof(key_coins));
	wipe(m, sizeof(m));
}
