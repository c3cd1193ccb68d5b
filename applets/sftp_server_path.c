/* sftp_server_path.c - requests that name files: made, removed, renamed, linked, listed. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "longname.h"
#include "sftp_server.h"

#define DENTS 4096 /* of getdents64 at a time: 170 names at most, of which each takes 231 bytes */

static int result(int r)
{
	return r < 0 ? -errno : 0;
}

/* REMOVE, MKDIR, RMDIR */
int sftpd_one_path(struct sftpd *s, const struct sftpd_req *r)
{
	unsigned mode = r->a.flags & ATTR_MODE ? r->a.mode & 07777 : 0777;
	const char *path = r->path[0];

	(void)s;
	if (r->row->type == FXP_MKDIR) {
		log_put(LOG_L_INFO, "mkdir name \"%p\" mode 0%o", path, mode);
		return result(mkdir(path, mode));
	}
	return result(r->row->type == FXP_RMDIR ? rmdir(path) : unlink(path));
}

/* SYMLINK, posix-rename, hardlink */
int sftpd_two_paths(struct sftpd *s, const struct sftpd_req *r)
{
	const char *a = r->path[0], *b = r->path[1];

	if (r->row->type == FXP_SYMLINK)
		return result(s->draft_symlink ? symlink(b, a) : symlink(a, b));
	return result(*r->row->name == 'h' ? link(a, b) : rename(a, b));
}

/* a file system without links, or not for this file */
static int no_links(int err)
{
	return err == EOPNOTSUPP || err == ENOSYS || err == EXDEV || err == EPERM || err == EMLINK;
}

/* RENAME: never over what is there */
int sftpd_rename(struct sftpd *s, const struct sftpd_req *r)
{
	const char *from = r->path[0], *to = r->path[1];
	struct stat st;
	int err;

	(void)s;
	if (lstat(from, &st) < 0)
		return -errno;
	if (S_ISREG(st.st_mode)) {
		if (!link(from, to)) {
			if (!unlink(from))
				return 0;
			err = -errno;
			unlink(to);
			return err;
		}
		if (!no_links(errno))
			return -errno;
	}
	/* there is a moment between these two, as in OpenSSH's */
	if (!lstat(to, &st))
		return -EEXIST;
	return result(rename(from, to));
}

int sftpd_readlink(struct sftpd *s, const struct sftpd_req *r)
{
	char *buf = sftpd_scratch(s, PATH_FULL);
	ssize_t n;

	n = readlink(r->path[0], buf, PATH_FULL - 1);
	if (n < 0)
		return -errno;
	buf[n] = 0;
	return sftpd_name(s, r, buf);
}

/* the name that path begins with, up to a slash, or our own where it is empty; 0 or -errno */
static int find_user(const char *name, struct user *u)
{
	char text[USER_NAME];
	const char *where;
	size_t n = strcspn(name, "/");

	if (!n)
		return user_find_uid(getuid(), u);
	if (n >= sizeof(text))
		return -ENOENT;
	memcpy(text, name, n);
	text[n] = 0;
	return user_find(text, u, &where);
}

/* REALPATH, expand-path */
int sftpd_realpath(struct sftpd *s, const struct sftpd_req *r)
{
	char *buf = sftpd_scratch(s, PATH_REAL + PATH_FULL), *whole = buf + PATH_REAL;
	const char *path = r->path[0], *rest;
	struct user u;
	size_t n;
	int err;

	if (r->row->type == FXP_EXTENDED && *path == '~') {
		rest = path + 1 + strcspn(path + 1, "/");
		memcpy(u.home, ".", 2); /* where the session began, as OpenSSH has it */
		if (rest > path + 1 && find_user(path + 1, &u) < 0)
			return FX_NO_SUCH_FILE;
		n = fmt(whole, PATH_FULL, "%s%s", u.home, rest);
		if (n >= PATH_FULL - 1)
			return -ENAMETOOLONG;
		path = whole;
	}
	err = path_real(*path ? path : ".", buf);
	return err < 0 ? err : sftpd_name(s, r, buf);
}

/* home-directory: "" is the user's own */
int sftpd_home(struct sftpd *s, const struct sftpd_req *r)
{
	struct user u;

	if (find_user(r->path[0], &u) < 0)
		return FX_FAILURE;
	return sftpd_name(s, r, u.home);
}

int sftpd_opendir(struct sftpd *s, const struct sftpd_req *r)
{
	if (!handle_left(s))
		return -EMFILE;
	return handle_new(s, r, open(r->path[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC), HANDLE_DIR);
}

/* one that is gone by now is left out */
static int put_entry(struct wr *w, int dir, const char *name)
{
	char head[LONGNAME_HEAD];
	struct sftp_attrs a;
	struct stat st;
	size_t len = strlen(name), n;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	attrs_of(&a, &st);
	n = longname_head(head, &st);
	wr_str(w, name, len);
	wr_u32(w, (uint32_t)(n + len));
	wr_bytes(w, head, n);
	wr_bytes(w, name, len);
	wr_attrs(w, &a);
	return 1;
}

/*
 * As many names as one getdents64 gives, so that none has to be kept until the next
 * request. 24 bytes of it at least make 40 and LONGNAME_HEAD: all of them fit.
 */
int sftpd_readdir(struct sftpd *s, const struct sftpd_req *r)
{
	struct wr *w = sftpd_reply(s, r, FXP_NAME);
	uint8_t *count = wr_open(w);
	const char *name;
	struct dir d;
	uint32_t n = 0;
	int err;

	dir_init(&d, r->h[0]->fd, sftpd_scratch(s, DENTS), DENTS);
	w->end = (uint8_t *)d.buf;
	while ((err = dir_next(&d, &name)) > 0) {
		n += (uint32_t)put_entry(w, d.fd, name);
		if (n && d.at == d.have)
			break;
	}
	if (!n)
		return err < 0 ? err : FX_EOF;
	put_u32(count, n);
	return SFTPD_REPLIED;
}
