/* keyfile.c - private key files: which format one is in, and Dropbear's. */
/* SPDX-License-Identifier: MIT */
/* Dropbear's is a string with the name of the kind, then its numbers. */
#include "keyfile.h"

#include <string.h>

#include "config.h"
#include "keyfile_parts.h"

#define PASS "protected by a passphrase"

const char *keyfile_text(enum keyfile_err e)
{
	static const char *const text[] = {
	    [KEYFILE_OK] = "fine",
	    [KEYFILE_BAD] = "the private key is damaged",
	    [KEYFILE_ENCRYPTED] = CFG_KEY_PASSPHRASE ? PASS : PASS ", which this build cannot read",
	    [KEYFILE_PASS] = "another passphrase protects it",
	    [KEYFILE_KIND] = "a key in a format that this build cannot read",
	    [KEYFILE_TYPE] = "a kind of key that is not built in",
	    [KEYFILE_PUBLIC] = "a public key, where a private one is wanted",
	    [KEYFILE_ALIEN] = "not a key file",
	    [KEYFILE_PEM_PASS] = "PEM with a passphrase, which is not read: ssh-keygen -p makes "
				 "OpenSSH's format of it",
	    [KEYFILE_ARGON2] = "PuTTY's version 3 with a passphrase (Argon2), which is not read: "
			       "export it in OpenSSH's format",
	};

	return CFG_ERROR_TEXTS ? text[e] : "not a key that can be used";
}

enum keyfile_err key_compose(struct key *k, const struct str *field, unsigned n)
{
	uint8_t
	    mem[CFG_KEY_RSA ? 1880 : 320]; /* RSA: three numbers of 513 bytes and half as long */
	struct wr w = wr_init(mem, sizeof(mem));
	struct rd r;
	int good;

	for (; n; n--, field++)
		wr_str(&w, field->p, field->len);
	r = rd_init((struct str){mem, wr_len(&w)});
	good = !w.bad && k->kind->get(k, &r, KEY_OPENSSH) && rd_done(&r);
	wipe(mem, sizeof(mem));
	return good ? KEYFILE_OK : KEYFILE_BAD;
}

enum keyfile_err key_compose_ed25519(struct key *k, struct str seed)
{
	uint8_t both[64] = {0}, *pub = both + 32;
	const struct str field[] = {
	    {pub,  32},
            {both, 64}
        };
	enum keyfile_err e;

	if (seed.len > 32)
		return KEYFILE_BAD;
	memcpy(both, seed.p, seed.len);
	ed25519_public(pub, both);
	e = key_compose(k, field, 2);
	wipe(both, sizeof(both));
	return e;
}

static enum keyfile_err read_dropbear(struct key *k, struct str file)
{
	struct rd r = rd_init(file);
	struct str name = rd_str(&r);

	k->kind = key_kind_find(name);
	if (!k->kind || !k->kind->get)
		return name.len ? KEYFILE_TYPE : KEYFILE_BAD;
	return k->kind->get(k, &r, KEY_DROPBEAR) && rd_done(&r) ? KEYFILE_OK : KEYFILE_BAD;
}

/* what a text is that has no private key */
static enum keyfile_err other_text(struct str s)
{
	if (!CFG_ERROR_TEXTS) /* then all of these say the same */
		return KEYFILE_ALIEN;
	if (text_begins(s, "ssh-") || text_begins(s, "ecdsa-") || text_begins(s, "sk-"))
		return KEYFILE_PUBLIC;
	if (text_begins(s, "----") || text_begins(s, PPK))
		return KEYFILE_KIND;
	return KEYFILE_ALIEN;
}

static enum keyfile_err read_text(struct key *k, struct str *comment, struct str s, struct str pass,
				  struct bcrypt_work *work)
{
	static const char any[] = "PRIVATE KEY";
	size_t n = sizeof(any) - 1;
	struct str at = s, label, body;

	if (CFG_KEY_PEM && text_begins(s, PPK))
		return ppk_read(k, comment, s, pass);
	while (text_begin(&at, &label)) {
		if (str_is(label, TEXT_OPENSSH))
			return openssh_read(k, comment, at, label, pass, work);
		if (!CFG_KEY_PEM || label.len < n || memcmp(label.p + label.len - n, any, n) != 0)
			continue;
		if (label.p[1] == 'N' ||
		    text_begins(at, "Proc-Type:")) /* "ENCRYPTED PRIVATE KEY" */
			return KEYFILE_PEM_PASS;
		return text_body(&body, at, label) ? pem_read(k, body) : KEYFILE_BAD;
	}
	return other_text(s);
}

/* the file from its first character on that is no blank */
static struct str text_of(const uint8_t *p, size_t n)
{
	for (; n && (*p == ' ' || (*p >= '\t' && *p <= '\r')); n--)
		p++;
	return (struct str){p, n};
}

enum keyfile_err keyfile_read(struct key *k, struct str *comment, uint8_t *p, size_t n,
			      struct str pass, struct bcrypt_work *work)
{
	enum keyfile_err e;

	memset(k, 0, sizeof(*k));
	*comment = (struct str){p, 0};
	if (n > 4 && !memcmp(p, "\0\0\0", 3))
		e = read_dropbear(k, (struct str){p, n});
	else
		e = read_text(k, comment, text_of(p, n), pass, work);
	if (e)
		key_wipe(k);
	return e;
}

size_t keyfile_public(uint8_t out[KEY_BLOB_MAX], const uint8_t *p, size_t n)
{
	struct str s = text_of(p, n), label;

	if (CFG_KEY_PEM && text_begins(s, PPK))
		return ppk_public(out, s);
	while (text_begin(&s, &label))
		if (str_is(label, TEXT_OPENSSH))
			return openssh_public(out, s);
	return 0;
}

int keyfile_write(struct wr *w, const struct key *k, const struct keyfile_how *how, struct rng *r)
{
	if (how->pass.len && how->form != KEYFILE_OPENSSH)
		return 0;
	if (how->form == KEYFILE_DROPBEAR) {
		wr_strz(w, k->kind->name);
		k->kind->put(k, w, KEY_DROPBEAR);
		return 1;
	}
	if (how->form != KEYFILE_OPENSSH)
		return CFG_KEY_PEM && pem_write(w, k, how->form == KEYFILE_PKCS8);
	return openssh_write(w, k, how, r);
}
