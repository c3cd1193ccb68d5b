/* proc.h - what proc.c and spawn.c share. */
/* SPDX-License-Identifier: MIT */
#ifndef PORT_PROC_H
#define PORT_PROC_H

struct self {
	const char *argv0, *name;
	char *const *argv; /* NOMMU */
	int image;         /* our own file, by O_PATH where the kernel has it; -1: not known */
};

extern struct self proc_self;
/* spawn.c: ourselves by these words, in a session of its own, with 0 to 2 alone; the pid or -errno */
pid_t self_again(char *const *argv);
/* where the file was at the start, "" where that is not known */
extern char proc_path[256];

#endif
