/* sftp_run.c - what the sftp client's commands do, but for ls, get and put. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sftp_cmd.h"
#include "sshcmd.h"

int stopped(const struct sftp *s)
{
	struct pollfd p = {.fd = s->x.stop, .events = POLLIN};

	return s->c.err || (s->x.stop && poll(&p, 1, 0) > 0);
}

int path_absolute(const struct sftp *s, char out[SFTPC_PATH], const char *path, int pattern)
{
	const char *p = *path == '/' ? "" : s->pwd;
	size_t n = 0;

	for (; *p && n < SFTPC_PATH - 3; p++) {
		if (pattern && strchr("?*[\\", *p))
			out[n++] = '\\';
		out[n++] = *p;
	}
	out[n] = 0;
	return path_join(out, out, path);
}

static int change_dir(struct sftp *s, const char *path)
{
	char *real = s->path[1];
	int err = sftpc_realpath(&s->c, path, real);

	if (!err)
		err = dir_look(&s->c, real);
	if (!err)
		path_join(s->pwd, "", real);
	return err;
}

/* chmod, chown, chgrp */
static int change(struct sftp *s, const struct call *c, const char *path)
{
	struct sftp_attrs a = {.flags = ATTR_MODE, .mode = c->number};
	int follow = !(c->flags & FLAG('h')), err = 0;

	if (c->cmd->what != CHMOD) {
		err = sftpc_stat(&s->c, path, follow, &a);
		a.flags = ATTR_IDS; /* one of them stays */
		*(c->cmd->what == CHOWN ? &a.uid : &a.gid) = c->number;
	}
	return err ? err : sftpc_setstat(&s->c, path, follow, &a);
}

/* ~ is our home */
static int local_dir(struct sftp *s, const char *path)
{
	const char *home = getenv("HOME");

	if (home && (!*path || (*path == '~' && (!path[1] || path[1] == '/')))) {
		fmt(s->path[1], SFTPC_PATH, "%s%s", home, path + !!*path);
		path = s->path[1];
	}
	return chdir(path) ? -errno : 0;
}

/* ! and lls: the rest of the line is the shell's */
static int shell(struct sftp *s, const struct call *c)
{
	const char *program = getenv("SHELL"), *argv[] = {NULL, "-c", s->path[0], NULL};
	int status;
	pid_t pid;

	argv[0] = program && *program ? program : "/bin/sh";
	fmt(s->path[0], SFTPC_PATH, "%s%s", c->cmd->what == LLS ? "ls" : "", c->rest);
	if (!*s->path[0])
		argv[1] = NULL;
	pid = prog_spawn(argv, 0, 1);
	if (pid < 0)
		return pid;
	status = sshcmd_end(pid, NULL);
	if (status)
		fmt_fd(2, "Shell exited with status %d\n", status);
	return 0;
}

int run_one(struct sftp *s, const struct call *c, const char *path)
{
	static const char saying[][11] = {"Removing", "Changing"};
	const struct command *cmd;
	const char *to = s->path[1];
	struct sftp_attrs a;
	int err = 0;

	if ((c->cmd->how & EACH) && !s->quiet)
		fmt_fd(1, "%s %s\n", saying[c->cmd->what != RM], shown(path));
	switch (c->cmd->what) {
	case CD: return change_dir(s, path);
	case CHGRP:
	case CHMOD:
	case CHOWN: return change(s, c, path);
	case COPY: return sftpc_copy(&s->c, path, to);
	case DF: return run_df(s, c->flags);
	case GET:
	case PUT:
	case REGET:
	case REPUT: return run_move(s, c);
	case HELP:
		for (cmd = sftp_commands; cmd->usage; cmd++)
			fmt_fd(1, "%s\n", cmd->usage);
		break;
	case LCD: return local_dir(s, path);
	case LMKDIR: return mkdir(path, 0777) ? -errno : 0;
	case LN:
		if (!(c->flags & FLAG('s')))
			return sftpc_link(&s->c, path, to);
		__attribute__((fallthrough));
	case SYMLINK: return sftpc_symlink(&s->c, c->argv[0], to);
	case LPWD:
		if (syscall(SYS_getcwd, s->path[0], (long)SFTPC_PATH) < 0)
			return -errno;
		fmt_fd(1, "Local working directory: %s\n", shown(path));
		break;
	case LS: return run_ls(s, c);
	case LUMASK:
		umask(c->number);
		fmt_fd(1, "Local umask: %03o\n", c->number);
		break;
	case MKDIR: return sftpc_mkdir(&s->c, path, 0777);
	case PROGRESS:
		s->flags ^= FLAG('q');
		fmt_fd(1, "Progress meter %sabled\n", s->flags & FLAG('q') ? "dis" : "en");
		break;
	case PWD: fmt_fd(1, "Remote working directory: %s\n", shown(s->pwd)); break;
	case QUIT: return QUITS;
	case RENAME: return sftpc_rename(&s->c, path, to, !!(c->flags & FLAG('l')));
	case RM: return sftpc_remove(&s->c, path);
	case RMDIR: return sftpc_rmdir(&s->c, path);
	case STAT:
		err = sftpc_stat(&s->c, path, !(c->flags & FLAG('h')), &a);
		return err ? err : run_stat(path, &a);
	case VERSION: fmt_fd(1, "SFTP protocol version %u\n", s->c.version); break;
	default: return shell(s, c);
	}
	return 0;
}
