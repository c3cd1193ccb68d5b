/* receive.c - takes a file from a stream, and uses it only if somebody trusted has signed it. */
/* SPDX-License-Identifier: MIT */
/*
 * What comes is hashed and written aside, as PATH.part, a buffer at a time. The signature
 * comes first, since it says which hash: from a file, or ahead of the file on the same
 * stream. The name, the command at the pipe and the one behind it see what was verified or
 * nothing. A part that may be the beginning of the right file stays, to go on from; what is
 * certainly wrong goes, and what did not fit. A block device is written in place: nobody
 * boots from it before the last command, which runs if all is well, says so.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applets.h"
#include "flag.h"
#include "keygen.h"

#define END "-----END SSH SIGNATURE-----\n"
#define SIG_MOST 65536
#define CHUNK 32768

enum { OK, REFUSED, USAGE, CUT }; /* exit status */

enum { TO, PIPE, SIGNERS, IDENTITY, SPACE, SIG, THEN, SPOOL, SIZE, RESUME, OFFSET, FLAGS };

static const char *const names[FLAGS + 1] = {
    "--to:",   "--pipe:",  "--signers:", "--identity:", "--namespace:", "--sig:",
    "--then:", "--spool:", "--size:",    "--resume",    "--offset"};

static const char usage[] = "usage: receive --to PATH | --pipe COMMAND [--spool PATH]\n"
			    "       --signers FILE --identity NAME --namespace NAME [--sig FILE]\n"
			    "       [--size BYTES] [--resume] [--then COMMAND]\n"
			    "       receive --offset --to PATH | --spool PATH\n";

static const char *given[FLAGS], *to;
static struct aside part ASIDE;
static struct hash_ctx hash ASIDE;
static uint64_t have, size; /* bytes; 0: the whole is of a size that nobody has told */
static int device;

/* says what is wrong with it; -1 */
static int fail(const char *what, int err)
{
	key_fail(what, err_text(err));
	return -1;
}

static ssize_t sig_read(void)
{
	size_t n = 0, end = sizeof(END) - 1;

	if (given[SIG])
		return file_read(given[SIG], keygen_mem, SIG_MOST);
	while (n < SIG_MOST && read(0, keygen_mem + n, 1) == 1)
		if (++n >= end && !memcmp(keygen_mem + n - end, END, end))
			break;
	return (ssize_t)n;
}

/* a file that nobody else can change later, and that nobody else is writing */
static int part_check(void)
{
	struct stat st;

	if (fstat(part.fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink != 1 ||
	    (st.st_mode & 077))
		return -EPERM;
	if (flock(part.fd, LOCK_EX | LOCK_NB))
		return -EBUSY;
	return given[RESUME] || !ftruncate(part.fd, 0) ? 0 : -errno;
}

/* what is there already goes through the hash again */
static int part_hash(void)
{
	ssize_t n;

	while ((n = read(part.fd, keygen_room, CHUNK)) > 0) {
		hash_add(&hash, keygen_room, (size_t)n);
		have += (uint64_t)n;
	}
	return (int)n;
}

/* 1: there is room for what is still to come */
static int room(void)
{
	struct statfs v;

	if (device)
		return (uint64_t)lseek(part.fd, 0, SEEK_END) >= size &&
		       !lseek(part.fd, 0, SEEK_SET);
	return fstatfs(part.fd, &v) || (uint64_t)v.f_bavail * (uint32_t)v.f_bsize >= size - have;
}

static void part_drop(void)
{
	if (!device)
		aside_drop(&part);
}

static int part_open(void)
{
	uid_t owner;
	int r = file_mode(to, &part.mode, &owner);

	device = r == 0 && S_ISBLK(part.mode);
	if (r)
		part.mode = 0644;
	else if (!device && !S_ISREG(part.mode))
		return fail(to, EINVAL);
	part.mode &= 0777;
	if (device && given[RESUME])
		return fail(to, ESPIPE);
	if (fmt(part.name, sizeof(part.name), "%s.part", to) >= sizeof(part.name) - 1)
		return fail(to, ENAMETOOLONG);
	part.fd = device ? fd_open(to, O_WRONLY | O_EXCL) /* EBUSY: it is mounted */
			 : fd_open_at(AT_FDCWD, part.name, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
	r = part.fd < 0 || device ? part.fd : part_check();
	if (r >= 0 && !device)
		r = part_hash();
	if (r >= 0 && size && (have > size || !room())) {
		r = have > size ? -EFBIG : -ENOSPC;
		if (have > size || !have)
			part_drop();
	}
	return r < 0 ? fail(device ? to : part.name, -r) : 0;
}

/* all that comes; 0, or -errno of the disk */
static int take(void)
{
	ssize_t n, k, done;

	while ((n = read(0, keygen_room, CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break; /* the session is gone: what has come stays */
		if (size && have + (uint64_t)n > size)
			return -EFBIG;
		hash_add(&hash, keygen_room, (size_t)n);
		for (done = 0; done < n; done += k)
			if ((k = write(part.fd, keygen_room + done, (size_t)(n - done))) <= 0)
				return k ? -errno : -ENOSPC;
		have += (uint64_t)n;
	}
	return fsync(part.fd) ? -errno : 0;
}

/* 1: all of it is here, and what was signed */
static int verify(int *status)
{
	uint8_t digest[HASH_MAX];

	hash_out(&hash, digest);
	if (keygen_sig_good(digest) && (!size || have == size))
		return 1;
	*status = have < size || !size ? CUT : REFUSED;
	fmt_fd(2, "receive: %s after %llu bytes%s\n",
	       have < size ? "cut short" : "incorrect signature", (unsigned long long)have,
	       device           ? ""
	       : *status == CUT ? ", which are kept: go on with --resume, or anew without"
				: ", which are removed");
	if (*status != CUT)
		part_drop();
	return 0;
}

static int run(const char *line)
{
	const char *const argv[] = {"sh", "-c", line, NULL};
	int status = prog_wait(prog_spawn(argv, 0, 1));

	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/* it is verified */
static int use(void)
{
	int r = 0;

	if (given[PIPE]) {
		unlink(part.name);
		lseek(part.fd, 0, SEEK_SET);
		dup2(part.fd, 0);
		r = run(given[PIPE]);
	} else if (!device) {
		r = aside_put(&part, to);
		if (r)
			return fail(to, -r) & REFUSED;
	}
	return r == 0 && given[THEN] ? run(given[THEN]) : r;
}

static int receive(void)
{
	const char *by;
	const struct hash *h;
	int status = REFUSED, r;

	keygen.given['s'] = given[SIG] ? given[SIG] : "stdin";
	keygen.given['I'] = given[IDENTITY];
	keygen.given['n'] = given[SPACE];
	keygen.file = given[SIGNERS];
	h = keygen_sig_open(sig_read(), clock_sure(NULL, &by));
	if (!h)
		return REFUSED;
	hash_init(&hash, h);
	if (part_open() < 0)
		return REFUSED;
	r = take();
	if (r) {
		fail(device ? to : part.name, -r);
		part_drop();
		return REFUSED;
	}
	return verify(&status) ? use() : status;
}

int receive_main(int argc, char **argv)
{
	char **at = argv + 1, *arg, spool[64];
	struct stat st;
	int i;

	(void)argc;
	self_init(argv);
	while ((i = flag_word(&at, names, &arg)) >= 0)
		given[i] = i < RESUME ? arg : "";
	fmt(spool, sizeof(spool), "/tmp/cubssh-receive.%u", (unsigned)geteuid());
	to = given[TO] ? given[TO] : given[SPOOL] ? given[SPOOL] : spool;
	if (i == -1 && !*at && given[OFFSET]) {
		fmt(part.name, sizeof(part.name), "%s.part", to);
		fmt_fd(1, "%llu\n", stat(part.name, &st) ? 0 : (unsigned long long)st.st_size);
		return OK;
	}
	if (i != -1 || *at || !given[TO] == !given[PIPE] || !given[SIGNERS] || !given[IDENTITY] ||
	    !given[SPACE] || (given[SIZE] && num_parse(given[SIZE], 1, INT64_MAX, &size))) {
		fmt_fd(2, "%s", usage);
		return USAGE;
	}
	return receive();
}
