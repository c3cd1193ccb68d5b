/* test_rsa.c - RSA: keys that are whole and others, signatures that must fail, both formats. */
/* SPDX-License-Identifier: MIT */
/* Known answers are in wycheproof.py. Keys are made here, small ones. */
#include "check.h"
#include "sig.h"

#define MSG ((struct str){(const uint8_t *)"message", 7})

static struct key key, other;
static struct rng rng;
static unsigned ticks;

static void tick(int c)
{
	ticks += c == '.';
}

static void test_generate(void)
{
	const uint8_t seed[32] = {1};

	rng_init(&rng, seed);
	key.kind = other.kind = &key_rsa;
	check("rsa/generate", rsa_generate(&key.u.rsa, &rng, 1024, tick) && ticks > 2, "no key");
	check("rsa/generate again", rsa_generate(&other.u.rsa, &rng, 1024, NULL), "no key");
	check("rsa/generate sizes",
	      !rsa_generate(&other.u.rsa, &rng, 1008, NULL) &&
		  !rsa_generate(&other.u.rsa, &rng, 4112, NULL) &&
		  !rsa_generate(&other.u.rsa, &rng, 2047, NULL),
	      "made");
	check("rsa/generate size", key.u.rsa.n_len == 128 && key.u.rsa.n[0] & 128, "another");
}

/* with one byte of one number changed, or one number a byte shorter */
static void test_whole(void)
{
	static struct rsa_key k;
	uint8_t *const at[] = {k.n, k.e, k.d, k.p, k.q, k.iq};
	uint16_t *const len[] = {&k.n_len, &k.e_len, &k.d_len, &k.p_len, &k.q_len, &k.iq_len};
	unsigned i, b, bad = 0, cut = 0;

	for (i = 0; i < 6; i++) {
		for (b = 0; b < 8 * (unsigned)*len[i]; b += i == 1 ? 1 : 13) {
			k = key.u.rsa;
			at[i][b / 8] ^= (uint8_t)(1 << b % 8);
			bad += (unsigned)rsa_whole(&k);
			k = key.u.rsa;
		}
		k = key.u.rsa;
		--*len[i];
		cut += (unsigned)rsa_whole(&k);
		*len[i] = 0;
		cut += i < 5 && rsa_whole(&k);
		k = key.u.rsa;
	}
	check("rsa/whole bits", bad == 0, "a damaged key is taken");
	check("rsa/whole lengths", cut == 0, "a cut key is taken");
	k.iq_len = 0;
	check("rsa/whole iq",
	      rsa_whole(&k) && k.iq_len == key.u.rsa.iq_len &&
		  !memcmp(k.iq, key.u.rsa.iq, k.iq_len),
	      "not as it was");
	memcpy(k.p, key.u.rsa.q, k.q_len); /* p < q */
	memcpy(k.q, key.u.rsa.p, k.p_len);
	k.iq_len = 0;
	check("rsa/whole swapped", rsa_whole(&k), "refused");
	other.u.rsa = k;
}

static void test_public(void)
{
	static uint8_t n[520];
	const uint8_t e[9] = {1, 0, 0, 0, 0, 0, 0, 0, 1}, three = 3, one = 1, two = 2,
		      long0[] = {0, 3};

	memset(n, 0xff, sizeof(n));
	check("rsa/public", rsa_public_ok(n, 128, &three, 1) && rsa_public_ok(n, 512, e, 8) == 0,
	      "wrong");
	check("rsa/public long",
	      !rsa_public_ok(n, 513, &three, 1) && !rsa_public_ok(n, 127, &three, 1), "taken");
	check("rsa/public e",
	      !rsa_public_ok(n, 128, &one, 1) && !rsa_public_ok(n, 128, &two, 1) &&
		  !rsa_public_ok(n, 128, long0, 2) && !rsa_public_ok(n, 128, e, 9) &&
		  !rsa_public_ok(n, 128, e, 0) && rsa_public_ok(n, 128, e + 1, 8) == 0,
	      "taken");
	n[0] = 0x7f;
	check("rsa/public 1023 bits", !rsa_public_ok(n, 128, &three, 1), "taken");
	check("rsa/public 4095 bits", rsa_public_ok(n, 512, &three, 1), "refused");
	n[0] = 0;
	check("rsa/public zero in front", !rsa_public_ok(n, 256, &three, 1), "taken");
	n[0] = 0xff;
	n[127] = 0xfe;
	check("rsa/public even", !rsa_public_ok(n, 128, &three, 1), "taken");
}

static int verifies(const struct sig *s, struct str blob, struct str sig)
{
	return sig_verify(s, blob, sig, MSG);
}

static void test_sign(const struct sig *s)
{
	uint8_t mem[2][640];
	struct wr b = wr_init(mem[0], 640), w = wr_init(mem[1], 640);
	struct str blob, sig;
	unsigned i, bad = 0;

	key_public_blob(&key, &b);
	blob = (struct str){mem[0], wr_len(&b)};
	check(s->name, key_sign(&key, s, &w, MSG), "cannot sign");
	sig = (struct str){mem[1], wr_len(&w)};
	check(s->name, verifies(s, blob, sig), "its own signature is none");
	check(s->name, !sig_verify(s, blob, sig, STR("massage")), "of another message");
	for (i = 0; i < 8 * sig.len; i += 7) {
		mem[1][i / 8] ^= (uint8_t)(1 << i % 8);
		bad += (unsigned)verifies(s, blob, sig);
		mem[1][i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (i = 0; i < 8 * blob.len; i += 7) {
		mem[0][i / 8] ^= (uint8_t)(1 << i % 8);
		bad += (unsigned)verifies(s, blob, sig);
		mem[0][i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (i = 0; i < sig.len; i++)
		bad += (unsigned)verifies(s, blob, (struct str){sig.p, i});
	for (i = 0; i < blob.len; i++)
		bad += (unsigned)verifies(s, (struct str){blob.p, i}, sig);
	check(s->name, bad == 0, "something damaged is taken");
	key.u.rsa.iq[5] ^= 1;
	w = wr_init(mem[1], 640);
	check(s->name, !key_sign(&key, s, &w, MSG), "a fault in the arithmetic gets out");
	key.u.rsa.iq[5] ^= 1;
}

/* a signature that starts with a zero byte, which its sender left out */
static void test_short(void)
{
	const struct rsa_key *k = &key.u.rsa;
	uint8_t sig[128], msg[4];
	uint32_t i = 0;

	do
		put_u32(msg, ++i);
	while (i < 5000 && rsa_sign(k, &hash_sha256, msg, 4, sig) && sig[0]);
	check("rsa/short signature",
	      !sig[0] && rsa_verify(k->n, 128, k->e, k->e_len, &hash_sha256, msg, 4, sig + 1, 127),
	      "refused");
	check("rsa/cut signature",
	      !rsa_verify(k->n, 128, k->e, k->e_len, &hash_sha256, msg, 4, sig, 127), "taken");
	memmove(sig + 1, sig, 127);
}

static int there_and_back(const struct key *k, enum key_form form)
{
	static struct key back;
	uint8_t mem[4096];
	struct wr w = wr_init(mem, sizeof(mem));
	struct rd r;

	memset(&back, 0xff, sizeof(back));
	key_rsa.put(k, &w, form);
	r = rd_init((struct str){mem, wr_len(&w)});
	if (!key_rsa.get(&back, &r, form) || !rd_done(&r))
		return 0;
	w = wr_init(mem + sizeof(mem) / 2, sizeof(mem) / 2);
	key_rsa.put(&back, &w, form);
	return !memcmp(mem, mem + sizeof(mem) / 2, wr_len(&w)) &&
	       !memcmp(back.u.rsa.n, k->u.rsa.n, k->u.rsa.n_len);
}

static void test_forms(void)
{
	uint8_t mem[640];
	struct wr w = wr_init(mem, sizeof(mem));
	struct rd r;

	check("rsa/openssh", there_and_back(&key, KEY_OPENSSH), "another key");
	check("rsa/dropbear", there_and_back(&key, KEY_DROPBEAR), "another key");
	check("rsa/p < q", there_and_back(&other, KEY_DROPBEAR), "another key");
	key_rsa.put_public(&key, &w);
	r = rd_init((struct str){mem, wr_len(&w)});
	check("rsa/bits", key_rsa.bits(&r) == 1024, "another size");
	w = wr_init(mem, sizeof(mem));
	wr_str(&w, "\0\3", 2); /* e with a zero that it does not need */
	wr_mpint(&w, key.u.rsa.n, 128);
	r = rd_init((struct str){mem, wr_len(&w)});
	check("rsa/zero in front", key_rsa.bits(&r) == 0, "taken");
	w = wr_init(mem, sizeof(mem));
	wr_str(&w, "\3", 1);
	wr_str(&w, key.u.rsa.n, 128); /* negative */
	r = rd_init((struct str){mem, wr_len(&w)});
	check("rsa/negative", key_rsa.bits(&r) == 0, "taken");
}

int main(void)
{
	if (!CFG_KEY_RSA) {
		puts("skip rsa: not built in");
		return 0;
	}
	test_generate();
	test_whole();
	test_public();
	test_sign(&sig_rsa_sha512);
	test_sign(&sig_rsa_sha256);
	if (CFG_WEAK_SSH_RSA)
		test_sign(&sig_ssh_rsa);
	test_short();
	test_forms();
	return check_result();
}
