/* test_gcm.c - aes128-gcm@openssh.com and aes256-gcm@openssh.com as packets use them. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "crypto.h"

/*
 * From Python's cryptography: byte i of the key is i, of a text of n bytes it is 7 i + n, its
 * length is the associated data. The nonce is 64 65 66 67 and a counter that begins at 2^64 - 2,
 * so the third packet is sealed with 0: nothing is carried into the first four bytes.
 */
static const uint8_t first_iv[12] = {100,  101,  102,  103,  0xff, 0xff,
				     0xff, 0xff, 0xff, 0xff, 0xff, 0xfe};
static const uint8_t lengths[3] = {16, 48, 32};
static const struct known {
	const struct cipher *a;
	const char *sealed[3];
	const char *hash; /* SHA-256 of the first packet, were its text LONG_N bytes */
} known[] = {
  /* clang-format off */
    {&cipher_aes128_gcm,
     {"d5cad119c748c4a334068f430aa6f8104e990efd51a854eb902d08674e15631c",
      "67da362c7234ec88ec1f0be591932b69262d8e5917c088a7efd981354456b458"
      "51b90d4928c907de818ac9833abef9eb0e511d25528281f60405dd813fac2345",
      "077122f4af9b8bb67729ba02fdef2b7f38aaab12067b46d9129f266e7b3c1f95"
      "5ef427959f87cdf971519e29cc967a30"},
     "16a25162b7f440d9ab9ddf27c8ad17d0d3248b659b59f70550eb4c221fe7a9be"},
    {&cipher_aes256_gcm,
     {"ec386035dc08d515d9e1d8263d6d3568994d141c5f93c6db019debc43f745a52",
      "a9ea9a4db2b8b5fce356dd742f1c7e452d0f96415260466b3b1eb9a6c40b5a72"
      "2676ada888ff0301566d81b8ed76e7dadb5adfa62934d3ed713ed80b48b9ddbe",
      "687887456eb73e57f353fd114a85b3f2d6bd53dcd16c225ae7f2193010a5e88e"
      "2952091ab5283bfda1a9a78779227e96"},
     "5d05fd847dc0b0964fca971a6b587cb7d5c96630ce4d447cd0be183f58e84c43"},
  /* clang-format on */
};
#define LONG_N 35008

static uint8_t room[1 + 4 + LONG_N + 16];
static uint8_t key[32];

static void plain(uint8_t *p, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		p[i] = n >> (24 - 8 * i);
	for (uint32_t i = 0; i < n; i++)
		p[4 + i] = 7 * i + n;
}

static int is_plain(const uint8_t *p, uint32_t n)
{
	int good = p[0] == 0 && p[1] == 0 && p[2] == n >> 8 && p[3] == (n & 255);

	for (uint32_t i = 0; i < n; i++)
		good &= p[4 + i] == (uint8_t)(7 * i + n);
	return good;
}

static int packets(const struct known *k)
{
	static union cipher_ctx out, in;
	uint8_t want[64], *p = room + 1;
	int good = 1;

	k->a->init(&out, key, first_iv, 1);
	k->a->init(&in, key, first_iv, 0);
	for (int i = 0; i < 3; i++) {
		uint32_t n = lengths[i];

		plain(p, n);
		k->a->seal(&out, 77, p, 4 + n);
		good &= check_hex(want, k->sealed[i]) == n + 16 && !memcmp(p + 4, want, n + 16);
		good &= k->a->length(&in, 5, p) == n;
		good &= k->a->open(&in, 5, p, 4 + n) && is_plain(p, n);
	}
	return good;
}

static int long_packet(const struct known *k)
{
	union cipher_ctx c;
	struct hash_ctx h;
	uint8_t sum[32], want[32];

	k->a->init(&c, key, first_iv, 1);
	plain(room + 1, LONG_N);
	k->a->seal(&c, 0, room + 1, 4 + LONG_N);
	hash_init(&h, &hash_sha256);
	hash_add(&h, room + 1, 4 + LONG_N + 16);
	hash_out(&h, sum);
	check_hex(want, k->hash);
	if (memcmp(sum, want, 32))
		return 0;
	k->a->init(&c, key, first_iv, 0);
	return k->a->open(&c, 0, room + 1, 4 + LONG_N) && is_plain(room + 1, LONG_N);
}

/* a packet with any bit wrong, or not the next one, is refused and left alone */
static int tampering(const struct cipher *a)
{
	enum { N = 32, ALL = 4 + N + 16 };
	uint8_t first[ALL], second[ALL], p[ALL];
	union cipher_ctx c;
	int good = 1;

	a->init(&c, key, first_iv, 1);
	plain(first, N);
	plain(second, N);
	a->seal(&c, 0, first, 4 + N);
	a->seal(&c, 1, second, 4 + N);
	good &= memcmp(first, second, ALL) != 0;
	a->init(&c, key, first_iv, 0);
	for (int bit = 0; bit < 8 * ALL; bit++) {
		memcpy(p, first, ALL);
		p[bit / 8] ^= 1 << bit % 8;
		good &= !a->open(&c, 0, p, 4 + N);
		p[bit / 8] ^= 1 << bit % 8;
		good &= !memcmp(p, first, ALL);
	}
	good &= !a->open(&c, 0, second, 4 + N) && !a->open(&c, 0, first, 4 + N - 16);
	good &= a->open(&c, 0, first, 4 + N) && is_plain(first, N);
	memcpy(p, second, ALL);
	good &= a->open(&c, 1, second, 4 + N) && is_plain(second, N);
	return good && !a->open(&c, 1, p, 4 + N);
}

static int row_is(const struct cipher *a, const char *name, unsigned len)
{
	return !strcmp(a->name, name) && a->key_len == len && a->iv_len == 12 && a->block == 16 &&
	       a->tag_len == 16 && a->aad && !a->crypt;
}

int main(void)
{
	for (int i = 0; i < 32; i++)
		key[i] = i;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		check("aes-gcm packets", packets(known + i), "one differs");
		check("aes-gcm long packet", long_packet(known + i), "it differs");
		check("aes-gcm tampering", tampering(known[i].a), "a bad packet was taken");
	}
	check("aes-gcm rows",
	      row_is(&cipher_aes128_gcm, "aes128-gcm@openssh.com", 16) &&
		  row_is(&cipher_aes256_gcm, "aes256-gcm@openssh.com", 32),
	      "RFC 5647 says otherwise");
	return check_result();
}
