/* test_dh.c - Diffie-Hellman: the primes, shares at the edges, a known power, both ends alike. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "crypto.h"

#define LONGEST 512

static const struct row {
	const struct kex *kex;
	const char *prime; /* RFC 3526 3 and 5 */
	/* SHA-256 of 3^e, by Python's pow */
	const char *e, *power;
} rows[] = {
    {&kex_dh_group14_sha256,
     "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a0879"
     "8e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b"
     "0bff5cb6f406b7edee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da4836"
     "1c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804"
     "f1746c08ca18217c32905e462e36ce3be39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6"
     "955817183995497cea956ae515d2261898fa051015728e5a8aacaa68ffffffffffffffff", "600f81ed3dcd9d96d5c80a8d1b66b28e86c28da2e3f1c7327ee6933928f6cb04",
     "61baa9b0a4f881c69bbc45d392cb3513923f213c4f38b5e1493619a3061d895f"},
    {&kex_dh_group16_sha512,
     "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a0879"
     "8e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b"
     "0bff5cb6f406b7edee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da4836"
     "1c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804"
     "f1746c08ca18217c32905e462e36ce3be39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6"
     "955817183995497cea956ae515d2261898fa051015728e5a8aaac42dad33170d04507a33a85521abdf1cba64"
     "ecfb850458dbef0a8aea71575d060c7db3970f85a6e1e4c7abf5ae8cdb0933d71e8c94e04a25619dcee3d226"
     "1ad2ee6bf12ffa06d98a0864d87602733ec86a64521f2b18177b200cbbe117577a615d6c770988c0bad946e2"
     "08e24fa074e5ab3143db5bfce0fd108e4b82d120a92108011a723c12a787e6d788719a10bdba5b2699c32718"
     "6af4e23c1a946834b6150bda2583e9ca2ad44ce8dbbbc2db04de8ef92e8efc141fbecaa6287c59474e6bc05d"
     "99b2964fa090c3a2233ba186515be7ed1f612970cee2d7afb81bdd762170481cd0069127d5b05aa993b4ea98"
     "8d8fddc186ffb7dc90a6c08f4df435c934063199ffffffffffffffff",		 "f46eb631673796376b4bd807b7e2cfba28d1aac500bf8eab667e7c5dbd2dbcaf938fa183434d4dff",
     "382ec28e248c106a914f8cc1f84414280c579c662b6298e1462bdb1fca424a1d"},
};

static uint8_t sec[64], pub[LONGEST], ct[LONGEST], one[LONGEST], two[LONGEST];
static struct rng rng;

/* a share of which the last byte is so much more */
static int takes(const struct kex *k, const uint8_t *share, int more)
{
	uint8_t s[LONGEST];

	memcpy(s, share, k->pub_len);
	s[k->pub_len - 1] += more;
	return k->decap(sec, pub, s, one);
}

/* 2 .. prime - 2 are taken, which also says that the prime is the RFC's */
static void test_edges(const struct row *t)
{
	static uint8_t p[LONGEST], s[LONGEST];
	const struct kex *k = t->kex;

	check("dh prime's length", check_hex(p, t->prime) == k->pub_len, k->name);
	k->keygen(&rng, sec, pub);
	check("dh refuses the prime", !takes(k, p, 0), k->name);
	check("dh refuses the prime - 1", !takes(k, p, -1), k->name);
	check("dh takes the prime - 2", takes(k, p, -2), k->name);
	memset(s, 0, sizeof(s));
	check("dh refuses 0", !takes(k, s, 0), k->name);
	check("dh refuses 1", !takes(k, s, 1), k->name);
	check("dh takes 2", takes(k, s, 2), k->name);
	memset(s, 0xff, sizeof(s));
	check("dh refuses all ones", !takes(k, s, 0), k->name);
	check("dh server refuses too", !k->encap(&rng, p, ct, one), k->name);
}

static void test_power(const struct row *t)
{
	const struct kex *k = t->kex;
	uint8_t three[LONGEST] = {0}, want[32], got[32];
	struct hash_ctx c;

	three[k->ct_len - 1] = 3;
	check_hex(want, t->power);
	check("dh secret's length", check_hex(sec, t->e) == k->sec_len, k->name);
	k->decap(sec, pub, three, one);
	hash_init(&c, &hash_sha256);
	hash_add(&c, one, k->shared_len);
	hash_out(&c, got);
	check("dh power", !memcmp(got, want, 32), k->name);
}

static void test_both(const struct kex *k)
{
	int good = k->keygen(&rng, sec, pub) && k->encap(&rng, pub, ct, one);

	good &= k->decap(sec, pub, ct, two) && !memcmp(one, two, k->shared_len);
	check("dh both ends", good, k->name);
}

int main(void)
{
	static const uint8_t seed[32] = {9};

	rng_init(&rng, seed);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_edges(&rows[i]);
		test_power(&rows[i]);
		test_both(rows[i].kex);
	}
	test_both(&kex_dh_group14_sha1);
	return check_result();
}
