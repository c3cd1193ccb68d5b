/* test_port_child.c - users' programs and their terminals. */
/* SPDX-License-Identifier: MIT */
#include "test_port.h"

#include <poll.h>

static char text[200];

static const struct user me = {.name = "me", .home = "/tmp", .shell = "/bin/sh"};

/* runs a shell command as a user's program; the status; what it says is in text */
static int run_child(struct child *c, const char *cmd)
{
	char *argv[] = {"-sh", "-c", (char *)cmd, NULL},
	     *envp[] = {"A=b", "PATH=/bin:/usr/bin", NULL};
	int out[2];
	size_t n = 0;
	ssize_t k;
	pid_t pid;

	if (pipe(out) < 0)
		return -1;
	c->in = open("/dev/null", O_RDONLY);
	c->out = c->err = out[1];
	c->path = "/bin/sh";
	c->argv = argv;
	c->envp = envp;
	pid = child_spawn(c);
	close(c->in);
	close(out[1]);
	while ((k = read(out[0], text + n, sizeof text - 1 - n)) > 0)
		n += (size_t)k;
	text[n] = 0;
	close(out[0]);
	return pid < 0 ? pid : test_wait(pid);
}

static const char *children(void)
{
	struct child c = {.user = &me};
	sigset_t mask;

	sigfillset(&mask);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	umask(0);
	NEED(dup2(0, 50) == 50);
	NEED(run_child(&c, "pwd; umask; echo $A; exit 3") == 3 && !strcmp(text, "/tmp\n0022\nb\n"));
	NEED(run_child(&c, "ls /proc/self/fd | tr '\\n' ' '") == 0 && !strcmp(text, "0 1 2 3 "));
	NEED(run_child(&c, "grep -E 'Sig(Blk|Ign)' /proc/self/status | tr -d '0\\n\\t '") == 0);
	/* make leaves signals ignored that an emulator does not let go of */
	NEED(!strcmp(text, "SigBlk:SigIgn:") ||
	     (test_emulated() && !strncmp(text, "SigBlk:SigIgn:", 14)));
	NEED(run_child(&c, "test $$ = $(awk '{print $6}' /proc/self/stat) && echo leader") == 0);
	NEED(!strcmp(text, "leader\n"));
	NEED(run_child(&c, "kill -9 $$") == 256 + SIGKILL);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	NEED(sigismember(&mask, SIGTERM) && signal(SIGHUP, SIG_DFL) == SIG_IGN);
	return NULL;
}

static const char *children_without_a_home(void)
{
	struct user u = me;
	struct child c = {.user = &u};

	log_open("x", 1, LOG_L_ERROR, 4);
	strcpy(u.home, "/no/such/home");
	NEED(run_child(&c, "pwd") == 0 && !strcmp(text, "/\n"));
	return NULL;
}

static const char *children_that_cannot_be(void)
{
	char *argv[] = {"x", NULL};
	struct child c = {.user = &me,
			  .out = 1,
			  .err = 2,
			  .path = "/no/such/program",
			  .argv = argv,
			  .envp = argv + 1};

	NEED(child_spawn(&c) == -ENOENT);
	c.path = "/tmp";
	NEED(child_spawn(&c) == -EACCES);
	NEED(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD); /* none is left behind */
	c.path = "/bin/sh";
	c.in = 999;
	NEED(child_spawn(&c) == -EBADF);
	return NULL;
}

static int forked(int argc, char **argv)
{
	return argc == 2 && !strcmp(argv[1], "(run)") && !strcmp(getenv("A"), "b") ? 33 : 1;
}

/* our own image; where it cannot be executed, a fork */
static const char *children_of_our_own(void)
{
	char *argv[] = {"test", "(run)", NULL}, *envp[] = {"A=b", NULL};
	struct child c = {
	    .user = &me, .out = 1, .err = 2, .argv = argv, .envp = envp, .run = forked};

	if (!CFG_SFTP_SERVER)
		SKIP("no program of ours is built in");
	NEED(test_wait(child_spawn(&c)) == 33); /* the image is not known before self_init */
	self_init(argv);
	NEED(test_wait(child_spawn(&c)) == (test_emulated() ? 33 : 44));
	return NULL;
}

static const char *children_as_a_user(void)
{
	struct user u = me;
	struct child c = {.user = &u, .as_user = 1};

	if (geteuid() != 0)
		SKIP("not root");
	strcpy(u.name, "no-such-user");
	u.uid = 4321;
	u.gid = 4322;
	NEED(run_child(&c, "id -u; id -g; id -G; cat /proc/self/status | grep Cap.*[1-9a-f]$ "
			   "| grep -v CapBnd") == 1);
	NEED(!strcmp(text, "4321\n4322\n4322\n"));
	NEED(geteuid() == 0);
	NEED(user_become(&u) == 0);
	c.as_user = 0;
	NEED(run_child(&c, "id -u") == 0 && !strcmp(text, "4321\n"));
	c.as_user = 1;
	NEED(run_child(&c, "id -u") == 0);
	u.uid = 4444;
	NEED(run_child(&c, "id -u") == -EPERM && !text[0]);
	return NULL;
}

static int read_until(int fd, const char *want)
{
	struct pollfd p = {fd, POLLIN, 0};
	size_t n = 0;

	text[0] = 0;
	while (n < sizeof text - 1 && poll(&p, 1, 5000) == 1) {
		ssize_t k = read(fd, text + n, sizeof text - 1 - n);

		if (k <= 0)
			break;
		n += (size_t)k;
		text[n] = 0;
		if (strstr(text, want))
			return 1;
	}
	return 0;
}

static const char *terminals(void)
{
	char *argv[] = {"sh", "-c", "tty; stty size; read x; echo got; sleep 30", NULL};
	char *envp[] = {"PATH=/bin:/usr/bin", NULL};
	int m, s, r;
	char name[30];
	struct child c = {.user = &me, .tty = 1, .path = "/bin/sh", .argv = argv, .envp = envp};
	pid_t pid;

	r = pty_open(&m, &s, name, sizeof name, NULL);
	if (r < 0 && access("/dev/ptmx", F_OK) < 0)
		SKIP("no ptys here");
	NEED(r == 0 && !strncmp(name, "/dev/pts/", 9));
	NEED(fcntl(m, F_GETFL) & O_NONBLOCK && fcntl(m, F_GETFD) == FD_CLOEXEC);
	NEED(fcntl(s, F_GETFD) == FD_CLOEXEC && !(fcntl(s, F_GETFL) & O_NONBLOCK) && isatty(s));
	pty_size(m, 101, 33, 5, 6);
	c.in = c.out = c.err = s;
	pid = child_spawn(&c);
	NEED(pid > 0);
	close(s);
	NEED(read_until(m, "33 101"));
	NEED(strstr(text, name));
	NEED(write(m, "line\r", 5) == 5 && read_until(m, "got"));
	NEED(write(m, "\003", 1) == 1); /* Ctrl-C needs the controlling terminal */
	NEED(test_wait(pid) == 256 + SIGINT);
	return NULL;
}

static const char *terminals_for_a_user(void)
{
	struct user u = me;
	struct stat st;
	int m, s;
	char name[30];

	if (geteuid() != 0 || access("/dev/ptmx", F_OK) < 0)
		SKIP("not root, or no ptys here");
	u.uid = 4321;
	NEED(pty_open(&m, &s, name, sizeof name, &u) == 0 && fstat(s, &st) == 0);
	NEED(st.st_uid == 4321 && ((st.st_mode & 0777) == 0620 || (st.st_mode & 0777) == 0600));
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "(run)"))
		return 44;
	RUN(children);
	RUN(children_of_our_own);
	RUN(children_without_a_home);
	RUN(children_that_cannot_be);
	RUN(children_as_a_user);
	RUN(terminals);
	RUN(terminals_for_a_user);
	return test_failed;
}
