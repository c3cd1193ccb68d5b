/* rsa.c - RSA signatures, PKCS#1 v1.5 (RFC 8017 8.2), and whether a key is one. */
/* SPDX-License-Identifier: MIT */
/*
 * Time depends on the lengths of the factors, and in verification on what is public.
 * A signature that a fault has spoilt would give the factors away: none leaves unverified.
 */
#include <string.h>

#include "rsa_impl.h"

#define N_WORDS (I31_WORDS(RSA_BITS_MAX) + 1)
#define WINDOW 488 /* words for powers: all that a frame has room for */

int rsa_public_ok(const void *n, size_t n_len, const void *e, size_t e_len)
{
	const uint8_t *a = n, *b = e;

	return n_len >= RSA_BITS_MIN / 8 && n_len <= RSA_N_BYTES &&
	       a[0] >> (n_len == RSA_BITS_MIN / 8 ? 7 : 0) && a[n_len - 1] & 1 && e_len >= 1 &&
	       e_len <= 8 && b[0] && b[e_len - 1] & 1 && (e_len > 1 || b[0] > 1);
}

void rsa_power(uint32_t *x, const uint8_t *e, size_t e_len, const uint32_t *m)
{
	uint32_t t[WINDOW];

	br_i31_modpow_opt(x, e, e_len, m, br_i31_ninv31(m[1]), t, WINDOW);
	wipe(t, sizeof(t));
}

void rsa_mul(uint32_t *d, const uint32_t *a, const uint32_t *b)
{
	memset(d, 0, RSA_P_WORDS * sizeof(*d));
	d[0] = a[0];
	br_i31_mulacc(d, a, b);
}

int rsa_is_one(uint32_t *x)
{
	x[1] ^= 1;
	return (int)br_i31_iszero(x);
}

/* ---- whether the halves belong together ------------------------------------ */

/* p * q == n */
static int product_ok(const struct rsa_key *k)
{
	uint32_t p[RSA_P_WORDS], q[RSA_P_WORDS], t[2 * RSA_P_WORDS];
	uint8_t out[RSA_N_BYTES + 1];
	size_t n = (size_t)k->p_len + k->q_len, more = n - k->n_len;

	if (n < k->n_len || more > 1) /* the product of two numbers is at most one byte shorter */
		return 0;
	br_i31_decode(p, k->p, k->p_len);
	br_i31_decode(q, k->q, k->q_len);
	rsa_mul(t, p, q);
	br_i31_encode(out, n, t);
	wipe(p, sizeof(p));
	wipe(q, sizeof(q));
	return ct_eq(out + more, k->n, k->n_len) & ((out[0] & -more) == 0);
}

/* a * b == 1 mod p, or mod p - 1 */
static int inverse_ok(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len,
		      const uint8_t *p, size_t p_len, uint32_t less)
{
	uint32_t m[RSA_P_WORDS], x[RSA_P_WORDS], y[RSA_P_WORDS], t[2 * RSA_P_WORDS];
	int ok;

	br_i31_decode(m, p, p_len);
	m[1] ^= less;
	br_i31_decode_reduce(x, a, a_len, m);
	br_i31_decode_reduce(y, b, b_len, m);
	rsa_mul(t, x, y);
	br_i31_reduce(x, t, m);
	ok = rsa_is_one(x);
	wipe(m, sizeof(m));
	wipe(y, sizeof(y));
	wipe(t, sizeof(t));
	return ok;
}

/* iq = q ^ (p - 2) mod p; whether p is a prime is seen from the result */
static void invert(struct rsa_key *k)
{
	uint32_t m[RSA_P_WORDS], x[RSA_P_WORDS];
	size_t i = k->iq_len = k->p_len;
	uint32_t less = 2;

	br_i31_decode(m, k->p, k->p_len);
	br_i31_decode_reduce(x, k->q, k->q_len, m);
	while (i--) {
		less = k->p[i] - less;
		k->iq[i] = (uint8_t)less;
		less = less >> 8 & 1;
	}
	rsa_power(x, k->iq, k->iq_len, m);
	br_i31_encode(k->iq, k->iq_len, x);
	wipe(m, sizeof(m));
	wipe(x, sizeof(x));
}

/* long enough that arithmetic with it is sound */
static int long_enough(const uint8_t *p, size_t len)
{
	return len >= RSA_BITS_MIN / 32 && p[0];
}

int rsa_whole(struct rsa_key *k)
{
	if (!rsa_public_ok(k->n, k->n_len, k->e, k->e_len) || !long_enough(k->p, k->p_len) ||
	    !long_enough(k->q, k->q_len))
		return 0;
	if (!k->iq_len)
		invert(k);
	return product_ok(k) & k->p[k->p_len - 1] & k->q[k->q_len - 1] &
	       inverse_ok(k->e, k->e_len, k->d, k->d_len, k->p, k->p_len, 1) &
	       inverse_ok(k->e, k->e_len, k->d, k->d_len, k->q, k->q_len, 1) &
	       inverse_ok(k->q, k->q_len, k->iq, k->iq_len, k->p, k->p_len, 0);
}

/* ---- signatures ------------------------------------------------------------ */

/* EMSA-PKCS1-v1_5 (RFC 8017 9.2): the n bytes that are signed */
static void pad(uint8_t *out, size_t n, const struct hash *h, const void *m, size_t m_len)
{
	/* DigestInfo for SHA-256 and SHA-512, whose names differ in a byte, and for SHA-1 */
	static const uint8_t sha2[] = {0x30, 0x11, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1,
				       0x65, 3,    4,    2,    0, 5, 0,    4,    0},
			     sha1[] = {0x30, 0x0d, 0x30, 9, 6, 5, 0x2b, 0x0e,
				       3,    2,    0x1a, 5, 0, 4, 0};
	int old = CFG_WEAK_SSH_RSA && h == &hash_sha1;
	size_t len = old ? sizeof(sha1) : sizeof(sha2);
	uint8_t *info = out + n - h->out_len - len;
	struct hash_ctx c;

	memset(out, 0xff, n);
	out[0] = 0;
	out[1] = 1;
	info[-1] = 0;
	memcpy(info, old ? sha1 : sha2, len);
	info[1] += h->out_len;
	info[len - 1] = h->out_len;
	if (!old)
		info[14] = h->out_len == 32 ? 1 : 3;
	hash_init(&c, h);
	hash_add(&c, m, m_len);
	hash_out(&c, info + len);
}

/* x = x ^ e mod m, e in the open */
static __attribute__((noinline)) void power_open(uint32_t *x, const uint8_t *e, size_t e_len,
						 const uint32_t *m)
{
	uint32_t base[N_WORDS], t[N_WORDS], m0i = br_i31_ninv31(m[1]);
	size_t words = (m[0] + 63) >> 5;
	unsigned bit = 128;
	int begun = 0;

	br_i31_to_monty(x, m);
	memcpy(base, x, words * sizeof(*x));
	while (e_len) {
		if (begun) {
			br_i31_montymul(t, x, x, m, m0i);
			memcpy(x, t, words * sizeof(*x));
		}
		if (*e & bit) {
			if (begun) {
				br_i31_montymul(t, x, base, m, m0i);
				memcpy(x, t, words * sizeof(*x));
			}
			begun = 1;
		}
		bit >>= 1;
		if (!bit) {
			bit = 128;
			e++;
			e_len--;
		}
	}
	br_i31_from_monty(x, m, m0i);
}

/* 1: x, which is lost, is a signature of what pad made */
static int opens(const void *n, size_t n_len, const void *e, size_t e_len, uint8_t *x,
		 const uint8_t *padded)
{
	uint32_t m[N_WORDS], a[N_WORDS];
	uint32_t below;

	br_i31_decode(m, n, n_len);
	br_i31_decode(a, x, n_len);
	a[0] = m[0];
	below = br_i31_sub(a, m, 0);
	power_open(a, e, e_len, m);
	br_i31_encode(x, n_len, a);
	return (int)below & ct_eq(x, padded, n_len);
}

void rsa_exponent(uint8_t *out, const struct rsa_key *k, const uint8_t *p, size_t len)
{
	uint32_t m[RSA_P_WORDS], s[RSA_P_WORDS];

	br_i31_decode(m, p, len);
	m[1] ^= 1;
	br_i31_decode_reduce(s, k->d, k->d_len, m);
	br_i31_encode(out, len, s);
	wipe(m, sizeof(m));
	wipe(s, sizeof(s));
}

/* m = p, s = x ^ d mod p */
static void power_part(uint32_t *s, uint32_t *m, const uint8_t *p, size_t len,
		       const struct rsa_key *k, const uint8_t *x)
{
	uint8_t dp[RSA_P_BYTES];

	rsa_exponent(dp, k, p, len);
	br_i31_decode(m, p, len);
	br_i31_decode_reduce(s, x, k->n_len, m);
	rsa_power(s, dp, len, m);
	wipe(dp, sizeof(dp));
}

/* x = x ^ d mod n (RFC 8017 5.1.2) */
static __attribute__((noinline)) void power_secret(const struct rsa_key *k, uint8_t *x)
{
	uint32_t p[RSA_P_WORDS], q[RSA_P_WORDS], s[RSA_P_WORDS], h[RSA_P_WORDS];
	uint32_t t[2 * RSA_P_WORDS], *u = t + RSA_P_WORDS;

	power_part(t, q, k->q, k->q_len, k, x);
	power_part(s, p, k->p, k->p_len, k, x);
	br_i31_reduce(h, t, p);
	br_i31_add(s, p, br_i31_sub(s, h, 1));
	br_i31_to_monty(s, p);
	br_i31_decode_reduce(h, k->iq, k->iq_len, p);
	br_i31_montymul(u, s, h, p, br_i31_ninv31(p[1]));
	memcpy(s, u, sizeof(s));
	br_i31_mulacc(t, q, s);
	br_i31_encode(x, k->n_len, t);
	wipe(p, sizeof(p));
	wipe(q, sizeof(q));
	wipe(s, sizeof(s));
	wipe(h, sizeof(h));
	wipe(t, sizeof(t));
}

int rsa_sign(const struct rsa_key *k, const struct hash *h, const void *m, size_t n, uint8_t *sig)
{
	uint8_t padded[RSA_N_BYTES], x[RSA_N_BYTES];
	size_t i;
	int ok;

	pad(padded, k->n_len, h, m, n);
	memcpy(x, padded, k->n_len);
	power_secret(k, x);
	memcpy(sig, x, k->n_len);
	ok = opens(k->n, k->n_len, k->e, k->e_len, x, padded);
	for (i = 0; i < k->n_len; i++)
		sig[i] &= (uint8_t)-ok;
	return ok;
}

int rsa_verify(const void *n, size_t n_len, const void *e, size_t e_len, const struct hash *h,
	       const void *m, size_t m_len, const void *sig, size_t sig_len)
{
	uint8_t padded[RSA_N_BYTES], x[RSA_N_BYTES] = {0};

	if (!rsa_public_ok(n, n_len, e, e_len) || sig_len > n_len)
		return 0;
	pad(padded, n_len, h, m, m_len);
	memcpy(x + n_len - sig_len, sig, sig_len);
	return opens(n, n_len, e, e_len, x, padded);
}
