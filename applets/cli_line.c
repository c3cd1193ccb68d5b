/* cli_line.c - `Keyword value`: behind -o, and in the files. */
/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>

#include "cli_run.h"
#include "cli_table.h"

#define BLANK " \t"

/* names that others than OpenSSH's documentation of today have for rows */
static const struct {
	const char *name;
	uint8_t row;
} other_names[] = {
    {"pubkeyacceptedkeytypes",          R_PUBKEY_ALGS},
    {"challengeresponseauthentication", R_KBD        },
    {"keepalive",		       R_KEEPALIVE  },
};

/*
 * What OpenSSH knows and we do without: whoever has it in a file is told so by -v,
 * and loses no safety.
 */
static const char passed_over[] =
    "canon*,casig*,channelt*,cipher,compressionl*,disablet*,dsaa*,enable*,fingerp*,forwardx*,"
    "gss*,hostba*,ipqos,kbd*d*,kerb*,knownhostsc*,logv*,noh*,obsc*,pkcs*,protocol,proxyu*,"
    "requiredr*,rh*,rsaa*,sec*,syslogf*,tag,tunnel*,usep*,verify*,warn*,xauth*";

static unsigned find_row(const char *name)
{
	unsigned k;

	for (k = 0; k < sizeof(other_names) / sizeof(*other_names); k++)
		if (!strcasecmp(other_names[k].name, name))
			return other_names[k].row;
	for (k = 0; k < R_KEYWORDS && strcasecmp(cli_name(k), name); k++)
		;
	return k;
}

static int named(const char *name, const char *list)
{
	return cli_matches(name, list) > 0;
}

/* a keyword that has no row */
static int other(char *name)
{
	int known = named(name, cli_load.ignore);

	cli_lower(name);
	if (!known && !named(name, cli_load.ignore) && !named(name, passed_over))
		return cli_bad("there is no option '%p' here", name);
	if (cli_load.active)
		cli_say(cli_load.s, LOG_L_DEBUG, "%s is passed over", name);
	return 0;
}

/* the words of a line; in place */
static int put_words(unsigned k, char *p)
{
	unsigned type = cli_keys[k].type;
	int many = type == C_FILES || type == C_KNOWN || type == C_SETENV || type == C_SENDENV;
	char between = type == C_FORWARD                  ? ':'
		       : type == C_REKEY || type == C_ADD ? ' '
							  : 0,
	     *word, *first = NULL;
	int n = 0, r;

	for (; (r = set_word(&p, &word)) > 0; n++) {
		if (many) {
			r = cli_put(k, word);
		} else if (!n) {
			first = word;
		} else if (n == 1 && between) {
			/* two that belong together */
			size_t end = strlen(first);

			first[end] = between;
			memmove(first + end + 1, word, strlen(word) + 1);
		} else {
			r = -1;
			break;
		}
		if (r < 0)
			return -1;
	}
	if (r < 0 || !n)
		return cli_bad("%s: not one value, or quotes not closed", cli_name(k));
	return many ? 0 : cli_put(k, first);
}

int cli_line(char *p)
{
	size_t n;
	unsigned k;
	char *v;

	p += strspn(p, BLANK);
	n = strlen(p);
	while (n && strchr(BLANK "\r\f", p[n - 1]))
		p[--n] = 0;
	if (!*p || *p == '#')
		return 0;
	v = set_keyword(p);
	if (!*v)
		return cli_bad("'%p': no value", p);
	switch (CFG_SSH_CONFIG && cli_load.file ? cli_enum("0host;1match;2include;", p) : -1) {
	case 0: return cli_host(v);
	case 1: return cli_match(v);
	case 2: return cli_include(v);
	default: break;
	}
	k = find_row(p);
	if (k == R_KEYWORDS)
		return other(p);
	if (!cli_load.active || (cli_given(k) && !cli_adds(k)))
		return 0;
	return cli_keys[k].type == C_REST ? cli_put(k, v) : put_words(k, v);
}
