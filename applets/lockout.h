/* lockout.h - whether anybody could log in. */
/* SPDX-License-Identifier: MIT */
#ifndef LOCKOUT_H
#define LOCKOUT_H

#include "hostkeys.h"
#include "settings.h"

/* 1: somebody could, by these settings and keys; where nobody could the log says why, of each account */
int check_somebody(const struct settings *s, const struct hostkeys *h);

/*
 * sshd.c: of a command line and the file that it leads to; 0, or an exit status plus one. first:
 * a file that cannot be read leaves a rescue login, where there is one.
 */
int sshd_settings(struct settings *s, int argc, char **argv, int first);

#endif
