/* cli_set.c - the client's settings: what is asked in which order, and what follows from it. */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli_run.h"
#include "cli_table.h"
#include "match.h"

#define BAD (CLI_FAILED + 1)

struct cli_load cli_load ASIDE;

int cli_bad(const char *f, ...)
{
	const char *name = cli_load.s->dbclient ? "dbclient" : "ssh";
	char text[600];
	va_list ap;

	va_start(ap, f);
	vfmt(text, sizeof(text), f, ap);
	va_end(ap);
	if (cli_load.file)
		fmt_fd(2, "%s: %s line %lu: %s\n", name, cli_load.file, cli_load.line, text);
	else
		fmt_fd(2, "%s: %s\n", name, text);
	return -1;
}

void *cli_at(unsigned k)
{
	unsigned off = cli_keys[k].off;

	return off & IN_LOAD ? (char *)&cli_load + (off & ~IN_LOAD) : (char *)cli_load.s + off;
}

int cli_given(unsigned k)
{
	return set_given(cli_load.given, k);
}

void cli_mark(unsigned k)
{
	cli_load.given[k / 32] |= 1u << k % 32;
}

/* each default that is not "no", zero or nothing; 0, or -1 and said */
static int defaults(struct cli_set *s)
{
	uint32_t given[sizeof(cli_load.given) / sizeof(*cli_load.given)];
	int r = 0;

	s->identities_given = s->identity[0] != NULL;
	memcpy(given, cli_load.given, sizeof(given));
	if (s->dbclient && !s->identities_given)
		r = cli_put(R_IDENTITY, "~/.ssh/id_dropbear");
	for (unsigned k = 0; k < R_KEYWORDS && !r; k++) {
		const char *v = cli_name(k);
		char *p, *word;

		v += strlen(v) + 1;
		if (set_given(given, k) || !*v)
			continue;
		p = cli_copy(v, strlen(v));
		if (!p)
			return -1;
		while (!r && set_word(&p, &word) > 0)
			r = cli_put(k, word);
	}
	memcpy(cli_load.given, given, sizeof(given));
	return r;
}

/* becomes a copy in small letters; 0, or -1 and said */
static int lower(const char **text)
{
	char *p;

	if (!*text)
		return 0;
	*text = p = cli_copy(*text, strlen(*text));
	if (!p)
		return -1;
	cli_lower(p);
	return 0;
}

/* where it goes to, as far as the lines so far say; 0, or -1 and said */
static int take_hostname(struct cli_set *s)
{
	if (cli_load.host && cli_load.host == s->host)
		return 0;
	if (!s->host)
		s->host = s->host_arg;
	else if (cli_expand(&s->host, X_PERCENT | X_GIVEN))
		return -1;
	if (!cli_plain(s->host_arg, "") || !cli_plain(s->host, ""))
		return cli_bad("'%p': that is no host name", s->host);
	if (lower(&s->host))
		return -1;
	cli_load.host = s->host;
	return 0;
}

/* 1: the last of the hosts on the way is where it leads to */
static int jumps_to_itself(const struct cli_set *s)
{
	const char *p = strrchr(s->proxy_jump, ','), *at;
	size_t n = strlen(s->host);
	int port = 22;

	p = p ? p + 1 : s->proxy_jump;
	at = strrchr(p, '@');
	if (at && (strncmp(p, s->user, (size_t)(at - p)) || s->user[at - p]))
		return 0;
	p = at ? at + 1 : p;
	if (strncmp(p, s->host, n) || (p[n] && p[n] != ':'))
		return 0;
	if (p[n])
		port = num_small(p + n + 1, 1, 65535);
	return port == s->port;
}

/* what hops get too: as OpenSSH, the file and how much to say; all else is theirs by the file */
static void pass_on(struct cli_set *s)
{
	unsigned n = 0;

	if (s->dbclient || cli_load.config) {
		s->pass[n++] = "-F";
		s->pass[n++] = s->dbclient ? "none" : cli_load.config;
	}
	for (unsigned i = 4; i < cli_load.level; i++)
		s->pass[n++] = "-v";
	if (!s->dbclient)
		return;
	if (s->strict == ASK_NEW)
		s->pass[n++] = s->no_check ? "-oStrictHostKeyChecking=no"
					   : "-oStrictHostKeyChecking=accept-new";
	if (s->no_check)
		s->pass[n++] = "-oUserKnownHostsFile=none";
	for (unsigned i = 0; s->identities_given && i < CLI_FILES && s->identity[i]; i++) {
		if (n + 3 > CLI_PASS)
			break;
		s->pass[n++] = "-i";
		s->pass[n++] = s->identity[i];
	}
}

/* values that follow from others; 0, or -1 and said */
static int settle(struct cli_set *s)
{
	if (s->netcat) {
		/* -W: it is the user's wish for a pipe, and nothing else */
		s->tty = ASK_NO;
		cli_load.session = 1;
		if (!cli_given(R_EXIT_ON_FAILURE))
			s->exit_on_forward_failure = 1;
		if (!cli_given(R_CLEAR))
			s->clear_forwards = 1;
	}
	if (CFG_TUN && s->tunnel && s->n_forwards < CLI_FORWARDS)
		s->forward[s->n_forwards++] = (struct cli_forward){.kind = 'w',
								   .port = s->tun_local,
								   .to_port = s->tun_remote,
								   .to_unix = s->tunnel == 2};
	if (s->clear_forwards)
		s->n_forwards = 0;
	if (s->command && cli_load.remote_command)
		return cli_bad("there is a command, and RemoteCommand too");
	s->no_session = cli_load.session == 1;
	s->subsystem = cli_load.session == 2;
	if (!cli_given(R_UPDATE))
		s->update_hostkeys = !cli_given(R_KNOWN);
	if (s->update_hostkeys == ASK_ASK && s->control_persist)
		s->update_hostkeys = 0; /* nobody will be there to ask */
	return 0;
}

/* $NAME: an agent's socket is where that variable says */
static void by_variable(const char **path)
{
	const char *v = *path && **path == '$' ? getenv(*path + 1) : *path;

	*path = *path && !v ? "none" : v;
}

/* what -G shows otherwise than it is used */
static int settle_late(struct cli_set *s)
{
	/* of OpenSSH's levels, from QUIET to DEBUG3 */
	static const uint8_t levels[] = {LOG_L_ERROR, LOG_L_ERROR, LOG_L_ERROR,  LOG_L_INFO,
					 LOG_L_INFO,  LOG_L_DEBUG, LOG_L_DEBUG2, LOG_L_DEBUG2};

	s->log_level = levels[cli_load.level];
	if (cli_load.compression)
		cli_say(s, LOG_L_DEBUG, "compression is not supported and passed over");
	if (s->identity[0] && !strcasecmp(s->identity[0], "none"))
		s->identity[0] = NULL;
	if (s->identity_agent && !strcmp(s->identity_agent, "SSH_AUTH_SOCK"))
		s->identity_agent = NULL;
	by_variable(&s->identity_agent);
	by_variable(&s->forward_path);
	if (cli_expand_all(X_LATE))
		return -1;
	if (!s->command)
		s->command = cli_load.remote_command;
	if (s->subsystem && !s->command)
		return cli_bad("-s: which subsystem?");
	if (s->background && !s->command && !s->no_session)
		return cli_bad("-f: it needs a command, or -N");
	if (CFG_SSH_CONFIG && s->proxy_jump && jumps_to_itself(s))
		return cli_bad("ProxyJump %p leads to itself", s->proxy_jump);
	pass_on(s);
	return 0;
}

static int files(struct cli_set *s)
{
	if (CFG_SSH_CONFIG && !s->dbclient && cli_files())
		return -1;
	if (take_hostname(s))
		return -1;
	if (CFG_SSH_CONFIG && cli_load.refinal) {
		cli_load.final = 1;
		if (cli_files() || take_hostname(s))
			return -1;
	}
	return 0;
}

int cli_settings(struct cli_set *s, int argc, char **argv, int dbclient)
{
	struct cli_load *l = &cli_load;
	int r;

	*l = (struct cli_load){.s = s, .active = 1};
	s->dbclient = CFG_COMPAT_DROPBEAR && dbclient;
	s->log_level = LOG_L_INFO;
	if (CFG_TUN)
		s->tun_local = s->tun_remote = CLI_TUN_ANY;
	l->level = 3;
	if (user_find_uid(getuid(), &l->me)) {
		cli_bad("uid %u is nobody", (unsigned)getuid());
		return BAD;
	}
	r = cli_args(argc, argv);
	if (r)
		return r;
	if (files(s))
		return BAD;
	if (defaults(s))
		return BAD;
	if (!s->user)
		s->user = l->me.name;
	if (lower(&s->host_key_alias) || settle(s) || cli_expand_all(0))
		return BAD;
	if (s->dump) {
		cli_dump();
		return 0 + 1;
	}
	return settle_late(s) ? BAD : 0;
}

int cli_sends(const struct cli_set *s, struct str name)
{
	for (unsigned i = 0; i < CLI_VARS && s->send_env[i]; i++)
		if (match_glob(name, str_of(s->send_env[i])))
			return 1;
	return 0;
}
