/* check.c - cubssh check: why somebody can, or cannot, log in. */
/* SPDX-License-Identifier: MIT */
/*
 * It runs the server's own code: settings, host keys, accounts, authorized_keys; the
 * reasons are the lines that would be in the log. Each account has a process of its
 * own, which becomes the user as a login would, and ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applets.h"
#include "check.h"
#include "monitor.h"
#include "pubkey.h"
#include "sig.h"

static const char usage[] =
    "usage: check [--user USER] [--key FILE.pub] [--from ADDRESS] [-f FILE]\n"
    "             [-- [sshd|dropbear] [OPTION OF THE SERVER]...]\n";

/* what is in a line of the log, and what to do then */
static const char *const remedies[] = {
    "invalid shell",
    "it has to be there, executable, and a line of /etc/shells",
    "expired account",
    "empty the 8th field in /etc/shadow, or set the clock",
    "locked account",
    "passwd -u; or * in place of ! for keys alone",
    "root logins are off",
    "PermitRootLogin prohibit-password; dropbear without -w",
    "denied",
    "DenyUsers, DenyGroups",
    "allowed, rejected",
    "AllowUsers, AllowGroups; dropbear -G",
    "does not exist",
    "a line in /etc/passwd, of 7 fields",
    "nonexistent",
    "a line in /etc/passwd, of 7 fields",
    "no root login by",
    "a key; PermitRootLogin yes; dropbear without -g",
    "command= alone",
    "command= before the key; PermitRootLogin prohibit-password",
    "blank password",
    "passwd; PermitEmptyPasswords yes; dropbear -B",
    "the hash",
    "passwd makes another",
    "shadow cannot",
    "chown root and chmod 600 /etc/shadow",
    "No such file or",
    "put it there",
    "others can read",
    "chmod 600",
    "not for use from",
    "add the address to from=",
    "expired on",
    "a later expiry-time=, or set the clock",
    "not accepted",
    "another key; PubkeyAcceptedAlgorithms; what is not built in cannot be had",
    "RevokedKeys",
    "the file has to be there and whole, without that key",
    "root alone can write",
    "chown root and chmod 755, and so all above it",
    "the key cannot be read",
    "one line: ssh-ed25519 AAAA...; a .pub file as it is",
    "too long",
    "one key a line",
};

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
	unsigned i;

	said++;
	line_put("  BAD ", text);
	for (i = 0; i < sizeof(remedies) / sizeof(*remedies); i += 2)
		if (strstr(text, remedies[i])) {
			line_put("      do:", remedies[i + 1]);
			break;
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
		BAD("--key: a key of a kind that is not accepted");
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

/* what comes after the login: as the user, in the chroot */
static void session_check(void)
{
	const char *forced = keys_command();
	struct statvfs v;
	int master, slave;
	char name[32];

	if (!mon.set->permit_tty)
		FINE("no terminals, by PermitTTY");
	else if (pty_open(&master, &slave, name, sizeof(name), &mon.user) < 0)
		FINE("there are no terminals (devpts is not mounted, or full): commands alone");
	if (!auth_become()) {
		said++;
		return;
	}
	program_check(forced ? forced : mon.user.shell);
	if (chdir(mon.user.home) < 0)
		FINE("home %s: %m; they start in /", mon.user.home);
	else if (statvfs(".", &v) == 0 && !v.f_bavail && v.f_blocks)
		FINE("home %s: the disk is full", mon.user.home);
}

/* exit status of the process */
static int account(const char *name)
{
	unsigned ways = 0, before, need = AUTH_PUBLICKEY | AUTH_PASSWORD;

	log_sink(take_line);
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
		if (!key.len && password_good())
			ways |= AUTH_PASSWORD;
		if (set->key_and_password && ways != need)
			ways = key.len ? ways : 0;
	}
	before = said;
	if (ways)
		session_check();
	if (said > before)
		ways = 0;
	if (mode == PRINT)
		fmt_fd(1, "%s: you %s%s%s%s\n", name, ways ? "can log in" : "can NOT log in",
		       ways & AUTH_PUBLICKEY ? ", by key" : "",
		       set->key_and_password && ways ? " and password" : "",
		       !set->key_and_password && ways & AUTH_PASSWORD ? ", by password" : "");
	return !ways;
}

/* 1: that one could log in */
static int can(const char *name)
{
	int status = 1;
	pid_t pid = proc_away(0);

	if (pid == 0)
		_exit(account(name));
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0;
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
		FINE("not root: what only root can read cannot be judged");
	if (hostkeys_load(&keys, &s, NULL) < 0 && !made)
		return 0;
	mode = PRINT;
	if (keys.n)
		FINE("host keys: %u", keys.n);
	else
		FINE("host keys: made when the server starts");
	clock_sure(NULL, &by);
	if (by)
		FINE("the clock is behind: certificates are judged by %s, other dates by the clock",
		     by);
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

/* the server's own command line; as settings_args */
static int settings_read(struct settings *s, int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	char why[256];
	int r;

	settings_default(s, CFG_COMPAT_DROPBEAR && !strcmp(name ? name + 1 : argv[0], "dropbear"));
	r = settings_args(s, argc, argv);
	if (r)
		return 2 + 1;
	r = settings_file(s, why, sizeof(why));
	if (r < 0)
		bad(why);
	return r < 0 ? 1 + 1 : 0;
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
	r = settings_read(&own, r, words);
	if (r)
		return r - 1;
	set = &own;
	line_put("server", *SETTING(set, config_file) ? SETTING(set, config_file) : "flags alone");
	r = server_check();
	r &= user ? can(user) : somebody(1);
	fmt_fd(1, r ? "somebody can log in\n" : "nobody can log in\n");
	return !r;
}
