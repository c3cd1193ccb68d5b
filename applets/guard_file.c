/* guard_file.c - the file of a guard, and the way back that it describes. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h> /* rename */
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard.h"
#include "port.h"

#define NAME 256
#define LIMIT 120 /* seconds that a command may keep the start of the machine waiting */
#define HEAD offsetof(struct guard_saved, text)

struct guard guard APART;
static char undo_name[sizeof(guard.path) + 8] ASIDE;
static char copy[NAME] ASIDE, old[NAME] ASIDE; /* beside a file; what it replaces */

int guard_fail(const char *what, int err)
{
	fmt_fd(2, "%s: %s: %s\n", self_name(), what, err_text(err));
	return 0;
}

static int run(const char *program, const char *flag, const char *a, const char *b)
{
	const char *const argv[] = {program, flag, a, b, NULL};

	return prog_wait(prog_spawn(argv, 0, 1));
}

static void remove_all(const char *path)
{
	run("rm", "-rf", path, NULL);
}

/* ---- names ------------------------------------------------------------------ */

/* the names of that number; 0: their folder is not there, or not ours alone */
static int place(unsigned id, int make)
{
	unsigned me = getuid();
	struct stat st;
	size_t n;

	n = fmt(guard.path, sizeof(guard.path),
		id > GUARD_IDS ? CFG_HOSTKEY_DIR "/guard"
		: me           ? "/tmp/cubssh-guard.%u"
			       : "/var/run/cubssh-guard",
		me);
	if (make)
		mkdir(guard.path, 0700);
	if (lstat(guard.path, &st) || !S_ISDIR(st.st_mode) || st.st_uid != me || (st.st_mode & 077))
		return 0;
	fmt(guard.path + n, 8, "/%u", id);
	fmt(undo_name, sizeof(undo_name), "%s.undo", guard.path);
	guard.id = id;
	return 1;
}

static int forget_name(void)
{
	int was = !unlink(guard.undoing ? undo_name : guard.path);

	sync();
	return was;
}

/* the path behind p, or the first; NULL: there is none. Its copy is called .NAME.guard-ID */
static char *file_next(char *p)
{
	char *slash;

	p = p ? p : guard.saved.text;
	p += strlen(p) + 1;
	if (p == guard.saved.text + guard.saved.n)
		return NULL;
	slash = strrchr(++p, '/') + 1;
	fmt(copy, sizeof(copy), "%.*s.%s.guard-%u", (int)(slash - p), p, slash, guard.id);
	fmt(old, sizeof(old), "%s~", copy);
	return p;
}

/* ---- to make one -------------------------------------------------------------- */

/* later it can be replaced by a rename, and its copy is there */
static int keep(char *path)
{
	struct stat st, above;
	int there = !lstat(path, &st);

	if (strlen(copy) >= NAME - 2)
		return guard_fail(path, ENAMETOOLONG);
	path[-1] = there ? '+' : '-';
	if (!there)
		return 1;
	fmt(old, sizeof(old), "%.*s", (int)(strrchr(path, '/') - path) + 1, path);
	if (stat(old, &above) || above.st_dev != st.st_dev)
		return guard_fail(path, EBUSY);
	remove_all(copy); /* the number is ours now: what bears it was left by a reset */
	if (run("cp", "-a", path, copy) == 0)
		return 1;
	remove_all(copy);
	return guard_fail(path, EIO);
}

/* files before f are copied: those copies go, and the guard */
static int make_fail(char *f, int err)
{
	if (err)
		guard_fail(guard.path, err);
	if (f)
		guard.saved.n = (uint32_t)(f - 1 - guard.saved.text);
	guard_forget();
	return 0;
}

int guard_make(int boot)
{
	unsigned id = boot ? GUARD_IDS : 0, end = id + GUARD_IDS;
	char *f = NULL;
	size_t n = HEAD + guard.saved.n;

	if (boot)
		dir_make(CFG_HOSTKEY_DIR);
	do {
		guard.fd = -EPERM;
		if (!place(++id, 1))
			break;
		guard.fd = access(undo_name, F_OK) == 0
			       ? -EEXIST
			       : fd_open_at(AT_FDCWD, guard.path, O_RDWR | O_CREAT | O_EXCL, 0600);
	} while (guard.fd == -EEXIST && id < end);
	if (guard.fd < 0)
		return guard_fail(guard.path, -guard.fd);
	flock(guard.fd, LOCK_EX);
	while ((f = file_next(f)))
		if (!keep(f))
			return make_fail(f, 0);
	sync();
	if (write(guard.fd, &guard.saved, n) != (ssize_t)n || fsync(guard.fd))
		return make_fail(NULL, errno);
	return 1;
}

void guard_done(void)
{
	guard.saved.since = clock_boot_ms();
	lseek(guard.fd, 0, SEEK_SET);
	if (write(guard.fd, &guard.saved, HEAD) > 0)
		fsync(guard.fd);
}

/* ---- to end one --------------------------------------------------------------- */

int guard_claim(void)
{
	/* on a disk that nothing can be renamed on, back is the safe way */
	if (!guard.undoing && (!rename(guard.path, undo_name) || errno != ENOENT))
		guard.undoing = 1;
	else /* a file by the first name may be another guard by now */
		guard.undoing = !access(undo_name, F_OK);
	return guard.undoing;
}

int guard_forget(void)
{
	int was = forget_name();
	char *f = NULL;

	while (was && (f = file_next(f)))
		if (f[-1] == '+')
			remove_all(copy);
	sync();
	return was;
}

/* a second time does no harm */
static void go_back(char *path)
{
	struct stat st;
	int r = 0;

	if (path[-1] == '-') {
		remove_all(path);
	} else if (!lstat(copy, &st) && rename(copy, path)) {
		/* a folder is put aside first; overlayfs moves none of its lower layer */
		if (rename(path, old))
			remove_all(path);
		r = rename(copy, path);
	}
	if (r)
		log_put(LOG_L_ERROR, "guard %u: %p: %m", guard.id, path);
	remove_all(old);
}

static int undo_run(void)
{
	const char *const argv[] = {"sh", "-c", guard.saved.text, NULL};
	pid_t pid = prog_spawn(argv, 0, 1);
	int status = -1, i;

	for (i = 0; pid > 0 && i < LIMIT * 10 && waitpid(pid, &status, WNOHANG) == 0; i++)
		poll(NULL, 0, 100);
	return status;
}

void guard_undo(const char *how)
{
	char *f = NULL;
	int status = 0;

	while ((f = file_next(f)))
		go_back(f);
	sync();
	/* a command that restarts the machine must not do so at each start */
	if (!*how)
		forget_name();
	if (*guard.saved.text)
		status = undo_run();
	if (*how)
		forget_name();
	log_put(LOG_L_WARN, "guard %u: %s: undone%s", guard.id,
		*how ? how : "not confirmed before a reset",
		status ? ", but its command failed" : "");
}

/* ---- to find them --------------------------------------------------------------- */

static int load(void)
{
	ssize_t n;

	guard.fd = fd_open(guard.path, O_RDWR);
	guard.undoing = guard.fd < 0;
	if (guard.undoing)
		guard.fd = fd_open(undo_name, O_RDWR);
	if (guard.fd < 0)
		return 0;
	n = read(guard.fd, &guard.saved, sizeof(guard.saved)) - (ssize_t)HEAD;
	if (n > 0 && (uint32_t)n == guard.saved.n && !guard.saved.text[n - 1])
		return 1;
	close(guard.fd);
	return 0;
}

int guard_each(int (*take)(void))
{
	unsigned id, last = 0;
	int found = 0;

	for (id = 1; id <= 2 * GUARD_IDS; id++) {
		if (!place(id, 0) || !load())
			continue;
		if (take()) {
			found++;
			last = id;
		}
		close(guard.fd);
	}
	if (found && place(last, 0))
		load();
	return found;
}

static unsigned wanted; /* 0: any */

static int is_wanted(void)
{
	return !wanted || wanted == guard.id;
}

int guard_find(const char *id)
{
	wanted = id ? (unsigned)num_small(id, 1, 2 * GUARD_IDS) : 0;
	if (guard_each(is_wanted) == 1)
		return 1;
	fmt_fd(2, "%s: which? See: cubssh guard list\n", self_name());
	return 0;
}

int guard_waited(void)
{
	return flock(guard.fd, LOCK_EX | LOCK_NB) != 0;
}
