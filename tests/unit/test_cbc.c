/* test_cbc.c - CBC and Blowfish as packets use them, aes192-ctr. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "crypto.h"

/*
 * From Python's cryptography: byte i of the key is i, of the text too, of the iv it is 200 + i.
 * blowfish-ctr counts from 2^64 - 2, so the third block is that of 0.
 */
static const struct {
	const struct cipher *a;
	const char *name;
	uint8_t key, block;
	const char *sealed;
} known[] = {
  /* clang-format off */
    {&cipher_aes192_ctr, "aes192-ctr", 24, 16,
     "43553e1d78d8ecfde2bed661c144e6789f8900277393a6e91613620a3375a86d2cceb31f271bb3a8ed8a83bada0816fb"},
    USE_WEAK_AES_CBC(
    {&cipher_aes128_cbc, "aes128-cbc", 16, 16,
     "f8b6e601cab358dc2309d97f5926421db3eb2e69c2c06b9131f2d4538c3989b5b7070227caa1327b80146f069bdd449d"},
    {&cipher_aes192_cbc, "aes192-cbc", 24, 16,
     "696faaa21f365ff980c46a400dcda7747e911d3492b22cb6d9a08abfaee1946775d21fd6a29c36880ed92bceb884c328"},
    {&cipher_aes256_cbc, "aes256-cbc", 32, 16,
     "e4252a1f86d3de478087fed2c72b08d8a2c93e5df65e45bf33409b7a26317354ac0ba24a4d066c3aea73363d1cf8af63"},)
    USE_WEAK_3DES_CBC(
    {&cipher_3des_cbc, "3des-cbc", 24, 8,
     "0cbb97b85207117b52bd10d4368167a72452150b26f3224aa416b0d86940d85e35df2b03b539294e410c134dbb9c72c1"},)
    USE_WEAK_BLOWFISH(
    {&cipher_blowfish_cbc, "blowfish-cbc", 16, 8,
     "58606dc337298b1bfe7d9201eae1f518c595051e1debd9262ad671860112e0cc5749e69e7eed2ffbd56b6bb241b8708d"},
    {&cipher_blowfish_ctr, "blowfish-ctr", 32, 8,
     "aadccff5ce53d0aa169b3002912ab9241c93296899145d69259e14f429593352"},)
  /* clang-format on */
};

/* in pieces of step bytes, so that each call goes on where the last one ended */
static int goes(size_t k, size_t step, int sealing)
{
	static union cipher_ctx c;
	const struct cipher *a = known[k].a;
	uint8_t key[32], iv[16], text[48], sealed[48], *p = sealing ? text : sealed;
	size_t n = check_hex(sealed, known[k].sealed), len;

	for (int i = 0; i < 48; i++)
		text[i] = i;
	for (int i = 0; i < 32; i++)
		key[i] = i;
	for (int i = 0; i < 16; i++)
		iv[i] = a == &cipher_blowfish_ctr ? (i < 7 ? 255 : 254) : 200 + i;
	a->init(&c, key, iv, sealing);
	for (size_t at = 0; at < n; at += len) {
		len = step < n - at ? step : n - at;
		a->crypt(&c, p + at, len);
	}
	if (!sealing)
		for (size_t i = 0; i < n; i++)
			sealed[i] ^= i;
	else
		for (size_t i = 0; i < n; i++)
			sealed[i] ^= text[i];
	for (size_t i = 0; i < n; i++)
		if (sealed[i])
			return 0;
	return n >= 32;
}

int main(void)
{
	for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
		const struct cipher *a = known[k].a;
		int good = !strcmp(a->name, known[k].name) && a->key_len == known[k].key &&
			   a->iv_len == a->block && a->block == known[k].block && !a->tag_len &&
			   !a->aad && a->cbc == !strcmp(a->name + strlen(a->name) - 3, "cbc");

		/* what is weak is offered only where it is named */
		good &= a == &cipher_aes192_ctr
			    ? !a->off
			    : (a->off & (OFF_SERVER | OFF_CLIENT)) == (OFF_SERVER | OFF_CLIENT);
		for (size_t step = a->block; step <= 48; step += a->block)
			good &= goes(k, step, 1) && goes(k, step, 0);
		check(known[k].name, good, "not as known");
	}
	return check_result();
}
