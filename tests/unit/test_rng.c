/* test_rng.c - the generator against ChaCha20's stream, what stays in memory, ct_eq and wipe. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "crypto.h"

static int holds(const void *where, size_t n, const uint8_t *what, size_t k)
{
	const uint8_t *p = where;

	for (size_t i = 0; i + k <= n; i++)
		if (memcmp(p + i, what, k) == 0)
			return 1;
	return 0;
}

static void test_stream(void)
{
	/* RFC 8439 A.1, key 0: bytes 32 to 95 of the stream; the first 32 are the next key */
	static const char first[] =
	    "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"
	    "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed";
	static const char next[] =
	    "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7";
	uint8_t seed[32] = {0}, want[160] = {0}, got[160], stream[96] = {0};
	static const uint8_t iv[16];
	struct rng r;
	size_t n, step;
	int good = 1;

	check_hex(want, first);
	check_hex(seed, next);
	chacha20_xor(stream, sizeof(stream), seed, iv);
	memcpy(want + 64, stream + 32, 64);
	memcpy(seed, stream, 32);
	memset(stream, 0, sizeof(stream));
	chacha20_xor(stream, sizeof(stream), seed, iv);
	memcpy(want + 128, stream + 32, 32);
	memset(seed, 0, sizeof(seed));
	for (step = 1; step <= sizeof(got); step++) {
		rng_init(&r, seed);
		for (n = 0; n + step <= sizeof(got); n += step)
			rng_bytes(&r, got + n, step);
		rng_bytes(&r, got + n, sizeof(got) - n);
		good &= memcmp(got, want, sizeof(got)) == 0;
	}
	check("rng is ChaCha20 with its key replaced", good, "not in all chunk sizes");
}

static void test_erased(void)
{
	uint8_t seed[32], out[300];
	struct rng r;
	int bad = 0;

	check_fill(seed, sizeof(seed), 1);
	rng_init(&r, seed);
	for (size_t n = 8; n <= sizeof(out); n += 13) {
		rng_bytes(&r, out, n);
		for (size_t i = 0; i + 8 <= n; i++)
			bad |= holds(&r, sizeof(r), out + i, 8);
		bad |= holds(&r, sizeof(r), seed, 8);
	}
	check("rng keeps nothing that it gave out", !bad, "it does");
}

static void test_add(void)
{
	uint8_t seed[32] = {5}, a[32], b[32], c[32], d[32];
	struct rng r, s;

	rng_init(&r, seed);
	rng_bytes(&r, a, 8);
	s = r;
	rng_add(&r, "x", 1);
	check("rng_add forgets what was ready", r.used == sizeof(r.buf), "it does not");
	rng_bytes(&r, a, 32);
	rng_bytes(&s, b, 32);
	check("rng_add changes the stream", memcmp(a, b, 32) != 0, "it does not");
	rng_init(&r, seed);
	rng_init(&s, seed);
	rng_add(&r, "", 0);
	rng_add(&s, "y", 1);
	rng_bytes(&r, a, 32);
	rng_bytes(&s, b, 32);
	rng_init(&r, seed);
	rng_add(&r, "y", 1);
	rng_bytes(&r, c, 32);
	seed[31] = 1;
	rng_init(&r, seed);
	rng_add(&r, "y", 1);
	rng_bytes(&r, d, 32);
	check("rng_add depends on what is added", memcmp(a, b, 32) != 0, "it does not");
	check("rng_add depends on the state", memcmp(c, d, 32) != 0, "it does not");
	check("rng_add is repeatable", memcmp(b, c, 32) == 0, "it is not");
}

static void test_ct(void)
{
	uint8_t a[70], b[70];
	int good = 1;

	check_fill(a, sizeof(a), 1);
	memcpy(b, a, sizeof(b));
	for (size_t n = 0; n <= sizeof(a); n++)
		good &= ct_eq(a, b, n);
	for (int i = 0; i < 70 * 8; i++) {
		b[i / 8] ^= 1 << i % 8;
		good &= !ct_eq(a, b, sizeof(b)) && ct_eq(a, b, i / 8);
		b[i / 8] ^= 1 << i % 8;
	}
	check("ct_eq", good, "wrong");
	memset(b, 0, sizeof(b));
	wipe(a, 69);
	check("wipe", memcmp(a, b, 69) == 0 && a[69] != 0, "wrong");
}

int main(void)
{
	test_stream();
	test_erased();
	test_add();
	test_ct();
	return check_result();
}
