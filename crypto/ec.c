/* ec.c - the curves of NIST: pairs, points and shared secrets (SEC 1, FIPS 186-4). */
/* SPDX-License-Identifier: MIT */
/*
 * y^2 = x^3 - 3 x + b. Inside, points are (x / z^2, y / z^3), in Montgomery form, and what
 * is done with them is written for a small machine, as in BearSSL. Each of its numbers is
 * below 32 times the modulus, and not negative: bounds stand behind the steps.
 */
#include "ec_num.h"

#include <string.h>

/* the field's prime, the order, the generator (SEC 2 2.4.2, 2.5.1, 2.6.1) */
static const uint8_t curve256[] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
    0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96,
    0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16,
    0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};
static const uint8_t curve384[] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf,
    0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73,
    0xaa, 0x87, 0xca, 0x22, 0xbe, 0x8b, 0x05, 0x37, 0x8e, 0xb1, 0xc7, 0x1e, 0xf3, 0x20, 0xad, 0x74,
    0x6e, 0x1d, 0x3b, 0x62, 0x8b, 0xa7, 0x9b, 0x98, 0x59, 0xf7, 0x41, 0xe0, 0x82, 0x54, 0x2a, 0x38,
    0x55, 0x02, 0xf2, 0x5d, 0xbf, 0x55, 0x29, 0x6c, 0x3a, 0x54, 0x5e, 0x38, 0x72, 0x76, 0x0a, 0xb7,
    0x36, 0x17, 0xde, 0x4a, 0x96, 0x26, 0x2c, 0x6f, 0x5d, 0x9e, 0x98, 0xbf, 0x92, 0x92, 0xdc, 0x29,
    0xf8, 0xf4, 0x1d, 0xbd, 0x28, 0x9a, 0x14, 0x7c, 0xe9, 0xda, 0x31, 0x13, 0xb5, 0xf0, 0xb8, 0xc0,
    0x0a, 0x60, 0xb1, 0xce, 0x1d, 0x7e, 0x81, 0x9d, 0x7a, 0x43, 0x1d, 0x7c, 0x90, 0xea, 0x0e, 0x5f};
static const uint8_t curve521[] = {
    0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xfa, 0x51, 0x86, 0x87, 0x83, 0xbf, 0x2f, 0x96, 0x6b, 0x7f, 0xcc, 0x01, 0x48,
    0xf7, 0x09, 0xa5, 0xd0, 0x3b, 0xb5, 0xc9, 0xb8, 0x89, 0x9c, 0x47, 0xae, 0xbb, 0x6f, 0xb7, 0x1e,
    0x91, 0x38, 0x64, 0x09, 0x00, 0xc6, 0x85, 0x8e, 0x06, 0xb7, 0x04, 0x04, 0xe9, 0xcd, 0x9e, 0x3e,
    0xcb, 0x66, 0x23, 0x95, 0xb4, 0x42, 0x9c, 0x64, 0x81, 0x39, 0x05, 0x3f, 0xb5, 0x21, 0xf8, 0x28,
    0xaf, 0x60, 0x6b, 0x4d, 0x3d, 0xba, 0xa1, 0x4b, 0x5e, 0x77, 0xef, 0xe7, 0x59, 0x28, 0xfe, 0x1d,
    0xc1, 0x27, 0xa2, 0xff, 0xa8, 0xde, 0x33, 0x48, 0xb3, 0xc1, 0x85, 0x6a, 0x42, 0x9b, 0xf9, 0x7e,
    0x7e, 0x31, 0xc2, 0xe5, 0xbd, 0x66, 0x01, 0x18, 0x39, 0x29, 0x6a, 0x78, 0x9a, 0x3b, 0xc0, 0x04,
    0x5c, 0x8a, 0x5f, 0xb4, 0x2c, 0x7d, 0x1b, 0xd9, 0x98, 0xf5, 0x44, 0x49, 0x57, 0x9b, 0x44, 0x68,
    0x17, 0xaf, 0xbd, 0x17, 0x27, 0x3e, 0x66, 0x2c, 0x97, 0xee, 0x72, 0x99, 0x5e, 0xf4, 0x26, 0x40,
    0xc5, 0x50, 0xb9, 0x01, 0x3f, 0xad, 0x07, 0x61, 0x35, 0x3c, 0x70, 0x86, 0xa2, 0x72, 0xc2, 0x40,
    0x88, 0xbe, 0x94, 0x76, 0x9f, 0xd1, 0x66, 0x50};

const struct ec_curve ec_p256 = {"nistp256", 256, 32, curve256, &hash_sha256};
const struct ec_curve ec_p384 = {"nistp384", 384, 48, curve384, &hash_sha384};
const struct ec_curve ec_p521 = {"nistp521", 521, 66, curve521, &hash_sha512};

/* registers */
enum { X1, Y1, Z1, X2, Y2, Z2, A, B, C, D, E, F, G, REGS };

/* steps: d = a b; d = a + b; d = a - b where b is below 4 m; below 16 m */
enum { END, ADD, SUB4, SUB16, MUL };
#define STEP(OP, D, A, B) ((OP) << 12 | (D) << 8 | (A) << 4 | (B))

struct machine {
	const struct ec_curve *c;
	struct modulus f;
	num r[REGS];
};

#define POINT (3 * sizeof(num))

/* 1 = 2 * 1; with x, y below 10 and z below 3 they are that again */
static const uint16_t code_double[] = {
    STEP(MUL, A, Z1, Z1),                         /* z^2: 1.1 */
    STEP(SUB4, B, X1, A),  STEP(ADD, A, X1, A),   /* 14; 11.1 */
    STEP(MUL, C, A, B),    STEP(ADD, A, C, C),    /* 1.7; 3.4 */
    STEP(ADD, A, A, C),                           /* m = 3 (x + z^2) (x - z^2): 5.1 */
    STEP(MUL, C, Y1, Y1),  STEP(ADD, C, C, C),    /* 2 y^2: 2.8 */
    STEP(MUL, B, X1, C),   STEP(ADD, B, B, B),    /* s = 4 x y^2: 2.3 */
    STEP(MUL, D, Y1, Z1),  STEP(ADD, Z1, D, D),   /* 2 y z: 2.3 */
    STEP(MUL, X1, A, A),   STEP(SUB4, X1, X1, B), /* 1.1; 5.1 */
    STEP(SUB4, X1, X1, B),                        /* m^2 - 2 s: 9.1 */
    STEP(SUB16, B, B, X1), STEP(MUL, Y1, A, B),   /* 18.3; 1.4 */
    STEP(MUL, D, C, C),    STEP(SUB4, Y1, Y1, D), /* 1.1; 5.4 */
    STEP(SUB4, Y1, Y1, D), END,                   /* m (s - x) - 8 y^4: 9.4 */
};

/* 1 = 1 + 2, which are neither equal nor opposite nor zero; bounds as above */
static const uint16_t code_add[] = {
    STEP(MUL, C, Z2, Z2),
    STEP(MUL, A, X1, C), /* u1 = x1 z2^2 */
    STEP(MUL, D, Z2, C),
    STEP(MUL, C, Y1, D), /* s1 = y1 z2^3 */
    STEP(MUL, D, Z1, Z1),
    STEP(MUL, B, X2, D), /* u2 = x2 z1^2 */
    STEP(MUL, E, Z1, D),
    STEP(MUL, D, Y2, E), /* s2 = y2 z1^3 */
    STEP(SUB4, B, B, A),
    STEP(SUB4, D, D, C), /* h = u2 - u1, r = s2 - s1: 5.2 */
    STEP(MUL, G, B, B),
    STEP(MUL, F, A, G), /* u1 h^2 */
    STEP(MUL, E, G, B), /* h^3 */
    STEP(MUL, X1, D, D),
    STEP(SUB4, X1, X1, E), /* 1.2; 5.2 */
    STEP(SUB4, X1, X1, F),
    STEP(SUB4, X1, X1, F), /* r^2 - h^3 - 2 u1 h^2: 13.2 */
    STEP(SUB16, F, F, X1),
    STEP(MUL, Y1, D, F), /* 17.1; 1.4 */
    STEP(MUL, A, E, C),
    STEP(SUB4, Y1, Y1, A), /* r (u1 h^2 - x) - s1 h^3: 5.4 */
    STEP(MUL, A, Z1, Z2),
    STEP(MUL, Z1, A, B), /* h z1 z2 */
    END,
};

/* B = y^2 - x^3 + 3 x, the curve's b, plainly; F is 1 */
static const uint16_t code_b[] = {
    STEP(MUL, A, Y1, Y1), STEP(MUL, B, X1, X1), STEP(MUL, C, X1, B),
    STEP(SUB4, A, A, C),  STEP(ADD, A, A, X1),  STEP(ADD, A, A, X1),
    STEP(ADD, A, A, X1),  STEP(MUL, B, A, F),   END,
};

/* x / z^2, y / z^3, plainly; F is 1 and Z1 is R^2 / z */
static const uint16_t code_affine[] = {
    STEP(MUL, A, Z1, Z1),
    STEP(MUL, B, X1, A),
    STEP(MUL, X1, B, F),
    STEP(MUL, B, A, Z1),
    STEP(MUL, A, Y1, B),
    STEP(MUL, Y1, A, F),
    END,
};

static void run(struct machine *w, const uint16_t *code)
{
	const uint32_t *a, *b;
	uint32_t *d;
	unsigned op;

	for (; *code; code++) {
		op = *code >> 12;
		d = w->r[*code >> 8 & 15];
		a = w->r[*code >> 4 & 15];
		b = w->r[*code & 15];
		if (op == MUL)
			num_mul(d, a, b, &w->f);
		else
			num_add(d, a, op == ADD ? 1 : -1, b, op - ADD, &w->f);
	}
}

/* 1 = the point x, y, of which B becomes the curve's b; 0: a coordinate is too large */
static int load(struct machine *w, const uint8_t *xy)
{
	size_t len = w->c->len;
	int high;

	num_get(w->r[X1], &w->f, xy, len);
	num_get(w->r[Y1], &w->f, xy + len, len);
	high = num_reduce(w->r[X1], &w->f) | num_reduce(w->r[Y1], &w->f);
	num_mul(w->r[X1], w->r[X1], w->f.r2, &w->f);
	num_mul(w->r[Y1], w->r[Y1], w->f.r2, &w->f);
	num_mul(w->r[Z1], w->f.one, w->f.r2, &w->f);
	memcpy(w->r[F], w->f.one, sizeof(num));
	run(w, code_b);
	num_reduce(w->r[B], &w->f);
	return !high;
}

/* 1 = the point x, y; 0 where it is none of the curve */
static int start(struct machine *w, const struct ec_curve *c, const uint8_t *xy)
{
	num b;

	w->c = c;
	modulus_init(&w->f, c, c->p);
	load(w, c->p + 2 * c->len);
	memcpy(b, w->r[B], sizeof(b));
	return load(w, xy) && !memcmp(b, w->r[B], w->f.words * sizeof(*b));
}

/* p = 1 */
static void finish(struct machine *w, uint8_t *p)
{
	size_t len = w->c->len;

	num_invert(w->r[Z1], &w->f);
	memcpy(w->r[F], w->f.one, sizeof(num));
	run(w, code_affine);
	num_reduce(w->r[X1], &w->f);
	num_reduce(w->r[Y1], &w->f);
	p[0] = 4;
	num_put(w->r[X1], &w->f, p + 1, len);
	num_put(w->r[Y1], &w->f, p + 1 + len, len);
	wipe(w, sizeof(*w));
}

/* all ones where a = b; both small */
static uint32_t equal(uint32_t a, uint32_t b)
{
	return -(((a ^ b) - 1) >> 31);
}

/* where mask is all ones, the words of the point of which x is the first register = those at p */
static void pick(struct machine *w, unsigned x, const uint32_t *p, uint32_t mask)
{
	uint32_t *d = w->r[x];
	unsigned n, c;

	for (c = 3; c--; d += NUM_WORDS - w->f.words)
		for (n = w->f.words; n--; d++)
			*d ^= (*d ^ *p++) & mask;
}

/* p = 1 */
static void store(const struct machine *w, uint32_t *p)
{
	for (unsigned x = X1; x <= Z1; x++, p += w->f.words)
		memcpy(p, w->r[x], w->f.words * sizeof(*p));
}

/*
 * 1 = x * 1, some bits of x at a time. Until the first that are not 0 the sum is zero,
 * for which code_add is not made. Equals or opposites it never meets: the sum is y with
 * as many zeros behind, to which d is added, and that is below the order.
 */
__attribute__((noinline)) static void ladder(struct machine *w, const uint8_t *x)
{
	unsigned i, k, d, len = 8 * w->c->len, n = 3 * w->f.words;
	unsigned bits = len == 256 ? 4 : 3, last = (1u << bits) - 1;
	uint32_t table[15 * 27], old[3 * NUM_WORDS], zero = ~0u; /* 15 for P-256, or 7 */

	memcpy(w->r[X2], w->r[X1], POINT);
	for (k = 0; k < last; k++) {
		if (k & 1)
			pick(w, X1, table + k / 2 * n, ~0u);
		if (k)
			run(w, k & 1 ? code_double : code_add);
		store(w, table + k * n);
	}
	memset(w->r[X1], 0, POINT);
	for (i = (len + bits - 1) / bits * bits; i;) {
		d = 0;
		do {
			i--;
			d = d << 1 | (i < len ? x[(len - 1 - i) / 8] >> i % 8 & 1 : 0);
			run(w, code_double);
		} while (i % bits);
		for (k = 0; k < last; k++)
			pick(w, X2, table + k * n, equal(d, k + 1));
		store(w, old);
		run(w, code_add);
		for (k = 0; k < 3; k++)
			for (unsigned j = 0; j < NUM_WORDS; j++)
				w->r[X1 + k][j] ^= (w->r[X1 + k][j] ^ w->r[X2 + k][j]) & zero;
		pick(w, X1, old, equal(d, 0));
		zero &= equal(d, 0);
	}
	wipe(table, sizeof(table));
	wipe(old, sizeof(old));
}

int ec_in_order(const struct ec_curve *c, const uint8_t *x)
{
	uint32_t borrow = 0, any = 0;
	const uint8_t *order = c->p + c->len;

	for (size_t n = c->len; n--;) {
		borrow = (x[n] - order[n] - borrow) >> 31;
		any |= x[n];
	}
	return borrow & -any >> 31;
}

int ec_mul(const struct ec_curve *c, const uint8_t *x, uint8_t *p)
{
	struct machine w;

	if (!start(&w, c, p + 1) || p[0] != 4)
		return 0;
	ladder(&w, x);
	finish(&w, p);
	return 1;
}

int ec_add(const struct ec_curve *c, const uint8_t *q, uint8_t *p)
{
	struct machine w;

	start(&w, c, q + 1);
	memcpy(w.r[X2], w.r[X1], POINT);
	load(&w, p + 1);
	if (!memcmp(p, q, 1 + 2 * c->len))
		run(&w, code_double);
	else if (memcmp(p, q, 1 + c->len))
		run(&w, code_add);
	else
		return 0;
	finish(&w, p);
	return 1;
}

int ec_public(const struct ec_curve *c, const uint8_t *x, uint8_t *pub)
{
	pub[0] = 4;
	memcpy(pub + 1, c->p + 2 * c->len, 2 * c->len);
	ec_mul(c, x, pub);
	return ec_in_order(c, x);
}

int ec_generate(const struct ec_curve *c, struct rng *r, uint8_t *x, uint8_t *pub)
{
	/* again for one in 2^32 at most */
	do {
		rng_bytes(r, x, c->len);
		x[0] &= 0xffu >> (-c->bits & 7);
	} while (!ec_public(c, x, pub));
	return 1;
}

int ec_point_ok(const struct ec_curve *c, const void *pub, size_t n)
{
	const uint8_t *p = pub;
	struct machine w;

	return n == 1 + 2u * c->len && p[0] == 4 && start(&w, c, p + 1);
}

int ec_shared(const struct ec_curve *c, const uint8_t *x, const uint8_t *pub, uint8_t *shared)
{
	uint8_t p[EC_POINT_MAX];
	int ok;

	memcpy(p, pub, 1 + 2 * c->len);
	ok = ec_mul(c, x, p);
	memcpy(shared, p + 1, c->len);
	wipe(p, sizeof(p));
	return ok;
}
