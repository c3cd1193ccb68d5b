/* test_ed25519.c - Ed25519 against RFC 8032, what verification refuses, the scalars modulo L. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "crypto.h"
#include "ge.h"
#include "le32.h"
#include "sc.h"

/* RFC 8032 7.1 */
static const struct {
	const char *name, *seed, *pub, *sig, *msg;
} rfc[] = {
    {"1",        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
     "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b", ""						    },
    {"2",        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
     "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00", "72"						  },
    {"3",        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
     "ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a", "af82"						},
    {"1024",     "f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5",
     "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e", "0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350aa5371b1508f9f45"
     "28ecea23c436d94b5e8fcd4f681e30a6ac00a9704a188a03", "08b8b2b733424243760fe426a4b54908632110a66c2f6591eabd3345e3e4eb98fa6e264bf09efe12"
     "ee50f8f54e9f77b1e355f6c50544e23fb1433ddf73be84d879de7c0046dc4996d9e773f4bc9efe57"
     "38829adb26c81b37c93a1b270b20329d658675fc6ea534e0810a4432826bf58c941efb65d57a338b"
     "bd2e26640f89ffbc1a858efcb8550ee3a5e1998bd177e93a7363c344fe6b199ee5d02e82d522c4fe"
     "ba15452f80288a821a579116ec6dad2b3b310da903401aa62100ab5d1a36553e06203b33890cc9b8"
     "32f79ef80560ccb9a39ce767967ed628c6ad573cb116dbefefd75499da96bd68a8a97b928a8bbc10"
     "3b6621fcde2beca1231d206be6cd9ec7aff6f6c94fcd7204ed3455c68c83f4a41da4af2b74ef5c53"
     "f1d8ac70bdcb7ed185ce81bd84359d44254d95629e9855a94a7c1958d1f8ada5d0532ed8a5aa3fb2"
     "d17ba70eb6248e594e1a2297acbbb39d502f1a8c6eb6f1ce22b3de1a1f40cc24554119a831a9aad6"
     "079cad88425de6bde1a9187ebb6092cf67bf2b13fd65f27088d78b7e883c8759d2c4f5c65adb7553"
     "878ad575f9fad878e80a0c9ba63bcbcc2732e69485bbc9c90bfbd62481d9089beccf80cfe2df16a2"
     "cf65bd92dd597b0707e0917af48bbb75fed413d238f5555a7a569d80c3414a8d0859dc65a46128ba"
     "b27af87a71314f318c782b23ebfe808b82b0ce26401d2e22f04d83d1255dc51addd3b75a2b1ae078"
     "4504df543af8969be3ea7082ff7fc9888c144da2af58429ec96031dbcad3dad9af0dcbaaaf268cb8"
     "fcffead94f3c7ca495e056a9b47acdb751fb73e666c6c655ade8297297d07ad1ba5e43f1bca32301"
     "651339e22904cc8c42f58c30c04aafdb038dda0847dd988dcda6f3bfd15c4b4c4525004aa06eeff8"
     "ca61783aacec57fb3d1f92b0fe2fd1a85f6724517b65e614ad6808d6f6ee34dff7310fdc82aebfd9"
     "04b01e1dc54b2927094b2db68d6f903b68401adebf5a7e08d78ff4ef5d63653a65040cf9bfd4aca7"
     "984a74d37145986780fc0b16ac451649de6188a7dbdf191f64b5fc5e2ab47b57f7f7276cd419c17a"
     "3ca8e1b939ae49e488acba6b965610b5480109c8b17b80e1b7b750dfc7598d5d5011fd2dcc5600a3"
     "2ef5b52a1ecc820e308aa342721aac0943bf6686b64b2579376504ccc493d97e6aed3fb0f9cd71a4"
     "3dd497f01f17c0e2cb3797aa2a2f256656168e6c496afc5fb93246f6b1116398a346f1a641f3b041"
     "e989f7914f90cc2c7fff357876e506b50d334ba77c225bc307ba537152f3f1610e4eafe595f6d9d9"
     "0d11faa933a15ef1369546868a7f3a45a96768d40fd9d03412c091c6315cf4fde7cb68606937380d"
     "b2eaaa707b4c4185c32eddcdd306705e4dc1ffc872eeee475a64dfac86aba41c0618983f8741c5ef"
     "68d3a101e8a3b8cac60c905c15fc910840b94c00a0b9d0"  },
    {"SHA(abc)", "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf", "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ec"
     "fdfbc7c66431e0303dca179c138ac17ad9bef1177331a704", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a8"
     "36ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
};

static void test_rfc(void)
{
	uint8_t seed[32], pub[32], sig[64], want[64], msg[1024];
	size_t n;

	for (size_t i = 0; i < sizeof(rfc) / sizeof(rfc[0]); i++) {
		check_hex(seed, rfc[i].seed);
		n = check_hex(msg, rfc[i].msg);
		ed25519_public(pub, seed);
		check_hex(want, rfc[i].pub);
		check("ed25519_public rfc8032", memcmp(pub, want, 32) == 0, rfc[i].name);
		ed25519_sign(sig, seed, pub, msg, n);
		check_hex(want, rfc[i].sig);
		check("ed25519_sign rfc8032", memcmp(sig, want, 64) == 0, rfc[i].name);
		check("ed25519_verify rfc8032", ed25519_verify(sig, pub, msg, n), rfc[i].name);
	}
}

/* any one bit of the signature, key or message makes it bad */
static void test_flips(void)
{
	uint8_t seed[32], pub[32], sig[64], msg[40];
	int good = 1, bad = 0;

	for (int i = 0; i < 20; i++) {
		check_fill(seed, 32, i);
		check_fill(msg, sizeof(msg), i + 100);
		ed25519_public(pub, seed);
		ed25519_sign(sig, seed, pub, msg, 2 * i);
		good &= ed25519_verify(sig, pub, msg, 2 * i);
	}
	check("ed25519 verifies what it signs", good, "not always");
	for (int i = 0; i < 512; i += 3) {
		sig[i / 8] ^= 1 << i % 8;
		bad |= ed25519_verify(sig, pub, msg, 38);
		sig[i / 8] ^= 1 << i % 8;
	}
	check("ed25519 refuses another signature", !bad, "not always");
	for (int i = 0; i < 256; i += 3) {
		pub[i / 8] ^= 1 << i % 8;
		bad |= ed25519_verify(sig, pub, msg, 38);
		pub[i / 8] ^= 1 << i % 8;
	}
	check("ed25519 refuses another key", !bad, "not always");
	bad |= ed25519_verify(sig, pub, msg, 37);
	msg[20] ^= 16;
	bad |= ed25519_verify(sig, pub, msg, 38);
	check("ed25519 refuses another message", !bad, "not always");
}

/* S + L, S + 2 L ... as long as they fit are the same number but not the same signature */
static void test_malleable(void)
{
	static const uint8_t seed[32] = {3};
	uint8_t pub[32], sig[64];
	uint32_t s[8];
	uint64_t c;
	int bad = 0;

	ed25519_public(pub, seed);
	ed25519_sign(sig, seed, pub, "m", 1);
	le32_get(s, sig + 32, 8);
	for (int n = 0; n < 14; n++) {
		c = 0;
		for (int i = 0; i < 8; i++) {
			c += (uint64_t)s[i] + sc_order[i];
			s[i] = c;
			c >>= 32;
		}
		le32_put(sig + 32, s, 8);
		bad |= ed25519_verify(sig, pub, "m", 1);
	}
	check("ed25519 refuses S >= L", !bad, "it takes S + L");
	le32_put(sig + 32, sc_order, 8);
	check("ed25519 refuses S = L", !ed25519_verify(sig, pub, "m", 1), "it takes it");
}

/* a signature with R = identity, which is r = 0: S = k a */
static void sign_r0(uint8_t sig[64], const uint8_t r[32], const uint8_t seed[32],
		    const uint8_t pub[32])
{
	static const uint32_t zero[8];
	br_sha512_context h;
	uint8_t digest[64];
	uint32_t a[8], k[8], x[16];

	br_sha512_init(&h);
	br_sha512_update(&h, r, 32);
	br_sha512_update(&h, pub, 32);
	br_sha512_update(&h, "m", 1);
	br_sha512_out(&h, digest);
	le32_get(x, digest, 16);
	sc_reduce(k, x);
	br_sha512_init(&h);
	br_sha512_update(&h, seed, 32);
	br_sha512_out(&h, digest);
	sc_clamp(digest);
	le32_get(a, digest, 8);
	sc_muladd(k, a, k, zero);
	memcpy(sig, r, 32);
	le32_put(sig + 32, k, 8);
}

static void test_r(void)
{
	static const uint8_t seed[32] = {4};
	uint8_t pub[32], sig[64], r[32] = {1};

	ed25519_public(pub, seed);
	sign_r0(sig, r, seed, pub);
	check("ed25519 takes R = 1", ed25519_verify(sig, pub, "m", 1), "it is legal");
	r[31] = 0x80;
	sign_r0(sig, r, seed, pub);
	check("ed25519 refuses R = -0, 1", !ed25519_verify(sig, pub, "m", 1), "not canonical");
	check_hex(r, "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
	sign_r0(sig, r, seed, pub);
	check("ed25519 refuses R = p + 1", !ed25519_verify(sig, pub, "m", 1), "not canonical");
}

/* with a key of small order anybody can sign: R = 1, S = 0 is good where k A is the identity */
static void test_small_order(void)
{
	static const char *const key[] = {
	    "0100000000000000000000000000000000000000000000000000000000000000",
	    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	    "0000000000000000000000000000000000000000000000000000000000000000",
	    "0000000000000000000000000000000000000000000000000000000000000080",
	    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	};
	uint8_t pub[32], sig[64] = {1};
	struct ge p;
	int bad, points = 0;

	for (size_t i = 0; i < sizeof(key) / sizeof(key[0]); i++) {
		check_hex(pub, key[i]);
		points += ge_frombytes_neg(&p, pub);
		bad = 0;
		for (uint8_t m = 0; m < 40; m++) /* k A is the identity in one of 8 cases or more */
			bad |= ed25519_verify(sig, pub, &m, 1);
		check("ed25519 refuses a key of small order", !bad, key[i]);
	}
	check("ed25519 small orders are points", points == 8, "the test is wrong");
}

/* y + p is the same point as y, where that fits: for y < 19 */
static void test_canonical(void)
{
	uint8_t s[32];
	struct ge p;
	int points = 0, bad = 0;

	for (int y = 0; y < 19; y++) {
		memset(s, 0, 32);
		s[0] = y;
		points += ge_frombytes_neg(&p, s);
		memset(s, 0xff, 32);
		s[0] = 0xed + y;
		s[31] = 0x7f;
		bad |= ge_frombytes_neg(&p, s);
		s[31] = 0xff;
		bad |= ge_frombytes_neg(&p, s);
	}
	check("ed25519 canonical y are points", points > 5, "too few");
	check("ed25519 refuses y >= p", !bad, "not canonical");
	memset(s, 0, 32);
	s[0] = 1;
	s[31] = 0x80;
	bad |= ge_frombytes_neg(&p, s);
	memset(s, 0xff, 32);
	s[0] = 0xec;
	bad |= ge_frombytes_neg(&p, s);
	check("ed25519 refuses x = -0", !bad, "not canonical");
}

/* decoding gives minus the point: encoding that differs in the sign of x alone */
static void test_bytes(void)
{
	uint8_t seed[32], pub[32], back[32];
	struct ge p;
	int good = 1;

	for (int i = 0; i < 20; i++) {
		check_fill(seed, 32, i);
		ed25519_public(pub, seed);
		good &= ge_frombytes_neg(&p, pub);
		ge_tobytes(back, &p);
		back[31] ^= 0x80;
		good &= memcmp(back, pub, 32) == 0;
	}
	check("ed25519 points to bytes and back", good, "they differ");
}

/* x mod L bit by bit */
static void slow_mod(uint32_t r[8], const uint32_t *x, int words)
{
	uint32_t t[8];
	uint64_t d;

	memset(r, 0, 32);
	for (int i = 32 * words - 1; i >= 0; i--) {
		for (int j = 7; j > 0; j--)
			r[j] = r[j] << 1 | r[j - 1] >> 31;
		r[0] = r[0] << 1 | (x[i >> 5] >> (i & 31) & 1);
		d = 0;
		for (int j = 0; j < 8; j++) {
			d = (uint64_t)r[j] - sc_order[j] - d;
			t[j] = d;
			d >>= 63;
		}
		if (d == 0)
			memcpy(r, t, 32);
	}
}

/* x = a b + c */
static void slow_muladd(uint32_t x[16], const uint32_t *a, const uint32_t *b, const uint32_t *c)
{
	uint64_t acc;

	memset(x, 0, 64);
	memcpy(x, c, 32);
	for (int i = 0; i < 8; i++) {
		acc = 0;
		for (int j = 0; j < 8; j++) {
			acc += (uint64_t)a[i] * b[j] + x[i + j];
			x[i + j] = acc;
			acc >>= 32;
		}
		for (int j = i + 8; j < 16; j++) {
			acc += x[j];
			x[j] = acc;
			acc >>= 32;
		}
	}
}

static void test_sc(void)
{
	uint32_t x[16], a[8], b[8], c[8], want[8], got[8];
	int reduce = 1, muladd = 1;

	for (int i = 0; i < 60; i++) {
		check_fill((uint8_t *)x, 64, i);
		if (i < 4)
			memset(x, i & 1 ? 0xff : 0, i & 2 ? 32 : 64);
		if (i == 4 || i == 5) { /* L 2^256 + L and one less */
			memcpy(x, sc_order, 32);
			memcpy(x + 8, sc_order, 32);
			x[0] -= i & 1;
		}
		slow_mod(want, x, 16);
		sc_reduce(got, x);
		reduce &= memcmp(got, want, 32) == 0;
		check_fill((uint8_t *)a, 32, i + 100);
		if (i == 0)
			memset(a, 0xff, 32);
		check_fill((uint8_t *)x, 32, i + 200);
		slow_mod(b, x, 8);
		check_fill((uint8_t *)x, 32, i + 300);
		slow_mod(c, x, 8);
		slow_muladd(x, a, b, c);
		slow_mod(want, x, 16);
		sc_muladd(got, a, b, c);
		muladd &= memcmp(got, want, 32) == 0;
	}
	check("sc_reduce", reduce, "not the remainder");
	check("sc_muladd", muladd, "not the remainder");
	memcpy(a, sc_order, 32);
	check("sc_is_reduced L", !sc_is_reduced(a), "it is not below itself");
	a[0]--;
	check("sc_is_reduced L - 1", sc_is_reduced(a), "it is");
	memset(a, 0xff, 32);
	check("sc_is_reduced 2^256 - 1", !sc_is_reduced(a), "it is not");
}

int main(void)
{
	test_rfc();
	test_flips();
	test_malleable();
	test_r();
	test_small_order();
	test_canonical();
	test_bytes();
	test_sc();
	return check_result();
}
