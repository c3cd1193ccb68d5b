/* sftp_cmd.h - a session of the sftp client, and its commands. */
/* SPDX-License-Identifier: MIT */
#ifndef SFTP_CMD_H
#define SFTP_CMD_H

#include "lineedit.h"
#include "sftp_words.h"
#include "sftpc.h"

struct sftp {
	struct sftpc c;
	struct names stack; /* what a command puts on it, it takes off */
	struct xfer x;      /* what holds for all transfers */
	uint32_t flags;     /* of the command line, for all transfers */
	uint8_t quiet;      /* nothing but what was asked for, and errors */
	uint8_t batch;      /* the first error is the end */
	uint8_t tty;        /* commands come from a terminal */
	char pwd[SFTPC_PATH], start[SFTPC_PATH];
	char path[3][SFTPC_PATH]; /* for the command that runs */
	struct words words;
};

/* what a row is good for: bits of how */
enum {
	NUMBER = 1,  /* the first operand is one */
	OCTAL = 2,   /* base of that */
	PATTERN = 4, /* the first path may have wildcards */
	EACH = 8,    /* once for each file that matches */
	TWO = 16,    /* works on two paths */
	LOCAL = 32,  /* the first path is here */
	REMOTE = 64, /* it is there */
	ACROSS = 128 /* and the second one on the other side */
};

struct command {
	const char
	    *usage; /* its name, the flags that it takes, its operands; NULL ends the table */
	uint8_t what, how; /* what SAME: another name of the row before */
};

enum {
	SAME,
	CD,
	CHGRP,
	CHMOD,
	CHOWN,
	COPY,
	DF,
	GET,
	HELP,
	LCD,
	LLS,
	LMKDIR,
	LN,
	LPWD,
	LS,
	LUMASK,
	MKDIR,
	PROGRESS,
	PUT,
	PWD,
	QUIT,
	REGET,
	RENAME,
	REPUT,
	RM,
	RMDIR,
	SHELL,
	STAT,
	SYMLINK,
	VERSION
};

/* a command line that has been read */
struct call {
	const struct command *cmd;
	uint32_t flags, number;
	int stop;         /* at the first error */
	int argc;         /* operands, all that the usage line asks for; but the number */
	char **argv;      /* those that are no patterns are plain; NULL at the end */
	const char *rest; /* the line behind the command's name */
};

extern const struct command sftp_commands[];
/* the row that has what belongs to the name, or NULL */
const struct command *command_find(const char *name);
/* one line: 0, 1: the session is to end, -1: so it is, because it failed */
int sftp_line(struct sftp *s, const char *line);
/* the same once it has been read */
int call_run(struct sftp *s, struct call *c);

/* somebody wants the command to end (^C), or it can do no more */
int stopped(const struct sftp *s);
/* against the remote directory; as a pattern, or as it is. 0, or -ENAMETOOLONG */
int path_absolute(const struct sftp *s, char out[SFTPC_PATH], const char *path, int pattern);

/*
 * The commands: 0, an error as of sftpc.h for the caller to say, or XFER_SAID; QUITS ends the
 * session. s->path has the operands as they are meant: against the remote directory, or here.
 */
enum { QUITS = XFER_SAID + 1 };
int run_one(struct sftp *s, const struct call *c, const char *path);
int run_move(struct sftp *s, const struct call *c);
int run_ls(struct sftp *s, const struct call *c);
int run_df(struct sftp *s, uint32_t flags);
int run_stat(const char *path, const struct sftp_attrs *a);

/*
 * sftp_ls.c: names from mark on in columns of a terminal so wide; before: what stands
 * before each, strip: bytes of each that are not shown
 */
void list_columns(struct sftp *s, uint32_t mark, size_t strip, const char *before, unsigned width);
/* sftp_complete.c: the word before the cursor */
void sftp_complete(struct sftp *s, struct lineedit *e);

#endif
