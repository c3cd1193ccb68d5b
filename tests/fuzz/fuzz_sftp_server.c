/* fuzz_sftp_server.c - the SFTP server's requests, in a directory that is all it can see. */
/* SPDX-License-Identifier: MIT */
/*
 * The first byte says how: read-only, SYMLINK's order, an INIT before the rest,
 * bytes at a time, replies taken whole or by halves. Each input gets a directory
 * of its own as its root, left again afterwards for the fuzzer's own files; where
 * that is not allowed the server is read-only.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lab.h"
#include "sftp_server.h"

enum { READ_ONLY = 1, DRAFT = 2, RAW = 4, HALVES = 8, LISTS = 16, PIECES = 32 /* and more bits */ };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
void __asan_on_error(void);
void __ubsan_on_report(void);

static struct sftpd s;
static int outside = -1, cwd = -1, caged, inside;

static void leave(void)
{
	TRAP_UNLESS(!inside || (!fchdir(outside) && !chroot(".") && !fchdir(cwd)));
	inside = 0;
}

/* what was found is written outside */
void __asan_on_error(void)
{
	leave();
}

void __ubsan_on_report(void)
{
	leave();
}

static void must(int good)
{
	if (!good) {
		leave();
		abort();
	}
}

static char cage[] = "/tmp/fuzz_sftp.XXXXXX";

static void remove_cage(void)
{
	rmdir(cage);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct rlimit most = {1 << 20, 1 << 20}, files = {300, 300};

	(void)argc;
	(void)argv;
	outside = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* a hole of a terabyte takes long to be hashed */
	setrlimit(RLIMIT_FSIZE, &most);
	setrlimit(RLIMIT_NOFILE, &files);
	log_open("fuzz", 0, LOG_L_DEBUG2, 4);
	log_hold();
	if (!mkdtemp(cage))
		return 0;
	atexit(remove_cage);
	caged = !chroot(cage) || (!unshare(CLONE_NEWUSER) && !chroot(cage));
	inside = caged;
	leave();
	return 0;
}

/* everything in the directory, which is closed */
static void empty(int fd)
{
	DIR *d = fdopendir(fd);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") &&
		    unlinkat(dirfd(d), e->d_name, 0)) {
			fchmodat(dirfd(d), e->d_name, 0700, 0);
			empty(openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
			unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
		}
	if (d)
		closedir(d);
}

static void furnish(void)
{
	int fd = open("a", O_WRONLY | O_CREAT, 0644);

	must(write(fd, "0123456789", 10) == 10);
	close(fd);
	must(!mkdir("d", 0755) && !symlink("a", "l") && !symlink("../d", "d/up") &&
	     !mkdir("etc", 0755));
	fd = open("etc/passwd", O_WRONLY | O_CREAT, 0644);
	must(write(fd, "u:x:0:0::/d:\n", 13) == 13);
	close(fd);
}

/* replies are whole packets of known types; half of them go, or all */
static void take_replies(int halves)
{
	uint8_t *p = s.out + s.out_at, *end = s.out + s.out_end;
	static uint32_t in_packet;
	uint32_t len;

	must(s.out_at <= s.out_end && s.out_end <= sizeof(s.out) && s.in_at <= s.in_end &&
	     s.in_end <= sizeof(s.in));
	if (!s.out_at)
		in_packet = 0;
	if (!in_packet)
		for (; p < end; p += len + 4) {
			must(end - p >= 5);
			len = get_u32(p);
			must(len >= 5 && len <= (size_t)(end - p - 4));
			must(p[4] == FXP_VERSION || (p[4] >= FXP_STATUS && p[4] <= FXP_ATTRS) ||
			     p[4] == FXP_EXTENDED_REPLY);
		}
	in_packet = halves && s.out_end - s.out_at > 1;
	s.out_at = in_packet ? s.out_at + (s.out_end - s.out_at) / 2 : s.out_end;
}

static int serve(int halves)
{
	int r;

	while ((r = sftpd_serve(&s)) == SFTPD_WAIT) {
		must(s.out_end > s.out_at);
		take_replies(halves);
	}
	take_replies(halves);
	return r;
}

/* as much as there is room for, where the loop would put it */
static size_t feed(const uint8_t *p, size_t n)
{
	if (s.left && !s.in_end && s.out_at == s.out_end) {
		n = n < s.left ? n : s.left;
		n = n < sizeof(s.out) ? n : sizeof(s.out);
		memcpy(s.out, p, n);
		sftpd_data(&s, s.out, n);
	} else {
		n = n < sizeof(s.in) - s.in_end ? n : sizeof(s.in) - s.in_end;
		memcpy(s.in + s.in_end, p, n);
		s.in_end += (unsigned)n;
	}
	return n;
}

static void play(uint8_t how, const uint8_t *data, size_t n)
{
	static const uint8_t init[] = {0, 0, 0, 5, FXP_INIT, 0, 0, 0, 3};
	size_t most = how & PIECES ? 1 + (how >> 6) * 7 : n, k;
	int r = 0;

	memset(&s, 0, sizeof(s));
	s.read_only = !caged || how & READ_ONLY;
	s.draft_symlink = !!(how & DRAFT);
	if (how & LISTS) {
		s.denied = "remove,limits";
		s.allowed = "open,close,read,write,remove,stat,fsync";
	}
	if (!(how & RAW)) {
		feed(init, sizeof(init));
		r = serve(0);
	}
	while (n && r >= 0) {
		k = feed(data, n < most ? n : most);
		data += k;
		n -= k;
		r = serve(how & HALVES);
	}
	for (k = 0; k < SFTPD_HANDLES; k++)
		if (s.handles[k].kind != HANDLE_FREE)
			close(s.handles[k].fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (!n)
		return 0;
	signal(SIGXFSZ, SIG_IGN); /* the fuzzer's own handler would end it */
	if (caged) {
		inside = 1;
		must(!chroot(cage) && !chdir("/"));
		furnish();
	}
	play(*data, data + 1, n - 1);
	if (caged) {
		must(!chdir("/"));
		empty(open("/", O_RDONLY | O_DIRECTORY));
		leave();
	}
	return 0;
}
