/* flag.h - the flags of a command line, one after another. */
/* SPDX-License-Identifier: MIT */
#ifndef FLAG_H
#define FLAG_H

/* a bit for each letter; upper and lower case share it */
#define FLAG(letter) (1u << ((letter)&31))

/* 1: the letter is in the list; *takes: a colon follows it */
int flag_listed(const char *list, char c, int *takes);
/*
 * The next flag. *argv, which starts behind the program's name, moves on; *at starts at
 * NULL and keeps what is left of a bundle. own, more: lists of letters, a colon after
 * those with an argument, which comes in *arg. 0: no flag is left, *argv is at the
 * operands; '?': there is none such, or its argument is missing.
 */
int flag_next(const char **at, char ***argv, const char *own, const char *more, char **arg);
/*
 * The next flag of those that are words ("--then"), as they stand in names, to a NULL; a
 * colon behind those with an argument, which comes in *arg. Its place in names; -1: none is
 * left, *argv is at the operands; -2: there is none such, or its argument is missing.
 */
int flag_word(char ***argv, const char *const *names, char **arg);

#endif
