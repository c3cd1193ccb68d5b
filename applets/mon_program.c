/* mon_program.c - what a session runs: the user's shell, or a program of ours. */
/* SPDX-License-Identifier: MIT */
/*
 * Ours are executed from the server's own image, so that nothing but the server
 * has to be on the disk: sftp-server and scp -t, when a command line starts with
 * them, are these. A shell that is made to restrict its user (git-shell, rbash,
 * a menu) is asked first; only internal-sftp in the configuration passes it by.
 */
#include <string.h>

#include "applets.h"
#include "monitor.h"

#define INTERNAL "internal-sftp"
#define SERVER "sftp-server"
#define ROLE_SFTP "(sftp-server)"
#define ROLE_SCP "(scp)"
#define WORDS 16

static char *const own = mon_scratch.own;

/* the command line of a subsystem, NULL where there is none of that name */
static const char *subsystem_find(const char *name)
{
	size_t n = strlen(name);
	unsigned i;

	if (CFG_SFTP_SERVER && (!CFG_SSHD_OPTIONS || RESCUING))
		return strcmp(name, "sftp") ? NULL : SERVER;
	for (i = 0; CFG_SSHD_OPTIONS && i < SETTINGS_SUBSYSTEMS; i++) {
		const char *line = SETTING(mon.set, subsystem[i]);

		if (!strncmp(line, name, n) && strcspn(line, " \t") == n && line[n])
			return line + n + strspn(line + n, " \t");
	}
	return NULL;
}

static const char *shell_name(void)
{
	const char *base = strrchr(mon.user.shell, '/');

	return base ? base + 1 : mon.user.shell;
}

/* 1: it lets its user run anything */
static int shell_is_plain(void)
{
	return list_has(STR("sh,ash,bash,dash,ksh,mksh,zsh,fish,csh,tcsh,busybox"),
			str_of(shell_name()));
}

/* the shell's arguments: a login shell by itself, or -c and the line */
static char *const *shell_args(const char *line)
{
	static const char *argv[4];
	static char name[USER_NAME];

	fmt(name, sizeof(name), "%s%s", line ? "" : "-", shell_name());
	argv[0] = name;
	argv[1] = line ? "-c" : NULL;
	argv[2] = line;
	return (char *const *)argv;
}

/* internal-sftp and its options, which blanks divide */
static char *const *sftp_args(const char *line)
{
	static const char *argv[WORDS + 1];
	unsigned n = 2;
	char *p = own;

	fmt(own, sizeof(mon_scratch.own), "%s", line + strcspn(line, " \t"));
	argv[0] = self_name();
	argv[1] = ROLE_SFTP;
	while (*(p += strspn(p, " \t")) && n < WORDS) {
		argv[n++] = p;
		p += strcspn(p, " \t");
		if (*p)
			*p++ = 0;
	}
	argv[n] = NULL;
	return (char *const *)argv;
}

/* after a fork, where exec is not possible: the server's keys are none of its business */
static int own_run(int argc, char **argv)
{
	wipe(mon.hostkey, sizeof(mon.hostkey));
	wipe(&mon.rng, sizeof(mon.rng));
	if (CFG_PTYLESS && !strcmp(argv[1], ROLE_PTYLESS))
		return ptyless_main(argc - 2, argv + 2);
	return CFG_SFTP_SERVER ? sftp_server_main(argc - 1, argv + 1) : 1;
}

void program_ptyless(struct child *c)
{
	static const char *argv[8];
	const char **p = argv + 4;

	if (c->run)
		return;
	argv[0] = self_name();
	argv[1] = ROLE_PTYLESS;
	argv[2] = c->path;
	argv[3] = c->argv[0];
	p[0] = c->argv[1];
	if (!*p && !strcmp(shell_name(), "bash")) /* or it would echo what we have shown already */
		*p++ = "--noediting";
	if (!*p)
		*p = "-i";
	p[1] = c->argv[1] ? c->argv[2] : NULL;
	c->argv = (char *const *)argv;
	c->run = own_run;
}

/* the line with a program of ours by its path, for a shell; NULL: no path leads to us */
static const char *own_line(const char *role, const char *rest)
{
	char path[USER_PATH];

	if (self_path(path, sizeof(path)) < 0 || strchr(path, '\''))
		return NULL;
	fmt(own, sizeof(mon_scratch.own), "exec '%s' '%s'%s", path, role, rest);
	return own;
}

/* `scp -t` or -f among the options: what a client's scp asks for by the old protocol */
static int scp_serves(const char *line)
{
	size_t n;

	if (strncmp(line, "scp -", 5))
		return 0;
	for (line += 4; *line == '-'; line += n + strspn(line + n, " ")) {
		n = strcspn(line, " ");
		if (n < 2 || n != 1 + strspn(line + 1, "dfpqrtv"))
			return 0;
		if (memchr(line, 't', n) || memchr(line, 'f', n))
			return 1;
	}
	return 0;
}

static int starts_with(const char *line, const char *word)
{
	size_t n = strlen(word);

	return line && !strncmp(line, word, n) && strcspn(line, " \t") == n;
}

const char *program_choose(struct child *c, enum spawn kind, const char *asked)
{
	const char *line = keys_command(), *ours = NULL;

	if (!line && kind == SPAWN_SUBSYSTEM && !(line = subsystem_find(asked)))
		return NULL;
	if (!line && kind == SPAWN_EXEC)
		line = asked;
	if (CFG_SFTP_SERVER && line != asked &&
	    (starts_with(line, INTERNAL) || (shell_is_plain() && starts_with(line, SERVER)))) {
		c->run = own_run;
		c->argv = sftp_args(kind == SPAWN_SUBSYSTEM ? line : SERVER " " SFTP_ONLY);
		return line;
	}
	if (CFG_SFTP_SERVER && starts_with(line, SERVER))
		ours = own_line(ROLE_SFTP, line + sizeof(SERVER) - 1);
	else if (CFG_SCP && line && scp_serves(line) && shell_is_plain())
		ours = own_line(ROLE_SCP, line + sizeof("scp") - 1);
	c->argv = shell_args(ours ? ours : line);
	return line;
}
