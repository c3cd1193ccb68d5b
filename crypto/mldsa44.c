/* mldsa44.c - ML-DSA-44 signatures (FIPS 204), deterministic. */
/* SPDX-License-Identifier: MIT */
/*
 * Small before fast: no vector is ever held, its polynomials are made from their seeds
 * as they are used, and so is the matrix. At most two polynomials, the challenge and a
 * row of what is summed up, exist at a time: 5.8 KiB of stack in all.
 *
 * What may be seen from outside while signing is what the signature has in it, how many
 * attempts there were, and the challenges of those that failed, which are random to
 * everybody but who has the key (FIPS 204 3.6.3 and its references).
 */
#include "mldsa44_poly.h"

#include <string.h>

#include "hide.h"

#define D 13
#define TAU 39
#define BETA 78
#define GAMMA2 ((Q - 1) / 88)
#define OMEGA 80
#define C_LEN 32   /* bytes of the challenge */
#define ROW_T1 320 /* bytes of a polynomial, coefficients of 10 bits */
#define ROW_W1 192 /* 6 */
#define HINTS (C_LEN + K * ROW_Z)

/* 0 <= a < q into high bits and low ones, -GAMMA2 < *low <= GAMMA2 (Algorithm 36) */
static int32_t decompose(int32_t a, int32_t *low)
{
	/* a division by 2 GAMMA2 = 2^11 93, exact for what can come */
	int32_t high = ((a + GAMMA2 - 1) >> 11) * 2819 >> 18;
	int32_t top = -(int32_t)hide(high > 43);

	*low = a - high * 2 * GAMMA2 + top;
	return high & ~top;
}

/* ---- keys ------------------------------------------------------------------ */

/* what the seed gives (Algorithm 6): rho, rho' behind it, and K */
struct secrets {
	uint8_t rho[32], small[64], k[32];
};

static void expand(struct secrets *s, const uint8_t seed[32])
{
	static const uint8_t sizes[2] = {K, K};

	sha3(s, sizeof(*s), SHAKE256, seed, 32, sizes, 2);
}

/* t = A s1 + s2, polynomial i */
static void get_t(int32_t *t, const struct secrets *s, unsigned i)
{
	const struct vector s12 = {SMALL, s->small, 0};

	memset(t, 0, N * sizeof(*t));
	mldsa_add_row(t, s->rho, i, &s12);
	mldsa_ntt(t, 1);
	mldsa_add_vector(t, &s12, K + i);
	for (unsigned k = 0; k < N; k++)
		t[k] = canonical(t[k]);
}

/* Algorithm 35 */
static int32_t high_t(int32_t t)
{
	return (t + (1 << (D - 1)) - 1) >> D;
}

void mldsa44_public(uint8_t pub[MLDSA44_PUB], const uint8_t seed[32])
{
	struct secrets s;
	int32_t t[N];
	unsigned i, k;

	expand(&s, seed);
	memcpy(pub, s.rho, 32);
	for (i = 0; i < K; i++) {
		get_t(t, &s, i);
		for (k = 0; k < N; k++)
			t[k] = high_t(t[k]);
		mldsa_put(pub + 32 + ROW_T1 * i, t, 10);
	}
	wipe(t, sizeof(t));
	wipe(&s, sizeof(s));
}

/* ---- what both sides do ---------------------------------------------------- */

/* mu = H(H(pub) || M'), Algorithms 2 and 7 */
static void digest(uint8_t mu[64], const uint8_t *pub, const void *ctx, size_t ctx_len,
		   const void *m, size_t n)
{
	uint8_t head[2] = {0, ctx_len};
	struct sha3 h;

	sha3(mu, 64, SHAKE256, pub, MLDSA44_PUB, NULL, 0);
	sha3_init(&h, SHAKE256, mu, 64, head, 2);
	sha3_add(&h, ctx, ctx_len);
	sha3_add(&h, m, n);
	sha3_out(&h, mu, 64);
}

/* the challenge in the NTT's domain (Algorithm 29) */
static APART void ball(int32_t *c, const uint8_t seed[C_LEN])
{
	struct sha3 h;
	uint8_t signs[8], j;
	unsigned i;

	memset(c, 0, N * sizeof(*c));
	sha3_init(&h, SHAKE256, seed, C_LEN, NULL, 0);
	sha3_out(&h, signs, 8);
	for (i = 0; i < TAU; i++) {
		do
			sha3_out(&h, &j, 1);
		while (j > N - TAU + i);
		c[N - TAU + i] = c[j];
		c[j] = 1 - 2 * mldsa_field(signs, i, 1);
	}
	mldsa_ntt(c, 0);
}

/* w1, a row of it, to the hash; hints, a bit a coefficient, may be NULL (Algorithms 40 and 28) */
static void commit(struct sha3 *h, int32_t *w, const uint8_t *hints)
{
	uint8_t packed[ROW_W1];
	int32_t low;
	unsigned k;

	for (k = 0; k < N; k++) {
		w[k] = decompose(canonical(w[k]), &low);
		if (hints && hints[k / 8] >> k % 8 & 1)
			w[k] = low > 0 ? (w[k] < 43 ? w[k] + 1 : 0) : (w[k] ? w[k] - 1 : 43);
	}
	mldsa_put(packed, w, 6);
	sha3_add(h, packed, sizeof(packed));
}

/* ---- signing --------------------------------------------------------------- */

static APART void commit_row(struct sha3 *h, const uint8_t rho[32], unsigned i,
			     const struct vector *y)
{
	int32_t w[N] = {0};

	mldsa_add_row(w, rho, i, y);
	mldsa_ntt(w, 1);
	commit(h, w, NULL);
	wipe(w, sizeof(w));
}

/* z = y + c s1, polynomial j, to the signature; not 0: it is too long */
static APART int32_t respond(uint8_t *sig, const struct secrets *s, const int32_t *c,
			     const struct vector *y, unsigned j)
{
	const struct vector s1 = {SMALL, s->small, 0};
	int32_t p[N] = {0}, bad = 0;

	mldsa_add_vector(p, &s1, j);
	mldsa_times(p, c);
	mldsa_add_vector(p, y, j);
	for (unsigned k = 0; k < N; k++) {
		p[k] = reduce(p[k]);
		bad |= exceeds(p[k], GAMMA1 - BETA);
		p[k] = GAMMA1 - p[k];
	}
	mldsa_put(sig + C_LEN + ROW_Z * j, p, 18);
	wipe(p, sizeof(p));
	return bad;
}

/* w -= c s2, polynomial i */
static APART void subtract_s2(int32_t *w, const struct secrets *s, const int32_t *c, unsigned i)
{
	const struct vector s2 = {SMALL, s->small, K};
	int32_t p[N] = {0};

	mldsa_add_vector(p, &s2, i);
	mldsa_times(p, c);
	for (unsigned k = 0; k < N; k++)
		w[k] = canonical(w[k] - p[k]);
	wipe(p, sizeof(p));
}

/* where w + c t0 has other high bits than w; not 0: c t0 is too long */
static APART int32_t compare(uint8_t hints[N / 8], const int32_t *w, const struct secrets *s,
			     const int32_t *c, unsigned i)
{
	int32_t p[N], bad = 0, low;
	unsigned k, other;

	get_t(p, s, i);
	for (k = 0; k < N; k++)
		p[k] -= high_t(p[k]) * (1 << D);
	mldsa_times(p, c);
	memset(hints, 0, N / 8);
	for (k = 0; k < N; k++) {
		p[k] = reduce(p[k]);
		bad |= exceeds(p[k], GAMMA2);
		other = decompose(w[k], &low) ^ decompose(canonical(w[k] + p[k]), &low);
		hints[k / 8] |= hide(-other >> 31) << k % 8;
	}
	wipe(p, sizeof(p));
	return bad;
}

/* the hints of row i; not 0: what is to be hidden would show */
static APART int32_t hint_row(uint8_t hints[N / 8], const struct secrets *s, const int32_t *c,
			      const struct vector *y, unsigned i)
{
	int32_t w[N] = {0}, bad = 0, low;

	mldsa_add_row(w, s->rho, i, y);
	mldsa_ntt(w, 1);
	subtract_s2(w, s, c, i);
	for (unsigned k = 0; k < N; k++) {
		decompose(w[k], &low);
		bad |= exceeds(low, GAMMA2 - BETA);
	}
	bad |= compare(hints, w, s, c, i);
	wipe(w, sizeof(w));
	return bad;
}

/* Algorithm 7's loop, once. Its branches are verdicts and hints, see the head of this file */
static APART int attempt(uint8_t *sig, const struct secrets *s, const uint8_t mu[64],
			 const struct vector *y)
{
	uint8_t hints[N / 8], *place = sig + HINTS;
	unsigned i, k, n = 0;
	struct sha3 h;
	int32_t c[N];

	sha3_init(&h, SHAKE256, mu, 64, NULL, 0);
	for (i = 0; i < K; i++)
		commit_row(&h, s->rho, i, y);
	sha3_out(&h, sig, C_LEN);
	ball(c, sig);
	for (i = 0; i < K; i++)
		if (respond(sig, s, c, y, i))
			return 0;
	memset(place, 0, OMEGA + K);
	for (i = 0; i < K; i++) {
		if (hint_row(hints, s, c, y, i))
			return 0;
		for (k = 0; k < N; k++)
			if (hints[k / 8] >> k % 8 & 1) {
				if (n == OMEGA)
					return 0;
				place[n++] = k;
			}
		place[OMEGA + i] = n;
	}
	return 1;
}

int mldsa44_sign(uint8_t sig[MLDSA44_SIG], const uint8_t seed[32], const void *ctx, size_t ctx_len,
		 const void *m, size_t n)
{
	uint8_t mu[64], mask[64], zeros_mu[32 + 64] = {0};
	struct vector y = {MASK, mask, 0};
	struct secrets s;

	if (ctx_len > 255)
		return 0;
	mldsa44_public(sig, seed); /* there is room for it, and it is not needed for long */
	digest(mu, sig, ctx, ctx_len, m, n);
	expand(&s, seed);
	memcpy(zeros_mu + 32, mu, 64);
	sha3(mask, 64, SHAKE256, s.k, 32, zeros_mu, sizeof(zeros_mu));
	while (!attempt(sig, &s, mu, &y))
		y.nonce += K;
	wipe(&s, sizeof(s));
	wipe(mask, sizeof(mask));
	return 1;
}

/* ---- verifying ------------------------------------------------------------- */

/* the hints of row i from the signature (Algorithm 21); 0: they are not as they must be */
static int read_hints(uint8_t hints[N / 8], const uint8_t *sig, unsigned i)
{
	const uint8_t *place = sig + HINTS;
	unsigned n = i ? place[OMEGA + i - 1] : 0, end = place[OMEGA + i], first = n;

	memset(hints, 0, N / 8);
	if (end > OMEGA)
		return 0;
	for (; n < end; n++) {
		if (n > first && place[n] <= place[n - 1])
			return 0;
		hints[place[n] / 8] |= 1 << place[n] % 8;
	}
	if (n != end)
		return 0;
	for (; i == K - 1 && n < OMEGA; n++)
		if (place[n])
			return 0;
	return 1;
}

/* w += c t1 2^D, polynomial i, with the other sign, in the NTT's domain */
static APART void subtract_t1(int32_t *w, const int32_t *c, const uint8_t *pub, unsigned i)
{
	int32_t p[N];
	unsigned k;

	for (k = 0; k < N; k++)
		p[k] = mldsa_field(pub + 32 + ROW_T1 * i, k, 10) * (1 << D);
	mldsa_ntt(p, 0);
	for (k = 0; k < N; k++)
		w[k] -= mul(p[k], c[k]);
}

static APART int verify_row(struct sha3 *h, const int32_t *c, const uint8_t *sig,
			    const uint8_t *pub, unsigned i)
{
	const struct vector z = {GIVEN, sig + C_LEN, 0};
	uint8_t hints[N / 8];
	int32_t w[N] = {0};
	unsigned k;

	/* each row looks at one polynomial of z: there are as many of them */
	mldsa_add_vector(w, &z, i);
	for (k = 0; k < N; k++)
		if (exceeds(w[k], GAMMA1 - BETA))
			return 0;
	if (!read_hints(hints, sig, i))
		return 0;
	memset(w, 0, sizeof(w));
	mldsa_add_row(w, pub, i, &z);
	subtract_t1(w, c, pub, i);
	mldsa_ntt(w, 1);
	commit(h, w, hints);
	return 1;
}

int mldsa44_verify(const uint8_t sig[MLDSA44_SIG], const uint8_t pub[MLDSA44_PUB], const void *ctx,
		   size_t ctx_len, const void *m, size_t n)
{
	uint8_t mu[64], again[C_LEN];
	struct sha3 h;
	int32_t c[N];

	if (ctx_len > 255)
		return 0;
	ball(c, sig);
	digest(mu, pub, ctx, ctx_len, m, n);
	sha3_init(&h, SHAKE256, mu, 64, NULL, 0);
	for (unsigned i = 0; i < K; i++)
		if (!verify_row(&h, c, sig, pub, i))
			return 0;
	sha3_out(&h, again, C_LEN);
	return ct_eq(again, sig, C_LEN);
}
