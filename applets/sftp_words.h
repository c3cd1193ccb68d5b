/* sftp_words.h - a command line cut into words. */
/* SPDX-License-Identifier: MIT */
#ifndef SFTP_WORDS_H
#define SFTP_WORDS_H

#define WORDS_LINE 2048 /* the longest line, with its NUL */
#define WORDS_MAX 64

struct words {
	int n;
	char quote; /* the one that the last word is still in; 0 */
	char *v[WORDS_MAX + 1];
	char text[2 * WORDS_LINE + 8]; /* a quoted wildcard takes two bytes for one */
};

/*
 * White space separates words; '...', "..." and a backslash quote as in OpenSSH's
 * sftp; # ends the line. Wildcards that were quoted have a backslash before
 * them still, for glob. v[n] is NULL. 0; -EINVAL: a quote is open (the words
 * are there, the last one as it stands); -E2BIG.
 */
int words_split(struct words *w, const char *line);
/* for a word that is no pattern: takes off the backslashes that were for glob, in place */
void words_plain(char *word);

#endif
