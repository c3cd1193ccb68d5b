/* guard.h - changes that undo themselves: what the files of guard share. */
/* SPDX-License-Identifier: MIT */
/*
 * A guard is a file DIR/ID as long as it is neither confirmed nor undone. Who takes that
 * name away has decided: confirm unlinks it, whoever undoes renames it to ID.undo, and the
 * kernel lets one of them win. The process that waits holds a lock on it, so what has no
 * lock has been left behind by a reset. What files were is kept beside them, on their own
 * file system, so that going back needs neither room nor a copy.
 */
#ifndef GUARD_H
#define GUARD_H

#include <stdint.h>

#define GUARD_TEXT 8192 /* bytes of a guard's file */
#define GUARD_PATH 512

extern struct guard {
	unsigned id;
	int boot;           /* it outlives a reset */
	int undoing;        /* its name is ID.undo */
	int fd;             /* of the file */
	char path[64 + 16]; /* of the file, less .undo */
	uint64_t since,
	    until;   /* clock_boot_ms: when the change was done (0: not yet), and the limit */
	char *files; /* lines: '+' or '-' (was not there), path; to one that starts with '!' */
	char *undo;  /* the command, "" for none */
	char text[GUARD_TEXT]; /* where they lie */
} guard;

/* a program and its arguments, to the end: its status, or -1 */
int guard_run(const char *const *argv);
/*
 * guard_file.c: the guard's file. All say what is wrong, and give 0 then, where
 * there is no other word.
 */

/* a new one with a name of its own, locked; files and undo are text as above, boot is set */
int guard_make(void);
/* copies the files that are named, and then writes what it all is about; 0: it is forgotten */
int guard_keep(void);
/* the change is done, now */
void guard_done(void);
/* 1: it is to be undone; 0: somebody has confirmed it */
int guard_claim(void);
/* once claimed: goes back, and forgets it; how: for the log, "" after a reset */
void guard_undo(const char *how);
/* 1: its name was there, and is not any more; copies of files are gone as well */
int guard_forget(void);
/* calls take with each, in guard, until it gives 1 */
void guard_each(int (*take)(void));
/* that one, or with 0 the only one, in guard */
int guard_find(const char *id);
/* 1: a process waits for it; 0: none does, and we have its lock until .fd is closed */
int guard_waited(void);

#endif
