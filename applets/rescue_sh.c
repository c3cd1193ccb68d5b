/* rescue_sh.c - rescue-sh: a line at a time, for where no shell can be executed. */
/* SPDX-License-Identifier: MIT */
/* It starts no process for a command of its own, and needs no file to be there. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "applets.h"
#include "port.h"
#include "rescue_sh.h"
#include "settings_share.h"

static const char usage[] = "usage: rescue-sh [-c LINE]\na command a line; help lists them\n";

static const struct rescue_cmd *const tables[] = {rescue_files, rescue_system};

const char *rescue_parse(struct rescue_line *l, char *text)
{
	char *word;
	int r, redirect;

	*l = (struct rescue_line){0};
	for (;;) {
		text += strspn(text, " \t");
		redirect = *text == '>';
		if (redirect) {
			l->append = *++text == '>';
			text += l->append;
		}
		r = set_word(&text, &word);
		if (r < 0)
			return "a quote is open";
		if (redirect && (!r || !*word || l->to))
			return "one file is wanted behind >";
		if (!r)
			return NULL;
		if (redirect)
			l->to = word;
		else if (l->argc == RESCUE_WORDS)
			return "too many words";
		else
			l->argv[l->argc++] = word;
	}
}

static void help(void)
{
	const struct rescue_cmd *c;
	unsigned i;

	for (i = 0; i < 2; i++)
		for (c = tables[i]; c->text; c++)
			fmt_fd(rescue_out, "  %s\n", c->text);
	fmt_fd(rescue_out, "  cd DIR\n  exit\n  any program\n  ... > FILE, ... >> FILE\n");
}

static int program_run(const struct rescue_line *l)
{
	pid_t pid = prog_spawn((const char *const *)l->argv, 0, rescue_out);
	int status;

	if (pid < 0)
		return rescue_say(l->argv[0], pid);
	status = prog_wait(pid);
	return status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff;
}

static int command_run(const struct rescue_line *l)
{
	const char *name = l->argv[0];
	const struct rescue_cmd *c;
	size_t n = strlen(name);
	unsigned i;

	if (!strcmp(name, "cd"))
		return rescue_say(name, chdir(l->argc > 1 ? l->argv[1] : "/"));
	for (i = 0; i < 2; i++)
		for (c = tables[i]; c->text; c++)
			if (!strncmp(c->text, name, n) && strcspn(c->text, " ") == n) {
				if (l->argc > c->least && l->argc <= c->most + 1)
					return c->run((char **)l->argv + 1);
				fmt_fd(2, "usage: %s\n", c->text);
				return 2;
			}
	if (strcmp(name, "help"))
		return program_run(l);
	help();
	return 0;
}

/* its status; -1: the end is asked for */
static int line_run(char *text)
{
	struct rescue_line l;
	const char *wrong = rescue_parse(&l, text);
	int status;

	if (wrong) {
		fmt_fd(2, "%s\n", wrong);
		return 2;
	}
	if (!l.argc)
		return 0;
	if (!strcmp(l.argv[0], "exit"))
		return -1;
	rescue_out = 1;
	if (l.to) {
		rescue_out = fd_open_at(AT_FDCWD, l.to,
					O_WRONLY | O_CREAT | (l.append ? O_APPEND : O_TRUNC), 0644);
		if (rescue_out < 0)
			return rescue_say(l.to, rescue_out);
	}
	status = command_run(&l);
	if (l.to)
		close(rescue_out);
	return status;
}

static int lines_run(int fd, char *room, size_t n)
{
	struct termios t;
	struct lines in;
	int prompt = tty_get(fd, &t) == 0, r, status = 0;
	char *line;

	lines_init(&in, fd, room, n);
	for (;;) {
		if (prompt)
			fmt_fd(1, "rescue# ");
		r = lines_next(&in, &line);
		while (sig_next())
			;
		if (r == -E2BIG || r == -EILSEQ)
			fmt_fd(2, "line %lu: too long, or not text\n", in.no);
		else if (r <= 0)
			return status;
		else if ((r = line_run(line)) < 0)
			return status;
		else
			status = r;
	}
}

int rescue_sh_main(int argc, char **argv)
{
	static const int signals[] = {SIGINT, 0};
	static char room[RESCUE_LINE + 1] APART;
	char *line, *next;
	int status = 0;

	sig_pipe(signals);
	if (argc == 1)
		return lines_run(0, room, RESCUE_LINE);
	if (argc != 3 || strcmp(argv[1], "-c")) {
		fmt_fd(2, "%s", usage);
		return 2;
	}
	for (line = argv[2]; status >= 0 && line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		status = line_run(line);
	}
	return status < 0 ? 0 : status;
}
