/* ge.c - group of Ed25519: adding, doubling, bytes. */
/* SPDX-License-Identifier: MIT */
/* The numbers in comments are weights, see fe.h. */
#include "ge.h"

#include <string.h>

static const uint32_t d_words[8] = {0x135978a3, 0x75eb4dca, 0x4141d8ab, 0x00700a4d,
				    0x7779e898, 0x8cc74079, 0x2b6ffe73, 0x52036cee};
/* 2^((p - 1) / 4) */
static const uint32_t sqrt_m1[8] = {0x4a0ea0b0, 0xc4ee1b27, 0xad2fe478, 0x2f431806,
				    0x3dfbd7a7, 0x2b4d0099, 0x4fc1df0b, 0x2b832480};

/* x = e / g, y = h / f; f of weight 6, the others 3 */
static void finish(struct ge *p, const struct fe *e, const struct fe *f, const struct fe *g,
		   const struct fe *h, int want_t)
{
	fe_mul(&p->x, f, e);
	fe_mul(&p->y, g, h);
	fe_mul(&p->z, f, g);
	if (want_t)
		fe_mul(&p->t, e, h);
}

/* x = 2 x y / (y^2 - x^2), y = (y^2 + x^2) / (2 - (y^2 - x^2)) */
void ge_dbl(struct ge *p, int want_t)
{
	struct fe e, f, g, h;

	fe_mul(&e, &p->x, &p->y);
	fe_add(&e, &e, &e); /* 2 */
	fe_sq(&f, &p->z);
	fe_add(&f, &f, &f); /* 2 */
	fe_sq(&g, &p->x);
	fe_sq(&p->y, &p->y);
	fe_add(&h, &p->y, &g); /* 2 */
	fe_add(&f, &f, &g);    /* 3 */
	fe_sub(&f, &f, &p->y); /* 5 */
	fe_sub(&g, &p->y, &g); /* 3 */
	finish(p, &e, &f, &g, &h, want_t);
}

/* Hisil, Wong, Carter, Dawson, "Twisted Edwards Curves Revisited", 3.1 */
void ge_add(struct ge *p, const struct ge_cached *q, int affine, int want_t)
{
	struct fe a, b, c, d;

	fe_sub(&a, &p->y, &p->x); /* 3 */
	fe_mul(&a, &a, &q->ym);
	fe_add(&b, &p->y, &p->x); /* 2 */
	fe_mul(&b, &b, &q->yp);
	fe_mul(&c, &p->t, &q->t2d);
	d = p->z;
	if (!affine)
		fe_mul(&d, &d, &q->z);
	fe_add(&d, &d, &d);    /* 2 */
	fe_sub(&p->x, &b, &a); /* E, 3 */
	fe_add(&p->y, &b, &a); /* H, 2 */
	fe_sub(&a, &d, &c);    /* F, 4 */
	fe_add(&b, &d, &c);    /* G, 3 */
	c = p->x;
	d = p->y;
	finish(p, &c, &a, &b, &d, want_t);
}

void ge_cache(struct ge_cached *c, const struct ge *p)
{
	struct fe d;

	fe_from_words(&d, d_words);
	fe_add(&d, &d, &d);           /* 2 */
	fe_add(&c->yp, &p->y, &p->x); /* 2 */
	fe_sub(&c->ym, &p->y, &p->x); /* 3 */
	fe_mul(&c->t2d, &p->t, &d);
	c->z = p->z;
}

void ge_cached_neg(struct ge_cached *c, uint32_t b)
{
	static const struct fe zero;
	struct fe minus;

	fe_cswap(&c->yp, &c->ym, b);
	fe_sub(&minus, &zero, &c->t2d); /* 2 */
	fe_cmov(&c->t2d, &minus, b);
}

void ge_tobytes(uint8_t s[32], const struct ge *p)
{
	struct fe x, y, inv;
	uint8_t odd[32];

	fe_invert(&inv, &p->z);
	fe_mul(&x, &p->x, &inv);
	fe_mul(&y, &p->y, &inv);
	fe_tobytes(odd, &x);
	fe_tobytes(s, &y);
	s[31] |= odd[0] << 7;
}

/* x = sqrt(u / v) or 0 where there is none (RFC 8032 5.1.3); u of weight 3, v 2 */
static int root(struct fe *x, const struct fe *u, const struct fe *v)
{
	struct fe v3, t;

	fe_sq(&v3, v);
	fe_mul(&v3, &v3, v);
	fe_mul(&v3, u, &v3); /* u v^3 */
	fe_sq(&t, v);
	fe_sq(&t, &t);
	fe_mul(&t, &v3, &t); /* u v^7 */
	fe_pow_p58(&t, &t);
	fe_mul(x, &v3, &t);
	fe_sq(&t, x);
	fe_mul(&t, &t, v);  /* v x^2 = u, -u or neither */
	fe_sub(&v3, u, &t); /* 5 */
	if (fe_is_zero(&v3))
		return 1;
	fe_from_words(&v3, sqrt_m1);
	fe_mul(x, x, &v3);
	fe_add(&t, u, &t); /* 4 */
	return fe_is_zero(&t);
}

int ge_frombytes_neg(struct ge *p, const uint8_t s[32])
{
	static const struct fe zero;
	struct fe u, v;
	uint8_t t[32];

	fe_frombytes(&p->y, s);
	fe_tobytes(t, &p->y);
	t[31] |= s[31] & 128;
	if (memcmp(t, s, 32) != 0)
		return 0;
	p->z = fe_one;
	fe_sq(&u, &p->y);
	fe_from_words(&v, d_words);
	fe_mul(&v, &v, &u);
	fe_add(&v, &v, &fe_one); /* 2 */
	fe_sub(&u, &u, &fe_one); /* 3 */
	if (!root(&p->x, &u, &v))
		return 0;
	fe_tobytes(t, &p->x);
	if (fe_is_zero(&p->x) && s[31] >> 7)
		return 0;
	if ((t[0] & 1) == s[31] >> 7) {
		fe_sub(&p->x, &zero, &p->x); /* 2 */
		fe_mul(&p->x, &p->x, &fe_one);
	}
	fe_mul(&p->t, &p->x, &p->y);
	return 1;
}
