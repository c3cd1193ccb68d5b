/* sftpc_req.c - one SFTP request and its answer at a time. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "sftpc_io.h"

static int attrs(struct sftpc *c, struct sftp_attrs *a, int err)
{
	if (err)
		return err;
	rd_attrs(&c->r, a);
	return sftpc_read_well(c);
}

int sftpc_stat(struct sftpc *c, const char *path, int follow, struct sftp_attrs *a)
{
	return attrs(c, a, sftpc_ask(c, ASK(follow ? FXP_STAT : FXP_LSTAT, FXP_ATTRS), "s", path));
}

int sftpc_fstat(struct sftpc *c, const struct sftpc_handle *h, struct sftp_attrs *a)
{
	return attrs(c, a, sftpc_ask(c, ASK(FXP_FSTAT, FXP_ATTRS), "h", h));
}

int sftpc_setstat(struct sftpc *c, const char *path, int follow, const struct sftp_attrs *a)
{
	if (follow)
		return sftpc_ask(c, ASK(FXP_SETSTAT, FXP_STATUS), "sa", path, a);
	return sftpc_ask(c, ASK(FXP_EXTENDED, FXP_STATUS), "ssa", "lsetstat@openssh.com", path, a);
}

int sftpc_fsetstat(struct sftpc *c, const struct sftpc_handle *h, const struct sftp_attrs *a)
{
	return sftpc_ask(c, ASK(FXP_FSETSTAT, FXP_STATUS), "ha", h, a);
}

int sftpc_mkdir(struct sftpc *c, const char *path, uint32_t mode)
{
	struct sftp_attrs a = {.flags = ATTR_MODE, .mode = mode};

	return sftpc_ask(c, ASK(FXP_MKDIR, FXP_STATUS), "sa", path, &a);
}

int sftpc_rmdir(struct sftpc *c, const char *path)
{
	return sftpc_ask(c, ASK(FXP_RMDIR, FXP_STATUS), "s", path);
}

int sftpc_remove(struct sftpc *c, const char *path)
{
	return sftpc_ask(c, ASK(FXP_REMOVE, FXP_STATUS), "s", path);
}

int sftpc_rename(struct sftpc *c, const char *from, const char *to, int plain)
{
	if (plain || !(c->exts & EXT_POSIX_RENAME))
		return sftpc_ask(c, ASK(FXP_RENAME, FXP_STATUS), "ss", from, to);
	return sftpc_ask(c, ASK(FXP_EXTENDED, FXP_STATUS), "sss", "posix-rename@openssh.com", from,
			 to);
}

/* in the order in which OpenSSH and nearly all others have it, not the draft's */
int sftpc_symlink(struct sftpc *c, const char *target, const char *link)
{
	return sftpc_ask(c, ASK(FXP_SYMLINK, FXP_STATUS), "ss", target, link);
}

int sftpc_link(struct sftpc *c, const char *from, const char *to)
{
	return sftpc_ask(c, ASK(FXP_EXTENDED, FXP_STATUS), "sss", "hardlink@openssh.com", from, to);
}

/* the answer has one name, which is a path */
static int one_path(struct sftpc *c, char *path, int err)
{
	struct str name;

	if (err)
		return err;
	if (rd_u32(&c->r) != 1)
		c->r.bad = 1;
	name = rd_str(&c->r);
	if (memchr(name.p, 0, name.len))
		c->r.bad = 1;
	err = sftpc_read_well(c);
	if (err)
		return err;
	if (name.len >= SFTPC_PATH)
		return -ENAMETOOLONG;
	memcpy(path, name.p, name.len);
	path[name.len] = 0;
	return 0;
}

int sftpc_readlink(struct sftpc *c, const char *link, char *path)
{
	return one_path(c, path, sftpc_ask(c, ASK(FXP_READLINK, FXP_NAME), "s", link));
}

int sftpc_realpath(struct sftpc *c, const char *name, char *path)
{
	return one_path(c, path, sftpc_ask(c, ASK(FXP_REALPATH, FXP_NAME), "s", name));
}

int sftpc_expand(struct sftpc *c, const char *name, char *path)
{
	if (!(c->exts & EXT_EXPAND_PATH))
		return sftpc_realpath(c, name, path);
	return one_path(
	    c, path,
	    sftpc_ask(c, ASK(FXP_EXTENDED, FXP_NAME), "ss", "expand-path@openssh.com", name));
}

int sftpc_statvfs(struct sftpc *c, const char *path, uint64_t v[VFS_COUNT])
{
	int err =
	    sftpc_ask(c, ASK(FXP_EXTENDED, FXP_EXTENDED_REPLY), "ss", "statvfs@openssh.com", path);

	if (err)
		return err;
	for (int i = 0; i < VFS_COUNT; i++)
		v[i] = rd_u64(&c->r);
	return sftpc_read_well(c);
}

static int handle(struct sftpc *c, struct sftpc_handle *h, int err)
{
	struct str s;

	if (err)
		return err;
	s = rd_str(&c->r);
	if (s.len > sizeof(h->bytes))
		c->r.bad = 1;
	err = sftpc_read_well(c);
	if (err)
		return err;
	h->len = (uint16_t)s.len;
	memcpy(h->bytes, s.p, s.len);
	return 0;
}

int sftpc_open(struct sftpc *c, const char *path, uint32_t fxf, const struct sftp_attrs *a,
	       struct sftpc_handle *h)
{
	return handle(c, h, sftpc_ask(c, ASK(FXP_OPEN, FXP_HANDLE), "sua", path, fxf, a));
}

int sftpc_opendir(struct sftpc *c, const char *path, struct sftpc_handle *h)
{
	return handle(c, h, sftpc_ask(c, ASK(FXP_OPENDIR, FXP_HANDLE), "s", path));
}

int sftpc_readdir(struct sftpc *c, const struct sftpc_handle *h, struct names *to)
{
	uint32_t count, mark = to->top;
	int err = sftpc_ask(c, ASK(FXP_READDIR, FXP_NAME), "h", h);

	if (err)
		return err;
	count = rd_u32(&c->r);
	if (!count)
		c->r.bad = 1; /* else one could go on like this for ever */
	while (count-- && !c->r.bad && !err) {
		struct str name = rd_str(&c->r), longname = rd_str(&c->r);
		struct sftp_attrs a;

		rd_attrs(&c->r, &a);
		if (!c->r.bad)
			err = names_push(to, name, longname, &a);
	}
	c->r.bad |= err == -EPROTO;
	if (c->r.bad)
		err = sftpc_read_well(c);
	if (err)
		to->top = mark;
	return err;
}

int sftpc_close(struct sftpc *c, const struct sftpc_handle *h)
{
	return sftpc_ask(c, ASK(FXP_CLOSE, FXP_STATUS), "h", h);
}

int sftpc_fsync(struct sftpc *c, const struct sftpc_handle *h)
{
	return sftpc_ask(c, ASK(FXP_EXTENDED, FXP_STATUS), "sh", "fsync@openssh.com", h);
}

/* the first that went wrong */
static int either(int err, int end)
{
	return err ? err : end;
}

int sftpc_copy(struct sftpc *c, const char *from, const char *to)
{
	static struct sftpc_handle in APART, out APART;
	struct sftp_attrs a = {0};
	int err;

	/* before the target is cut off */
	if (!(c->exts & EXT_COPY_DATA))
		return FX_OP_UNSUPPORTED;
	err = sftpc_open(c, from, FXF_READ, &a, &in);
	if (err)
		return err;
	err = sftpc_fstat(c, &in, &a);
	a.flags &= ATTR_MODE;
	a.mode &= 0777;
	if (!err)
		err = sftpc_open(c, to, FXF_WRITE | FXF_CREAT | FXF_TRUNC, &a, &out);
	if (!err) {
		err = sftpc_ask(c, ASK(FXP_EXTENDED, FXP_STATUS), "shqqhq", "copy-data", &in,
				(uint64_t)0, (uint64_t)0, &out, (uint64_t)0);
		err = either(err, sftpc_close(c, &out));
	}
	return either(err, sftpc_close(c, &in));
}

/* draft-ietf-secsh-filexfer-extensions-00 3; real servers have a name before the algorithm's */
int sftpc_hash(struct sftpc *c, const struct sftpc_handle *h, uint64_t n, uint8_t hash[32])
{
	/* from the start, and one hash for all of it */
	int err = sftpc_ask(c, ASK(FXP_EXTENDED, FXP_EXTENDED_REPLY), "shsqqu", "check-file-handle",
			    h, "sha256", (uint64_t)0, n, (uint32_t)0);
	struct str s;

	if (err)
		return err;
	if (str_is(rd_str(&c->r), "check-file"))
		rd_str(&c->r);
	s = rd_bytes(&c->r, 32);
	if (!rd_done(&c->r))
		return sftpc_dead(c, -EPROTO);
	memcpy(hash, s.p, 32);
	return 0;
}
