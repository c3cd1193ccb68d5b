/* test_port_box.c - the sandbox, the log, the seed. */
/* SPDX-License-Identifier: MIT */
#include "test_port.h"

#include "config.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

static const char *dir;
static char text[1500], why[200];

/* In the sandbox: what must work, then one thing that must not. */
static int allowed(int sock, int pty)
{
	char c = 'x', buf[100];
	struct pollfd p = {sock, POLLIN, 0};
	struct msghdr m = {
	    .msg_iov = &(struct iovec){buf, 50},
               .msg_iovlen = 1
        };
	int one = 1;
	static char page[8192] __attribute__((aligned(4096)));

	if (write(sock, &c, 1) != 1 || poll(&p, 1, 1000) != 1 || read(sock, &c, 1) != 1)
		return 1;
	if (send(sock, "y", 1, MSG_NOSIGNAL) != 1 || recvmsg(sock, &m, 0) != 1)
		return 2;
	if (sendmsg(sock, &(struct msghdr){.msg_iov = m.msg_iov, .msg_iovlen = 1}, 0) != 50)
		return 3;
	setsockopt(sock, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
	pty_size(pty, 10, 20, 0, 0);
	madvise(page, sizeof page, MADV_DONTNEED);
	if (clock_ms() == 0 || clock_unix() == 0 || getpid() < 2)
		return 4;
	log_put(LOG_L_ERROR, "a line from the box");
	shutdown(sock, SHUT_WR);
	close(sock);
	return 0;
}

static void forbidden(int what)
{
	char *argv[] = {"sh", NULL};
	int p[2];

	switch (what) {
	case 1: open("/etc/passwd", O_RDONLY); break;
	case 2: socket(AF_UNIX, SOCK_STREAM, 0); break;
	case 3: syscall(SYS_brk, 0); break;
	case 4: mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); break;
	case 5: execve("/bin/sh", argv, argv + 1); break;
	case 6: fork(); break;
	case 7: ioctl(0, TIOCSTI, "x"); break;
	case 8: ioctl(0, TIOCGWINSZ, text); break;
	case 9: kill(1, 0); break;
	case 10: syscall(SYS_setuid, 0); break;
	case 11: chroot("/"); break;
	case 12: prctl(PR_SET_DUMPABLE, 1); break;
	case 13: getcwd(text, sizeof text); break;
	case 14: mprotect(text, 4096, PROT_READ | PROT_EXEC); break;
	case 15: accept(0, NULL, NULL); break;
	case 16: dup(0); break;
	case 17: fcntl(0, F_GETFL); break;
	case 18: syscall(SYS_ptrace, 0, 0, 0, 0); break;
	case 19: syscall(SYS_openat, -100, "/", 0); break;
	case 20: pipe(p); break;
	case 21: syscall(SYS_prlimit64, 0, 6, NULL, NULL); break;
#ifdef __x86_64__
	case 22: syscall(0x40000000 | SYS_open, "/", O_RDONLY); break; /* the x32 calls */
	case 23:
		/* the 32-bit calls: 4 is write there and stat here */
		__asm__ volatile("int $0x80" : : "a"(4), "b"(1), "c"(text), "d"(0) : "memory");
		break;
#endif
	default: _exit(42);
	}
	_exit(0);
}

#define FORBIDDEN 23

/* A child in the sandbox; what it returns, the mask of boxes in *have. */
static int boxed(int what, int *have)
{
	int s[2], told[2], pty = open("/dev/ptmx", O_RDWR | O_NOCTTY), r;
	char buf[100] = {0};
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) < 0 || pipe(told) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		int mask;

		close(s[0]);
		mask = sandbox_net("nobody");
		if (write(told[1], &mask, sizeof mask) < 0)
			_exit(9);
		if (what)
			forbidden(what);
		_exit(allowed(s[1], pty));
	}
	close(s[1]);
	if (read(told[0], have, sizeof *have) != sizeof *have)
		*have = -1;
	if (send(s[0], "ab", 2, MSG_NOSIGNAL) < 0 && errno != EPIPE)
		return -2;
	while (read(s[0], buf, sizeof buf) > 0)
		;
	close(s[0]);
	close(told[0]);
	close(told[1]);
	close(pty);
	r = test_wait(pid);
	return r;
}

static const char *box_lets(void)
{
	int have, r;

	log_open("x", 1, LOG_L_ERROR, 4);
	r = boxed(0, &have);
	snprintf(why, sizeof why, "status %d, have %d", r, have);
	return r == 0 ? NULL : why;
}

static const char *box_kills(void)
{
	int have = 0, what, r;

	if (boxed(0, &have) != 0)
		return "does not even let";
	if (!(have & BOX_SECCOMP))
		SKIP("no seccomp here");
	for (what = 1; what <= FORBIDDEN; what++) {
		r = boxed(what, &have);
		if (r != 256 + SIGSYS && r != 42) {
			snprintf(why, sizeof why, "thing %d: status %d", what, r);
			return why;
		}
	}
	return NULL;
}

/* what is in place without seccomp, so that it can be looked at */
static const char *box_state(void)
{
	int have, root = geteuid() == 0;
	struct rlimit l;
	uid_t r, e, s;

	log_open("x", 1, LOG_L_ERROR, 4);
	if (boxed(0, &have) == 0 && have & BOX_SECCOMP)
		SKIP("seccomp is on: box_kills and box_state_from_outside look");
	have = sandbox_net("nobody");
	if (!root)
		SKIP("not root");
	NEED((have & (BOX_UID | BOX_CHROOT)) == (BOX_UID | BOX_CHROOT));
	NEED(getresuid(&r, &e, &s) == 0 && r == e && e == s && r != 0 && getgroups(0, NULL) == 0);
	NEED(open("/etc/passwd", O_RDONLY) < 0 && open("/proc", O_RDONLY) < 0);
	NEED(open("/x", O_WRONLY | O_CREAT, 0600) < 0 && open("../etc", O_RDONLY) < 0);
	NEED(getrlimit(RLIMIT_NPROC, &l) == 0 && l.rlim_cur == 0 && l.rlim_max == 0 && fork() < 0);
	NEED(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 &&
	     prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	return NULL;
}

/* the same, seen from outside while seccomp is on */
static const char *box_state_from_outside(void)
{
	int p[2], up[2], mask;
	char path[60], c;
	ssize_t n;
	pid_t pid;
	FILE *f;

	NEED(pipe(p) == 0 && pipe(up) == 0);
	log_open("x", 1, LOG_L_ERROR, 4);
	pid = fork();
	if (pid == 0) {
		mask = sandbox_net("12345");
		if (write(up[1], &mask, sizeof mask) < 0 || read(p[0], &c, 1) < 0)
			_exit(1);
		_exit(0);
	}
	NEED(read(up[0], &mask, sizeof mask) == sizeof mask);
	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	n = f ? (ssize_t)fread(text, 1, sizeof text - 1, f) : 0;
	text[n] = 0;
	if (!strstr(text, "NoNewPrivs:\t1") && strstr(text, "NoNewPrivs"))
		return "no_new_privs";
	if (geteuid() == 0) {
		NEED(mask & BOX_CHROOT && mask & BOX_UID);
		NEED(strstr(text, "Uid:\t12345\t12345\t12345\t12345\n"));
		NEED(strstr(text, "Gid:\t12345\t12345\t12345\t12345\n"));
		NEED(strstr(text, "Groups:\t \n") || strstr(text, "Groups:\t\n"));
		NEED(strstr(text, "CapPrm:\t0000000000000000") || !strstr(text, "CapPrm"));
		snprintf(path, sizeof path, "ls -A /proc/%d/root/ | wc -l | grep -qx 0", (int)pid);
		NEED(system(path) == 0);
		snprintf(path, sizeof path, "/proc/%d/limits", (int)pid);
		f = fopen(path, "r");
		n = f ? (ssize_t)fread(text, 1, sizeof text - 1, f) : 0;
		text[n] = 0;
		NEED(strstr(text, "Max processes             0                    0"));
	}
	NEED(mask & BOX_NO_NEW_PRIVS && mask & BOX_LIMITS);
	NEED(write(p[1], "x", 1) == 1 && test_wait(pid) == 0);
	return NULL;
}

static const char *box_without_root(void)
{
	int have;

	if (geteuid() == 0)
		NEED(setresgid(4321, 4321, 4321) == 0 && setresuid(4321, 4321, 4321) == 0);
	log_open("x", 1, LOG_L_NOTICE, 4);
	NEED(boxed(0, &have) == 0);
	NEED(!(have & (BOX_CHROOT | BOX_UID)) && have & BOX_NO_NEW_PRIVS && have & BOX_LIMITS);
	if (have & BOX_SECCOMP)
		NEED(boxed(1, &have) == 256 + SIGSYS);
	return NULL;
}

/* stderr is a file: lines of a sandboxed process go there, RLIMIT_FSIZE or not */
static const char *box_logs_to_a_file(void)
{
	char path[] = "/tmp/test_port.log.XXXXXX";
	int fd = mkstemp(path), have;
	ssize_t n;

	NEED(fd >= 0 && dup2(fd, 2) == 2);
	log_open("x", 1, LOG_L_ERROR, 4);
	unlink(path);
	NEED(boxed(0, &have) == 0);
	n = pread(fd, text, sizeof text - 1, 0);
	text[n > 0 ? n : 0] = 0;
	NEED(strstr(text, "a line from the box"));
	return NULL;
}

static const char *log_to_stderr(void)
{
	static char big[3000];
	char want[60];
	int p[2], i;
	ssize_t n;

	NEED(pipe(p) == 0 && dup2(p[1], 2) == 2);
	log_open("name", 1, LOG_L_INFO, 4);
	log_put(LOG_L_DEBUG, "hidden");
	errno = EACCES;
	log_put(LOG_L_INFO, "user '%p' %s: %m", "a\nb", "tab\there");
	NEED(errno == EACCES);
	n = read(p[0], text, sizeof text - 1);
	NEED(n > 0);
	text[n] = 0;
	snprintf(want, sizeof want, "[%d] ", (int)getpid());
	NEED(!strncmp(text, want, strlen(want)));
	i = (int)strlen(want);
	/* "Nov 22 11:22:33 " */
	NEED(text[i + 3] == ' ' && text[i + 6] == ' ' && text[i + 9] == ':' && text[i + 12] == ':');
	NEED(!strcmp(text + i + 16, CFG_ERROR_TEXTS ? "user 'a\\x0ab' tab?here: Permission denied\n"
						    : "user 'a\\x0ab' tab?here: errno 13\n"));
	memset(big, 'b', sizeof big - 1);
	big[sizeof big - 1] = 0;
	log_put(LOG_L_ERROR, "%s", big);
	n = read(p[0], text, sizeof text - 1);
	NEED(n == 1000 && text[999] == '\n');
	return NULL;
}

static int devlog(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	unlink("/dev/log");
	return bind(fd, (struct sockaddr *)&a, sizeof a) == 0 ? fd : -1;
}

static int log_got(int fd, const char *want)
{
	ssize_t n = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = 0;
	return want ? n > 0 && strstr(text, want) != NULL : n < 0;
}

/* syslogd is there, goes, comes back; and does not read for a while */
static const char *log_to_syslog(void)
{
	char head[60];
	int fd, i;

	if (geteuid() != 0)
		SKIP("not root");
	NEED(chroot(dir) == 0 && chdir("/") == 0 && mkdir("dev", 0755) == 0);
	log_open("sshd", 0, LOG_L_INFO, 10);
	log_put(LOG_L_INFO, "nobody hears this");
	NEED((fd = devlog()) >= 0);
	log_put(LOG_L_ERROR, "one %d", 1);
	NEED(log_got(fd, "one 1") && !strncmp(text, "<83>", 4));
	snprintf(head, sizeof head, " sshd[%d]: one 1", (int)getpid());
	NEED(!strcmp(text + 4 + 15, head));
	close(fd);
	log_put(LOG_L_INFO, "lost");
	NEED((fd = devlog()) >= 0);
	log_put(LOG_L_INFO, "back");
	NEED(log_got(fd, "<86>") && strstr(text, "back"));
	for (i = 0; i < 10000; i++)
		log_put(LOG_L_INFO, "flood");
	while (!log_got(fd, NULL))
		;
	log_put(LOG_L_INFO, "after");
	NEED(log_got(fd, "after"));
	proc_close_from(3 + 40); /* port's own stay */
	log_hold();
	log_put(LOG_L_INFO, "held");
	NEED(log_got(fd, "held"));
	close(fd);
	NEED((fd = devlog()) >= 0);
	log_put(LOG_L_INFO, "not again");
	NEED(log_got(fd, NULL));
	return NULL;
}

static const char *seeds(void)
{
	uint8_t a[32], b[32] = {0};
	int r = rand_seed(a);

	NEED((r == 0 || r == 1) && rand_seed(b) == r && memcmp(a, b, 32) != 0);
	return NULL;
}

/* in a chroot without /dev and /proc, run by strace with a pool that is not ready */
static int seed_only(void)
{
	static uint8_t s[16][32];
	int i, j, k, bits = 0, r = 0;

	for (i = 0; i < 16; i++)
		r |= rand_seed(s[i]);
	for (i = 0; i < 16; i++)
		for (j = 0; j < i; j++)
			for (bits = k = 0; k < 256; k++)
				if (bits += (s[i][k / 8] ^ s[j][k / 8]) >> k % 8 & 1,
				    k == 255 && bits < 64)
					return 90;
	return r;
}

static const char *seeds_without_a_pool(void)
{
	static const char *const lack[] = {"getrandom:error=EAGAIN", "getrandom:error=ENOSYS",
					   "getrandom,open,openat:error=EAGAIN"};
	int st[3];
	size_t i;

	if (!test_strace())
		SKIP("no strace that works here");
	for (i = 0; i < 3; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			snprintf(text, sizeof text, "inject=%s", lack[i]);
			execlp("strace", "strace", "-o", "/dev/null", "-e", text, test_self(),
			       "--seed", (char *)NULL);
			_exit(127);
		}
		st[i] = test_wait(pid);
	}
	NEED(st[0] == 0 && (st[1] == 0 || st[1] == 1) && st[2] == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--probe") == 0)
		return getcwd(text, sizeof text) ? 0 : 77;
	if (argc == 2 && strcmp(argv[1], "--seed") == 0)
		return seed_only();
	dir = test_dir();
	RUN(box_lets);
	RUN(box_kills);
	RUN(box_state);
	RUN(box_state_from_outside);
	RUN(box_without_root);
	RUN(box_logs_to_a_file);
	RUN(log_to_stderr);
	RUN(log_to_syslog);
	RUN(seeds);
	RUN(seeds_without_a_pool);
	test_dir_remove(dir);
	return test_failed;
}
