/* cli_ask.c - what the client says, and what it asks: on the terminal, or by SSH_ASKPASS. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli.h"

void cli_say(const struct cli_set *s, enum log_level l, const char *f, ...)
{
	static int file = -1;
	char text[1024];
	size_t n;
	va_list ap;

	if ((int)l > s->log_level)
		return;
	va_start(ap, f);
	n = vfmt(text, sizeof(text) - 2, f, ap);
	va_end(ap);
	if (s->to_syslog) {
		log_put(l, "%s", text);
		return;
	}
	if (s->log_file && file < 0)
		file = open(s->log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	memcpy(text + n, "\r\n", 2); /* the terminal may be raw */
	if (write(file >= 0 ? file : 2, text, n + 2) < 0)
		return; /* there is nobody to tell */
}

/* n bytes of a line without its end; -1: they gave up */
static int read_line(int fd, char *out, size_t n)
{
	size_t len = 0;
	char c;

	for (;;) {
		ssize_t r = read(fd, &c, 1);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0 || c == 3 || (c == 4 && !len))
			return len && r == 0 ? (int)len : -1;
		if (c == '\n' || c == '\r')
			return (int)len;
		if (len < n)
			out[len++] = c;
	}
}

static int ask_tty(int fd, const char *prompt, int echo, char *out, size_t n)
{
	struct termios was, t;
	int r;

	if (tty_get(fd, &was) < 0)
		return -1;
	t = was;
	t.c_lflag |= ICANON;
	t.c_lflag &= ~(unsigned)ISIG; /* ^C gives up; the terminal is put right in any case */
	if (!echo)
		t.c_lflag &= ~(unsigned)(ECHO | ECHOE | ECHOK);
	t.c_iflag |= ICRNL;
	t.c_cc[VEOL] = 3;
	tty_set(fd, &t);
	fmt_fd(fd, "%s", prompt);
	r = read_line(fd, out, n);
	tty_set(fd, &was);
	if (!echo || r < 0)
		fmt_fd(fd, "\n");
	return r;
}

/* a program that shows the question in a window and prints the answer */
int ask_program(const char *prompt, char *out, size_t n)
{
	const char *argv[] = {getenv("SSH_ASKPASS"), prompt, NULL};
	int null, ends[2], r = -1, status = -1;
	pid_t pid;

	if (!argv[0] || fd_pipe(ends) < 0)
		return -1;
	null = fd_open("/dev/null", O_RDONLY);
	pid = prog_spawn(argv, null, ends[1]);
	close(ends[1]);
	close(null);
	if (pid > 0) {
		r = read_line(ends[0], out, n);
		status = prog_wait(pid);
	}
	close(ends[0]);
	return status ? -1 : r > 0 ? r : 0;
}

int ask_line(const struct cli_set *s, const char *prompt, int echo, char *out, size_t n)
{
	const char *program = getenv("SSH_ASKPASS"), *when = getenv("SSH_ASKPASS_REQUIRE");
	int fd = -1, r, only = when && !strcmp(when, "force");

	if (s && s->batch)
		return -1;
	if (!only)
		fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (fd < 0 || (when && !strcmp(when, "prefer") && program)) {
		r = program && (getenv("DISPLAY") || getenv("WAYLAND_DISPLAY") || only)
			? ask_program(prompt, out, n)
			: -1;
	} else {
		r = ask_tty(fd, prompt, echo, out, n);
	}
	if (fd >= 0)
		close(fd);
	return r;
}
