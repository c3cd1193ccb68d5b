/* cli_args.c - the client's command line, in either dialect. */
/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>

#include "cli_run.h"
#include "cli_table.h"
#include "sshcmd.h"

#define DONE (0 + 1)
#define BAD (CLI_FAILED + 1)

/* clang-format off */
static const char usage_ssh[] =
    "usage: ssh [-246AaCfGgKkMNnqsTtVvXxYy] [-bBcDeEFiJlLmoOpQRSW" USE_TUN("w") " VALUE]...\n"
    "           "
    USE_CALLHOME("[--listen PORT] ")
    "[USER@]HOST [COMMAND]\n";

static const char usage_dbclient[] = USE_COMPAT_DROPBEAR(
    "usage: dbclient [-AfGghNqQsTtvVyz] [-bBcIiJKlLmMopRW VALUE]... [USER@]HOST[/PORT][,...]\n"
    "[COMMAND]\n") "";

#define ARG (-1)
struct flag {
	char c;
	uint8_t row;  /* or what has a function of its own */
	int8_t value; /* ARG: it takes an argument */
};

static const struct flag flags_ssh[] = {
    {'1', A_REFUSE, 0},
    {'2', A_IGNORE, 0},
    {'4', R_FAMILY, 4},
    {'6', R_FAMILY, 6},
    {'A', R_FORWARD_AGENT, 1},
    {'a', R_FORWARD_AGENT, 0},
    {'B', R_BIND_INTERFACE, ARG},
    {'b', R_BIND_ADDRESS, ARG},
    {'C', R_COMPRESSION, 1},
    {'c', R_CIPHERS, ARG},
    {'D', R_DYNAMIC_FORWARD, ARG},
    {'E', R_LOG_FILE, ARG},
    {'e', R_ESCAPE, ARG},
    {'F', R_CONFIG, ARG},
    {'f', R_FORK, 1},
    {'G', R_DUMP, 1},
    {'g', R_GATEWAY, 1},
    {'I', A_REFUSE, 0},
    {'i', R_IDENTITY, ARG},
    {'J', R_JUMP, ARG},
    {'K', A_IGNORE, 0},
    {'k', A_IGNORE, 0},
    {'L', R_LOCAL_FORWARD, ARG},
    {'l', R_USER, ARG},
    {'M', A_MASTER, 0},
    {'m', R_MACS, ARG},
    {'N', R_SESSION, 1},
    {'n', R_STDIN_NULL, 1},
    {'O', R_CONTROL, ARG},
    {'o', A_OPTION, ARG},
    {'p', R_PORT, ARG},
    {'Q', R_QUERY, ARG},
    {'q', R_LEVEL, 0},
    {'R', R_REMOTE_FORWARD, ARG},
    {'S', R_CONTROL_PATH, ARG},
    {'s', R_SESSION, 2},
    {'T', R_TTY, ASK_NO},
    {'t', A_TTY, 0},
    {'V', A_VERSION, 0},
    {'v', A_VERBOSE, 0},
    {'W', R_NETCAT, ARG},
    USE_TUN({'w', R_TUN_DEVICE, ARG},)
    {'w', A_REFUSE, 0},
    {'X', A_IGNORE, 0},
    {'x', A_IGNORE, 0},
    {'Y', A_IGNORE, 0},
    {'y', R_SYSLOG, 1},
    {0, 0, 0},
};

static const struct flag flags_dbclient[] = {
    USE_COMPAT_DROPBEAR(
    {'A', R_FORWARD_AGENT, 1},
    {'B', R_NETCAT, ARG},
    {'b', A_BIND, ARG},
    {'c', R_CIPHERS, ARG},
    {'f', R_FORK, 1},
    {'G', R_DUMP, 1},
    {'g', R_GATEWAY, 1},
    {'h', A_USAGE, 0},
    {'I', R_IDLE, ARG},
    {'i', R_IDENTITY, ARG},
    {'J', A_JUMP, ARG},
    {'K', R_ALIVE_INTERVAL, ARG},
    {'L', R_LOCAL_FORWARD, ARG},
    {'l', R_USER, ARG},
    {'M', R_MAX_DURATION, ARG},
    {'m', R_MACS, ARG},
    {'N', R_SESSION, 1},
    {'o', A_OPTION, ARG},
    {'p', R_PORT, ARG},
    {'Q', A_LISTS, 0},
    {'q', R_LEVEL, 0},
    {'R', R_REMOTE_FORWARD, ARG},
    {'s', R_SESSION, 2},
    {'T', R_TTY, ASK_NO},
    {'t', A_TTY, 0},
    {'V', A_VERSION, 0},
    {'v', A_VERBOSE, 0},
    {'W', R_WINDOW, ARG},
    {'y', A_YES, 0},
    {'z', A_IGNORE, 0},)
    {0, 0, 0},
};
/* clang-format on */

static int dropbear(void)
{
	return CFG_COMPAT_DROPBEAR && cli_load.s->dbclient;
}

static int usage(int fd)
{
	fmt_fd(fd, "%s", dropbear() ? usage_dbclient : usage_ssh);
	return fd == 1 ? DONE : BAD;
}

/* a flag that takes no argument; as cli_settings */
static int act(const struct flag *f)
{
	struct cli_load *l = &cli_load;
	struct cli_set *s = l->s;
	uint8_t k = f->row, *at, value = (uint8_t)f->value;

	switch (k) {
	case A_USAGE: return usage(1);
	case A_VERSION: fmt_fd(2, "cubssh %s\n", CFG_VERSION); return DONE;
	case A_LISTS: return cli_query(NULL);
	case A_REFUSE: cli_bad("-%c is not supported", f->c); return BAD;
	case A_IGNORE: cli_say(s, LOG_L_DEBUG, "-%c is passed over", f->c); return 0;
	case A_VERBOSE:
		value = l->level < 5 ? 5 : l->level < 7 ? l->level + 1 : 7;
		s->log_level = value > 5 ? LOG_L_DEBUG2 : LOG_L_DEBUG;
		k = R_LEVEL;
		break;
	/* said twice it means more */
	case A_TTY:
		k = R_TTY;
		value = s->tty == ASK_YES ? ASK_FORCE : ASK_YES;
		break;
	case A_MASTER:
		k = R_MASTER;
		value = s->master == ASK_YES ? ASK_ASK : ASK_YES;
		break;
	case A_YES:
		k = R_STRICT;
		value = ASK_NEW;
		s->no_check = s->strict == ASK_NEW;
		break;
	case R_FORK:
		s->stdin_null = 1;
		cli_mark(R_STDIN_NULL);
		break;
	default: break;
	}
	at = cli_at(k);
	*at = value;
	cli_mark(k);
	return 0;
}

/* `Keyword=value` */
static int option(const char *arg)
{
	char *line = cli_copy(arg, strlen(arg));

	return line ? cli_line(line) : -1;
}

/* a key that is not there counts for nothing, but the user hears of it */
static int put_key(const char *arg)
{
	const char *path = arg;
	mode_t mode;
	uid_t owner;
	int r;

	if (cli_expand(&path, X_TILDE))
		return -1;
	r = file_mode(path, &mode, &owner);
	if (!r)
		return cli_put(R_IDENTITY, arg);
	fmt_fd(2, "Warning: Identity file %s not accessible: %s.\n", arg, err_text(-r));
	return 0;
}

/* dbclient: a command line, or hosts on the way, which are one word and no path */
static int put_jump(const char *arg)
{
	if (*arg == '&')
		return cli_bad("-J: a descriptor cannot be taken over");
	return cli_put(strchr(arg, ' ') || *arg == '/' || *arg == '.' ? R_PROXY_COMMAND : R_JUMP,
		       arg);
}

/* a flag with its argument; 0, -1 and said, or more: as cli_settings */
static int put(unsigned k, char *arg)
{
	char *colon;

	switch (k) {
	case A_OPTION: return option(arg);
	case R_QUERY: return cli_query(arg);
	case R_IDENTITY: return put_key(arg);
	case A_JUMP: return put_jump(arg);
	case A_BIND:
		/* [address][:port]; the port is of no use to anybody */
		colon = strchr(arg, ':');
		if (colon && !strchr(colon + 1, ':'))
			*colon = 0;
		if (!*arg)
			return 0;
		k = R_BIND_ADDRESS;
		break;
	case R_CIPHERS:
	case R_MACS:
		if (dropbear() && !strcmp(arg, "help"))
			return cli_query(k == R_MACS ? "mac" : "cipher");
		break;
	default: break;
	}
	return k < R_KEYWORDS && cli_given(k) && !cli_adds(k) ? 0 : cli_put(k, arg);
}

/* one argument with its flags, which may be bundled; *next is taken where one wants it */
static int flags(char *p, char ***next)
{
	const struct flag *f;
	int r = 0;

	while (*p && !r) {
		char c = *p++;

		for (f = dropbear() ? flags_dbclient : flags_ssh; f->c && f->c != c; f++)
			;
		if (!f->c && dropbear()) {
			fmt_fd(2, "WARNING: Ignoring unknown option -%c\n", c);
		} else if (!f->c) {
			if (c == '-')
				cli_bad("there is no option -%p", p - 1);
			else
				cli_bad("there is no option -%c", c);
			return usage(2);
		} else if (f->value != ARG) {
			r = act(f);
		} else if (!*p && !**next) {
			r = cli_bad("-%c: an argument is missing", c);
		} else {
			r = put(f->row, *p ? p : *(*next)++);
			break;
		}
	}
	return r < 0 ? BAD : r;
}

/* the words of the remote command become one, in place where they lie side by side */
static const char *join(char **argv)
{
	char **a, *p, *joined = NULL;

	for (a = argv; a[1] && *a + strlen(*a) + 1 == a[1]; a++)
		;
	if (!a[1]) {
		while (--a >= argv)
			(*a)[strlen(*a)] = ' ';
		return *argv;
	}
	for (a = argv; *a; a++) {
		p = cli_copy(*a, strlen(*a));
		if (!p)
			return NULL;
		if (!joined)
			joined = p;
		else
			p[-1] = ' ';
	}
	return joined;
}

/* [user@]host or ssh://[user@]host[:port]; in place */
static int take_host(char *p)
{
	struct target t = {.host = p};
	char *at;

	if (!strncmp(p, "ssh://", 6)) {
		if (target_parse(&t, p, "ssh") < 0 || *t.path)
			return cli_bad("'%p': that is no address", p);
	} else if ((at = strrchr(p, '@'))) {
		*at = 0;
		t.user = p;
		t.host = at + 1;
	}
	cli_load.s->host_arg = t.host;
	if (t.port && !cli_given(R_PORT) && cli_put(R_PORT, t.port))
		return -1;
	return t.user && !cli_given(R_USER) ? cli_put(R_USER, t.user) : 0;
}

/* dbclient's [user@]host[/port], several with commas between: the last is the server; in place */
static int take_hops(char *p)
{
	char *last = strrchr(p, ','), *port;

	if (last) {
		*last = 0;
		for (port = p; *(port += strcspn(port, "/^"));)
			*port = ':';
		if (cli_put(R_JUMP, p))
			return -1;
		p = last + 1;
	}
	port = p + strcspn(p, "/^");
	if (*port) {
		*port++ = 0;
		if (cli_put(R_PORT, port))
			return -1;
	}
	return take_host(p);
}

int cli_args(int argc, char **argv)
{
	struct cli_set *s = cli_load.s;
	char *p;
	int r;

	for (argv += argc > 0; (p = *argv);) {
		if (*p != '-' || !p[1]) {
			if (s->host_arg)
				break;
			argv++;
			if (dropbear() ? take_hops(p) : take_host(p))
				return BAD;
			continue;
		}
		argv++;
		if (!strcmp(p, "--help"))
			return usage(1);
		if (!strcmp(p, "--")) {
			/* what follows is no flag: the host, if it is not there yet, and the command */
			if (!s->host_arg && *argv && take_host(*argv++))
				return BAD;
			break;
		}
		if (CFG_CALLHOME && !strcmp(p, "--listen") && !dropbear()) {
			r = *argv ? num_small(*argv++, 1, 65535) : -1;
			if (r < 0) {
				cli_bad("--listen: a port is wanted");
				return BAD;
			}
			cli.listen = (uint16_t)r;
			continue;
		}
		r = flags(p + 1, &argv);
		if (r)
			return r;
	}
	if (!s->host_arg)
		return usage(2);
	if (*argv)
		s->command = join(argv);
	return *argv && !s->command ? BAD : 0;
}
