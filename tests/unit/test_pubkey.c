/* test_pubkey.c - base64, public keys as text, fingerprints, signatures that must fail. */
/* SPDX-License-Identifier: MIT */
#include "base64.h"
#include "check.h"
#include "pubkey.h"
#include "sig.h"

static int decodes(const char *in, const char *want)
{
	uint8_t out[64], hex[64];
	size_t n, m = want ? check_hex(hex, want) : 0;
	int ok = base64_decode(out, &n, in, strlen(in));

	return want ? ok && n == m && !memcmp(out, hex, n) : !ok;
}

static void test_base64(void)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t in[256], back[260];
	char text[BASE64_LEN(sizeof(in))];
	int good = 1;
	size_t n, m;

	/* RFC 4648 10 */
	check("base64/vectors",
	      decodes("", "") && decodes("Zg==", "66") && decodes("Zm8=", "666f") &&
		  decodes("Zm9v", "666f6f") && decodes("Zm9vYg==", "666f6f62"),
	      "decoded wrongly");
	check("base64/junk",
	      decodes("Zg", NULL) && decodes("Zg=", NULL) && decodes("Zg=a", NULL) &&
		  decodes("====", NULL) && decodes("Z===", NULL) && decodes("Zm9v\n", NULL) &&
		  decodes("Zm9 ", NULL) && decodes("Zm-_", NULL) && decodes("Zg==Zg==", NULL),
	      "taken");
	check("base64/bits behind the end", decodes("Zh==", NULL) && decodes("Zm9=", NULL),
	      "taken");
	for (n = 0; n < sizeof(in); n++) {
		check_fill(in, n, (uint32_t)n);
		m = base64_encode(text, in, n);
		good &= m == BASE64_LEN(n);
		good &= base64_decode(back, &m, text, m) && m == n && !memcmp(in, back, n);
	}
	check("base64/round trip", good, "another");
	for (n = 0; n < 256; n++) {
		text[0] = (char)n;
		memcpy(text + 1, "AAA", 3);
		good &= base64_decode(back, &m, text, 4) == (n && strchr(alphabet, (int)n));
	}
	check("base64/every character", good, "wrong set");
}

static const char line[] =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINvEEEhMj8X8PfwuYt825BULT9VYPmGzJ8fTMBsaeYT2";

static struct str blob_of(uint8_t *room)
{
	size_t n;

	base64_decode(room, &n, line + 12, strlen(line + 12));
	return (struct str){room, n};
}

static void test_text(void)
{
	uint8_t room[128];
	struct str blob = blob_of(room);
	char text[128];
	struct wr w = wr_init(text, sizeof(text));

	check("pubkey/name", str_is(pubkey_name(blob), "ssh-ed25519"), "another");
	check("pubkey/bits", pubkey_bits(blob) == 256, "another");
	pubkey_text(&w, blob);
	check("pubkey/text", str_is((struct str){w.start, wr_len(&w)}, line), "another");
	pubkey_sha256(text, blob);
	check("pubkey/sha256", !strcmp(text, "SHA256:QrqUV89iCoJeWKeDne1PmPTKTmZhTY6BFxTUWVvaC/Q"),
	      text);
	pubkey_md5(text, blob);
	check("pubkey/md5", !strcmp(text, "MD5:f0:95:bd:10:9a:c9:8c:d6:b9:4b:16:2c:a4:f8:69:b2"),
	      text);
	blob.len--;
	check("pubkey/short", pubkey_bits(blob) == 0, "taken");
	blob.len += 2;
	check("pubkey/long", pubkey_bits(blob) == 0, "taken");
	check("pubkey/unknown", pubkey_bits(STR("\0\0\0\1x")) == 0, "taken");
	check("pubkey/empty", pubkey_bits(STR("")) == 0 && !pubkey_name(STR("")).len, "taken");
}

static struct key key;
static uint8_t blob_room[64], sig_room[SIG_MAX];
static struct str blob, sig;

static void make_signature(struct str msg)
{
	uint8_t seed[32] = {1, 2, 3};
	struct rng r;
	struct wr w = wr_init(blob_room, sizeof(blob_room));

	rng_init(&r, seed);
	key_ed25519.generate(&key, &r, 0, NULL);
	key.kind = &key_ed25519;
	key_public_blob(&key, &w);
	blob = (struct str){blob_room, wr_len(&w)};
	w = wr_init(sig_room, sizeof(sig_room));
	check("sig/sign", key_sign(&key, &sig_ed25519, &w, msg), "failed");
	sig = (struct str){sig_room, wr_len(&w)};
}

static void test_verify(void)
{
	const struct sig *s = sig_find(STR("ssh-ed25519"));
	struct str msg = STR("what is signed");
	uint8_t longer[SIG_MAX + 1], nothing[8];
	struct str cut;
	struct wr w = wr_init(nothing, sizeof(nothing));
	struct key none = {0};
	int taken = 0;

	make_signature(msg);
	check("sig/find", s && !sig_find(STR("ssh-rsa")) && !sig_find(STR("")), "wrong row");
	check("sig/length", sig.len == 83 && blob.len == 51, "another");
	check("sig/verify", sig_verify(s, blob, sig, msg), "refused");
	check("sig/other message", !sig_verify(s, blob, sig, STR("what is signeD")), "taken");
	for (cut = sig; cut.len--;)
		taken |= sig_verify(s, blob, cut, msg);
	for (cut = blob; cut.len--;)
		taken |= sig_verify(s, cut, sig, msg);
	check("sig/cut", !taken, "taken");
	memcpy(longer, sig.p, sig.len);
	longer[sig.len] = 0;
	check("sig/longer", !sig_verify(s, blob, (struct str){longer, sig.len + 1}, msg), "taken");
	memcpy(longer, blob.p, blob.len);
	longer[blob.len] = 0;
	check("sig/longer key", !sig_verify(s, (struct str){longer, blob.len + 1}, sig, msg),
	      "taken");
	for (size_t i = 0; i < sig.len * 8; i++) {
		sig_room[i / 8] ^= (uint8_t)(1 << i % 8);
		taken |= sig_verify(s, blob, sig, msg);
		sig_room[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (size_t i = 0; i < blob.len * 8; i++) {
		blob_room[i / 8] ^= (uint8_t)(1 << i % 8);
		taken |= sig_verify(s, blob, sig, msg);
		blob_room[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	check("sig/bits", !taken, "taken");
	check("sig/no room", !key_sign(&key, s, &w, msg), "said it was there");
	w = wr_init(sig_room, sizeof(sig_room));
	check("sig/no key", !key_sign(&none, s, &w, msg) && !wr_len(&w), "signed");
}

int main(void)
{
	test_base64();
	test_text();
	test_verify();
	return check_result();
}
