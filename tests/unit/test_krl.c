/* test_krl.c - revocation lists: each kind of section, lists of keys, and files that are damaged. */
/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "cert_lab.h"
#include "config.h"
#include "pubkey.h"

static uint8_t krl_mem[4096], cert_mem[2048], user_mem[64], ca_mem[64], other_mem[64];
static struct str cert_blob, user, ca, other;
static struct wr krl;
static uint8_t *mark, *inner;

static struct str public(const struct key *k, uint8_t *mem)
{
	struct wr w = wr_init(mem, 64);

	key_public_blob(k, &w);
	return (struct str){mem, wr_len(&w)};
}

static void begin(void)
{
	krl = wr_init(krl_mem, sizeof(krl_mem));
	wr_bytes(&krl, "SSHKRL\n", 8);
	wr_u32(&krl, 1);
	wr_u64(&krl, 3);
	wr_u64(&krl, 1000);
	wr_u64(&krl, 0);
	wr_strz(&krl, "");
	wr_strz(&krl, "a comment");
}

static void section(int type)
{
	wr_u8(&krl, (uint8_t)type);
	mark = wr_open(&krl);
}

static void certs(struct str by)
{
	section(1);
	wr_str(&krl, by.p, by.len);
	wr_strz(&krl, "");
}

static void part(int type)
{
	wr_u8(&krl, (uint8_t)type);
	inner = wr_open(&krl);
}

static void part_end(void)
{
	wr_close(&krl, inner);
}

static void end(void)
{
	wr_close(&krl, mark);
}

static int ask(struct str blob)
{
	return krl_check((struct str){krl_mem, wr_len(&krl)}, blob);
}

/* the certificate, its plain key, another key; each 0, 1 or -1 */
static int are(int c, int u, int o)
{
	return ask(cert_blob) == c && ask(user) == u && ask(other) == o;
}

static int serials(int type, uint64_t a, uint64_t b)
{
	begin();
	certs(ca);
	part(type);
	wr_u64(&krl, a);
	wr_u64(&krl, b);
	part_end();
	end();
	return ask(cert_blob);
}

static int bitmap(uint64_t from, const char *hex)
{
	uint8_t bits[32];
	size_t n = check_hex(bits, hex);

	begin();
	certs(ca);
	part(0x22);
	wr_u64(&krl, from);
	wr_str(&krl, bits, n);
	part_end();
	end();
	return ask(cert_blob);
}

static void test_serials(void)
{
	check("krl/serials",
	      serials(0x20, 5, 77) == 1 && serials(0x20, 77, 900) == 1 &&
		  serials(0x20, 76, 78) == 0 && serials(0x20, 77, 0) < 0,
	      "another");
	check("krl/serials are certificates'", are(-1, -1, -1), "asked of keys");
	check("krl/range",
	      serials(0x21, 77, 77) == 1 && serials(0x21, 1, UINT64_MAX) == 1 &&
		  serials(0x21, 78, UINT64_MAX) == 0 && serials(0x21, 1, 76) == 0,
	      "another");
	check("krl/bad range", serials(0x21, 0, 99) < 0 && serials(0x21, 80, 70) < 0, "taken");
	serials(0x21, 70, 80);
	check("krl/whose", are(1, 0, 0), "another");
}

static void test_bitmap(void)
{
	check("krl/bitmap",
	      bitmap(77, "01") == 1 && bitmap(70, "0080") == 1 && bitmap(1, "1000000000") == 0 &&
		  bitmap(61, "010000") == 1 && bitmap(60, "010000") == 0 && bitmap(78, "01") == 0 &&
		  bitmap(77, "") == 0 && bitmap(69, "0100") == 1 && bitmap(2, "00ffffffff") == 0,
	      "another");
	check("krl/bad bitmap",
	      bitmap(70, "80") < 0 && bitmap(UINT64_MAX - 6, "00ff") < 0 &&
		  bitmap(UINT64_MAX - 7, "7f") == 0 && bitmap(0, "01") < 0 && bitmap(0, "02") == 0,
	      "taken");
}

static void test_zero(void)
{
	struct lab_cert t = lab_good();
	static uint8_t mem[2048];
	struct str blob;

	t.serial = 0;
	blob = lab_make(&t);
	memcpy(mem, blob.p, blob.len);
	blob.p = mem;
	serials(0x21, 1, UINT64_MAX);
	check("krl/no serial", ask(blob) == 0, "revoked");
	bitmap(1, "7fffffff");
	check("krl/no serial, bitmap", ask(blob) == 0, "revoked");
}

static void test_ids(void)
{
	begin();
	certs(ca);
	part(0x23);
	wr_strz(&krl, "joe");
	wr_strz(&krl, "joe's key");
	part_end();
	end();
	check("krl/id", are(1, 0, 0), "another");
	begin();
	certs(other);
	part(0x23);
	wr_strz(&krl, "joe's key");
	part_end();
	end();
	check("krl/id of another CA", are(0, 0, 0), "revoked");
	begin();
	certs((struct str){0});
	part(0x23);
	wr_strz(&krl, "joe's key");
	part_end();
	part(0x39);
	wr_strz(&krl, "more@example.org");
	wr_u8(&krl, 0);
	wr_strz(&krl, "data");
	part_end();
	end();
	check("krl/id of any CA, and an extension", are(1, 0, 0), "another");
}

static void test_keys(void)
{
	static const struct hash *const hashes[] = {&hash_sha1, &hash_sha256};
	struct hash_ctx c;
	uint8_t sum[32];
	int i, k;

	for (k = 0; k < 2; k++) {
		struct str of = k ? ca : user;

		begin();
		section(2);
		wr_str(&krl, other_mem, 20);
		wr_str(&krl, of.p, of.len);
		end();
		check(k ? "krl/key of the CA" : "krl/key", are(1, !k, 0), "another");
		for (i = 0; i < 2; i++) {
			hash_init(&c, hashes[i]);
			hash_add(&c, of.p, of.len);
			hash_out(&c, sum);
			begin();
			section(i ? 5 : 3);
			wr_str(&krl, sum, hashes[i]->out_len);
			end();
			check(k ? "krl/hash of the CA" : "krl/hash", are(1, !k, 0), "another");
		}
	}
}

/* a hit does not hide what comes behind it */
static void bad(const char *name, void (*write)(void))
{
	begin();
	section(2);
	wr_str(&krl, user.p, user.len);
	end();
	write();
	check(name, are(-1, -1, -1), "relied on");
}

static void signature(void)
{
	section(4);
	wr_str(&krl, ca.p, ca.len);
	end();
}

static void unknown(void)
{
	section(9);
	end();
}

static void critical(void)
{
	section(255);
	wr_strz(&krl, "more@example.org");
	wr_u8(&krl, 1);
	wr_strz(&krl, "");
	end();
}

static void short_hash(void)
{
	section(5);
	wr_str(&krl, other_mem, 20);
	end();
}

static void unknown_part(void)
{
	certs(ca);
	part(0x24);
	part_end();
	end();
}

static void half_serial(void)
{
	certs(ca);
	part(0x20);
	wr_u32(&krl, 1);
	part_end();
	end();
}

static void long_range(void)
{
	certs(other);
	part(0x21);
	wr_u64(&krl, 1);
	wr_u64(&krl, 2);
	wr_u8(&krl, 3);
	part_end();
	end();
}

static void test_damaged(void)
{
	size_t n, i, ends[3];
	int good = 1;

	bad("krl/signature", signature);
	bad("krl/unknown section", unknown);
	bad("krl/critical extension", critical);
	bad("krl/short hash", short_hash);
	bad("krl/unknown part", unknown_part);
	bad("krl/half a serial", half_serial);
	bad("krl/long range", long_range);
	begin();
	ends[0] = wr_len(&krl);
	section(2);
	wr_str(&krl, user.p, user.len);
	end();
	ends[1] = wr_len(&krl);
	certs(ca);
	part(0x21);
	wr_u64(&krl, 70);
	wr_u64(&krl, 80);
	part_end();
	end();
	n = ends[2] = wr_len(&krl);
	for (i = 0; i <= n; i++) {
		int whole = i == ends[0] || i == ends[1] || i == ends[2];

		good &= (krl_check((struct str){krl_mem, i}, user) >= 0) == whole;
	}
	check("krl/cut", good, "relied on");
	for (good = 1, i = 0; i < 12; i++) {
		krl_mem[i] ^= 1;
		good &= are(-1, -1, -1);
		krl_mem[i] ^= 1;
	}
	check("krl/other head", good, "relied on");
}

static int listed(const char *text, struct str blob)
{
	static char line[256];

	return revoked(str_of(text), blob, line, sizeof(line));
}

static void test_lists(void)
{
	static char text[512];
	struct wr w = wr_init(text, sizeof(text) - 1);

	wr_bytes(&w, "# keys\n\n", 8);
	pubkey_text(&w, user);
	wr_bytes(&w, " joe\r\n", 6);
	check("list/key",
	      listed(text, user) == 1 && listed(text, cert_blob) == 1 && listed(text, other) == 0,
	      "another");
	w = wr_init(text, sizeof(text) - 1);
	pubkey_text(&w, ca);
	wr_u8(&w, 0);
	check("list/CA, no newline",
	      listed(text, cert_blob) == 1 && listed(text, ca) == 1 && listed(text, user) == 0,
	      "another");
	check("list/empty", listed("", user) == 0 && listed("\n# x\n", user) == 0, "revoked");
	check("list/junk", listed("junk\n", user) < 0 && listed("\n\nssh-ed25519 AAAA\n", user) < 0,
	      "relied on");
	memset(text, '#', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	check("list/long line", listed(text, user) < 0, "relied on");
	check("list/NUL", revoked((struct str){(const uint8_t *)"#\0\n", 3}, user, text, 16) < 0,
	      "relied on");
	begin();
	section(2);
	wr_str(&krl, user.p, user.len);
	end();
	check("list/is a KRL",
	      revoked((struct str){krl_mem, wr_len(&krl)}, cert_blob, text, 16) == 1, "not read");
}

int main(void)
{
	struct lab_cert t;
	struct str blob;

	if (!CFG_CERTS) {
		fputs("skip krl: not built in\n", stdout);
		return 0;
	}
	lab_init();
	t = lab_good();
	blob = lab_make(&t);
	memcpy(cert_mem, blob.p, blob.len);
	cert_blob = (struct str){cert_mem, blob.len};
	user = public(&lab_user, user_mem);
	ca = public(&lab_ca, ca_mem);
	other = public(&lab_other, other_mem);
	test_serials();
	test_bitmap();
	test_zero();
	test_ids();
	test_keys();
	test_damaged();
	test_lists();
	return check_result();
}
