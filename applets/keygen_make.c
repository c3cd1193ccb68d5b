/* keygen_make.c - ssh-keygen: makes keys, and changes their passphrases and comments. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "config.h"
#include "keygen.h"
#include "passphrase.h"

/* user@host */
struct str keygen_self(void)
{
	struct utsname u;
	char name[USER_NAME];

	if (uname(&u))
		u.nodename[0] = 0;
	user_name_of(getuid(), name);
	fmt(keygen_said, sizeof(keygen_said), "%s@%s", name, u.nodename);
	return str_of(keygen_said);
}

int keygen_may_write(const char *path)
{
	struct stat st;
	char answer[16];

	if (lstat(path, &st))
		return 1;
	fmt_fd(1, "%s already exists.\n", path);
	return keygen_line("Overwrite (y/n)? ", answer, sizeof(answer)) && (*answer | 32) == 'y';
}

int keygen_write(const char *path, const void *p, size_t n, mode_t mode)
{
	mode_t mask = umask(077);
	int err;

	umask(mask);
	sig_skip(SIGINT); /* what lies beside the file would stay */
	err = file_write_atomic(path, p, n, mode & ~mask);
	return err ? keygen_fail(path, err_text(-err)) : 0;
}

static void seed_rng(struct rng *r)
{
	uint8_t seed[32];

	if (!rand_seed(seed))
		fmt_fd(2, "ssh-keygen: the kernel's random numbers are not ready yet; "
			  "make this key again later\n");
	rng_init(r, seed);
	wipe(seed, sizeof(seed));
}

/* how to write what -a, -m and -Z ask for; 0: there is no such thing */
static int how_asked(struct keyfile_how *how)
{
	const char *form = GIVEN('m'), *rounds = GIVEN('a');
	int n = rounds ? num_small(rounds, 1, 1u << 30) : 0;

	if (form && !strcmp(form, "PEM"))
		how->form = KEYFILE_PEM;
	else if (form && !strcmp(form, "PKCS8"))
		how->form = KEYFILE_PKCS8;
	else if (form && !strcmp(form, KEYGEN_DROPBEAR))
		how->form = KEYFILE_DROPBEAR;
	how->rounds = (unsigned)n;
	how->cipher = GIVEN('Z');
	return n >= 0;
}

int keygen_save(const char *path, struct str comment, struct str pass, int both)
{
	struct wr w = wr_init(keygen_mem, KEYFILE_MAX);
	struct keyfile_how how = {.comment = comment, .pass = pass, .work = key_work};
	char pub[512];
	struct rng r;
	int ok, status;

	if (fmt(pub, sizeof(pub), "%s.pub", path) < strlen(path) + 4)
		return keygen_fail(path, err_text(ENAMETOOLONG));
	seed_rng(&r);
	ok = how_asked(&how) && keyfile_write(&w, &keygen_key, &how, &r);
	wipe(&r, sizeof(r));
	if (!ok || w.bad)
		return keygen_fail(path, "cannot be written in this way (-a, -m, -Z)");
	status = keygen_write(path, keygen_mem, wr_len(&w), 0600);
	if (status || !both)
		return status;
	w = wr_init(keygen_mem, KEYFILE_MAX);
	key_text(&w, key_blob(&keygen_key), comment);
	return keygen_write(pub, keygen_mem, wr_len(&w), 0644);
}

/* ---- making ---------------------------------------------------------------- */

static void tick(int c)
{
	fmt_fd(2, "%c", c);
}

int keygen_generate(const char *type)
{
	const char *text = GIVEN('b');
	const struct key_kind *kind = key_kind_label(str_of(type), 0);
	int sized = kind && (kind->curve || !strcmp(type, "rsa")); /* others have one size */
	int bits = text && sized ? num_small(text, 1, 1u << 16) : 0, seen;
	struct rng r;

	if (!kind)
		return keygen_fail("unknown key type", type);
	if (bits > 0)
		kind = key_kind_label(str_of(type), (unsigned)bits);
	seed_rng(&r);
	seen = !GIVEN('q') && isatty(2) && !strcmp(type, "rsa");
	keygen_key.kind = kind;
	if (!kind || bits < 0 ||
	    !kind->generate(&keygen_key, &r, (unsigned)bits, seen ? tick : NULL))
		return keygen_fail("-b: there is no such size", type);
	if (seen)
		tick('\n');
	wipe(&r, sizeof(r));
	return 0;
}

/* a folder of the user's own */
static void dir_for(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[512];

	if (!slash || slash - path < 5 || memcmp(slash - 5, "/.ssh", 5) != 0)
		return;
	fmt(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	if (!mkdir(dir, 0700) && !GIVEN('q'))
		fmt_fd(1, "Created directory '%s'.\n", dir);
}

int keygen_make(void)
{
	const char *type = GIVEN('t') ? GIVEN('t') : "ed25519", *path;
	struct str comment = str_of(GIVEN('C')), pass;
	int status;

	if (!GIVEN('q'))
		fmt_fd(1, "Generating public/private %s key pair.\n", type);
	status = keygen_generate(type);
	path = status ? NULL : keygen_file(type);
	if (!path)
		return status ? status : NO;
	dir_for(path);
	if (!keygen_may_write(path))
		return NO;
	if (!keygen_new_pass(&pass, "Enter passphrase (empty for no passphrase): "))
		return NO;
	if (!comment.p)
		comment = keygen_self();
	status = keygen_save(path, comment, pass, 1);
	if (status || GIVEN('q'))
		return status;
	fmt_fd(1,
	       "Your identification has been saved in %s\n"
	       "Your public key has been saved in %s.pub\nThe key fingerprint is:\n",
	       path, path);
	key_print((char *)keygen_mem, key_blob(&keygen_key), keygen.md5);
	fmt_fd(1, "%s %.*s\nThe key's randomart image is:\n", (char *)keygen_mem, (int)comment.len,
	       comment.p);
	key_art(key_blob(&keygen_key), keygen.md5);
	return DONE;
}

/* the host keys that are missing, below -f */
int keygen_make_all(void)
{
	char path[512];
	struct stat st;
	unsigned at = 0;
	const char *label;
	int status = DONE, any = 0;

	fmt(path, sizeof(path), "%s" CFG_HOSTKEY_DIR, keygen.file ? keygen.file : "");
	dir_make(path);
	while ((label = key_kind_each(&at))) {
		fmt(path, sizeof(path), "%s" CFG_HOSTKEY_DIR "/ssh_host_%s_key",
		    keygen.file ? keygen.file : "", label);
		if (!stat(path, &st) && st.st_size)
			continue;
		fmt_fd(1, "%s%s", any++ ? " " : "ssh-keygen: generating new host keys: ", label);
		if (keygen_generate(label) || keygen_save(path, keygen_self(), (struct str){0}, 1))
			status = FAILED;
	}
	if (any)
		fmt_fd(1, "\n");
	return status;
}

/* ---- changing -------------------------------------------------------------- */

static const char *load_old(const char *prompt, struct str *comment)
{
	const char *path = keygen_file(NULL);

	return path && !keygen_load(path, GIVEN('P'), prompt, comment) ? path : NULL;
}

int keygen_change_pass(void)
{
	struct str comment, pass;
	const char *path = load_old("Enter old passphrase: ", &comment);
	int status;

	if (!path)
		return FAILED;
	if (comment.len)
		fmt_fd(1, "Key has comment '%.*s'\n", (int)comment.len, comment.p);
	if (!keygen_new_pass(&pass, "Enter new passphrase (empty for no passphrase): "))
		return NO;
	status = keygen_save(path, comment, pass, 0);
	if (!status)
		fmt_fd(1, "Your identification has been saved with the new passphrase.\n");
	return status;
}

int keygen_change_comment(void)
{
	struct str was, now = str_of(GIVEN('C'));
	const char *path = load_old(NULL, &was);
	char line[KEYGEN_PASS];
	int status;

	if (!path)
		return FAILED;
	fmt_fd(1, was.len ? "Old comment: %.*s\n" : "No existing comment\n", (int)was.len, was.p);
	if (!now.p) {
		keygen_line("New comment: ", line, sizeof(line));
		now = str_of(line);
	}
	if (str_eq(was, now)) {
		fmt_fd(1, "No change to comment\n");
		return DONE;
	}
	status = keygen_save(path, now, keygen_old_pass(), 1);
	if (!status)
		fmt_fd(1, now.len ? "Comment '%.*s' applied\n" : "Comment removed\n", (int)now.len,
		       now.p);
	return status;
}
