/* xfer_side.c - one side of a transfer: files of ours or of a server, by the same calls. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto.h"
#include "sftpc_io.h"
#include "xfer.h"

static int result(int r)
{
	return r < 0 ? -errno : r;
}

int side_init(struct side *s, struct sftpc *c, const char *path)
{
	s->c = c;
	s->dir = AT_FDCWD;
	s->name = 0;
	s->fd = -1;
	return path_join(s->path, "", path);
}

int dir_look(struct sftpc *c, const char *path)
{
	struct sftp_attrs a;
	mode_t mode;
	uid_t owner;
	int err;

	if (c) {
		err = sftpc_stat(c, path, 1, &a);
		mode = a.mode;
	} else {
		err = file_mode(path, &mode, &owner);
	}
	return err || S_ISDIR(mode) ? err : -ENOTDIR;
}

static void of_stat(struct sftp_attrs *a, const struct stat *st)
{
	*a = (struct sftp_attrs){.flags = ATTR_SIZE | ATTR_MODE | ATTR_TIMES,
				 .mode = st->st_mode,
				 .atime = (uint32_t)st->st_atime,
				 .mtime = (uint32_t)st->st_mtime,
				 .size = (uint64_t)st->st_size};
}

int side_stat(struct side *s, int follow, struct sftp_attrs *a)
{
	struct stat st;

	if (s->c)
		return sftpc_stat(s->c, s->path, follow, a);
	if (fstatat(s->dir, s->path + s->name, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	of_stat(a, &st);
	return 0;
}

int side_open(struct side *s, uint32_t fxf, uint32_t mode, int nofollow)
{
	struct sftp_attrs a = {.flags = fxf & FXF_CREAT ? ATTR_MODE : 0, .mode = mode};
	int flags;

	if (s->c)
		return sftpc_open(s->c, s->path, fxf, &a, &s->h);
	flags = !(fxf & FXF_WRITE) ? O_RDONLY : fxf & FXF_READ ? O_RDWR : O_WRONLY;
	flags |= fxf & FXF_CREAT ? O_CREAT : 0;
	flags |= fxf & FXF_TRUNC ? O_TRUNC : 0;
	flags |= nofollow ? O_NOFOLLOW : 0;
	s->fd = fd_open_at(s->dir, s->path + s->name, flags, mode);
	return s->fd < 0 ? s->fd : 0;
}

int side_size(struct side *s, uint64_t *size)
{
	struct sftp_attrs a;
	struct stat st;
	int err;

	if (s->c) {
		err = sftpc_fstat(s->c, &s->h, &a);
		*size = a.size;
	} else {
		err = result(fstat(s->fd, &st));
		*size = (uint64_t)st.st_size;
	}
	return err;
}

static int set_fd(int fd, const struct sftp_attrs *a)
{
	int err = a->flags & ATTR_TIMES ? times_set(fd, NULL, a->atime, a->mtime, 0) : 0;

	if (a->flags & ATTR_SIZE && ftruncate(fd, (off_t)a->size) < 0)
		err = -errno;
	if (a->flags & ATTR_MODE && fchmod(fd, a->mode) < 0)
		err = -errno;
	return err;
}

int side_set(struct side *s, const struct sftp_attrs *a)
{
	return s->c ? sftpc_fsetstat(s->c, &s->h, a) : set_fd(s->fd, a);
}

int side_set_dir(struct side *s, int fd, const struct sftp_attrs *a)
{
	return s->c ? sftpc_setstat(s->c, s->path, 1, a) : set_fd(fd, a);
}

int side_sync(struct side *s)
{
	int err;

	if (!s->c)
		return result(fsync(s->fd));
	err = sftpc_fsync(s->c, &s->h);
	return err == FX_OP_UNSUPPORTED ? 0 : err;
}

int side_close(struct side *s)
{
	return s->c ? sftpc_close(s->c, &s->h) : result(close(s->fd));
}

int side_mkdir(struct side *s, uint32_t mode, int *made)
{
	int err;

	if (s->c)
		err = sftpc_mkdir(s->c, s->path, mode);
	else
		err = result(mkdirat(s->dir, s->path + s->name, mode));
	*made = !err;
	/* SFTP has no word for what is there already; ours is looked at when it is opened */
	if (err == -EEXIST || (err > 0 && !dir_look(s->c, s->path)))
		return 0;
	return err;
}

int side_read(struct side *s, uint64_t at, uint8_t *buf, uint32_t room, struct str *got)
{
	struct wr w;
	ssize_t n;
	int err;

	if (!s->c) {
		n = pread(s->fd, buf, room, (off_t)at);
		*got = (struct str){buf, n < 0 ? 0 : (size_t)n};
		return n < 0 ? -errno : 0;
	}
	w = sftpc_move(s->c, FXP_READ, &s->h, at, room);
	err = sftpc_call(s->c, &w, FXP_DATA);
	*got = (struct str){NULL, 0};
	if (err)
		return err == FX_EOF ? 0 : err;
	*got = rd_str(&s->c->r);
	s->c->r.bad |= !got->len || got->len > room;
	return sftpc_read_well(s->c);
}

int side_hash(struct side *s, uint64_t at, uint64_t end, uint8_t hash[32])
{
	static uint8_t buf[4096] APART;
	static struct hash_ctx sum APART;
	struct str got;
	int err;

	if (s->c && s->c->exts & EXT_CHECK_FILE && !at)
		return sftpc_hash(s->c, &s->h, end, hash);
	hash_init(&sum, &hash_sha256);
	for (; at < end; at += got.len) {
		uint64_t left = end - at;
		uint32_t room = s->c ? s->c->max_read : sizeof(buf);

		err = side_read(s, at, buf, left < room ? (uint32_t)left : room, &got);
		if (err || !got.len)
			return err ? err : FX_EOF;
		hash_add(&sum, got.p, got.len);
	}
	hash_out(&sum, hash);
	return 0;
}
