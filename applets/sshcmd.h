/* sshcmd.h - the ssh that carries a transfer: where it goes, its process. */
/* SPDX-License-Identifier: MIT */
#ifndef SSHCMD_H
#define SSHCMD_H

#include <sys/types.h>

#define SSHCMD_ARGS 64

/* what a user wants of ssh */
struct sshcmd {
	const char *program; /* -S; NULL: ours where it is built in, else ssh of the PATH */
	const char *server;  /* -D: command line of a server on this machine, run instead of ssh */
	const char *port;    /* -P, where the target says none */
	const char *args[SSHCMD_ARGS]; /* the rest, as given */
	int n;
	const char *at; /* flags of a bundle that are still to come */
};

/* 0, or -E2BIG */
int sshcmd_arg(struct sshcmd *s, const char *arg);
/*
 * The next flag on a command line that is not for ssh alone. *argv, which starts
 * behind the program's name, moves on. own: the caller's letters, a colon after those
 * with an argument, which comes in *arg. -4 -6 -A -C -q -v -c -F -i -J -o -S -D -P
 * are ssh's and need not be there; who wants -q and -v too names them as well. 0: no flag is
 * left, *argv is at the operands; '?': there is none such, or its argument is missing.
 */
int sshcmd_flag(struct sshcmd *s, char ***argv, const char *own, char **arg);

struct target {
	const char *user, *host, *port; /* NULL where not given; "" is no host */
	const char *path;               /* never NULL */
};

/*
 * [user@]host:path, [user@][v6]:path, or scheme://[user@]host[:port][/path] with
 * percent escapes, cut into its parts in place: 1; 0: a local path, left alone
 * (what has a slash before the first colon is one); -EINVAL.
 */
int target_parse(struct target *t, char *text, const char *scheme);

/*
 * Runs ssh: with -s and a subsystem's name, or with a command line. io: we
 * write to [1] and read from [0]; its stderr is ours. io NULL: stdin and stdout
 * are ours too. The pid or -errno, which was said.
 */
pid_t sshcmd_start(const struct sshcmd *s, const struct target *t, int subsystem,
		   const char *command, int io[2]);
/* closes io, waits; its exit status, 255 where a signal ended it */
int sshcmd_end(pid_t pid, const int io[2]);

#endif
