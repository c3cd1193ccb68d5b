/* ssh_agent.c - ssh-agent: keeps keys for a session, and signs with them. */
/* SPDX-License-Identifier: MIT */
/*
 * One process, its descriptors in one poll loop: .polled has the signals, the listener,
 * and connection number i behind them, where -1 is none. A question to the user keeps
 * all others waiting, and a signal then ends us without tidying up.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent.h"
#include "applets.h"
#include "cli.h"
#include "crypto.h"
#include "keyshow.h"

#define CONNS 16
#define PATH 108 /* a unix socket's, with its NUL */
#define ENV 4096

#define SOCK "SSH_AUTH_SOCK"
#define PID "SSH_AGENT_PID"

static struct conn {
	uint32_t have;
	uint8_t in[4 + AGENT_REQUEST];
} conns[CONNS] APART;
static uint8_t reply[AGENT_REPLY] APART;
static struct {
	struct pollfd polled[2 + CONNS];
	int conns, csh;
	char folder[PATH], sock[PATH]; /* folder "": not of our making */
	char pid[12];
} run APART;
static const int signals[] = {SIGTERM, SIGINT, SIGHUP, 0};

/* ---- connections ----------------------------------------------------------- */

int agent_consent(const char *question)
{
	char said[4] = "yes";
	int n;

	sig_free(signals);
	n = ask_program(question, said, sizeof(said));
	sig_pipe(signals);
	return n >= 0 && !memcmp(said, "yes", 3) && (n == 0 || n == 3);
}

/* reads, and answers what is there in whole; 0: that was the last of it */
static int conn_read(struct conn *c, int fd)
{
	ssize_t n = read(fd, c->in + c->have, sizeof(c->in) - c->have);

	if (n <= 0)
		return n < 0 && errno == EAGAIN;
	c->have += (uint32_t)n;
	while (c->have >= 4) {
		uint32_t len = get_u32(c->in);
		struct wr w = wr_init(reply, sizeof(reply));
		uint8_t *mark = wr_open(&w);
		int wait;

		if (len > c->have - 4)
			return len <= AGENT_REQUEST;
		wait = agent_answer((struct str){c->in + 4, len}, &w, clock_ms());
		if (wait)
			poll(NULL, 0, wait);
		wr_close(&w, mark);
		/* who does not read his answers has no use for more */
		if (write(fd, reply, wr_len(&w)) != (ssize_t)wr_len(&w))
			return 0;
		wipe(c->in, 4 + len);
		c->have -= 4 + len;
		memmove(c->in, c->in + 4 + len, c->have);
	}
	return 1;
}

/* of the user's own programs and root's; -1: there is none */
static int conn_new(void)
{
	struct addr peer;
	uid_t uid;
	int fd = sock_accept(run.polled[1].fd, &peer);

	if (fd >= 0 && (unix_peer(fd, &uid) < 0 || (uid && uid != getuid()))) {
		close(fd);
		fd = -1;
	}
	run.conns += fd >= 0;
	return fd;
}

static void serve(void)
{
	int i;

	for (i = 0; i < 2 + CONNS; i++) {
		run.polled[i].events = POLLIN;
		if (i >= 2)
			run.polled[i].fd = -1;
	}
	for (;;) {
		run.polled[1].events = run.conns < CONNS ? POLLIN : 0;
		poll(run.polled, 2 + CONNS, agent_expire(clock_ms()));
		if (sig_next())
			return;
		for (i = 0; i < CONNS; i++) {
			struct pollfd *p = &run.polled[2 + i];
			struct conn *c = &conns[i];

			if (p->fd < 0 && run.polled[1].revents) {
				p->fd = conn_new();
				run.polled[1].revents = 0;
			} else if (p->fd >= 0 && p->revents && !conn_read(c, p->fd)) {
				close(p->fd);
				wipe(c, sizeof(*c));
				p->fd = -1;
				run.conns--;
			}
		}
	}
}

/* ---- start and end --------------------------------------------------------- */

static int fail(const char *what, int err)
{
	return key_fail(what, err_text(-err));
}

/* in a folder that nobody else can enter, with a name that nobody can guess; -errno */
static int listen_at(const char *path)
{
	const char *tmp = getenv("TMPDIR");
	uint32_t raw[8];

	if (!path) {
		rand_seed((uint8_t *)raw);
		fmt(run.folder, PATH, "%s/ssh-%x%x", tmp && *tmp ? tmp : "/tmp", raw[0], raw[1]);
		if (mkdir(run.folder, 0700) < 0)
			return -errno;
	}
	if (fmt(run.sock, PATH, path ? "%s" : "%s/agent.%u", path ? path : run.folder,
		(unsigned)getpid()) >= PATH - 1)
		return -ENAMETOOLONG;
	return unix_listen(run.sock, 0177, 0);
}

static void env_put(char *to, const char *name, const char *value)
{
	static char *env[ENV] APART;
	size_t n = 0, len = fmt(to, PATH + 16, "%s=%s", name, value) - strlen(value);

	for (char **e = environ; *e && n < ENV - 2; e++)
		if (strncmp(*e, to, len) != 0)
			env[n++] = *e;
	env[n++] = to;
	env[n] = NULL;
	environ = env;
}

/* the agent is our child; we become the command, and our end is the child's */
static int become(char **argv)
{
	static char text[2][PATH + 16] APART;

	env_put(text[0], SOCK, run.sock);
	env_put(text[1], PID, run.pid);
	return fail(argv[0], prog_exec(argv));
}

/* for a shell to read; value NULL: it is over */
static void say(const char *name, const char *value)
{
	fmt_fd(1,
	       value     ? run.csh ? "setenv %s %s;\n" : "%s=%s; export %s;\n"
	       : run.csh ? "unsetenv %s;\n"
			 : "unset %s;\n",
	       name, value, name);
}

static int end_other(void)
{
	const char *text = getenv(PID);
	uint64_t pid;

	if (!text || num_parse(text, 2, INT32_MAX, &pid))
		return fail(PID, -EINVAL);
	if (kill((pid_t)pid, SIGTERM) < 0)
		return fail(text, -errno);
	say(SOCK, NULL);
	say(PID, NULL);
	fmt_fd(1, "echo Agent pid %s killed;\n", text);
	return 0;
}

static int be_agent(int stay, char **command)
{
	pid_t pid;
	int r;

	run.polled[0].fd = sig_pipe(signals);
	run.polled[1].fd = r = listen_at(agent_args.given['a']);
	if (r < 0) {
		rmdir(run.folder);
		return fail(run.sock, r);
	}
	pid = stay ? 0 : proc_away(*command != NULL);
	fmt(run.pid, sizeof(run.pid), "%u", (unsigned)(pid > 0 ? pid : getpid()));
	if (pid > 0 && *command)
		return become(command);
	if (stay || pid > 0) {
		say(SOCK, run.sock);
		if (!stay)
			say(PID, run.pid);
		fmt_fd(1, "echo Agent pid %s;\n", run.pid);
	}
	if (pid > 0)
		return 0;
	if (!pid && (stay || !(proc_null() | chdir("/")))) {
		agent_lock_memory();
		serve();
		agent_forget();
	}
	unlink(run.sock);
	rmdir(run.folder);
	return pid < 0 ? fail("background", pid) : 0;
}

int ssh_agent_main(int argc, char **argv)
{
	const char *shell = getenv("SHELL"), **given = agent_args.given;
	size_t n = shell ? strlen(shell) : 0;

	(void)argc;
	if (!agent_flags_take(
		&argv, "csDdka:E:t:",
		"ssh-agent [-c|-s] [-Ddk] [-a SOCKET] [-E HASH] [-t LIFE] [COMMAND...]"))
		return 1;
	proc_close_from(3);
	run.csh = given['c'] || (!given['s'] && n > 2 && !strcmp(shell + n - 3, "csh"));
	return given['k'] ? end_other() : be_agent(given['d'] || given['D'], argv);
}
