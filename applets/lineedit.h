/* lineedit.h - a line of text from a terminal, with editing and history. */
/* SPDX-License-Identifier: MIT */
#ifndef LINEEDIT_H
#define LINEEDIT_H

#include <stddef.h>

#define LINE_LEN 2048 /* with its NUL */
#define LINE_HISTORY 4096

struct lineedit {
	char text[LINE_LEN]; /* NUL-terminated once line_read gives it out */
	unsigned len, at;    /* bytes of it; the cursor */
	unsigned left;       /* the first byte that is shown */
	/* the lines before, each with its NUL; the one that is being written may lie behind them */
	char past[LINE_HISTORY];
	unsigned used, shown; /* bytes of those; where the one that was called up starts */
	unsigned char escape; /* how much of a key's sequence has come: 0, ESC, or '[' */
	unsigned char param;  /* its number, where that is one digit */
	int sig; /* sig_pipe's descriptor: SIGINT, and while we read those that end us */
};

enum line_event {
	LINE_MORE,  /* nothing to tell yet */
	LINE_READY, /* the line is in text */
	LINE_TAB,  /* somebody wants the word before the cursor completed: line_insert, and go on */
	LINE_DROP, /* ^C: the line is empty again */
	LINE_PAUSE, /* ^Z */
	LINE_END    /* ^D in an empty line, or no terminal any more */
};

/* what one byte from the terminal does */
enum line_event line_key(struct lineedit *e, unsigned char c);
/* at the cursor; 0 where it does not fit */
int line_insert(struct lineedit *e, const char *s, size_t n);
/*
 * Shows the line behind its prompt on descriptor 1, on one row of so many columns: of a
 * long one the part around the cursor.
 */
void line_draw(struct lineedit *e, const char *prompt, unsigned columns);
/*
 * One line from the terminal on descriptors 0 and 1, which is raw while this
 * runs and at no other time; LINE_READY, LINE_TAB or LINE_END. A line that was
 * given out is gone at the next call, what stood before a tab is not.
 */
enum line_event line_read(struct lineedit *e, const char *prompt);

#endif
