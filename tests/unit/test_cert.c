/* test_cert.c - certificates: what is read from them, and everything that must not pass. */
/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "cert_lab.h"
#include "config.h"

/* why it does not pass as a user's at that time; "" where it is not even read, NULL where it does */
static const char *verdict(struct str blob, int64_t now)
{
	struct cert c;

	return cert_read(&c, blob) ? cert_wrong(&c, CERT_USER, NULL, now) : "";
}

static int says(struct lab_cert t, int64_t now, const char *want)
{
	const char *got = verdict(lab_make(&t), now);

	return want ? got && strstr(got, want) != NULL : !got;
}

static void test_fields(void)
{
	struct lab_cert t = lab_good();
	struct str blob = lab_make(&t), list, name, data;
	uint8_t plain[64], own[64];
	struct wr w = wr_init(plain, sizeof(plain)), o = wr_init(own, sizeof(own));
	struct cert c;
	size_t at = 0;

	check("cert/read", cert_read(&c, blob), "not read");
	check("cert/fields",
	      c.serial == 77 && c.type == CERT_USER && str_is(c.id, "joe's key") &&
		  c.after == 1000 && c.before == 2000 && !c.critical.len &&
		  c.row == &sig_ed25519_cert && c.row->plain == &sig_ed25519,
	      "others");
	cert_plain(&c, &w);
	key_public_blob(&lab_user, &o);
	check("cert/plain", wr_len(&w) == wr_len(&o) && !memcmp(plain, own, wr_len(&w)), "another");
	list = c.principals;
	check("cert/principals",
	      cert_next(&list, &name) && str_is(name, "ann") && cert_next(&list, &name) &&
		  str_is(name, "bob") && !cert_next(&list, &name),
	      "others");
	check("cert/principal",
	      cert_principal(&c, STR("bob"), 0) && !cert_principal(&c, STR("bo"), 0) &&
		  !cert_principal(&c, STR("bobb"), 0) && !cert_principal(&c, STR(""), 0) &&
		  !cert_principal(&c, STR("*"), 0) && !cert_principal(&c, STR("carl"), 1),
	      "another");
	check("cert/extension",
	      cert_option(c.extensions, &at, &name, &data) == 1 && str_is(name, "permit-pty") &&
		  !data.p && !cert_option(c.extensions, &at, &name, &data),
	      "another");
	check("cert/good", !verdict(blob, 1500), "refused");
}

static void test_principals(void)
{
	struct lab_cert t = lab_good();
	struct cert c;

	t.principals[0] = "*.example.org";
	t.principals[1] = "h?st";
	cert_read(&c, lab_make(&t));
	check("cert/patterns",
	      cert_principal(&c, STR("a.example.org"), 1) && cert_principal(&c, STR("host"), 1) &&
		  !cert_principal(&c, STR("example.org"), 1) &&
		  !cert_principal(&c, STR("a.example.org"), 0) &&
		  cert_principal(&c, STR("h?st"), 0),
	      "match otherwise");
	t.principals[0] = NULL;
	cert_read(&c, lab_make(&t));
	check("cert/no principal",
	      !c.principals.len && !cert_principal(&c, STR("ann"), 0) &&
		  !cert_principal(&c, STR("ann"), 1) && !cert_principal(&c, STR(""), 1),
	      "matches");
}

static void test_time(void)
{
	struct lab_cert t = lab_good();

	check("cert/expired", says(t, 2000, "expired") && says(t, INT64_MAX, "expired"),
	      "not said");
	check("cert/not yet", says(t, 999, "not yet") && says(t, 0, "not yet"), "not said");
	check("cert/edges", says(t, 1000, NULL) && says(t, 1999, NULL), "refused");
	t.after = 0;
	t.before = UINT64_MAX;
	check("cert/for ever", says(t, 0, NULL) && says(t, INT64_MAX, NULL), "refused");
	t.after = 3000;
	t.before = 1000;
	check("cert/never", says(t, 2000, "not yet") && says(t, 3500, "expired"), "not said");
}

static void test_types(void)
{
	struct lab_cert t = lab_good();

	t.type = CERT_HOST;
	check("cert/host's", says(t, 1500, "it is a host's"), "not said");
	t.type = 0;
	check("cert/type 0", says(t, 1500, ""), "read");
	t.type = 3;
	check("cert/type 3", says(t, 1500, ""), "read");
}

static int options(const char *a, const char *b)
{
	struct lab_cert t = lab_good();
	int crit, ext;

	t.critical[0] = a;
	t.critical[1] = "x";
	t.critical[2] = b;
	t.critical[3] = "y";
	crit = !verdict(lab_make(&t), 1500);
	memcpy(t.extensions, t.critical, sizeof(t.extensions));
	memset(t.critical, 0, sizeof(t.critical));
	ext = !verdict(lab_make(&t), 1500);
	return crit == ext ? crit : -1;
}

static void test_options(void)
{
	struct lab_cert t = lab_good();
	struct str name, data;
	struct cert c;
	size_t at = 0;
	static const uint8_t raw[] = {0, 0, 0, 1, 'a', 0, 0, 0, 5, 0, 0, 0, 9, 'x',
				      0, 0, 0, 1, 'b', 0, 0, 0, 4, 0, 0, 0, 0};

	check("cert/options in order", options("a", "b") == 1 && options("a", "ab") == 1,
	      "refused");
	check("cert/options not in order",
	      options("b", "a") == 0 && options("ab", "a") == 0 && options("b", "ab") == 0,
	      "passed");
	check("cert/option twice", options("a", "a") == 0 && options("", "") == 0, "passed");
	t.raw = (struct str){raw, sizeof(raw)};
	check("cert/raw option", cert_read(&c, lab_make(&t)), "not read");
	check("cert/data that is no string",
	      cert_option(c.critical, &at, &name, &data) == 2 && str_is(name, "a") &&
		  data.len == 5 && cert_option(c.critical, &at, &name, &data) == 1 &&
		  str_is(name, "b") && data.p && !data.len &&
		  !cert_option(c.critical, &at, &name, &data),
	      "taken for one");
	for (size_t i = 1; i < 27; i++) {
		t.raw.len = i;
		if (i != 14 && !says(t, 1500, ""))
			check("cert/options cut", 0, "read");
	}
	check("cert/options cut", 1, "");
}

static void test_signers(void)
{
	struct lab_cert t = lab_good();
	struct str blob = lab_make(&t);
	struct cert c;

	cert_read(&c, blob);
	check("cert/algorithms",
	      cert_signed(&c, NULL) && cert_signed(&c, "") && cert_signed(&c, "a,ssh-ed25519") &&
		  !cert_signed(&c, "rsa-sha2-512") &&
		  !cert_signed(&c, "ssh-ed25519-cert-v01@openssh.com"),
	      "another list");
	c.ca = (struct str){blob.p, blob.len}; /* a certificate as the CA's key */
	check("cert/CA with a certificate", !cert_signed(&c, NULL), "good");
	cert_read(&c, blob);
	c.ca.len--;
	check("cert/CA cut", !cert_signed(&c, NULL), "good");
	cert_read(&c, blob);
	c.sig = (struct str){0};
	check("cert/no signature", !cert_signed(&c, NULL), "good");
	t.ca = &lab_other;
	cert_read(&c, lab_make(&t));
	check("cert/other CA", cert_signed(&c, NULL), "refused");
}

/* no single bit may be another, no byte missing and none too many */
static void test_altered(void)
{
	static uint8_t mem[sizeof(lab_mem)], longer[sizeof(lab_mem)];
	struct lab_cert t = lab_good();
	struct str blob;
	size_t i;
	int bit, good = 1;

	t.critical[0] = "force-command";
	t.critical[1] = "echo";
	blob = lab_make(&t);
	for (i = 0; i < blob.len; i++)
		for (bit = 0; bit < 8; bit++) {
			memcpy(mem, blob.p, blob.len);
			mem[i] ^= (uint8_t)(1 << bit);
			good &= verdict((struct str){mem, blob.len}, 1500) != NULL;
		}
	check("cert/altered bit", good, "passed");
	for (good = 1, i = 0; i < blob.len; i++)
		good &= verdict((struct str){blob.p, i}, 1500) != NULL;
	check("cert/cut", good, "passed");
	memcpy(longer, blob.p, blob.len);
	check("cert/longer", verdict((struct str){longer, blob.len + 1}, 1500) != NULL, "passed");
	check("cert/as it was", !verdict(blob, 1500), "refused");
}

int main(void)
{
	if (!CFG_CERTS) {
		fputs("skip cert: not built in\n", stdout);
		return 0;
	}
	lab_init();
	test_fields();
	test_principals();
	test_time();
	test_types();
	test_options();
	test_signers();
	test_altered();
	return check_result();
}
