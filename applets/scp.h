/* scp.h - the old protocol, of either side. */
/* SPDX-License-Identifier: MIT */
#ifndef SCP_H
#define SCP_H

#include <stdint.h>
#include <sys/stat.h>

#include "sftpc.h"

#define OLD_DEPTH 64 /* of directories in each other: a circle of links ends here */
#define OLD_LINE 1024
#define OLD_ROOM 65536

struct old {
	int in, out; /* from and to the other side */
	int remote;  /* we are its server, and it shows what there is to say */
	int errors;
	int dead;              /* nothing more goes over this connection */
	const struct xfer *x;  /* what is asked for */
	const char *pattern;   /* what the names that come have to match; NULL: any will do */
	struct stat st;        /* of what is at path, when it was looked at last */
	char path[SFTPC_PATH]; /* where we are in the tree, on our side */
	char text[OLD_LINE];   /* the line that goes, or the one that came */
	size_t at, have;       /* bytes of input: used, and there */
	uint8_t input[OLD_ROOM];
};

/* ends the connection, in what is left of it */
void old_lost(struct old *o);
void old_broken(struct old *o, const char *why);
/* an error of ours, for both sides: what, and why */
void old_complain(struct old *o, const char *what, const char *why);
void old_send(struct old *o, const void *p, size_t n);
/* the answer: 0 that all is well, or the errno of path */
void old_conclude(struct old *o, int err);
/* 1: there is input */
int old_fill(struct old *o);
/* a line without its end into text, cut to fit; what holds a NUL byte passes for its first part */
void old_line(struct old *o);
/* what the other side says of an error; kind: the byte before it */
void old_heard(struct old *o, int kind, const char *what);
/* its answer to what was said last: 1 where it is content */
int old_reply(struct old *o);

/* name in dir becomes the path (of "" it is the name); 0, having said so, where it is too long */
int old_enter(struct old *o, const char *dir, const char *name);
/* shows the progress of the file at path from here on */
void old_begin(struct old *o, uint64_t size);
/* a file or, where recursive, a directory, with what is in it */
void old_source(struct old *o, const char *path);
/* scp_sink.c: to this file or into this directory (into 1: it has to be one), until no more comes */
void old_sink(struct old *o, const char *path, int into);

#endif
