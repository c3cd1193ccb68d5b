/* rescue_sh.h - what the files of the built-in commands share. */
/* SPDX-License-Identifier: MIT */
#ifndef RESCUE_SH_H
#define RESCUE_SH_H

#include <stddef.h>
#include <stdint.h>

#define RESCUE_WORDS 16
#define RESCUE_LINE 1024
#define RESCUE_BLOCK 65536

struct rescue_line {
	int argc;
	char *argv[RESCUE_WORDS + 1];
	char *to;   /* behind > or >>; NULL */
	int append; /* >> */
};

/*
 * Words with blanks between, quotes and backslashes as in sshd_config, # and what
 * follows left out, and a word that starts with > outside of quotes; in place. NULL,
 * or what is wrong.
 */
const char *rescue_parse(struct rescue_line *l, char *text);

/* what a command has: where its output goes, and room */
extern int rescue_out;
extern uint8_t rescue_block[RESCUE_BLOCK];
/* status of a command: 0, or 1 with the name and the reason on stderr; err < 0 is an errno */
int rescue_say(const char *name, long err);
/* from one descriptor to the other, at most n blocks of that size; 0 or -errno */
long rescue_copy(int from, int to, size_t block, uint32_t n);
/* the file's bytes to the output */
int rescue_cat(const char *path);

/* rescue_cmd.c, rescue_sys.c; least and most: how many arguments */
struct rescue_cmd {
	const char *text; /* name, and what follows it */
	int (*run)(char **argv);
	uint8_t least, most;
};
extern const struct rescue_cmd rescue_files[], rescue_system[];

#endif
