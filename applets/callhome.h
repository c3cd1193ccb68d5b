/* callhome.h - what the files of callhome share. */
/* SPDX-License-Identifier: MIT */
#ifndef CALLHOME_H
#define CALLHOME_H

#include <stdint.h>
#include <sys/types.h>

#define CALLHOME_WORDS 64  /* of the command line and the file, in all */
#define CALLHOME_FIRST 7   /* arguments of a connection's process that are not the user's */
#define CALLHOME_MARK '\1' /* before a port, on the pipe: the connection stands */

struct callhome {
	const char *relays; /* with commas between them */
	const char *status; /* a file; NULL: none */
	uint32_t most;      /* seconds, the longest pause */
	const char *serve;  /* not NULL: the server is at our end */
	uint8_t background, to_syslog;
	/* the user's arguments for ssh or sshd, from [CALLHOME_FIRST] on; NULL behind the last */
	const char *args[CALLHOME_FIRST + CALLHOME_WORDS + 3];
};

extern struct callhome callhome;

/* callhome_args.c: fills it in; 0, or an exit status plus one */
int callhome_args(char **argv);
/*
 * The relay number i, and its port inside of target, NULL where it has none; 0: it is beyond
 * the last.
 */
int callhome_relay(unsigned i, char target[128], const char **port);

/* callhome_child.c: a process that is one connection; argv[1] says which end is ours */
int callhome_child(int argc, char **argv);

#endif
