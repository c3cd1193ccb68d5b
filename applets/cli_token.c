/* cli_token.c - ~, %h and its like, and ${NAME} in settings. */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "cli_table.h"
#include "crypto.h"

int cli_plain(const char *p, const char *bad)
{
	int ok = *p && *p != '-';

	for (; *p; p++)
		ok &= (uint8_t)*p > ' ' && *p != 127 && !strchr(bad, *p);
	return ok;
}

static const char *own_host(void)
{
	static struct utsname u APART;

	if (!*u.nodename)
		uname(&u);
	return u.nodename;
}

static void put_decimal(struct wr *w, unsigned n)
{
	char digits[12];

	wr_bytes(w, digits, fmt(digits, sizeof(digits), "%u", n));
}

/* %C: what tells this connection from others, in a fixed length */
static void put_digest(struct wr *w)
{
	static char text[1024] APART;
	const struct cli_set *s = cli_load.s;
	struct hash_ctx h;
	uint8_t sum[HASH_MAX];

	hash_init(&h, &hash_sha1);
	hash_add(&h, text,
		 fmt(text, sizeof(text), "%s%s%u%s%s", own_host(), s->host, s->port, s->user,
		     s->proxy_jump ? s->proxy_jump : ""));
	hash_out(&h, sum);
	for (unsigned i = 0; i < hash_sha1.out_len; i++)
		wr_bytes(w, text, fmt(text, sizeof(text), "%02x", sum[i]));
}

/* the text of a token of names; NULL: it is none of those */
static const char *name_of(char c)
{
	const struct cli_set *s = cli_load.s;
	const char *user = s->user ? s->user : cli_load.me.name;

	switch (c) {
	case '%': return "%";
	case 'h': return cli_load.host ? cli_load.host : s->host_arg;
	case 'n': return s->host_arg;
	case 'k': return s->host_key_alias ? s->host_key_alias : s->host_arg;
	case 'r': return user;
	case 'u': return cli_load.me.name;
	case 'd': return cli_load.me.home;
	case 'j': return s->proxy_jump ? s->proxy_jump : "";
	case 'l': return own_host();
	default: return NULL;
	}
}

static int put_token(struct wr *w, char c, unsigned how)
{
	const char *text = how & X_GIVEN && c == 'h' ? cli_load.s->host_arg : name_of(c);

	switch (c) {
	case 'L': wr_bytes(w, own_host(), strcspn(own_host(), ".")); return 0;
	case 'p': put_decimal(w, cli_load.s->port ? cli_load.s->port : 22); return 0;
	case 'i': put_decimal(w, cli_load.me.uid); return 0;
	case 'C': put_digest(w); return 0;
	default: break;
	}
	if (!text)
		return cli_bad("there is no token %%%c", c);
	if (how & X_SHELL && !cli_plain(text, "'`\"$\\;&<>|(){}"))
		return cli_bad("%%%c: '%p' is not fit for a shell", c, text);
	wr_bytes(w, text, strlen(text));
	return 0;
}

/* ${NAME}; moves *p to its end */
static int put_env(struct wr *w, const char **p)
{
	char *from = (char *)*p + 2, *end = strchr(from, '}'), *v = NULL;

	if (end) {
		*end = 0; /* for a moment: no value is constant */
		v = getenv(from);
		*end = '}';
	}
	if (!v)
		return cli_bad("'%p': there is no such variable", *p);
	wr_bytes(w, v, strlen(v));
	*p = end;
	return 0;
}

int cli_expand(const char **text, unsigned how)
{
	struct cli_set *s = cli_load.s;
	struct wr w = wr_init(cli_text + s->text_len, CLI_TEXT - s->text_len);
	const char *p = *text;
	int r = 0;

	if (!p || !strpbrk(p, "~%$"))
		return 0;
	if (how & X_TILDE && *p == '~') {
		if (*++p && *p != '/')
			return cli_bad("'%p': no other home than ~/", *text);
		wr_bytes(&w, cli_load.me.home, strlen(cli_load.me.home));
	}
	for (; !r && *p; p++) {
		if (*p == '%' && how & X_PERCENT)
			r = put_token(&w, *++p, how);
		else if (*p == '$' && p[1] == '{' && how & X_ENV)
			r = put_env(&w, &p);
		else
			wr_u8(&w, (uint8_t)*p);
	}
	wr_u8(&w, 0);
	if (r)
		return r;
	if (w.bad)
		return cli_bad("no room left for '%p'", *text);
	*text = (const char *)w.start;
	s->text_len += (uint32_t)wr_len(&w);
	return 0;
}

/* paths of sockets */
static int expand_forwards(void)
{
	struct cli_set *s = cli_load.s;

	if (cli_expand(&s->forward_path, X_PATH))
		return -1;
	for (unsigned i = 0; i < s->n_forwards; i++) {
		struct cli_forward *f = &s->forward[i];

		if ((f->bind_unix && cli_expand(&f->bind, X_PATH)) ||
		    (f->to_unix && cli_expand(&f->to, X_PATH)))
			return -1;
	}
	return 0;
}

int cli_expand_all(unsigned late)
{
	for (unsigned k = 0; k < R_KEYWORDS; k++) {
		const struct cli_key *row = &cli_keys[k];
		unsigned n = row->type == C_FILES || row->type == C_KNOWN ? CLI_FILES
			     : row->type == C_WORD || row->type == C_REST ? 1
									  : 0;
		const char **text = cli_at(k);

		if ((row->arg & X_LATE) != late)
			continue;
		for (; n--; text++)
			if (row->arg & X_PATH && cli_expand(text, row->arg))
				return cli_bad("in %s", cli_name(k));
	}
	return late ? 0 : expand_forwards();
}
