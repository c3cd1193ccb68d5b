/* spawn.c - new processes: ourselves in another role, or a user's program. */
/* SPDX-License-Identifier: MIT */
/*
 * The child of a vfork runs on our memory until it executes something, so it
 * makes system calls and writes to its own frames only. What went wrong comes
 * back as numbers through a pipe, not through memory: on MIPS and a few more
 * musl's vfork is a fork.
 */
#include "internal.h"

#include "config.h"
#include "proc.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define FDS_MAX 16
#define NOTE_TTY 0x10000
/* a session may be one of our own programs */
#define CHILD_RUNS (CFG_SFTP_SERVER | CFG_PTYLESS | CFG_RESCUE)

/*
 * fds[i] becomes descriptor i. Those from keep on do not survive an exec: the
 * pipe for reports is fds[keep].
 */
struct map {
	int fds[FDS_MAX], n, keep;
};

/* everything that a child needs, worked out before it exists */
struct job {
	void (*body)(
	    const struct job *j); /* in the child; returns where it failed, having reported */
	struct map map;
	int pipe; /* reports: > 0 an errno that is the end, < 0 one that is not */
	const char *role;
	const struct child *child;
	const struct cred *cred;
};

static void report(int fd, int err)
{
	write_all(fd, &err, sizeof err);
}

/* Through copies above all targets, so that no order of the sources matters. */
static int map_apply(const struct map *m)
{
	int copy[FDS_MAX], i;
	long r;

	for (i = 0; i < m->n; i++)
		if ((copy[i] = (int)fcntl_raw(m->fds[i], F_DUPFD, m->n)) < 0)
			return copy[i];
	for (i = 0; i < m->n; i++) {
		r = sys(SYS_dup3, copy[i], i, i < m->keep ? 0 : O_CLOEXEC);
		if (r < 0)
			return (int)r;
	}
	fds_close((unsigned)m->n, ~0u >> 1);
	return 0;
}

static __attribute__((noinline)) pid_t vfork_body(const struct job *j)
{
	pid_t pid = vfork();

	if (pid == 0) {
		j->body(j);
		_exit(127);
	}
	return pid < 0 ? -errno : pid;
}

/* What came through the pipe: an errno that was the end, or 0; *note one that was not. */
static int read_reports(int fd, int *note)
{
	int err;
	ssize_t n;

	while ((n = read(fd, &err, sizeof err)) > 0 || (n < 0 && errno == EINTR)) {
		if (n > 0 && err > 0)
			return err;
		if (n > 0)
			*note = -err;
	}
	return 0;
}

/* The child's pid once it has executed, or -errno. */
static pid_t job_start(struct job *j, int *note)
{
	unsigned long all[SIG_WORDS], old[SIG_WORDS];
	int ends[2], err;
	pid_t pid;
	size_t i;

	*note = 0;
	err = fd_pipe(ends);
	if (err < 0)
		return err;
	j->pipe = j->map.fds[j->map.keep] = ends[1];
	for (i = 0; i < SIG_WORDS; i++)
		all[i] = ~0ul;
	sig_mask(all, old); /* nothing happens to the child before it is itself */
	pid = vfork_body(j);
	sig_mask(old, NULL);
	close(ends[1]);
	err = pid > 0 ? read_reports(ends[0], note) : 0;
	close(ends[0]);
	if (!err)
		return pid;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return -err;
}

/* 1: the path still leads to the file that we were started from */
static int path_leads(const char *path, int image)
{
	struct kstat is, was;

	return path[0] && stat_path(path, &is) == 0 &&
	       stat_at(image, "", &was, AT_EMPTY_PATH) == 0 && is.st_dev == was.st_dev &&
	       is.st_ino == was.st_ino;
}

/* executes our own image, which the map has put behind the pipe; comes back with -errno */
static long exec_self(const struct job *j, char *const *args, char *const *env)
{
	int image = j->map.keep + 1;
	char path[32];
	long r = sys(SYS_execveat, image, "", args, env, (long)AT_EMPTY_PATH);

	/* under an emulator (ENOEXEC) no name helps either */
	if (CFG_OLD_KERNELS && r != -ENOEXEC) {
		fmt(path, sizeof path, "/proc/self/fd/%d", image);
		sys(SYS_execve, path_leads(proc_path, image) ? proc_path : path, args, env);
	}
	return r;
}

static void role_body(const struct job *j)
{
	char *const args[] = {(char *)proc_self.argv0, (char *)j->role, NULL};
	long r = map_apply(&j->map);

	if (r < 0) {
		report(j->pipe, (int)-r);
		return;
	}
	proc_reset_signals();
	report(j->map.keep, (int)-exec_self(j, args, environ));
}

/* An open /dev/null, or what can be neither read nor written for want of one. */
static int open_null(void)
{
	int fd = fd_open("/dev/null", O_RDWR);

	return fd < 0 ? fd_open("/", O_RDONLY) : fd;
}

static void again_body(const struct job *j)
{
	long r = map_apply(&j->map);

	if (r < 0) {
		report(j->pipe, (int)-r);
		return;
	}
	proc_reset_signals();
	sys(SYS_setsid);
	report(j->map.keep, (int)-exec_self(j, j->child->argv, environ));
}

pid_t self_again(char *const *argv)
{
	struct child c = {.argv = argv};
	struct job j = {.body = again_body, .child = &c};
	int note;

	j.map = (struct map){
	    .fds = {0, 1, 2, 0, proc_self.image},
              .n = 5, .keep = 3
        };
	return proc_self.image < 0 ? -ENOENT : job_start(&j, &note);
}

/* nothing of port's own stays open in a process that goes on as another role */
static void drop_own(void)
{
	sig_ignore();
	log_drop();
	sig_drop();
	self_drop();
}

/* The same process in another role. */
static pid_t fork_role(const struct job *j, int nfds, int (*run)(void))
{
	struct map m = j->map;
	long pid = fork_raw();

	if (pid)
		return (pid_t)pid;
	m.n = m.keep = 3 + nfds;
	proc_reset_signals();
	drop_own();
	if (map_apply(&m) < 0)
		_exit(127);
	_exit(run());
}

pid_t self_spawn(const char *role, const int *fds, int nfds, int keep_err, int (*run)(void))
{
	struct job j = {.body = role_body, .role = role};
	int null, i, note;
	pid_t pid = -ENOENT;

	if (nfds < 0 || nfds > FDS_MAX - 5)
		return -EINVAL;
	null = open_null();
	for (i = 0; i < 3; i++)
		j.map.fds[i] = i == 2 && keep_err ? 2 : null;
	for (i = 0; i < nfds; i++)
		j.map.fds[3 + i] = fds[i];
	j.map.keep = 3 + nfds;
	j.map.fds[4 + nfds] = proc_self.image;
	j.map.n = 5 + nfds;
	if (proc_self.image >= 0)
		pid = job_start(&j, &note);
	if (pid < 0)
		pid = fork_role(&j, nfds, run);
	close(null);
	return pid;
}

/* all that comes before the program: 0, or -errno */
static int child_prepare(const struct job *j)
{
	const struct child *c = j->child;
	int err;
	long r;

	proc_reset_signals();
	sys(SYS_setsid);
	err = j->cred ? cred_set(j->cred) : 0;
	if (err < 0)
		return err;
	r = sys(SYS_chdir, c->user->home);
	if (r < 0) {
		report(j->pipe, (int)r);
		sys(SYS_chdir, "/");
	}
	err = map_apply(&j->map);
	if (err < 0)
		return err;
	r = c->tty ? ioctl_raw(0, TIOCSCTTY, NULL) : 0;
	if (r < 0)
		report(j->map.keep, (int)r - NOTE_TTY);
	return 0;
}

/* comes back with an errno */
static int exec_path(char *const *argv)
{
	const char *p = getenv("PATH"), *next;
	char file[512];
	long r;

	if (strchr(argv[0], '/'))
		p = "";
	else if (!p)
		p = "/usr/local/bin:/bin:/usr/bin";
	do {
		next = p + strcspn(p, ":");
		fmt(file, sizeof file, "%.*s/%s", (int)(next - p), p, argv[0]);
		r = sys(SYS_execve, next > p ? file : argv[0], argv, environ);
		p = next + 1;
	} while (*next && (r == -ENOENT || r == -ENOTDIR || r == -EACCES));
	return -(int)r;
}

static void child_body(const struct job *j)
{
	const struct child *c = j->child;
	/* the pipe has its place after the map alone */
	int err = child_prepare(j), at = err < 0 ? j->pipe : j->map.keep;

	if (err == 0)
		err = (int)(CHILD_RUNS && c->run  ? exec_self(j, c->argv, c->envp)
			    : CFG_JOB && !c->path ? -exec_path(c->argv)
						  : sys(SYS_execve, c->path, c->argv, c->envp));
	report(at, -err);
}

/* ourselves where we cannot be executed */
static pid_t fork_child(struct job *j)
{
	long pid = fork_raw();
	int n = 0;

	if (pid)
		return (pid_t)pid;
	j->pipe = -1;
	j->map.n = j->map.keep = 3;
	drop_own();
	if (child_prepare(j) < 0)
		_exit(127);
	environ = (char **)j->child->envp;
	while (j->child->argv[n])
		n++;
	_exit(j->child->run(n, (char **)j->child->argv));
}

pid_t child_spawn(const struct child *c)
{
	struct job j = {.body = child_body, .child = c};
	struct cred cred;
	int note;
	pid_t pid;

	if (c->as_user) {
		cred_of(c->user, &cred);
		j.cred = &cred;
	}
	j.map = (struct map){
	    .fds = {c->in, c->out, c->err},
              .n = 4, .keep = 3
        };
	if (CHILD_RUNS && c->run)
		j.map.fds[j.map.n++] = proc_self.image;
	pid = job_start(&j, &note);
	if (CHILD_RUNS && pid < 0 && c->run)
		pid = fork_child(&j);
	if (note)
		log_put(LOG_L_NOTICE,
			note < NOTE_TTY ? "'%p' starts in /, not at home: %s"
					: "'%p' has no controlling terminal: %s",
			c->user->name, err_text(note & (NOTE_TTY - 1)));
	return pid;
}

int self_path(char *buf, size_t n)
{
	ssize_t len;

	if (proc_path[0]) {
		fmt(buf, n, "%s", proc_path);
	} else {
		len = readlink("/proc/self/exe", buf, n - 1);
		if (len < 0)
			return -errno;
		buf[len] = 0;
	}
	return path_leads(buf, proc_self.image) ? 0 : -ENOENT;
}

int prog_exec(char *const *argv)
{
	sig_pass_on();
	return -exec_path(argv);
}

static void prog_body(const struct job *j)
{
	const struct child *c = j->child;

	sig_pass_on();
	if (c->in != c->out)
		sys(SYS_prctl, PR_SET_PDEATHSIG, (long)SIGTERM);
	sys(SYS_dup3, c->in, 0, 0L);
	sys(SYS_dup3, c->out, 1, 0L);
	report(j->pipe, exec_path(c->argv));
}

pid_t prog_spawn(const char *const *argv, int in, int out)
{
	struct child c = {.in = in, .out = out, .argv = (char *const *)argv};
	struct job j = {.body = prog_body, .child = &c};
	int note;

	return job_start(&j, &note);
}

int prog_wait(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}
