/* guard_file.c - the file of a guard, and the way back that it describes. */
/* SPDX-License-Identifier: MIT */
/*
 * Its text: two numbers of 20 digits, since and until, each with a character
 * behind it; the lines of files; '!', the command to undo it, and a newline,
 * without which it is no guard: the change has not begun then.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h> /* rename */
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard.h"
#include "port.h"

#define NUMBERS 42
#define PLACES 4
#define BOOT 3
#define LIMIT 120 /* seconds that the command to undo it may keep others waiting */

struct guard guard APART;
static char aside[2][GUARD_PATH + 32] APART; /* a copy; what stood in its place */

static int fail(const char *what, int err)
{
	fmt_fd(2, "%s: %s: %s\n", self_name(), what, err_text(err < 0 ? -err : err));
	return 0;
}

int guard_run(const char *const *argv)
{
	return prog_wait(prog_spawn(argv, 0, 1));
}

static void remove_all(const char *path)
{
	const char *const argv[] = {"rm", "-rf", "--", path, NULL};
	struct stat st;

	if (!lstat(path, &st))
		guard_run(argv);
}

/* ---- where ------------------------------------------------------------------ */

static void place(char dir[64], int i)
{
	static const char *const above[] = {"/run", "/var/run", "/tmp"};

	if (i == BOOT)
		fmt(dir, 64, CFG_HOSTKEY_DIR "/guard");
	else
		fmt(dir, 64, "%s/cubssh-guard.%u", above[i], (unsigned)getuid());
}

/* a descriptor of the folder, if it is ours and nobody else's; -errno */
static int place_open(const char *dir)
{
	int fd = fd_open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	struct stat st;

	if (fd < 0 || (!fstat(fd, &st) && st.st_uid == getuid() && !(st.st_mode & 077)))
		return fd;
	close(fd);
	return -EPERM;
}

static void name_undo(char path[96])
{
	fmt(path, 96, "%s.undo", guard.path);
}

static const char *name_now(char path[96])
{
	name_undo(path);
	return guard.undoing ? path : guard.path;
}

/* one behind .NAME.guard-ID of each file's name: the copy, and with ~ what it replaces */
static void names_aside(const char *path, int n)
{
	const char *slash = strrchr(path, '/');
	unsigned i;

	for (i = 0; i < 2; i++)
		fmt(aside[i], sizeof(aside[i]), "%.*s.%.*s.guard-%u%s", (int)(slash + 1 - path),
		    path, n - (int)(slash + 1 - path), slash + 1, guard.id, i ? "~" : "");
}

/* takes a line of files: its path, NUL-terminated, and '+' or '-' before it; NULL: there is none */
static char *file_next(char **at)
{
	char *p = *at, *end;

	if (*p != '+' && *p != '-')
		return NULL;
	end = strchr(p, '\n');
	*end = 0;
	*at = end + 1;
	names_aside(p + 1, (int)(end - p - 1));
	return p + 1;
}

/* ---- to make one -------------------------------------------------------------- */

int guard_make(void)
{
	char dir[64];
	int i, fd = -EACCES;

	if (guard.boot)
		dir_make(CFG_HOSTKEY_DIR);
	for (i = guard.boot ? BOOT : 0; i < BOOT + guard.boot && fd < 0; i++) {
		place(dir, i);
		mkdir(dir, 0700);
		fd = place_open(dir);
	}
	if (fd < 0)
		return fail(dir, fd);
	close(fd);
	guard.id = (unsigned)getpid();
	fmt(guard.path, sizeof(guard.path), "%s/%u", dir, guard.id);
	guard.fd = fd_open_at(AT_FDCWD, guard.path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (guard.fd < 0 || flock(guard.fd, LOCK_EX | LOCK_NB))
		return fail(guard.path, guard.fd < 0 ? guard.fd : errno);
	return 1;
}

/* 1: nothing in the way of a later rename to path */
static int can_go_back(const char *path, const struct stat *was)
{
	struct stat st;

	if (!lstat(aside[0], &st) || !lstat(aside[1], &st))
		return fail(aside[0], EEXIST);
	fmt(aside[1], sizeof(aside[1]), "%.*s", (int)(strrchr(path, '/') - path) + 1, path);
	if (stat(aside[1], &st))
		return fail(aside[1], errno);
	if (was && was->st_dev != st.st_dev)
		return fail(path, EBUSY); /* something is mounted there */
	return 1;
}

static int keep_file(char *path)
{
	const char *const argv[] = {"cp", "-a", "--", path, aside[0], NULL};
	struct stat st;
	int there = !lstat(path, &st);

	if (!there && errno != ENOENT)
		return fail(path, errno);
	path[-1] = there ? '+' : '-';
	if (!can_go_back(path, there ? &st : NULL))
		return 0;
	if (!there || guard_run(argv) == 0)
		return 1;
	remove_all(aside[0]);
	return fail(path, EIO);
}

int guard_keep(void)
{
	char *at = guard.files, *path, first;
	size_t n;

	while ((path = file_next(&at))) {
		if (!keep_file(path)) {
			path[-1] = 0; /* the list ends here */
			guard_forget();
			return 0;
		}
		at[-1] = '\n';
	}
	first = *guard.files;
	sync();
	fmt(guard.text, NUMBERS + 1, "%020u %020llu\n", 0, (unsigned long long)guard.until);
	*guard.files = first; /* a NUL has come there */
	n = strlen(guard.text);
	if (write(guard.fd, guard.text, n) != (ssize_t)n || fsync(guard.fd)) {
		fail(guard.path, errno);
		guard_forget();
		return 0;
	}
	guard.text[n - 1] = 0;
	sync();
	return 1;
}

void guard_done(void)
{
	char text[24];

	guard.since = clock_boot_ms();
	fmt(text, sizeof(text), "%020llu", (unsigned long long)guard.since);
	if (lseek(guard.fd, 0, SEEK_SET) == 0 && write(guard.fd, text, 20) == 20)
		fsync(guard.fd);
}

/* ---- to end one --------------------------------------------------------------- */

int guard_claim(void)
{
	char path[96];

	name_undo(path);
	/* on a disk that nothing can be renamed on, back is the safe way */
	guard.undoing = !rename(guard.path, path) || errno != ENOENT || !access(path, F_OK);
	return guard.undoing;
}

int guard_forget(void)
{
	char path[96], *at = guard.files;
	int was = !unlink(name_now(path));

	while (was && file_next(&at))
		remove_all(aside[0]);
	sync();
	return was;
}

/* what stood there is put aside first: a folder cannot be replaced as a file can */
static int put_back(const char *path)
{
	struct stat st;
	int r;

	if (lstat(aside[0], &st)) /* it is back already */
		return 0;
	r = rename(aside[0], path);
	if (r && rename(path, aside[1]))
		remove_all(path); /* overlayfs moves no folder of its lower layer */
	return r && rename(aside[0], path) ? errno : 0;
}

static void files_back(void)
{
	char *at = guard.files, *path;
	int err;

	while ((path = file_next(&at))) {
		if (path[-1] == '+') {
			err = put_back(path);
		} else {
			remove_all(path);
			err = 0;
		}
		if (err)
			log_put(LOG_L_ERROR, "guard %u: %p: %s", guard.id, path, err_text(err));
		remove_all(aside[1]);
		at[-1] = '\n';
	}
	sync();
}

static int undo_run(void)
{
	const char *const argv[] = {"sh", "-c", guard.undo, NULL};
	pid_t pid = prog_spawn(argv, 0, 1);
	int status = -1, i;

	for (i = 0; pid > 0 && i < LIMIT * 10 && waitpid(pid, &status, WNOHANG) == 0; i++)
		poll(NULL, 0, 100);
	return status;
}

void guard_undo(const char *how)
{
	char path[96];
	int status = 0;

	files_back();
	/* a command that restarts the machine must not do so at each start */
	if (!*how)
		unlink(name_now(path));
	sync();
	if (*guard.undo)
		status = undo_run();
	unlink(name_now(path));
	sync();
	log_put(status ? LOG_L_ERROR : LOG_L_WARN, "guard %u: %s: undone%s", guard.id,
		*how ? how : "not confirmed before a reset",
		status ? ", but its command failed" : "");
}

/* ---- to find them --------------------------------------------------------------- */

static int parse(ssize_t n)
{
	char *p = guard.text + NUMBERS, *end = guard.text + n - 1;

	if (n < NUMBERS + 2 || memchr(guard.text, 0, (size_t)n) || *end != '\n')
		return 0;
	*end = guard.text[20] = guard.text[41] = 0;
	if (num_parse(guard.text, 0, UINT64_MAX, &guard.since) ||
	    num_parse(guard.text + 21, 0, UINT64_MAX, &guard.until))
		return 0;
	guard.files = p;
	while (*p && *p != '!') {
		p = strchr(p, '\n');
		if (!p++)
			return 0;
	}
	guard.undo = p + 1;
	return *p == '!';
}

/* 1: the name is one's, and guard is it; what has no sense is left where it is */
static int load(const char *dir, const char *name)
{
	char number[12];
	uint64_t id;
	size_t n = strspn(name, "0123456789");
	ssize_t got;

	guard.undoing = !strcmp(name + n, ".undo");
	fmt(number, sizeof(number), "%.*s", (int)n, name);
	if ((name[n] && !guard.undoing) || num_parse(number, 1, UINT32_MAX, &id))
		return 0;
	guard.id = (unsigned)id;
	fmt(guard.path, sizeof(guard.path), "%s/%s", dir, number);
	fmt(guard.text, sizeof(guard.text), "%s/%s", dir, name);
	guard.fd = fd_open(guard.text, O_RDWR | O_NOFOLLOW);
	if (guard.fd < 0)
		return 0;
	got = read(guard.fd, guard.text, sizeof(guard.text) - 1);
	if (parse(got))
		return 1;
	close(guard.fd);
	return 0;
}

void guard_each(int (*take)(void))
{
	char dir[64], names[1024] __attribute__((aligned(8)));
	const char *name;
	int i, end = 0;

	for (i = 0; i < PLACES && !end; i++) {
		struct dir d;
		int fd;

		place(dir, i);
		fd = place_open(dir);
		if (fd < 0)
			continue;
		dir_init(&d, fd, names, sizeof(names));
		while (!end && dir_next(&d, &name) == 1) {
			guard.boot = i == BOOT;
			if (!load(dir, name))
				continue;
			end = take();
			if (!end)
				close(guard.fd);
		}
		close(fd);
	}
}

static unsigned wanted, found; /* 0: any; how many there are */

static int count(void)
{
	found += !wanted || wanted == guard.id;
	return 0;
}

static int pick(void)
{
	return !wanted || wanted == guard.id;
}

int guard_find(const char *id)
{
	uint64_t n = 0;

	if (id && num_parse(id, 1, UINT32_MAX, &n))
		return fail(id, EINVAL);
	wanted = (unsigned)n;
	found = 0;
	guard_each(count);
	if (found == 1) {
		guard_each(pick);
		return 1;
	}
	fmt_fd(2, "%s: %s (cubssh guard list)\n", self_name(),
	       found ? "there are several: say which" : "there is no such guard");
	return 0;
}

int guard_waited(void)
{
	return flock(guard.fd, LOCK_EX | LOCK_NB) != 0;
}
