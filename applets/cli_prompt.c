/* cli_prompt.c - `~C`: forwards come and go while the connection lasts. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli_run.h"
#include "cli_table.h"

static const char help[] =
    "Commands: -L [bind:]port:host:hostport, -R likewise, -D [bind:]port;\r\n"
    "-KL, -KR or -KD [bind:]port cancels one\r\n";

static void add(char kind, const char *spec)
{
	const char *wrong = cli_forward(kind, spec);

	if (wrong)
		cli_say(&cli.set, LOG_L_ERROR, "%s %p", wrong, spec);
	else
		fmt_fd(2, "Forwarding port.\r\n");
}

/* [bind:]port of one that was asked for */
static void cancel(char kind, const char *spec)
{
	const char *colon = strrchr(spec, ':');
	size_t len = colon ? (size_t)(colon - spec) : 0;
	int port = num_small(colon ? colon + 1 : spec, 1, 65535);
	unsigned i;

	for (i = 0; i < cli.set.n_forwards; i++) {
		const struct cli_forward *f = &cli.set.forward[i];
		const char *bind = f->bind ? f->bind : "";

		if ((f->kind == kind || (kind == 'R' && f->kind == 'd')) && f->port == port &&
		    (!colon || (strlen(bind) == len && !memcmp(bind, spec, len))) &&
		    cli_fwd_cancel(i)) {
			fmt_fd(2, "Canceled forwarding.\r\n");
			return;
		}
	}
	fmt_fd(2, "Unknown port forwarding.\r\n");
}

void cli_prompt(void)
{
	char line[512], kind;
	const char *p = line;
	int n, off;

	cli_tty_restore();
	n = ask_line(&cli.set, "\r\nssh> ", 1, line, sizeof(line) - 1);
	cli_tty_raw();
	line[n > 0 ? n : 0] = 0;
	p += strspn(p, " \t");
	if (!*p)
		return;
	p += *p == '-';
	off = *p == 'K';
	p += off;
	kind = *p;
	if (!kind || !strchr("LRD", kind)) {
		fmt_fd(2, "%s", help);
		return;
	}
	p += 1 + strspn(p + 1, " \t");
	if (off)
		cancel(kind, p);
	else
		add(kind, p);
}
