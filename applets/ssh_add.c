/* ssh_add.c - ssh-add: gives keys to the agent, takes them away, shows them. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "applets.h"
#include "cli.h"
#include "keyshow.h"
#include "passphrase.h"
#include "sig.h"

/* exit status, as OpenSSH's program has it */
enum { DONE = 0, NO = 1, NO_AGENT = 2 };

#define KEYS 256
#define SECRET 1024

static int agent;
static uint8_t room[65536] APART;            /* a file, or what the agent says */
static uint8_t message[AGENT_REQUEST] APART; /* what it is told */
static struct agent_key keys[KEYS] APART;
static struct key key ASIDE;      /* of the file in hand */
static char secret[SECRET] APART; /* the last passphrase, which may do for the next file as well */
static int secret_len;
static struct str blob, comment; /* likewise */
static struct wr w;              /* to the message */

static void begin(uint8_t type)
{
	agent_begin(&w, message, sizeof(message), type);
}

/* of what the agent has said */
static int result(const char *what, int err)
{
	if (!err)
		return DONE;
	return key_fail(what, err == -EACCES ? "agent refused operation" : err_text(-err));
}

/* tells the agent, then the user that it has worked */
static int tell(const char *what, const char *f)
{
	int status = result(what, agent_call(agent, &w));

	if (!status && !agent_args.given['q'])
		fmt_fd(2, f, what, (int)comment.len, (const char *)comment.p);
	return status;
}

/* ---- files ----------------------------------------------------------------- */

/* *n: bytes of the file in room, or -errno */
static enum keyfile_err load(const char *path, struct str pass, ssize_t *n)
{
	*n = file_read(path, room, KEYFILE_MAX);
	return *n < 0 ? KEYFILE_ALIEN
		      : keyfile_read(&key, &comment, room, (size_t)*n, pass, key_work);
}

/* asks until the passphrase is right, or there is none. NULL, why there is no key, or "": they know */
static const char *load_asking(const char *path)
{
	ssize_t n;
	enum keyfile_err e = load(path, (struct str){0}, &n);
	int again = 0;
	char prompt[400];

	while (CFG_KEY_PASSPHRASE && (e == KEYFILE_ENCRYPTED || e == KEYFILE_PASS)) {
		if (e == KEYFILE_PASS || !secret_len) {
			fmt(prompt, sizeof(prompt),
			    again ? "Bad passphrase, try again for %p%s: "
				  : "Enter passphrase for %p%s: ",
			    path, agent_args.given['c'] ? " (will confirm each use)" : "");
			secret_len = ask_line(NULL, prompt, 0, secret, SECRET);
			again = 1;
			if (secret_len <= 0)
				return "";
		}
		e = load(path, (struct str){(uint8_t *)secret, (size_t)secret_len}, &n);
	}
	return n < 0 ? err_text((int)-n) : e ? keyfile_text(e) : NULL;
}

static int add(const char *path)
{
	const char *why;
	mode_t mode;
	uid_t owner;

	if (file_mode(path, &mode, &owner) == 0 && owner == getuid() && mode & 077)
		return key_fail(path, "others can read it: not used");
	why = load_asking(path);
	if (why)
		return *why ? key_fail(path, why) : NO;
	if (!comment.len)
		comment = str_of(path);
	agent_begin_key(&w, message, sizeof(message), &key, comment, agent_args.life,
			agent_args.given['c'] != NULL);
	return tell(path, "Identity added: %p (%*p)\n");
}

/* the first public key that the file tells of, or the .pub beside it; 0: it is said what is wrong */
static int public_of(const char *path)
{
	static uint8_t head[KEY_BLOB_MAX] APART;
	ssize_t n;
	enum keyfile_err e = load(path, (struct str){0}, &n);
	char *pub = (char *)message;
	struct lines l;
	int i, fd, found;

	if (!e) {
		blob = key_blob(&key);
		return 1;
	}
	if (CFG_KEY_PASSPHRASE && e == KEYFILE_ENCRYPTED) {
		blob = (struct str){head, keyfile_public(head, room, (size_t)n)};
		comment = str_of(path);
		return 1;
	}
	for (i = 0; i < 2; i++) {
		fmt(pub, sizeof(message), i ? "%s.pub" : "%s", path);
		fd = fd_open(pub, O_RDONLY);
		lines_init(&l, fd, (char *)room, sizeof(room));
		found = key_line(&l, &blob, &comment) == 1;
		close(fd);
		if (found)
			return 1;
	}
	key_fail(path, n < 0 ? err_text((int)-n) : keyfile_text(e));
	return 0;
}

/* the agent can sign with it, and the signature is good */
static int test(const char *path)
{
	struct str sig;
	int i, err;

	for (i = 0; sigs[i]; i++) {
		if (!str_is(pubkey_name(blob), sigs[i]->key_name))
			continue;
		/* of what is signed it matters little what it is */
		err = agent_sign(agent, blob, blob, agent_flags(sigs[i]), message, sizeof(message),
				 &sig);
		if (!err && !sig_verify(sigs[i], blob, sig, blob))
			err = -EBADMSG;
		return result(path, err);
	}
	return key_fail(path, keyfile_text(KEYFILE_TYPE));
}

static int of_file(int what, const char *path)
{
	if (!what)
		return add(path);
	if (!public_of(path))
		return NO;
	if (what == 'T')
		return test(path);
	begin(AGENT_REMOVE);
	wr_str(&w, blob.p, blob.len);
	return tell(path, "Identity removed: %p (%*p)\n");
}

/* those of the usual names that are there; none is a failure too */
static int usual_files(int what)
{
	static const char names[] = "rsa\0ecdsa\0ed25519\0dropbear\0";
	char path[USER_PATH + 24];
	int status = NO, any = 0;
	struct user me;
	mode_t mode;
	uid_t owner;

	if (user_find_uid(getuid(), &me))
		return NO;
	user_forget(&me);
	for (const char *p = names; *p; p += strlen(p) + 1) {
		fmt(path, sizeof(path), "%s/.ssh/id_%s", me.home, p);
		if (file_mode(path, &mode, &owner) < 0)
			continue;
		status = of_file(what, path) | (any && status);
		any = 1;
	}
	return status;
}

/* ---- without files --------------------------------------------------------- */

static int list(int whole)
{
	unsigned n = KEYS, i;
	int err = agent_list(agent, room, sizeof(room), keys, &n);

	for (i = 0; i < n; i++) {
		comment = keys[i].comment;
		w = wr_init(message, sizeof(message));
		pubkey_text(&w, keys[i].blob);
		if (whole)
			fmt_fd(1, "%.*s %.*s\n", (int)wr_len(&w), message, (int)comment.len,
			       comment.p);
		else
			key_show(keys[i].blob, comment, agent_args.md5);
	}
	if (!err && !n)
		fmt_fd(1, "The agent has no identities.\n");
	return n ? DONE : result("-l", err) | NO;
}

static int lock(int on)
{
	char *one = (char *)room, *two = one + SECRET;
	int n = ask_line(NULL, "Enter lock password: ", 0, one, SECRET);

	if (n < 0)
		return NO;
	if (on && (ask_line(NULL, "Again: ", 0, two, SECRET) != n || memcmp(one, two, (size_t)n))) {
		fmt_fd(2, "Passwords do not match.\n");
		return NO;
	}
	begin(on ? AGENT_LOCK : AGENT_UNLOCK);
	wr_str(&w, one, (size_t)n);
	return tell(on ? "lock" : "unlock", "Agent %ped.\n");
}

/* ---- command line ---------------------------------------------------------- */

static int work(char **files)
{
	const char **given = agent_args.given;
	int what = given['d'] ? 'd' : given['T'] ? 'T' : 0, status = DONE;

	if (given['l'] || given['L'])
		return list(given['L'] != NULL);
	if (given['x'] || given['X'])
		return lock(given['x'] != NULL);
	if (given['D']) {
		begin(AGENT_REMOVE_ALL);
		return tell("All", "%p identities removed.\n");
	}
	if (!*files)
		return usual_files(what);
	for (; *files; files++)
		status |= of_file(what, *files);
	return status;
}

int ssh_add_main(int argc, char **argv)
{
	int status;

	(void)argc;
	/* -k leaves certificates out, and there are none; -v would say nothing more */
	if (!agent_flags_take(
		&argv, "cDdkLlqTvXxE:t:", "ssh-add [-cDdkLlqTvXx] [-E HASH] [-t LIFE] [FILE...]"))
		return NO;
	agent = agent_connect(NULL);
	if (agent < 0) {
		fmt_fd(2, "Could not open a connection to your authentication agent: %s\n",
		       err_text(-agent));
		return NO_AGENT;
	}
	status = work(argv);
	key_wipe(&key);
	wipe(secret, sizeof(secret));
	wipe(room, sizeof(room));
	wipe(message, sizeof(message));
	return status;
}
