/* sftp_server_attr.c - attributes of files and file systems, shown and set. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "sftp_server.h"

static int result(int r)
{
	return r < 0 ? -errno : 0;
}

void attrs_of(struct sftp_attrs *a, const struct stat *st)
{
	a->flags = ATTR_SIZE | ATTR_IDS | ATTR_MODE | ATTR_TIMES;
	a->size = (uint64_t)st->st_size;
	a->uid = st->st_uid;
	a->gid = st->st_gid;
	a->mode = st->st_mode;
	a->atime = (uint32_t)st->st_atime;
	a->mtime = (uint32_t)st->st_mtime;
}

/* STAT, LSTAT, FSTAT */
int sftpd_stat(struct sftpd *s, const struct sftpd_req *r)
{
	struct sftp_attrs a;
	struct stat st;
	int err;

	if (r->h[0])
		err = result(fstat(r->h[0]->fd, &st));
	else
		err = result(fstatat(AT_FDCWD, r->path[0], &st,
				     r->row->type == FXP_LSTAT ? AT_SYMLINK_NOFOLLOW : 0));
	if (err)
		return err;
	attrs_of(&a, &st);
	wr_attrs(sftpd_reply(s, r, FXP_ATTRS), &a);
	return SFTPD_REPLIED;
}

/* SETSTAT, FSETSTAT, lsetstat: in this order; what fails does not keep the rest from being done */
int sftpd_setstat(struct sftpd *s, const struct sftpd_req *r)
{
	const struct sftp_attrs *a = &r->a;
	const char *path = r->path[0], *name = path;
	int link = r->row->type == FXP_EXTENDED, err = 0, e;
	int fd = AT_FDCWD, flags = link ? AT_SYMLINK_NOFOLLOW : 0;

	(void)s;
	if (r->h[0]) {
		fd = r->h[0]->fd;
		name = r->h[0]->name;
	}
	if (a->flags & ATTR_SIZE) {
		if (link)
			return FX_BAD_MESSAGE;
		log_put(LOG_L_INFO, "set \"%p\" size %llu", name, (unsigned long long)a->size);
		err = result(path ? truncate(path, (off_t)a->size) : ftruncate(fd, (off_t)a->size));
	}
	if (a->flags & ATTR_MODE) {
		log_put(LOG_L_INFO, "set \"%p\" mode %04o", name, (unsigned)a->mode);
		e = link   ? link_chmod(path, a->mode & 07777)
		    : path ? result(chmod(path, a->mode & 07777))
			   : result(fchmod(fd, a->mode & 07777));
		err = e ? e : err;
	}
	if (a->flags & ATTR_TIMES) {
		log_put(LOG_L_INFO, "set \"%p\" modtime %u", name, (unsigned)a->mtime);
		e = times_set(fd, path, a->atime, a->mtime, flags);
		err = e ? e : err;
	}
	if (a->flags & ATTR_IDS) {
		log_put(LOG_L_INFO, "set \"%p\" owner %u group %u", name, (unsigned)a->uid,
			(unsigned)a->gid);
		e = result(
		    fchownat(fd, path ? path : "", a->uid, a->gid, path ? flags : AT_EMPTY_PATH));
		err = e ? e : err;
	}
	return err;
}

/* statvfs, fstatvfs */
int sftpd_statvfs(struct sftpd *s, const struct sftpd_req *r)
{
	struct statfs v;
	uint64_t fsid = 0;
	struct wr *w;
	int err;

	err = result(r->h[0] ? fstatfs(r->h[0]->fd, &v) : statfs(r->path[0], &v));
	if (err)
		return err;
	memcpy(&fsid, &v.f_fsid, sizeof(v.f_fsid));
	w = sftpd_reply(s, r, FXP_EXTENDED_REPLY);
	wr_u64(w, v.f_bsize);
	wr_u64(w, v.f_frsize ? v.f_frsize : v.f_bsize);
	wr_u64(w, v.f_blocks);
	wr_u64(w, v.f_bfree);
	wr_u64(w, v.f_bavail);
	wr_u64(w, v.f_files);
	wr_u64(w, v.f_ffree);
	wr_u64(w, v.f_ffree);
	wr_u64(w, fsid);
	/* PROTOCOL's bits for read-only and no setuid are Linux's */
	wr_u64(w, (uint64_t)v.f_flags & (ST_RDONLY | ST_NOSUID));
	wr_u64(w, v.f_namelen);
	return SFTPD_REPLIED;
}
