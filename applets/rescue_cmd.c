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

/* a number, perhaps with k, m or g, behind name=; the default where no word is that */
static int dd_number(char **argv, const char *name, uint32_t *n)
{
	size_t len = strlen(name);

	for (; *argv; argv++)
		if (!strncmp(*argv, name, len))
			return set_take_size(str_of(*argv + len), n);
	return 1;
}

static const char *dd_path(char **argv, const char *name)
{
	for (; *argv; argv++)
		if (!strncmp(*argv, name, 3))
			return *argv + 3;
	return NULL;
}

static int dd(char **argv)
{
	const char *in = dd_path(argv, "if="), *out = dd_path(argv, "of=");
	uint32_t bs = 512, count = ~0u, skip = 0, seek = 0;
	int from = 0, to = rescue_out;
	long r = 0;

	if (!dd_number(argv, "bs=", &bs) || !dd_number(argv, "count=", &count) ||
	    !dd_number(argv, "skip=", &skip) || !dd_number(argv, "seek=", &seek) || !bs ||
	    bs > sizeof(rescue_block))
		return rescue_say("dd", -EINVAL);
	if (in && (from = fd_open(in, O_RDONLY)) < 0)
		return rescue_say(in, from);
	if (out)
		to = fd_open_at(AT_FDCWD, out, O_WRONLY | O_CREAT, 0644);
	if (to < 0)
		r = to;
	else if ((skip && lseek(from, (off_t)skip * bs, SEEK_SET) < 0) ||
		 (seek && lseek(to, (off_t)seek * bs, SEEK_SET) < 0))
		r = -1;
	else
		r = rescue_copy(from, to, bs, count);
	if (out && to >= 0 && (fsync(to), close(to)) < 0)
		r = -1;
	if (in)
		close(from);
	return rescue_say(out ? out : "dd", r);
}

const struct rescue_cmd rescue_files[] = {
    {"cat FILE...",					   cat,    1, RESCUE_WORDS},
    {"chmod MODE FILE",				       chmod_, 2, 2           },
    {"cp FILE TO",					    cp,     2, 2           },
    {"dd [if=FILE] [of=FILE] [bs=] [count=] [skip=] [seek=]", dd,     0, 6           },
    {"echo WORD...",					  echo,   0, RESCUE_WORDS},
    {"ls [PATH]",					     ls,     0, 1           },
    {"mkdir DIR",					     mkdir_, 1, 1           },
    {"mknod PATH b|c|p [MAJOR MINOR]",                        mknod_, 2, 4           },
    {"mv PATH TO",					    mv,     2, 2           },
    {"rm PATH...",					    rm,     1, RESCUE_WORDS},
    {NULL,						    NULL,   0, 0           },
};
