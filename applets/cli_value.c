/* cli_value.c - one value of a client's setting, from text to its place. */
/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>

#include "cli_table.h"
#include "match.h"

char cli_text[CLI_TEXT] APART;

static const char no_value[] = "not a value that it can have";

char *cli_copy(const char *p, size_t n)
{
	struct cli_set *s = cli_load.s;
	char *to = cli_text + s->text_len;

	if (n >= CLI_TEXT - s->text_len) {
		cli_bad("no room left for '%p'", p);
		return NULL;
	}
	memcpy(to, p, n);
	to[n] = 0;
	s->text_len += (uint32_t)n + 1;
	return to;
}

void cli_lower(char *p)
{
	for (; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p |= 0x20;
}

int cli_enum(const char *z, const char *v)
{
	return set_enum_value(z, str_of(v));
}

int cli_matches(const char *text, const char *list)
{
	return match_list(str_of(text), str_of(list));
}

int cli_adds(unsigned k)
{
	unsigned type = cli_keys[k].type;

	return type == C_FILES || type == C_SENDENV || type == C_FORWARD;
}

/* the functions below return what is wrong, or NULL; "": it is on stderr already */

static const char *put_text(const char **to, const char *v)
{
	*to = cli_load.copies ? cli_copy(v, strlen(v)) : v;
	return *to ? NULL : "";
}

/* into the first free place, unless it is there already */
static const char *put_next(const char **to, const char *v)
{
	for (unsigned i = 0; i < CLI_FILES; i++) {
		if (!to[i])
			return put_text(to + i, v);
		if (!strcmp(to[i], v))
			return NULL;
	}
	return "one too many:";
}

/* NAME or pattern; -NAME takes away what matches */
static const char *put_send(const char **to, const char *v)
{
	unsigned n = 0;

	if (*v != '-')
		return put_next(to, v);
	for (unsigned i = 0; i < CLI_VARS && to[i]; i++)
		if (!cli_matches(to[i], v + 1))
			to[n++] = to[i];
	for (; n < CLI_VARS; n++)
		to[n] = NULL;
	return NULL;
}

static int take_time(const char *v, uint32_t *n)
{
	*n = 0;
	return !strcasecmp(v, "none") || set_take_time(str_of(v), n);
}

/* yes is for ever */
static int take_persist(const char *v, uint32_t *n)
{
	int yes = cli_enum(cli_enums[V_BOOL], v);

	*n = 0;
	if (yes < 0 && !set_take_time(str_of(v), n))
		return 0;
	if (yes && !*n)
		*n = UINT32_MAX;
	return 1;
}

static const char *put_number(const struct cli_key *row, void *to, const char *v)
{
	int ok, small = row->type == C_PORT || row->type == C_MASK;
	uint32_t n;

	switch (row->type) {
	case C_TIME: ok = take_time(v, &n); break;
	case C_SIZE: ok = set_take_size(str_of(v), &n); break;
	case C_PERSIST: ok = take_persist(v, &n); break;
	case C_MASK: ok = set_take_octal(str_of(v), &n); break;
	default:
		n = (uint32_t)num_small(v, row->arg, small ? 65535 : INT32_MAX);
		ok = n != UINT32_MAX;
	}
	if (!ok)
		return no_value;
	if (small)
		*(uint16_t *)to = (uint16_t)n;
	else
		*(uint32_t *)to = n;
	return NULL;
}

/* LOCAL[:REMOTE], a number or any each */
static const char *put_tun(struct cli_set *s, const char *v)
{
	const char *colon = strchr(v, ':');
	char local[8];
	int n[2], i;

	fmt(local, sizeof(local), "%.*s", colon ? (int)(colon - v) : 7, v);
	for (i = 0; i < 2; i++) {
		const char *p = i ? colon ? colon + 1 : "any" : local;

		n[i] = strcasecmp(p, "any") ? num_small(p, 0, CLI_TUN_ANY - 1) : CLI_TUN_ANY;
		if (n[i] < 0)
			return no_value;
	}
	/* said on the command line it is wanted */
	USE_TUN(if (!cli_load.file && !s->tunnel) {
		s->tunnel = 1;
		cli_mark(R_TUNNEL);
	})
	s->tun_local = (uint16_t)n[0];
	s->tun_remote = (uint16_t)n[1];
	return NULL;
}

static const char *put_escape(int *to, const char *v)
{
	if (!strcasecmp(v, "none"))
		*to = -1;
	else if (!v[1])
		*to = (uint8_t)*v;
	else if (*v == '^' && (uint8_t)v[1] >= 64 && (uint8_t)v[1] < 128 && !v[2])
		*to = v[1] & 31;
	else
		return no_value;
	return NULL;
}

static const char *put_rekey(struct cli_set *s, const char *v)
{
	struct str what = str_of(v);
	uint32_t n;
	const char *wrong = set_take_rekey(&what, &n, &s->rekey_seconds);

	s->rekey_bytes = n;
	return wrong;
}

static const char *put_algs(const char **to, unsigned kind, const char *v)
{
	char room[ALG_LIST_MAX];
	struct wr w = wr_init(room, sizeof(room));
	struct str what = str_of(v);
	const char *wrong = set_alg_list(&w, kind, &what, 0);

	if (!wrong)
		*to = cli_copy(room, wr_len(&w));
	return wrong || *to ? wrong : "";
}

static const char *put_enum(uint8_t *to, unsigned e, const char *v)
{
	int n = cli_enum(cli_enums[e], v);

	if (n < 0)
		return no_value;
	*to = (uint8_t)n;
	return NULL;
}

/* also a time, or confirm and a time behind it */
static const char *put_add(struct cli_set *s, unsigned e, const char *v)
{
	static const char confirm[] = "confirm ";
	int both = !strncasecmp(v, confirm, sizeof(confirm) - 1);

	s->add_keys = both ? 3 : 1;
	if (set_take_time(str_of(both ? v + sizeof(confirm) - 1 : v), &s->add_life))
		return NULL;
	return both ? no_value : put_enum(&s->add_keys, e, v);
}

static const char *put(unsigned k, const char *v)
{
	const struct cli_key *row = &cli_keys[k];
	void *to = cli_at(k);

	switch (row->type) {
	case C_ENUM:
		if (k != R_FORWARD_AGENT || cli_enum(cli_enums[V_BOOL], v) >= 0)
			return put_enum(to, row->arg, v);
		cli_load.s->forward_agent = 1;
		return put_text(&cli_load.s->forward_path, v);
	case C_ESCAPE: return put_escape(to, v);
	case C_ADD: return put_add(cli_load.s, row->arg, v);
	case C_REKEY: return put_rekey(cli_load.s, v);
	case C_ALG: return put_algs(to, row->arg, v);
	case C_TUN: return CFG_TUN ? put_tun(cli_load.s, v) : NULL;
	case C_FORWARD: return cli_forward((char)row->arg, v);
	case C_SENDENV: return put_send(to, v);
	case C_WORD:
	case C_REST:
	case C_KNOWN:
		if (row->arg & X_NONE && !strcasecmp(v, "none"))
			return NULL;
		if (row->type != C_KNOWN)
			return put_text(to, v);
		/* fall through */
	case C_SETENV:
	case C_FILES:
		if (row->type == C_SETENV && !strchr(v, '='))
			return "no NAME=value:";
		return put_next(to, v);
	default: return put_number(row, to, v);
	}
}

int cli_put(unsigned k, const char *v)
{
	const char *wrong = *v ? put(k, v) : no_value;

	if (wrong)
		return !*wrong ? -1 : cli_bad("%s: %s '%p'", cli_name(k), wrong, v);
	cli_mark(k);
	/* one way to the server: whichever of these comes first */
	if (k == R_JUMP)
		cli_mark(R_PROXY_COMMAND);
	if (k == R_PROXY_COMMAND)
		cli_mark(R_JUMP);
	return 0;
}
