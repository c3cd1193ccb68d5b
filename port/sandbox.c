/* sandbox.c - a process that can do nothing but talk on what it holds. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#ifndef PR_SET_NO_NEW_PRIVS
#define PR_SET_NO_NEW_PRIVS 38
#endif

#define NOBODY 65534

/* An empty directory of root's where nobody else may write: the descriptor, or -1. */
static int open_empty(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_uid == 0 && !(st.st_mode & 022) && dir_is_empty(fd))
		return fd;
	close(fd);
	return -1;
}

/* A directory that is gone from its parent stays empty: nothing can be made in it. */
static int open_removed(const char *parent)
{
	char path[64];
	int fd;

	fmt(path, sizeof path, "%s/.empty.%u", parent, (unsigned)getpid());
	if (mkdir(path, 0500) < 0)
		return -1;
	fd = open_empty(path);
	rmdir(path);
	return fd;
}

static int enter_empty(void)
{
	static const char there[] = "/var/empty\0/run/sshd\0";
	static const char parents[] = "/run\0/var/run\0/dev/shm\0/tmp\0";
	const char *p;
	int fd = -1, ok;

	for (p = there; *p && fd < 0; p += strlen(p) + 1)
		fd = open_empty(p);
	for (p = parents; *p && fd < 0; p += strlen(p) + 1)
		fd = open_removed(p);
	if (fd < 0)
		return 0;
	ok = fchdir_raw(fd) == 0 && chroot(".") == 0 && chdir("/") == 0;
	close(fd);
	return ok;
}

static struct cred nobody(const char *name)
{
	struct cred c = {.uid = NOBODY, .gid = NOBODY};
	const char *where;
	struct user u;
	uint64_t id;

	if (num_parse(name, 1, UINT32_MAX - 1, &id) == 0) {
		c.uid = (uid_t)id;
		c.gid = (gid_t)id;
	} else if (user_find(name, &u, &where) == 0) {
		user_forget(&u);
		c.uid = u.uid ? u.uid : NOBODY;
		c.gid = u.gid ? u.gid : NOBODY;
	}
	return c;
}

static int limit(int which)
{
	static const uint64_t zero[2];
	static const unsigned long old_zero[2];

	return syscall(SYS_prlimit64, 0, which, zero, NULL) == 0 ||
	       (errno == ENOSYS && syscall(SYS_setrlimit, which, old_zero) == 0);
}

/* Where stderr is a file, lines of the log go there and must not be the death of us. */
static int limits(void)
{
	struct stat st;
	int log_file = fstat(STDERR_FILENO, &st) == 0 && S_ISREG(st.st_mode);

	return limit(RLIMIT_NPROC) & (log_file || limit(RLIMIT_FSIZE));
}

static void tell(int have, int want)
{
	static const char *const names[] = {"chroot", "another user", "no_new_privs", "seccomp",
					    "limits"};
	char text[80];
	size_t n = 0;
	int i;

	for (i = 0; i < 5; i++)
		if ((want & ~have) >> i & 1)
			n += fmt(text + n, sizeof text - n, n ? ", %s" : "%s", names[i]);
	if (n)
		log_put(LOG_L_NOTICE, "the network process does without: %s", text);
}

int sandbox_net(const char *user)
{
	int have = 0, root = geteuid() == 0;
	int want = BOX_NO_NEW_PRIVS | BOX_SECCOMP * CFG_SECCOMP | BOX_LIMITS |
		   (root ? BOX_CHROOT | BOX_UID : 0);
	struct cred c;

	log_hold();
	self_drop();
	clock_unix(); /* the C library looks for the kernel's page of clocks now, not later */
	if (root) {
		c = nobody(user);
		have |= enter_empty() ? BOX_CHROOT : 0;
		have |= cred_set(&c) == 0 ? BOX_UID : 0;
	}
	have |= prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? BOX_NO_NEW_PRIVS : 0;
	proc_undumpable();
	have |= limits() ? BOX_LIMITS : 0;
	/* the rest is logged before the door is shut, seccomp's own absence behind it */
	tell(have, want & ~BOX_SECCOMP);
	if (CFG_SECCOMP && seccomp_net()) /* after it nothing may be done that is not in its list */
		have |= BOX_SECCOMP;
	tell(have, want & BOX_SECCOMP);
	return have;
}
