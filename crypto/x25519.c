/* x25519.c - Diffie-Hellman on Curve25519 (RFC 7748 5). */
/* SPDX-License-Identifier: MIT */
#include "crypto.h"
#include "fe.h"
#include "ge.h"
#include "le32.h"
#include "sc.h"

#include <string.h>

struct ladder {
	struct fe x1, x2, z2, x3, z3;
};

/* RFC 7748 5's step: doubles (x2 : z2), adds it to (x3 : z3); the numbers are weights */
static void step(struct ladder *l)
{
	struct fe a, b, c, d;

	fe_add(&a, &l->x2, &l->z2); /* 2 */
	fe_sub(&b, &l->x2, &l->z2); /* 3 */
	fe_add(&c, &l->x3, &l->z3); /* 2 */
	fe_sub(&d, &l->x3, &l->z3); /* 3 */
	fe_mul(&d, &d, &a);         /* DA */
	fe_mul(&c, &c, &b);         /* CB */
	fe_sq(&a, &a);              /* AA */
	fe_sq(&b, &b);              /* BB */
	fe_mul(&l->x2, &a, &b);
	fe_sub(&a, &a, &b); /* E, 3 */
	fe_mul_small(&l->z2, &a);
	fe_add(&b, &b, &l->z2); /* BB + 121666 E = AA + 121665 E, 2 */
	fe_mul(&l->z2, &a, &b);
	fe_add(&a, &d, &c); /* 2 */
	fe_sub(&b, &d, &c); /* 3 */
	fe_sq(&l->x3, &a);
	fe_sq(&b, &b);
	fe_mul(&l->z3, &b, &l->x1);
}

int x25519(uint8_t out[32], const uint8_t scalar[32], const uint8_t point[32])
{
	static const uint8_t zero[32];
	struct ladder l = {.x2 = fe_one, .z3 = fe_one};
	uint8_t k[32];
	uint32_t bit, swap = 0;
	int i;

	memcpy(k, scalar, 32);
	sc_clamp(k);
	fe_frombytes(&l.x1, point);
	l.x3 = l.x1;
	for (i = 254; i >= 0; i--) {
		bit = k[i >> 3] >> (i & 7) & 1;
		fe_cswap(&l.x2, &l.x3, swap ^ bit);
		fe_cswap(&l.z2, &l.z3, swap ^ bit);
		swap = bit;
		step(&l);
	}
	/* the lowest bit is clamped to 0, so that nothing is left to swap */
	fe_invert(&l.z2, &l.z2);
	fe_mul(&l.x2, &l.x2, &l.z2);
	fe_tobytes(out, &l.x2);
	wipe(&l, sizeof(l));
	wipe(k, sizeof(k));
	return !ct_eq(out, zero, 32);
}

/*
 * On the Edwards curve and over to u = (1 + y) / (1 - y) (RFC 7748 4.1). The
 * point is never the identity, where 1 - y would be 0: a clamped scalar is 8
 * times a number that L, a prime greater than it, does not divide.
 */
void x25519_base(uint8_t out[32], const uint8_t scalar[32])
{
	struct ge p;
	struct fe u;
	uint8_t k[32];
	uint32_t w[8];

	memcpy(k, scalar, 32);
	sc_clamp(k);
	le32_get(w, k, 8);
	ge_mul_base(&p, w);
	fe_add(&u, &p.z, &p.y);   /* weight 2 */
	fe_sub(&p.x, &p.z, &p.y); /* weight 3 */
	fe_invert(&p.x, &p.x);
	fe_mul(&u, &u, &p.x);
	fe_tobytes(out, &u);
	wipe(&p, sizeof(p));
	wipe(k, sizeof(k));
	wipe(w, sizeof(w));
}
