/* test_x25519.c - X25519 against RFC 7748, the base point's shortcut, the key exchange rows. */
/* SPDX-License-Identifier: MIT */
/* `test_x25519 long` does RFC 7748's million iterations too. */
#include "check.h"
#include "crypto.h"

static int same(const uint8_t *p, const char *hex)
{
	uint8_t want[32];

	return check_hex(want, hex) == 32 && memcmp(p, want, 32) == 0;
}

/* RFC 7748 5.2 and 6.1 */
static const struct {
	const char *scalar, *point, *out;
} rfc[] = {
    {"a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
     "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c", "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"},
    {"4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
     "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493", "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"},
    {"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
     "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f", "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
    {"5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
     "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a", "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
};

static void test_rfc(void)
{
	uint8_t scalar[32], point[32], out[32];

	for (size_t i = 0; i < sizeof(rfc) / sizeof(rfc[0]); i++) {
		check_hex(scalar, rfc[i].scalar);
		check_hex(point, rfc[i].point);
		check("x25519 rfc7748 vector",
		      x25519(out, scalar, point) == 1 && same(out, rfc[i].out), rfc[i].scalar);
	}
	check_hex(scalar, rfc[2].scalar);
	x25519_base(out, scalar);
	check("x25519_base rfc7748 alice",
	      same(out, "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"), "6.1");
	check_hex(scalar, rfc[3].scalar);
	x25519_base(out, scalar);
	check("x25519_base rfc7748 bob",
	      same(out, "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"), "6.1");
}

/* RFC 7748 5.2's loop, from where k and u are up to the given number of rounds */
static void test_iterate(int more)
{
	static const struct {
		int rounds;
		const char *name, *out;
	} stop[] = {
	    {1,       "x25519 1 iteration",
	     "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"},
	    {1000,    "x25519 1000 iterations",
	     "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"},
	    {1000000, "x25519 1000000 iterations",
	     "7c3911e0ab2586fd864497297e575e6f3bc601c0883c30df5f4dd2d24f665424"},
	};
	uint8_t k[32] = {9}, u[32] = {9}, out[32];
	int n = 0;

	for (int i = 0; i < 2 + more; i++) {
		for (; n < stop[i].rounds; n++) {
			x25519(out, k, u);
			memcpy(u, k, 32);
			memcpy(k, out, 32);
		}
		check(stop[i].name, same(k, stop[i].out), "not RFC 7748's result");
	}
}

/* the ladder and the table must agree; scalars that set every digit of the table's columns */
static void test_base(void)
{
	static const uint8_t nine[32] = {9};
	uint8_t k[32], a[32], b[32];
	int good = 1;

	for (int i = 0; i < 200; i++) {
		check_fill(k, 32, i);
		if (i < 32) {
			memset(k, 0, 32);
			k[i] = 0xff;
		}
		if (i == 32)
			memset(k, 0xff, 32);
		good &= x25519(a, k, nine);
		x25519_base(b, k);
		good &= memcmp(a, b, 32) == 0;
	}
	check("x25519_base is x25519 of 9", good, "they differ");
}

static void test_points(void)
{
	/* 0, 1, the points of order 8, p - 1, p, p + 1 */
	static const char *const small[] = {
	    "0000000000000000000000000000000000000000000000000000000000000000",
	    "0100000000000000000000000000000000000000000000000000000000000000",
	    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	uint8_t k[32], u[32], a[32], b[32];

	check_fill(k, 32, 7);
	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++) {
		check_hex(u, small[i]);
		check("x25519 refuses small order", x25519(a, k, u) == 0, small[i]);
		u[31] |= 0x80;
		check("x25519 refuses it with the top bit", x25519(a, k, u) == 0, small[i]);
	}
	check_fill(u, 32, 8);
	u[31] &= 0x7f;
	x25519(a, k, u);
	u[31] |= 0x80;
	x25519(b, k, u);
	check("x25519 ignores the top bit", memcmp(a, b, 32) == 0, "it matters");
	memset(u, 0xff, 32); /* 2^255 - 1 is 18 */
	x25519(a, k, u);
	memset(u, 0, 32);
	u[0] = 18;
	x25519(b, k, u);
	check("x25519 takes points that are not canonical", memcmp(a, b, 32) == 0, "not as 18");
	k[0] ^= 7;
	k[31] ^= 0x80;
	memset(u, 0, 32);
	u[0] = 18;
	x25519(a, k, u);
	check("x25519 clamps", memcmp(a, b, 32) == 0, "it does not");
	memcpy(a, k, 32);
	x25519(a, a, u);
	check("x25519 in place", memcmp(a, b, 32) == 0, "it differs");
}

static void test_kex(const struct kex *x, const char *name)
{
	uint8_t seed[32] = {1}, sec[32], pub[32], ct[32], a[32], b[32];
	struct rng r;

	rng_init(&r, seed);
	x->keygen(&r, sec, pub);
	check(name, strcmp(x->name, name) == 0 && x->hash == &hash_sha256 && !x->k_is_string,
	      "row");
	check("kex lengths",
	      x->pub_len == 32 && x->ct_len == 32 && x->sec_len == 32 && x->shared_len == 32, name);
	check("kex agrees",
	      x->encap(&r, pub, ct, a) && x->decap(sec, pub, ct, b) && !memcmp(a, b, 32), name);
	check("kex differs each time",
	      x->encap(&r, pub, sec, b) && memcmp(ct, sec, 32) && memcmp(a, b, 32), name);
	memset(pub, 0, 32);
	check("kex encap refuses zero", !x->encap(&r, pub, ct, a), name);
	check("kex decap refuses zero", !x->decap(sec, pub, pub, a), name);
}

int main(int argc, char **argv)
{
	test_rfc();
	test_iterate(argc > 1 && strcmp(argv[1], "long") == 0);
	test_base();
	test_points();
	test_kex(&kex_curve25519, "curve25519-sha256");
	test_kex(&kex_curve25519_libssh, "curve25519-sha256@libssh.org");
	return check_result();
}
