/* fe_pow.c - field: what does not see the limbs: bytes, inversion, the power for square roots. */
/* SPDX-License-Identifier: MIT */
#include "fe.h"
#include "le32.h"

void fe_frombytes(struct fe *h, const uint8_t s[32])
{
	uint32_t w[8];

	le32_get(w, s, 8);
	fe_from_words(h, w);
}

void fe_tobytes(uint8_t s[32], const struct fe *f)
{
	uint32_t w[8];

	fe_to_words(w, f);
	le32_put(s, w, 8);
}

int fe_is_zero(const struct fe *f)
{
	uint32_t w[8], any = 0;
	int i;

	fe_to_words(w, f);
	for (i = 0; i < 8; i++)
		any |= w[i];
	return 1 ^ (any | -any) >> 31;
}

/* h = f^(2^n) g */
static void sq_n_mul(struct fe *h, const struct fe *f, int n, const struct fe *g)
{
	struct fe t;

	fe_sq(&t, f);
	while (--n > 0)
		fe_sq(&t, &t);
	fe_mul(h, &t, g);
}

/* h = f^(2^250 - 1); f11 = f^11. Exponents are written 2^n - 1 as e_n. */
static void pow_250(struct fe *h, struct fe *f11, const struct fe *f)
{
	struct fe f9, a, b, c;

	fe_sq(&a, f);              /* 2 */
	sq_n_mul(&f9, &a, 2, f);   /* 9 */
	fe_mul(f11, &f9, &a);      /* 11 */
	sq_n_mul(&a, f11, 1, &f9); /* 31 = e_5 */
	sq_n_mul(&a, &a, 5, &a);   /* e_10 */
	sq_n_mul(&b, &a, 10, &a);  /* e_20 */
	sq_n_mul(&c, &b, 20, &b);  /* e_40 */
	sq_n_mul(&a, &c, 10, &a);  /* e_50 */
	sq_n_mul(&b, &a, 50, &a);  /* e_100 */
	sq_n_mul(&c, &b, 100, &b); /* e_200 */
	sq_n_mul(h, &c, 50, &a);   /* e_250 */
}

void fe_invert(struct fe *h, const struct fe *f)
{
	struct fe t, f11;

	pow_250(&t, &f11, f);
	sq_n_mul(h, &t, 5, &f11); /* 2^255 - 32 + 11 = p - 2 */
}

void fe_pow_p58(struct fe *h, const struct fe *f)
{
	struct fe t, f11;

	pow_250(&t, &f11, f);
	sq_n_mul(h, &t, 2, f); /* 2^252 - 4 + 1 = (p - 5) / 8 */
}
