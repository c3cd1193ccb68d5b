/* internal.h - what the files of port/ share among themselves; the first include of each. */
/* SPDX-License-Identifier: MIT */
#ifndef PORT_INTERNAL_H
#define PORT_INTERNAL_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "config.h"
#include "port.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Kernel headers are not there when we build against musl alone. */
#ifndef O_PATH
#define O_PATH 010000000
#endif
#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

/* clock.c */

struct date {
	unsigned year, month, day, hour, minute, second; /* month 0..11, day 1..31 */
};

/* seconds, nanoseconds */
void clock_read(int which, int64_t t[2]);
/* 32 bits last until 2106 and spare small processors a 64-bit division */
void clock_date(uint32_t seconds, struct date *d);

/* users.c, cred.c */

#define CRED_GROUPS 64

struct cred {
	uid_t uid;
	gid_t gid;
	int n;
	gid_t groups[CRED_GROUPS];
};

/* reads /etc/group */
void cred_of(const struct user *u, struct cred *c);
/* system calls only: fit for the child of a vfork */
int cred_set(const struct cred *c);

/* groups.c: the supplementary groups of a user, at most max; more are named in the log once */
int groups_of(const char *name, gid_t *out, int max);

/* fmt.c: the whole of n bytes to a descriptor; 0 or -errno */
int write_all(int fd, const void *p, size_t n);

/* sandbox.c: a limit of RLIMIT_..., for good; 1 where it is set */
int limit_zero(int which);

/* seccomp.c: 1 where the filter is in place */
int seccomp_net(void);

/* fds.c: closes lo and all above it, up to hi; system calls only */
void fds_close(unsigned lo, unsigned hi);
/* 1: the directory open as fd holds nothing */
int dir_is_empty(int fd);

/*
 * Port's own descriptors, which proc_close_from leaves alone: -1 where there is
 * none. A forked process that goes on as another role drops them.
 */
int log_fd(void);
void log_drop(void);
int self_fd(void);
void self_drop(void);
int sig_fd(void);
void sig_drop(void);

/* sig.c: in place of sigset_t, which is for more signals than there are */
#define SIG_WORDS (16 / sizeof(long))
/* sets the mask, old (or NULL) gets what it was */
void sig_mask(const unsigned long set[SIG_WORDS], unsigned long old[SIG_WORDS]);
/* drops a SIGHUP that waits */
void sig_forget_hup(void);
/* SIGPIPE: writes to a closed pipe say EPIPE; SIGALRM: no alarm here is ours */
void sig_ignore(void);
/* for a program of the user's: undoes that and the mask, and leaves what the user ignores */
void sig_pass_on(void);

/*
 * fields.c: passwd, shadow, group and shells field by field, through a small
 * buffer: lines may be of any length.
 */
struct fields {
	int fd, err;
	int end; /* what ended the field read last: its separator, LF, or -1 */
	unsigned at, have;
	char buf[256];
};

int fields_open(struct fields *f, const char *path);
/* the buffer may have held a password's hash: wiped. 0, or -errno where reading failed */
int fields_close(struct fields *f);
/* to the start of the next line; 0 at the end */
int fields_line(struct fields *f);
/*
 * The next field of the line into to (n 0: dropped), its length. What does not
 * fit or holds a NUL byte gives "" and n or more, so does no name or number
 * any good. Behind the last field all are empty.
 */
size_t fields_next(struct fields *f, char *to, size_t n, int separator);

/*
 * sys.c: a system call by its number: what it returned, or -errno. Arguments are
 * as wide as the kernel's types or long; pointers for none are NULL.
 *
 * Most of musl's wrappers serve threads, cancellation, and kernels and layouts
 * that never meet us: its ioctl() has a table for ancient multimedia calls, its
 * stat() two more layouts, its recvmsg() a conversion of time stamps.
 */
long sys(long number, ...);

/*
 * The kernel's struct stat where the C library's is another one: on 32-bit
 * machines; stat_fd and stat_path fill it in.
 */
#if defined __arm__
struct kstat {
	uint64_t st_dev;
	uint32_t pad[2];
	uint32_t st_mode, st_nlink, st_uid, st_gid;
	uint32_t rest[16];
	uint64_t st_ino;
};
#elif defined __mips__ && _MIPS_SIM == _ABIO32
struct kstat {
	uint32_t st_dev, pad[3];
	uint64_t st_ino;
	uint32_t st_mode, st_nlink, st_uid, st_gid;
	uint32_t rest[16];
};
#else
#define kstat stat
#endif

/* SYS_fstatat64 comes with those two layouts; elsewhere the library's own call knows best */
#if defined __arm__ || (defined __mips__ && _MIPS_SIM == _ABIO32)
#define stat_at(dir, path, st, flags) sys(SYS_fstatat64, (dir), (path), (st), (flags))
#elif __SIZEOF_LONG__ == 8 && defined SYS_newfstatat
#define stat_at(dir, path, st, flags) sys(SYS_newfstatat, (dir), (path), (st), (flags))
#else
#define stat_at(dir, path, st, flags) (fstatat((dir), (path), (st), (flags)) < 0 ? -errno : 0)
#endif

int stat_fd(int fd, struct kstat *st);
int stat_path(const char *path, struct kstat *st);

#define ioctl_raw(fd, cmd, arg) sys(SYS_ioctl, (fd), (unsigned long)(cmd), (arg))

#ifdef SYS_fcntl64
#define fcntl_raw(fd, cmd, arg) sys(SYS_fcntl64, (fd), (cmd), (long)(arg))
#else
#define fcntl_raw(fd, cmd, arg) sys(SYS_fcntl, (fd), (cmd), (long)(arg))
#endif

#ifdef SYS_fchown32
#define fchown_raw(fd, u, g) sys(SYS_fchown32, (fd), (u), (g))
#else
#define fchown_raw(fd, u, g) sys(SYS_fchown, (fd), (u), (g))
#endif

#ifdef SYS_setresuid32
#define setresuid_raw(r, e, s) sys(SYS_setresuid32, (r), (e), (s))
#define setresgid_raw(r, e, s) sys(SYS_setresgid32, (r), (e), (s))
#define getresuid_raw(r, e, s) sys(SYS_getresuid32, (r), (e), (s))
#define getresgid_raw(r, e, s) sys(SYS_getresgid32, (r), (e), (s))
#define setgroups_raw(n, list) sys(SYS_setgroups32, (long)(n), (list))
#define getgroups_raw(n, list) sys(SYS_getgroups32, (long)(n), (list))
#else
#define setresuid_raw(r, e, s) sys(SYS_setresuid, (r), (e), (s))
#define setresgid_raw(r, e, s) sys(SYS_setresgid, (r), (e), (s))
#define getresuid_raw(r, e, s) sys(SYS_getresuid, (r), (e), (s))
#define getresgid_raw(r, e, s) sys(SYS_getresgid, (r), (e), (s))
#define setgroups_raw(n, list) sys(SYS_setgroups, (long)(n), (list))
#define getgroups_raw(n, list) sys(SYS_getgroups, (long)(n), (list))
#endif

/* fork without the C library's bookkeeping for threads and locks, of which we have none */
#if CFG_NOMMU
#define fork_raw() (-ENOSYS)
#elif defined(SYS_fork)
#define fork_raw() sys(SYS_fork)
#else
#define fork_raw() sys(SYS_clone, 17L /* SIGCHLD */, NULL, NULL, NULL, NULL)
#endif

#endif
