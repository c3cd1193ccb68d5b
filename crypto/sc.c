/* sc.c - numbers modulo L, the order of Ed25519's base point. */
/* SPDX-License-Identifier: MIT */
/* What is left on the stack is wiped: a nonce or k a gives the secret key away. */
#include "crypto.h"
#include "hide.h"
#include "sc.h"

#include <string.h>

const uint32_t sc_order[8] = {0x5cf5d3ed, 0x5812631a, 0xa2f79cd6, 0x14def9de, 0, 0, 0, 0x10000000};

/* R = 2^256: R mod L, R^2 mod L, and -1 / L mod 2^32 */
static const uint32_t r1[8] = {0x8d98951d, 0xd6ec3174, 0x737dcf70, 0xc6ef5bf4,
			       0xfffffffe, 0xffffffff, 0xffffffff, 0x0fffffff};
static const uint32_t r2[8] = {0x449c0f01, 0xa40611e3, 0x68859347, 0xd00e1ba7,
			       0x17f5be65, 0xceec73d2, 0x7c309a3d, 0x0399411b};
#define MINUS_INV 0x12547e1b

/* r = a - L modulo 2^256; 1 where that borrowed */
static uint32_t sub_order(uint32_t r[8], const uint32_t a[8])
{
	uint64_t d = 0;
	int i;

	for (i = 0; i < 8; i++) {
		d = (uint64_t)a[i] - sc_order[i] - d;
		r[i] = d;
		d >>= 63;
	}
	return d;
}

/* r < 2 L becomes r mod L */
static void sub_once(uint32_t r[8])
{
	uint32_t t[8], keep;
	int i;

	keep = -hide(sub_order(t, r));
	for (i = 0; i < 8; i++)
		r[i] = t[i] ^ (keep & (t[i] ^ r[i]));
	wipe(t, sizeof(t));
}

/*
 * Montgomery's product: r = a b / R mod L, any a, b < L. After each round
 * t < (t + (2^32 - 1) (b + L)) / 2^32 < 2 L, so that it fits its words.
 */
static void mont(uint32_t r[8], const uint32_t a[8], const uint32_t b[8])
{
	uint32_t t[8] = {0}, m;
	uint64_t c, d;
	int i, j;

	for (i = 0; i < 8; i++) {
		m = (t[0] + a[i] * b[0]) * MINUS_INV;
		for (c = d = 0, j = 0; j < 8; j++) {
			c += (uint64_t)a[i] * b[j] + t[j];
			d += (uint64_t)m * sc_order[j] + (uint32_t)c;
			if (j > 0) /* word 0 is 0 by the choice of m */
				t[j - 1] = d;
			c >>= 32;
			d >>= 32;
		}
		t[7] = c + d;
	}
	sub_once(t);
	memcpy(r, t, sizeof(t));
	wipe(t, sizeof(t));
}

/* r = (a + b) mod L, both below L */
static void add(uint32_t r[8], const uint32_t a[8], const uint32_t b[8])
{
	uint64_t c = 0;
	int i;

	for (i = 0; i < 8; i++) {
		c += (uint64_t)a[i] + b[i];
		r[i] = c;
		c >>= 32;
	}
	sub_once(r);
}

void sc_reduce(uint32_t r[8], const uint32_t x[16])
{
	uint32_t lo[8], hi[8];

	mont(lo, x, r1);     /* x mod R */
	mont(hi, x + 8, r2); /* R (x div R) */
	add(r, lo, hi);
	wipe(lo, sizeof(lo));
	wipe(hi, sizeof(hi));
}

void sc_muladd(uint32_t r[8], const uint32_t a[8], const uint32_t b[8], const uint32_t c[8])
{
	uint32_t t[8];

	mont(t, a, b);
	mont(t, t, r2);
	add(r, t, c);
	wipe(t, sizeof(t));
}

int sc_is_reduced(const uint32_t a[8])
{
	uint32_t t[8];

	return sub_order(t, a);
}

void sc_clamp(uint8_t k[32])
{
	k[0] &= 248;
	k[31] = (k[31] & 127) | 64;
}
