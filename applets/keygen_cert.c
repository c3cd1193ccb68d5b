/* keygen_cert.c - ssh-keygen: signs keys (-s), and shows certificates (-L). */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cert.h"
#include "keygen.h"
#include "settings_share.h"

/* options without a value; the first five are a user's by default, and no-NAME takes them away */
#define BY_DEFAULT 5
#define CRITICAL 6 /* the one that is no extension */
static const char *const flags[] = {
    "permit-X11-forwarding", "permit-agent-forwarding", "permit-port-forwarding", "permit-pty",
    "permit-user-rc",        "no-touch-required",       "verify-required",
};
#define FLAGS (sizeof(flags) / sizeof(*flags))

/* what goes into the certificate, in the order of the names (PROTOCOL.certkeys) */
static struct {
	struct str name;
	const char *value; /* NULL: none */
	int critical;
} opts[KEYGEN_OPTIONS + FLAGS] APART;
static unsigned n_opts;

static uint64_t from, to = ~(uint64_t)0, serial;

/* ---- what to sign ---------------------------------------------------------- */

static void unset(struct str name)
{
	unsigned i;

	for (i = 0; i < n_opts; i++)
		if (str_eq(opts[i].name, name)) {
			memmove(opts + i, opts + i + 1, (--n_opts - i) * sizeof(*opts));
			return;
		}
}

static void set(struct str name, const char *value, int critical)
{
	unsigned i;

	unset(name);
	for (i = n_opts++; i && keygen_order(name, opts[i - 1].name) < 0; i--)
		opts[i] = opts[i - 1];
	opts[i].name = name;
	opts[i].value = value;
	opts[i].critical = critical;
}

/* 1: it is one of the flags, or one that is taken away */
static int set_flag(const char *text)
{
	unsigned i;

	for (i = 0; i < FLAGS; i++) {
		if (!strcasecmp(text, flags[i])) {
			set(str_of(flags[i]), NULL, i == CRITICAL);
			return 1;
		}
		if (i < BY_DEFAULT && !strncasecmp(text, "no-", 3) &&
		    !strcasecmp(text + 3, flags[i] + 7)) {
			unset(str_of(flags[i]));
			return 1;
		}
	}
	return 0;
}

static int set_option(const char *text)
{
	const char *value = strchr(text, '=');
	struct str name = {(const uint8_t *)text, value ? (size_t)(value - text) : strlen(text)};
	int critical = !strncmp(text, "critical:", 9);

	if (!strcmp(text, "clear")) {
		n_opts = 0;
		return 1;
	}
	if (set_flag(text))
		return 1;
	if (value)
		value++;
	if (critical || !strncmp(text, "extension:", 10)) {
		name.p += 10 - critical;
		name.len -= 10 - (size_t)critical;
		set(name, value, critical);
		return name.len != 0;
	}
	set(name, value, 1);
	return str_is(name, "force-command") || str_is(name, "source-address");
}

/* a time of -V, all of the string; -1: it is none */
static int64_t time_of(const char *s)
{
	int sign = *s == '+' ? 1 : *s == '-' ? -1 : 0;
	uint32_t span;

	if (!sign)
		return clock_parse(s);
	if (!set_take_time(str_of(s + 1), &span))
		return -1;
	return clock_unix() + (sign > 0 ? (int64_t)span : -(int64_t)span);
}

/* FROM:TO, or TO alone: from now on, in whole minutes, for clocks that are behind */
static int set_times(char *text)
{
	char *colon = strchr(text, ':');
	int64_t a = 0, b;

	if (colon) {
		*colon++ = 0;
		if (strcmp(text, "always") != 0)
			a = time_of(text);
	} else {
		uint32_t now = (uint32_t)clock_unix();

		a = now - 59 - (now - 59) % 60;
		colon = text;
	}
	b = strcmp(colon, "forever") ? time_of(colon) : INT64_MAX;
	from = (uint64_t)a;
	to = b == INT64_MAX ? ~(uint64_t)0 : (uint64_t)b;
	return a >= 0 && b > a;
}

/* ---- signing --------------------------------------------------------------- */

static void put_options(struct wr *w, int critical)
{
	uint8_t *mark = wr_open(w), *data;
	unsigned i;

	for (i = 0; i < n_opts; i++) {
		if (opts[i].critical != critical)
			continue;
		wr_str(w, opts[i].name.p, opts[i].name.len);
		data = wr_open(w);
		if (opts[i].value)
			wr_strz(w, opts[i].value);
		wr_close(w, data);
	}
	wr_close(w, mark);
}

static const char *cert_name(struct str plain)
{
	const struct key_kind *kind = key_kind_find(plain);
	int i;

	for (i = 0; kind && sigs[i]; i++)
		if (sigs[i]->plain && sigs[i]->kind == kind)
			return sigs[i]->key_name;
	return NULL;
}

/* the certificate of a plain key; 0: it could not be signed */
static int put_cert(struct wr *w, struct str key, struct str ca)
{
	struct rd r = rd_init(key);
	struct str list = str_of(GIVEN('n')), name;
	uint8_t seed[32], *mark;

	wr_strz(w, cert_name(rd_str(&r)));
	rand_seed(seed);
	wr_str(w, seed, sizeof(seed)); /* nonce */
	wr_bytes(w, r.p, rd_left(&r));
	wr_u64(w, serial);
	wr_u32(w, GIVEN('h') ? CERT_HOST : CERT_USER);
	wr_strz(w, GIVEN('I'));
	mark = wr_open(w);
	while (list_next(&list, &name))
		wr_str(w, name.p, name.len);
	wr_close(w, mark);
	wr_u64(w, from);
	wr_u64(w, to);
	put_options(w, 1);
	put_options(w, 0);
	wr_u32(w, 0); /* reserved */
	wr_str(w, ca.p, ca.len);
	name = (struct str){w->start, wr_len(w)};
	mark = wr_open(w);
	if (w->bad || !keygen_signer_sign(w, name))
		return 0;
	wr_close(w, mark);
	return 1;
}

/* "forever", "from A to B", "after A", "before B" */
static const char *valid_text(char text[80], uint64_t a, uint64_t b)
{
	char begin[24], end[24];

	clock_iso(begin, a >> 32 ? ~0u : (uint32_t)a);
	clock_iso(end, b >> 32 ? ~0u : (uint32_t)b);
	if (!a && !~b)
		return "forever";
	if (!~b)
		fmt(text, 80, "after %s", begin);
	else if (!a)
		fmt(text, 80, "before %s", end);
	else
		fmt(text, 80, "from %s to %s", begin, end);
	return text;
}

static int sign_file(const char *path, struct str ca)
{
	struct wr blob = wr_init(keygen_mem, KEYGEN_BLOB),
		  text = wr_init(keygen_mem + KEYGEN_BLOB, 2 * KEYGEN_BLOB);
	size_t n = strlen(path);
	struct str key, comment;
	char out[512], valid[80];
	const char *why = keygen_public(path, &key, &comment);
	int status;

	if (!why && !cert_name(pubkey_name(key)))
		why = "no certificate can be made of it";
	if (why)
		return keygen_fail(path, why);
	fmt(keygen_said, sizeof(keygen_said), "%.*s", (int)comment.len, comment.p);
	n -= n > 4 && !strcmp(path + n - 4, ".pub") ? 4 : 0;
	if (fmt(out, sizeof(out), "%.*s-cert.pub", (int)n, path) != n + 9)
		return keygen_fail(path, err_text(ENAMETOOLONG));
	if (!put_cert(&blob, key, ca))
		return keygen_fail(path, "Couldn't certify key");
	key_text(&text, (struct str){blob.start, wr_len(&blob)}, str_of(keygen_said));
	if (blob.bad || text.bad)
		return keygen_fail(path, "too long");
	status = keygen_write(out, text.start, wr_len(&text), 0644);
	if (!status && !GIVEN('q'))
		fmt_fd(2, "Signed %s key %s: id \"%s\" serial %llu%s%s valid %s\n",
		       GIVEN('h') ? "host" : "user", out, GIVEN('I'), (unsigned long long)serial,
		       GIVEN('n') ? " for " : "", GIVEN('n') ? GIVEN('n') : "",
		       valid_text(valid, from, to));
	return status;
}

int keygen_sign(void)
{
	const char *z = GIVEN('z'), *ca_path = GIVEN('s');
	char times[128];
	struct str ca;
	unsigned i;
	int status;

	if (!GIVEN('I'))
		return keygen_fail("-I", "Must specify key id (-I) when certifying");
	if (!*keygen.files)
		return keygen_fail("-s", "Too few arguments.") & NO;
	for (i = 0; i < BY_DEFAULT && !GIVEN('h'); i++)
		set(str_of(flags[i]), NULL, 0);
	for (i = 0; keygen.option[i]; i++)
		if (!set_option(keygen.option[i]))
			return keygen_fail("Unsupported certificate option", keygen.option[i]);
	if (z && num_parse(z + (*z == '+'), 0, ~(uint64_t)0, &serial))
		return keygen_fail("Invalid serial number", z);
	if (GIVEN('V')) {
		fmt(times, sizeof(times), "%s", GIVEN('V'));
		if (!set_times(times))
			return keygen_fail("Invalid certificate validity", GIVEN('V'));
	}
	status = keygen_signer(ca_path, &ca);
	if (!status && pubkey_name(ca).len && !pubkey_bits(ca))
		status = keygen_fail(ca_path, "a certificate cannot sign another");
	for (; !status && *keygen.files; keygen.files++) {
		status = sign_file(*keygen.files, ca);
		serial += z && *z == '+';
	}
	return status;
}

/* ---- -L -------------------------------------------------------------------- */

static void show_option(struct str name, struct str data, int kind)
{
	unsigned i, known = 0;

	fmt_fd(1, "                %*p", (int)name.len, (const char *)name.p);
	for (i = 0; i < FLAGS; i++)
		known |= str_is(name, flags[i]);
	if (str_is(name, "force-command") || str_is(name, "source-address")) {
		fmt_fd(1, " %*p", (int)data.len, (const char *)data.p);
	} else if (!known && data.p) {
		data.p -= kind == 1 ? 4 : 0;
		data.len += kind == 1 ? 4 : 0;
		fmt_fd(1, " UNKNOWN OPTION: ");
		for (size_t k = 0; k < data.len; k++)
			fmt_fd(1, "%02x", data.p[k]);
		fmt_fd(1, " (len %u)", (unsigned)data.len);
	} else if (!known) {
		fmt_fd(1, " UNKNOWN FLAG OPTION");
	}
	fmt_fd(1, "\n");
}

static void show_options(const char *title, struct str list)
{
	struct str name, data;
	size_t at = 0;
	int kind;

	fmt_fd(1, "        %s: %s\n", title, list.len ? "" : "(none)");
	while ((kind = cert_option(list, &at, &name, &data)))
		show_option(name, data, kind);
}

static void show_cert(const struct cert *c, struct str blob)
{
	struct str list = c->principals, name = pubkey_name(blob), alg = pubkey_name(c->sig), plain;
	char print[FINGERPRINT_LEN], signer[FINGERPRINT_LEN], valid[80];
	const char *cert;

	plain = key_plain(blob, &cert);
	key_print(print, plain, keygen.md5);
	key_print(signer, c->ca, keygen.md5);
	fmt_fd(1,
	       "        Type: %.*s %s certificate\n"
	       "        Public key: %s%s %s\n",
	       (int)name.len, name.p, c->type == CERT_USER ? "user" : "host", key_label(plain),
	       cert, print);
	fmt_fd(1,
	       "        Signing CA: %s %s (using %*p)\n"
	       "        Key ID: \"%*p\"\n        Serial: %llu\n        Valid: %s\n"
	       "        Principals: %s\n",
	       key_label(c->ca), signer, (int)alg.len, (const char *)alg.p, (int)c->id.len,
	       (const char *)c->id.p, (unsigned long long)c->serial,
	       valid_text(valid, c->after, c->before), list.len ? "" : "(none)");
	while (cert_next(&list, &name))
		fmt_fd(1, "                %*p\n", (int)name.len, (const char *)name.p);
	show_options("Critical Options", c->critical);
	show_options("Extensions", c->extensions);
}

int keygen_certs(void)
{
	const char *path = keygen_file(NULL);
	int is_in = path && !strcmp(path, "-"), found = 0, r;
	int fd = !path ? -ENOENT : is_in ? 0 : fd_open(path, O_RDONLY);
	struct str blob, comment;
	struct lines l;
	struct cert c;

	if (fd < 0)
		return keygen_fail(path ? path : "-f", err_text(-fd));
	lines_init(&l, fd, keygen_room, sizeof(keygen_room));
	while ((r = key_line(&l, &blob, &comment)) == 1) {
		if (!cert_read(&c, blob)) {
			fmt_fd(2, "%s:%lu is not a certificate\n", path, l.no);
			continue;
		}
		found = 1;
		fmt_fd(1, !is_in && l.no == 1 ? "%s:\n" : "%s:%lu:\n", is_in ? "(stdin)" : path,
		       l.no);
		show_cert(&c, blob);
	}
	close(fd);
	return found ? DONE : r < 0 ? keygen_fail(path, err_text(-r)) : NO;
}
