/* proc.c - the process itself: its image, its terminal, its signals. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

struct self proc_self = {.image = -1};
char proc_path[256];

const char *self_name(void)
{
	return proc_self.name ? proc_self.name : "";
}

int self_fd(void)
{
	return proc_self.image;
}

void self_drop(void)
{
	if (proc_self.image >= 0)
		close(proc_self.image);
	proc_self.image = -1;
	proc_path[0] = 0;
}

/* What a shell would have run for argv[0]; path stays empty where there is nothing. */
static void path_search(const char *arg)
{
	const char *dirs = getenv("PATH"), *colon;
	int n;

	if (strchr(arg, '/')) {
		fmt(proc_path, sizeof proc_path, "%s", arg);
		return;
	}
	for (; dirs; dirs = colon ? colon + 1 : NULL) {
		colon = strchr(dirs, ':');
		n = colon ? (int)(colon - dirs) : (int)strlen(dirs);
		fmt(proc_path, sizeof proc_path, "%.*s/%s", n, dirs, arg);
		if (n && access(proc_path, X_OK) == 0)
			return;
	}
	proc_path[0] = 0;
}

static void path_find(const char *arg)
{
	ssize_t n = readlink("/proc/self/exe", proc_path, sizeof proc_path - 1);

	proc_path[n > 0 ? n : 0] = 0;
	if (n <= 0 || access(proc_path, X_OK) < 0)
		path_search(arg);
}

/* Descriptors 0 to 2 that are not open would be given to files that hold secrets. */
static void std_fds_fill(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	if (fd >= 0)
		close(fd);
}

void self_init(char **argv)
{
	const char *slash;

	std_fds_fill();
	proc_self.argv0 = argv[0] ? argv[0] : "cubssh";
	slash = strrchr(proc_self.argv0, '/');
	proc_self.name = slash ? slash + 1 : proc_self.argv0;
	/* executed by a descriptor the kernel would show that descriptor's number */
	prctl(PR_SET_NAME, proc_self.name, 0, 0, 0);
	path_find(proc_self.argv0);
	proc_self.image = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	if (proc_self.image < 0 && proc_path[0])
		proc_self.image = open(proc_path, O_PATH | O_CLOEXEC);
}

int proc_daemon(void)
{
	long pid = fork_raw();
	int null, i;

	if (pid < 0)
		return -errno;
	if (pid > 0)
		_exit(0);
	setsid();
	null = open("/dev/null", O_RDWR);
	if (null < 0)
		return -errno;
	for (i = 0; i < 3; i++)
		dup2(null, i);
	if (null > 2)
		close(null);
	return 0;
}

void proc_reset_signals(void)
{
	struct sigaction sa = {.sa_handler = SIG_DFL};
	int s;

	for (s = 1; s < NSIG; s++)
		sigaction(s, &sa, NULL);
	sigprocmask(SIG_SETMASK, &sa.sa_mask, NULL); /* empty, as it was made above */
	umask(022);
}

void proc_undumpable(void)
{
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
