/* test_mldsa44.c - ML-DSA-44, and the keys and signatures that it makes up with Ed25519. */
/* SPDX-License-Identifier: MIT */
#include "base64.h"
#include "check.h"
#include "sha3.h"
#include "sig.h"

/* the SHA3-256 of what is too long to stand here */
static int digest_is(const uint8_t *p, size_t n, const char *hex)
{
	uint8_t sum[32], want[32];

	sha3(sum, sizeof(sum), SHA3_256, p, n, NULL, 0);
	return check_hex(want, hex) == 32 && memcmp(sum, want, 32) == 0;
}

/* Wycheproof, mldsa_44_sign_seed_test.json 1, 3, 6: seed, context, message, the signature's sum */
static const struct {
	const char *seed, *ctx, *msg, *sig;
} known[] = {
    {"2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a", "",
     "48656c6c6f20776f726c64",					   "9f32d77c980e66114a452e6e8f3e1a41f0a8a2564bd3a786940e6a59c4e3aa2d"},
    {"2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a", "436f6e74657874",
     "48656c6c6f20776f726c64",					   "93113489d1ee9fda8392383cfd1ca927ab96a40607188a7730260d0817bfca57"},
    {"2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a", "",
     "0500000000000000000000000000000000000000000000000000000000000000", "d706a839d4cdaac8209a4734f19e2c67011a86ba59704dd393228baf42a71923"},
};

static void test_known(void)
{
	static uint8_t seed[32], ctx[64], msg[64], sig[MLDSA44_SIG], pub[MLDSA44_PUB];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t c = check_hex(ctx, known[i].ctx), n = check_hex(msg, known[i].msg);

		check_hex(seed, known[i].seed);
		check("mldsa44 known signature",
		      mldsa44_sign(sig, seed, ctx, c, msg, n) == 1 &&
			  digest_is(sig, sizeof(sig), known[i].sig),
		      known[i].msg);
		mldsa44_public(pub, seed);
		check("mldsa44 verifies it", mldsa44_verify(sig, pub, ctx, c, msg, n) == 1, "no");
		msg[0] ^= 1;
		check("mldsa44 refuses another message",
		      mldsa44_verify(sig, pub, ctx, c, msg, n) == 0, "taken");
		msg[0] ^= 1;
		ctx[c] = 0;
		check("mldsa44 refuses another context",
		      mldsa44_verify(sig, pub, ctx, c + 1, msg, n) == 0, "taken");
	}
}

static void test_context(void)
{
	static uint8_t seed[32], ctx[256], sig[MLDSA44_SIG], pub[MLDSA44_PUB];

	mldsa44_public(pub, seed);
	check("mldsa44 context of 255",
	      mldsa44_sign(sig, seed, ctx, 255, "m", 1) &&
		  mldsa44_verify(sig, pub, ctx, 255, "m", 1),
	      "no");
	check("mldsa44 context of 256",
	      !mldsa44_sign(sig, seed, ctx, 256, "m", 1) &&
		  !mldsa44_verify(sig, pub, ctx, 256, "m", 1),
	      "taken");
}

/*
 * draft-ietf-lamps-pq-composite-sigs, appendix E, id-MLDSA44-Ed25519-SHA512: seeds, the sum of
 * the public key, message, signature (hedged, so that only Ed25519's part can be made again)
 */
static const char kat_seeds[] = "0e4a427aae407881ddd091eb40c0546a51b24ec4351b530e2a721dead572223f"
				"e0500707a8c9d11db6bc361cd15a55b709ab8d2a96c976c78a011de4d9aa9241";
static const char kat_pub[] = "fa6c40dc7238d64700977754eb3a1718553ca7f61fb0710d46f01e3b76c16df3";
static const char kat_msg[] = "The quick brown fox jumps over the lazy dog.";
/* clang-format off */
static const char kat_sig[] =
    "DwPBHO2dkE7E46qcxlw7/Jdui+xyxnNvj308ZGM6s/6CZPiW676vYwLq5F2we4EGtbN1s5Og6TrmC1ndinpAzgAz"
    "Xp8RwK8lUO6cMH7zNzy802CtNBUAJ1bDK3wizUtQNKwFweHZu8JjKYquxb5GNzJkhM8Kx1nGu4IJ7W9tmRM2Sw7v"
    "ZQKutl97S20xlkKhlDzuopixB2zEy1tEJtdzYcw/vMpm3yDnIadPjrzVUUUAGwGPtI0M8AOBOb9wI3qBdu9AteET"
    "h9EHmpDW9pW3yTtHQ9V3KuzSKUdjq+CkGW1M3butWXVxHkAEkplxFBBL62N4AKr14Zj0AQbOp4xeCJeTrli4+IWF"
    "cZtNi07cj5v0OjcFrhtRR5n38ogK+c5X4FOG9fUcapqaoA7Sx0hkn8t0+SOf7+y6rO1CvIsVXhn+ojRnzsYl/tk5"
    "e3/gb+562iFvMVlmdUZ0e/qaKoUbKD/iA0UlzT2nyj6Zuqqqh2Wczf7DNZv4iCjlv5RCpFw5C/gjckxPDeLqDsaL"
    "RvpB2qsY72jP248SHZKPqhg6hxb6UZY0KIdyQU8XIYoT/hxBSBunJJWzlTTaDzdorqe0tNKXQtEdLusjMOuk726k"
    "JdR0di7ox0+u2ZTV7yOEZdpmpFBnbrhtCp/PEKcGZs4uNGIjnfweGuDToompwEU2VZGz92r4XCKHWcq8MBDO8lky"
    "k1HRa9vTRlmfC+h2sZ0bnC3hseX5EpL+tBXP06MFuRZ3tBmq799L5RUopEd8bzlntgIOjQAbqTGuxSUyghFcAAv7"
    "ef+79pe50+g6b0zRIW/9r+E2876PWwJ6+ekNzoP4sL2UOhpeFWO77aSbP51eQUYpX0sRixclXALssUxPGdHKKw0x"
    "AxbYYnWTURu9WyH7JOR4TA0boMRwwyS1Emj3J9oTymQ0hWkvCOG+mxwk3LLx0iNo22IQjYdVaE5DK9Cf+DvWtV+2"
    "i2SdIKGAvu6lOJTEclh8w1+wfcyahsFLa+ImPmCrMPM83JKiYgp4CLyNWwLQU/mhKkMuDVxVy04zeBJ28hjngRGu"
    "VLLU8aBjBBVbyEqF1DDMenmesBdRx2YqgxwuDKq0EEhJogFMR5WuM3KlDoT4kNCIMDSFOOsRCaafGzTldXFRAr+t"
    "qnNFW63OkRpo4/qEo8mCc7XutUvGCFbaHREwp66k0S6Px99nfa8YGcPWWwmNHX2gsbwDXw435AsSwD6a1G0lEtvi"
    "EPY1dGrvyVrz7J1ABqt2w/eQuTAJ27gVQk8oHRnw6QNcATpuxq68MVIpoL7KwB3d3Ee7UG7z8DDzyVFXQMAfKLDI"
    "ExGle+H+WYyovlCk1+ovnWpan44yUbk0Ku1zls84bvlOxrUWiOjlRJCD5Dr89c42iJ/jSHmATJvwR5QSojeXSuXf"
    "FdP8CZrSzJHIP7dEcJCoQ6yi+ujKHGGt5yeLa6kbOx9CWXKXx01w800rOOCsg9JpbUQZ6bYOU9eRIqQv22/EbOWK"
    "j+1GgomBomMwh5eBN3jleIO/Qaq7lhYlXlASkc5mNmXTG2iiyqIkAc4L5OuV8GDVu6cXd4LgZo9Nphx3Z++uBMTy"
    "vuIpoZVMlS9AhQs3fTzd8sTgM+mnLdpg+rHOv15Nawf8vctpTTh5mLp8audlIN/UBkQvWYgCFj/4cNNmBShc4XfM"
    "+wDbHBuU8Md7qp/CPlRdzC7JpJg6NZ4mS0cUiVDCWVBfqSsgtck6szYeYI+KVp68xDWtXuDSrVpxZNRbXQ+jSbgi"
    "v3aPnM/afpzA1fGVlt3DQuBNP1QBqPAZ9FTvkit7FuPVKsJFsCOF6rSiyDQ218rvjI+K3rXvrT/5vxnHSbVljZgu"
    "e4yzi/MO3SCNANbCGaPnn2ZeR/C7n8Q2yY/LHvsmELyJLU1xweWodAaaGOmSiTB+VzbI1noH9XL99mQtspN6nt94"
    "e1tu8fjnmjlnzeG6BQqk+KuBRBQU71bhSoX6r6FVEf5Seksi9QCuoPIcTSW6rIF6JhqJbzSezhqnSNZrkMXqLrom"
    "/JfYqcpie3GcJLZCktAAatHr65eQoC/Pk/rB50taiz7oPfAxugAu62Nb+BFfowyRTgLuP/SiLa5SX+9zO/ikLmtE"
    "+cSif2WOz3X9Lh0+CNVHd1oVrSdoHYmZqcQN+poC3zo6R6IN2wJVvIUxQBAQcqtd2GWq0CIeXU2J4FCm+Ws2zTnm"
    "TqjQSpzIWpx9Ay2DNYnBPoi16w30/BYQQLLZU36hhKl8PiQf41KB7V0LZI6QpqoFPRONya4UtcqUm0Bo1RLiMM2z"
    "JUDwyiZ/Nql66mgqmaBqD6kUAghS7hyTRx+sajRBSFYHTMydPbwNpwww5mG9mBHJJfgzP/FHFJUFclg3qwxJvlKO"
    "ycg4GUjXkzJv4K8vR5/OBomZGJFeSoEJX56shMSAggk33zxGJwGaYA4t4aXMjeWY7XKRUnhHQxc5ljZFPc0RPaxj"
    "VsOaL/4y0rImbYebrBXQq5P+fsmPnK3/iaNEbO4KUBzAvnJ7IVFCh8MsqHSkFBL0rjFRoETUyGwgyThaEZxNd5fb"
    "XpXuMbXWr+lxFdaFBAA7nc3kurCYTRFTXQP+B+VSD2905GkwUIRBFC3LnseY/oJk/6q1gaHGwGwycYsWv/yOuLG5"
    "qRnAPdn92qiUZotkjnIxxZX3P5bA4hEjE4aTyWbPRWpFU4h9DugnMif9kBcjz/qmSaBduiATahQEinJBP6QXoywW"
    "7c6nQ67sWxY45Zn+n0EUELUwtWEhjXf9D5y8zzVjVIL4hPExnqJUntyQOPsNEE1X8lglACsbAFnV34cHowXPfBgk"
    "8JA6xQLz0fZ2CrRG2eP0i1TwTAmFu+g8Ue+3wOCeB6RJ/Bj5YmujSt7fMG1JqZ/nHPdRyodWK+dfbonTEvCHNfrt"
    "VZxDEEh1Za/rGNwzTHI+mQy1neLKwYqD+799szjUiGLO4HVRdhVFGyDmc7x3pVvrjw9zKMgIicddcEqM4N6j4Pxg"
    "QVd20BjtZ8JYdqS2EDxIJNn/PNiiqRGo/tN0UP87AGm6mQ5kG7+2WV9kd6fYFXFgHHCzv/wAY3a1zX+eI4PeRoFS"
    "D/cho0+s1Wi3SYMxJ3UuHU0ET+bcAm4kVRQHDBowMkROV3N0eXyBnay0xs3Q3PT1+gEPJXZ8hIu5vcnb4hwkKDc6"
    "Umh3gYmQlKPS4+7v8gIVOUNPVFl5h5Geutr+AAAAAAAAAAAAAAAAABcjNUN9MWvNlQUBYHF2z9KsFOOF9irYPKaV"
    "9tQRNhMnSde8zP+r7vW9GMlbzaU7Fj3hxyiSm2Y37zB9VTREe7S0MZEA";
/* clang-format on */

#define NAME "ssh-mldsa44-ed25519@openssh.com"
#define SIG (MLDSA44_SIG + 64)
#define BLOB (4 + sizeof(NAME) - 1 + 4)

static struct key key;
static uint8_t blob[BLOB + MLDSA44_PUB + 32], sig[BLOB + SIG];

static int good(void)
{
	return sig_verify(&sig_mldsa44, (struct str){blob, sizeof(blob)},
			  (struct str){sig, sizeof(sig)}, str_of(kat_msg));
}

static void test_composite(void)
{
	static uint8_t seeds[4 + 64] = {0, 0, 0, 64}, again[SIG_MAX];
	struct rd r = rd_init((struct str){seeds, sizeof(seeds)});
	struct wr w = wr_init(sig, sizeof(sig));
	size_t n = SIG;
	int refused = 1;

	key.kind = &key_mldsa44;
	check_hex(seeds + 4, kat_seeds);
	check("composite key", key_mldsa44.get(&key, &r, KEY_DROPBEAR) == 1 && rd_done(&r), "no");
	wr_strz(&w, NAME);
	wr_u32(&w, SIG);
	check("composite base64",
	      base64_decode(sig + BLOB, &n, kat_sig, sizeof(kat_sig) - 1) && n == SIG, "no");
	w = wr_init(blob, sizeof(blob));
	key_public_blob(&key, &w);
	check("composite public key",
	      !w.bad && wr_len(&w) == sizeof(blob) &&
		  digest_is(blob + BLOB, MLDSA44_PUB + 32, kat_pub),
	      "another");
	check("composite signature", good() == 1, "refused");
	for (size_t i = 0; i < sizeof(sig); i += i < BLOB ? 1 : 53) {
		sig[i] ^= 0x10;
		refused &= !good();
		sig[i] ^= 0x10;
	}
	check("composite refuses any change", refused, "taken");
	w = wr_init(again, sizeof(again));
	check("composite signs",
	      key_sign(&key, &sig_mldsa44, &w, str_of(kat_msg)) && wr_len(&w) == sizeof(sig), "no");
	check("composite Ed25519",
	      memcmp(again + BLOB + MLDSA44_SIG, sig + BLOB + MLDSA44_SIG, 64) == 0, "another");
	/* the halves belong together only by what they sign: of this key both are good */
	memcpy(sig + BLOB, again + BLOB, MLDSA44_SIG);
	check("composite of ours", good() == 1, "refused");
	w = wr_init(again, sizeof(sig) - 1);
	check("composite wants room", !key_sign(&key, &sig_mldsa44, &w, str_of(kat_msg)),
	      "written");
}

static void test_formats(void)
{
	static const enum key_form forms[] = {KEY_OPENSSH, KEY_DROPBEAR};
	static uint8_t mem[2048];
	static struct key back;
	uint8_t seed[32] = {9};
	struct rng r;

	rng_init(&r, seed);
	check("composite generate",
	      key_mldsa44.generate(&key, &r, 0, NULL) &&
		  !key_mldsa44.generate(&key, &r, 1024, NULL),
	      "no");
	for (int i = 0; i < 2; i++) {
		struct wr w = wr_init(mem, sizeof(mem));
		struct rd rd;

		key_mldsa44.put(&key, &w, forms[i]);
		memset(&back, 0, sizeof(back));
		back.kind = &key_mldsa44;
		rd = rd_init((struct str){mem, wr_len(&w)});
		check("composite written and read",
		      key_mldsa44.get(&back, &rd, forms[i]) && rd_done(&rd) &&
			  memcmp(&back.u.mldsa44, &key.u.mldsa44, sizeof(key.u.mldsa44)) == 0,
		      i ? "Dropbear's" : "OpenSSH's");
		mem[4 + 5] ^= 1;
		rd = rd_init((struct str){mem, wr_len(&w)});
		check("composite halves that do not fit",
		      i == 1 || !key_mldsa44.get(&back, &rd, forms[i]), "taken");
	}
}

int main(void)
{
	test_known();
	test_context();
	if (CFG_KEY_MLDSA44) { /* else struct key has no room for one */
		test_composite();
		test_formats();
	} else {
		puts("skip composite: KEY_MLDSA44 is not in this build");
	}
	return check_result();
}
