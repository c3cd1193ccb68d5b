/* fuzz_monitor.c - requests to the monitor, one after the other; the system around it is played. */
/* SPDX-License-Identifier: MIT */
/*
 * First byte: settings and the account. Then u16 length and a request each;
 * length 0 and a byte: a command ended. Nobody is in who proved nothing, no
 * reply holds a secret, no descriptor is left. SEEDS=dir writes the corpus.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "lab.h"
#include "mon_say.h"
#include "monitor.h"
#include "pubkey.h"

enum { BLANK = 1, TWO_FACTORS = 2, FORCED = 4, OPTIONS = 8, BROKEN = 16, EMPTY = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct settings base, set;
static uint8_t bits, proven;
static int keys_fd = -1, replies, looked_up, became, spawned, to_end;
static uint64_t now;

int __wrap_user_find(const char *name, struct user *u, const char **where);
int __wrap_user_find(const char *name, struct user *u, const char **where)
{
	(void)where;
	TRAP_UNLESS(!looked_up++);
	*u = (struct user){.uid = getuid(), .readable = 1, .no_password = bits & BLANK};
	if (strcmp(name, SAY_USER) != 0)
		return -ENOENT;
	memcpy(u->name, SAY_USER, sizeof(SAY_USER));
	memcpy(u->home, "/tmp", 5);
	memcpy(u->shell, "/bin/sh", 8);
	if (!(bits & BLANK))
		memcpy(u->hash, SAY_HASH, sizeof(SAY_HASH));
	return 0;
}

int __wrap_user_shell_ok(const struct user *u);
int __wrap_user_shell_ok(const struct user *u)
{
	return u->shell[0] == '/';
}

int __wrap_session_chroot(void);
int __wrap_session_chroot(void)
{
	return 1;
}

int __wrap_user_become(const struct user *u);
int __wrap_user_become(const struct user *u)
{
	uint8_t both = AUTH_PASSWORD | AUTH_PUBLICKEY;

	TRAP_UNLESS(!strcmp(u->name, SAY_USER) && !became++);
	if (set.key_and_password)
		TRAP_UNLESS(proven == both);
	else
		TRAP_UNLESS(proven || ((bits & BLANK) && set.permit_empty));
	return 0;
}

int __wrap_user_open(const struct user *u, const char *path, int strict, char *why, size_t n);
int __wrap_user_open(const struct user *u, const char *path, int strict, char *why, size_t n)
{
	(void)u, (void)path, (void)strict;
	fmt(why, n, "not there");
	lseek(keys_fd, 0, SEEK_SET);
	return bits & BROKEN ? -ENOENT : dup(keys_fd);
}

int __wrap_crypt_check(const void *pass, size_t n, const char *hash, struct bcrypt_work *w);
int __wrap_crypt_check(const void *pass, size_t n, const char *hash, struct bcrypt_work *w)
{
	(void)w;
	if (strcmp(hash, SAY_HASH) != 0 || n != strlen(SAY_PASSWORD) ||
	    memcmp(pass, SAY_PASSWORD, n) != 0)
		return CRYPT_BAD;
	proven |= AUTH_PASSWORD;
	return CRYPT_OK;
}

int __wrap_crypt_hash(char out[CRYPT_LEN], const void *pass, size_t n, const char *setting,
		      struct bcrypt_work *w);
int __wrap_crypt_hash(char out[CRYPT_LEN], const void *pass, size_t n, const char *setting,
		      struct bcrypt_work *w)
{
	(void)pass, (void)n, (void)setting, (void)w;
	out[0] = 0;
	return CRYPT_BAD;
}

int __real_sig_verify(const struct sig *s, struct str blob, struct str sig, struct str msg);
int __wrap_sig_verify(const struct sig *s, struct str blob, struct str sig, struct str msg);
int __wrap_sig_verify(const struct sig *s, struct str blob, struct str sig, struct str msg)
{
	int ok = __real_sig_verify(s, blob, sig, msg);

	TRAP_UNLESS(mon.sid_len);
	proven |= ok ? AUTH_PUBLICKEY : 0;
	return ok;
}

int __wrap_pty_open(int *master, int *slave, char *name, size_t n, const struct user *owner);
int __wrap_pty_open(int *master, int *slave, char *name, size_t n, const struct user *owner)
{
	TRAP_UNLESS(mon.authed && owner == &mon.user);
	fmt(name, n, "/dev/pts/9");
	if (bits & BROKEN)
		return -ENOENT;
	*master = open("/dev/null", O_RDWR);
	*slave = open("/dev/null", O_RDWR);
	return 0;
}

int __wrap_tty_get(int fd, struct termios *t);
int __wrap_tty_get(int fd, struct termios *t)
{
	memset(t, 0, sizeof(*t));
	return fd < 0 ? -EBADF : 0;
}

int __wrap_tty_set(int fd, const struct termios *t);
int __wrap_tty_set(int fd, const struct termios *t)
{
	return fd < 0 || !t ? -EBADF : 0;
}

pid_t __wrap_child_spawn(const struct child *c);
pid_t __wrap_child_spawn(const struct child *c)
{
	unsigned i;

	TRAP_UNLESS(mon.authed && became == 1 && c->user == &mon.user &&
		    !strcmp(c->path, "/bin/sh"));
	for (i = 0; c->argv[i]; i++)
		TRAP_UNLESS(i < 3 && strlen(c->argv[i]) < MON_COMMAND);
	TRAP_UNLESS(!(bits & FORCED) || !strcmp(c->argv[2], "exit 1"));
	for (i = 0; c->envp[i]; i++)
		TRAP_UNLESS(i < MON_ENVIRON && strchr(c->envp[i], '=') > c->envp[i] &&
			    strncmp(c->envp[i], "LD_", 3) != 0);
	return bits & BROKEN ? -EAGAIN : 1000000000 + spawned++;
}

int __wrap_kill(pid_t pid, int sig);
int __wrap_kill(pid_t pid, int sig)
{
	TRAP_UNLESS(pid <= -1000000000 && pid > -1000000000 - spawned && sig > 0);
	return 0;
}

pid_t __wrap_waitpid(pid_t pid, int *status, int options);
pid_t __wrap_waitpid(pid_t pid, int *status, int options)
{
	int which = to_end;

	(void)pid, (void)options;
	to_end = -1;
	*status = which & 1 ? SIGTERM : 3 << 8;
	return which < 0 || !spawned ? 0 : 1000000000 + which % spawned;
}

int __wrap_msg_send(int fd, const void *p, size_t n, const int *fds, int nfds);
int __wrap_msg_send(int fd, const void *p, size_t n, const int *fds, int nfds)
{
	const uint8_t *seed = mon.hostkey[0].u.ed25519.seed;
	int i;

	TRAP_UNLESS(fd == 1000 && n && n <= MON_MAX && nfds >= 0 && nfds <= 3);
	TRAP_UNLESS(!memmem(p, n, seed, 16) && !memmem(p, n, seed + 16, 16));
	TRAP_UNLESS(!memmem(p, n, SAY_HASH, 20));
	for (i = 0; i < nfds; i++)
		TRAP_UNLESS(fcntl(fds[i], F_GETFD) >= 0);
	replies += *(const uint8_t *)p == MON_REPLY;
	return 0;
}

uint64_t __wrap_clock_ms(void);
uint64_t __wrap_clock_ms(void)
{
	return now += 50;
}

int __wrap_poll(struct pollfd *p, nfds_t n, int ms);
int __wrap_poll(struct pollfd *p, nfds_t n, int ms)
{
	(void)p, (void)n;
	now += ms;
	return 0;
}

static void seed_put(const char *name, uint8_t first, const uint8_t *kinds, size_t n)
{
	char path[300];
	uint8_t head[3] = {first};
	size_t i;
	int fd;

	fmt(path, sizeof(path), "%s/%s", getenv("SEEDS"), name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	TRAP_UNLESS(fd >= 0 && write(fd, head, 1) == 1);
	for (i = 0; i < n; i++) {
		switch (kinds[i]) {
		case 0: say = wr_init(say_mem, sizeof(say_mem)); break;
		case 'q': say_public_key(SAY_USER, 1, 0, 32); break;
		case 'k': say_public_key(SAY_USER, 0, 0, 32); break;
		case 'p': say_password(SAY_USER, SAY_PASSWORD); break;
		case 'n': say_none(SAY_USER); break;
		default: say_kind(kinds[i]);
		}
		head[1] = wr_len(&say) >> 8;
		head[2] = wr_len(&say);
		TRAP_UNLESS(write(fd, head + 1, 2) == 2);
		TRAP_UNLESS(write(fd, say_mem, wr_len(&say)) == (ssize_t)wr_len(&say));
		if (!kinds[i]) /* who ended */
			TRAP_UNLESS(write(fd, "", 1) == 1);
	}
	close(fd);
}

static void seeds_write(void)
{
	static const uint8_t key[] = {1, 'q', 'k', 3, 4, 5, 6, 7, 8, 9},
			     password[] = {1, 'q', 'p', 4, 5, 6, 7, 0, 8, 9},
			     none[] = {1, 'n', 3, 4, 6, 6, 5, 5, 6, 0, 5, 6, 9},
			     both[] = {1, 'k', 'p', 3, 4, 5, 6, 7, 8, 9},
			     early[] = {'k', 'q', 'p', 6};

	seed_put("key", 0, key, sizeof(key));
	seed_put("key_options", OPTIONS, key, sizeof(key));
	seed_put("forced", FORCED, key, sizeof(key));
	seed_put("broken", BROKEN, password, sizeof(password));
	seed_put("password", OPTIONS, password, sizeof(password));
	seed_put("none", BLANK | EMPTY, none, sizeof(none));
	seed_put("both", TWO_FACTORS, both, sizeof(both));
	seed_put("early", 0, early, sizeof(early));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	uint8_t blob[80], line[300];
	struct wr b = wr_init(blob, sizeof(blob)), w = wr_init(line, sizeof(line));
	static const char head[] = "# keys\nssh-rsa AAAA\n"
				   "environment=\"A=b\",from=\"!1.2.3.4,*\",no-pty ";

	(void)argc, (void)argv;
	say_keys();
	key_public_blob(&say_key, &b);
	wr_bytes(&w, head, sizeof(head) - 1);
	pubkey_text(&w, (struct str){blob, wr_len(&b)});
	keys_fd = memfd_create("keys", 0);
	TRAP_UNLESS(write(keys_fd, line, wr_len(&w)) == (ssize_t)wr_len(&w));
	settings_default(&base, 0);
	base.password_auth = base.pubkey_auth = base.root_password = 1;
	base.permit_root = ROOT_YES;
	base.motd = 0;
	if (getenv("SEEDS"))
		seeds_write();
	return 0;
}

static void fresh(void)
{
	static const uint8_t seed[32] = {7};
	static const char nul[] = {0, 0, 0, 0, 0, 0, 0, 1, 0};
	struct rd r = rd_init((struct str){(const uint8_t *)nul, sizeof(nul)});
	struct wr w = wr_init(say_mem, sizeof(say_mem));
	uint32_t ch;

	session_part(&r, &w); /* what there was of a command line is forgotten */
	for (ch = 0; ch < MON_SESSIONS; ch++)
		env_drop(ch);
	keys_forget();
	memset(&mon, 0, sizeof(mon));
	memset(&mon_scratch, 0, sizeof(mon_scratch));
	set = base;
	set.key_and_password = !!(bits & TWO_FACTORS);
	set.permit_empty = !!(bits & EMPTY);
	set.permit_user_env = !!(bits & OPTIONS);
	if (bits & FORCED) {
		set.force_command = set.text_len;
		memcpy(set.text + set.text_len, "exit 1", 7);
		set.text_len += 7;
	}
	mon.set = &set;
	mon.net = 1000;
	mon.link = -1;
	mon.hostkey[0] = say_host;
	mon.n_hostkeys = 1;
	rng_init(&mon.rng, seed);
	proven = 0;
	looked_up = became = spawned = 0;
	to_end = -1;
	now = 1000;
}

static int due(uint8_t kind)
{
	if (kind == MON_SIGN || kind == MON_BYE)
		return 1;
	return mon.authed ? kind >= MON_PTY && kind <= MON_HUP : kind == MON_AUTH;
}

/* 1: the connection goes on */
static int one(struct str s)
{
	uint8_t *p = malloc(s.len); /* so that what lies behind it is seen */
	int may = due(s.p[0]), r;

	memcpy(p, s.p, s.len);
	replies = 0;
	r = monitor_request(p, s.len);
	free(p);
	TRAP_UNLESS(r == -1 || may);
	TRAP_UNLESS(replies == (r == 0 && s.p[0] != MON_BYE));
	TRAP_UNLESS(mon.authed == became);
	return r == 0 && s.p[0] != MON_BYE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct rd in = rd_init((struct str){data, n});
	int before = dup(0), i, after;
	uint32_t len;

	close(before);
	bits = rd_u8(&in);
	fresh();
	for (i = 0; i < 300 && rd_left(&in) > 2; i++) {
		struct str s;

		len = (uint32_t)rd_u8(&in) << 8;
		len |= rd_u8(&in);
		if (!len) {
			to_end = rd_u8(&in);
			session_reap();
			continue;
		}
		s = rd_bytes(&in, len < rd_left(&in) ? len : rd_left(&in));
		if (s.len > MON_MAX || !one(s))
			break;
	}
	for (i = 0; i < MON_SESSIONS; i++)
		if (mon.session[i].slave)
			close(mon.session[i].slave - 1);
	after = dup(0);
	close(after);
	TRAP_UNLESS(before == after);
	return 0;
}
