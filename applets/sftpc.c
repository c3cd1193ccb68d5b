/* sftpc.c - the client's end of SFTP: packets both ways, and how a connection starts. */
/* SPDX-License-Identifier: MIT */
/*
 * Replies lie in buf[used, have), below room. While requests go out one at a
 * time, room is all of buf and the request lies at its start: nothing is read
 * before it is sent. Both descriptors are nonblocking; only poll waits.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "sftpc_io.h"

/* OpenSSH's servers take this much; more only where they say so (limits@openssh.com) */
#define DATA_DEFAULT 32768
#define DATA_MOST 65536

int sftpc_dead(struct sftpc *c, int err)
{
	if (!c->err)
		c->err = err;
	return c->err;
}

void sftpc_split(struct sftpc *c, size_t requests)
{
	c->room = c->size - requests;
}

struct wr sftpc_req(struct sftpc *c, unsigned type)
{
	struct wr w;

	if (!c->tx_len) {
		c->tx = c->buf + (c->room == c->size ? 0 : c->room);
		/* what nobody asked for lies where the request should */
		if (c->room == c->size && c->have != c->used)
			sftpc_dead(c, -EPROTO);
		if (c->room == c->size)
			c->have = c->used = 0;
	}
	w = wr_init(c->tx + c->tx_len, (size_t)(c->buf + c->size - c->tx) - c->tx_len);
	wr_u32(&w, 0);
	wr_u8(&w, (uint8_t)type);
	wr_u32(&w, ++c->id);
	return w;
}

int sftpc_send(struct sftpc *c, const struct wr *w)
{
	if (c->err)
		return c->err;
	if (w->bad)
		return -ENAMETOOLONG;
	put_u32(w->start, (uint32_t)wr_len(w) - 4);
	c->tx_len += wr_len(w);
	return 0;
}

/* what a read or write said: the count, 0 where it was nothing this time */
static size_t moved(struct sftpc *c, ssize_t n)
{
	if (n >= 0)
		return (size_t)n;
	if (errno != EAGAIN && errno != EINTR)
		sftpc_dead(c, -errno);
	return 0;
}

static void take(struct sftpc *c)
{
	ssize_t n;

	if (c->used) {
		memmove(c->buf, c->buf + c->used, c->have - c->used);
		c->have -= c->used;
		c->used = 0;
	}
	n = read(c->in, c->buf + c->have, c->room - c->have);
	if (!n)
		sftpc_dead(c, -EPIPE);
	c->have += moved(c, n);
}

static void give(struct sftpc *c)
{
	size_t n = moved(c, write(c->out, c->tx, c->tx_len));

	c->tx += n;
	c->tx_len -= n;
}

/* two entries for poll, which passes over a negative descriptor; c may be NULL */
static void watch(struct pollfd p[2], const struct sftpc *c)
{
	int giving = c && c->tx_len;
	int taking = c && c->have - c->used < c->room && !(giving && c->room == c->size);

	p[0] = (struct pollfd){taking ? c->in : -1, POLLIN, 0};
	p[1] = (struct pollfd){giving ? c->out : -1, POLLOUT, 0};
}

int sftpc_pump(struct sftpc *a, struct sftpc *b, int stop, int ms)
{
	struct sftpc *both[2] = {a, b};
	struct pollfd p[5];
	int i;

	for (i = 0; i < 2; i++)
		watch(p + 2 * i, both[i]);
	p[4] = (struct pollfd){stop ? stop : -1, POLLIN, 0};
	/* EINTR: nothing has happened, and the caller calls again */
	if (poll(p, 5, ms) <= 0)
		return 0;
	for (i = 0; i < 2; i++) {
		if (p[2 * i].revents)
			take(both[i]);
		if (p[2 * i + 1].revents)
			give(both[i]);
	}
	return p[4].revents != 0;
}

int sftpc_reply(struct sftpc *c, uint32_t *id)
{
	const uint8_t *p = c->buf + c->used;
	size_t have = c->have - c->used;
	uint32_t len;
	int type;

	if (have < 4)
		return c->err;
	len = get_u32(p);
	/* a type and an id are the least */
	if (len < 5 || len > c->room - 4)
		return sftpc_dead(c, -EPROTO);
	if (have - 4 < len)
		return c->err;
	c->used += 4 + len;
	c->r = rd_init((struct str){p + 4, len});
	type = rd_u8(&c->r);
	*id = rd_u32(&c->r);
	return type ? type : sftpc_dead(c, -EPROTO);
}

static int await(struct sftpc *c, uint32_t *id)
{
	int type;

	while (!(type = sftpc_reply(c, id)))
		sftpc_pump(c, NULL, 0, -1);
	return type;
}

static char why[80]; /* the words of a server with the last "failure" */

int sftpc_status(struct sftpc *c)
{
	uint32_t status = rd_u32(&c->r);
	struct rd rest = c->r;
	struct str text = rd_str(&rest); /* some leave it out */
	char z[sizeof(why)];

	if (status == FX_FAILURE) {
		text.len = text.len < sizeof(z) ? text.len : sizeof(z) - 1;
		memcpy(z, text.p, text.len);
		z[text.len] = 0;
		name_show(why, sizeof(why), ~0u, z);
	}
	c->r.bad |= status > INT32_MAX;
	return (int)status;
}

int sftpc_call(struct sftpc *c, const struct wr *w, int want)
{
	int type = sftpc_send(c, w), status;
	uint32_t id;

	if (!type)
		type = await(c, &id);
	if (type < 0)
		return type;
	if (id == c->id && type == want && type != FXP_STATUS)
		return 0;
	status = sftpc_status(c);
	/* "good" is no answer to who wants more than that */
	if (id != c->id || type != FXP_STATUS || (!status && want != FXP_STATUS))
		c->r.bad = 1;
	return c->r.bad ? sftpc_read_well(c) : status;
}

int sftpc_read_well(struct sftpc *c)
{
	return c->r.bad ? sftpc_dead(c, -EPROTO) : 0;
}

struct wr sftpc_move(struct sftpc *c, unsigned type, const struct sftpc_handle *h, uint64_t at,
		     uint32_t n)
{
	struct wr w = sftpc_req(c, type);

	wr_str(&w, h->bytes, h->len);
	wr_u64(&w, at);
	wr_u32(&w, n);
	return w;
}

int sftpc_ask(struct sftpc *c, unsigned kind, const char *form, ...)
{
	struct wr w = sftpc_req(c, kind & 255);
	const struct sftpc_handle *h;
	va_list ap;

	va_start(ap, form);
	for (; *form; form++)
		switch (*form) {
		case 's': wr_strz(&w, va_arg(ap, const char *)); break;
		case 'h':
			h = va_arg(ap, const struct sftpc_handle *);
			wr_str(&w, h->bytes, h->len);
			break;
		case 'q': wr_u64(&w, va_arg(ap, uint64_t)); break;
		case 'u': wr_u32(&w, va_arg(ap, uint32_t)); break;
		default: wr_attrs(&w, va_arg(ap, const struct sftp_attrs *));
		}
	va_end(ap);
	return sftpc_call(c, &w, (int)(kind >> 8));
}

/* ---- how it starts ---------------------------------------------------------------- */

/* in the order of enum sftpc_ext */
static const char *const names[] = {"posix-rename@openssh.com", "limits@openssh.com",
				    "expand-path@openssh.com", "copy-data", "check-file"};

static void extension(struct sftpc *c, struct str name)
{
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (str_is(name, names[i]))
			c->exts |= 1u << i;
}

/* a limit of the server's, where it says one, and ours */
static uint32_t least(struct sftpc *c, uint32_t most)
{
	uint64_t n = rd_u64(&c->r);

	most = most < DATA_MOST ? most : DATA_MOST;
	return !n ? DATA_DEFAULT : n < most ? (uint32_t)n : most;
}

static int limits(struct sftpc *c)
{
	int err = sftpc_ask(c, ASK(FXP_EXTENDED, FXP_EXTENDED_REPLY), "s", "limits@openssh.com");

	if (err)
		return err < 0 ? err : 0;
	rd_u64(&c->r); /* of a packet; those below are less */
	c->max_read = least(c, (uint32_t)c->size - SFTPC_ASK - SFTPC_HEADER);
	/* room for their replies must stay */
	c->max_write = least(c, (uint32_t)c->size - 2 * SFTPC_REQUEST);
	return sftpc_read_well(c);
}

int sftpc_init(struct sftpc *c, int in, int out, void *buf, size_t size)
{
	struct str name;
	struct wr w;
	int err;

	*c = (struct sftpc){.in = in, .out = out, .buf = buf, .size = size, .room = size};
	c->max_read = c->max_write = DATA_DEFAULT;
	fd_nonblock(in);
	fd_nonblock(out);
	w = sftpc_req(c, FXP_INIT);
	put_u32(w.p - 4, SFTP_VERSION); /* where others have their id */
	sftpc_send(c, &w);
	err = await(c, &c->version);
	if (err != FXP_VERSION || c->version != SFTP_VERSION)
		return sftpc_dead(c, err < 0 ? err : -EPROTO);
	while (rd_left(&c->r)) {
		name = rd_str(&c->r);
		rd_str(&c->r);
		extension(c, name);
	}
	return c->exts & EXT_LIMITS ? limits(c) : 0;
}

const char *sftpc_text(int err)
{
	if (err == -EPIPE || err == -ECONNRESET)
		return "Connection closed";
	if (err == FX_FAILURE && *why)
		return why;
	return err > 0 ? sftp_text((uint32_t)err) : err_text(-err);
}
