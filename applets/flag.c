/* flag.c - the flags of a command line, one after another. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "flag.h"

int flag_listed(const char *list, char c, int *takes)
{
	const char *p = c == ':' ? NULL : strchr(list, c);

	if (p)
		*takes = p[1] == ':';
	return p != NULL;
}

int flag_next(const char **at, char ***argv, const char *own, const char *more, char **arg)
{
	int takes = 0;
	char c;

	if (!*at || !**at) {
		char *p = **argv;

		if (!p || *p != '-' || !p[1])
			return 0;
		++*argv;
		if (!strcmp(p, "--"))
			return 0;
		*at = p + 1;
	}
	c = *(*at)++;
	if (!flag_listed(own, c, &takes) && !flag_listed(more, c, &takes))
		return '?';
	*arg = NULL;
	if (!takes)
		return c;
	*arg = **at ? (char *)*at : **argv;
	if (!**at && *arg)
		++*argv;
	*at = NULL;
	return *arg ? c : '?';
}

int flag_word(char ***argv, const char *const *names, char **arg)
{
	char *p = **argv;
	size_t n;
	int i;

	if (!p || *p != '-' || !p[1])
		return -1;
	++*argv;
	if (!strcmp(p, "--"))
		return -1;
	n = strlen(p);
	for (i = 0; names[i]; i++) {
		if (strncmp(names[i], p, n) != 0 || (names[i][n] && names[i][n] != ':'))
			continue;
		if (names[i][n] && !(*arg = *(*argv)++))
			break;
		return i;
	}
	return -2;
}
