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
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applets.h"
#include "flag.h"
#include "guard.h"
#include "port.h"

#define DAEMON 3 /* RFC 5424's facility */
#define MOST (7 * 86400)

static const char usage[] =
    "usage: guard [-t SECONDS] [--boot] [--undo COMMAND] [--files PATH...] -- COMMAND "
    "[ARGUMENT...]\n"
    "       guard list | cancel [ID] | boot\n"
    "       confirm [ID]                          from a login made since; the change stays\n";

static const char *const names[] = {"-t:", "--undo:", "--files:", "--boot", NULL};

static char **command;
static unsigned seconds = 120;

/* ---- the process that waits ---------------------------------------------------- */

static int lines[2]; /* what the change prints */
static int front;    /* to the process at the terminal, -1: it is gone, or was told how it ended */

static void tell(const void *p, size_t n)
{
	struct pollfd slow = {.fd = front, .events = POLLOUT};
	int r = front < 0 ? -EPIPE : msg_send(front, p, n, NULL, 0);

	if (r == -EAGAIN && poll(&slow, 1, 1000) > 0)
		r = msg_send(front, p, n, NULL, 0);
	if (r == 0 || front < 0)
		return;
	close(front); /* nobody looks at it */
	front = -1;
}

static void pass_on(void)
{
	char text[1024];
	ssize_t n;

	text[0] = 'o';
	while ((n = read(lines[0], text + 1, sizeof(text) - 1)) > 0)
		tell(text, (size_t)n + 1);
}

static void tell_end(int status)
{
	char text[2] = {'s', (char)(WIFEXITED(status) ? WEXITSTATUS(status) : 255)};

	pass_on();
	tell(text, sizeof(text));
	close(front);
	front = -1;
}

static pid_t change_start(void)
{
	const char *const line[] = {"sh", "-c", command[0], NULL};
	pid_t pid;

	fd_nonblock(lines[0]);
	dup2(lines[1], 1);
	dup2(lines[1], 2);
	pid = prog_spawn(command[1] ? (const char *const *)command : line, 0, 1);
	if (pid < 0)
		fmt_fd(2, "%s: %s\n", command[0], err_text(-pid));
	dup2(0, 1);
	dup2(0, 2);
	return pid;
}

static int watch(void)
{
	pid_t pid = change_start();
	const char *how = "cancelled";
	int status = pid < 0 ? 127 << 8 : -1;

	for (;;) {
		struct pollfd p = {.fd = lines[0], .events = POLLIN};

		if (pid > 0 && waitpid(pid, &status, WNOHANG) == pid)
			pid = 0;
		if (pid <= 0 && status > 0 && guard_claim())
			how = "the change failed";
		if (pid == 0 && status == 0 && !guard.since) {
			guard_done();
			tell_end(0);
		}
		if (clock_boot_ms() >= guard.until && guard_claim())
			how = "not confirmed in time";
		if (guard.undoing || access(guard.path, F_OK))
			break;
		if (poll(&p, 1, pid > 0 ? 50 : 500) > 0)
			pass_on();
	}
	if (pid > 0)
		kill(pid, SIGKILL);
	if (!guard.undoing && !guard_claim())
		return 0;
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

	while ((n = msg_recv(fd, text, sizeof(text), NULL, &none)) > 1 && text[0] == 'o')
		fmt_fd(1, "%.*s", (int)n - 1, text + 1);
	if (n != 2 || text[0] != 's') {
		fmt_fd(2, "guard %u: the change did not end\n", guard.id);
		return 1;
	}
	if (text[1])
		fmt_fd(2, "guard %u: status %d: undone\n", guard.id, (uint8_t)text[1]);
	return (uint8_t)text[1];
}

static int arm(void)
{
	int pair[2], r;
	pid_t pid;

	guard.until = clock_boot_ms() + (uint64_t)seconds * 1000;
	if (!guard_make() || !guard_keep())
		return 1;
	r = msg_pair(pair);
	if (r == 0)
		r = fd_pipe(lines);
	pid = r < 0 ? r : proc_away(0);
	if (pid < 0) {
		guard_forget();
		fmt_fd(2, "guard: %s\n", err_text(-pid));
		return 1;
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
	       guard.id, seconds, guard.id);
	return look_on(pair[0]);
}

/* ---- the others ------------------------------------------------------------------ */

static int show(void)
{
	uint64_t now = clock_boot_ms(), left = guard.until > now ? (guard.until - now) / 1000 : 0;

	fmt_fd(1, "%u  %s  %u s left%s  undo: %p\n", guard.id,
	       guard.undoing    ? "is being undone"
	       : !guard.since   ? "the change is running"
	       : guard_waited() ? "to be confirmed"
				: "nobody waits any more",
	       (unsigned)left, guard.boot ? "  --boot" : "", guard.undo);
	return 0;
}

static int cancel(const char *id)
{
	char path[96];
	int i;

	if (!guard_find(id))
		return 1;
	if (!guard.undoing && !guard_claim()) {
		fmt_fd(2, "guard %u: it has been confirmed\n", guard.id);
		return 1;
	}
	fmt(path, sizeof(path), "%s.undo", guard.path);
	if (!guard_waited())
		guard_undo("cancelled");
	for (i = 0; i < 6000 && !access(path, F_OK); i++)
		poll(NULL, 0, 20);
	fmt_fd(2, "guard %u: undone\n", guard.id);
	return 0;
}

/* what a reset, or a signal, has left undecided */
static int left_behind(void)
{
	if (!guard_waited() && (guard.undoing || guard_claim()))
		guard_undo("");
	return 0;
}

/* the paths behind --files, and the command to undo it, as guard_keep wants them */
static char *compose_file(char *at, const char *path)
{
	static char full[PATH_REAL] APART;
	size_t left = (size_t)(guard.text + GUARD_TEXT - at), n;
	int r = path_real(path, full);

	if (r == 0 && (strchr(full, '\n') || !full[1]))
		r = -EINVAL;
	n = r ? 0 : fmt(at, left, "+%s\n", full);
	if (r == 0 && n < left - 1 && n < GUARD_PATH)
		return at + n;
	fmt_fd(2, "guard: %s: %s\n", path, err_text(r ? -r : ENAMETOOLONG));
	return NULL;
}

static int parse(char **argv)
{
	char *at = guard.text + 42, *undo = "", *arg;
	int what = 0, any = 0;
	uint64_t n;

	guard.files = at;
	while ((what = flag_word(&argv, names, &arg)) >= 0) {
		if (what == 0 && num_parse(arg, 5, MOST, &n))
			return 0;
		if (what == 0)
			seconds = (unsigned)n;
		else if (what == 1)
			undo = arg;
		else if (what == 3)
			guard.boot = 1;
		any |= what == 1;
		for (; what == 2 && arg; arg = *argv && **argv != '-' ? *argv++ : NULL) {
			any = 1;
			at = compose_file(at, arg);
			if (!at)
				return 0;
		}
	}
	command = argv;
	if (what == -2 || !*argv || !any)
		return 0;
	guard.undo = at + 1;
	n = (uint64_t)(guard.text + GUARD_TEXT - at);
	return fmt(at, (size_t)n, "!%s\n", undo) < n - 1;
}

int guard_main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	self_init(argv);
	proc_close_from(3);
	if (argc == 2 && !strcmp(verb, "list")) {
		guard_each(show);
		return 0;
	}
	log_open("guard", 1, LOG_L_INFO, DAEMON);
	if (argc <= 3 && !strcmp(verb, "cancel"))
		return cancel(argv[2]);
	if (argc == 2 && !strcmp(verb, "boot")) {
		guard_each(left_behind);
		return 0;
	}
	if (argc < 2 || !parse(argv + 1)) {
		fmt_fd(2, "%s", usage);
		return 2;
	}
	return arm();
}
