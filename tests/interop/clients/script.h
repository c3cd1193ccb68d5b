/* script.h - what a driver is told to do: words of standard input, each ended by a NUL. */
/* SPDX-License-Identifier: MIT */
#ifndef SCRIPT_H
#define SCRIPT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char script[1 << 20], *script_at = script, *script_end;

static void script_read(void)
{
	script_end = script + fread(script, 1, sizeof script - 1, stdin);
	if (script_end == script + sizeof script - 1)
		exit(9);
}

/* the next word; NULL after the last */
static const char *script_word(void)
{
	const char *w = script_at;

	if (w == script_end)
		return NULL;
	script_at += strlen(w) + 1;
	return w;
}

/* the last line that a step says; the script goes on after a failure */
static void script_ended(unsigned long status)
{
	if (status)
		printf("status %lu\n", status);
	else
		puts("ok");
}

#endif
