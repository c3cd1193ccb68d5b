/* port.h - the operating system, as the applets see it. */
/* SPDX-License-Identifier: MIT */
/*
 * Functions return 0 (or a count, a descriptor) for success and -errno for
 * failure unless the comment says otherwise. Nothing in here knows SSH.
 */
#ifndef PORT_H
#define PORT_H

#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* fmt.c: a small formatter; no floating point, no locale, no heap */

/*
 * %s %d %u %x %o %c %% with width, and '-' or '0' before it (no '0' with what may be
 * negative); %ld %lu %lx %lo %zu %lld %llu ...; %.*s.
 * %p ("printable"): const char *, control characters, DEL, bytes over 126 and
 * backslash escaped as \xHH, so that a name from the network cannot forge a log
 * line; %*p likewise with an int length (the compiler checks these letters, it
 * would not check new ones). %m: the text of errno. Cuts at n, always
 * terminates; returns the length written.
 */
size_t fmt(char *buf, size_t n, const char *f, ...) __attribute__((format(printf, 3, 4)));
size_t vfmt(char *buf, size_t n, const char *f, va_list ap);
/* to a descriptor, whole */
void fmt_fd(int fd, const char *f, ...);
/* text of an errno value, for every one that we meet; never NULL, good until the next call */
const char *err_text(int err);
/* decimal in [lo, hi], all of the string; 0 for success, -EINVAL */
int num_parse(const char *s, uint64_t lo, uint64_t hi, uint64_t *out);
/* likewise, what is small enough: the number, or -1 */
int num_small(const char *s, unsigned lo, unsigned hi);

/* log.c: lines of at most 1000 bytes to syslog (datagrams to /dev/log) or stderr; never blocks */

enum log_level {
	LOG_L_ALERT = -CFG_RESCUE, /* like an error where there is no rescue login */
	LOG_L_ERROR = 0,
	LOG_L_WARN,
	LOG_L_NOTICE,
	LOG_L_INFO,
	LOG_L_DEBUG,
	LOG_L_DEBUG2
};

/*
 * name: shown as name[pid], stays the caller's; to_stderr: lines there instead of syslog; most: the
 * quietest level shown; facility: RFC 5424's number (4 auth, 10 authpriv).
 */
void log_open(const char *name, int to_stderr, enum log_level most, int facility);
/* for a process without files: connected to /dev/log now and never again (sandbox_net does it) */
void log_hold(void);
void log_put(enum log_level l, const char *f, ...);
/* from now on lines of any level go to f, without a head; where that says 0 they are logged as well (CHECK) */
void log_sink(int (*f)(enum log_level l, const char *line));
/* what only -v shows is not there at all without LOG_DEBUG */
#define log_put(l, ...)                                 \
	do {                                            \
		if (CFG_LOG_DEBUG || (l) < LOG_L_DEBUG) \
			(log_put)((l), __VA_ARGS__);    \
	} while (0)

/* clock.c */

uint64_t clock_ms(void); /* monotonic */
/* milliseconds since the machine started, what it slept included: as /proc/PID/stat counts */
uint64_t clock_boot_ms(void);
/* milliseconds until seconds are over since then, 0: they are; an hour where seconds is 0 */
uint64_t clock_left(uint32_t seconds, uint64_t since, uint64_t now);
int64_t clock_unix(void); /* seconds since 1970 */
int clock_is_set(void);   /* not before the time of the build */
/*
 * For who judges by it, on a device whose clock may not be set: the latest of the clock, the
 * time of the build and the time in the file (NULL: none), which follows the clock once a day;
 * that it cannot is logged. *by: where not by the clock, words for the log; else NULL
 */
int64_t clock_sure(const char *kept, const char **by);
/* seconds since 1970 of YYYYMMDD[Z] or YYYYMMDDHHMM[SS][Z], local time taken as UTC; or -1 */
int64_t clock_parse(const char *s);
/* the date of ls -l, UTC: "Nov 22 15:04", or "Nov 22  2026" where that is over half a year from now */
void clock_ls(char buf[16], uint32_t seconds);
/* 2026-11-22T15:04:05, UTC */
void clock_iso(char buf[24], uint32_t seconds);

/* rand.c */

/*
 * 32 bytes for a generator. Never blocks: 1 where the kernel's pool was ready,
 * 0 where it was not (then what there is goes in: urandom, clocks, addresses,
 * /proc, interface numbers), and the caller logs that.
 */
int rand_seed(uint8_t out[32]);

/* file.c */

/* the whole of a regular file, at most n bytes; the count, -EFBIG where it is longer */
ssize_t file_read(const char *path, void *buf, size_t n);
/* likewise read where it lies, *p; 0: it is empty */
ssize_t file_map(const char *path, const uint8_t **p);
void file_unmap(const uint8_t *p, ssize_t n); /* of what it returned, if that is above 0 */
/* Writes aside (path.NUMBER: O_EXCL|O_NOFOLLOW, mode), fsync, rename, fsync of the directory. */
int file_write_atomic(const char *path, const void *buf, size_t n, mode_t mode);

#define ASIDE_NAME 512

/* the same in steps: what is written to fd takes path's place with _put; _drop forgets it, at any time */
struct aside {
	int fd; /* -1: none */
	mode_t mode;
	char name[ASIDE_NAME];
};
int aside_open(struct aside *a, const char *path, mode_t mode);
int aside_put(struct aside *a, const char *path);
void aside_drop(struct aside *a);
/* makes the directory and its parents, mode 0755 */
int dir_make(const char *path);

/* dir.c: the names in a directory, through a buffer of the caller's (getdents64) */

struct dir {
	int fd; /* the caller's to close */
	unsigned at, have, size;
	char *buf; /* 8-byte aligned, at least 512 bytes */
};

void dir_init(struct dir *d, int fd, void *buf, size_t size);
/*
 * 1: *name is the next one, "." and ".." too, good until the next call; 0: the end;
 * -errno. After d->at == d->have the next call reads anew.
 */
int dir_next(struct dir *d, const char **name);

/* path.c */

#define PATH_FULL 4096            /* the longest path and its NUL */
#define PATH_REAL (4 * PATH_FULL) /* room to work in */

/*
 * The absolute path without links, "." and "..", at the start of buf. The last
 * part need not exist. Works without /proc.
 */
int path_real(const char *path, char buf[PATH_REAL]);
/* chmod that does not follow a link: -EOPNOTSUPP where it is one */
int link_chmod(const char *path, mode_t mode);
/* utimensat with whole seconds; path NULL: of dir itself, which may be a file */
int times_set(int dir, const char *path, uint32_t atime, uint32_t mtime, int flags);

/* lines.c: a file a line at a time through a fixed buffer */

struct lines {
	int fd;
	unsigned long no; /* number of the line given last, from 1 */
	char *buf;        /* the caller's */
	size_t size, at, end;
	int skipping, eof;
};

void lines_init(struct lines *l, int fd, char *buf, size_t size);
/*
 * 1: *line is the next one, NUL-terminated, without CR or LF; 0: end of file;
 * -E2BIG: line l->no is longer than the buffer, skipped whole; -EILSEQ: it holds
 * a NUL byte, skipped whole; others: read failed. After a skip go on calling.
 */
int lines_next(struct lines *l, char **line);

/* users.c: passwd, shadow and group, read by us */

#define USER_NAME 64
#define USER_PATH 256

struct user {
	char name[USER_NAME], home[USER_PATH], shell[USER_PATH];
	char hash[128]; /* "" where there is none to compare with; wiped by user_forget */
	uid_t uid;
	gid_t gid;
	int no_password; /* 1: the hash field is empty: a blank password is the right one */
	int locked;      /* '!' or '*' where the hash starts with it, else 0 */
	int expired;     /* account (shadow's 8th field) is past its day */
	int readable;    /* 0: shadow could not be read */
};

/* 0, -ENOENT, or another error: the file that failed is in *where (static text) */
int user_find(const char *name, struct user *u, const char **where);
int user_find_uid(uid_t uid, struct user *u);
/* the name in line n of passwd, from 0; 0 behind the last */
int user_nth(unsigned n, char name[USER_NAME]);
/* 0 and the name, or -ENOENT and the number in digits */
int user_name_of(uid_t uid, char name[USER_NAME]);
int group_name_of(gid_t gid, char name[USER_NAME]);
void user_forget(struct user *u);
/*
 * An empty shell field is /bin/sh. 1 where it is in /etc/shells (no such file:
 * /bin/sh and /bin/ash) and can be executed.
 */
int user_shell_ok(const struct user *u);
/* 1 where the user is in the group, primary or by /etc/group */
int user_in_group(const struct user *u, const char *group);
/*
 * setgroups, setresgid, setresuid, and a look whether it took and cannot be
 * taken back. Where we are that user already: nothing to do. -EPERM otherwise
 * where not root.
 */
int user_become(const struct user *u);
/* effective ids and groups only, to open files as the user; back with user_self */
int user_act(const struct user *u);
int user_self(void);
/*
 * Opens path as the user sees it: O_NOFOLLOW|O_NONBLOCK|O_NOCTTY, a regular
 * file, and fstat'ed: owner is the user or root, not writable by group or
 * others, and so every directory above it up to the home (or up to / where the
 * file is not in the home; a sticky directory of root's is fine). why gets the
 * sentence for the log where it fails. strict 0: only the kind of file counts.
 * A path without a leading '/' starts at the home.
 */
int user_open(const struct user *u, const char *path, int strict, char *why, size_t why_len);

/* sock.c */

struct addr {
	union {
		struct {
			uint16_t family;
		} any;
		uint8_t bytes[128]; /* a struct sockaddr_storage */
	} sa;
	uint32_t len;
};

/*
 * "1.2.3.4", "::1", "fe80::1%eth0", "*" or "" for any (of family 4 or 6, 0: v6
 * taking both, or v4 where there is no v6). -EINVAL, -ENODEV, -EAFNOSUPPORT.
 */
int addr_parse(struct addr *a, const char *host, int family, uint16_t port);
/*
 * Host without brackets, scope by name where it has one (that makes a socket: not for a
 * sandboxed process); v4-mapped shown as v4; "UNKNOWN" where it is no internet address.
 */
void addr_host(const struct addr *a, char *buf, size_t n);
uint16_t addr_port(const struct addr *a);
int addr_same_host(const struct addr *a, const struct addr *b); /* without the port; IPv6: by /64 */
/*
 * Pattern list as of from= and Match: CIDR, wildcards on the text, '!': 1 match,
 * 0 none, -1 excluded by '!'. What is malformed matches nobody, with '!' everybody.
 */
int addr_match(const struct addr *a, const char *list);
/* listening socket, CLOEXEC, nonblocking, REUSEADDR; iface: SO_BINDTODEVICE or NULL */
int sock_listen(const struct addr *a, const char *iface, int backlog);
int sock_accept(int fd, struct addr *peer);
int sock_peer(int fd, struct addr *peer);
int sock_local(int fd, struct addr *own);
void sock_nodelay(int fd);
void sock_quickack(int fd); /* re-arms TCP_QUICKACK */
void sock_keepalive(int fd);

/* route.c: how many routes lead out of here, as far as /proc knows */
unsigned net_routes(void);

/* sys.c: small things without what the C library's functions for them drag in */

int fd_open(const char *path, int flags); /* of what there is; CLOEXEC, NOCTTY */
/* likewise, from a directory (AT_FDCWD) on; mode: for O_CREAT */
int fd_open_at(int dir, const char *path, int flags, mode_t mode);
int fd_copy(int fd);     /* CLOEXEC, and not one of 0 to 2 */
int fd_pipe(int fds[2]); /* CLOEXEC */
int fd_pair(int fds[2]); /* a stream both ways; CLOEXEC */
int fd_nonblock(int fd);
int fd_blocking(int fd);
/* of what the path leads to */
int file_mode(const char *path, mode_t *mode, uid_t *owner);
struct termios;
int tty_get(int fd, struct termios *t);
int tty_set(int fd, const struct termios *t);
struct winsize;
int tty_size(int fd, struct winsize *w);
/* columns of the terminal on descriptor 1; 80 where nobody knows */
unsigned tty_width(void);

/* msg.c: datagrams between our processes (socketpair AF_UNIX, SOCK_SEQPACKET), with descriptors */

int msg_pair(int fds[2]);
/* whole or not at all; nfds <= 3; never blocks: -EAGAIN where the other side lets too much wait */
int msg_send(int fd, const void *p, size_t n, const int *fds, int nfds);
/*
 * The length, 0 at the end; a cut message is -EMSGSIZE. *nfds in: room, out: how
 * many came; all CLOEXEC. nfds NULL: none is wanted. Blocks.
 */
ssize_t msg_recv(int fd, void *p, size_t n, int *fds, int *nfds);

/* tty.c */

/* a pty: master nonblocking; both CLOEXEC; name of the slave; the owner's */
int pty_open(int *master, int *slave, char *name, size_t n, const struct user *owner);
void pty_size(int fd, unsigned cols, unsigned rows, unsigned xpix, unsigned ypix);
/* the session that has the terminal, whose master fd may be */
pid_t tty_session(int fd);

/* tun.c */

#define TUN_DEVICE "/dev/net/tun"
#define TUN_ANY 0x7fffffff

/* tunN, or tapN with ethernet, made where it is not there; nonblocking, a packet each time */
int tun_open(int ethernet, uint32_t unit);

/* proc.c */

/*
 * Remembers argv, fills descriptors 0 to 2 where they are closed, ignores
 * SIGPIPE and SIGALRM, opens our own image, so that a replaced file does no harm. First
 * thing of a server.
 */
void self_init(char **argv);
/* what is started from now on is called by that name, without its folder */
void self_shorten(void);
/* likewise, by another name */
void self_rename(const char *name);
const char *self_name(void); /* basename of argv[0] */
/*
 * vfork and exec of ourselves as a role: argv[0] stays, argv[1] is role. fds[i]
 * becomes descriptor 3 + i there, all others but 0 to 2 are closed; the child's
 * pid, or -errno. Where exec is not possible the child is forked and calls
 * run(role) instead. keep_err: descriptor 2 stays ours, else /dev/null for 0-2.
 */
pid_t self_spawn(const char *role, const int *fds, int nfds, int keep_err, int (*run)(void));
/* a path that leads to our own image, for somebody who runs us by a command line; or -errno */
int self_path(char *buf, size_t n);
/* detaches from the terminal: fork, setsid, /dev/null; the parent exits */
int proc_daemon(void);
/* the same without /dev/null */
int proc_background(void);
/*
 * Likewise, but the parent goes on, with the child's pid. as_long: when the parent has
 * ended, whatever it executes before, the child gets SIGTERM; -ECHILD: it has already.
 */
pid_t proc_away(int as_long);
/* descriptors 0 to 2 become /dev/null */
int proc_null(void);
/* closes every descriptor from lowest on but port's own (image, log, sig_pipe) */
void proc_close_from(int lowest);
/* signal dispositions and mask as at start, umask 022, limits untouched */
void proc_reset_signals(void);
void proc_undumpable(void); /* no core, no ptrace */

struct child {
	const struct user *user; /* already become, or still to be where as_user is 1 */
	int as_user;
	int in, out, err; /* descriptors for 0, 1, 2; the slave of a pty thrice with tty = 1 */
	int tty;          /* 1: setsid and controlling terminal on descriptor in */
	const char *path; /* NULL (with JOB): by argv[0] and PATH, and envp is ours */
	char *const *argv, *const *envp;
	/*
	 * Not NULL: our own image is executed in place of path, and main() is to find run by
	 * argv; where that is not possible the child is forked and calls it (SFTP_SERVER, PTYLESS).
	 */
	int (*run)(int argc, char **argv);
};
/*
 * vfork: setsid, terminal, chdir to the home (or /), dup2, close the rest,
 * signals, execve; the pid or -errno.
 */
pid_t child_spawn(const struct child *c);
/*
 * vfork, exec (by PATH): a program that goes on beside us at the same terminal, with
 * our environment, umask and open files (not those with CLOEXEC), in and out
 * as its 0 and 1 (neither may be one of 0 to 2 but in its own place). When we
 * die it gets SIGTERM, unless in and out are one: whoever holds the other end of that
 * may be a child of ours. The pid or -errno.
 */
pid_t prog_spawn(const char *const *argv, int in, int out);
/* until that one has ended: its status as of waitpid, -1: there is none */
int prog_wait(pid_t pid);
/* becomes a program, by PATH; -errno where it cannot */
int prog_exec(char *const *argv);

/* mem.c: an idle connection costs what it needs, not what its busiest moment did */

/*
 * For a large variable: behind the small ones (the linker sorts by section name),
 * on pages of its own, so that those in use stay few.
 */
#define APART __attribute__((section(".bss.zz"), aligned(4096)))

/* of the client, and too small for pages of its own: behind what the server has as well */
#define ASIDE __attribute__((section(".bss.zy")))

/* a variable that is APART holds nothing that counts */
#define REST(v) mem_rest(&(v), (sizeof(v) + 4095) & ~(size_t)4095)

/* the whole pages among the n bytes hold nothing that counts: they read as zeros from here on */
void mem_rest(void *p, size_t n);
/* likewise the stack below the caller */
void mem_rest_stack(void);
/* n bytes of APART for secrets: not swapped as far as limits allow, and no core of this process */
void mem_secret(void *p, size_t n);

/* rescue.c: for a login on a machine that has nothing left */

/* locks all that was and will be touched, as far as the kernel can; the program's text is touched */
void mem_lock(void);
void mem_unlock(void);
/* n bytes of variables, which stay as they are, get their memory now */
void mem_touch(void *p, size_t n);
/* -1000: the last to be killed, 0: like everybody */
void oom_score(pid_t pid, int score);
/* the interface that a connection came in by; -errno where nobody knows */
int sock_iface(int fd, char name[16]);
/* a session of our own, at the terminal on descriptor 0 where tty is 1 */
void proc_session(int tty);

/* sig.c: signals are blocked and read from a descriptor; there are no handlers */

/*
 * CLOEXEC nonblocking descriptor on which the listed signals arrive (0 ends the
 * list); a second call adds to them. SIGPIPE is ignored from here on.
 */
int sig_pipe(const int *signals);
/* the listed ones do again what they do by themselves, until sig_pipe is told of them */
void sig_free(const int *signals);
/* ignored, by programs that we start too, until sig_pipe is told of it */
void sig_skip(int signal);
/* the number of the next one, 0 where there is none; one that came twice may be told once */
int sig_next(void);

/* sandbox.c */

/*
 * For the process that talks to the network, before it reads a byte: chroot to
 * an empty directory, uid and gid of user (name or number; "nobody"), no new
 * privileges, undumpable, RLIMIT NPROC = FSIZE = 0 (FSIZE not where stderr is a
 * file, for the log's sake), then seccomp (seccomp.c has the list: no fcntl, no
 * recvfrom, no socket: so no addr_host with a scope, no fd_nonblock). What could not
 * be had is logged at notice level, once, and does not stop the login. Returns
 * a mask of what is in place.
 */
enum { BOX_CHROOT = 1, BOX_UID = 2, BOX_NO_NEW_PRIVS = 4, BOX_SECCOMP = 8, BOX_LIMITS = 16 };
int sandbox_net(const char *user);

#endif
