/* test_callhome.c - the command line of callhome, its file, and lists of relays. */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <unistd.h>

#include "callhome.h"
#include "check.h"
#include "port.h"

/* the relay number i of a list is target and port, NULL: there is none */
static int is(const char *list, unsigned i, const char *target, const char *port)
{
	char room[128];
	const char *p;

	callhome.relays = list;
	if (!callhome_relay(i, room, &p))
		return !target;
	return target && !strcmp(room, target) && (port ? p && !strcmp(p, port) : !p);
}

static void test_relays(void)
{
	check("relay/one", is("a", 0, "a", NULL) && is("a", 1, NULL, NULL), "other");
	check("relay/port", is("u@a:2", 0, "u@a", "2") && is("a:", 0, "a", ""), "other");
	check("relay/list",
	      is("a,u@b:3,c", 1, "u@b", "3") && is("a,u@b:3,c", 2, "c", NULL) &&
		  is("a,u@b:3,c", 3, NULL, NULL) && is("a,", 1, "", NULL),
	      "other");
	check("relay/v6",
	      is("fe80::1%eth0", 0, "fe80::1%eth0", NULL) && is("u@[::1]:5,b", 0, "u@::1", "5") &&
		  is("[::1]", 0, "::1", NULL) && is("::1,b", 1, "b", NULL) &&
		  is("[::1", 0, "[::1", NULL),
	      "other");
}

/* the words of the user that a connection's process gets, with blanks between them */
static int passes(const char *want)
{
	const char **a = callhome.args + CALLHOME_FIRST;
	char line[256] = "";
	size_t n = 0;

	for (; *a; a++)
		n += fmt(line + n, sizeof(line) - n, n ? " %s" : "%s", *a);
	return !strcmp(line, want);
}

/* the words are counted once in a program's life, so this one is the only one */
static void test_words(void)
{
	char path[] = "/tmp/callhome.XXXXXX";
	char *argv[] = {"callhome", "-i", "k", "-c", path, "-f", "-oA=b", "-L", "1:h:2", NULL};
	static const char text[] = "# a comment\n\nu@a,b:2 --max 7\t\"-o\" \"User x\" # more\n-v";
	int fd = mkstemp(path);

	check("words/file", fd >= 0 && write(fd, text, sizeof(text) - 1) == sizeof(text) - 1,
	      "cannot be written");
	check("words/taken", callhome_args(argv) == 0, "refused");
	check("words/own",
	      callhome.most == 7 && callhome.background && callhome.to_syslog && !callhome.serve &&
		  !callhome.status && !strcmp(callhome.relays, "u@a,b:2"),
	      "other");
	check("words/passed", passes("-i k -o User x -v -oA=b -L 1:h:2 -lu"), "other");
	unlink(path);
	close(fd);
}

int main(void)
{
	test_words();
	test_relays();
	return check_result();
}
