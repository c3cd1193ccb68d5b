/* test_port_proc.c - our own roles, signals, descriptors. */
/* SPDX-License-Identifier: MIT */
#include "test_port.h"

#include <poll.h>

static char
    text[200]; /* results; empty at the start, and in a role until it knows its descriptors */

/* the numbers of all open descriptors, as "0 1 2 3 " */
static char *fds_text(void)
{
	size_t n = 0;
	int i;

	text[0] = 0;
	for (i = 0; i < 100; i++)
		if (fcntl(i, F_GETFD) >= 0)
			n += fmt(text + n, sizeof text - n, "%d ", i);
	return text;
}

/* the role: tells on descriptor 3 what it finds */
static int role(void)
{
	char comm[20] = "", c = 0;
	sigset_t mask;
	ssize_t n;
	int fd;

	if (!text[0])
		fds_text();
	sigprocmask(SIG_BLOCK, NULL, &mask);
	n = read(4, &c, 1);
	fmt_fd(3, "%s| %c %d %s %s ", text, n == 1 ? c : '-', sigismember(&mask, SIGTERM),
	       signal(SIGHUP, SIG_DFL) == SIG_DFL ? "default" : "not", self_name());
	fd = open("/proc/self/comm", O_RDONLY);
	n = fd < 0 ? 0 : read(fd, comm, sizeof comm - 1);
	fmt_fd(3, "%.*s", n > 0 ? (int)n - 1 : 0, comm);
	close(3);
	return 5;
}

static int role_null(void)
{
	char c;

	return read(0, &c, 1) == 0 && write(1, "x", 1) == 1 && write(2, "x", 1) == 1 ? 6 : 1;
}

/* The answer of a role is in text, its status is returned. */
static int spawn_role(int (*run)(void), const char *name, int keep_err)
{
	int told[2], given[2], fds[2];
	size_t n = 0;
	ssize_t k;
	pid_t pid;

	if (pipe(told) < 0 || pipe(given) < 0 || write(given[1], "G", 1) != 1)
		return -1;
	fds[0] = told[1];
	fds[1] = given[0];
	text[0] = 0; /* for the forked kind of role */
	pid = self_spawn(name, fds, 2, keep_err, run);
	close(told[1]);
	while ((k = read(told[0], text + n, sizeof text - 1 - n)) > 0)
		n += (size_t)k;
	text[n] = 0;
	close(told[0]);
	close(given[0]);
	close(given[1]);
	return pid < 0 ? pid : test_wait(pid);
}

static const char *spawns_itself(void)
{
	NEED(spawn_role(role, "role", 1) == 5);
	NEED(!strncmp(text, "0 1 2 3 4 | G 0 default ", 24));
	/* binfmt_misc puts another argv[0] in place of ours */
	NEED(test_emulated() || !strcmp(text + 24, "testrole testrole"));
	NEED(spawn_role(role_null, "null", 0) == 6);
	return NULL;
}

/* sources on the places of others' targets, and a source twice */
static const char *spawns_with_any_order(void)
{
	int told[2], given[2], i;
	ssize_t n;
	pid_t pid;

	NEED(dup2(1, 3) == 3 && dup2(1, 4) == 4);
	self_init((char *[]){"/usr/bin/testrole", NULL}); /* its image is above them now */
	for (i = 0; i < 2; i++) {
		NEED(pipe(told) == 0 && pipe(given) == 0 && write(given[1], "G", 1) == 1);
		NEED(dup2(told[1], 4) == 4 && dup2(given[0], i ? 0 : 3) >= 0);
		close(told[1]);
		text[0] = 0;
		pid = self_spawn("role", (int[]){4, i ? 0 : 3}, 2, 1, role);
		NEED(pid > 0);
		dup2(2, 4);
		n = read(told[0], text, sizeof text - 1);
		NEED(n > 0);
		text[n] = 0;
		NEED(strstr(text, "0 1 2 3 4 | G "));
		NEED(test_wait(pid) == 5);
	}
	return NULL;
}

/* a file that replaced ours is not executed; a deleted one does no harm */
static const char *spawns_what_it_was(void)
{
	char cmd[700], copy[] = "/tmp/test_port.image.XXXXXX";
	int fd, st;

	if (test_emulated())
		SKIP("an emulator needs the file by its name");
	fd = mkstemp(copy);
	NEED(fd >= 0);
	close(fd);
	snprintf(cmd, sizeof cmd, "cp '%s' '%s' && chmod 755 '%s'", test_self(), copy, copy);
	NEED(system(cmd) == 0);
	snprintf(cmd, sizeof cmd, "'%s' --replaced", copy);
	st = system(cmd);
	unlink(copy);
	NEED(WIFEXITED(st) && WEXITSTATUS(st) == 0);
	return NULL;
}

static int replaced(char **argv)
{
	int r;

	self_init((char *[]){"/usr/bin/testrole", NULL});
	unlink(argv[0]);
	put_file(argv[0], "#!/bin/sh\nexit 9\n", 0755);
	r = spawn_role(role, "role", 1);
	if (r != 5 || strncmp(text, "0 1 2 3 4 |", 11) != 0)
		return 1;
	unlink(argv[0]);
	return spawn_role(role, "role", 1) != 5;
}

/* the kernel of the day lacks this and that */
static const char *spawns_on_old_kernels(void)
{
	static const char *const lack[] = {
	    "execveat:error=ENOSYS",
	    "execveat,execve:error=ENOENT:when=2+",
	    "execveat,execve:error=EACCES:when=2+",
	    "execveat,close_range:error=ENOSYS",
	    "execveat,close_range,getdents64:error=ENOSYS",
	};
	static char why[100];
	size_t i;

	if (test_emulated() || !test_strace())
		SKIP("no strace that works here");
	for (i = 0; i < sizeof lack / sizeof *lack; i++) {
		pid_t pid;

		snprintf(text, sizeof text, "inject=%s", lack[i]);
		pid = fork();
		if (pid == 0) {
			execlp("strace", "strace", "-f", "-o", "/dev/null", "-e", text, test_self(),
			       "--spawn", (char *)NULL);
			_exit(127);
		}
		if (test_wait(pid) != 0) {
			snprintf(why, sizeof why, "without %s", lack[i]);
			return why;
		}
	}
	return NULL;
}

static int spawn_only(void)
{
	const char *why;

	self_init((char *[]){"/usr/bin/testrole", NULL});
	why = spawns_itself();
	if (why)
		fprintf(stderr, "%s: %s\n", why, text);
	return why != NULL;
}

static const char *signals(void)
{
	int fd = sig_pipe((int[]){SIGCHLD, SIGTERM, 0}), i, n;
	struct pollfd p = {fd, POLLIN, 0};
	pid_t pid;

	NEED(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC && sig_next() == 0);
	NEED(raise(SIGTERM) == 0 && poll(&p, 1, 0) == 1 && sig_next() == SIGTERM &&
	     sig_next() == 0);
	pid = fork();
	if (pid == 0)
		_exit(0);
	NEED(poll(&p, 1, 5000) == 1);
	NEED(sig_next() == SIGCHLD && test_wait(pid) == 0);
	for (i = 0; i < 1000; i++) /* nothing blocks; the kernel need not count */
		raise(SIGTERM);
	for (n = 0; sig_next() == SIGTERM; n++)
		;
	NEED(n >= 1);
	NEED(pipe((int[2]){0}) == 0 && sig_pipe((int[]){SIGUSR1, 0}) == fd);
	raise(SIGUSR1);
	NEED(sig_next() == SIGUSR1);
	raise(SIGTERM);
	NEED(sig_next() == SIGTERM);
	NEED(signal(SIGPIPE, SIG_DFL) == SIG_IGN);
	return NULL;
}

static const char *closes_the_rest(void)
{
	int fd, i;

	self_init((char *[]){"x", NULL}); /* its descriptor and that of signals are port's own */
	fd = sig_pipe((int[]){SIGTERM, 0});
	for (i = 0; i < 40; i++)
		NEED(dup(1) > 0);
	proc_close_from(3);
	raise(SIGTERM);
	NEED(sig_next() == SIGTERM && fcntl(fd, F_GETFD) >= 0);
	for (i = 3, fd = 0; i < 100; i++)
		fd += fcntl(i, F_GETFD) >= 0;
	NEED(fd <= 3 && fcntl(0, F_GETFD) >= 0 && fcntl(2, F_GETFD) >= 0);
	return NULL;
}

/* descriptors 0 to 2 closed by who started us: no file of ours takes their place */
static const char *fills_std_fds(void)
{
	struct stat st, null;
	int p[2];

	NEED(stat("/dev/null", &null) == 0 && dup2(1, 40) == 40);
	close(0);
	close(2);
	self_init((char *[]){"x", NULL});
	NEED(fstat(0, &st) == 0 && st.st_rdev == null.st_rdev);
	NEED(fstat(2, &st) == 0 && st.st_rdev == null.st_rdev);
	NEED(pipe(p) == 0 && p[0] > 2);
	return NULL;
}

static const char *daemons(void)
{
	int p[2], buf[3] = {0};
	pid_t pid;

	NEED(pipe(p) == 0);
	pid = fork();
	if (pid == 0) {
		struct stat st, null;

		if (proc_daemon() < 0)
			_exit(1);
		buf[0] = getpid();
		buf[1] = getsid(0);
		buf[2] = stat("/dev/null", &null) == 0 && fstat(0, &st) == 0 &&
			 st.st_rdev == null.st_rdev && fstat(2, &st) == 0 &&
			 st.st_rdev == null.st_rdev;
		if (write(p[1], buf, sizeof buf) < 0)
			_exit(1);
		_exit(0);
	}
	NEED(test_wait(pid) == 0 && read(p[0], buf, sizeof buf) == sizeof buf);
	NEED(buf[0] != pid && buf[1] == buf[0] && buf[2]);
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--probe") == 0)
		return getcwd(text, sizeof text) ? 0 : 77;
	if (argc == 2 && strcmp(argv[1], "--replaced") == 0)
		return replaced(argv);
	if (argc == 2 && strcmp(argv[1], "--spawn") == 0)
		return spawn_only();
	if (argc == 2 && (strcmp(argv[1], "role") == 0 || strcmp(argv[1], "null") == 0)) {
		int (*run)(void) = *argv[1] == 'r' ? role : role_null;

		fds_text(); /* before self_init adds its own */
		self_init(argv);
		return run();
	}
	self_init((char *[]){"/usr/bin/testrole", NULL});
	RUN(spawns_itself);
	RUN(spawns_with_any_order);
	RUN(spawns_what_it_was);
	RUN(spawns_on_old_kernels);
	RUN(signals);
	RUN(closes_the_rest);
	RUN(fills_std_fds);
	RUN(daemons);
	return test_failed;
}
