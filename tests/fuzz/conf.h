/* conf.h - what the fuzzers of configurations share: files, command lines, and where messages go. */
/* SPDX-License-Identifier: MIT */
#ifndef CONF_H
#define CONF_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void must(int good)
{
	if (!good)
		abort();
}

static inline int null_fd(void)
{
	static int null = -1;

	if (null < 0)
		null = open("/dev/null", O_WRONLY);
	return null;
}

/* stderr from here on to nobody, but with LOUD in the environment; the other puts it back */
static inline int hush(void)
{
	int err = dup(2);

	if (!getenv("LOUD"))
		dup2(null_fd(), 2);
	return err;
}

static inline void hush_end(int err)
{
	dup2(err, 2);
	close(err);
}

/* the lines of p behind the argc words that are there; their new count, max at most */
static inline int words(char **argv, int argc, int max, char *p)
{
	for (p = strtok(p, "\n"); p && argc < max; p = strtok(NULL, "\n"))
		argv[argc++] = p;
	argv[argc] = NULL;
	return argc;
}

/* the path of a file with that in it, the same each time */
static inline char *file_with(const char *p, size_t n)
{
	static char path[32];
	static int fd = -1;

	if (fd < 0) {
		fd = fileno(tmpfile());
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	must(!ftruncate(fd, 0) && pwrite(fd, p, n, 0) == (ssize_t)n);
	return path;
}

/* the input behind its first byte, with a NUL, for free(); what is printed goes nowhere */
static inline char *input_text(const uint8_t *data, size_t n)
{
	char *p = malloc(n);

	dup2(null_fd(), 1);
	memcpy(p, data + 1, n - 1);
	p[n - 1] = 0;
	return p;
}

#endif
