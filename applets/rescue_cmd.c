/* rescue_cmd.c - the built-in commands about files. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h> /* rename */
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "longname.h"
#include "port.h"
#include "rescue_sh.h"
#include "settings_share.h"

int rescue_out;
uint8_t rescue_block[RESCUE_BLOCK] APART;

int rescue_say(const char *name, long err)
{
	if (err == 0)
		return 0;
	fmt_fd(2, "%s: %s\n", name, err_text(err == -1 ? errno : (int)-err));
	return 1;
}

long rescue_copy(int from, int to, size_t block, uint32_t n)
{
	ssize_t got, put;
	size_t at;

	for (; n; n--) {
		got = read(from, rescue_block, block);
		if (got <= 0)
			return got;
		for (at = 0; at < (size_t)got; at += (size_t)put) {
			put = write(to, rescue_block + at, (size_t)got - at);
			if (put < 0)
				return put;
		}
		if (sig_next() == SIGINT)
			return -EINTR;
	}
	return 0;
}

int rescue_cat(const char *path)
{
	int fd = fd_open(path, O_RDONLY);
	long r = fd < 0 ? fd : rescue_copy(fd, rescue_out, sizeof(rescue_block), ~0u);

	if (fd >= 0)
		close(fd);
	return rescue_say(path, r);
}

static int cat(char **argv)
{
	int status = 0;

	for (; *argv; argv++)
		status |= rescue_cat(*argv);
	return status;
}

static int echo(char **argv)
{
	for (; *argv; argv++)
		fmt_fd(rescue_out, argv[1] ? "%s " : "%s", *argv);
	fmt_fd(rescue_out, "\n");
	return 0;
}

static int ls_one(int dir, const char *name)
{
	char head[LONGNAME_HEAD], to[PATH_FULL / 8];
	struct stat st;
	ssize_t n;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return rescue_say(name, -1);
	longname_head(head, &st);
	fmt_fd(rescue_out, "%s%s", head, name);
	if (S_ISLNK(st.st_mode) && (n = readlinkat(dir, name, to, sizeof(to))) > 0)
		fmt_fd(rescue_out, " -> %.*s", (int)n, to);
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		fmt_fd(rescue_out, " %u,%u", major(st.st_rdev), minor(st.st_rdev));
	fmt_fd(rescue_out, "\n");
	return 0;
}

static int ls(char **argv)
{
	const char *path = *argv ? *argv : ".", *name;
	int fd = fd_open(path, O_RDONLY | O_DIRECTORY), status = 0, r;
	struct dir d;

	if (fd < 0)
		return fd == -ENOTDIR ? ls_one(AT_FDCWD, path) : rescue_say(path, fd);
	dir_init(&d, fd, rescue_block, sizeof(rescue_block));
	while ((r = dir_next(&d, &name)) > 0)
		status |= ls_one(fd, name);
	close(fd);
	return status | rescue_say(path, r);
}

static int cp(char **argv)
{
	int from = fd_open(argv[0], O_RDONLY), to;
	struct stat st;
	long r;

	if (from < 0)
		return rescue_say(argv[0], from);
	r = fstat(from, &st);
	to = fd_open_at(AT_FDCWD, argv[1], O_WRONLY | O_CREAT | O_TRUNC, st.st_mode & 0777);
	if (r == 0 && to >= 0)
		r = rescue_copy(from, to, sizeof(rescue_block), ~0u);
	if (to >= 0 && close(to) < 0)
		r = -1;
	close(from);
	return rescue_say(argv[1], to < 0 ? to : r);
}

static int mv(char **argv)
{
	return rescue_say(argv[1], rename(argv[0], argv[1]));
}

static int rm(char **argv)
{
	int status = 0, r;

	for (; *argv; argv++) {
		r = unlink(*argv);
		if (r < 0 && errno == EISDIR)
			r = rmdir(*argv);
		status |= rescue_say(*argv, r);
	}
	return status;
}

static int mkdir_(char **argv)
{
	return rescue_say(*argv, dir_make(*argv));
}

static int chmod_(char **argv)
{
	uint32_t mode;

	return rescue_say(argv[1],
			  set_take_octal(str_of(argv[0]), &mode) ? chmod(argv[1], mode) : -EINVAL);
}

static int mknod_(char **argv)
{
	int node = argv[2] && argv[3], a = node ? num_small(argv[2], 0, 4095) : 0,
	    b = node ? num_small(argv[3], 0, 65535) : 0;
	mode_t kind = argv[1][0] == 'b' ? S_IFBLK : argv[1][0] == 'c' ? S_IFCHR : S_IFIFO;

	if (a < 0 || b < 0 || node != (kind != S_IFIFO))
		return rescue_say(argv[0], -EINVAL);
	return rescue_say(argv[0], mknod(argv[0], kind | 0600, makedev(a, b)));
}

static int dd(char **argv)
{
	static const char names[][7] = {"if=", "of=", "bs=", "count=", "skip=", "seek="};
	enum { BS, COUNT, SKIP, SEEK };
	uint32_t n[4] = {512, ~0u, 0, 0};
	const char *path[2] = {NULL, NULL};
	int fds[2] = {0, rescue_out}, i;
	long r = 0;

	for (; *argv; argv++) {
		for (i = 0; i < 6 && strncmp(*argv, names[i], strlen(names[i])); i++)
			;
		if (i < 2)
			path[i] = *argv + 3;
		else if (i == 6 || !set_take_size(str_of(*argv + strlen(names[i])), &n[i - 2]))
			return rescue_say(*argv, -EINVAL);
	}
	if (!n[BS] || n[BS] > sizeof(rescue_block))
		return rescue_say("bs", -EINVAL);
	for (i = 0; i < 2; i++) {
		if (path[i])
			fds[i] =
			    fd_open_at(AT_FDCWD, path[i], i ? O_WRONLY | O_CREAT : O_RDONLY, 0644);
		if (fds[i] < 0)
			return rescue_say(path[i], fds[i]);
		if (n[SKIP + i] && lseek(fds[i], (off_t)n[SKIP + i] * n[BS], SEEK_SET) < 0)
			r = -1;
	}
	if (r == 0)
		r = rescue_copy(fds[0], fds[1], n[BS], n[COUNT]);
	if (path[1])
		fsync(fds[1]);
	for (i = 0; i < 2; i++)
		if (path[i] && close(fds[i]) < 0)
			r = -1;
	return rescue_say("dd", r);
}

const struct rescue_cmd rescue_files[] = {
    {"cat FILE...",				 cat,    1, RESCUE_WORDS},
    {"chmod MODE FILE",			     chmod_, 2, 2           },
    {"cp FILE TO",				  cp,     2, 2           },
    {"dd [if=FILE of=FILE bs= count= skip= seek=]", dd,     0, 6           },
    {"echo WORD...",				echo,   0, RESCUE_WORDS},
    {"ls [PATH]",				   ls,     0, 1           },
    {"mkdir DIR",				   mkdir_, 1, 1           },
    {"mknod PATH b|c|p [MAJOR MINOR]",              mknod_, 2, 4           },
    {"mv PATH TO",				  mv,     2, 2           },
    {"rm PATH...",				  rm,     1, RESCUE_WORDS},
    {NULL,					  NULL,   0, 0           },
};
