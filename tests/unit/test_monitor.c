/* test_monitor.c - what a hostile network process asks of the monitor: requests, signatures, logins. */
/* SPDX-License-Identifier: MIT */
#include "mon_lab.h"

/* ---- every kind in every state --------------------------------------------- */

static int due(unsigned kind, enum state state)
{
	if (kind == MON_SIGN || kind == MON_BYE)
		return 1;
	if (kind == MON_AUTH)
		return state == BEFORE;
	return state == AFTER && kind >= MON_PTY &&
	       (kind <= MON_HUP || (CFG_FORWARD && kind == MON_FORWARD) ||
		(CFG_HOSTKEY_UPDATE && kind == MON_PROVE));
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
	static const size_t wrong[] = {0,   1,   CFG_WEAK_DH_SHA1 ? 2 : 20, 31, 33, 47, 49, 63, 65,
				       256, 4000};
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

/* one that asks and never listens cannot hold the monitor, and with it the grace time, up */
static const char *deaf(void)
{
	int i;

	NEED(monitor_start());
	say_sign(0, 32);
	for (i = 0; i < 100000; i++)
		if (send(net, say_mem, wr_len(&say), MSG_NOSIGNAL) < 0)
			break;
	NEED(i < 100000 && monitor_gone());
	return NULL;
}

int main(void)
{
	const char *dir = lab_open();

	RUN(requests_before_login);
	RUN(requests_after_login);
	RUN(datagrams);
	RUN(sign);
	RUN(deaf);
	RUN(user_names);
	RUN(passwords);
	RUN(public_keys);
	RUN(query_then_password);
	test_dir_remove(dir);
	return test_failed;
}
