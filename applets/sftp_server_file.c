/* sftp_server_file.c - open files: OPEN, READ, WRITE, fsync, copy-data. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "sftp_server.h"

/* the names that OpenSSH's log has, in the order of the bits */
static const char flag_names[] = "READ\0WRITE\0APPEND\0CREATE\0TRUNCATE\0EXCL";

static void log_open_request(const struct sftpd_req *r, unsigned mode)
{
	const char *name = flag_names;
	char text[48] = "";
	size_t n = 0;
	int bit;

	for (bit = 1; bit <= FXF_EXCL; bit <<= 1) {
		if (r->u32 & (unsigned)bit)
			n += fmt(text + n, sizeof(text) - n, "%s%s", n ? "," : "", name);
		while (*name++)
			;
	}
	log_put(LOG_L_INFO, "open \"%p\" flags %s mode 0%o", r->path[0], text, mode);
}

static int open_flags(uint32_t fxf)
{
	int flags = O_RDONLY;

	if (fxf & FXF_WRITE)
		flags = fxf & FXF_READ ? O_RDWR : O_WRONLY;
	if (fxf & FXF_APPEND)
		flags |= O_APPEND;
	if (fxf & FXF_CREAT)
		flags |= O_CREAT;
	if (fxf & FXF_TRUNC)
		flags |= O_TRUNC;
	if (fxf & FXF_EXCL)
		flags |= O_EXCL;
	return flags;
}

int sftpd_open(struct sftpd *s, const struct sftpd_req *r)
{
	unsigned mode = r->a.flags & ATTR_MODE ? r->a.mode & 07777 : 0666;

	log_open_request(r, mode);
	if (s->read_only && r->u32 & (FXF_WRITE | FXF_CREAT | FXF_TRUNC))
		return FX_PERMISSION_DENIED;
	if (!handle_left(s))
		return -EMFILE;
	/* NONBLOCK: a FIFO, which can be neither read nor written here, must not stop us */
	return handle_new(s, r, open(r->path[0], open_flags(r->u32) | O_NONBLOCK | O_NOCTTY, mode),
			  HANDLE_FILE);
}

/* no handlers of signals are here, so that nothing interrupts these; the count or -errno */

static ssize_t read_at(int fd, void *p, size_t n, uint64_t off)
{
	ssize_t got = pread(fd, p, n, (off_t)off);

	return got < 0 ? -errno : got;
}

/* all of it; 0 or -errno */
static int write_at(struct sftpd_handle *h, const uint8_t *p, size_t n, uint64_t off)
{
	ssize_t put;

	for (; n; n -= (size_t)put) {
		put = pwrite(h->fd, p, n, (off_t)off);
		if (put <= 0)
			return put < 0 ? -errno : -EIO;
		h->put += (uint64_t)put;
		p += put;
		off += (uint64_t)put;
	}
	return 0;
}

int sftpd_read(struct sftpd *s, const struct sftpd_req *r)
{
	size_t n = r->u32 < SFTPD_READ ? r->u32 : SFTPD_READ;
	struct sftpd_handle *h = r->h[0];
	struct wr *w;
	ssize_t got;

	/* length, type, id, length */
	if (13 + n > sizeof(s->out) - s->out_end)
		return SFTPD_WAIT;
	w = sftpd_reply(s, r, FXP_DATA);
	got = read_at(h->fd, w->p + 4, n, r->u64[0]);
	if (got <= 0)
		return got < 0 ? (int)got : FX_EOF;
	h->got += (uint64_t)got;
	wr_u32(w, (uint32_t)got);
	w->p += got;
	return SFTPD_REPLIED;
}

void sftpd_write_data(struct sftpd *s, const uint8_t *p, size_t n)
{
	if (!s->err)
		s->err = write_at(s->to, p, n, s->off);
	s->off += n;
}

int sftpd_fsync(struct sftpd *s, const struct sftpd_req *r)
{
	(void)s;
	log_put(LOG_L_DEBUG, "fsync \"%p\"", r->h[0]->name);
	return fsync(r->h[0]->fd) < 0 ? -errno : 0;
}

/* 1: both are the same file, or nobody can tell */
static int same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) < 0 || fstat(b, &y) < 0 ||
	       (x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

int sftpd_copy_data(struct sftpd *s, const struct sftpd_req *r)
{
	struct sftpd_handle *from = r->h[0], *to = r->h[1];
	uint64_t at = r->u64[0], left = r->u64[1], off = to->append ? 0 : r->u64[2];
	int whole = !left, err;
	ssize_t n;

	/* what is read might be what was just written, without end */
	if (same_file(from->fd, to->fd))
		return FX_FAILURE;
	while (whole || left) {
		n = read_at(from->fd, s->out,
			    whole || left > sizeof(s->out) ? sizeof(s->out) : (size_t)left, at);
		if (n <= 0)
			return n < 0 ? (int)n : whole ? FX_OK : FX_EOF;
		from->got += (uint64_t)n;
		err = write_at(to, s->out, (size_t)n, off);
		if (err)
			return err;
		at += (uint64_t)n;
		left -= whole ? 0 : (uint64_t)n;
		off += to->append ? 0 : (uint64_t)n;
	}
	return FX_OK;
}
