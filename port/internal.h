/* internal.h - what the files of port/ share among themselves; the first include of each. */
/* SPDX-License-Identifier: MIT */
#ifndef PORT_INTERNAL_H
#define PORT_INTERNAL_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "port.h"

#include <sys/stat.h>
#include <sys/syscall.h>

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
void sig_fds(int fds[2]);
void sig_drop(void);

/*
 * musl's ioctl() carries a table for ancient multimedia calls on 32-bit
 * machines, and its wrappers for ids and limits signal every thread of a
 * process: the calls by number are smaller, and there is one thread. fchmod and
 * its kin fall back to /proc for descriptors of a kind that we do not give them.
 */
#define ioctl_raw(fd, cmd, arg) syscall(SYS_ioctl, (fd), (unsigned long)(cmd), (arg))

#define fchmod_raw(fd, mode) syscall(SYS_fchmod, (fd), (mode))
#define fchdir_raw(fd) syscall(SYS_fchdir, (fd))

#ifdef SYS_fchown32
#define fchown_raw(fd, u, g) syscall(SYS_fchown32, (fd), (u), (g))
#else
#define fchown_raw(fd, u, g) syscall(SYS_fchown, (fd), (u), (g))
#endif

#ifdef SYS_setresuid32
#define setresuid_raw(r, e, s) syscall(SYS_setresuid32, (r), (e), (s))
#define setresgid_raw(r, e, s) syscall(SYS_setresgid32, (r), (e), (s))
#define setgroups_raw(n, list) syscall(SYS_setgroups32, (size_t)(n), (list))
#else
#define setresuid_raw(r, e, s) syscall(SYS_setresuid, (r), (e), (s))
#define setresgid_raw(r, e, s) syscall(SYS_setresgid, (r), (e), (s))
#define setgroups_raw(n, list) syscall(SYS_setgroups, (size_t)(n), (list))
#endif

/* fork without the C library's bookkeeping for threads and locks, of which we have none */
#ifdef SYS_fork
#define fork_raw() syscall(SYS_fork)
#else
#define fork_raw() syscall(SYS_clone, (long)SIGCHLD, 0L, 0L, 0L, 0L)
#endif

#endif
