/* cli_match.c - Host and Match: whether the lines below are for this server. */
/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli_table.h"

/* in the second round it is by the name that the first one found */
static const char *host_here(void)
{
	return cli_load.final ? cli_load.host : cli_load.s->host_arg;
}

int cli_host(char *p)
{
	int r, found = 0;
	char *word;

	while ((r = set_word(&p, &word)) > 0)
		found |= cli_matches(host_here(), word); /* and stays below 0 */
	if (r < 0)
		return cli_bad("Host: quotes not closed");
	cli_load.active = found > 0;
	return 0;
}

/* 1 where the command says so, by its exit status; -1 and said */
static int run(const char *command)
{
	const char *shell = getenv("SHELL"), *argv[] = {"/bin/sh", "-c", NULL, NULL};
	uint32_t mark = cli_load.s->text_len;
	int null;
	pid_t pid;

	if (shell && *shell)
		argv[0] = shell;
	if (cli_expand(&command, X_PERCENT | X_SHELL))
		return -1;
	argv[2] = command;
	null = fd_open("/dev/null", O_RDWR);
	pid = null < 0 ? null : prog_spawn(argv, null, null);
	close(null);
	cli_load.s->text_len = mark;
	return pid < 0 ? cli_bad("Match exec: %s", err_text(-pid)) : prog_wait(pid) == 0;
}

enum criterion { M_HOST, M_ORIGINAL, M_USER, M_LOCAL_USER, M_EXEC, M_FINAL, M_CANONICAL, M_ALL };
/* as set_enums */
static const char criteria[] = "0host;1originalhost;2user;3localuser;4exec;5final;6canonical;7all;";

/* a criterion with its argument: 1, 0, or -1 and said */
static int test(enum criterion what, const char *arg)
{
	const struct cli_set *s = cli_load.s;
	const char *text;

	switch (what) {
	case M_HOST: text = cli_load.host; break;
	case M_ORIGINAL: text = s->host_arg; break;
	case M_USER: text = s->user ? s->user : cli_load.me.name; break;
	case M_LOCAL_USER: text = cli_load.me.name; break;
	case M_EXEC: return run(arg);
	case M_FINAL:
	case M_CANONICAL: return cli_load.final;
	default: return 1;
	}
	return cli_matches(text, arg) > 0;
}

/* the words of a Match line; as test */
static int all_hold(char *p)
{
	char *word, *arg;
	int r, n, holds = 1, no, hit, what;

	for (n = 0; (r = set_word(&p, &word)) > 0; n++) {
		no = *word == '!';
		what = cli_enum(criteria, word + no);
		if (what < 0)
			return cli_bad("Match: there is no '%p' here", word);
		/* asked for by the user's own words, whether it applies or not */
		cli_load.refinal |= what == M_FINAL;
		arg = word;
		if (what < M_FINAL && set_word(&p, &arg) <= 0)
			return cli_bad("Match: '%p' of what?", word);
		if (!holds && what == M_EXEC)
			continue;
		hit = test((enum criterion)what, arg);
		if (hit < 0)
			return -1;
		holds &= hit ^ no;
	}
	return r < 0 || !n ? cli_bad("Match: no criterion, or quotes not closed") : holds;
}

int cli_match(char *p)
{
	struct cli_load *l = &cli_load;
	struct cli_set *s = l->s;
	const char *was = l->host;
	uint32_t mark = s->text_len;
	int r = 0;

	/* HostName as it stands so far */
	if (!l->final) {
		l->host = s->host ? s->host : s->host_arg;
		r = cli_expand(&l->host, X_PERCENT | X_GIVEN);
	}
	if (!r)
		r = all_hold(p);
	l->active = r > 0;
	l->host = was;
	s->text_len = mark;
	return r < 0 ? -1 : 0;
}
