/* proc.c - the process itself: its image, its terminal, its signals. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "proc.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

struct self proc_self = {.image = -1};
char proc_path[256];

void self_shorten(void)
{
	proc_self.argv0 = proc_self.name;
}

void self_rename(const char *name)
{
	proc_self.argv0 = proc_self.name = name;
}

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

/* Descriptors 0 to 2 that are not open would be given to files that hold secrets. */
static void std_fds_fill(void)
{
	int fd;

	do
		fd = (int)sys(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR);
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
	if (CFG_NOMMU)
		proc_self.argv = argv;
	proc_self.name = slash ? slash + 1 : proc_self.argv0;
	/* executed by a descriptor the kernel would show that descriptor's number */
	sys(SYS_prctl, PR_SET_NAME, proc_self.name);
	sig_ignore();
	proc_self.image = fd_open("/proc/self/exe", O_PATH);
	if (proc_self.image >= 0 || !slash)
		return;
	/* no /proc: by the name that we were called by, while it leads to us */
	if (fmt(proc_path, sizeof proc_path, "%s", proc_self.argv0) < sizeof proc_path - 1)
		proc_self.image = fd_open(proc_path, O_PATH);
}

pid_t proc_away(int as_long)
{
	pid_t parent = as_long ? getpid() : 0;
	long pid = fork_raw();

	if (pid)
		return (pid_t)pid;
	if (as_long)
		sys(SYS_prctl, PR_SET_PDEATHSIG, (long)SIGTERM);
	if (as_long && getppid() != parent)
		return -ECHILD;
	sys(SYS_setsid);
	return 0;
}

int proc_background(void)
{
	pid_t pid = proc_away(0);

	if (pid > 0)
		_exit(0);
	if (CFG_SSH)
		sig_forget_hup();
	return pid;
}

int proc_null(void)
{
	int null = fd_open("/dev/null", O_RDWR), i;

	if (null < 0)
		return null;
	for (i = 0; i < 3; i++)
		dup2(null, i);
	close(null);
	return 0;
}

/*
 * Without fork: started once more, by the same words, in a session of its own, which is how
 * that one knows that it is the daemon. What is open here, it opens anew.
 */
static int daemon_again(void)
{
	int r;

	if (sys(SYS_getsid, 0L) == getpid())
		return proc_null();
	proc_close_from(3);
	r = self_again(proc_self.argv);
	if (r > 0)
		_exit(0);
	return r;
}

int proc_daemon(void)
{
	int r = CFG_NOMMU ? -ENOSYS : proc_background();

	if (CFG_NOMMU)
		return daemon_again();

	return r < 0 ? r : proc_null();
}

void proc_undumpable(void)
{
	sys(SYS_prctl, PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
}
