/* sandbox.c - a process that can do nothing but talk on what it holds. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "config.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#ifndef PR_SET_NO_NEW_PRIVS
#define PR_SET_NO_NEW_PRIVS 38
#endif

#define NOBODY 65534

/* An empty directory of root's where nobody else may write: the descriptor, or -1. */
static int open_empty(const char *path)
{
	int fd = fd_open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	struct kstat st;

	if (fd < 0)
		return -1;
	if (stat_fd(fd, &st) == 0 && st.st_uid == 0 && !(st.st_mode & 022) && dir_is_empty(fd))
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
	if (sys(SYS_mkdirat, AT_FDCWD, path, 0500) < 0)
		return -1;
	fd = open_empty(path);
	sys(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
	return fd;
}

static int enter_empty(void)
{
	static const char parents[] = "/run\0/tmp\0/dev/shm\0/var/run\0";
	const char *p;
	int fd = open_empty("/var/empty"), ok;

	for (p = parents; *p && fd < 0; p += strlen(p) + 1)
		fd = open_removed(p);
	if (fd < 0)
		return 0;
	ok = sys(SYS_fchdir, fd) == 0 && sys(SYS_chroot, ".") == 0 && sys(SYS_chdir, "/") == 0;
	close(fd);
	return ok;
}

/* the user of this name or number, whoever it is, but not root */
static struct cred nobody(const char *name)
{
	struct cred c = {.uid = NOBODY, .gid = NOBODY};
	const char *where;
	struct user u;
	uint64_t id;

	if (num_parse(name, 1, UINT32_MAX - 1, &id) == 0) {
		c.uid = c.gid = (uid_t)id;
	} else if (user_find(name, &u, &where) == 0) {
		user_forget(&u);
		c.uid = u.uid ? u.uid : NOBODY;
		c.gid = u.gid ? u.gid : NOBODY;
	}
	return c;
}

int limit_zero(int which)
{
	static const unsigned long zero[2]; /* a struct rlimit, which only libc's has 64 bits in */

	return sys(SYS_setrlimit, which, zero) == 0;
}

/* Where stderr is a file, lines of the log go there and must not be the death of us. */
static int limits(void)
{
	struct kstat st;
	int log_file = stat_fd(STDERR_FILENO, &st) == 0 && S_ISREG(st.st_mode);

	return limit_zero(RLIMIT_NPROC) & (log_file || limit_zero(RLIMIT_FSIZE));
}

/* mask where it is in place; otherwise the log says so */
static int box(int in_place, int mask, const char *what)
{
	if (!in_place)
		log_put(LOG_L_NOTICE, "the network process does without %s", what);
	return in_place ? mask : 0;
}

int sandbox_net(const char *user)
{
	int have = 0;
	struct cred c;

	log_hold();
	self_drop();
	if (geteuid() == 0) {
		c = nobody(user);
		have = box(enter_empty(), BOX_CHROOT, "chroot");
		have |= box(cred_set(&c) == 0, BOX_UID, "another user");
	}
	have |= box(sys(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == 0, BOX_NO_NEW_PRIVS,
		    "no_new_privs");
	proc_undumpable();
	have |= box(limits(), BOX_LIMITS, "limits");
	/* after it nothing may be done that is not in its list */
	if (CFG_SECCOMP)
		have |= box(seccomp_net(), BOX_SECCOMP, "seccomp");
	return have;
}
