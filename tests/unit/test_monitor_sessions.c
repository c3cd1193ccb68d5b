/* test_monitor_sessions.c - what a hostile network process asks of the monitor: sessions, forwards, proofs. */
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

/* ---- forwards -------------------------------------------------------------- */

static struct fwd_policy told; /* of the forwarder that was started last */

/* in, with a key that has these options, or without one */
static int in_with(const char *options)
{
	static char line[4000];
	uint8_t blob[80];
	struct wr b = wr_init(blob, sizeof(blob)), w = wr_init(line, sizeof(line));

	if (!options)
		return start(AFTER);
	key_public_blob(&say_key, &b);
	wr_bytes(&w, options, strlen(options));
	pubkey_text(&w, (struct str){blob, wr_len(&b)});
	wr_u8(&w, 0);
	put_file(".ssh/authorized_keys", line, 0600);
	if (!monitor_start())
		return 0;
	say_sign(0, 32);
	if (ask() <= 5)
		return 0;
	say_public_key(SAY_USER, 0, 0, 32);
	return yes();
}

/* 1: a forwarder is started, and what it is told is in told; 0: it is refused */
static int forwards(void)
{
	int fd = -1, one = 1;
	ssize_t n;
	char c;

	say_channel(MON_FORWARD, ~(uint32_t)0);
	if (ask() != 2)
		return -1;
	if (!reply[1])
		return n_got ? -1 : 0;
	if (n_got != 1 || msg_recv(spawned, &c, 1, &fd, &one) != 1 || one != 1 || c != 'f')
		return -1;
	one = 0;
	n = msg_recv(fd, &told, sizeof(told), NULL, &one);
	/* the two ends belong to each other, and nothing else has been said */
	one = n == sizeof(told) && msg_send(got[0], "x", 1, NULL, 0) == 0 &&
	      recv(fd, &c, 1, MSG_DONTWAIT) == 1 && c == 'x';
	close(fd);
	got_close();
	return one ? 1 : -1;
}

/* the options make it may exactly that; 0: there is no forwarder */
static int may(const char *options, unsigned what)
{
	int r = in_with(options) ? forwards() : -1;

	return monitor_gone() && (what ? r == 1 && told.may == what : r == 0);
}

#define TCP (FWD_MAY_CONNECT | FWD_MAY_LISTEN)
#define SOCKETS (FWD_MAY_UNIX_CONNECT | FWD_MAY_UNIX_LISTEN)

static int no_options(void)
{
	return !CFG_AUTHKEYS_OPTIONS;
}

static const char *forward_policies(void)
{
	if (!CFG_FORWARD || no_options())
		SKIP("no forwards, or no options of keys, are built in");
	set.tcp_local = set.tcp_remote = set.stream_local = set.stream_remote = 1;
	set.agent_forwarding = 1;
	NEED(may(NULL, TCP | SOCKETS | FWD_MAY_AGENT) && may("", TCP | SOCKETS | FWD_MAY_AGENT));
	NEED(may("no-port-forwarding ", FWD_MAY_AGENT));
	NEED(may("no-agent-forwarding ", TCP | SOCKETS));
	NEED(may("restrict ", 0) && may("no-port-forwarding,no-agent-forwarding ", 0));
	NEED(may("restrict,port-forwarding ", TCP | SOCKETS));
	NEED(may("restrict,agent-forwarding ", FWD_MAY_AGENT));
	NEED(may("command=\"true\" ", TCP)); /* neither the user's files nor an agent */
	NEED(may("command=\"true\",no-port-forwarding ", 0));
	set.tcp_remote = 0;
	NEED(may("", FWD_MAY_CONNECT | SOCKETS | FWD_MAY_AGENT));
	set.tcp_local = 0;
	set.tcp_remote = 1;
	set.stream_local = 0;
	NEED(may("", FWD_MAY_LISTEN | FWD_MAY_UNIX_LISTEN | FWD_MAY_AGENT));
	NEED(may("command=\"true\" ", FWD_MAY_LISTEN));
	set.agent_forwarding = set.tcp_remote = set.stream_remote = 0;
	NEED(may("", 0) && may("command=\"true\" ", 0));
	set.agent_forwarding = set.tcp_remote = set.no_forwarding = 1;
	NEED(may("", 0));
	set.no_forwarding = 0;
	return NULL;
}

static int told_is(const char *list, const char *rules, size_t n)
{
	return !memcmp(list, rules, n) && !list[n];
}

static const char *forward_rules(void)
{
	static char many[4000];
	char one[] = "permitopen=\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx:22\",";
	unsigned i;

	if (!CFG_FORWARD || no_options())
		SKIP("no forwards, or no options of keys, are built in");
	set.tcp_local = set.tcp_remote = set.agent_forwarding = 1;
	set.gateway_ports = 2;
	set.stream_mask = 0123;
	set.stream_unlink = 1;
	NEED(in_with("permitopen=\"a:1\",permitlisten=\"8080\",permitopen=\"[::1]:*\" "));
	NEED(forwards() == 1 && told.gateway == 2 && told.mask == 0123 && told.unlink == 1);
	NEED(told_is(told.rules[LIST_OPEN], "a:1\0[::1]:*\0", 12) &&
	     told_is(told.rules[LIST_LISTEN], "8080\0", 5));
	/* each has a socket's name of its own, which nobody can guess */
	NEED(!strncmp(told.agent, "/tmp/ssh-", 9) && strlen(told.agent) == 9 + 16 + 6);
	NEED(!strcmp(told.agent + 25, "/agent"));
	memcpy(many, told.agent, sizeof(told.agent));
	NEED(forwards() == 1 && strcmp(many, told.agent) != 0 && monitor_gone());
	NEED(in_with("no-agent-forwarding ") && forwards() == 1 && !told.agent[0]);
	NEED(!told.rules[LIST_OPEN][0] && !told.rules[LIST_LISTEN][0]);
	NEED(!told.rules[LIST_OPEN_ALL][0] && !told.rules[LIST_LISTEN_ALL][0] && monitor_gone());
	strcpy(set.text + (set.permit_open = 1), "b:* c:2");
	strcpy(set.text + (set.permit_listen = 20), "none");
	NEED(in_with("permitopen=\"a:1\" ") && forwards() == 1 && monitor_gone());
	NEED(told_is(told.rules[LIST_OPEN], "a:1\0", 4) && !told.rules[LIST_LISTEN][0]);
	NEED(told_is(told.rules[LIST_OPEN_ALL], "b:*\0c:2\0", 8));
	NEED(told_is(told.rules[LIST_LISTEN_ALL], "none\0", 5));
	strcpy(set.text + 1, "any");
	NEED(in_with("") && forwards() == 1 && !told.rules[LIST_OPEN_ALL][0] && monitor_gone());
	/* rules that there is no room for must not turn into none */
	many[0] = 0;
	for (i = 0; i < 30; i++)
		strcat(many, one);
	many[strlen(many) - 1] = ' ';
	NEED(in_with(many) && forwards() == 0 && monitor_gone());
	return NULL;
}

static const char *forward_agent(void)
{
	static const uint32_t none[] = {MON_SESSIONS, 0x7fffffff, 0xfffffffe};
	unsigned i;

	if (!CFG_FORWARD)
		SKIP("no forwards are built in");
	set.agent_forwarding = 1;
	NEED(start(AFTER));
	say_channel(MON_FORWARD, 0);
	NEED(no() && !n_got); /* nobody listens yet */
	NEED(forwards() == 1 && told.agent[0]);
	say_channel(MON_FORWARD, 3);
	NEED(yes() && !n_got);
	say_part(3, "echo $SSH_AUTH_SOCK");
	NEED(yes());
	NEED(!strncmp(output(3), told.agent, strlen(told.agent)));
	say_part(4, "echo x$SSH_AUTH_SOCK"); /* the one that did not ask */
	NEED(yes());
	NEED(!strcmp(output(4), "x\n"));
	for (i = 0; i < 3; i++) { /* no session's: a forwarder as well */
		say_channel(MON_FORWARD, none[i]);
		NEED(ask() == 2 && (!reply[1] || n_got == 1));
	}
	NEED(monitor_gone());
	set.agent_forwarding = 0;
	NEED(start(AFTER));
	NEED(forwards() ==
	     (set.tcp_local || set.tcp_remote || set.stream_local || set.stream_remote));
	say_channel(MON_FORWARD, 0);
	NEED(no() && monitor_gone());
	return NULL;
}

/* ---- proofs of host keys --------------------------------------------------- */

static const char *proofs(void)
{
	static uint8_t text[300], blob[80];
	struct wr w = wr_init(text, sizeof(text)), b = wr_init(blob, sizeof(blob));
	static const uint8_t sid[32];
	struct rd r;
	struct str sig;

	if (!CFG_HOSTKEY_UPDATE)
		SKIP("not built in");
	NEED(monitor_start());
	say_sign(0, 32); /* the session's id */
	NEED(ask() > 5);
	say_sign(0, 64); /* of a rekey, which is none */
	NEED(ask() > 5);
	say_none(SAY_USER);
	NEED(yes());
	say_prove(0);
	NEED(ask() > 60);
	key_public_blob(&say_host, &b);
	wr_strz(&w, HOSTKEYS_PROVE);
	wr_str(&w, sid, 32);
	wr_str(&w, blob, wr_len(&b));
	r = rd_init((struct str){reply + 1, 4 + get_u32(reply + 1)});
	sig = rd_str(&r);
	NEED(!r.bad && sig_verify(sig_find(STR(SAY_KIND)), (struct str){blob, wr_len(&b)}, sig,
				  (struct str){text, wr_len(&w)}));
	say_begin(MON_PROVE); /* an algorithm that is none of this key's */
	wr_u8(&say, 0);
	wr_strz(&say, "rsa-sha2-512");
	NEED(ask() >= 1 && (reply[0] == MON_REPLY) && get_u32(reply + 1) == 0);
	say_begin(MON_PROVE);
	wr_u8(&say, 0);
	wr_strz(&say, "nonsense");
	NEED(ask() >= 1 && get_u32(reply + 1) == 0);
	say_prove(1);
	NEED(refused()); /* a key that there is not */
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
	RUN(forward_policies);
	RUN(forward_rules);
	RUN(forward_agent);
	RUN(proofs);
	test_dir_remove(dir);
	return test_failed;
}
