/* test_blowfish.c - pi, Blowfish and bcrypt_pbkdf: known answers. */
/* SPDX-License-Identifier: MIT */
#include "blowfish.h"
#include "check.h"

static struct bcrypt_work work;

/* the digits themselves are checked by what Blowfish makes of them; here fewer of them */
static void pi(void)
{
	static uint32_t longer[200], shorter[200], more[200];
	int good = 1;

	pi_words(longer, more, 200);
	good &= longer[0] == 3 && longer[1] == 0x243f6a88 && longer[2] == 0x85a308d3;
	for (size_t n = 8; n < 200; n += 7) {
		pi_words(shorter, more, n);
		good &= !memcmp(longer, shorter, (n - 2) * 4);
	}
	check("pi", good, "fewer digits, other digits");
}

/* Eric Young's, as on Schneier's page; the last three are of the set with keys of 1 to 24 bytes */
static const struct {
	const char *key, *plain, *sealed;
} known[] = {
  /* clang-format off */
    {"0000000000000000", "0000000000000000", "4ef997456198dd78"},
    {"ffffffffffffffff", "ffffffffffffffff", "51866fd5b85ecb8a"},
    {"3000000000000000", "1000000000000001", "7d856f9a613063f2"},
    {"1111111111111111", "1111111111111111", "2466dd878b963c9d"},
    {"0123456789abcdef", "1111111111111111", "61f9c3802281b096"},
    {"1111111111111111", "0123456789abcdef", "7d0cc630afda1ec7"},
    {"fedcba9876543210", "0123456789abcdef", "0aceab0fc6a0a28d"},
    {"7ca110454a1a6e57", "01a1d6d039776742", "59c68245eb05282b"},
    {"0131d9619dc1376e", "5cd54ca83def57da", "b1b8cc0b250f09a0"},
    {"07a1133e4a0b2686", "0248d43806f67172", "1730e5778bea1da4"},
    {"f0e1d2c3b4a59687", "fedcba9876543210", "e87a244e2cc85e82"},
    {"f0e1d2c3b4a5968778695a4b3c2d1e0f", "fedcba9876543210", "93142887ee3be15c"},
    {"f0e1d2c3b4a5968778695a4b3c2d1e0f0011223344556677", "fedcba9876543210", "05044b62fa52d080"},
  /* clang-format on */
};

static void get(uint32_t block[2], const char *hex)
{
	uint8_t b[8];

	check_hex(b, hex);
	for (int i = 0; i < 2; i++)
		block[i] = (uint32_t)b[4 * i] << 24 | b[4 * i + 1] << 16 | b[4 * i + 2] << 8 |
			   b[4 * i + 3];
}

static void blowfish(void)
{
	uint8_t key[24];
	uint32_t block[2], want[2], plain[2];
	int good = 1;

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		blowfish_start(&work);
		blowfish_key(&work.now, key, check_hex(key, known[i].key), NULL, 0);
		get(plain, known[i].plain);
		get(want, known[i].sealed);
		memcpy(block, plain, 8);
		blowfish_block(&work.now, block, 0);
		good &= !memcmp(block, want, 8);
		blowfish_block(&work.now, block, 1);
		good &= !memcmp(block, plain, 8);
	}
	check("blowfish", good, "a block differs");
}

/* from Python's bcrypt, whose code is OpenBSD's; the first one is in its tests */
static const struct {
	const char *pass, *salt;
	unsigned salt_len, rounds;
	const char *key;
} derived[] = {
  /* clang-format off */
    {"password", "salt", 4, 4,
     "5bbf0cc293587f1c3635555c27796598d47e579071bf427e9d8fbe842aba34d9"},
    {"password", "salt", 4, 16,
     "c339d704ec235f27690d3f12167c05a55bf86d572f270adbf9fe04c379da5f8c"
     "7942a939245dbb39ebe26fc2bd19b88b"},
    {"password", "", 1, 4,
     "c12b566235eee04c212598970a579a67"},
    {"p", "salt and more", 13, 3,
     "fae4e9f75f8f6102508ea121f898454ae789478070d0e938bec1198ef1e80f74b95c731bddd59af07340810089bfa711"
     "edceff4e82b9999cdd25b3f4ec5a74a560d3f81bb5099eb02b6ab91125533d6f483455c8c8e823b71d46dac9554a11b9"
     "f35bdfbd"},
  /* clang-format on */
};

static void pbkdf(void)
{
	uint8_t out[101], want[100];
	int good = 1;

	for (size_t i = 0; i < sizeof derived / sizeof *derived; i++) {
		size_t n = check_hex(want, derived[i].key);

		out[n] = 99;
		good &= bcrypt_pbkdf(&work, out, n, derived[i].pass, strlen(derived[i].pass),
				     derived[i].salt, derived[i].salt_len, derived[i].rounds);
		good &= !memcmp(out, want, n) && out[n] == 99;
	}
	check("bcrypt_pbkdf", good, "a key differs");
	good = !bcrypt_pbkdf(&work, out, 0, "x", 1, "x", 1, 1) &&
	       !bcrypt_pbkdf(&work, out, 8, "", 0, "x", 1, 1) &&
	       !bcrypt_pbkdf(&work, out, 8, "x", 1, "", 0, 1) &&
	       !bcrypt_pbkdf(&work, out, 8, "x", 1, "x", 1, 0);
	check("bcrypt_pbkdf of nothing", good, "it was taken");
}

int main(void)
{
	pi();
	blowfish();
	pbkdf();
	return check_result();
}
