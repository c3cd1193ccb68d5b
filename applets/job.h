/* job.h - commands that outlive their login: what their keepers and those who ask them share. */
/* SPDX-License-Identifier: MIT */
/*
 * A keeper is a process for one job. It listens in a folder that is its user's alone, at a
 * socket of the job's name, and serves the same user and root: each connection starts with one
 * struct job_ask.
 */
#ifndef JOB_H
#define JOB_H

#include <stdint.h>
#include <sys/ioctl.h> /* struct winsize */
#include <termios.h>

#include "port.h"

#define JOB_NAME 32      /* bytes of a name, with its NUL */
#define JOB_NAMES 32     /* that we make up: a number behind a prefix */
#define JOB_LOST "lost-" /* the prefix of sessions that lost their connection */
#define ROLE_JOB "(job)" /* argv[1] of the exec */
#define JOB_TEXT 120

enum job_what {
	JOB_ATTACH = 'a', /* then output from the start of the ring, as it comes, and input */
	JOB_LOG = 'o',    /* the ring, and the end */
	JOB_WINDOW = 'w',
	/* those below are answered with a struct job_state */
	JOB_LOOK = 'l',
	JOB_END = 'e', /* by who was attached at the end, or after it */
	JOB_KILL = 'k' /* what has ended is forgotten */
};

struct job_ask {
	uint8_t what, signal;
	struct winsize size; /* .ws_col 0: not known */
};

struct job_state {
	int32_t status; /* of its exit, 128 + a signal's number; -1: it runs */
	uint32_t pid;
	char text[JOB_TEXT];
};

/* job_dir.c: names and the folder */

/* path of the socket; good until the next call. name "": of the folder */
const char *job_path(const char *name);
/*
 * Listens at the name, or where prefix is not NULL at the first that is free of the prefix
 * and a number, which name gets. The descriptor, or -errno: -EEXIST the name is taken, or all are.
 */
int job_listen(char name[JOB_NAME], const char *prefix);
/* connected, nonblocking; -ENOENT: there is no such job, and a socket that one left is gone */
int job_connect(const char *name);
/* for job_next; buf as of dir_init; the caller closes d->fd. 0 or -errno: there is no folder of ours */
int job_dir(struct dir *d, void *buf, size_t n);
/* connected to the next job, whose name is *name; -1: that were all */
int job_next(struct dir *d, const char **name);

/* job_keep.c */

/*
 * The keeper of a command that it starts: text says what it is, pty wants a terminal of that
 * size. The name as of job_listen. It returns the exit status of the process.
 */
struct job_new {
	const char *name;
	char **argv;
	int listener, pty;
	int attached; /* somebody is about to be, and is to see all of the output */
	struct winsize size;
	char text[JOB_TEXT];
};
int job_keep(const struct job_new *j);
/* the keeper of a session that runs at the terminal whose master is descriptor 3 */
int job_adopt(void);

#endif
