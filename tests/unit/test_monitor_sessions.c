/* test_monitor_sessions.c - what a hostile network process asks of the monitor: sessions. */
/* SPDX-License-Identifier: MIT */
#include "mon_lab.h"

/* ---- sessions -------------------------------------------------------------- */

/* what the command that is put together in channel ch prints, as text */
static const char *output(uint32_t ch)
{
	static char text[20000];
	size_t n = 0;
	ssize_t k;

	say_spawn(ch, SPAWN_EXEC);
	if (!yes() || n_got != 3)
		return "";
	fcntl(got[1], F_SETFL, 0);
	while ((k = read(got[1], text + n, sizeof(text) - 1 - n)) > 0)
		n += k;
	text[n] = 0;
	got_close();
	return text;
}

static const char *channels(void)
{
	static const uint32_t out[] = {MON_SESSIONS, 255, 256, 65536, 0x7fffffff, 0xffffffff};
	unsigned kind, i;

	for (kind = MON_PTY; kind <= MON_HUP; kind++) {
		for (i = 0; i < sizeof(out) / sizeof(out[0]); i++) {
			NEED(start(AFTER));
			say_kind(kind);
			put_u32(say_mem + 1, out[i]);
			NEED(refused());
		}
	}
	NEED(start(AFTER));
	for (i = 0; i < MON_SESSIONS; i++) { /* of which none was started */
		say_kill(i, "KILL");
		NEED(no());
		say_hup(i);
		NEED(yes() && yes());
	}
	NEED(monitor_gone());
	return NULL;
}

static const char *spawns(void)
{
	NEED(start(AFTER));
	say_spawn(0, 3);
	NEED(refused());
	NEED(start(AFTER));
	say_part(0, "sleep 50");
	NEED(yes());
	say_spawn(0, SPAWN_EXEC);
	NEED(yes() && n_got == 3);
	say_kill(1, "KILL"); /* of another channel */
	NEED(no());
	say_kill(0, "STOP"); /* not in RFC 4254 */
	NEED(no());
	say_kill(0, "KILLX");
	NEED(no());
	say_kill(0, "");
	NEED(no());
	say_spawn(0, SPAWN_EXEC);
	NEED(refused()); /* twice in a channel */
	NEED(start(AFTER));
	say_part(1, "sleep 50");
	NEED(yes());
	say_spawn(1, SPAWN_EXEC);
	NEED(yes());
	say_kill(1, "TERM");
	NEED(yes());
	do
		NEED(msg_recv(net, reply, sizeof(reply), NULL, NULL) > 0);
	while (reply[0] != MON_ENDED);
	NEED(reply[5] == 1 && !memcmp(reply + 11, "\0\0\0\4TERM", 8));
	NEED(no());                    /* TERM again: there is nobody any more */
	say_spawn(1, SPAWN_SUBSYSTEM); /* of an empty name, and of none that there is */
	NEED(no() && !n_got);
	say_part(1, "nonsense");
	NEED(yes());
	say_spawn(1, SPAWN_SUBSYSTEM);
	NEED(no() && !n_got && monitor_gone());
	return NULL;
}

static const char *command_lines(void)
{
	static char part[MON_TEXT + 1];
	unsigned i;

	memset(part, 'x', sizeof(part) - 1);
	memcpy(part, "#", 1);
	NEED(start(AFTER));
	for (i = 0; i < MON_COMMAND / MON_TEXT; i++) {
		say_part(0, part);
		NEED(yes());
	}
	say_part(0, part); /* beyond what there is room for */
	NEED(no());
	say_part(0, "echo whole");
	NEED(yes());
	NEED(!strcmp(output(0), "whole\n"));
	say_channel(MON_PART, 2);
	wr_str(&say, "echo a\0b", 8);
	NEED(no());
	say_part(2, "echo new; ls /proc/self/fd | wc -l");
	NEED(yes());
	NEED(!strcmp(output(2), "new\n4\n")); /* 0 to 2, and ls's own */
	NEED(monitor_gone());
	return NULL;
}

static const char *environments(void)
{
	static const char *const bad[] = {
	    "LD_PRELOAD", "LD_LIBRARY_PATH", "LC_A=B", "LC_ ", "LC_\n", "PATH", "", "lang",
	    "IFS",        "LC_A.B",          "=",      "1"};
	unsigned i, n = 0;
	const char *text;

	NEED(start(AFTER));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		say_env(0, str_of(bad[i]), "hostile");
		NEED(no());
	}
	say_env(0, STR("LANG\0=x"), "hostile");
	NEED(no());
	say_channel(MON_ENV, 0);
	wr_strz(&say, "LANG");
	wr_str(&say, "hos\0tile", 8);
	NEED(no());
	say_env(1, STR("LC_OTHER"), "of channel one");
	NEED(yes());
	for (i = 0; i < 5000; i++) {
		char name[20];

		snprintf(name, sizeof(name), "LC_%u", i);
		say_env(0, str_of(name), "v");
		NEED(ask() == 2);
		n += reply[1];
	}
	NEED(n > 100 && n < MON_VARS / 10);
	say_part(0, "env");
	NEED(yes());
	text = output(0);
	NEED(strstr(text, "LC_1=v\n") && strstr(text, "PATH=/") && !strstr(text, "hostile") &&
	     !strstr(text, "LC_OTHER") && !strstr(text, "LD_"));
	say_part(1, "env");
	NEED(yes());
	text = output(1);
	NEED(strstr(text, "LC_OTHER=of channel one\n") && !strstr(text, "LC_1="));
	NEED(strstr(text, "\nHOME=/") && strstr(text, "USER=" SAY_USER "\n"));
	NEED(monitor_gone());
	return NULL;
}

static const char *terminals(void)
{
	if (!CFG_PTY)
		SKIP("no terminals are built in");
	NEED(start(AFTER));
	say_env(0, STR("LC_EARLY"), "before the terminal");
	NEED(yes());
	say_pty(0);
	if (!yes())
		SKIP("no terminal is to be had");
	NEED(n_got == 1);
	say_part(0, "env");
	NEED(yes());
	say_spawn(0, SPAWN_EXEC);
	NEED(yes() && n_got == 0);
	NEED(monitor_gone());
	NEED(start(AFTER));
	say_pty(0);
	NEED(yes());
	NEED(refused()); /* twice in a channel */
	NEED(start(AFTER));
	say_part(0, "sleep 50");
	NEED(yes());
	say_spawn(0, SPAWN_EXEC);
	NEED(yes());
	say_pty(0);
	NEED(refused()); /* of a command that runs */
	NEED(start(AFTER));
	say_env(0, STR("LC_EARLY"), "before the terminal");
	NEED(yes());
	say_pty(0);
	NEED(yes() && n_got == 1);
	say_part(0, "test \"$LC_EARLY\" && test \"$SSH_TTY\" && test \"$TERM\" = xterm && exit 7");
	NEED(yes());
	say_spawn(0, SPAWN_EXEC);
	NEED(msg_send(net, say_mem, wr_len(&say), NULL, 0) == 0);
	while (ended < 0 && msg_recv(net, reply, sizeof(reply), NULL, NULL) > 0)
		if (reply[0] == MON_ENDED)
			ended = (int)get_u32(reply + 6);
	NEED(ended == 7 && monitor_gone());
	return NULL;
}

int main(void)
{
	const char *dir = lab_open();

	RUN(channels);
	RUN(spawns);
	RUN(command_lines);
	RUN(environments);
	RUN(terminals);
	test_dir_remove(dir);
	return test_failed;
}
