/* guard_confirm.c - confirms a change, from a login that was made after it. */
/* SPDX-License-Identifier: MIT */
/*
 * A login's age is its server process's: the start that the kernel tells of the
 * monitor above us in the tree of processes, whatever a session says of itself.
 * The outermost counts, since below it anybody may be called anything. The
 * variable that the monitor gives is for a machine without /proc, and tells a
 * program that has left its login (tmux) from one that has none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applets.h"
#include "flag.h"
#include "guard.h"
#include "match.h"
#include "mon.h"
#include "port.h"

#define OTHERS "sshd,sshd-session,dropbear" /* the innermost of them is of this login */
#define TICK 10                             /* milliseconds, of /proc/PID/stat */

static const char usage[] = "usage: confirm [--force] [ID]\n";

struct process {
	unsigned parent;
	uint64_t start; /* clock_boot_ms */
	int monitor;    /* it is called so */
	int other;      /* another server's */
};

static uint64_t env_start;
static unsigned env_pid;

/* text behind the given number of blanks */
static char *field(char *p, int n)
{
	for (; p && n; n--)
		p = (p = strchr(p, ' ')) ? p + 1 : NULL;
	return p;
}

/* a number with something behind it */
static uint64_t number(char *p)
{
	uint64_t n = 0;

	if (p) {
		p[strspn(p, "0123456789")] = 0;
		num_parse(p, 0, UINT64_MAX, &n);
	}
	return n;
}

static int look(unsigned pid, struct process *p)
{
	char text[1024], path[32], *name, *end;
	ssize_t n;

	fmt(path, sizeof(path), "/proc/%u/cmdline", pid);
	n = file_read(path, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = 0;
	p->monitor = pid == env_pid || (n > 0 && !strcmp(text + strlen(text) + 1, ROLE_MONITOR));
	fmt(path, sizeof(path), "/proc/%u/stat", pid);
	n = file_read(path, text, sizeof(text) - 1);
	if (n <= 0)
		return 0;
	text[n] = 0;
	name = strchr(text, '(');
	end = strrchr(text, ')');
	if (!name || !end)
		return 0;
	*end = 0;
	p->other = list_has(STR(OTHERS), str_of(name + 1));
	end = field(end + 1, 2);
	name = field(end, 18); /* number() puts an end to the first */
	p->parent = (unsigned)number(end);
	p->start = number(name) * TICK;
	return p->start != 0;
}

static void env_read(void)
{
	char *text = getenv(ENV_LOGIN), *pid = field(text, 1);

	env_pid = (unsigned)number(pid);
	env_start = number(text);
}

/* when this login was made; 0: it has been said why nobody knows */
static uint64_t login_start(int force)
{
	uint64_t found = 0, other = 0;
	unsigned pid = (unsigned)getppid();
	struct process p;
	int told = 1;

	env_read();
	for (; pid > 1 && (told = look(pid, &p)); pid = p.parent) {
		if (p.monitor)
			found = p.start;
		else if (p.other && !other)
			other = p.start;
	}
	if (!found && !told) /* no /proc, or one that hides the others' processes */
		found = env_start;
	else if (!found && env_start)
		fmt_fd(2, "confirm: this program has left its login (tmux, screen, nohup): log in "
			  "anew, and confirm there\n");
	else if (!found && !(found = other) && force)
		found = UINT64_MAX;
	else if (!found)
		fmt_fd(2, "confirm: nobody can tell when this login was made: confirm through SSH, "
			  "or with --force if you have just come in\n");
	return found;
}

int confirm_main(int argc, char **argv)
{
	static const char *const names[] = {"--force", NULL};
	char **operands = argv + 1, *arg;
	int force = 0, what;
	uint64_t start;

	(void)argc;
	self_init(argv);
	while ((what = flag_word(&operands, names, &arg)) == 0)
		force = 1;
	if (what != -1 || (operands[0] && operands[1])) {
		fmt_fd(2, "%s", usage);
		return 2;
	}
	if (!guard_find(*operands) || !(start = login_start(force)))
		return 1;
	if (!guard.since || guard.undoing)
		fmt_fd(2, "confirm: guard %u: the change is %s\n", guard.id,
		       guard.undoing ? "being undone" : "still running: try again");
	else if (start <= guard.since)
		fmt_fd(2,
		       "confirm: guard %u: this login was there before the change: log in anew, "
		       "and confirm there\n",
		       guard.id);
	else if (!guard_forget())
		fmt_fd(2, "confirm: guard %u: it is being undone\n", guard.id);
	else
		return fmt_fd(1, "guard %u: confirmed, the change stays\n", guard.id), 0;
	return 1;
}
