/* sftp_words.c - a command line cut into words. */
/* SPDX-License-Identifier: MIT */
#include "sftp_words.h"

#include <errno.h>
#include <string.h>

static int is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

/* a backslash and what it stands before, which is not NUL */
static char *put_escaped(char *to, char quote, char c)
{
	int wild = is_one_of(c, "?[*");

	if (quote && c == quote)
		wild = quote = 0;
	else if (quote && wild) {
		*to++ = '\\'; /* in quotes both are meant: "\*" is a backslash and a star */
		*to++ = '\\';
	}
	if (quote || wild || (c == '\\'))
		*to++ = '\\';
	*to++ = c;
	return to;
}

int words_split(struct words *w, const char *line)
{
	static const char white[] = " \t\n\v\f\r";
	char *to = w->text;
	int inside = 0; /* a word */

	w->n = 0;
	w->quote = 0;
	for (;; line++) {
		int end = !*line || (!w->quote && *line == '#');

		if (to > w->text + sizeof w->text - 6)
			return -E2BIG;
		if (end || (!w->quote && is_one_of(*line, white))) {
			if (inside)
				*to++ = 0;
			w->n += inside;
			inside = 0;
			w->v[w->n] = NULL;
			if (end)
				return w->quote ? -EINVAL : 0;
			continue;
		}
		if (!inside && w->n == WORDS_MAX)
			return -E2BIG;
		if (!inside)
			w->v[w->n] = to;
		inside = 1;
		if (is_one_of(*line, "'\"") && (!w->quote || *line == w->quote))
			w->quote ^= *line;
		else if (*line == '\\' && line[1])
			to = put_escaped(to, w->quote, *++line);
		else if (w->quote && is_one_of(*line, "?[*"))
			to = put_escaped(to, 0, *line);
		else
			*to++ = *line;
	}
}

void words_plain(char *word)
{
	char *to = word;

	for (; *word; word++) {
		if (*word == '\\' && is_one_of(word[1], "?[*\\"))
			word++;
		*to++ = *word;
	}
	*to = 0;
}
