/* scp.c - copies files between machines, by SFTP or by the old protocol. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applets.h"
#include "port.h"
#include "scp.h"
#include "sshcmd.h"

static const char usage[] =
    "usage: scp [-2346AaBCOpqRrsTv] [-c|D|F|i|J|l|o|P|S|X ARGUMENT] source ... target\n"
    "       scp [-dprv] -f|-t file ...\n";

/* bytes that one connection has room for, and the names of a tree on the way */
#define FLIGHT (128 * 1024)
#define NAMES (1024 * 1024)

/* a machine, and the ssh that leads to it */
struct link {
	struct target at;
	pid_t pid; /* 0: there is none */
	int io[2];
	struct sftpc c;
};

static uint8_t flight[2][FLIGHT] APART;
static uint64_t stack_room[NAMES / 8] APART;
static struct names stack;
static struct link near APART, far APART; /* far: the target's */
static char where[SFTPC_PATH] APART;
static char command[2 * SFTPC_PATH] APART, target_text[SFTPC_PATH] APART;

static struct sshcmd ssh APART;
static struct xfer x = {.name = "scp", .stack = &stack, .make = 1};
static struct old old APART;
static int status; /* 1: something failed; 255: a connection did */

static int old_mode;           /* -O */
static uint8_t has[128] APART; /* 1: the flag was given */

/* 0, which is what most callers return then */
static int failed(const char *what, const char *why)
{
	fmt_fd(2, "scp: %p: %s\n", what, why);
	status |= 1;
	return 0;
}

/* ---- connections ----------------------------------------------------------- */

static void hang_up(struct link *l)
{
	int r = l->pid ? sshcmd_end(l->pid, l->io[0] ? l->io : NULL) : 0;

	if (r)
		status |= r == 255 ? 255 : 1;
	l->pid = 0;
}

/* what: a subsystem; NULL: the command */
static void start(struct link *l, const struct sshcmd *s, const struct target *t, int *io,
		  const char *what)
{
	l->at = *t;
	l->pid = sshcmd_start(s, t, what != NULL, what ? what : command, io);
	if (l->pid < 0)
		_exit(255);
}

static int same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* SFTP with that machine; a connection that leads there is used again */
static struct sftpc *dial(struct link *l, const struct target *t)
{
	int r;

	if (l->pid && same(l->at.host, t->host) && same(l->at.user, t->user) &&
	    same(l->at.port, t->port))
		return &l->c;
	hang_up(l);
	start(l, &ssh, t, l->io, "sftp");
	r = sftpc_init(&l->c, l->io[0], l->io[1], flight[l == &far], FLIGHT);
	if (r) {
		fmt_fd(2, "scp: %s\n", sftpc_text(r));
		hang_up(l);
		_exit(255);
	}
	return &l->c;
}

/* ---- SFTP ------------------------------------------------------------------ */

/* into where: a path as the user wrote it, in words of the server; 1, or 0 having said why not */
static int remote_path(struct sftpc *c, const char *path)
{
	const char *p = path;
	int r = 0;

	if (*p == '~' && (!p[1] || p[1] == '/'))
		p += 1 + strspn(p + 1, "/");
	if (*p == '~' && !(c->exts & EXT_EXPAND_PATH))
		return failed(path, sftp_text(FX_OP_UNSUPPORTED));
	if (*p == '~')
		r = sftpc_expand(c, p, where);
	else
		r = path_join(where, "", *p ? p : ".");
	return r ? failed(path, sftpc_text(r)) : 1;
}

/* onto the stack: a file of ours, or those of the server that a pattern means; 1, or 0 as above */
static int find(struct sftpc *c, const char *source)
{
	struct sftp_attrs a;
	int r;

	stack.first = stack.top;
	if (c && !remote_path(c, source))
		return 0;
	r = c ? sftpc_glob(c, where, &stack) : names_add(&stack, source, NULL);
	/* the characters of a pattern may be a file's name as well */
	if (!r && stack.first == stack.top) {
		r = sftpc_stat(c, where, 1, &a);
		if (!r)
			r = names_add(&stack, where, &a);
	}
	return r ? failed(source, sftpc_text(r)) : 1;
}

/* either side may be NULL: ours */
static void move(struct sftpc *from, const char *source, struct sftpc *to, const char *path)
{
	uint32_t mark = stack.top;
	int r;

	if (find(from, source) && (!to || remote_path(to, path))) {
		r = xfer_all(from, to, to ? where : path, has['d'], &x);
		if (r == XFER_SAID)
			status |= 1;
		else if (r)
			failed(path, sftpc_text(r));
	}
	stack.top = mark;
}

/* ---- the old protocol ------------------------------------------------------ */

/* the other side's command line; what a path means is for the shell there */
static void old_command(const char *how, const char *path)
{
	size_t n = fmt(command, sizeof(command), "scp%s%s%s%s%s %s%s", has['v'] ? " -v" : "",
		       has['r'] ? " -r" : "", has['p'] ? " -p" : "", has['d'] ? " -d" : "", how,
		       *path == '-' ? "-- " : "", *path ? path : ".");

	if (n < sizeof(command) - 1)
		return;
	failed(path, err_text(ENAMETOOLONG));
	_exit(1);
}

static void old_start(struct link *l, const struct target *t, const char *how)
{
	old_command(how, t->path);
	start(l, &ssh, t, l->io, NULL);
	old.at = old.have = 0;
	old.in = l->io[0];
	old.out = l->io[1];
}

static void old_put(const struct target *t, const char *source)
{
	if (!far.pid) {
		old_start(&far, t, " -t");
		old.dead = !old_reply(&old);
	}
	if (!old.dead)
		old_source(&old, source);
	status |= old.errors != 0;
}

/* the name that has to come, or a pattern for it */
static const char *asked(const char *path)
{
	const char *slash = strrchr(path, '/');

	path = slash ? slash + 1 : path;
	/* what these are called the other side alone knows */
	return !has['T'] && *path && *path != '~' ? path : NULL;
}

static void old_get(const struct target *s, const char *path)
{
	old_start(&near, s, " -f");
	old.pattern = asked(s->path);
	old.dead = 0;
	old_sink(&old, path, 0);
	status |= old.errors != 0;
	hang_up(&near);
}

/* their two programs talk to each other; questions only one of them may ask */
static void old_cross(const struct target *s, const struct target *t)
{
	struct sshcmd quiet = ssh;
	int null = fd_open("/dev/null", O_RDWR), i;

	if (sshcmd_arg(&quiet, "-oBatchMode=yes"))
		_exit(1);
	old_start(&near, s, " -f");
	for (i = 0; i < 2; i++) {
		dup2(near.io[i], i);
		close(near.io[i]);
	}
	old_command(" -t", t->path);
	start(&far, &quiet, t, NULL, NULL);
	for (i = 0; i < 2; i++)
		dup2(null, i);
	close(null);
	near.io[0] = far.io[0] = 0;
	hang_up(&near);
	hang_up(&far);
}

/* ---- the rest -------------------------------------------------------------- */

/* -R: scp on the first machine sends to the second */
static void direct(const struct target *s, const struct target *t)
{
	/* this text a shell reads, where no quotes would help with all of them */
	static const char unfit[] = " \t'\"`\\$;&|<>(){}*?#~!";
	struct sshcmd calm = ssh;
	size_t n;

	if (strpbrk(t->host, unfit) || (t->user && strpbrk(t->user, unfit))) {
		failed(target_text, "not with -R");
		return;
	}
	old_command("", s->path);
	n = strlen(command);
	if (n + fmt(command + n, sizeof(command) - n, " %s", target_text) >= sizeof(command) - 1 ||
	    sshcmd_arg(&calm, "-n"))
		failed(target_text, err_text(ENAMETOOLONG));
	else
		start(&near, &calm, s, NULL, NULL);
	hang_up(&near);
}

static void copy_here(const char *source, const char *target)
{
	/* -H changes nothing: without -r links are followed anyway */
	static const char how[] = "-H\0 -r\0 -p\0 -rp";
	const char *const argv[] = {"cp", how + 4 * (has['r'] + 2 * has['p']), "--", source, target,
				    NULL};

	near.pid = prog_spawn(argv, 0, 1);
	near.io[0] = 0;
	if (near.pid < 0)
		near.pid = failed("cp", err_text(-near.pid));
	hang_up(&near);
}

static void copy(char *source, const struct target *t, int remote)
{
	struct target s;
	struct sftpc *from, *to;
	int r = target_parse(&s, source, "scp");

	/* the last part of a path is what it is called at the target */
	path_trim((char *)s.path);
	if (r < 0) {
		failed(source, "invalid source");
	} else if (!r && !remote) {
		copy_here(source, t->path);
	} else if (r && remote && has['R'] && !has['3']) {
		direct(&s, t);
	} else if (!old_mode) {
		from = r ? dial(&near, &s) : NULL;
		to = remote ? dial(&far, t) : NULL;
		move(from, s.path, to, t->path);
	} else if (r && remote) {
		old_cross(&s, t);
	} else if (r) {
		old_get(&s, t->path);
	} else {
		old_put(t, source);
	}
}

static int serve(char **argv)
{
	old.out = old.remote = 1;
	if (has['f']) {
		old_reply(&old);
		while (!old.dead && *argv)
			old_source(&old, *argv++);
	} else if (!argv[0] || argv[1]) {
		old_complain(&old, "ambiguous target", "");
	} else {
		old_sink(&old, *argv, has['d']);
	}
	return old.errors != 0;
}

/* the flags; 1, or 0 where one of them is none */
static int flags(char ***argv)
{
	uint64_t n;
	char *arg;
	int c;

	while ((c = sshcmd_flag(&ssh, argv, "23OsRTBadftprqvl:X:", &arg))) {
		if (c == '?' || (c == 'B' && sshcmd_arg(&ssh, "-oBatchMode=yes")))
			return 0;
		has[c] = 1;
		if (c == 'l') {
			if (num_parse(arg, 1, 1u << 30, &n))
				return 0;
			x.limit = n >> 24 ? 0 : (uint32_t)n << 7; /* kbit to bytes */
		}
	}
	for (c = 'a'; c <= 'z'; c++)
		if (has[c])
			x.flags |= FLAG(c);
	old_mode = has['O'] && !has['s'];
	return 1;
}

int scp_main(int argc, char **argv)
{
	struct target t;
	int remote, i, n;

	(void)argc;
	self_init(argv++);
	old.x = &x;
	names_init(&stack, stack_room, sizeof(stack_room));
	if (!flags(&argv))
		argc = 0;
	else if (has['t'] || has['f'])
		return serve(argv);
	for (n = 0; argc && argv[n]; n++)
		;
	if (n < 2) {
		fmt_fd(2, "%s", usage);
		return 1;
	}
	if (old_mode && has['a'])
		return !failed("-a", "not with -O");
	fmt(target_text, sizeof(target_text), "%s", argv[--n]);
	remote = target_parse(&t, argv[n], "scp");
	if (remote < 0)
		return !failed(target_text, "invalid target");
	if (n > 1)
		has['d'] = 1;
	i = !remote && has['d'] ? dir_look(NULL, t.path) : 0;
	if (i)
		return !failed(t.path, err_text(-i));
	for (; i < n && !near.c.err && !far.c.err; i++)
		copy(argv[i], &t, remote);
	hang_up(&near);
	hang_up(&far);
	return status;
}
