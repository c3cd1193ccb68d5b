/* keygen_sig.c - ssh-keygen -Y: signs files, verifies, and looks for who may have signed. */
/* SPDX-License-Identifier: MIT */
/*
 * The file may be of any size: it is read once, through its hash. All that is
 * looked up in the file of signers is done for each of its lines by itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cert.h"
#include "config.h"
#include "keyfile_parts.h"
#include "keygen.h"
#include "match.h"
#include "sshsig.h"

#define LABEL "SSH SIGNATURE"

static struct sshsig sig;
static int64_t when; /* to judge by; the file's options are about that time */

/* what there is after NAME= among the -O; NULL */
static const char *option(const char *name)
{
	size_t n = strlen(name);
	unsigned i;

	for (i = 0; keygen.option[i]; i++)
		if (!strncmp(keygen.option[i], name, n))
			return keygen.option[i] + n;
	return NULL;
}

/* the digest of all that comes from fd; 0 or -errno */
static int digest_of(int fd, const struct hash *h, uint8_t digest[HASH_MAX])
{
	struct hash_ctx c;
	ssize_t n;

	hash_init(&c, h);
	while ((n = read(fd, keygen_room, sizeof(keygen_room))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		hash_add(&c, keygen_room, (size_t)n);
	}
	hash_out(&c, digest);
	return 0;
}

/* ---- sign ------------------------------------------------------------------ */

/* the signature's text in keygen_mem; its length, 0: it could not be made */
static size_t sign(const uint8_t digest[HASH_MAX])
{
	struct wr m = wr_init(keygen_room, 1024), s = wr_init(keygen_room + 1024, 8192);
	struct wr blob = wr_init(keygen_room + 16384, 16384), w = wr_init(keygen_mem, 65536);

	sshsig_message(&m, &sig, digest);
	if (m.bad || !keygen_signer_sign(&s, (struct str){m.start, wr_len(&m)}))
		return 0;
	sig.sig = (struct str){s.start, wr_len(&s)};
	sshsig_put(&blob, &sig);
	text_put(&w, LABEL, 70, (struct str){blob.start, wr_len(&blob)});
	return blob.bad || w.bad ? 0 : wr_len(&w);
}

/* path NULL: stdin to stdout */
static int sign_file(const char *path)
{
	int fd = path ? fd_open(path, O_RDONLY) : 0, err;
	uint8_t digest[HASH_MAX];
	char out[512];
	size_t n;

	if (!GIVEN('q'))
		fmt_fd(2, path ? "Signing file %s\n" : "Signing data on standard input\n", path);
	err = fd < 0 ? fd : digest_of(fd, sig.hash, digest);
	if (err)
		return keygen_fail(path ? path : "stdin", err_text(-err));
	if (path)
		close(fd);
	n = sign(digest);
	if (!n)
		return keygen_fail(GIVEN('f'), "Couldn't sign message");
	if (!path) {
		fmt_fd(1, "%.*s", (int)n, (char *)keygen_mem);
		return DONE;
	}
	if (fmt(out, sizeof(out), "%s.sig", path) >= sizeof(out) - 1)
		return keygen_fail(path, err_text(ENAMETOOLONG));
	if (!keygen_may_write(out))
		return DONE;
	if (!GIVEN('q'))
		fmt_fd(2, "Write signature to %s\n", out);
	return keygen_write(out, keygen_mem, n, 0666);
}

static int do_sign(void)
{
	const char *hash = option("hashalg=");
	char **file = keygen.files;
	int status;

	sig.space = str_of(GIVEN('n'));
	sig.hash_name = str_of(hash ? hash : "sha512");
	sig.hash = sshsig_hash(sig.hash_name);
	if (!sig.hash)
		return keygen_fail("hashalg", "sha256 or sha512 is wanted");
	status = keygen_signer(GIVEN('f'), &sig.key);
	if (status || !*file)
		return status ? status : sign_file(NULL);
	while (!status && *file)
		status = sign_file(*file++);
	return status;
}

/* ---- who may ---------------------------------------------------------------- */

/* 1: the date is past, or there is none */
static int past(const char *date, int none)
{
	int64_t t = date ? clock_parse(date) : 0;

	return !date ? none : t < 0 ? !none : t <= when;
}

/* why the line does not let the key sign; NULL: it does, *c its certificate if .row is set */
static const char *wrong(const struct signer *s, struct cert *c)
{
	c->row = NULL;
	if (!s->ca) {
		if (!str_eq(s->blob, sig.key))
			return "another key";
	} else if (!CFG_CERTS || !cert_read(c, sig.key) || !str_eq(c->ca, s->blob)) {
		return "another key";
	} else {
		const char *why = cert_wrong(c, CERT_USER, NULL, when);

		if (why)
			return why;
	}
	if (s->space && GIVEN('n') && match_list(str_of(GIVEN('n')), str_of(s->space)) <= 0)
		return "key is not permitted for use in signature namespace";
	if (!past(s->after, 1))
		return "key is not yet valid";
	return past(s->before, 0) ? "key has expired" : NULL;
}

/* to each its own line: the principals of a certificate, or the patterns as they stand */
static void print_names(const struct signer *s, const struct cert *c)
{
	struct str list = s->who, name;

	if (!CFG_CERTS || !c->row) {
		while (list_next(&list, &name))
			fmt_fd(1, "%.*s\n", (int)name.len, name.p);
		return;
	}
	list = c->principals;
	while (cert_next(&list, &name))
		if (match_list(name, s->who) > 0)
			fmt_fd(1, "%*p\n", (int)name.len, (const char *)name.p);
}

/*
 * Goes through the lines; who NULL: prints the names on the first that is about the key.
 * key 0: prints all patterns that match. How many lines would do.
 */
static int look(const char *who, int key)
{
	int fd = fd_open(keygen.file, O_RDONLY), found = 0, r;
	struct signer s;
	struct lines l;
	struct cert c;
	char *line;

	if (fd < 0) {
		keygen_fail(keygen.file, err_text(-fd));
		return 0;
	}
	lines_init(&l, fd, keygen_room, sizeof(keygen_room));
	while ((key ? !found : 1) &&
	       ((r = lines_next(&l, &line)) == 1 || r == -E2BIG || r == -EILSEQ)) {
		const char *why = NULL;

		r = r == 1 ? signer_read(&s, line) : -1;
		if (r < 0)
			fmt_fd(2, "%s:%lu: invalid line\n", keygen.file, l.no);
		if (r <= 0 || (who && match_list(str_of(who), s.who) <= 0))
			continue;
		if (key)
			why = wrong(&s, &c);
		if (!why && who && key && c.row && !cert_principal(&c, str_of(who), 0))
			why = "its certificate is not for that principal";
		if (why && *why != 'a')
			fmt_fd(2, "%s:%lu: %s\n", keygen.file, l.no, why);
		if (why)
			continue;
		found++;
		if (!key)
			fmt_fd(1, "%.*s\n", (int)s.who.len, s.who.p);
		else if (!who)
			print_names(&s, &c);
	}
	close(fd);
	return found;
}

/* ---- verify ---------------------------------------------------------------- */

/* the signature of the text in keygen_mem, n: its length or -errno; 0: it is said what is wrong */
static int read_sig(ssize_t n)
{
	struct str text = {keygen_mem, n < 0 ? 0 : (size_t)n}, label, blob;

	if (n < 0)
		keygen_fail(GIVEN('s'), err_text((int)-n));
	else if (!text_begin(&text, &label) || !str_is(label, LABEL) ||
		 !text_body(&blob, text, label) || !sshsig_read(&sig, blob))
		keygen_fail(GIVEN('s'), "Couldn't parse signature");
	else
		return 1;
	return 0;
}

static int load_sig(void)
{
	return read_sig(file_read(GIVEN('s'), keygen_mem, 65536));
}

const struct hash *keygen_sig_open(ssize_t n, int64_t now)
{
	when = now;
	if (!read_sig(n))
		return NULL;
	if (!str_is(sig.space, GIVEN('n')))
		keygen_fail(GIVEN('s'), "namespace does not match");
	else if (!look(GIVEN('I'), 1))
		keygen_fail(GIVEN('s'), "not by a key that may sign as that identity");
	else
		return sig.hash;
	return NULL;
}

int keygen_sig_good(const uint8_t *digest)
{
	return sshsig_verify(&sig, digest);
}

/* 1: nobody has revoked the key */
static int not_revoked(void)
{
	uint8_t *p = keygen_mem + 65536;
	const char *file = GIVEN('r');
	ssize_t n;
	int r;

	if (!file)
		return 1;
	if (!CFG_CERTS)
		return keygen_fail("-r", "revocation lists are not built in"), 0;
	n = file_read(file, p, sizeof(keygen_mem) - 65536);
	r = n < 0 ? -1
		  : revoked((struct str){p, (size_t)n}, sig.key, keygen_room, sizeof(keygen_room));
	if (r)
		keygen_fail(file, n < 0   ? err_text((int)-n)
				  : r < 0 ? "not a revocation list"
					  : "Signing key is revoked");
	return !r;
}

/* the signature of stdin; 1: it is good */
static int good(void)
{
	uint8_t digest[HASH_MAX];

	if (!str_is(sig.space, GIVEN('n')))
		keygen_fail("Couldn't verify signature", "namespace does not match");
	else if (digest_of(0, sig.hash, digest) || !sshsig_verify(&sig, digest))
		keygen_fail("Signature verification failed", "incorrect signature");
	else
		return 1;
	return 0;
}

static int do_verify(int novalidate)
{
	const char *who = novalidate ? NULL : GIVEN('I'), *cert;
	char print[FINGERPRINT_LEN];
	int ok = load_sig() && good() && not_revoked();
	struct str plain;

	if (ok && !novalidate)
		ok = look(who, 1);
	if (!ok) {
		if (!GIVEN('q'))
			fmt_fd(1, "Could not verify signature.\n");
		return FAILED;
	}
	if (GIVEN('q'))
		return DONE;
	plain = key_plain(sig.key, &cert);
	key_print(print, plain, keygen.md5);
	fmt_fd(1, "Good \"%*p\" signature%s%s with %s%s key %s\n", (int)sig.space.len,
	       (const char *)sig.space.p, who ? " for " : "", who ? who : "", key_label(plain),
	       cert, print);
	return DONE;
}

static int do_find(void)
{
	if (load_sig() && look(NULL, 1))
		return DONE;
	fmt_fd(2, "No principal matched.\n");
	return FAILED;
}

/* ---- command line ---------------------------------------------------------- */

int keygen_sig(void)
{
	static const struct {
		const char *name, *needs;
	} ops[] = {
	    {"sign",             "fn"  },
	    {"verify",           "fnsI"},
	    {"find-principals",  "fs"  },
	    {"check-novalidate", "ns"  },
	    {"match-principals", "fI"  }
        };
	const char *time = option("verify-time="), *p;
	unsigned op = 0;

	while (op < 5 && strcmp(GIVEN('Y'), ops[op].name) != 0)
		op++;
	if (op == 5)
		return keygen_fail("Unsupported operation for -Y", GIVEN('Y')) & NO;
	for (p = ops[op].needs; *p; p++)
		if (!GIVEN((int)*p) || !*GIVEN((int)*p)) {
			fmt_fd(2, "Too few arguments for %s: missing -%c\n", GIVEN('Y'), *p);
			return NO;
		}
	when = time ? clock_parse(time) : clock_unix();
	if (when < 0)
		return keygen_fail("verify-time", "not a date");
	switch (op) {
	case 0: return do_sign();
	case 2: return do_find();
	case 4: return look(GIVEN('I'), 0) ? DONE : NO;
	default: return do_verify(op == 3);
	}
}
