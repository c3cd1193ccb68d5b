/* cli_esc.c - what `~` at the start of a line does. */
/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "cli_run.h"
#include "fwd.h"

static const char help[] = "Supported escape sequences:\r\n"
			   " ~.  end the connection    ~R  new keys\r\n"
			   " ~C  change forwards       ~#  list forwards\r\n"
			   " ~^Z suspend ssh           ~&  to the background\r\n"
			   " ~?  this message          ~~  the character itself\r\n";

static void say(const struct esc *e, const char *text)
{
	fmt_fd(e->fd, "%s", text);
}

/* 1: the byte was an escape's, and it is done. Our terminal and our questions are no other's. */
static int act(struct esc *e, uint8_t c)
{
	if (!e->own && (c == 26 || c == 'C'))
		return 0;
	switch (c) {
	case '.':
		say(e, "~.\r\n");
		e->left = 1;
		if (!e->own)
			return 1;
		cli_tty_restore();
		cli_say(&cli.set, LOG_L_ERROR, "Connection to %p closed.", cli.set.host);
		cli_exit(CLI_FAILED);
	case 26: /* ^Z */
		say(e, "~^Z [suspend ssh]\r\n");
		cli_tty_stop();
		sess_window();
		return 1;
	case 'C':
		if (CFG_FORWARD)
			cli_prompt();
		return CFG_FORWARD;
	case '#':
		say(e, "~#\r\n");
		if (CFG_FORWARD)
			fwd_list(e->fd);
		return 1;
	case 'R':
		say(e, "~R [rekey]\r\n");
		ssh_rekey(&cli.ssh);
		return 1;
	case '?':
		say(e, "~?\r\n");
		say(e, help);
		return 1;
	default: return 0;
	}
}

/* 1: the terminal is left to the shell, and we wait for the forwards alone */
static int away(struct esc *e)
{
	say(e, "~& [backgrounded]\r\n");
	cli_tty_restore();
	return proc_background() >= 0 && proc_null() >= 0;
}

size_t esc_take(struct esc *e, uint8_t *p, size_t n)
{
	size_t i, out = 0;

	for (i = 0; i < n; i++) {
		uint8_t c = p[i + 1];

		if (e->seen) {
			e->seen = 0;
			if (c == '&' && e->own && away(e)) {
				p[out++] = 4; /* ^D ends the shell there; what we read is over */
				continue;
			}
			if (c != e->c && act(e, c)) {
				e->mid = 0;
				continue;
			}
			if (c != e->c)
				p[out++] =
				    (uint8_t)e->c; /* there is room: one byte fewer was written */
			e->mid = 1;
		} else if (!e->mid && c == e->c) {
			e->seen = 1;
			continue;
		}
		p[out++] = c;
		e->mid = c != '\r' && c != '\n';
	}
	return out;
}
