/* vectors.h - an algorithm behind the pipe of vectors.c. */
/* SPDX-License-Identifier: MIT */
#ifndef VECTORS_H
#define VECTORS_H

#include <stdint.h>

#define FIELDS 5
#define ANY (-1) /* length of a field */

struct field {
	const uint8_t *p;
	int len; /* bytes */
};

struct alg {
	const char *name;
	/* writes the answer and gives its length; -1: refused */
	int (*run)(const struct field *f, uint8_t *out);
	int n;           /* how many fields */
	int len[FIELDS]; /* how long they must be */
};

/* tables end with a row without a name */
extern const struct alg algs_pq[], algs_cipher[];

#endif
