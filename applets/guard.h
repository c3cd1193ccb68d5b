/* guard.h - changes that undo themselves: what the files of guard share. */
/* SPDX-License-Identifier: MIT */
/*
 * A guard is a file with a number for a name, as long as it is neither confirmed nor
 * undone. Who takes that name away has decided: confirm unlinks it, whoever undoes
 * renames it to NUMBER.undo, and the kernel lets one of them win. The process that waits
 * holds a lock on it, so what has no lock was left behind by a reset. What files were is
 * kept beside them, on their own file system: going back needs neither room nor a copy.
 */
#ifndef GUARD_H
#define GUARD_H

#include <stdint.h>

#define GUARD_IDS 9     /* from 1 on; as many again are of those that outlive a reset */
#define GUARD_TEXT 4096 /* bytes of paths and command */

extern struct guard {
	unsigned id;
	int undoing;   /* its name is NUMBER.undo */
	int fd;        /* of the file */
	char path[64]; /* of the file, less .undo */
	struct guard_saved {
		uint64_t since,
		    until;  /* clock_boot_ms: the change was done (0: not yet), the limit */
		uint32_t n; /* bytes of text */
		/*
		 * With a NUL behind each: the command to undo it, which may be empty; paths,
		 * '+' before those of files that were there, '-' before the others.
		 */
		char text[GUARD_TEXT];
	} saved; /* all of the file, to the end of the text */
} guard;

/* says what is wrong with it; 0 */
int guard_fail(const char *what, int err);
/*
 * A new guard, locked, by what is in saved; its files are copied. 0: it was said why there
 * is none. boot: it outlives a reset.
 */
int guard_make(int boot);
/* the change is done, now */
void guard_done(void);
/* 1: it is to be undone; 0: somebody has confirmed it */
int guard_claim(void);
/* once claimed: goes back, and forgets it; how: for the log, "" after a reset */
void guard_undo(const char *how);
/* 1: its name was there, and is not any more; copies of files are gone as well */
int guard_forget(void);
/* calls take with each, in guard; how many of them gave 1, the last of which is in guard, open */
int guard_each(int (*take)(void));
/* that one, or with NULL the only one, in guard; 0: it was said that there is none */
int guard_find(const char *id);
/* 1: a process waits for it; 0: none does, and we have its lock until .fd is closed */
int guard_waited(void);

#endif
