/* cli_forward.c - what -L, -R and -D say. */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "cli_table.h"

struct field {
	char *p;
	int path; /* a socket's, not an address or a port */
};

/*
 * Cuts the next field off *p, in place: [address], or up to a colon; a backslash
 * takes a colon's meaning away. 0: malformed.
 */
static int field_next(char **p, struct field *f)
{
	char *from = *p, *to = from;

	f->p = from;
	f->path = 0;
	if (*from == '[') {
		to = strchr(++from, ']');
		if (!to || (to[1] && to[1] != ':'))
			return 0;
		f->p = from;
		*p = to + 1;
	} else {
		for (; *from && *from != ':'; from++) {
			from += *from == '\\' && from[1] == ':';
			f->path |= *from == '/';
			*to++ = *from;
		}
		*p = from;
	}
	*p += **p == ':';
	*to = 0;
	return 1;
}

/* a port, at least lowest; 0: it is none */
static int port_of(const struct field *f, unsigned lowest, uint16_t *port)
{
	int n = f->path ? -1 : num_small(f->p, lowest, 65535);

	*port = (uint16_t)n;
	return n >= 0;
}

/* an empty address is as good as * */
static int same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(*a ? a : "*", *b ? b : "*") : a == b;
}

int cli_forward_same(const struct cli_forward *a, const struct cli_forward *b)
{
	return a->kind == b->kind && a->port == b->port && same_text(a->bind, b->bind) &&
	       a->bind_unix == b->bind_unix &&
	       (a->kind == 'D' || a->kind == 'd' ||
		(a->to_port == b->to_port && same_text(a->to, b->to) && a->to_unix == b->to_unix));
}

struct str cli_forward_bind(const struct cli_set *s, const struct cli_forward *f)
{
	if (f->bind)
		return str_of(f->bind);
	return s->gateway_ports ? STR("*") : STR("localhost");
}

const char *cli_agent_path(const struct cli_set *s)
{
	const char *path = s->forward_path ? s->forward_path : s->identity_agent;

	path = path ? path : getenv("SSH_AUTH_SOCK");
	return path && *path && strcmp(path, "none") ? path : NULL;
}

/* takes the target off the end of *n fields; 0: malformed */
static int read_target(struct cli_forward *w, const struct field *f, int *n)
{
	if (*n >= 2 && f[*n - 1].path) {
		w->to = f[--*n].p;
		w->to_unix = 1;
		return 1;
	}
	if (*n >= 3) {
		*n -= 2;
		w->to = f[*n].p;
		return !f[*n].path && port_of(&f[*n + 1], 1, &w->to_port);
	}
	/* without a target the other side is a SOCKS server */
	if (w->kind == 'R')
		w->kind = 'd';
	return w->kind == 'd';
}

/* n fields: where to listen, where to connect; 0: that is no forward */
static int read_fields(struct cli_forward *w, const struct field *f, int n)
{
	unsigned lowest = w->kind != 'R';

	if (w->kind != 'D' && !read_target(w, f, &n))
		return 0;
	if (n == 2 && !f->path) {
		w->bind = f->p;
		return port_of(f + 1, lowest, &w->port);
	}
	if (n == 1 && f->path && w->kind != 'D') {
		w->bind = f->p;
		w->bind_unix = 1;
		return 1;
	}
	return n == 1 && port_of(f, lowest, &w->port);
}

const char *cli_forward(char kind, const char *v)
{
	struct cli_set *s = cli_load.s;
	struct cli_forward w = {.kind = kind};
	struct field f[4];
	uint32_t mark = s->text_len;
	char *p = cli_copy(v, strlen(v));
	unsigned i;
	int n = 0;

	if (!p)
		return "";
	while (*p && n < 4 && field_next(&p, &f[n]))
		n++;
	if (*p || !read_fields(&w, f, n))
		return "not a forward:";
	for (i = 0; i < s->n_forwards && !cli_forward_same(&s->forward[i], &w); i++)
		;
	if (i == CLI_FORWARDS)
		return "one too many:";
	if (i < s->n_forwards)
		s->text_len = mark;
	else
		s->forward[s->n_forwards++] = w;
	return NULL;
}
