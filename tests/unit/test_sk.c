/* test_sk.c - signatures of security keys, made here as a token makes them (PROTOCOL.u2f). */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "sig.h"

static struct rng rng;

/* a key, and what a token with it would say */
struct token {
	const struct sig *row, *plain;
	struct key key;
	const char *app;
	uint8_t mem[512], out[512];
	struct str blob;
};

static struct str written(const struct wr *w)
{
	return (struct str){w->start, w->bad ? 0 : wr_len(w)};
}

static void sha256(struct wr *w, struct str s)
{
	struct hash_ctx c;
	uint8_t h[32];

	hash_init(&c, &hash_sha256);
	hash_add(&c, s.p, s.len);
	hash_out(&c, h);
	wr_bytes(w, h, 32);
}

static void token_init(struct token *t, const struct sig *row, const struct sig *plain)
{
	struct wr w = wr_init(t->mem, sizeof(t->mem));

	t->row = row;
	t->plain = plain;
	t->app = "ssh:";
	t->key.kind = plain->kind;
	plain->kind->generate(&t->key, &rng, 0, NULL);
	wr_strz(&w, row->key_name);
	plain->kind->put_public(&t->key, &w);
	wr_strz(&w, t->app);
	t->blob = written(&w);
}

/* string name, string signature of the plain kind, u8 flags, u32 counter */
static struct str token_sign(struct token *t, struct str msg, uint8_t flags, uint32_t counter)
{
	uint8_t mem[128];
	struct wr m = wr_init(mem, sizeof(mem)), w = wr_init(t->out, sizeof(t->out));

	sha256(&m, str_of(t->app));
	wr_u8(&m, flags);
	wr_u32(&m, counter);
	sha256(&m, msg);
	wr_strz(&w, t->row->sig_name);
	t->plain->sign(&t->key, &w, written(&m));
	wr_u8(&w, flags);
	wr_u32(&w, counter);
	return written(&w);
}

static void test_good(struct token *t)
{
	struct str msg = STR("message"), sig;

	for (unsigned flags = 0; flags < 256; flags += 5) {
		sig = token_sign(t, msg, flags, flags * 0x1234567u);
		if (!sig_verify(t->row, t->blob, sig, msg) || sig_flags(t->row, sig) != flags)
			check("sk verify", 0, t->row->name);
	}
	sig = token_sign(t, msg, SK_TOUCHED, 7);
	check("sk verify", sig_verify(t->row, t->blob, sig, msg), t->row->name);
	check("sk other message", !sig_verify(t->row, t->blob, sig, STR("messagf")), t->row->name);
	check("sk other kind", !sig_verify(t->plain, t->blob, sig, msg), t->row->name);
	t->app = "ssh:other";
	sig = token_sign(t, msg, SK_TOUCHED, 7);
	t->app = "ssh:";
	check("sk other application", !sig_verify(t->row, t->blob, sig, msg), t->row->name);
	check("sk cannot sign", !t->row->sign && !t->row->kind->generate && !t->row->kind->get,
	      t->row->name);
}

/* each bit of signature and key matters, and so does each byte that is missing or too much */
static void test_damage(struct token *t)
{
	struct str msg = STR("message"), sig = token_sign(t, msg, SK_TOUCHED | SK_VERIFIED, 1);
	size_t n = sig.len;
	int bad = 0;

	for (size_t i = 0; i < 8 * n; i += 3) {
		t->out[i / 8] ^= 1 << i % 8;
		bad |= sig_verify(t->row, t->blob, sig, msg);
		t->out[i / 8] ^= 1 << i % 8;
	}
	for (sig.len = 0; sig.len < n; sig.len++)
		bad |= sig_verify(t->row, t->blob, sig, msg);
	sig.len = n + 1;
	bad |= sig_verify(t->row, t->blob, sig, msg);
	check("sk damaged signature", !bad, t->row->name);
	sig.len = n;
	for (size_t i = 0; i < 8 * t->blob.len; i += 3) {
		t->mem[i / 8] ^= 1 << i % 8;
		bad |= sig_verify(t->row, t->blob, sig, msg);
		t->mem[i / 8] ^= 1 << i % 8;
	}
	n = t->blob.len;
	for (t->blob.len = 0; t->blob.len < n; t->blob.len++)
		bad |= sig_verify(t->row, t->blob, sig, msg);
	t->blob.len = n + 1;
	bad |= sig_verify(t->row, t->blob, sig, msg);
	t->blob.len = n;
	check("sk damaged key", !bad, t->row->name);
	check("sk mended", sig_verify(t->row, t->blob, sig, msg), t->row->name);
}

static void test_kind(struct token *t)
{
	struct rd r = rd_init(t->blob);
	struct str name = rd_str(&r), whole = {r.p, rd_left(&r)};
	const struct key_kind *k = key_kind_find(name);
	int bad = 0;

	check("sk kind", k && k == t->row->kind && k->bits(&r) == 256, t->row->name);
	for (size_t n = 0; n < whole.len; n++) {
		r = rd_init((struct str){whole.p, n});
		bad |= k && k->bits(&r) != 0;
	}
	check("sk kind, cut", !bad, t->row->name);
	check("sk label", key_kind_label(str_of(t->row->kind->label), 0) == NULL, t->row->name);
}

int main(void)
{
	static const uint8_t seed[32] = {13};
	static const struct sig *const rows[][2] = {
	    {&sig_sk_ed25519, &sig_ed25519 },
            {&sig_sk_ecdsa,   &sig_ecdsa256}
        };
	static struct token t;

	if (!CFG_KEY_SK) {
		puts("skip sk: not built in");
		return 0;
	}
	rng_init(&rng, seed);
	for (int i = 0; i < 2; i++) {
		token_init(&t, rows[i][0], rows[i][1]);
		test_good(&t);
		test_damage(&t);
		test_kind(&t);
	}
	return check_result();
}
