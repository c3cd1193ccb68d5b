/* match.h - patterns with * and ?, and lists of them. */
/* SPDX-License-Identifier: MIT */
#ifndef MATCH_H
#define MATCH_H

#include "wire.h"

int match_glob(struct str s, struct str pattern);
/*
 * Patterns separated by commas or spaces, `!` before one excludes: 1 where one
 * matches, -1 where an excluding one does, else 0.
 */
int match_list(struct str s, struct str list);

#endif
