/* test_faults.c - each crypto call that can fail, made to fail: the connection ends, it never goes on. */
/* SPDX-License-Identifier: MIT */
/*
 * The tables of algorithms are this file's: rows of ours with a switch in
 * front of the real functions. Which call fails is counted, so that the first
 * exchange, a rekey and the midst of a transfer are all met.
 */
#include <stdio.h>

#include "algs.h"
#include "script.h"
#include "sig.h"

enum fault { NO_FAULT, KEYGEN, ENCAP, DECAP, OPEN };
static enum fault fault;
static int fault_in; /* calls until it fails; after that all do */

static int fails(enum fault f)
{
	return f == fault && fault_in-- <= 0;
}

static int encap(struct rng *r, const uint8_t *pub, uint8_t *ct, uint8_t *shared)
{
	int ok = kex_curve25519.encap(r, pub, ct, shared);

	return ok && !fails(ENCAP);
}

static int decap(const uint8_t *sec, const uint8_t *pub, const uint8_t *ct, uint8_t *shared)
{
	int ok = kex_curve25519.decap(sec, pub, ct, shared);

	return ok && !fails(DECAP);
}

static int keygen(struct rng *r, uint8_t *sec, uint8_t *pub)
{
	return kex_curve25519.keygen(r, sec, pub) && !fails(KEYGEN);
}

static void init(union cipher_ctx *c, const uint8_t *key, const uint8_t *iv, int sealing)
{
	cipher_chachapoly.init(c, key, iv, sealing);
}

static uint32_t length(const union cipher_ctx *c, uint32_t seq, const uint8_t d[4])
{
	return cipher_chachapoly.length(c, seq, d);
}

static int open(union cipher_ctx *c, uint32_t seq, uint8_t *d, size_t n)
{
	int ok = cipher_chachapoly.open(c, seq, d, n);

	return ok && !fails(OPEN);
}

static void seal(union cipher_ctx *c, uint32_t seq, uint8_t *d, size_t n)
{
	cipher_chachapoly.seal(c, seq, d, n);
}

#define KEX(NAME, HASH, STRING)                                                                    \
	{                                                                                          \
		.name = NAME, .hash = HASH, .k_is_string = STRING, .pub_len = 32, .ct_len = 32,    \
		.sec_len = 32, .shared_len = 32, .keygen = keygen, .encap = encap, .decap = decap, \
	}

static const struct kex kex_256 = KEX("kex-256", &hash_sha256, 0);
static const struct kex kex_512 = KEX("kex-512", &hash_sha512, 1);
static const struct kex kex_384 = KEX("kex-384", &hash_sha384, 0);

static const struct cipher cipher_faulty = {
    .name = "faulty",
    .key_len = 64,
    .block = 8,
    .tag_len = 16,
    .aad = 1,
    .init = init,
    .length = length,
    .open = open,
    .seal = seal,
};

const struct kex *const kexes[] = {&kex_256, &kex_512, &kex_384, NULL};
const struct cipher *const ciphers[] = {&cipher_faulty, &cipher_aes128_ctr, &cipher_aes256_ctr,
					NULL};
const struct mac *const macs[] = {&mac_hmac_sha2_256_etm, &mac_hmac_sha2_512_etm,
				  &mac_hmac_sha2_256, &mac_hmac_sha2_512, NULL};

/* a connection with transfers and rekeys that goes on for as long as it can */
static void run(enum fault f, int in)
{
	int i, ch;

	p = pair_new();
	p->side[CLIENT].conf.ciphers = p->side[SERVER].conf.ciphers = "faulty";
	fault = f;
	fault_in = in;
	if (pair_login(p)) {
		for (i = 0; i < 300 && !p->side[0].gone && !p->side[1].gone; i++) {
			ch = ssh_chan_open(&p->side[CLIENT].s, "session", STR("\0\0\0\1"));
			if (ch >= 0)
				p->side[CLIENT].flow[ch] =
				    (struct flow){.used = 1, .tag = 1, .to_send = {1 << 30}};
			if (i % 50 == 0)
				ssh_rekey(&p->side[rnd(2)].s);
			pair_turn(p);
		}
		pair_settle(p);
	}
	fault = NO_FAULT;
}

/* the side that met the fault is gone for good with that error, and went no step further */
static void ends(enum who w, int err, int first)
{
	struct side *d = &p->side[w];
	struct ssh_event ev;
	size_t n;

	CHECK(d->gone == err && ssh_error(&d->s) == err);
	CHECK(!first || (!d->seen[SSH_EV_KEYED] && !d->seen[SSH_EV_AUTHED]));
	CHECK(ssh_step(&d->s, p->now, &ev) == err && ev.type == SSH_EV_NONE);
	ssh_rx_buf(&d->s, &n);
	CHECK(n == 0);
	CHECK(!ssh_out_buf(&d->s, 0, 0, &n));
	CHECK(ssh_chan_open(&d->s, "x", STR("")) < 0 && !ssh_global(&d->s, "x", 0, STR("")));
	CHECK(!ssh_auth_none(&d->s, STR("me")));
}

static void test_exchange(void)
{
	int in;

	for (in = 0; in < 4; in++) {
		run(KEYGEN, in);
		run(ENCAP, in);
		ends(SERVER, SSH_E_KEX, in == 0);
		run(DECAP, in);
		ends(CLIENT, SSH_E_KEX, in == 0);
	}
	test_end("a failing exchange method");
}

static void test_open(void)
{
	int in;

	for (in = 0; in < 60; in++) {
		run(OPEN, in);
		CHECK(p->side[0].gone == SSH_E_MAC || p->side[1].gone == SSH_E_MAC);
		if (p->side[0].gone == SSH_E_MAC)
			ends(SERVER, SSH_E_MAC, 0);
		if (p->side[1].gone == SSH_E_MAC)
			ends(CLIENT, SSH_E_MAC, 0);
	}
	test_end("a failing cipher");
}

/* the signature of the exchange hash */
static int spoil, spoil_at;
enum { FLIP = 1, CUT, EMPTY, OTHER_KEY, OTHER_DATA, UNTRUSTED };

static int spoiled(struct pair *pp, enum who w, struct ssh_event *ev)
{
	uint8_t mem[SIG_MAX];
	struct wr out = wr_init(mem, sizeof(mem));
	struct ssh *s = &pp->side[w].s;
	const struct sig *alg = sig_find(STR("ssh-ed25519"));

	if (ev->type == SSH_EV_HOSTKEY && spoil == UNTRUSTED) {
		ssh_answer(s, SSH_NO);
		return 1;
	}
	if (ev->type != SSH_EV_SIGN || w != SERVER)
		return 0;
	if (spoil == OTHER_DATA)
		ev->data.len--;
	CHECK(key_sign(spoil == OTHER_KEY ? &user_key : &host_key, alg, &out, ev->data));
	if (spoil == FLIP)
		mem[spoil_at / 8 % wr_len(&out)] ^= 1 << spoil_at % 8;
	ssh_answer_sig(s, (struct str){mem, spoil == EMPTY ? 0
					    : spoil == CUT ? spoil_at % wr_len(&out)
							   : wr_len(&out)});
	return 1;
}

static void run_spoiled(int how, int at, enum who victim, int err)
{
	p = pair_new();
	spoil = how;
	spoil_at = at;
	p->on = spoiled;
	CHECK(!pair_login(p));
	ends(victim, err, 1);
}

static void test_signature(void)
{
	int i;

	for (i = 0; i < 83 * 8; i += 5)
		run_spoiled(FLIP, i, CLIENT, SSH_E_KEX);
	for (i = 1; i < 83; i++)
		run_spoiled(CUT, i, CLIENT, SSH_E_KEX);
	run_spoiled(OTHER_KEY, 0, CLIENT, SSH_E_KEX);
	run_spoiled(OTHER_DATA, 0, CLIENT, SSH_E_KEX);
	run_spoiled(UNTRUSTED, 0, CLIENT, SSH_E_HOSTKEY);
	run_spoiled(EMPTY, 0, SERVER, SSH_E_SIGN);
	test_end("host key signatures that are not good");
}

/* RFC 7748 6.1: shares that lead to an all-zero secret */
static void test_low_order(void)
{
	/* clang-format off */
	static const uint8_t low[][32] = {
	    {0},
	    {1},
	    {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
	     0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
	     0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
	    {0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
	     0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
	     0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
	    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
	    {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
	};
	/* clang-format on */
	uint8_t share[37] = {MSG_KEX_ECDH_INIT, 0, 0, 0, 32};
	unsigned i;

	for (i = 0; i < sizeof(low) / sizeof(low[0]); i++) {
		until_strict(SERVER, K_SHARE);
		memcpy(share + 5, low[i], 32);
		CHECK(clear_feed(&p->side[SERVER].s, share, sizeof(share)));
		side_steps(p, SERVER);
		ends(SERVER, SSH_E_KEX, 1);
		CHECK(!p->side[SERVER].seen[SSH_EV_SIGN]);
	}
	test_end("shares of low order");
}

/* a request with a bit changed, and more behind it so that a longer length finds its bytes */
static void changed_bit(size_t bit)
{
	struct wr w = raw_begin(p, CLIENT, MSG_GLOBAL_REQUEST);
	size_t n;
	uint8_t *d;

	wr_strz(&w, "keepalive@openssh.com");
	wr_u8(&w, 1);
	raw_end(p, CLIENT, &w);
	w = raw_begin(p, CLIENT, MSG_IGNORE);
	wr_bytes(&w, kex_256.name, 7);
	while (wr_len(&w) < SSH_PACKET_MAX)
		wr_u8(&w, 0);
	raw_end(p, CLIENT, &w);
	d = (uint8_t *)ssh_tx_buf(&p->side[CLIENT].s, &n);
	d[bit / 8] ^= 1 << bit % 8;
	carry(CLIENT);
	side_steps(p, SERVER);
	CHECK(p->side[SERVER].gone == SSH_E_MAC || p->side[SERVER].gone == SSH_E_LENGTH);
	CHECK(!p->side[SERVER].seen[SSH_EV_GLOBAL]);
}

/* any bit of a packet under each cipher and MAC: the receiver ends, nothing of it comes through */
static void test_bits(void)
{
	char name[120];
	size_t bit, n;
	int c, m, w;

	for (c = 0; ciphers[c]; c++)
		for (m = 0; macs[m]; m++) {
			if (ciphers[c]->tag_len && m)
				continue;
			p = pair_new();
			for (w = 0; w < 2; w++) {
				p->side[w].conf.ciphers = ciphers[c]->name;
				p->side[w].conf.macs = macs[m]->name;
			}
			CHECK(pair_login(p));
			pair_settle(p);
			save();
			/* the least that it takes: head, request, padding, tag */
			n = 5 + 27 + 4 + (ciphers[c]->tag_len ? 16 : macs[m]->tag_len);
			for (bit = 0; bit < n * 8 && !failed(); bit += 1 + rnd(3)) {
				changed_bit(bit);
				restore();
			}
			snprintf(name, sizeof(name), "a bit changed under %s %s", ciphers[c]->name,
				 ciphers[c]->tag_len ? "" : macs[m]->name);
			test_end(name);
		}
}

/* the session id is the first hash, whatever the length of later ones */
static void test_hashes(void)
{
	static const char *const names[] = {"kex-256", "kex-512", "kex-384"};
	uint8_t sid[HASH_MAX];
	int first, next, w, i;

	for (first = 0; first < 3; first++) {
		p = pair_new();
		for (w = 0; w < 2; w++)
			p->side[w].conf.kex = names[first];
		CHECK(pair_login(p));
		pair_settle(p);
		CHECK(p->side[0].s.sid_len == kexes[first]->hash->out_len);
		memcpy(sid, p->side[0].s.sid, sizeof(sid));
		for (i = 1; i < 7; i++) {
			next = rnd(3);
			for (w = 0; w < 2; w++)
				p->side[w].conf.kex = names[next];
			ssh_rekey(&p->side[rnd(2)].s);
			pair_settle(p);
			CHECK(p->side[0].seen[SSH_EV_KEYED] == 1u + i);
			for (w = 0; w < 2; w++)
				CHECK(p->side[w].s.sid_len == kexes[first]->hash->out_len &&
				      !memcmp(p->side[w].s.sid, sid, p->side[w].s.sid_len) &&
				      !p->side[w].gone);
		}
	}
	test_end("rekeys with hashes of other lengths");
}

int main(int argc, char **argv)
{
	if (!test_begin(argc, argv))
		return 0;
	test_exchange();
	test_open();
	test_signature();
	test_low_order();
	test_bits();
	test_hashes();
	return test_status();
}
