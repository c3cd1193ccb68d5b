/* guard.c - runs a change, and undoes it unless somebody who has logged in since confirms it. */
/* SPDX-License-Identifier: MIT */
/*
 * Two processes: one at the terminal, which shows what the change says and ends
 * with it, and one apart from any session, which runs the change and waits. The
 * second never writes to the terminal, and reads what the change prints whoever
 * may look at it: a terminal whose network is gone takes nothing, and neither
 * the change nor its end may wait for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applets.h"
#include "flag.h"
#include "guard.h"
#include "port.h"

#define DAEMON 3 /* RFC 5424's facility */
#define MOST (7 * 86400)

static const char usage[] =
    "usage: guard [-t SECONDS] [--boot] [--undo COMMAND] [--files PATH...] -- COMMAND [ARG...]\n"
    "       guard list | cancel [ID] | boot\n";

enum { SECONDS, UNDO, FILES, BOOT };
static const char *const names[] = {"-t:", "--undo:", "--files:", "--boot", NULL};
static const char *given[4];

static char **command;

/* ---- the process that waits ---------------------------------------------------- */

static int lines[2]; /* what the change prints */
static int front;    /* to the process at the terminal, -1: it is gone, or was told how it ended */

static void tell(const void *p, size_t n)
{
	struct pollfd slow = {.fd = front, .events = POLLOUT};
	int r = msg_send(front, p, n, NULL, 0);

	if (r == -EAGAIN && poll(&slow, 1, 1000) > 0)
		r = msg_send(front, p, n, NULL, 0);
	if (r == 0)
		return;
	close(front); /* nobody looks at it */
	front = -1;
}

/* a byte before it, so that its messages are longer than the last */
static void pass_on(void)
{
	char text[1024];
	ssize_t n;

	while ((n = read(lines[0], text + 1, sizeof(text) - 1)) > 0)
		tell(text, (size_t)n + 1);
}

static void tell_end(int status)
{
	char code = (char)(WIFEXITED(status) ? WEXITSTATUS(status) : 255);

	pass_on();
	tell(&code, 1);
	close(front);
	front = -1;
}

static pid_t change_start(void)
{
	static const char *line[] = {"sh", "-c", NULL, NULL};
	pid_t pid;

	line[2] = *command;
	fd_nonblock(lines[0]);
	dup2(lines[1], 1);
	dup2(lines[1], 2);
	pid = prog_spawn(command[1] ? (const char *const *)command : line, 0, 1);
	if (pid < 0)
		guard_fail(*command, -pid);
	dup2(0, 1);
	dup2(0, 2);
	return pid;
}

static int watch(void)
{
	static const int ours[] = {SIGTERM, 0};
	pid_t pid = change_start();
	const char *how = "cancelled";
	int status = pid < 0 ? 127 << 8 : -1;
	struct pollfd p = {.fd = lines[0], .events = POLLIN};

	sig_pipe(ours);
	while (!access(guard.path, F_OK)) {
		if (pid > 0 && waitpid(pid, &status, WNOHANG) == pid)
			pid = 0;
		if (pid <= 0 && status > 0) {
			how = "the change failed";
			break;
		}
		if (pid == 0 && !guard.saved.since) {
			guard_done();
			tell_end(0);
		}
		if (clock_boot_ms() >= guard.saved.until) {
			how = "not confirmed in time";
			break;
		}
		if (poll(&p, 1, pid > 0 ? 50 : 500) > 0)
			pass_on();
	}
	if (pid > 0)
		kill(0, SIGTERM); /* all that it consists of: we read ours, and never look */
	if (guard_claim())
		guard_undo(how);
	tell_end(status);
	return 0;
}

/* ---- the process at the terminal ------------------------------------------------ */

/* passes on what the change prints, until it has ended; its exit status */
static int look_on(int fd)
{
	char text[1025];
	int none = 0;
	ssize_t n;

	while ((n = msg_recv(fd, text, sizeof(text) - 1, NULL, &none)) > 1)
		fmt_fd(1, "%.*s", (int)n - 1, text + 1);
	if (n == 1 && !text[0])
		return 0;
	fmt_fd(2, "guard %u: undone\n", guard.id);
	return n == 1 ? (uint8_t)text[0] : 255;
}

static int arm(uint64_t seconds)
{
	int pair[2], r;
	pid_t pid;

	guard.saved.until = clock_boot_ms() + seconds * 1000;
	if (!guard_make(given[BOOT] != NULL))
		return 1;
	r = msg_pair(pair);
	if (r == 0)
		r = fd_pipe(lines);
	pid = r < 0 ? r : proc_away(0);
	if (pid < 0) {
		guard_forget();
		return !guard_fail("fork", -pid);
	}
	if (pid == 0) {
		close(pair[0]);
		front = pair[1];
		proc_null();
		log_open("guard", 0, LOG_L_INFO, DAEMON);
		return watch();
	}
	close(pair[1]);
	close(guard.fd); /* with it the other process alone has the lock */
	fmt_fd(2, "guard %u: undone in %u s, unless you log in anew and: cubssh confirm %u\n",
	       guard.id, (unsigned)seconds, guard.id);
	return look_on(pair[0]);
}

/* ---- the others ------------------------------------------------------------------ */

static int show(void)
{
	int32_t left = (int32_t)(guard.saved.until - clock_boot_ms());

	fmt_fd(1, "%u  %4d s  %s  %p\n", guard.id, left / 1000,
	       guard.undoing        ? "being undone"
	       : !guard.saved.since ? "running"
	       : guard_waited()     ? "unconfirmed"
				    : "left behind",
	       guard.saved.text);
	return 0;
}

static int cancel(const char *id)
{
	int i;

	if (!guard_find(id))
		return 1;
	if (guard_claim() && !guard_waited())
		guard_undo("cancelled");
	/* the other process does it */
	for (i = 0; i < 6000 && guard_claim(); i++)
		poll(NULL, 0, 20);
	return guard.undoing;
}

/* what a reset, or a signal, has left undecided */
static int left_behind(void)
{
	if (!guard_waited() && guard_claim())
		guard_undo("");
	return 0;
}

/* text of n bytes behind what there is; 0: there is no room */
static int saved_put(const char *prefix, const char *text)
{
	size_t room = GUARD_TEXT - guard.saved.n;
	size_t n = fmt(guard.saved.text + guard.saved.n, room, "%s%s", prefix, text) + 1;

	guard.saved.n += (uint32_t)n;
	return n < room;
}

static int files_put(char **files)
{
	static char full[PATH_REAL] APART;
	int r = 0;

	for (; r == 0 && files && **files != '-'; files++) {
		r = path_real(*files, full);
		if (r == 0 && (!full[1] || !saved_put("+", full)))
			r = -EINVAL;
		if (r)
			guard_fail(*files, -r);
	}
	return r == 0;
}

int guard_main(int argc, char **argv)
{
	char **files = NULL, *verb = argv[1];
	uint64_t seconds = 120;
	int what;

	self_init(argv);
	log_open("guard", 1, LOG_L_INFO, DAEMON);
	if (argc == 2 && !strcmp(verb, "list"))
		return guard_each(show);
	if (argc == 2 && !strcmp(verb, "boot"))
		return guard_each(left_behind);
	if (argc > 1 && argc <= 3 && !strcmp(verb, "cancel"))
		return cancel(argv[2]);
	command = argv + 1;
	while ((what = flag_word(&command, names, &verb)) >= 0) {
		given[what] = verb;
		if (what != FILES)
			continue;
		files = command - 1;
		while (*command && **command != '-')
			command++;
	}
	if (what == -2 || !*command || (!files && !given[UNDO]) ||
	    (given[SECONDS] && num_parse(given[SECONDS], 5, MOST, &seconds))) {
		fmt_fd(2, "%s", usage);
		return 2;
	}
	return saved_put("", given[UNDO]) && files_put(files) ? arm(seconds) : 1;
}
