/* sftp_server_handle.c - the table of open files and directories. */
/* SPDX-License-Identifier: MIT */
/*
 * A handle is four bytes on the wire: the place in the table, and above it how
 * often the place was taken, so that one which was closed leads nowhere.
 */
#include <errno.h>
#include <unistd.h>

#include "sftp_server.h"

/* the first free place, or SFTPD_HANDLES */
static unsigned place(const struct sftpd *s)
{
	unsigned i;

	for (i = 0; i < SFTPD_HANDLES && s->handles[i].kind != HANDLE_FREE; i++)
		;
	return i;
}

int handle_left(const struct sftpd *s)
{
	return place(s) < SFTPD_HANDLES;
}

int handle_new(struct sftpd *s, const struct sftpd_req *r, int fd, int kind)
{
	unsigned i = place(s);
	struct sftpd_handle *h = &s->handles[i];

	if (fd < 0)
		return -errno;
	if (i == SFTPD_HANDLES) {
		close(fd);
		return -EMFILE;
	}
	h->fd = fd;
	h->kind = (uint8_t)kind;
	h->append = kind == HANDLE_FILE && r->u32 & FXF_APPEND;
	h->serial++;
	h->got = h->put = 0;
	fmt(h->name, sizeof(h->name), "%s", r->path[0]);
	sftpd_reply(s, r, FXP_HANDLE);
	wr_u32(&s->w, 4);
	wr_u32(&s->w, h->serial * SFTPD_HANDLES + i);
	return SFTPD_REPLIED;
}

struct sftpd_handle *handle_find(struct sftpd *s, struct str text)
{
	struct sftpd_handle *h;
	uint32_t v;

	if (text.len != 4)
		return NULL;
	v = get_u32(text.p);
	h = &s->handles[v % SFTPD_HANDLES];
	return h->kind != HANDLE_FREE && (h->serial * SFTPD_HANDLES ^ v) < SFTPD_HANDLES ? h : NULL;
}

void handle_log_close(const struct sftpd_handle *h, const char *how)
{
	if (h->kind == HANDLE_DIR)
		log_put(LOG_L_INFO, "%sclosedir \"%p\"", how, h->name);
	else
		log_put(LOG_L_INFO, "%sclose \"%p\" bytes read %llu written %llu", how, h->name,
			(unsigned long long)h->got, (unsigned long long)h->put);
}

int sftpd_close(struct sftpd *s, const struct sftpd_req *r)
{
	struct sftpd_handle *h = r->h[0];

	(void)s;
	handle_log_close(h, "");
	h->kind = HANDLE_FREE;
	return close(h->fd) < 0 ? -errno : 0;
}
