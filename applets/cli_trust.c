/* cli_trust.c - is this the server that it should be: files, and the user. */
/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "certfile.h"
#include "cli.h"
#include "keyshow.h"
#include "pubkey.h"
#include "sig.h"

const char *cli_host_bare(const struct cli_set *s)
{
	return s->host_key_alias ? s->host_key_alias : s->host;
}

const char *cli_host_name(const struct cli_set *s)
{
	static char name[300] ASIDE;
	int plain = s->host_key_alias || s->port == 22;

	fmt(name, sizeof(name), plain ? "%s" : "[%s]:%u", cli_host_bare(s), s->port);
	return name;
}

const char *cli_fingerprint(struct str blob)
{
	static char print[FINGERPRINT_LEN];

	pubkey_sha256(print, blob);
	return print;
}

/* yes, no, or the fingerprint itself */
static int ask(const struct cli_set *s, const char *name, struct str blob)
{
	static char prompt[1024] APART, answer[FINGERPRINT_LEN];
	const char *print = cli_fingerprint(blob);
	int n;

	fmt(prompt, sizeof(prompt),
	    "The authenticity of host '%p' can't be established.\n"
	    "%s key fingerprint is %s.\n"
	    "Are you sure you want to continue connecting (yes/no/[fingerprint])? ",
	    name, key_label(blob), print);
	for (;;) {
		n = ask_line(s, prompt, 1, answer, sizeof(answer) - 1);
		if (n < 0)
			return 0;
		answer[n] = 0;
		if (!strcmp(answer, "yes") || !strcmp(answer, print))
			return 1;
		if (!strcmp(answer, "no"))
			return 0;
		fmt(prompt, sizeof(prompt), "Please type 'yes', 'no' or the fingerprint: ");
	}
}

static int changed(const struct cli_set *s, const struct known *k, const char *name,
		   struct str blob)
{
	cli_say(s, LOG_L_ERROR,
		"@@@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @@@\r\n"
		"Somebody may be listening to you, or the host has a new key.\r\n"
		"The %s key that %p has sent has the fingerprint\r\n%s.\r\n"
		"Another one is in %p line %lu. Once you know that the new one is right:\r\n"
		"  ssh-keygen -f '%p' -R '%p'",
		key_label(blob), name, cli_fingerprint(blob), k->file, k->line, k->file, name);
	if (s->strict == ASK_NO) {
		cli_say(s, LOG_L_ERROR, "It goes on without passwords and forwards.");
		return 1;
	}
	cli_say(s, LOG_L_ERROR, "Host key verification failed.");
	return 0;
}

/* where it is not known: 1 to go on */
static int unknown(const struct cli_set *s, const char *name, struct str blob)
{
	const char *file;
	int r;

	if (s->strict == ASK_YES) {
		cli_say(s, LOG_L_ERROR,
			"No %s host key is known for %p and you have requested strict checking.",
			key_label(blob), name);
		return 0;
	}
	if (s->strict == ASK_ASK && !ask(s, name, blob)) {
		cli_say(s, LOG_L_ERROR, "Host key verification failed.");
		return 0;
	}
	r = known_add(s, name, blob, &file);
	if (r < 0)
		cli_say(s, LOG_L_ERROR,
			"Failed to add the host to the list of known hosts (%p): %s",
			file ? file : "none", err_text(-r));
	else
		cli_say(s, LOG_L_WARN, "Permanently added '%p' (%s) to the list of known hosts.",
			name, key_label(blob));
	return 1;
}

/*
 * Types of keys that are known for the host come first: a server that has them
 * all would else show one that we know nothing of.
 */
const char *cli_hostkey_algs(const struct cli_set *s)
{
	static char list[1024] ASIDE;
	uint32_t known;
	size_t n = 0;
	int pass, i;

	if (s->hostkey_algs || s->no_check)
		return s->hostkey_algs;
	known = known_types(s, cli_host_name(s));
	for (pass = 1; pass >= 0; pass--)
		for (i = 0; sigs[i]; i++)
			if ((int)(known >> i & 1) == pass && !(sigs[i]->off & OFF_CLIENT))
				n += fmt(list + n, sizeof(list) - n, "%s%s", n ? "," : "",
					 sigs[i]->name);
	return list;
}

/* RevokedHostKeys has something against the key */
static int file_revokes(const struct cli_set *s, struct str blob)
{
	static char line[CFG_CERTS ? 8192 : 1] APART;
	const char *why = key_refused(s->revoked, blob, line, sizeof(line));

	if (why)
		cli_say(s, LOG_L_ERROR, "The host key of %p is refused by RevokedHostKeys %p: %s.",
			cli_host_name(s), s->revoked, why);
	return why != NULL;
}

/* why a certificate by a CA that we know is not for this host, now; NULL: it is */
static const char *cert_lacks(const struct cli_set *s, const struct cert *c)
{
	const char *by, *why = cert_wrong(c, CERT_HOST, s->ca_algs, clock_sure(NULL, &by));

	if (by)
		cli_say(s, LOG_L_WARN, "The clock is behind: certificates are judged by %s.", by);
	if (!why && c->critical.len)
		why = "it has critical options";
	if (!why && !cert_principal(c, str_of(cli_host_bare(s)), 1))
		why = "it is for another name";
	return why;
}

/* TRUST_CA, or what the files say of the key in it, which it is as good as then */
static struct known certified(const struct cli_set *s, const struct cert *c, struct str plain,
			      enum trust *t)
{
	const char *name = cli_host_name(s), *why = "its CA is not known";
	struct known k = known_check(s, name, plain, c->ca);

	if (k.what == KNOWN_REVOKED)
		return k;
	if (k.what == KNOWN_OK)
		why = cert_lacks(s, c);
	if (!why) {
		*t = TRUST_CA;
		return k;
	}
	cli_say(s, k.what == KNOWN_OK ? LOG_L_WARN : LOG_L_DEBUG,
		"The certificate '%*p' of %p does not count: %s.", (int)c->id.len,
		(const char *)c->id.p, name, why);
	return known_check(s, name, plain, (struct str){0});
}

enum trust cli_trust(const struct cli_set *s, struct str alg, struct str blob)
{
	static uint8_t plain[CFG_CERTS ? KEY_BLOB_MAX : 1] APART;
	struct wr w = wr_init(plain, sizeof(plain));
	const char *name = cli_host_name(s);
	enum trust t = TRUST_NONE;
	struct cert c;
	struct known k;

	cli_say(s, LOG_L_DEBUG, "Server host key: %s %s", key_label(blob), cli_fingerprint(blob));
	if (s->no_check)
		return TRUST_NEW;
	if (CFG_CERTS && file_revokes(s, blob))
		return TRUST_NONE;
	if (CFG_CERTS && sig_find(alg)->plain) {
		if (!cert_read(&c, blob)) {
			cli_say(s, LOG_L_ERROR, "The certificate of %p is malformed.", name);
			return TRUST_NONE;
		}
		cert_plain(&c, &w);
		blob = (struct str){plain, w.bad ? 0 : wr_len(&w)};
		k = certified(s, &c, blob, &t);
		if (t)
			return t;
	} else {
		k = known_check(s, name, blob, (struct str){0});
	}
	switch (k.what) {
	case KNOWN_OK: return TRUST_FULL;
	case KNOWN_REVOKED:
		cli_say(s, LOG_L_ERROR, "The %s host key of %p is revoked by %p line %lu.",
			key_label(blob), name, k.file, k.line);
		return TRUST_NONE;
	case KNOWN_CHANGED: return changed(s, &k, name, blob) ? TRUST_SOME : TRUST_NONE;
	default: return unknown(s, name, blob) ? TRUST_NEW : TRUST_NONE;
	}
}
