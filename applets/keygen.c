/* keygen.c - ssh-keygen: makes keys, shows their public halves and fingerprints. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "applets.h"
#include "flag.h"
#include "keyfile.h"
#include "keyshow.h"

static const char usage[] =
    "usage: ssh-keygen [-q] [-t ed25519] -f FILE [-N ''] [-C COMMENT]   make a key\n"
    "       ssh-keygen -y -f FILE                                       its public half\n"
    "       ssh-keygen -l [-E md5|sha256] -f FILE                       fingerprints in a file\n";

/* exit status, as OpenSSH's program has it */
enum { DONE = 0, NO = 1, FAILED = 255 };

static struct {
	const char *file, *comment, *type, *pass, *hash;
	int quiet, show, list, md5;
} arg;

static char room[16384] APART; /* a file, or a line of one: RSA with 16384 bits takes 2800 */
static char said[1024] APART;  /* the comment, while the room is used again */
static struct key key ASIDE;

static int fail(const char *file, const char *why)
{
	fmt_fd(2, "ssh-keygen: %s: %s\n", file, why);
	return FAILED;
}

/* ---- -l -------------------------------------------------------------------- */

static void list_key(struct str blob, struct str comment)
{
	key_show(blob, comment.len ? comment : STR("no comment"), arg.md5);
}

/* the public keys in a file: how many, or -errno */
static int list_lines(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), found = 0, r;
	struct str blob, comment;
	struct lines l;

	if (fd < 0)
		return -errno;
	lines_init(&l, fd, room, sizeof(room));
	for (; (r = key_line(&l, &blob, &comment)) == 1; found++)
		list_key(blob, comment);
	close(fd);
	return r < 0 ? r : found;
}

/* the private key in the file, which has to be wiped afterwards; or what it is instead */
static enum keyfile_err load(struct str *comment, ssize_t *n)
{
	*n = file_read(arg.file, room, sizeof(room));
	return *n < 0 ? KEYFILE_ALIEN : keyfile_read(&key, comment, (uint8_t *)room, (size_t)*n);
}

static int list(void)
{
	struct str comment;
	char pub[512];
	ssize_t n;
	enum keyfile_err e = load(&comment, &n);
	int found;

	if (e == KEYFILE_OK) {
		list_key(key_blob(&key), comment);
		return DONE;
	}
	if (n < 0 && n != -EFBIG)
		return fail(arg.file, err_text((int)-n));
	found = list_lines(arg.file);
	/* of a private key that cannot be read the public half may lie beside it */
	if (!found && e != KEYFILE_ALIEN && fmt(pub, sizeof(pub), "%s.pub", arg.file))
		found = list_lines(pub);
	if (found > 0)
		return DONE;
	return fail(arg.file, e == KEYFILE_ALIEN || e == KEYFILE_PUBLIC ? "no key is in it"
									: keyfile_text(e));
}

/* ---- -y -------------------------------------------------------------------- */

/* the line of a .pub file, over the room; the length, 0 where it does not fit */
static size_t public_line(struct str comment)
{
	struct wr w = wr_init(room, sizeof(room));

	pubkey_text(&w, key_blob(&key));
	if (comment.len)
		wr_u8(&w, ' ');
	wr_bytes(&w, comment.p, comment.len);
	wr_u8(&w, '\n');
	return w.bad ? 0 : wr_len(&w);
}

static int show(void)
{
	struct str in_room;
	ssize_t n;
	enum keyfile_err e = load(&in_room, &n);

	if (n < 0)
		return fail(arg.file, err_text((int)-n));
	if (e)
		return fail(arg.file, keyfile_text(e));
	fmt(said, sizeof(said), "%.*s", (int)in_room.len, in_room.p);
	fmt_fd(1, "%.*s", (int)public_line(str_of(said)), room);
	return DONE;
}

/* ---- making ---------------------------------------------------------------- */

/* 1: the file may be written */
static int may_write(void)
{
	struct stat st;
	char answer = 0, c;

	if (lstat(arg.file, &st))
		return 1;
	fmt_fd(2, "%s already exists.\n", arg.file);
	if (!isatty(0))
		return 0;
	fmt_fd(2, "Overwrite (y/n)? ");
	while (read(0, &c, 1) == 1 && c != '\n')
		if (!answer)
			answer = c;
	return answer == 'y' || answer == 'Y';
}

/* user@host */
static void default_comment(void)
{
	struct utsname u;
	struct user user;

	if (uname(&u))
		u.nodename[0] = 0;
	if (user_find_uid(getuid(), &user))
		fmt(user.name, sizeof(user.name), "%u", (unsigned)getuid());
	fmt(said, sizeof(said), "%s@%s", user.name, u.nodename);
	user_forget(&user);
	arg.comment = said;
}

static void generate(struct rng *r)
{
	uint8_t seed[32];

	if (!rand_seed(seed))
		fmt_fd(2, "ssh-keygen: the kernel's random numbers are not ready yet; "
			  "make this key again later\n");
	rng_init(r, seed);
	key.kind->generate(&key, r);
	wipe(seed, sizeof(seed));
}

/* both files; 0, or -errno and *file is the one */
static int save(struct rng *r, struct str comment, char *pub, const char **file)
{
	struct wr w = wr_init(room, sizeof(room));
	uint32_t check;
	size_t n;
	int err;

	rng_bytes(r, &check, sizeof(check));
	keyfile_write(&w, &key, comment, check, KEY_OPENSSH);
	*file = arg.file;
	err = w.bad ? -EMSGSIZE : file_write_atomic(arg.file, room, wr_len(&w), 0600);
	if (err)
		return err;
	*file = pub;
	n = public_line(comment);
	return file_write_atomic(pub, room, n, 0644);
}

static int make(void)
{
	char pub[512], text[FINGERPRINT_LEN];
	const char *file;
	struct rng r;
	int err;

	key.kind = key_kind_label(str_of(arg.type));
	if (!key.kind)
		return fail(arg.type, "a type of key that is not built in; there is ed25519");
	if (fmt(pub, sizeof(pub), "%s.pub", arg.file) < strlen(arg.file) + 4)
		return fail(arg.file, err_text(ENAMETOOLONG));
	if (!arg.quiet)
		fmt_fd(1, "Generating public/private %s key pair.\n", arg.type);
	if (!may_write())
		return NO;
	if (!arg.comment)
		default_comment();
	generate(&r);
	err = save(&r, str_of(arg.comment), pub, &file);
	wipe(&r, sizeof(r));
	if (err)
		return fail(file, err_text(-err));
	key_print(text, key_blob(&key), arg.md5);
	if (!arg.quiet)
		fmt_fd(1,
		       "Your identification has been saved in %s\n"
		       "Your public key has been saved in %s\n"
		       "The key fingerprint is:\n%s %s\n",
		       arg.file, pub, text, arg.comment);
	return DONE;
}

/* ---- command line ---------------------------------------------------------- */

static int parse(char **argv)
{
	const char *at = NULL;
	char *text;
	int c;

	while ((c = flag_next(&at, &argv, "qylf:C:t:N:E:", "", &text))) {
		switch (c) {
		case 'q': arg.quiet = 1; break;
		case 'y': arg.show = 1; break;
		case 'l': arg.list = 1; break;
		case 'f': arg.file = text; break;
		case 'C': arg.comment = text; break;
		case 't': arg.type = text; break;
		case 'N': arg.pass = text; break;
		case 'E': arg.hash = text; break;
		default: return 0;
		}
	}
	return !*argv;
}

static int run(void)
{
	if (!arg.file)
		return fail("-f", "say which file");
	if (*arg.pass)
		return fail("-N", "a passphrase cannot be had in this build; use -N ''");
	if (arg.comment && strpbrk(arg.comment, "\r\n"))
		return fail("-C", "a comment is one line");
	if (!key_hash(arg.hash, &arg.md5))
		return fail("-E", "md5 or sha256 is wanted");
	if (arg.list)
		return list();
	return arg.show ? show() : make();
}

int keygen_main(int argc, char **argv)
{
	int status;

	arg.type = "ed25519";
	arg.hash = "sha256";
	arg.pass = "";
	if (argc < 2 || !parse(argv + 1)) {
		int asked = argc == 2 && !strcmp(argv[1], "--help");

		fmt_fd(asked ? 1 : 2, "%s", usage);
		return asked ? DONE : NO;
	}
	status = run();
	key_wipe(&key);
	wipe(room, sizeof(room));
	return status;
}
