/* sshcmd.c - the ssh that carries a transfer: where it goes, its process. */
/* SPDX-License-Identifier: MIT */
/*
 * No shell of ours sees a host or a user: they are arguments of exec, and what
 * could be taken for an option is refused.
 */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flag.h"
#include "port.h"
#include "sshcmd.h"

int sshcmd_arg(struct sshcmd *s, const char *arg)
{
	if (s->n == SSHCMD_ARGS)
		return -E2BIG;
	s->args[s->n++] = arg;
	return 0;
}

/* what is ssh's of a flag; 0, or -E2BIG */
static int take(struct sshcmd *s, char c, const char *arg)
{
	/* as strings, to be pointed to */
	static const char flags[] = "-4\0-6\0-A\0-C\0-q\0-v\0-c\0-F\0-i\0-J\0-o";
	const char *p = flags;

	switch (c) {
	case 'S': s->program = arg; return 0;
	case 'D': s->server = arg; return 0;
	case 'P': s->port = arg; return 0;
	default: break;
	}
	while (p[1] != c)
		p += 3;
	return sshcmd_arg(s, p) || (arg && sshcmd_arg(s, arg)) ? -E2BIG : 0;
}

int sshcmd_flag(struct sshcmd *s, char ***argv, const char *own, char **arg)
{
	static const char theirs[] = "46ACqvc:F:i:J:o:S:D:P:";
	int takes, c;

	do {
		c = flag_next(&s->at, argv, own, theirs, arg);
		if (!c || c == '?')
			return c;
		if (flag_listed(theirs, (char)c, &takes) && take(s, (char)c, *arg))
			return '?';
	} while (!flag_listed(own, (char)c, &takes));
	return c;
}

/* ---- where it goes --------------------------------------------------------- */

/* percent escapes, in place; 1 where they are well-formed and none is a NUL */
static int unescape(char *p)
{
	static const char hex[] = "0123456789abcdef";
	char *to = p;

	for (; *p; p++, to++) {
		int c = (unsigned char)*p, i;

		for (i = 0; *p == '%' && i < 2; i++) {
			const char *digit = p[1 + i] > ' ' ? strchr(hex, p[1 + i] | 0x20) : NULL;

			if (!digit)
				return 0;
			c = (c << 4 | (int)(digit - hex)) & 0xff;
		}
		if (!c)
			return 0;
		p += i;
		*to = (char)c;
	}
	*to = 0;
	return 1;
}

/* no option, and nothing that a terminal or a log would stumble over */
static int name_ok(const char *p)
{
	int good = *p && *p != '-';

	for (; *p; p++)
		good &= (unsigned char)*p >= ' ' && *p != 127;
	return good;
}

/* [user@]host, or [user@][v6]; what stands behind a bracket goes to *rest, or it is NULL */
static int user_host(struct target *t, char *text, char **rest)
{
	char *at = strrchr(text, '@'), *end;

	if (at) {
		*at = 0;
		t->user = text;
		text = at + 1;
	}
	*rest = NULL;
	if (*text == '[' && (end = strchr(text, ']'))) {
		*end = 0;
		text++;
		*rest = end + 1;
	}
	t->host = text;
	return name_ok(text);
}

static int uri_parse(struct target *t, char *text)
{
	char *slash = strchr(text, '/'), *rest, *p;

	if (slash) {
		*slash = 0;
		t->path = slash + 1;
		if (!unescape(slash + 1))
			return -EINVAL;
	}
	if (!user_host(t, text, &rest))
		return -EINVAL;
	p = rest ? rest : strchr(t->host, ':');
	if (p && *p) {
		if (*p != ':' || num_small(p + 1, 1, 65535) < 0)
			return -EINVAL;
		*p = 0;
		t->port = p + 1;
	}
	if (t->user) {
		/* what follows a ';' is for the connection, RFC draft-ietf-secsh-scp-sftp-ssh-uri */
		p = (char *)t->user;
		p[strcspn(p, ";")] = 0;
		if (!unescape(p) || !name_ok(p))
			return -EINVAL;
	}
	return *t->host ? 1 : -EINVAL;
}

/* the colon that ends the host, or NULL where it is a local path */
static char *host_end(char *p)
{
	int bracket = *p == '[';

	if (*p == ':')
		return NULL;
	for (; *p && *p != '/'; p++) {
		bracket |= *p == '@' && p[1] == '[';
		if (*p == ':' && !bracket)
			return p;
		if (*p == ']' && p[1] == ':' && bracket)
			return p + 1;
	}
	return NULL;
}

int target_parse(struct target *t, char *text, const char *scheme)
{
	size_t n = strlen(scheme);
	char *p, *rest;

	*t = (struct target){.path = ""};
	if (!strncmp(text, scheme, n) && !strncmp(text + n, "://", 3))
		return uri_parse(t, text + n + 3);
	p = host_end(text);
	if (!p) {
		t->path = text;
		return 0;
	}
	*p = 0;
	t->path = p + 1;
	if (!user_host(t, text, &rest) || (rest && *rest) || (t->user && !name_ok(t->user)))
		return -EINVAL;
	return 1;
}

/* ---- its process ----------------------------------------------------------- */

static pid_t start(const char *const *argv, int io[2])
{
	int to[2], from[2];
	pid_t pid = fd_pipe(to);

	if (pid < 0)
		return pid;
	pid = fd_pipe(from);
	if (pid == 0) {
		pid = prog_spawn(argv, to[0], from[1]);
		close(from[1]);
		io[0] = from[0];
		if (pid < 0)
			close(from[0]);
	}
	close(to[0]);
	io[1] = to[1];
	if (pid < 0)
		close(to[1]);
	return pid;
}

/* the words of a command line, cut at its spaces in place; argv has room for SSHCMD_ARGS */
static void words(const char **argv, char *p)
{
	int n = 0;

	while (n < SSHCMD_ARGS - 1 && *(p += strspn(p, " "))) {
		argv[n++] = p;
		p += strcspn(p, " ");
		if (*p)
			*p++ = 0;
	}
	argv[n] = NULL;
}

/* the arguments of ssh, room for SSHCMD_ARGS + 20 */
static void arguments(const char **argv, const struct sshcmd *s, const struct target *t,
		      int subsystem, const char *command)
{
	/* of several -o for one thing ssh takes the first */
	static const char *const always[] = {"-x", "-oPermitLocalCommand=no",
					     "-oClearAllForwardings=yes", "-oRemoteCommand=none",
					     "-oRequestTTY=no"};
	const char *port = t->port ? t->port : s->port;
	unsigned i;

	*argv++ = s->program ? s->program : "ssh";
	for (i = 0; i < sizeof(always) / sizeof(*always); i++)
		*argv++ = always[i];
	for (i = 0; i < (unsigned)s->n; i++)
		*argv++ = s->args[i];
	*argv++ = "-oForwardAgent=no";
	if (t->user) {
		*argv++ = "-l";
		*argv++ = t->user;
	}
	if (port) {
		*argv++ = "-p";
		*argv++ = port;
	}
	if (subsystem)
		*argv++ = "-s";
	*argv++ = "--";
	*argv++ = t->host;
	*argv++ = command;
	*argv = NULL;
}

pid_t sshcmd_start(const struct sshcmd *s, const struct target *t, int subsystem,
		   const char *command, int io[2])
{
	const char *argv[SSHCMD_ARGS + 20] = {s->server};
	char line[512];
	pid_t pid = 0;

	if (!s->server)
		arguments(argv, s, t, subsystem, command);
	else if (s->server[fmt(line, sizeof(line), "%s", s->server)])
		pid = -ENAMETOOLONG;
	else
		words(argv, line);
	if (!pid)
		pid = io ? start(argv, io) : prog_spawn(argv, 0, 1);
	if (pid < 0)
		fmt_fd(2, "%p: %s\n", argv[0], err_text(-pid));
	return pid;
}

int sshcmd_end(pid_t pid, const int io[2])
{
	int status;

	if (io) {
		close(io[0]);
		close(io[1]);
	}
	status = prog_wait(pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}
