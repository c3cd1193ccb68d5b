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
    "usage: scp [-346ABCOpqRrsTva] [-c cipher] [-D sftp_server_path] [-F ssh_config]\n"
    "           [-i identity_file] [-J destination] [-l limit] [-o ssh_option]\n"
    "           [-P port] [-S program] [-X sftp_option] source ... target\n"
    "-O the old protocol; -a goes on with files that are there in part\n";

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
static struct link near, far; /* far: the target's */
static char where[SFTPC_PATH], to[SFTPC_PATH];
static char command[2 * SFTPC_PATH], target_text[SFTPC_PATH];

static struct sshcmd ssh;
static struct xfer x = {.name = "scp", .stack = &stack};
static struct old old APART;
static int status; /* 1: something failed; 255: a connection did */

static int old_mode; /* -O */
static uint32_t given[4];

/* 1: the flag was given */
static int has(char c)
{
	return given[c >> 5] >> (c & 31) & 1;
}

static void give(char c)
{
	given[c >> 5] |= 1u << (c & 31);
}

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
	if (l->pid > 0)
		return;
	failed(s->server ? s->server : s->program ? s->program : "ssh", err_text(-l->pid));
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
		return failed(path, "the server cannot expand ~user");
	if (*p == '~')
		r = sftpc_expand(c, p, where);
	else if (p[fmt(where, sizeof(where), "%s", *p ? p : ".")] && *p)
		r = -ENAMETOOLONG;
	return r ? failed(path, sftpc_text(r)) : 1;
}

/*
 * Into `to`: the name that source gets at its target, which is a directory that
 * it goes into or else its name. many: it has to be one, and is made where
 * nothing is there. c NULL: among our own files.
 */
static int target_name(struct sftpc *c, const char *path, const char *source, int many)
{
	struct sftp_attrs a;
	int r;

	if (c && !remote_path(c, path))
		return 0;
	if (!c && path[fmt(where, sizeof(where), "%s", path)])
		return failed(path, err_text(ENAMETOOLONG));
	r = !c ? dir_look(where) : sftpc_stat(c, where, 1, &a);
	if (c && !r && !S_ISDIR(a.mode))
		r = -ENOTDIR;
	x.nofollow = !r || many;
	if (!x.nofollow) {
		strcpy(to, where);
		return 1;
	}
	if (r && r != -ENOTDIR)
		r = c ? sftpc_mkdir(c, where, 0777) : mkdir(where, 0777) ? -errno : 0;
	if (!r)
		r = path_join(to, where, path_base(source));
	return r ? failed(path, sftpc_text(r)) : 1;
}

static void put(const struct target *t, const char *source)
{
	struct sftpc *c = dial(&far, t);

	if (target_name(c, t->path, source, has('d')) && xfer_put(c, source, to, &x))
		status |= 1;
}

/* the files of that pattern onto the stack: how many */
static int matches(struct sftpc *c, const char *pattern)
{
	struct sftp_attrs a;
	uint32_t at = stack.top;
	int n = 0, r;

	if (!remote_path(c, pattern))
		return 0;
	r = sftpc_glob(c, where, &stack);
	/* the characters of a pattern may be a file's name as well */
	if (!r && stack.top == at && !sftpc_stat(c, where, 1, &a))
		r = names_push(&stack, str_of(where), (struct str){0}, &a);
	if (r)
		return failed(pattern, sftpc_text(r));
	while (names_at(&stack, &at))
		n++;
	return n ? n : failed(pattern, err_text(ENOENT));
}

/* to our own file or directory, or where t is not NULL to another machine's */
static void get(const struct target *s, const struct target *t, const char *path)
{
	struct sftpc *c = dial(&near, s), *out = t ? dial(&far, t) : NULL;
	uint32_t mark = stack.top, at = mark;
	int n = matches(c, s->path);
	struct name *one;

	while (n && (one = names_at(&stack, &at))) {
		if (!target_name(out, path, one->text, has('d') || n > 1))
			break;
		if (out ? xfer_cross(c, one->text, out, to, &x) : xfer_get(c, one->text, to, &x))
			status |= 1;
		if (near.c.err || far.c.err)
			break;
	}
	stack.top = mark;
}

/* ---- the old protocol ------------------------------------------------------ */

/* the other side's command line; what a path means is for the shell there */
static void old_command(const char *how, const char *path)
{
	size_t n = fmt(command, sizeof(command), "scp%s%s%s%s%s %s%s", has('v') ? " -v" : "",
		       has('r') ? " -r" : "", has('p') ? " -p" : "", has('d') ? " -d" : "", how,
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
	return x.strict && *path && *path != '~' ? path : NULL;
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
	const char *const argv[] = {"cp", how + 4 * (has('r') + 2 * has('p')), "--", source, target,
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
	int r = target_parse(&s, source, "scp");
	size_t n = strlen(s.path);

	/* the last part of a path is what it is called at the target */
	while (n > 1 && s.path[n - 1] == '/')
		((char *)s.path)[--n] = 0;
	if (r < 0)
		failed(source, "invalid source");
	else if (r && remote)
		has('R') && !has('3') ? direct(&s, t)
		: old_mode            ? old_cross(&s, t)
				      : get(&s, t, t->path);
	else if (r)
		old_mode ? old_get(&s, t->path) : get(&s, NULL, t->path);
	else if (remote)
		old_mode ? old_put(t, source) : put(t, source);
	else
		copy_here(source, t->path);
}

static int serve(char **argv)
{
	old.out = old.remote = 1;
	if (has('f')) {
		old_reply(&old);
		while (!old.dead && *argv)
			old_source(&old, *argv++);
	} else if (!argv[0] || argv[1]) {
		old_complain(&old, "ambiguous target", "");
	} else {
		old_sink(&old, *argv, has('d'));
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
		give((char)c);
		if (c == 'l') {
			if (num_parse(arg, 1, 1u << 30, &n))
				return 0;
			x.limit = n << 7; /* kbit to bytes */
		}
	}
	x.recursive = has('r');
	x.preserve = has('p');
	x.resume = has('a');
	x.quiet = has('q');
	x.strict = !has('T');
	old_mode = has('O') && !has('s');
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
	else if (has('t') || has('f'))
		return serve(argv);
	for (n = 0; argc && argv[n]; n++)
		;
	if (n < 2) {
		fmt_fd(2, "%s", usage);
		return 1;
	}
	if (old_mode && x.resume)
		return !failed("-a", "not with -O");
	fmt(target_text, sizeof(target_text), "%s", argv[--n]);
	remote = target_parse(&t, argv[n], "scp");
	if (remote < 0)
		return !failed(target_text, "invalid target");
	if (n > 1)
		give('d');
	i = !remote && has('d') ? dir_look(t.path) : 0;
	if (i)
		return !failed(t.path, err_text(-i));
	for (; i < n && !near.c.err && !far.c.err; i++)
		copy(argv[i], &t, remote);
	hang_up(&near);
	hang_up(&far);
	return status;
}
