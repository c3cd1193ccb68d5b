/* fuzz_sftpc.c - an SFTP client and what a server may answer it: requests, patterns, transfers. */
/* SPDX-License-Identifier: MIT */
/*
 * The input says what is done and what the answers are; they are there before
 * the questions, with ids in the order in which those will come. Files go to a
 * directory of our own, with links in it that lead out: nothing may follow them.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sftpc.h"

#define MUST(c)                           \
	do {                              \
		if (!(c))                 \
			__builtin_trap(); \
	} while (0)

void __sanitizer_set_report_fd(void *fd);

static uint8_t answer_room[1 << 17], bufs[2][71680];
static uint64_t stack_room[4096];
static struct names stack;
static struct sftpc conn[2];
static char base[64];
static int null_fd, loud_fd, home_fd;

/* ---- the answers -------------------------------------------------------------------- */

static void put_attrs(struct rd *in, struct wr *w)
{
	static const uint32_t modes[] = {S_IFREG, S_IFREG | 0444, S_IFDIR,         S_IFLNK,
					 S_IFDIR, S_IFIFO,        S_IFREG | 06777, 0};
	struct sftp_attrs a = {.flags = rd_u8(in) & 31};
	unsigned few = rd_u8(in);

	a.mode = modes[few & 7] | 0640;
	a.size = few & 64 ? UINT64_MAX - few : (uint64_t)few << (few >> 3 & 15);
	a.mtime = few;
	if (a.flags & 16)
		a.flags ^= 16 | ATTR_EXTENDED;
	wr_attrs(w, &a);
	if (a.flags & ATTR_EXTENDED) {
		wr_u32(w, few & 3);
		wr_strz(w, "x");
		wr_strz(w, "y");
	}
}

static void put_names(struct rd *in, struct wr *w)
{
	unsigned claimed = rd_u8(in), count = claimed & 15;

	wr_u32(w, claimed >> 4 == 15 ? claimed << 24 : count);
	while (count-- && rd_left(in)) {
		struct str name = rd_bytes(in, rd_u8(in) & 15);

		wr_str(w, name.p, name.len);
		wr_str(w, name.p, name.len);
		put_attrs(in, w);
	}
}

/* a string of n bytes that nobody looks at */
static void put_data(struct wr *w, unsigned n)
{
	static const uint8_t some[65536];

	wr_str(w, some, n);
}

static void put_answer(struct rd *in, struct wr *w, uint32_t *id)
{
	unsigned kind = rd_u8(in);
	uint8_t *mark = wr_open(w);
	struct str raw;

	if (kind & 64)
		*id += rd_u8(in);
	wr_u8(w, (uint8_t[]){FXP_STATUS, FXP_HANDLE, FXP_DATA, FXP_NAME, FXP_ATTRS,
			     FXP_EXTENDED_REPLY, FXP_VERSION, 0}[kind & 7]);
	wr_u32(w, ++*id);
	switch (kind & 7) {
	case 0:
		wr_u32(w, rd_u8(in) & 15);
		wr_strz(w, "text");
		wr_strz(w, "");
		break;
	case 1: put_data(w, rd_u8(in)); break;
	case 2: put_data(w, rd_u32(in) >> 16); break;
	case 3: put_names(in, w); break;
	case 4: put_attrs(in, w); break;
	default: raw = rd_bytes(in, rd_u8(in)); wr_bytes(w, raw.p, raw.len);
	}
	wr_close(w, mark);
	if ((kind & 0xb8) == 0xb8 && !w->bad)
		put_u32(mark, rd_u32(in)); /* a length of the input's */
}

static void put_version(struct wr *w, unsigned exts)
{
	static const char *const names[] = {"limits@openssh.com",       "check-file",
					    "posix-rename@openssh.com", "expand-path@openssh.com",
					    "statvfs@openssh.com",      "copy-data",
					    "fsync@openssh.com"};
	uint8_t *mark = wr_open(w);

	wr_u8(w, FXP_VERSION);
	wr_u32(w, 3);
	for (unsigned i = 0; i < 7; i++)
		if (exts & 1u << i) {
			wr_strz(w, names[i]);
			wr_strz(w, "1");
		}
	wr_close(w, mark);
}

/* whole, or -1 where the pipe is full */
static int into(int fd, const struct wr *w)
{
	size_t n = w->bad ? 0 : wr_len(w), at = 0;
	ssize_t k = 1;

	for (; at < n && k > 0; at += (size_t)(k > 0 ? k : 0))
		k = write(fd, w->start + at, n - at);
	return at < n || w->bad ? -1 : 0;
}

/* a descriptor from which the answers come, each by itself: a read sees no more than one */
static int answers(struct rd *in)
{
	struct wr w = wr_init(answer_room, sizeof(answer_room));
	uint32_t id = 0;
	int fds[2];

	MUST(!pipe2(fds, O_CLOEXEC | O_DIRECT | O_NONBLOCK));
	fcntl(fds[1], F_SETPIPE_SZ, 1 << 20);
	put_version(&w, rd_u8(in));
	while (!into(fds[1], &w) && rd_left(in)) {
		w = wr_init(answer_room, sizeof(answer_room));
		put_answer(in, &w, &id);
	}
	close(fds[1]);
	return fds[0];
}

/* ---- what is asked -------------------------------------------------------------------- */

static void sane(const struct sftpc *c)
{
	MUST(c->used <= c->have && c->have <= c->size && c->room == c->size);
	MUST(c->tx_len <= c->size && c->max_read && c->max_read <= c->size && c->max_write);
	MUST(c->max_write <= c->size && c->err <= 0);
}

static void requests(struct sftpc *c, unsigned which)
{
	struct sftpc_handle h = {.len = 3, .bytes = "abc"};
	struct sftp_attrs a;
	uint64_t v[VFS_COUNT];
	char path[SFTPC_PATH];
	uint8_t hash[32];
	uint32_t at = 0;
	struct name *n;
	int i;

	for (i = 0; i < 16 && !c->err; i++, which++)
		switch (which & 7) {
		case 0: sftpc_stat(c, "p", which & 1, &a); break;
		case 1:
			if (!sftpc_expand(c, "p", path))
				MUST(strlen(path) < SFTPC_PATH);
			break;
		case 2: sftpc_statvfs(c, "p", v); break;
		case 3:
			if (!sftpc_opendir(c, "p", &h))
				MUST(h.len <= sizeof(h.bytes));
			break;
		case 4:
			while (!sftpc_readdir(c, &h, &stack))
				;
			for (at = 0; (n = names_at(&stack, &at));)
				MUST(strlen(n->text) == n->len);
			names_sort(&stack, 0, BY_SIZE, 0);
			stack.top = 0;
			break;
		case 5: sftpc_hash(c, &h, 5, hash); break;
		case 6: sftpc_copy(c, "a", "b"); break;
		case 7: sftpc_rename(c, "a", "b", 0); break;
		}
}

static void globs(struct sftpc *c)
{
	uint32_t at;
	struct name *n;

	if (sftpc_glob(c, "d/*/[b-d!]?*", &stack))
		return;
	at = stack.first;
	while ((n = names_at(&stack, &at)))
		MUST(strlen(n->text) == n->len && !strncmp(n->text, "d/", 2));
}

static void run(struct rd *in)
{
	unsigned op = rd_u8(in), how = rd_u8(in);
	struct xfer x = {.name = "fuzz", .stack = &stack, .flags = FLAG('q')};
	struct rd second = *in;
	int i, fds[2] = {-1, -1};

	x.flags |= how & 1 ? FLAG('r') : 0;
	x.flags |= how & 2 ? FLAG('p') : 0;
	x.flags |= how & 4 ? FLAG('a') : 0;
	x.flags |= how & 8 ? FLAG('f') : 0;
	x.nofollow = how >> 4 & 1;
	names_init(&stack, stack_room, sizeof(stack_room));
	second.p += rd_left(in) / 2;
	fds[0] = answers(in);
	if (op % 8 == 5)
		fds[1] = answers(&second);
	for (i = 0; i < 2 && fds[i] >= 0; i++)
		if (sftpc_init(&conn[i], fds[i], null_fd, bufs[i],
			       how & 32 ? 34816 : sizeof(*bufs)))
			goto out;
	switch (op % 8) {
	case 0: requests(conn, how); break;
	case 1: globs(conn); break;
	case 2:
	case 3: xfer(conn, "f", NULL, "t/x", &x); break;
	case 4: xfer(NULL, "own", conn, "t", &x); break;
	case 5: xfer(conn, "f", conn + 1, "t", &x); break;
	default: xfer(conn, "f", NULL, "t", &x); break;
	}
	MUST(op % 8 <= 1 || !stack.top);
	sane(conn);
out:
	for (i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* ---- where it happens -------------------------------------------------------------------- */

static int take_away(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	return f->level ? remove(path) : 0;
}

static void leave(void)
{
	nftw(base, take_away, 20, FTW_DEPTH | FTW_PHYS);
	rmdir(base);
}

static void tree(void)
{
	int fd;

	MUST(!mkdir("t", 0700) && !mkdir("out", 0700) && !mkdir("own", 0700));
	MUST(!symlink("../out", "t/a") && !symlink("../out/x", "t/b") && !mkdir("own/d", 0700));
	fd = open("own/d/f", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	MUST(fd >= 0 && !ftruncate(fd, 70000));
	close(fd);
	fd = open("t/c", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	MUST(fd >= 0 && !ftruncate(fd, 100));
	close(fd);
}

static void begin(void)
{
	/* in memory where there is such a place */
	strcpy(base,
	       access("/dev/shm", W_OK) ? "/tmp/fuzz_sftpc.XXXXXX" : "/dev/shm/fuzz_sftpc.XXXXXX");
	home_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	loud_fd = dup(2);
	MUST(mkdtemp(base) && null_fd >= 0 && loud_fd >= 0 && home_fd >= 0);
	atexit(leave);
	__sanitizer_set_report_fd((void *)(intptr_t)loud_fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct rd in = rd_init((struct str){data, n});
	struct stat st;

	if (!*base)
		begin();
	MUST(!chdir(base));
	tree();
	dup2(null_fd, 2);
	run(&in);
	dup2(loud_fd, 2);
	/* nothing has come into the directory beside, nor up here */
	MUST(!rmdir("out") && !stat(".", &st) && st.st_nlink <= 2 + 2);
	nftw(".", take_away, 20, FTW_DEPTH | FTW_PHYS);
	/* the fuzzer's own paths start here */
	MUST(!fchdir(home_fd));
	return 0;
}
