/* test_fe.c - the field against slow arithmetic, with limbs as long as fe.h allows. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "fe.h"

#define LIMBS ((int)(sizeof(((struct fe *)0)->v) / sizeof(((struct fe *)0)->v[0])))

/* numbers below p, the lowest word first */
struct num {
	uint32_t w[8];
};

static const struct num p = {
    {0xffffffed, -1, -1, -1, -1, -1, -1, 0x7fffffff}
};

static struct num num_add(struct num a, struct num b)
{
	struct num t;
	uint64_t c = 0, d = 0;

	for (int i = 0; i < 8; i++) {
		c += (uint64_t)a.w[i] + b.w[i];
		a.w[i] = c;
		c >>= 32;
		d = (uint64_t)a.w[i] - p.w[i] - d;
		t.w[i] = d;
		d >>= 63;
	}
	return d ? a : t;
}

static struct num num_sub(struct num a, struct num b)
{
	struct num t;
	uint64_t d = 0;

	for (int i = 0; i < 8; i++) { /* p - b, which is not 0 + p */
		d = (uint64_t)p.w[i] - b.w[i] - d;
		t.w[i] = d;
		d >>= 63;
	}
	return num_add(num_add(a, t), (struct num){{0}});
}

static struct num num_mul(struct num a, struct num b)
{
	struct num r = {{0}};

	for (int i = 255; i >= 0; i--) {
		r = num_add(r, r);
		if (b.w[i >> 5] >> (i & 31) & 1)
			r = num_add(r, a);
	}
	return r;
}

static int width(int i)
{
	return LIMBS == 5 ? 51 : 26 - (i & 1);
}

static struct num num_of(const struct fe *f)
{
	struct num r = {{0}};

	for (int i = LIMBS - 1; i >= 0; i--) {
		for (int j = width(i); j > 0; j--)
			r = num_add(r, r);
		r = num_add(r, (struct num){
				   {(uint32_t)f->v[i], (uint32_t)((uint64_t)f->v[i] >> 32)}
                });
	}
	return r;
}

static int is(const struct fe *f, struct num n)
{
	struct num got = num_of(f);

	return memcmp(&got, &n, sizeof(n)) == 0;
}

/* no limb longer than fe.c's bound for weight 1 */
static int is_reduced(const struct fe *f)
{
	int good = 1;

	for (int i = 0; i < LIMBS; i++)
		good &= f->v[i] <
			(LIMBS == 5 ? (1ull << 51) + (1 << 15) : 101 * ((1u << width(i)) / 100));
	return good;
}

/* limbs that look random, or all as long as the weight allows */
static struct fe make(int weight, uint32_t seed)
{
	struct fe f;
	uint64_t r, most;

	for (int i = 0; i < LIMBS; i++) {
		most = LIMBS == 5 ? (1ull << 51) + (1 << 15) : 101 * ((1ull << width(i)) / 100);
		check_fill((uint8_t *)&r, sizeof(r), seed * 16 + i);
		f.v[i] = seed == 0 ? weight * most - 1 : r % (weight * most);
	}
	return f;
}

static void test_arithmetic(void)
{
	struct fe f, g, h, one;
	int mul = 1, sq = 1, small = 1, add = 1, sub = 1, reduced = 1;

	for (uint32_t i = 0; i < 60; i++) {
		f = make(6, 2 * i);
		g = make(3, 2 * i);
		fe_mul(&h, &f, &g);
		mul &= is(&h, num_mul(num_of(&f), num_of(&g)));
		reduced &= is_reduced(&h);
		fe_mul_small(&h, &f);
		small &= is(&h, num_mul(num_of(&f), (struct num){{121666}}));
		reduced &= is_reduced(&h);
		fe_sq(&h, &g);
		sq &= is(&h, num_mul(num_of(&g), num_of(&g)));
		reduced &= is_reduced(&h);
		f = make(3, 2 * i + 1);
		fe_add(&h, &f, &g);
		add &= is(&h, num_add(num_of(&f), num_of(&g)));
		one = make(1, 2 * i);
		fe_sub(&h, &f, &one);
		sub &= is(&h, num_sub(num_of(&f), num_of(&one)));
	}
	check("fe_mul", mul, "wrong");
	check("fe_mul_small", small, "wrong");
	check("fe_sq", sq, "wrong");
	check("fe_add", add, "wrong");
	check("fe_sub", sub, "wrong");
	check("fe products are reduced", reduced, "limbs too long");
}

static void test_aliases(void)
{
	struct fe f = make(3, 1), g = make(1, 2), a, b;
	int good = 1;

	fe_mul(&a, &f, &g);
	b = f, fe_mul(&b, &b, &g), good &= memcmp(&a, &b, sizeof(a)) == 0;
	b = g, fe_mul(&b, &f, &b), good &= memcmp(&a, &b, sizeof(a)) == 0;
	fe_sq(&a, &f);
	b = f, fe_sq(&b, &b), good &= memcmp(&a, &b, sizeof(a)) == 0;
	fe_mul_small(&a, &f);
	b = f, fe_mul_small(&b, &b), good &= memcmp(&a, &b, sizeof(a)) == 0;
	fe_add(&a, &f, &g);
	b = f, fe_add(&b, &b, &g), good &= memcmp(&a, &b, sizeof(a)) == 0;
	b = g, fe_add(&b, &f, &b), good &= memcmp(&a, &b, sizeof(a)) == 0;
	fe_sub(&a, &f, &g);
	b = f, fe_sub(&b, &b, &g), good &= memcmp(&a, &b, sizeof(a)) == 0;
	b = g, fe_sub(&b, &f, &b), good &= memcmp(&a, &b, sizeof(a)) == 0;
	check("fe output in the place of an input", good, "it differs");
}

static void test_bytes(void)
{
	struct fe f;
	struct num n, one = {{1}};
	uint8_t s[32];
	int bytes = 1, zero = 1;

	for (uint32_t i = 0; i < 60; i++) { /* the lowest are about p, 2 p and so on */
		f = make(i % 6 + 1, i / 6);
		n = num_of(&f);
		fe_tobytes(s, &f);
		for (int j = 0; j < 32; j++)
			bytes &= s[j] == (uint8_t)(n.w[j / 4] >> 8 * (j % 4));
		zero &= !fe_is_zero(&f);
		fe_frombytes(&f, s);
		bytes &= is(&f, n) && is_reduced(&f);
	}
	for (uint32_t i = 0; i < 40; i++) { /* p - 1 and up: as 2^255 - 20 + i */
		memset(s, 0xff, 32);
		s[0] = 0xec + (i < 19 ? i : 19);
		s[31] = i < 20 ? 0x7f : 0xff; /* the top bit is ignored */
		fe_frombytes(&f, s);
		n = num_of(&f);
		zero &= fe_is_zero(&f) == (s[0] == 0xed);
		fe_tobytes(s, &f);
		for (int j = 0; j < 32; j++)
			bytes &= s[j] == (uint8_t)(n.w[j / 4] >> 8 * (j % 4));
	}
	check("fe_tobytes", bytes, "wrong");
	fe_frombytes(&f, (const uint8_t[32]){0});
	fe_sub(&f, &f, &f); /* 2 p */
	check("fe_is_zero", zero && fe_is_zero(&f) && !fe_is_zero(&fe_one) && is(&fe_one, one),
	      "wrong");
}

static void test_powers(void)
{
	struct fe f, g, h;
	struct num want;
	int invert = 1, root = 1;

	for (uint32_t i = 0; i < 6; i++) {
		f = make(3, i);
		fe_invert(&g, &f);
		fe_mul(&h, &f, &g);
		invert &= is(&h, num_of(&fe_one));
		fe_pow_p58(&g, &f);
		want = num_of(&fe_one);
		for (int j = 251; j >= 0; j--) { /* the exponent is 2^252 - 3: all ones but bit 1 */
			want = num_mul(want, want);
			if (j != 1)
				want = num_mul(want, num_of(&f));
		}
		root &= is(&g, want);
	}
	check("fe_invert", invert, "not 1 / f");
	check("fe_pow_p58", root, "not f^((p - 5) / 8)");
	memset(&f, 0, sizeof(f));
	fe_invert(&g, &f);
	check("fe_invert of 0", fe_is_zero(&g), "not 0");
}

static void test_moves(void)
{
	struct fe f = make(3, 1), g = make(3, 2), a = f, b = g;

	fe_cmov(&a, &g, 0);
	check("fe_cmov 0", memcmp(&a, &f, sizeof(a)) == 0, "it moved");
	fe_cmov(&a, &g, 1);
	check("fe_cmov 1", memcmp(&a, &g, sizeof(a)) == 0, "it did not move");
	a = f;
	fe_cswap(&a, &b, 0);
	check("fe_cswap 0", !memcmp(&a, &f, sizeof(a)) && !memcmp(&b, &g, sizeof(b)), "swapped");
	fe_cswap(&a, &b, 1);
	check("fe_cswap 1", !memcmp(&a, &g, sizeof(a)) && !memcmp(&b, &f, sizeof(b)), "not");
}

int main(void)
{
	test_arithmetic();
	test_aliases();
	test_bytes();
	test_powers();
	test_moves();
	return check_result();
}
