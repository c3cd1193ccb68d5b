/* test_monitor.c - a hostile network process against the real monitor, over a real socketpair. */
/* SPDX-License-Identifier: MIT */
/*
 * The monitor runs in a process of its own, started as the listener starts it;
 * only the start of its net (self_spawn) gives that net's descriptor to us, and
 * accounts (user_find) are ours. Linked with --wrap for these two.
 */
#include "test_port.h"

#include <sys/socket.h>

#include "mon_say.h"
#include "monitor.h"
#include "pubkey.h"

enum state { BEFORE, AFTER };

static int net = -1, handoff; /* our end; where the wrapped self_spawn sends it to */
static pid_t pid;
static struct settings set;
static char home[USER_PATH];
static uint8_t reply[HANDOVER_MAX];
static int got[3], n_got; /* descriptors of the last reply */
static int ended;         /* status of the command that ended last, -1: none */
static const char *blank = SAY_USER;

pid_t __wrap_self_spawn(const char *role, const int *fds, int nfds, int keep_err, int (*run)(void));
int __wrap_user_find(const char *name, struct user *u, const char **where);

pid_t __wrap_self_spawn(const char *role, const int *fds, int nfds, int keep_err, int (*run)(void))
{
	(void)keep_err;
	return !strcmp(role, ROLE_NET) && nfds == 2 && run == net_main
		   ? msg_send(handoff, "n", 1, &fds[1], 1)
		   : -EPERM; /* else 0: a process that is not the monitor's to kill */
}

int __wrap_user_find(const char *name, struct user *u, const char **where)
{
	*where = "";
	*u = (struct user){.uid = getuid(), .gid = getgid(), .readable = 1};
	if (strcmp(name, SAY_USER) != 0)
		return -ENOENT;
	fmt(u->name, sizeof(u->name), "%s", name);
	fmt(u->home, sizeof(u->home), "%s", home);
	fmt(u->shell, sizeof(u->shell), "/bin/sh");
	u->no_password = blank != NULL;
	if (!blank)
		fmt(u->hash, sizeof(u->hash), "%s", SAY_HASH);
	return 0;
}

/* as sshd.c does */
static int handover(int link)
{
	static uint8_t mem[HANDOVER_MAX];
	struct handover h = {.seed = {1}, .settings_len = SETTINGS_SIZE(&set)};
	struct wr w = wr_init(mem, sizeof(mem));
	uint8_t *mark;

	wr_bytes(&w, &h, sizeof(h));
	wr_bytes(&w, &set, h.settings_len);
	mark = wr_open(&w);
	keyfile_write(&w, &say_host, STR(""), 0, KEY_DROPBEAR);
	wr_close(&w, mark);
	h.keys_len = wr_len(&w) - sizeof(h) - h.settings_len;
	memcpy(mem, &h, sizeof(h));
	return msg_send(link, mem, wr_len(&w), NULL, 0);
}

static void quiet(void)
{
	int null = open("/dev/null", O_RDWR);

	if (!getenv("LOUD"))
		dup2(null, 2);
	close(null);
}

/* only what is named stays open, at 3 and 4 */
static void become_monitor(int sock, int link, int to)
{
	int a = fcntl(sock, F_DUPFD, 20), b = fcntl(link, F_DUPFD, 20), i;

	handoff = fcntl(to, F_DUPFD, 20);
	dup2(a, 3);
	dup2(b, 4);
	for (i = 5; i < 100; i++)
		if (i != handoff)
			close(i);
	quiet();
	_exit(monitor_main());
}

static int monitor_start(void)
{
	int sock[2], link[2], hand[2], one = 1;
	char c;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sock) < 0 || msg_pair(link) < 0 ||
	    msg_pair(hand) < 0)
		return 0;
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		become_monitor(sock[1], link[1], hand[1]);
	close(sock[1]);
	close(link[1]);
	close(hand[1]);
	if (handover(link[0]) < 0 || msg_recv(hand[0], &c, 1, &net, &one) != 1 || one != 1)
		return 0;
	/* its end shows in net alone: these do not matter any more */
	close(hand[0]);
	close(sock[0]);
	close(link[0]);
	ended = -1;
	one = 0;
	return msg_recv(net, reply, sizeof(reply), NULL, &one) > (ssize_t)sizeof(struct handover) &&
	       !memmem(reply, sizeof(reply), say_host.u.ed25519.seed, 32);
}

static void got_close(void)
{
	while (n_got)
		close(got[--n_got]);
}

/* what must not be in anything that we are told */
static int leaks(ssize_t n)
{
	return memmem(reply, n, say_host.u.ed25519.seed, 16) ||
	       memmem(reply, n, say_host.u.ed25519.seed + 16, 16) ||
	       memmem(reply, n, SAY_HASH, 20) || memmem(reply, n, home, strlen(home));
}

/* the bytes of the reply, 0 where the connection was ended, -1 where it is no reply */
static ssize_t listen_for_reply(void)
{
	ssize_t n;

	do {
		got_close();
		n_got = 3;
		n = msg_recv(net, reply, sizeof(reply), got, &n_got);
		if (n <= 0)
			return n == 0 || n == -ECONNRESET ? 0 : -1;
		if (reply[0] == MON_ENDED)
			ended = (int)get_u32(reply + 6);
	} while (reply[0] == MON_ENDED);
	return n <= MON_MAX && reply[0] == MON_REPLY && !leaks(n) ? n : -1;
}

static ssize_t ask_bytes(const void *p, size_t n)
{
	int r = msg_send(net, p, n, NULL, 0);

	return r < 0 && r != -EPIPE && r != -ECONNRESET ? -1 : listen_for_reply();
}

/* what is in say */
static ssize_t ask(void)
{
	return ask_bytes(say_mem, wr_len(&say));
}

/* 1: answered, and with yes */
static int yes(void)
{
	return ask() >= 2 && reply[1] == 1;
}

static int no(void)
{
	return ask() >= 2 && reply[1] == 0;
}

/* 1: the monitor went by itself and in good order */
static int monitor_gone(void)
{
	got_close();
	close(net);
	net = -1;
	return test_wait(pid) == 0;
}

/* 1: what is in say ends the connection, without a word */
static int refused(void)
{
	return ask() == 0 && monitor_gone();
}

static int bytes_refused(size_t n)
{
	return ask_bytes(say_mem, n) == 0 && monitor_gone();
}

static int start(enum state state)
{
	if (!monitor_start())
		return 0;
	if (state == BEFORE)
		return 1;
	say_none(SAY_USER);
	return yes() && (CFG_AUTH_PASSWORD || !"no blank passwords");
}

/* ---- every kind in every state --------------------------------------------- */

static int due(unsigned kind, enum state state)
{
	if (kind == MON_SIGN || kind == MON_BYE)
		return 1;
	if (kind == MON_AUTH)
		return state == BEFORE;
	return state == AFTER && kind >= MON_PTY && kind <= MON_HUP;
}

/* what is well formed gets its reply where it is due */
static int honest(unsigned kind, enum state state)
{
	ssize_t n;

	if (!start(state))
		return 0;
	say_kind(kind);
	n = ask();
	if (kind == MON_BYE || !due(kind, state))
		return n == 0 && monitor_gone();
	return n > 1 && monitor_gone();
}

static int shorter(unsigned kind, enum state state)
{
	size_t n, i;

	say_kind(kind);
	n = wr_len(&say);
	for (i = 1; i < n; i += i < 8 || i + 9 > n ? 1 : 7) {
		if (!start(state))
			return 0;
		say_kind(kind);
		if (!bytes_refused(i))
			return 0;
	}
	return 1;
}

static int longer(unsigned kind, enum state state)
{
	static const size_t more[] = {1, 4, 2000};
	size_t i;

	for (i = 0; i < 3; i++) {
		if (!start(state))
			return 0;
		say_kind(kind);
		memset(say.p, 0, more[i]);
		if (!bytes_refused(wr_len(&say) + more[i]))
			return 0;
	}
	return 1;
}

/* each byte of the request in turn begins a length that leads far out of it */
static int huge(unsigned kind, enum state state)
{
	size_t i;

	for (i = 1; i < 24; i++) {
		if (!start(state))
			return 0;
		say_kind(kind);
		memset(say_mem + i, 0xff, sizeof(say_mem) - i);
		if (!bytes_refused(MON_MAX - i))
			return 0;
	}
	return 1;
}

static const char *every_kind(enum state state)
{
	static char why[80];
	unsigned kind;

	for (kind = 0; kind < 256; kind++) {
		int known = kind && kind < MON_LAST, good;

		good = honest(kind, state);
		if (good && known && due(kind, state))
			good = shorter(kind, state) && longer(kind, state) && huge(kind, state);
		else if (good)
			good = start(state) &&
			       (say_kind(kind), memset(say_mem + 1, 0xff, MON_MAX), 1) &&
			       bytes_refused(MON_MAX);
		if (!good) {
			snprintf(why, sizeof(why), "request %u", kind);
			return why;
		}
	}
	return NULL;
}

static const char *requests_before_login(void)
{
	return every_kind(BEFORE);
}

static const char *requests_after_login(void)
{
	return every_kind(AFTER);
}

static const char *datagrams(void)
{
	static uint8_t big[100000];
	int fd, i;

	for (i = 0; i < 2; i++) {
		NEED(start(i ? AFTER : BEFORE));
		memset(say_mem, MON_SIGN, sizeof(say_mem));
		NEED(bytes_refused(MON_MAX + 1));
		NEED(start(i ? AFTER : BEFORE));
		NEED(ask_bytes(big, sizeof(big)) == 0 && monitor_gone());
		NEED(start(i ? AFTER : BEFORE));
		NEED(ask_bytes("", 0) == 0 && monitor_gone());
		/* a request with a descriptor */
		NEED(start(i ? AFTER : BEFORE));
		fd = open("/dev/null", O_RDONLY);
		say_sign(0, 32);
		NEED(msg_send(net, say_mem, wr_len(&say), &fd, 1) == 0);
		close(fd);
		NEED(listen_for_reply() == 0 && monitor_gone());
	}
	/* gone without a word */
	NEED(start(BEFORE) && monitor_gone());
	NEED(start(AFTER) && monitor_gone());
	return NULL;
}

/* ---- signatures of the host ------------------------------------------------ */

static const char *sign(void)
{
	static const size_t wrong[] = {0, 1, 20, 31, 33, 47, 49, 63, 65, 256, 4000};
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		NEED(start(BEFORE));
		say_sign(0, wrong[i]);
		NEED(refused());
	}
	for (i = 1; i < 256; i += i < 5 ? 1 : 50) {
		NEED(start(AFTER));
		say_sign(i, 32);
		NEED(refused());
	}
	NEED(start(BEFORE));
	for (i = 32; i <= 64; i += 16) { /* a hash of each length; all that is signed is that */
		if (i == 64 - 16)
			continue;
		say_sign(0, i);
		NEED(ask() == 1 + 4 + 4 + 11 + 4 + 64);
	}
	/* an algorithm that there is not: an empty signature */
	say_begin(MON_SIGN);
	wr_u8(&say, 0);
	wr_strz(&say, "ssh-dss");
	wr_str(&say, say_mem, 32);
	NEED(ask() == 5);
	NEED(monitor_gone());
	return NULL;
}

/* ---- logins ---------------------------------------------------------------- */

/* refused, and not before its time */
static int denied(void)
{
	uint64_t t = clock_ms();

	return ask() == 7 && reply[1] == SSH_NO && get_u32(reply + 3) == 0 && clock_ms() - t >= 250;
}

static const char *user_names(void)
{
	static uint8_t name[4000];
	static const size_t lengths[] = {0, 64, 128, 129, 4000};
	size_t i;

	memset(name, 'a', sizeof(name));
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		NEED(start(BEFORE));
		say_auth(AUTH_PASSWORD, 0, (struct str){name, lengths[i]}, "", STR(""), STR(""),
			 STR(""));
		NEED(denied());
		if (i < 3) /* still the same; and then another */
			NEED(denied());
		say_none(SAY_USER);
		NEED(refused());
	}
	NEED(start(BEFORE));
	say_auth(AUTH_NONE, 0, STR(SAY_USER "\0"), "", STR(""), STR(""), STR(""));
	NEED(ask() == 7 && reply[1] == SSH_NO);
	say_none(SAY_USER);
	NEED(ask() <= 0 || reply[1] == SSH_NO);
	monitor_gone();
	NEED(start(BEFORE));
	say_password("%n%s\x1b[2J\r\n", "%n");
	NEED(denied() && monitor_gone());
	/* somebody first, then another who has the first one's name at the head, or a longer one */
	NEED(start(BEFORE));
	say_auth(64, 0, STR(SAY_USER), "", STR(""), STR(""), STR(""));
	NEED(denied());
	say_none(SAY_USER "x");
	NEED(refused());
	NEED(start(BEFORE));
	say_auth(64, 0, STR(SAY_USER), "", STR(""), STR(""), STR(""));
	NEED(denied());
	say_auth(AUTH_NONE, 0, (struct str){name, 200}, "", STR(""), STR(""), STR(""));
	NEED(refused());
	return NULL;
}

static const char *passwords(void)
{
	static char pass[3000];

	if (!CFG_AUTH_PASSWORD)
		SKIP("no passwords are built in");
	blank = NULL;
	memset(pass, 'p', sizeof(pass) - 1);
	NEED(monitor_start());
	say_none(SAY_USER);
	NEED(ask() == 7 && reply[1] == SSH_NO);
	say_password(SAY_USER, "");
	NEED(denied());
	say_password(SAY_USER, pass);
	NEED(denied());
	say_spawn(0, SPAWN_SHELL);
	NEED(refused());
	NEED(monitor_start());
	say_auth(AUTH_PASSWORD, 1, STR(SAY_USER), SAY_PASSWORD, STR(""), STR(""), STR(""));
	NEED(ask() == 7 && reply[1] == SSH_YES); /* query is the keys' alone */
	say_password(SAY_USER, SAY_PASSWORD);
	NEED(refused()); /* a second time is not due */
	return NULL;
}

static void authorize(const char *options)
{
	uint8_t blob[80];
	char line[300];
	struct wr b = wr_init(blob, sizeof(blob)), w = wr_init(line, sizeof(line));

	key_public_blob(&say_key, &b);
	wr_bytes(&w, options, strlen(options));
	pubkey_text(&w, (struct str){blob, wr_len(&b)});
	wr_u8(&w, 0);
	put_file(".ssh/authorized_keys", line, 0600);
}

static const char *public_keys(void)
{
	blank = NULL;
	authorize("");
	NEED(monitor_start());
	say_public_key(SAY_USER, 1, 0, 32);
	NEED(yes() && get_u32(reply + 3) == 0); /* would do: and nothing is allowed by that */
	say_spawn(0, SPAWN_SHELL);
	NEED(refused());
	NEED(monitor_start());
	say_public_key(SAY_USER, 0, 0, 0);
	NEED(denied()); /* before any SIGN: there is no session that it could be for */
	say_public_key(SAY_USER, 0, 0, 32);
	NEED(denied());
	say_sign(0, 32);
	NEED(ask() > 5);
	say_public_key(SAY_USER, 0, 1, 32);
	NEED(denied()); /* of another session */
	say_public_key("somebodx", 0, 0, 32);
	memcpy(say_mem + 7, SAY_USER, 8);
	NEED(denied());  /* of another user */
	say_sign(0, 64); /* a rekey does not change the session's id */
	NEED(ask() > 5);
	say_public_key(SAY_USER, 0, 0, 64);
	NEED(denied());
	say_public_key(SAY_USER, 0, 0, 32);
	say.p[-1] ^= 1;
	NEED(denied());
	say_public_key(SAY_USER, 0, 0, 32);
	NEED(yes() && get_u32(reply + 3) == (MAY_ALL | MAY_STEER));
	NEED(refused()); /* the same once more */
	return NULL;
}

/* the options of a key that was only asked about are not those of a password */
static const char *query_then_password(void)
{
	if (!CFG_AUTH_PASSWORD || !CFG_AUTHKEYS_OPTIONS)
		SKIP("no passwords, or no options of keys, are built in");
	blank = NULL;
	authorize("restrict,command=\"exit 9\" ");
	NEED(monitor_start());
	say_public_key(SAY_USER, 1, 0, 32);
	NEED(yes());
	say_password(SAY_USER, SAY_PASSWORD);
	NEED(yes() && get_u32(reply + 3) == (MAY_ALL | MAY_STEER));
	say_part(0, "exit 4");
	NEED(yes());
	say_spawn(0, SPAWN_EXEC);
	NEED(yes() && n_got == 3);
	while (ended < 0 && msg_recv(net, reply, sizeof(reply), NULL, NULL) > 0)
		ended = (int)get_u32(reply + 6);
	NEED(ended == 4 && monitor_gone());
	return NULL;
}

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
	const char *dir = test_dir();

	fmt(home, sizeof(home), "%s", dir);
	mkdir(".ssh", 0700);
	settings_default(&set, 0);
	set.to_stderr = set.permit_empty = set.password_auth = set.root_password = 1;
	set.permit_root = ROOT_YES;
	set.strict_modes = set.motd = 0;
	say_keys();
	RUN(requests_before_login);
	RUN(requests_after_login);
	RUN(datagrams);
	RUN(sign);
	RUN(user_names);
	RUN(passwords);
	RUN(public_keys);
	RUN(query_then_password);
	RUN(channels);
	RUN(spawns);
	RUN(command_lines);
	RUN(environments);
	RUN(terminals);
	test_dir_remove(dir);
	return test_failed;
}
