/* agent_client.c - asking an agent (draft-ietf-sshm-ssh-agent). */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "cli.h"
#include "sig.h"

int agent_connect(const char *path)
{
	int fd;

	if (!path)
		path = getenv("SSH_AUTH_SOCK");
	if (!path || !*path)
		return -ENOENT;
	fd = unix_connect(path);
	/* who asks waits: an agent may have to ask its user first */
	if (fd >= 0)
		fd_blocking(fd);
	return fd;
}

static int read_all(int fd, uint8_t *p, size_t n)
{
	ssize_t r;

	while (n) {
		r = read(fd, p, n);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? -errno : -EPIPE;
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

/* its answer, or .bad and *err */
static struct rd ask(int fd, struct wr *w, void *buf, size_t size, int *err)
{
	struct rd r = {.bad = 1};
	size_t n = wr_len(w);
	uint8_t head[4];

	*err = w->bad ? -EMSGSIZE : 0;
	if (*err)
		return r;
	put_u32(w->start, (uint32_t)n - 4);
	if (write(fd, w->start, n) != (ssize_t)n)
		*err = errno ? -errno : -EIO;
	if (!*err)
		*err = read_all(fd, head, 4);
	if (*err)
		return r;
	n = get_u32(head);
	*err = n > size || !n ? -EMSGSIZE : read_all(fd, buf, n);
	return *err ? r : rd_init((struct str){buf, n});
}

void agent_begin(struct wr *w, void *mem, size_t n, uint8_t type)
{
	*w = wr_init(mem, n);
	wr_u32(w, 0);
	wr_u8(w, type);
}

void agent_begin_key(struct wr *w, void *mem, size_t n, const struct key *k, struct str comment,
		     uint32_t life, int confirm)
{
	agent_begin(w, mem, n, life || confirm ? AGENT_ADD_CONSTRAINED : AGENT_ADD);
	wr_strz(w, k->kind->name);
	k->kind->put(k, w, KEY_OPENSSH);
	wr_str(w, comment.p, comment.len);
	if (life) {
		wr_u8(w, AGENT_CONSTRAIN_LIFETIME);
		wr_u32(w, life);
	}
	if (confirm)
		wr_u8(w, AGENT_CONSTRAIN_CONFIRM);
}

int agent_call(int fd, struct wr *w)
{
	uint8_t type = 0;
	int err;

	ask(fd, w, &type, 1, &err);
	return err ? err : type == AGENT_SUCCESS ? 0 : -EACCES;
}

int agent_list(int fd, void *buf, size_t size, struct agent_key *keys, unsigned *n)
{
	uint8_t mem[8];
	struct wr w;
	unsigned room = *n;
	uint32_t count;
	struct rd r;
	int err;

	*n = 0;
	agent_begin(&w, mem, sizeof(mem), AGENT_LIST);
	r = ask(fd, &w, buf, size, &err);
	if (err)
		return err;
	if (rd_u8(&r) != AGENT_KEYS)
		return -EPROTO;
	for (count = rd_u32(&r); count && *n < room && !r.bad; count--, ++*n) {
		keys[*n].blob = rd_str(&r);
		keys[*n].comment = rd_str(&r);
	}
	return r.bad ? -EPROTO : 0;
}

uint32_t agent_flags(const struct sig *s)
{
	return !strcmp(s->sig_name, "rsa-sha2-256")   ? 2
	       : !strcmp(s->sig_name, "rsa-sha2-512") ? 4
						      : 0;
}

int agent_sign(int fd, struct str blob, struct str data, uint32_t flags, void *buf, size_t size,
	       struct str *sig)
{
	static uint8_t mem[8192] APART;
	struct wr w;
	struct rd r;
	int err;

	agent_begin(&w, mem, sizeof(mem), AGENT_SIGN);
	wr_str(&w, blob.p, blob.len);
	wr_str(&w, data.p, data.len);
	wr_u32(&w, flags);
	r = ask(fd, &w, buf, size, &err);
	if (err)
		return err;
	if (rd_u8(&r) != AGENT_SIGNATURE)
		return -EACCES;
	*sig = rd_str(&r);
	return rd_done(&r) ? 0 : -EPROTO;
}
