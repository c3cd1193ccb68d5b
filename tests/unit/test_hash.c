/* test_hash.c - the hash functions and HMAC against FIPS 180-4, RFC 1321 and RFC 4231. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "crypto.h"

/* the examples of RFC 1321 and FIPS 180-4 (as NIST prints them); "a" is a million of them */
#define ALPHABET2 "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
#define ALPHABET4                                               \
	"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijk" \
	"lmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"

static const struct {
	const char *name;
	const struct hash *h;
	const char *msg, *out;
} examples[] = {
  /* clang-format off */
    {"md5", &hash_md5, "abc", "900150983cd24fb0d6963f7d28e17f72"},
    {"sha1", &hash_sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {"sha256", &hash_sha256, "abc",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"sha256 of nothing", &hash_sha256, "",
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"sha256 of 448 bits", &hash_sha256, ALPHABET2,
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"sha256 of a million", &hash_sha256, "a",
     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    {"sha384", &hash_sha384, "abc",
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7"
     "cc2358baeca134c825a7"},
    {"sha384 of nothing", &hash_sha384, "",
     "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f"
     "65fbd51ad2f14898b95b"},
    {"sha384 of 896 bits", &hash_sha384, ALPHABET4,
     "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712fcc7c71a557e"
     "2db966c3e9fa91746039"},
    {"sha384 of a million", &hash_sha384, "a",
     "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b07b8b3dc38ec"
     "c4ebae97ddd87f3d8985"},
    {"sha512", &hash_sha512, "abc",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274f"
     "c1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    {"sha512 of nothing", &hash_sha512, "",
     "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85"
     "f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"},
    {"sha512 of 896 bits", &hash_sha512, ALPHABET4,
     "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900"
     "f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"},
    {"sha512 of a million", &hash_sha512, "a",
     "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877e"
     "a60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"},
  /* clang-format on */
};

static void known_answers(void)
{
	struct hash_ctx c;
	uint8_t out[HASH_MAX], want[HASH_MAX];

	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
		size_t n = check_hex(want, examples[i].out);
		const char *msg = examples[i].msg;

		hash_init(&c, examples[i].h);
		for (int times = strcmp(msg, "a") == 0 ? 1000000 : 1; times > 0; times--)
			hash_add(&c, msg, strlen(msg));
		hash_out(&c, out);
		check(examples[i].name, examples[i].h->out_len == n && memcmp(out, want, n) == 0,
		      "the hash is another");
	}
}

/*
 * SHA-256 of the hashes, one after the other, of 0 to 300 bytes, byte i of n
 * being 7 i + n: Python's hashlib.
 */
static const struct {
	const char *name;
	const struct hash *h;
	const char *out;
} chains[] = {
    {"md5 lengths 0..300",    &hash_md5,
     "01f484cef341ddb5881905712187a8264e23e0a8882da88890874d86f771b102"},
    {"sha1 lengths 0..300",   &hash_sha1,
     "47239c52c701c5e05398e4709678f658b2d2108f40c2da3b6615c0121d3c0d5d"},
    {"sha256 lengths 0..300", &hash_sha256,
     "60d63ff40b5558727a9b786ac0be9300f7ca58fd9ddd3b2f3681b369018a87dc"},
    {"sha384 lengths 0..300", &hash_sha384,
     "b0d36846619ec97306958b95e01a3d154fe9667fbb379931600661f3e0bba268"},
    {"sha512 lengths 0..300", &hash_sha512,
     "f3a878b16610912d9a238688c52fc5f29f8fe30d2c5656e7e77dcf747171648d"},
};

/* every length, added in two pieces, with hash_out in between changing nothing */
static void lengths(void)
{
	struct hash_ctx c, sum;
	uint8_t msg[300], out[HASH_MAX], want[32];

	for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
		hash_init(&sum, &hash_sha256);
		for (size_t n = 0; n <= 300; n++) {
			for (size_t j = 0; j < n; j++)
				msg[j] = 7 * j + n;
			hash_init(&c, chains[i].h);
			hash_add(&c, msg, n / 3);
			hash_out(&c, out);
			hash_add(&c, msg + n / 3, n - n / 3);
			hash_out(&c, out);
			hash_add(&sum, out, chains[i].h->out_len);
		}
		hash_out(&sum, out);
		check_hex(want, chains[i].out);
		check(chains[i].name, memcmp(out, want, 32) == 0, "a hash differs from hashlib's");
	}
}

/* ours and BearSSL's */
static const struct {
	const char *name;
	const struct hash *ours;
	const br_hash_class *theirs;
} pairs[] = {
    {"sha256 as BearSSL's", &hash_sha256, &br_sha256_vtable},
    {"sha384 as BearSSL's", &hash_sha384, &br_sha384_vtable},
    {"sha512 as BearSSL's", &hash_sha512, &br_sha512_vtable},
};

static uint32_t draw(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

/*
 * n bytes in pieces of random lengths at any address, then state and set_state:
 * at a multiple of the block the state alone must carry on in another context.
 */
static int same(const struct hash *h, const br_hash_class *vt, const uint8_t *p, size_t n,
		uint32_t *seed)
{
	br_hash_compat_context a, b, carry;
	uint8_t out[HASH_MAX], want[HASH_MAX], state[64] = {0}, state2[64] = {0};
	size_t k, block = (size_t)1 << (vt->desc >> BR_HASHDESC_LBLEN_OFF & BR_HASHDESC_LBLEN_MASK);

	h->vt->init(&a.vtable);
	vt->init(&b.vtable);
	for (size_t at = 0; at < n; at += k) {
		k = draw(seed) % (1 + draw(seed) % 400);
		k = k < n - at ? k : n - at;
		a.vtable->update(&a.vtable, p + at, k);
		b.vtable->update(&b.vtable, p + at, k);
	}
	a.vtable->out(&a.vtable, out);
	b.vtable->out(&b.vtable, want);
	if (memcmp(out, want, h->out_len) != 0)
		return 0;
	if (a.vtable->state(&a.vtable, state) != n || b.vtable->state(&b.vtable, state2) != n ||
	    memcmp(state, state2, sizeof state) != 0)
		return 0;
	h->vt->init(&carry.vtable);
	carry.vtable->set_state(&carry.vtable, state, n & -block);
	carry.vtable->update(&carry.vtable, p + (n & -block), n & (block - 1));
	carry.vtable->out(&carry.vtable, out);
	return memcmp(out, want, h->out_len) == 0;
}

static void against_bearssl(void)
{
	uint8_t msg[4096 + 8];
	uint32_t seed = 20240229;
	int good;

	for (size_t i = 0; i < sizeof msg; i++)
		msg[i] = draw(&seed);
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		const struct hash *h = pairs[i].ours;

		good = h->vt != pairs[i].theirs && h->vt->desc == pairs[i].theirs->desc &&
		       h->vt->context_size <= sizeof(br_hash_compat_context);
		for (size_t n = 0; n <= 300; n++)
			good &= same(h, pairs[i].theirs, msg + n % 8, n, &seed);
		for (size_t n = 0; n < 300; n++)
			good &= same(h, pairs[i].theirs, msg + n % 8, draw(&seed) % 4096, &seed);
		check(pairs[i].name, good, "a hash, a state or the description differs");
	}
}

/* RFC 4231 4 without the truncated one: HMAC-SHA-256 and HMAC-SHA-512 */
static const struct {
	const char *key, *msg, *out256, *out512;
} rfc4231[] = {
  /* clang-format off */
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
     "4869205468657265",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
     "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8"
     "a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
    {"4a656665",
     "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
     "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a"
     "994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
     "dddddddddddddddddddddddd",
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
     "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a7"
     "22c806b485a47e67c807b946a337bee8942674278859e13292fb"},
    {"0102030405060708090a0b0c0d0e0f10111213141516171819",
     "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
     "cdcdcdcdcdcdcdcdcdcdcdcd",
     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
     "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa2"
     "5eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b657920"
     "2d2048617368204b6579204669727374",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
     "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f"
     "2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f"
     "636b2d73697a65206b657920616e642061206c6172676572207468616e20626c6f636b2d7369"
     "7a6520646174612e20546865206b6579206e6565647320746f20626520686173686564206265"
     "666f7265206265696e6720757365642062792074686520484d414320616c676f726974686d2e",
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
     "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c49"
     "82b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58"},
  /* clang-format on */
};

/* the first four bytes of the message go in as the sequence number */
static int hmac_is(const struct hash *h, size_t i, const char *hex, unsigned cut)
{
	uint8_t key[160], msg[200], want[64], tag[65];
	struct mac m = {.hash = h, .tag_len = h->out_len - cut};
	struct mac_ctx c;
	size_t n = check_hex(msg, rfc4231[i].msg);
	uint32_t seq = (uint32_t)msg[0] << 24 | msg[1] << 16 | msg[2] << 8 | msg[3];

	m.key_len = check_hex(key, rfc4231[i].key);
	check_hex(want, hex);
	tag[m.tag_len] = 77;
	mac_init(&c, &m, key);
	for (int twice = 0; twice < 2; twice++) {
		mac_tag(&c, seq, msg + 4, n - 4, tag);
		if (memcmp(tag, want, m.tag_len) != 0 || tag[m.tag_len] != 77)
			return 0;
	}
	return 1;
}

static void hmacs(void)
{
	int good256 = 1, good512 = 1, cut = 1;

	for (size_t i = 0; i < sizeof rfc4231 / sizeof *rfc4231; i++) {
		good256 &= hmac_is(&hash_sha256, i, rfc4231[i].out256, 0);
		good512 &= hmac_is(&hash_sha512, i, rfc4231[i].out512, 0);
		cut &= hmac_is(&hash_sha256, i, rfc4231[i].out256, 16);
	}
	check("hmac-sha2-256 RFC 4231", good256, "a tag differs");
	check("hmac-sha2-512 RFC 4231", good512, "a tag differs");
	check("hmac cut short", cut, "a tag differs");
}

static int row_is(const struct mac *m, const char *name, const struct hash *h, int etm)
{
	return strcmp(m->name, name) == 0 && m->hash == h && m->key_len == h->out_len &&
	       m->tag_len == h->out_len && m->etm == etm;
}

int main(void)
{
	known_answers();
	lengths();
	against_bearssl();
	hmacs();
	check(
	    "mac rows",
	    row_is(&mac_hmac_sha2_256, "hmac-sha2-256", &hash_sha256, 0) &&
		row_is(&mac_hmac_sha2_512, "hmac-sha2-512", &hash_sha512, 0) &&
		row_is(&mac_hmac_sha2_256_etm, "hmac-sha2-256-etm@openssh.com", &hash_sha256, 1) &&
		row_is(&mac_hmac_sha2_512_etm, "hmac-sha2-512-etm@openssh.com", &hash_sha512, 1),
	    "RFC 6668 or OpenSSH's PROTOCOL say otherwise");
	return check_result();
}
