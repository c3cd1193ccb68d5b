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

/* when this login was made; 0: nobody knows, *why */
static uint64_t login_start(int force, const char **why)
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
	*why = "this login is older than the change: log in anew";
	if (found)
		return found;
	if (!told) /* no /proc, or one that hides the others' processes */
		return env_start;
	if (env_start) {
		*why = "not in its login any more (tmux?): log in anew";
		return 0;
	}
	if (other)
		return other;
	*why = "how old is this login? --force, if not as old as the change";
	return force ? UINT64_MAX : 0;
}

int confirm_main(int argc, char **argv)
{
	const char *why;
	int force;

	self_init(argv);
	force = argc > 1 && !strcmp(argv[1], "--force");
	if (argc > 2 + force || (argc > 1 + force && argv[1 + force][0] == '-')) {
		fmt_fd(2, "usage: confirm [--force] [ID]\n");
		return 2;
	}
	if (!guard_find(argv[1 + force]))
		return 1;
	if (!guard.saved.since || guard.undoing) {
		why = guard.undoing ? "it is being undone" : "the change is still running";
	} else {
		if (login_start(force, &why) > guard.saved.since && guard_forget()) {
			fmt_fd(1, "guard %u: confirmed, the change stays\n", guard.id);
			return 0;
		}
	}
	fmt_fd(2, "confirm: guard %u: %s\n", guard.id, why);
	return 1;
}
