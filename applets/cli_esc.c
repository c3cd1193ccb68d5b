/* cli_esc.c - what `~` at the start of a line does. */
/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "cli_run.h"
#include "fwd.h"

static const char help[] = "Supported escape sequences:\r\n"
			   " ~.  end the connection    ~R  new keys\r\n"
			   " ~C  change forwards       ~#  list forwards\r\n"
			   " ~^Z suspend ssh           ~&  to the background at the end\r\n"
			   " ~?  this message          ~~  the character itself\r\n";

static uint8_t line_start = 1, seen; /* the last byte ended a line; the escape character came */

static void say(const char *text)
{
	fmt_fd(2, "%s", text);
}

/* 1: the byte was an escape's, and it is done */
static int act(uint8_t c)
{
	switch (c) {
	case '.':
		say("~.\r\n");
		cli_tty_restore();
		cli_say(&cli.set, LOG_L_ERROR, "Connection to %p closed.", cli.set.host);
		cli_exit(CLI_FAILED);
	case 26: /* ^Z */
		say("~^Z [suspend ssh]\r\n");
		cli_tty_stop();
		sess_window();
		return 1;
	case 'C':
		if (CFG_FORWARD)
			cli_prompt();
		return CFG_FORWARD;
	case '#':
		say("~#\r\n");
		if (CFG_FORWARD)
			fwd_list(2);
		return 1;
	case 'R':
		say("~R [rekey]\r\n");
		ssh_rekey(&cli.ssh);
		return 1;
	case '?':
		say("~?\r\n");
		say(help);
		return 1;
	default: return 0;
	}
}

size_t esc_take(uint8_t *p, size_t n)
{
	uint8_t e = (uint8_t)cli.set.escape;
	size_t i, out = 0;

	for (i = 0; i < n; i++) {
		uint8_t c = p[i + 1];

		if (seen) {
			seen = 0;
			if (c != e && act(c)) {
				line_start = 1;
				continue;
			}
			if (c != e)
				p[out++] = e; /* there is room: one byte fewer was written */
			line_start = 0;
		} else if (line_start && c == e) {
			seen = 1;
			continue;
		}
		p[out++] = c;
		line_start = c == '\r' || c == '\n';
	}
	return out;
}
