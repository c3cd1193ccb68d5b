/* test_mlkem.c - SHA-3, ML-KEM-768, the key exchange row of the hybrid. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "crypto.h"
#include "mlkem768.h"
#include "sha3.h"

static int is_hex(const uint8_t *p, const char *hex)
{
	uint8_t want[64];

	return memcmp(p, want, check_hex(want, hex)) == 0;
}

/* FIPS 202, the examples that NIST published with it: 0 and 1600 bits (200 bytes of a3) */
static const struct {
	enum sha3_kind kind;
	size_t n, out;
	const char *name, *hex;
} sums[] = {
    {SHA3_256, 0,   32, "sha3-256 of nothing",
     "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"},
    {SHA3_256, 200, 32, "sha3-256 of 1600 bits",
     "79f38adec5c20307a98ef76e8324afbfd46cfd81b22e3973c65fa1bd9de31787"},
    {SHA3_512, 200, 64, "sha3-512 of 1600 bits",
     "e76dfad22084a8b1467fcf2ffa58361bec7628edf5f3fdc0e4805dc48caeeca81b7c13c30adf52a3659584739a2df"
     "46be589c51ca1a4a8416df6545a1ce8ba00"                             },
    {SHAKE128, 0,   32, "shake128 of nothing",
     "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26"},
    {SHAKE256, 200, 64, "shake256 of 1600 bits",
     "cd8a920ed141aa0407a22d59288652e9d9f1a7ee0c1e7c1ca699424da84a904d2d700caae7396ece96604440577da"
     "4f3aa22aeb8857f961c4cd8e06f0ae6610b"                             },
};

static void test_sums(void)
{
	uint8_t a3[200], out[64];

	memset(a3, 0xa3, sizeof(a3));
	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		sha3(out, sums[i].out, sums[i].kind, a3, sums[i].n / 3, a3,
		     sums[i].n - sums[i].n / 3);
		check(sums[i].name, is_hex(out, sums[i].hex), "another sum");
	}
}

/* in pieces of any size, across the blocks of each kind */
static void test_pieces(void)
{
	static const enum sha3_kind kinds[] = {SHAKE128, SHAKE256, SHA3_256, SHA3_512};
	uint8_t in[600], one[600], two[600];
	struct sha3 h;
	int good = 1;

	check_fill(in, sizeof(in), 5);
	for (size_t i = 0; i < 4 * sizeof(in); i += 7) {
		size_t n = i / 4, step = 1 + i % 97, at;

		sha3(one, sizeof(one), kinds[i % 4], in, n, NULL, 0);
		sha3_init(&h, kinds[i % 4], NULL, 0, NULL, 0);
		for (at = 0; at < n; at += step)
			sha3_add(&h, in + at, step < n - at ? step : n - at);
		for (at = 0; at < sizeof(two); at += step)
			sha3_out(&h, two + at, step < sizeof(two) - at ? step : sizeof(two) - at);
		good &= memcmp(one, two, sizeof(one)) == 0;
	}
	check("sha3 in pieces", good, "differs from the whole");
}

/*
 * Wycheproof, mlkem_768_keygen_seed_test.json 1 and mlkem_768_encaps_test.json 14, made of the
 * seeds of Kyber's round 3 vectors; the long ones by their sums
 */
static const char kat_seed[] = "7c9935a0b07694aa0c6d10e4db6b1add2fd81a25ccb148032dcd739936737f2d"
			       "8626ed79d451140800e03b59b956f8210e556067407d13dc90fa9e8b872bfb8f";
static const char kat_m[] = "147c03f7a5bebba406c8fae1874d7f13c80efe79a3a9a874cc09fe76f6997615";
static const char kat_shared[] = "e7184a0975ee3470878d2d159ec83129c8aec253d4ee17b4810311d198cd0368";
static const char kat_pub[] = "f57262661358cde8d3ebf990e5fd1d5b896c992ccfaadb5256b68bbf5943b132";
static const char kat_ct[] = "6e777e2cf8054659136a971d9e70252f301226930c19c470ee0688163a63c15b";

static int digest_is(const uint8_t *p, size_t n, const char *hex)
{
	uint8_t sum[32];

	sha3(sum, sizeof(sum), SHA3_256, p, n, NULL, 0);
	return is_hex(sum, hex);
}

static void test_known(void)
{
	static uint8_t seed[64], m[32], pub[MLKEM768_PUB], ct[MLKEM768_CT], a[32], b[32];

	check_hex(seed, kat_seed);
	check_hex(m, kat_m);
	mlkem768_keygen(pub, seed);
	check("mlkem768 known public key", digest_is(pub, sizeof(pub), kat_pub), "another");
	check("mlkem768 known ciphertext",
	      mlkem768_encap(ct, a, pub, m) && digest_is(ct, sizeof(ct), kat_ct), "another");
	check("mlkem768 known secret", is_hex(a, kat_shared), "another");
	mlkem768_decap(b, seed, pub, ct);
	check("mlkem768 secret decapsulated", is_hex(b, kat_shared), "another");
}

/* 7.2: each coefficient of the public key below q; any other byte of it may be anything */
static void test_modulus(void)
{
	static uint8_t seed[64], pub[MLKEM768_PUB], ct[MLKEM768_CT], shared[32];
	int refused = 1, taken = 1;

	mlkem768_keygen(pub, seed);
	for (int k = 0; k < 768; k++) {
		uint8_t *p = pub + k / 2 * 3 + k % 2, was[2] = {p[0], p[1]};

		/* q, then q - 1 */
		for (int less = 0; less < 2; less++) {
			unsigned v = 3329 - less;

			p[0] = k % 2 ? (p[0] & 15) | (v << 4 & 255) : v & 255;
			p[1] = k % 2 ? v >> 4 : (p[1] & 0xf0) | v >> 8;
			if (k % 29 == 0 && less)
				taken &= mlkem768_encap(ct, shared, pub, seed) == 1;
			if (!less)
				refused &= mlkem768_encap(ct, shared, pub, seed) == 0;
		}
		memcpy(p, was, 2);
	}
	check("mlkem768 refuses q in a public key", refused, "taken");
	check("mlkem768 takes q - 1 in a public key", taken, "refused");
}

/* a bit anywhere in the ciphertext gives J(z || c), and nothing else tells */
static void test_rejection(void)
{
	static uint8_t seed[64], pub[MLKEM768_PUB], ct[MLKEM768_CT], a[32], b[32], j[32];
	int other = 1;

	check_fill(seed, sizeof(seed), 3);
	mlkem768_keygen(pub, seed);
	mlkem768_encap(ct, a, pub, seed + 7);
	for (size_t i = 0; i < 8 * sizeof(ct); i += i < 8 ? 1 : 61) {
		ct[i / 8] ^= 1 << i % 8;
		mlkem768_decap(b, seed, pub, ct);
		sha3(j, 32, SHAKE256, seed + 32, 32, ct, sizeof(ct));
		other &= memcmp(a, b, 32) != 0 && memcmp(b, j, 32) == 0;
		ct[i / 8] ^= 1 << i % 8;
	}
	mlkem768_decap(b, seed, pub, ct);
	check("mlkem768 rejects in silence", other, "another secret");
	check("mlkem768 takes it unchanged", memcmp(a, b, 32) == 0, "rejected");
}

static void test_many(void)
{
	static uint8_t seed[64], pub[MLKEM768_PUB], ct[MLKEM768_CT], m[32], a[32], b[32];
	int same = 1;

	for (int i = 0; i < 100; i++) {
		check_fill(seed, sizeof(seed), 2 * i);
		check_fill(m, sizeof(m), 2 * i + 1);
		mlkem768_keygen(pub, seed);
		same &= mlkem768_encap(ct, a, pub, m);
		mlkem768_decap(b, seed, pub, ct);
		same &= memcmp(a, b, 32) == 0;
	}
	check("mlkem768 agrees 100 times", same, "it does not");
}

/* draft-ietf-sshm-mlkem-hybrid-kex 2: what is where, and what is hashed */
static void test_kex(void)
{
	static uint8_t sec[96], pub[1216], ct[1120], a[32], b[32], both[64];
	const struct kex *x = &kex_mlkem768x25519;
	uint8_t seed[32] = {4};
	struct hash_ctx h;
	struct rng r;

	rng_init(&r, seed);
	check("kex mlkem768x25519 row",
	      strcmp(x->name, "mlkem768x25519-sha256") == 0 && x->hash == &hash_sha256 &&
		  x->k_is_string && !x->mpint && x->pub_len == 1216 && x->ct_len == 1120 &&
		  x->sec_len == 96 && x->shared_len == 32,
	      "");
	check("kex mlkem768x25519 agrees",
	      x->keygen(&r, sec, pub) && x->encap(&r, pub, ct, a) && x->decap(sec, pub, ct, b) &&
		  memcmp(a, b, 32) == 0,
	      "it does not");
	mlkem768_decap(both, sec, pub, ct);
	x25519(both + 32, sec + 64, ct + 1088);
	hash_init(&h, &hash_sha256);
	hash_add(&h, both, 64);
	hash_out(&h, b);
	check("kex mlkem768x25519 secret", memcmp(a, b, 32) == 0, "not SHA-256 of both");
	memset(ct + 1088, 0, 32);
	check("kex mlkem768x25519 decap refuses zero", !x->decap(sec, pub, ct, a), "taken");
	memset(pub + 1184, 0, 32);
	check("kex mlkem768x25519 encap refuses zero", !x->encap(&r, pub, ct, a), "taken");
	x->keygen(&r, sec, pub);
	pub[0] = pub[1] = 255;
	check("kex mlkem768x25519 encap refuses q", !x->encap(&r, pub, ct, a), "taken");
}

int main(void)
{
	test_sums();
	test_pieces();
	test_known();
	test_modulus();
	test_rejection();
	test_many();
	test_kex();
	return check_result();
}
