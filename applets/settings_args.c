/* settings_args.c - the command line of a server, in either dialect. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "port.h"
#include "settings_table.h"

/* exit status for bad usage, of both originals, in the way settings_args says it */
#define BAD (1 + 1)
#define DONE (0 + 1)

static const struct set_dialect *dialect(const struct settings *s)
{
	return CFG_COMPAT_DROPBEAR && s->dropbear ? &dialect_dropbear : &dialect_sshd;
}

static int usage(const struct settings *s)
{
	fmt_fd(1, "%s", dialect(s)->usage);
	return DONE;
}

static void query(void)
{
	static const char *const title[ALG_COUNT] = {"kex", "key", "cipher", "mac"};
	const char *z;

	for (unsigned kind = 0; kind < ALG_COUNT; kind++)
		for (unsigned i = 0; (z = set_alg_name(kind, i)); i++)
			fmt_fd(1, "%s %s\n", title[kind], z);
}

/* what a flag without an argument does; as settings_args */
static int act(struct settings *s, const struct set_flag *f)
{
	switch (f->row) {
	case K_USAGE: return usage(s);
	case K_VERSION: fmt_fd(2, "cubssh %s\n", CFG_VERSION); return DONE;
	case K_QUERY: query(); return DONE;
	case K_DEBUG: s->foreground = s->to_stderr = 1; /* fall through */
	case K_VERBOSE:
		s->log_level = s->log_level < LOG_L_DEBUG ? LOG_L_DEBUG : LOG_L_DEBUG2;
		s->given[K_LOG_LEVEL / 32] |= 1u << K_LOG_LEVEL % 32;
		return 0;
	default: break;
	}
	s->given[f->row / 32] |= 1u << f->row % 32;
	set_number(s, f->row, (unsigned)f->value);
	return 0;
}

static int option(struct settings *s, const char *arg, char *why, size_t why_len)
{
	static const uint32_t fixed[SETTINGS_ROWS / 32];
	char line[1024];

	if (fmt(line, sizeof(line), "%s", arg) < strlen(arg)) {
		fmt(why, why_len, "too long");
		return -1;
	}
	return set_line(s, line, fixed, why, why_len);
}

/* a flag with its argument; NULL, or what is wrong, in why */
static int put(struct settings *s, const struct set_flag *f, const char *arg, char *why,
	       size_t why_len)
{
	struct str what = str_of(arg);
	const char *wrong;

	if (CFG_SSHD_OPTIONS && f->row == K_OPTION)
		return option(s, arg, why, why_len);
	if (f->row == K_IGNORE)
		return 0;
	wrong = set_value(s, f->row, &what);
	if (wrong)
		fmt(why, why_len, "%s: '%.*s'", wrong, (int)what.len, what.p);
	return wrong ? -1 : 0;
}

/* one argument with its flags, which may be bundled; *next is taken where one wants it */
static int flags(struct settings *s, const char *name, const char *p, char ***next)
{
	const struct set_flag *f;
	char why[160];
	int r;

	while (*p) {
		char c = *p++;

		for (f = dialect(s)->flags; f->c && f->c != c; f++)
			;
		if (!f->c) {
			fmt_fd(2, "%s: there is no option -%c\n%s", name, c, dialect(s)->usage);
			return BAD;
		}
		if (f->value != ARG) {
			r = act(s, f);
			if (r)
				return r;
			continue;
		}
		if (!*p && !**next) {
			fmt_fd(2, "%s: -%c: an argument is missing\n", name, c);
			return BAD;
		}
		if (put(s, f, *p ? p : *(*next)++, why, sizeof(why))) {
			fmt_fd(2, "%s: -%c: %s\n", name, c, why);
			return BAD;
		}
		break;
	}
	return 0;
}

/*
 * OpenWrt's rule: with keys named and none to be made (-r without -R), a root who
 * has no password when the server starts comes in without one. Its frame must not be
 * the caller's, which stays below every connection.
 */
static __attribute__((noinline)) void root_empty(struct settings *s)
{
	const char *where;
	struct user root;

	if (!CFG_COMPAT_DROPBEAR || !CFG_AUTH_PASSWORD || !s->dropbear || s->make_keys ||
	    s->permit_empty || !set_given(s->given, K_HOST_KEY))
		return;
	if (user_find("root", &root, &where) == 0 && root.no_password)
		s->permit_empty = EMPTY_ROOT;
	user_forget(&root);
}

int settings_args(struct settings *s, int argc, char **argv)
{
	const char *name = argc ? strrchr(argv[0], '/') : NULL;
	int r;

	if (!argc)
		return 0;
	name = name ? name + 1 : argv[0];
	for (argv++; *argv;) {
		const char *p = *argv++;

		if (!strcmp(p, "--help"))
			return usage(s);
		if (!strcmp(p, "--version"))
			p = "-V";
		if (*p != '-' || !p[1]) {
			fmt_fd(2, "%s: '%s': it takes options only\n%s", name, p,
			       dialect(s)->usage);
			return BAD;
		}
		r = flags(s, name, p + 1, &argv);
		if (r)
			return r;
	}
	root_empty(s);
	return 0;
}
