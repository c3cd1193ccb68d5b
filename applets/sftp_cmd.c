/* sftp_cmd.c - the sftp client's commands: their table, and how a line is read by it. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "sftp_cmd.h"

/* The usage text counts: flags are what stands behind `[-`, operands are must without brackets. */
const struct command sftp_commands[] = {
    {"bye",				     QUIT, 0},
    {"exit",					SAME, 0},
    {"quit",				    SAME, 0},
    {"cd [path]",					CD, REMOTE},
    {"chdir",				    SAME, 0},
    {"chgrp [-h] grp path",					CHGRP, REMOTE | PATTERN | EACH | NUMBER},
    {"chmod [-h] mode path",			       CHMOD, REMOTE | PATTERN | EACH | NUMBER | OCTAL},
    {"chown [-h] own path",				   CHOWN, REMOTE | PATTERN | EACH | NUMBER},
    {"copy old new",				   COPY, REMOTE | TWO},
    {"cp",					SAME, 0},
    {"df [-hi] [path]",                     DF, REMOTE},
    {"get [-afPpRr] remote [local]",         GET, REMOTE | PATTERN | ACROSS},
    {"mget",		    SAME, 0},
    {"help", HELP, 0},
    {"?",		     SAME, 0},
    {"lcd [path]",         LCD, LOCAL},
    {"lchdir",			    SAME, 0},
    {"lls [ls-options [path]]",                             LLS, LOCAL},
    {"lmkdir path",				      LMKDIR, LOCAL},
    {"ln [-s] old new",					LN, REMOTE | TWO},
    {"lpwd",			 LPWD, 0},
    {"ls [-1afhlnrSt] [path]",				   LS, REMOTE | PATTERN},
    {"dir",	    SAME, 0},
    {"lumask umask",                LUMASK, NUMBER | OCTAL},
    {"mkdir path",				    MKDIR, REMOTE},
    {"progress",					PROGRESS, 0},
    {"put [-afPpRr] local [remote]",                                    PUT, LOCAL | PATTERN | ACROSS},
    {"mput",					SAME, 0},
    {"pwd",				       PWD, 0},
    {"reget [-fPpRr] remote [local]",					REGET, REMOTE | PATTERN | ACROSS},
    {"rename [-l] old new",			      RENAME, REMOTE | TWO},
    {"reput [-fPpRr] local [remote]",                                    REPUT, LOCAL | PATTERN | ACROSS},
    {"rm path",				  RM, REMOTE | PATTERN | EACH},
    {"rmdir path",					RMDIR, REMOTE},
    {"stat [-h] path",                 STAT, REMOTE},
    {"symlink old new",				    SYMLINK, REMOTE | TWO},
    {"version",			     VERSION, 0},
    {"![command]",				    SHELL, 0},
    {0			}
};

static int name_length(const struct command *cmd)
{
	return (int)strcspn(cmd->usage, " [");
}

const struct command *command_find(const char *name)
{
	const struct command *cmd, *row = sftp_commands;
	int n = (int)strlen(name);

	for (cmd = row; cmd->usage; cmd++) {
		if (cmd->what)
			row = cmd;
		if (name_length(cmd) == n && !strncasecmp(cmd->usage, name, (size_t)n))
			return row;
	}
	return NULL;
}

/* takes flags off the front; 0 where one is none of the command's */
static int flags_take(struct call *c)
{
	const char *set = strstr(c->cmd->usage, "[-"), *p;

	for (; c->argc && c->argv[0][0] == '-' && c->argv[0][1]; c->argc--) {
		p = *c->argv++ + 1;
		if (!strcmp(p, "-")) {
			c->argc--;
			break;
		}
		for (; *p; p++) {
			if (!set || !memchr(set + 2, *p, strcspn(set + 2, "]")))
				return 0;
			c->flags |= FLAG(*p);
		}
	}
	return 1;
}

/* 0 where it is none */
static int number_take(struct call *c)
{
	uint32_t base = c->cmd->how & OCTAL ? 8 : 10, digit;
	const char *p = c->argc ? *c->argv : "";

	do {
		digit = (uint32_t)*p - '0';
		if (digit >= base || c->number > (UINT32_MAX - 9) / 10)
			return 0;
		c->number = c->number * base + digit;
	} while (*++p);
	c->argc--;
	c->argv++;
	return 1;
}

/* flags, a number and paths, as the usage line has them; 0 where they are wrong, which is said */
static int operands_take(struct call *c)
{
	const char *p = c->cmd->usage;
	int must = 0, i, number = c->cmd->how & NUMBER;

	while ((p = strchr(p, ' ')))
		must += *++p != '[';
	if (!flags_take(c) || (number && !number_take(c)) || c->argc < must - number) {
		fmt_fd(2, "usage: %s\n", c->cmd->usage);
		return 0;
	}
	for (i = 0; i < c->argc; i++)
		if (i || !(c->cmd->how & PATTERN))
			words_plain(c->argv[i]);
	return 1;
}

/* operands to s->path; 0, or -ENAMETOOLONG */
static int paths_make(struct sftp *s, const struct call *c)
{
	int i, how = c->cmd->how;

	for (i = 0; i < 2; i++) {
		const char *arg = i < c->argc ? c->argv[i] : "";

		if (c->cmd->what == CD && !*arg)
			arg = s->start;
		if (how & (i && (how & ACROSS) ? LOCAL : REMOTE)
			? path_absolute(s, s->path[i], arg, !i && (how & PATTERN))
			: path_join(s->path[i], "", arg))
			return -ENAMETOOLONG;
	}
	return 0;
}

/* what went wrong with a path; -1 where something did */
static int said(const struct sftp *s, const struct call *c, const char *path, int err)
{
	const struct command *cmd = c->cmd;

	if (!err)
		return 0;
	if (err != XFER_SAID) {
		fmt_fd(2, "%s%.*s \"%s\"", cmd->how & REMOTE ? "remote " : "", name_length(cmd),
		       cmd->usage, shown(path));
		if (cmd->how & TWO)
			fmt_fd(2, " to \"%s\"", shown(s->path[1]));
		fmt_fd(2, ": %s\n", sftpc_text(err));
	}
	return -1;
}

int call_run(struct sftp *s, struct call *c)
{
	uint32_t mark = s->stack.top, at = mark;
	const struct name *n;
	const char *path = s->path[0];
	int err = paths_make(s, c), failed = 0;

	if (!err && (c->cmd->how & EACH)) {
		err = sftpc_glob(&s->c, path, &s->stack);
		at = s->stack.first;
		if (!err && at == s->stack.top)
			/* a name after all, which the server has a word for */
			words_plain(s->path[0]);
	}
	do {
		if ((n = names_at(&s->stack, &at)))
			path = n->text;
		if (!err)
			err = run_one(s, c, path);
		if (err == QUITS)
			return 1;
		failed |= said(s, c, path, err);
		err = 0;
		if (!(c->cmd->how & EACH))
			s->stack.top = mark;
	} while (at < s->stack.top && !(failed && c->stop) && !stopped(s));
	s->stack.top = mark;
	return failed;
}

/* makes a call of a line; 0 where it is wrong, which is said */
static int line_read_words(struct sftp *s, struct call *c, const char *line)
{
	int err = 0;

	if (*line == '!') {
		c->cmd = command_find("!");
		c->rest = line + 1;
		return 1;
	}
	err = words_split(&s->words, line);
	c->cmd = !err && s->words.n ? command_find(s->words.v[0]) : NULL;
	if (!c->cmd) {
		fmt_fd(2, "%s\n", err ? err_text(-err) : "Invalid command.");
		return 0;
	}
	c->rest = line + strcspn(line, " \t");
	c->argc = s->words.n - 1;
	c->argv = s->words.v + 1;
	return c->cmd->what == LLS || operands_take(c);
}

int sftp_line(struct sftp *s, const char *line)
{
	struct call c = {.stop = s->batch};
	int r;

	for (; *line && strchr(" \t-@", *line); line++)
		if (*line == '-')
			c.stop = 0;
	if (!*line || *line == '#')
		return 0;
	r = line_read_words(s, &c, line) ? call_run(s, &c) : -1;
	return r < 0 && !c.stop ? 0 : r;
}
