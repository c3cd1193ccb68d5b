/* test_cipher.c - the ciphers as packets use them. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "crypto.h"

/* ---- AES in counter mode -------------------------------------------------- */

/* RFC 3686 6: whole blocks of test vectors 1 to 3 (128 bits) and 7 to 9 (256) */
static const struct {
	const char *key, *iv, *plain, *sealed;
} rfc3686[] = {
  /* clang-format off */
    {"ae6852f8121067cc4bf7a5765577f39e",
     "00000030000000000000000000000001",
     "53696e676c6520626c6f636b206d7367",
     "e4095d4fb7a7b3792d6175a3261311b8"},
    {"7e24067817fae0d743d6ce1f32539163",
     "006cb6dbc0543b59da48d90b00000001",
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "5104a106168a72d9790d41ee8edad388eb2e1efc46da57c8fce630df9141be28"},
    {"7691be035e5020a8ac6e618529f9a0dc",
     "00e0017b27777f3f4a1786f000000001",
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "c1cf48a89f2ffdd9cf4652e9efdb72d74540a42bde6d7836d59a5ceaaef31053"},
    {"776beff2851db06f4c8a0542c8696f6c6a81af1eec96b4d37fc1d689e6c1c104",
     "00000060db5672c97aa8f0b200000001",
     "53696e676c6520626c6f636b206d7367",
     "145ad01dbf824ec7560863dc71e3e0c0"},
    {"f6d66d6bd52d59bb0796365879eff886c66dd51a5b6a99744b50590c87a23884",
     "00faac24c1585ef15a43d87500000001",
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "f05e231b3894612c49ee000b804eb2a9b8306b508f839d6a5530831d9344af1c"},
    {"ff7a617ce69148e4f1726e2f43581de2aa62d9f805532edff1eed687fb54153d",
     "001cc5b751a51d70a1c1114800000001",
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "eb6c52821d0bbbf7ce7594462aca4faab407df866569fd07f48cc0b583d6071f"},
  /* clang-format on */
};

static void ctr_known_answers(void)
{
	union cipher_ctx c;
	uint8_t key[32], iv[16], p[64], want[64];
	int good = 1;

	for (size_t i = 0; i < sizeof rfc3686 / sizeof *rfc3686; i++) {
		size_t key_len = check_hex(key, rfc3686[i].key);
		size_t n = check_hex(p, rfc3686[i].plain);
		const struct cipher *a = key_len == 16 ? &cipher_aes128_ctr : &cipher_aes256_ctr;

		check_hex(iv, rfc3686[i].iv);
		check_hex(want, rfc3686[i].sealed);
		a->init(&c, key, iv, 1);
		a->crypt(&c, p, n);
		good &= a->key_len == key_len && memcmp(p, want, n) == 0;
	}
	check("aes-ctr RFC 3686", good, "a text differs");
}

/* adds n to a 128-bit big-endian number */
static void count_on(uint8_t iv[16], uint32_t n)
{
	for (int i = 15; i >= 0 && n > 0; i--) {
		n += iv[i];
		iv[i] = n;
		n >>= 8;
	}
}

/* the first bytes of iv are from below, the last `ones` of them 255, the last less `back` */
static int ctr_wraps(const struct cipher *a, int ones, int back, size_t step)
{
	union cipher_ctx c;
	uint8_t key[32], iv[16], p[48 * 16], want[48 * 16] = {0};

	check_fill(key, sizeof key, ones);
	check_fill(iv, sizeof iv, ones + 1);
	memset(iv + 16 - ones, 0xff, ones);
	iv[15] -= back;
	memset(p, 0, sizeof p);
	a->init(&c, key, iv, 0);
	for (size_t at = 0; at < sizeof p; at += step)
		a->crypt(&c, p + at, step);
	for (size_t at = 0; at < sizeof want; at += 16) {
		a->init(&c, key, iv, 0);
		a->crypt(&c, want + at, 16);
		count_on(iv, 1);
	}
	return memcmp(p, want, sizeof p) == 0;
}

static void ctr_counters(void)
{
	static const uint8_t steps[] = {1, 3, 48};
	int good = 1;

	for (int ones = 0; ones <= 16; ones++)
		for (int back = 0; back < 8; back++)
			for (size_t i = 0; i < sizeof steps; i++)
				good &= ctr_wraps(&cipher_aes128_ctr, ones, back, steps[i] * 16) &&
					ctr_wraps(&cipher_aes256_ctr, ones, back, steps[i] * 16);
	check("aes-ctr counter of 128 bits", good, "differs from blocks one by one");
}

/* ---- chacha20-poly1305@openssh.com ---------------------------------------- */

/*
 * From Python's cryptography, with ChaCha20(key, le64(block) + be64(seq)) and
 * Poly1305 put together as PROTOCOL.chacha20poly1305 says. Byte i of the key
 * is i, byte i of a payload of n bytes is 7 i + n.
 */
static const struct {
	uint32_t seq, n;
	const char *packet;
} chapoly[] = {
    {0,	  16, "94450e4908af5c1481d59c905b2e0a3ccb283c5e75c4cd988e67c8d16617e2c78ec850b9"},
    {0xfffffffe, 40,
     "69a614e01f556aa19a6fde62829a2a9b029abd9e0d8e3e80e5ea4d983891e88765f381b5"
     "ecdac34255717049f29ea9c7a150958e9824c4a7b4ded2a6"                                        },
};
/* likewise SHA-256 of packet 0x01020304 with 35000 bytes and its tag */
#define LONG_SEQ 0x01020304
#define LONG_N 35000
static const char long_hash[] = "d75fc4dfb36b007bec0b8190c5226b816b344794a7d632215c3d944452425164";

static uint8_t room[LONG_N + 40];
static union cipher_ctx ctx;
static const struct cipher *const cp = &cipher_chachapoly;

static void plain(uint8_t *p, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		p[i] = n >> (24 - 8 * i);
	for (uint32_t i = 0; i < n; i++)
		p[4 + i] = 7 * i + n;
}

static int is_plain(const uint8_t *p, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		if (p[i] != (uint8_t)(n >> (24 - 8 * i)))
			return 0;
	for (uint32_t i = 0; i < n; i++)
		if (p[4 + i] != (uint8_t)(7 * i + n))
			return 0;
	return 1;
}

static void chapoly_known_answers(void)
{
	uint8_t want[80], hash[32];
	struct hash_ctx h;
	int good = 1;

	for (size_t i = 0; i < sizeof chapoly / sizeof *chapoly; i++) {
		check_hex(want, chapoly[i].packet);
		plain(room, chapoly[i].n);
		cp->seal(&ctx, chapoly[i].seq, room, 4 + chapoly[i].n);
		good &= memcmp(room, want, 4 + chapoly[i].n + 16) == 0;
	}
	plain(room + 1, LONG_N);
	cp->seal(&ctx, LONG_SEQ, room + 1, 4 + LONG_N);
	hash_init(&h, &hash_sha256);
	hash_add(&h, room + 1, 4 + LONG_N + 16);
	hash_out(&h, hash);
	check_hex(want, long_hash);
	good &= memcmp(hash, want, 32) == 0;
	check("chacha20-poly1305@openssh.com known answers", good, "a packet differs");
}

/* sealed and opened at every length and several alignments */
static void chapoly_round_trips(void)
{
	uint8_t before[4];
	int good = 1;

	for (uint32_t n = 0; n <= 300; n++) {
		uint8_t *p = room + n % 9;

		plain(p, n);
		p[4 + n + 16] = 99;
		cp->seal(&ctx, n, p, 4 + n);
		good &= !is_plain(p, n) && p[4 + n + 16] == 99;
		memcpy(before, p, 4);
		good &= cp->length(&ctx, n, p) == n && memcmp(before, p, 4) == 0;
		good &= cp->open(&ctx, n, p, 4 + n) && is_plain(p, n);
	}
	check("chacha20-poly1305@openssh.com lengths 0..300", good, "does not come back");
}

/* a packet with any bit wrong, or for another place in the stream, is refused and left alone */
static void chapoly_tampering(void)
{
	enum { N = 24, ALL = 4 + N + 16 };
	uint8_t sealed[ALL], p[ALL];
	int good = 1;

	plain(sealed, N);
	cp->seal(&ctx, 5, sealed, 4 + N);
	for (int bit = 0; bit < 8 * ALL; bit++) {
		memcpy(p, sealed, ALL);
		p[bit / 8] ^= 1 << bit % 8;
		good &= !cp->open(&ctx, 5, p, 4 + N);
		p[bit / 8] ^= 1 << bit % 8;
		good &= memcmp(p, sealed, ALL) == 0;
	}
	check("chacha20-poly1305@openssh.com wrong bits", good, "a bad packet was taken");
	good = !cp->open(&ctx, 4, sealed, 4 + N) && !cp->open(&ctx, 6, sealed, 4 + N) &&
	       !cp->open(&ctx, 5, sealed, 4 + N - 8) && cp->open(&ctx, 5, sealed, 4 + N);
	check("chacha20-poly1305@openssh.com wrong number or length", good, "taken");
}

static int row_is(const struct cipher *a, const char *name, unsigned key, unsigned iv,
		  unsigned block, unsigned tag)
{
	return strcmp(a->name, name) == 0 && a->key_len == key && a->iv_len == iv &&
	       a->block == block && a->tag_len == tag && a->aad == (tag > 0) &&
	       (tag > 0 ? a->length && a->open && a->seal : a->crypt != NULL);
}

int main(void)
{
	uint8_t key[64];

	for (int i = 0; i < 64; i++)
		key[i] = i;
	ctr_known_answers();
	ctr_counters();
	cp->init(&ctx, key, NULL, 1);
	chapoly_known_answers();
	chapoly_round_trips();
	chapoly_tampering();
	check("cipher rows",
	      row_is(cp, "chacha20-poly1305@openssh.com", 64, 0, 8, 16) &&
		  row_is(&cipher_aes128_ctr, "aes128-ctr", 16, 16, 16, 0) &&
		  row_is(&cipher_aes256_ctr, "aes256-ctr", 32, 16, 16, 0),
	      "RFC 4344 or OpenSSH's PROTOCOL say otherwise");
	return check_result();
}
