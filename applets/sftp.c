/* sftp.c - the sftp client: how it is called, and where its commands come from. */
/* SPDX-License-Identifier: MIT */
/*
 * On a terminal SIGINT is read from a descriptor while a command runs: it ends
 * the command, not the session. ssh ignores it from the start.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "applets.h"
#include "proc.h"
#include "sftp_cmd.h"
#include "sshcmd.h"

#define STACK (4 * 1024 * 1024) /* of file names; what is not used costs nothing */

static const char usage[] = "usage: sftp [-46AaCfNpqrv] [-B|b|c|D|F|i|J|l|o|P|R|S|s|X ARGUMENT]\n"
			    "            [user@]host[:path] [local]\n";

struct options {
	struct sshcmd ssh;
	const char *batch, *subsystem;
};

/* ---- the command line ------------------------------------------------------ */

/* an option of ours, perhaps with its argument; 0 where that is wrong */
static int option(struct sftp *s, struct options *o, int letter, const char *arg)
{
	uint64_t n;

	switch (letter) {
	case '?': return 0;
	case 'b': o->batch = arg; return !sshcmd_arg(&o->ssh, "-oBatchMode=yes");
	case 'l':
		if (num_parse(arg, 1, 100 * 1024 * 1024, &n))
			return 0;
		s->x.limit = n >> 24 ? 0 : (uint32_t)n << 7; /* from kbit/s */
		break;
	case 's': o->subsystem = arg; break;
	case 'B': /* requests are what the server takes, and as many as there is room for */
	case 'R':
	case 'X': break;
	default: s->flags |= FLAG(letter);
	}
	return 1;
}

/* a destination without a path has no colon */
static int destination(struct target *t, char *text)
{
	static char host[512] APART;
	int r = target_parse(t, text, "sftp");

	if (r)
		return r > 0;
	return fmt(host, sizeof host, "%s:", text) < sizeof host - 1 &&
	       target_parse(t, host, "sftp") > 0;
}

/* ---- commands -------------------------------------------------------------- */

static int is_tty(int fd)
{
	static struct termios t;

	return tty_get(fd, &t) == 0;
}

/* lines that nobody edits */
static int run_file(struct sftp *s, int fd)
{
	static char buf[WORDS_LINE] APART;
	struct lines lines;
	char *line;
	int r = 0;

	lines_init(&lines, fd, buf, sizeof buf);
	do {
		r = lines_next(&lines, &line);
		if (r <= 0)
			break;
		if (!memchr(line, '@', strspn(line, "-@ \t")))
			fmt_fd(1, "sftp> %s\n", line);
		r = sftp_line(s, line);
	} while (!r && !s->c.err);
	if (r < -1)
		fmt_fd(2, "line %lu: %s\n", lines.no, err_text(-r));
	return r;
}

static int run_terminal(struct sftp *s)
{
	static struct lineedit edit APART;
	int r = 0;

	edit.sig = s->x.stop;
	while (!r && !s->c.err) {
		switch (line_read(&edit, "sftp> ")) {
		case LINE_READY: r = sftp_line(s, edit.text); break;
		case LINE_TAB: sftp_complete(s, &edit); break;
		default: r = 1;
		}
		while (sig_next())
			fmt_fd(2, "\rInterrupt\n");
	}
	return r;
}

/* a directory to start in: 0; a file to get: that was all, 1, or -1 */
static int start_path(struct sftp *s, char *path, char *local)
{
	char *args[] = {path, local, NULL};
	struct call c = {.stop = 1, .argc = 1 + !!local, .argv = args};
	int there =
	    !local && !path_absolute(s, s->path[0], path, 0) && !dir_look(&s->c, s->path[0]);

	if (there && !s->quiet)
		fmt_fd(1, "Changing to: %s\n", shown(s->path[0]));
	c.cmd = command_find(there ? "cd" : "get");
	return call_run(s, &c) ? -1 : !there;
}

static int session(struct sftp *s, const char *path, char *local, int fd)
{
	int r = sftpc_realpath(&s->c, ".", s->pwd);

	if (r) {
		fmt_fd(2, "%s\n", sftpc_text(r));
		return -1;
	}
	path_join(s->start, "", s->pwd);
	if (*path)
		r = start_path(s, (char *)path, local);
	return r ? r : s->tty ? run_terminal(s) : run_file(s, fd);
}

static int connect_run(struct sftp *s, struct options *o, const struct target *t, char *local)
{
	static const int interrupt[] = {SIGINT, 0};
	static uint8_t buf[64 * 1024] APART;
	const char *system = o->subsystem ? o->subsystem : "sftp";
	int io[2], fd = 0, r;
	pid_t pid;

	if (s->batch && strcmp(o->batch, "-"))
		fd = fd_open(o->batch, O_RDONLY);
	if (fd < 0) {
		fmt_fd(2, "%s: %s\n", shown(o->batch), err_text(-fd));
		return 255;
	}
	if (s->tty)
		sig_skip(SIGINT);
	pid = sshcmd_start(&o->ssh, t, !strchr(system, '/'), system, io);
	if (pid < 0)
		return 255;
	if (s->tty) {
		s->x.stop = sig_pipe(interrupt);
		sig_free(interrupt);
	}
	r = sftpc_init(&s->c, io[0], io[1], buf, sizeof buf);
	if (!r && !s->quiet)
		fmt_fd(2, "Connected to %s.\n", shown(o->ssh.server ? o->ssh.server : t->host));
	if (s->tty)
		sig_pipe(interrupt);
	if (!r)
		r = session(s, t->path, local, fd) < 0;
	if (r < 0 || s->c.err) {
		fmt_fd(2, "%s\n", sftpc_text(-EPIPE));
		r = 255;
	}
	sshcmd_end(pid, io);
	return r;
}

int sftp_main(int argc, char **argv)
{
	static struct sftp s APART;
	static struct options o APART;
	static uint8_t stack[STACK] APART;
	struct target t = {.host = "", .path = ""};
	char *arg;
	int c;

	(void)argc;
	self_init(argv);
	names_init(&s.stack, stack, sizeof stack);
	s.x.stack = &s.stack;
	s.x.name = "sftp";
	for (argv++; (c = sshcmd_flag(&o.ssh, &argv, "afNpqrb:l:s:B:R:X:", &arg));)
		if (!option(&s, &o, c, arg))
			break;
	if (c || (*argv && argv[1] && argv[2]) ||
	    (!o.ssh.server && (!*argv || !destination(&t, *argv)))) {
		fmt_fd(2, "%s", usage);
		return 1;
	}
	s.batch = o.batch != NULL;
	s.quiet = s.flags & FLAG('q') || (s.batch && !(s.flags & FLAG('N')));
	s.flags |= s.quiet || s.batch ? FLAG('q') : 0;
	s.x.say = !s.quiet;
	s.tty = !s.batch && is_tty(0) && is_tty(1);
	return connect_run(&s, &o, &t, *argv ? argv[1] : NULL);
}
