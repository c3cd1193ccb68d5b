/* check.c - cubssh check: why somebody can, or cannot, log in. */
/* SPDX-License-Identifier: MIT */
/*
 * It runs the server's own code: settings, host keys, accounts, authorized_keys; the
 * reasons are the lines that would be in the log. Each account has a process of its
 * own, which becomes the user as a login would, and ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applets.h"
#include "lockout.h"
#include "monitor.h"
#include "pubkey.h"
#include "sig.h"

#define ACCOUNT_MS 10000 /* for one account */

static const char usage[] =
    "usage: check [--user USER] [--key FILE.pub] [--from ADDRESS] [-f FILE]\n"
    "             [-- [sshd|dropbear] [OPTION OF THE SERVER]...]\n";

/* what is in a line of the log, and what to do then */
/* clang-format off */
static const char remedies[] =
    "not in /etc/shells\0"	"a line there\0"
    "expired acc\0"	"/etc/shadow, 8th field; the clock\0"
    "locked\0"	"passwd -u; * in place of ! for keys alone\0"
    "Permission\0"	"chown, chmod: the user has to get there\0"
    "denied\0"	"DenyUsers, DenyGroups\0"
    "allowed, r\0"	"AllowUsers, AllowGroups, dropbear -G\0"
    "nonexistent user\0"	"a line of 7 fields in /etc/passwd\0"
    "root log\0"	"PermitRootLogin, dropbear -w -g; a key\0"
    "blank\0"	"passwd; PermitEmptyPasswords, dropbear -B\0"
    "password\0"	"passwd\0"
    "the hash\0"	"passwd\0"
    "others can read\0"	"chmod 600\0"
    "(from=)\0"	"add it there\0"
    "key expired\0"	"expiry-time=; the clock\0"
    "not accepted\0"	"another key; PubkeyAcceptedAlgorithms; build it in\0"
    "RevokedKeys\0"	"a whole file, without the key\0"
    "root alone\0"	"chown root, chmod 755, and all above\0"
    "key cannot\0"	"the line of a .pub file, as it is\0"
    "cannot be read\0"	"chown root, chmod 600\0"
    "too long\0"	"one key a line\0"
    "No such file\0"	"put it there\0";
/* clang-format on */

static const struct settings *set;
static struct str key;   /* --key */
static const char *from; /* --from */
/* what becomes of lines: nothing; they are logged; they are shown, by the program */
static enum { QUIET, TO_LOG, PRINT } mode;
static unsigned said; /* reasons against */

static void line_put(const char *mark, const char *text)
{
	if (mode == PRINT)
		fmt_fd(1, "%s %s\n", mark, text);
}

static void bad(const char *text)
{
	const char *p, *next;

	said++;
	line_put("  BAD ", text);
	for (p = remedies; *p; p = next + strlen(next) + 1) {
		next = p + strlen(p) + 1;
		if (strstr(text, p)) {
			line_put("      do:", next);
			break;
		}
	}
}

/* what the server would log */
static int take_line(enum log_level l, const char *line)
{
	if (!strncmp(line, "Bad password", 12)) /* we have none to try */
		return 1;
	if (l <= LOG_L_WARN)
		bad(line);
	else
		line_put("  ok  ", line);
	return mode != TO_LOG;
}

/* for reasons that the server itself does not see */
#define BAD(...) log_put(LOG_L_WARN, __VA_ARGS__)
#define FINE(...) log_put(LOG_L_INFO, __VA_ARGS__)

/* ---- an account, in a process of its own ------------------------------------- */

/* --key: any algorithm that it can be used with */
static int key_good(void)
{
	unsigned i, known = 0, before = said;

	for (i = 0; sigs[i]; i++) {
		if (!str_is(pubkey_name(key), sigs[i]->key_name))
			continue;
		known = 1;
		if (keys_allow(&mon.user, str_of(sigs[i]->name), key))
			return 1;
	}
	if (!known)
		BAD("a key of a kind that is not accepted");
	else if (said == before)
		BAD("no line of authorized_keys has the key");
	return 0;
}

/* 1: complete, for what is built in; others have been named */
static int hash_whole(const char *hash)
{
	const char *tail = strrchr(hash, '$');
	size_t n = tail ? strlen(tail + 1) : 0;

	return n == (hash[1] == '6' ? 86 : hash[1] == '5' ? 43 : hash[1] == '1' ? 22 : 53);
}

static int password_good(void)
{
	unsigned before = said;

	if (!CFG_AUTH_PASSWORD || !set->password_auth)
		return 0;
	if (auth_password(STR("")))
		return 1;
	if (said == before && (!*mon.user.hash || mon.user.locked))
		BAD("'%s' has no password: /etc/shadow says '%s'", mon.user.name, mon.user.hash);
	else if (said == before && !hash_whole(mon.user.hash))
		BAD("the hash of '%s' is not whole", mon.user.name);
	return said == before;
}

/* the first word of a command line, where it is a path */
static void program_check(const char *line)
{
	char path[256];
	size_t n = strcspn(line, " \t;&|<>()'\"$`\\");

	fmt(path, sizeof(path), "%.*s", (int)n, line);
	if (*path == '/' && access(path, X_OK) < 0)
		BAD("%s cannot be executed by '%s': %m", path, mon.user.name);
}

/* which of the two it is that the shell lacks */
static void shell_check(void)
{
	if (access(mon.user.shell, X_OK) < 0)
		BAD("shell %s: %m", mon.user.shell);
	else
		BAD("shell %s is not in /etc/shells", mon.user.shell);
}

/* what comes after the login: as the user, in the chroot */
static void session_check(void)
{
	const char *forced = keys_command();
	struct statvfs v;
	int master, slave, dir;
	char name[32];

	if (!set->permit_tty)
		FINE("no terminal, by PermitTTY");
	else if (pty_open(&master, &slave, name, sizeof(name), &mon.user) < 0)
		FINE("no terminal to be had: is devpts mounted?");
	if (!auth_become()) {
		said++;
		return;
	}
	program_check(forced ? forced : mon.user.shell);
	dir = fd_open(mon.user.home, O_RDONLY | O_DIRECTORY);
	if (dir < 0)
		FINE("home %s: %s", mon.user.home, err_text(-dir));
	else if (fstatvfs(dir, &v) == 0 && !v.f_bavail && v.f_blocks)
		FINE("home %s: the disk is full", mon.user.home);
}

/* exit status of the process */
static int account(const char *name)
{
	unsigned ways = 0, before, need = AUTH_PUBLICKEY | AUTH_PASSWORD;

	log_sink(take_line);
	said = 0;
	mon.set = set;
	mon.link = mon.net = -1;
	fmt(mon.host, sizeof(mon.host), "%s", from ? from : "anywhere");
	fmt(mon.from, sizeof(mon.from), "check");
	if (from)
		addr_parse(&mon.peer, from, 0, 0);
	line_put("user", name);
	auth_user(str_of(name));
	if (!mon.refusal) {
		if (set->pubkey_auth && (key.len ? key_good() : keys_check(&mon.user) > 0))
			ways |= AUTH_PUBLICKEY;
		if ((!key.len || set->key_and_password) && password_good())
			ways |= AUTH_PASSWORD;
		if (set->key_and_password && ways != need)
			ways = 0;
	}
	if (mon.refusal && strstr(mon.refusal, "shell"))
		shell_check();
	before = said;
	if (ways)
		session_check();
	if (said > before)
		ways = 0;
	if (!ways && !said)
		BAD("there is no way in: PubkeyAuthentication, PasswordAuthentication");
	if (mode == PRINT)
		fmt_fd(1, "%s: you can%s log in%s%s\n", name, ways ? "" : " NOT",
		       ways & AUTH_PUBLICKEY ? ", by key" : "",
		       ways & AUTH_PASSWORD ? ", by password" : "");
	return !ways;
}

/*
 * 1: that one could log in. A home that does not answer, or no process to be had, is no
 * reason to hold the server up, nor to refuse what it is to read.
 */
static int can(const char *name)
{
	int status = 1, left = ACCOUNT_MS / 10;
	pid_t pid = proc_away(0);

	if (pid == 0)
		_exit(account(name));
	while (pid > 0 && waitpid(pid, &status, WNOHANG) == 0 && left--)
		poll(NULL, 0, 10);
	if (pid > 0 && left >= 0)
		return status == 0;
	if (pid > 0)
		kill(pid, SIGKILL);
	log_put(LOG_L_WARN, "'%s' cannot be looked at", name);
	return mode != PRINT;
}

/* all that have a shell; root and who asks in any case */
static int somebody(int all)
{
	char name[USER_NAME];
	const char *where;
	struct user u;
	unsigned i, tried = 0;
	int one = 0, wanted;

	for (i = 0; (all || !one) && user_nth(i, name); i++) {
		wanted = user_find(name, &u, &where) == 0 &&
			 (u.uid == 0 || u.uid == getuid() || user_shell_ok(&u));
		user_forget(&u);
		tried += wanted;
		if (wanted)
			one |= can(name);
	}
	return tried ? one : can("root"); /* which says what is wrong with it */
}

/* ---- the server itself ------------------------------------------------------- */

/* a key for one of HostKeyAlgorithms, or no client gets as far as a login */
static int hostkeys_fit(const struct hostkeys *h)
{
	const char *list = SETTING(set, hostkey_algs);
	unsigned i, j;

	for (i = 0; i < h->n; i++)
		for (j = 0; sigs[j]; j++)
			if (sigs[j]->kind == h->key[i].kind && sigs[j]->sign &&
			    (!*list || list_has(str_of(list), str_of(sigs[j]->name))))
				return 1;
	BAD("no host key is of HostKeyAlgorithms %s", list);
	return 0;
}

int check_somebody(const struct settings *s, const struct hostkeys *h)
{
	set = s;
	if (!hostkeys_fit(h))
		return 0;
	mode = QUIET;
	if (somebody(0))
		return 1;
	mode = TO_LOG;
	somebody(1);
	log_put(LOG_L_ERROR, "nobody could log in");
	return 0;
}

/* 1: at least one can be had, or is had by somebody already */
static int listeners_check(void)
{
	char host[64];
	uint16_t port;
	unsigned i;
	int one = 0, r;

	for (i = 0; settings_listener(set, i, host, sizeof(host), &port); i++) {
		struct addr a;

		r = addr_parse(&a, host, set->address_family, port);
		if (r >= 0)
			r = sock_listen(&a, *SETTING(set, iface) ? SETTING(set, iface) : NULL, 1);
		if (r >= 0)
			close(r);
		one |= r >= 0 || r == -EADDRINUSE;
		if (r == -EADDRINUSE)
			FINE("%s port %u: in use, by the server or another program", host, port);
		else if (r >= 0)
			FINE("%s port %u: free", host, port);
		else
			BAD("cannot listen on %s port %u: %s", host, port, err_text(-r));
	}
	return one;
}

/* what is no account's; 1: the server would run, and clients come through to a login */
static int server_check(void)
{
	static struct hostkeys keys APART;
	static struct settings s APART;
	const char *by;
	int made;

	s = *set;
	made = s.make_keys;
	s.make_keys = 0;
	mode = made ? QUIET : PRINT;
	if (getuid() != 0)
		FINE("not root: it cannot all be judged");
	if (hostkeys_load(&keys, &s, NULL) < 0 && !made)
		return 0;
	mode = PRINT;
	if (keys.n)
		FINE("host keys: %u", keys.n);
	else
		FINE("host keys: made when the server starts");
	clock_sure(NULL, &by);
	if (by)
		FINE("the clock is behind: certificates go by %s", by);
	return listeners_check() && (!keys.n || hostkeys_fit(&keys));
}

/* ---- the program --------------------------------------------------------------- */

static int key_read(const char *path)
{
	char *text = mon_scratch.command;
	ssize_t n = file_read(path, text, sizeof(mon_scratch.command) - 1);
	struct authkey k = {0};

	if (n < 0) {
		fmt_fd(2, "check: %s: %s\n", path, err_text((int)-n));
		return 0;
	}
	text[n] = 0;
	text[strcspn(text, "\r\n")] = 0;
	if (authkeys_line(&k, text) == AUTHKEYS_KEY)
		key = k.blob;
	else
		fmt_fd(2, "check: %s: not a public key\n", path);
	return key.len != 0;
}

/* our own options, and what comes behind --; 0: something is wrong with them */
static int words_take(char **argv, char **words, unsigned room, const char **user)
{
	unsigned n = 1;
	struct addr a;

	words[0] = "sshd";
	for (; *argv && strcmp(*argv, "--") != 0; argv += 2) {
		if (!argv[1])
			return 0;
		if (!strcmp(*argv, "--user"))
			*user = argv[1];
		else if (!strcmp(*argv, "--from") && addr_parse(&a, argv[1], 0, 0) >= 0)
			from = argv[1];
		else if (CFG_SSHD_CONFIG && !strcmp(*argv, "-f") && n == 1)
			memcpy(words + n, argv, 2 * sizeof(*argv)), n += 2;
		else if (strcmp(*argv, "--key") != 0 || !key_read(argv[1]))
			return 0;
	}
	if (*argv && *++argv && **argv != '-')
		words[0] = *argv++;
	while (*argv && n < room)
		words[n++] = *argv++;
	return *argv ? 0 : (int)n;
}

int check_main(int argc, char **argv)
{
	static struct settings own APART;
	static char *words[64] ASIDE;
	const char *user = NULL;
	int r;

	(void)argc;
	self_init(argv);
	r = words_take(argv + 1, words, sizeof(words) / sizeof(*words) - 1, &user);
	if (!r) {
		fmt_fd(2, "%s", usage);
		return 2;
	}
	mode = PRINT;
	log_sink(take_line);
	r = sshd_settings(&own, r, words, 0);
	if (r && !said) /* their usage, or what they were asked for */
		return r > 1 ? 2 : 0;
	set = &own;
	if (r == 0) {
		line_put("server", SETTING(set, config_file));
		r = server_check() & (user ? can(user) : somebody(1));
	} else {
		r = 0;
	}
	fmt_fd(1, r ? "somebody can log in\n" : "nobody can log in\n");
	return !r;
}
