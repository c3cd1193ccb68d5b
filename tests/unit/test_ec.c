/* test_ec.c - NIST's curves: RFC 6979's signatures, key files, and what must be refused. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "sig.h"

#define CURVES 3

static const struct row {
	const struct key_kind *kind;
	const struct sig *sig;
	/* RFC 6979 A.2.5 to A.2.7: secret, signature of "sample" with the hash of RFC 5656 */
	const char *x, *rs;
	/* a file that dropbearkey 2022.83 made */
	const char *dropbear;
} rows[CURVES] = {
    {&key_ecdsa256, &sig_ecdsa256,
     "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721", "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
     "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",     "0000001365636473612d736861322d6e69737470323536000000086e69737470323536000000410494d3159e"
     "b1d5c8253214ffdcb33eabe01820a2df5123b2f44802d08eebc726bdca4807bd409f6e95b920adc7740aae26"
     "de882a9fe6ad01cc45ff77311b931a470000002100eebe236d3f645e9f1a4d2439556dc98648b9c1a5ef0184"
     "aa894d8dfc201c1d5d"			      },
    {&key_ecdsa384, &sig_ecdsa384,
     "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea"
     "60d2edf5",							 "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e"
     "80fabe4699ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e"
     "7b82c71a38628ac8",													     "0000001365636473612d736861322d6e69737470333834000000086e697374703338340000006104939fc6f8"
     "3558265005d4df838bd3ca5222287b374ce5636b5ca1e415a0e8460edde3f0f69195f75097bbdfe953547921"
     "fcc4008d15bddd121e7f67756a7a78ed4b4495b08cead47942920b6eb690b8b583c30bbd1b2f73828e37ab61"
     "95e151e00000003100b02403a74b779f2a1bc347397397d7beb7c508f441b175e6d01ad5f36d5978e07aea0d"
     "baa3d91e2217030c81123b84e8"															      },
    {&key_ecdsa521, &sig_ecdsa521,
     "00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75caa896eb32f1f47c70855836"
     "a6d16fcc1466f6d8fbec67db89ec0c08b0e996b83538",		     "00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d450606a"
     "dd152b534931d7d4e8455cc91f9b15bf05ec36e377fa00617cce7cf5064806c467f678d3b4080d6f1cc50af2"
     "6ca209417308281b68af282623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67a", "0000001365636473612d736861322d6e69737470353231000000086e6973747035323100000085040104bf23"
     "69859e4588641651e9d4c703206ea3c0cf0039401dee4497c13cdc6e748eb025bd2823370614a1ced2f95baf"
     "44f691cf830326744e4cfdea025da55a7bb700c9118fa114dc642f8dc28d95fdf8517e719d2db75e31a20799"
     "838d6f682fdd20dc8532f0a5103e41d5ebb594b0e852f963c477b4f530bef97de1a13b114b7978e000000042"
     "01541f1b88ae599e23272173041b2808e5089a1d1e547179c818eeb7b618c7746bdaf51a6bcc1ff89ab75334"
     "ad5ca2200b6c9ed29da39bf060680ee713ef19035ff5"},
};

static struct rng rng;

static struct str written(const struct wr *w)
{
	return (struct str){w->start, w->bad ? 0 : wr_len(w)};
}

static void test_rfc6979(const struct row *t)
{
	const struct ec_curve *c = t->kind->curve;
	uint8_t x[66], pub[133], sig[132], want[132];

	check_hex(x, t->x);
	check_hex(want, t->rs);
	check("ec_public", ec_public(c, x, pub) && ec_point_ok(c, pub, 1 + 2 * c->len), c->name);
	check("ecdsa_sign rfc6979",
	      ecdsa_sign(c, x, "sample", 6, sig) && !memcmp(sig, want, 2 * c->len), c->name);
	check("ecdsa_verify rfc6979", ecdsa_verify(c, pub, "sample", 6, want), c->name);
}

/* 0, the order and what is above it are no secrets; one below the order is, with minus G */
static void test_range(const struct ec_curve *c)
{
	uint8_t x[66] = {0}, pub[133], one[133];
	size_t n = c->len;
	const uint8_t *order = c->p + c->len;

	check("ec_public refuses 0", !ec_public(c, x, pub), c->name);
	x[c->len - 1] = 1;
	check("ec_public takes 1", ec_public(c, x, one), c->name);
	memcpy(x, order, n);
	check("ec_public refuses the order", n == c->len && !ec_public(c, x, pub), c->name);
	x[n - 1]--;
	check("ec_public takes the order - 1",
	      ec_public(c, x, pub) && !memcmp(pub, one, 1 + c->len) &&
		  memcmp(pub + 1 + c->len, one + 1 + c->len, c->len) != 0,
	      c->name);
	memset(x, 0xff, n);
	check("ec_public refuses all ones", !ec_public(c, x, pub), c->name);
}

static void test_point(const struct ec_curve *c)
{
	uint8_t x[66], pub[133], shared[66];
	size_t n = 1 + 2 * c->len;
	int bad = 0;

	ec_generate(c, &rng, x, pub);
	check("ec_point_ok", ec_point_ok(c, pub, n), c->name);
	check("ec_point_ok too short", !ec_point_ok(c, pub, n - 1), c->name);
	check("ec_point_ok nothing", !ec_point_ok(c, pub, 0), c->name);
	for (size_t i = 0; i < n; i += 5) {
		pub[i] ^= 2;
		bad |= ec_point_ok(c, pub, n) | ec_shared(c, x, pub, shared);
		pub[i] ^= 2;
	}
	check("ec_point_ok off the curve", !bad, c->name);
	memset(pub + 1, 0, n - 1);
	check("ec_point_ok zeros", !ec_point_ok(c, pub, n), c->name);
	memset(pub + 1, 0xff, n - 1);
	check("ec_point_ok above the field", !ec_point_ok(c, pub, n), c->name);
}

static void test_shared(const struct ec_curve *c)
{
	uint8_t x[66], y[66], px[133], py[133], sx[66], sy[66];
	int good = 1;

	for (int i = 0; i < 5; i++) {
		ec_generate(c, &rng, x, px);
		ec_generate(c, &rng, y, py);
		good &= ec_shared(c, x, py, sx) && ec_shared(c, y, px, sy);
		good &= !memcmp(sx, sy, c->len);
	}
	check("ec_shared both ways", good, c->name);
}

/* zeros and the order, as either number */
static void test_signature_range(const struct ec_curve *c)
{
	uint8_t x[66], pub[133], sig[132], own[132];
	size_t n = c->len;
	const uint8_t *order = c->p + c->len;
	int bad = 0;

	ec_generate(c, &rng, x, pub);
	ecdsa_sign(c, x, "m", 1, own);
	check("ecdsa_verify", ecdsa_verify(c, pub, "m", 1, own), c->name);
	for (int i = 0; i < 2; i++) {
		memcpy(sig, own, 2 * n);
		memset(sig + i * n, 0, n);
		bad |= ecdsa_verify(c, pub, "m", 1, sig);
		memset(sig, 0, 2 * n);
		sig[(2 - i) * n - 1] = 1;
		bad |= ecdsa_verify(c, pub, "m", 1, sig);
		memcpy(sig, own, 2 * n);
		memcpy(sig + i * n, order, n);
		bad |= ecdsa_verify(c, pub, "m", 1, sig);
	}
	for (size_t i = 0; i < 2 * n; i += 3) {
		memcpy(sig, own, 2 * n);
		sig[i] ^= 1;
		bad |= ecdsa_verify(c, pub, "m", 1, sig);
	}
	check("ecdsa_verify refuses others", !bad && !ecdsa_verify(c, pub, "n", 1, own), c->name);
}

static struct str blob_of(const struct key *k, uint8_t *mem, size_t n)
{
	struct wr w = wr_init(mem, n);

	key_public_blob(k, &w);
	return written(&w);
}

/* signatures through the row, as on the wire */
static void test_row(const struct row *t)
{
	const struct ec_curve *c = t->kind->curve;
	const struct row *other = t == rows ? rows + 1 : rows;
	struct key k = {.kind = t->kind};
	uint8_t mem[512], out[512];
	struct wr w;
	struct str blob, sig;
	struct rd r;
	int good = 1, bad = 0;

	check("ecdsa generate", t->kind->generate(&k, &rng, c->bits, NULL), c->name);
	check("ecdsa generate other bits", !t->kind->generate(&k, &rng, 1024, NULL), c->name);
	blob = blob_of(&k, mem, sizeof(mem));
	r = rd_init(blob);
	rd_str(&r);
	check("ecdsa bits", t->kind->bits(&r) == c->bits, c->name);
	r = rd_init(blob);
	rd_str(&r);
	check("ecdsa bits of another curve", !other->kind->bits(&r), c->name);
	for (int i = 0; i < 10; i++) {
		w = wr_init(out, sizeof(out));
		good &= key_sign(&k, t->sig, &w, (struct str){(uint8_t *)&i, sizeof(i)});
		sig = written(&w);
		good &= sig_verify(t->sig, blob, sig, (struct str){(uint8_t *)&i, sizeof(i)});
		bad |= sig_verify(other->sig, blob, sig, (struct str){(uint8_t *)&i, sizeof(i)});
		bad |= sig_verify(t->sig, blob, sig, STR("other"));
		out[sig.len] = 0;
		sig.len++;
		bad |= sig_verify(t->sig, blob, sig, (struct str){(uint8_t *)&i, sizeof(i)});
	}
	check("ecdsa row", good, c->name);
	check("ecdsa row refuses others", !bad, c->name);
}

/* what dropbearkey wrote comes out again byte for byte, and OpenSSH's fields are the same */
static void test_files(const struct row *t)
{
	uint8_t file[256], out[256];
	size_t n = check_hex(file, t->dropbear);
	struct rd r = rd_init((struct str){file, n});
	struct key k = {.kind = key_kind_find(rd_str(&r))}, again = {.kind = t->kind};
	struct wr w = wr_init(out, sizeof(out));
	int bad = 0;

	check("ecdsa dropbear kind", k.kind == t->kind, t->kind->name);
	check("ecdsa dropbear get", k.kind && k.kind->get(&k, &r, KEY_DROPBEAR) && rd_done(&r),
	      t->kind->name);
	wr_strz(&w, t->kind->name);
	t->kind->put(&k, &w, KEY_DROPBEAR);
	check("ecdsa dropbear put", wr_len(&w) == n && !memcmp(out, file, n), t->kind->name);
	w = wr_init(out, sizeof(out));
	t->kind->put(&k, &w, KEY_OPENSSH);
	r = rd_init(written(&w));
	check("ecdsa openssh put and get", t->kind->get(&again, &r, KEY_OPENSSH) && rd_done(&r),
	      t->kind->name);
	for (size_t i = 0; i < wr_len(&w); i++) {
		out[i] ^= 4;
		r = rd_init(written(&w));
		bad |= t->kind->get(&again, &r, KEY_OPENSSH) && rd_done(&r);
		out[i] ^= 4;
	}
	check("ecdsa get refuses damage", !bad, t->kind->name);
}

int main(void)
{
	static const uint8_t seed[32] = {7};

	if (!CFG_KEY_ECDSA) {
		puts("skip ec: not built in");
		return 0;
	}
	rng_init(&rng, seed);
	for (const struct row *t = rows; t < rows + CURVES; t++) {
		test_rfc6979(t);
		test_range(t->kind->curve);
		test_point(t->kind->curve);
		test_shared(t->kind->curve);
		test_signature_range(t->kind->curve);
		test_row(t);
		test_files(t);
	}
	return check_result();
}
