/* test_port.h - the frame of port's tests: each case runs in a process of its own. */
/* SPDX-License-Identifier: MIT */
#ifndef TEST_PORT_H
#define TEST_PORT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "port.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT2(x) #x
#define TEXT1(x) TEXT2(x)
/* in a case: gives the reason where the condition does not hold */
#define NEED(c)                                                 \
	do {                                                    \
		if (!(c))                                       \
			return "line " TEXT1(__LINE__) ": " #c; \
	} while (0)
#define SKIP(why) return "skip " why

typedef const char *(*test_case)(void);

static int test_failed;

static void test_report(const char *name, const char *why)
{
	if (!why)
		printf("ok %s\n", name);
	else if (strncmp(why, "skip ", 5) == 0)
		printf("skip %s: %s\n", name, why + 5);
	else
		printf("FAIL %s: %s\n", name, why);
	fflush(stdout);
	test_failed |= why && strncmp(why, "skip ", 5) != 0;
}

/* status of a process that was waited for: 256 + n where signal n ended it */
static inline int test_wait(pid_t pid)
{
	int st = -1;

	if (waitpid(pid, &st, 0) != pid)
		return -1;
	return WIFSIGNALED(st) ? 256 + WTERMSIG(st) : WEXITSTATUS(st);
}

static void test_run(const char *name, test_case c)
{
	pid_t pid;
	int st;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		alarm(60);
		test_report(name, c());
		_exit(test_failed);
	}
	st = test_wait(pid);
	test_failed |= st != 0;
	if (st > 1)
		printf("FAIL %s: status %d\n", name, st);
}

#define RUN(c) test_run(#c, c)

/* a fresh directory of ours, made the current one */
static inline const char *test_dir(void)
{
	static char path[] = "/tmp/test_port.XXXXXX";

	if (!mkdtemp(path) || chdir(path) < 0 || chmod(path, 0755) < 0) {
		perror(path);
		exit(1);
	}
	return path;
}

static inline void test_dir_remove(const char *path)
{
	char cmd[100];

	snprintf(cmd, sizeof cmd, "rm -rf '%s'", path);
	if (strncmp(path, "/tmp/test_port.", 15) == 0 && chdir("/") == 0 && system(cmd) != 0)
		fprintf(stderr, "%s stays\n", path);
}

static inline void put_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) < 0 || fchmod(fd, mode) < 0) {
		perror(path);
		exit(1);
	}
	close(fd);
}

/* our own file, for programs that run us again */
static inline const char *test_self(void)
{
	static char path[300];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);

	path[n > 0 ? n : 0] = 0;
	return path;
}

/* 1: the system's programs are for another machine than we are */
static inline int test_emulated(void)
{
	char ours[20] = {0}, theirs[20] = {0};
	int a = open(test_self(), O_RDONLY), b = open("/bin/sh", O_RDONLY);
	int known = read(a, ours, 20) == 20 && read(b, theirs, 20) == 20;

	close(a);
	close(b);
	/* EI_CLASS, EI_DATA, e_machine */
	return known &&
	       (memcmp(ours + 4, theirs + 4, 2) != 0 || memcmp(ours + 18, theirs + 18, 2) != 0);
}

/* the path of strace, or NULL; not for emulated programs, which it cannot see into */
static inline const char *test_strace(void)
{
	const char *self = test_self();
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 1);
		dup2(null, 2);
		execlp("strace", "strace", "-e", "inject=getcwd:error=EPERM", self, "--probe",
		       (char *)NULL);
		_exit(127);
	}
	return test_wait(pid) == 77 ? "strace" : NULL;
}

#endif
