/* sftp_server_req.c - packets taken apart, handlers called, replies framed. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "sftp_server.h"

#define SMALL 1024    /* room that any reply but REQ_BIG's and READ's fits in */
#define HEAD 9        /* length, type, id */
#define WRITE_HEAD 29 /* HEAD, handle, offset, length of the data */

/* ---- replies --------------------------------------------------------------- */

static struct wr *reply(struct sftpd *s, enum sftp_type type)
{
	s->w = wr_init(s->out + s->out_end, sizeof(s->out) - s->out_end);
	wr_open(&s->w);
	wr_u8(&s->w, type);
	return &s->w;
}

struct wr *sftpd_reply(struct sftpd *s, const struct sftpd_req *r, enum sftp_type type)
{
	reply(s, type);
	wr_u32(&s->w, r->id);
	return &s->w;
}

static void reply_done(struct sftpd *s)
{
	wr_close(&s->w, s->w.start);
	s->out_end += (unsigned)wr_len(&s->w);
}

int sftpd_name(struct sftpd *s, const struct sftpd_req *r, const char *name)
{
	struct wr *w = sftpd_reply(s, r, FXP_NAME);

	wr_u32(w, 1);
	wr_strz(w, name);
	wr_strz(w, name);
	wr_u32(w, 0);
	return SFTPD_REPLIED;
}

void *sftpd_scratch(struct sftpd *s, size_t n)
{
	return s->out + ((sizeof(s->out) - n) & ~(size_t)7);
}

static uint32_t status_of(int err)
{
	switch (-err) {
	case ENOENT:
	case ENOTDIR:
	case EBADF:
	case ELOOP: return FX_NO_SUCH_FILE;
	case EPERM:
	case EACCES:
	case EFAULT: return FX_PERMISSION_DENIED;
	case ENAMETOOLONG:
	case EINVAL: return FX_BAD_MESSAGE;
	case ENOSYS: return FX_OP_UNSUPPORTED;
	default: return FX_FAILURE;
	}
}

/* the answer to request id where it is a mere status: what a handler gave */
static void status(struct sftpd *s, uint32_t id, int result)
{
	uint32_t code = result < 0 ? status_of(result) : (uint32_t)result;
	const char *text = sftp_text(code);

	/* OpenSSH's clients show the code's text, others what stands here */
	if (result < 0 && code == FX_FAILURE)
		text = err_text(-result);
	if (code == FX_OK || code == FX_EOF)
		log_put(LOG_L_DEBUG2, "sent status %s", text);
	else
		log_put(LOG_L_INFO, "sent status %s", text);
	reply(s, FXP_STATUS);
	wr_u32(&s->w, id);
	wr_u32(&s->w, code);
	if (s->version >= 3) {
		wr_strz(&s->w, text);
		wr_strz(&s->w, "");
	}
	reply_done(s);
}

/* ---- requests -------------------------------------------------------------- */

/* NUL-terminated where it stands: a byte forward, over the last one of its length */
static char *rd_path(struct rd *r)
{
	struct str s = rd_str(r);
	char *z = (char *)s.p - 1;

	if (r->bad || memchr(s.p, 0, s.len)) {
		r->bad = 1;
		return NULL;
	}
	memmove(z, s.p, s.len);
	z[s.len] = 0;
	return z;
}

/* 0, or what is to be answered instead */
static int parse(struct sftpd *s, struct rd *rd, struct sftpd_req *r)
{
	unsigned paths = 0, handles = 0, numbers = 0, strings = 0;
	struct sftpd_handle *h;
	int bad_handle = 0;
	const char *arg;

	for (arg = r->row->args; *arg; arg++)
		switch (*arg) {
		case 'p': r->path[paths++] = rd_path(rd); break;
		case 'a': rd_attrs(rd, &r->a); break;
		case 'u': r->u32 = rd_u32(rd); break;
		case 'q': r->u64[numbers++] = rd_u64(rd); break;
		case 's': r->s[strings++] = rd_str(rd); break;
		default:
			r->h[handles++] = h = handle_find(s, rd_str(rd));
			if (!h || (*arg == 'h' && h->kind != HANDLE_FILE) ||
			    (*arg == 'd' && h->kind != HANDLE_DIR))
				bad_handle = *arg == 'c' ? -ENOENT : FX_FAILURE;
		}
	return rd->bad ? FX_BAD_MESSAGE : bad_handle;
}

/* what has a path, or two of them, and nothing else to tell */
static void log_request(const struct sftpd_req *r)
{
	const struct sftpd_row *row = r->row;
	enum log_level l = row->flags & REQ_INFO ? LOG_L_INFO : LOG_L_DEBUG;

	if (r->path[1])
		log_put(l, "%s old \"%p\" new \"%p\"", row->name, r->path[0], r->path[1]);
	else if (r->path[0] && !row->args[1])
		log_put(l, "%s%s \"%p\"", row->name, row->flags & REQ_NAME ? " name" : "",
			r->path[0]);
}

/* the whole packet from its type on; SFTPD_WAIT or 0 */
static int request(struct sftpd *s, struct str packet)
{
	struct rd rd = rd_init(packet);
	uint8_t type = rd_u8(&rd);
	struct sftpd_req r = {.id = rd_u32(&rd)};
	struct str ext = {0};
	int result;

	if (type == FXP_EXTENDED)
		ext = rd_str(&rd);
	r.row = row_find(type, ext);
	if (rd.bad) {
		result = FX_BAD_MESSAGE;
	} else if (!r.row) {
		log_put(LOG_L_ERROR, "Unknown request %u \"%*p\"", type,
			ext.len < 100 ? (int)ext.len : 100, (const char *)ext.p);
		result = FX_OP_UNSUPPORTED;
	} else if (!row_permitted(s, r.row)) {
		result = FX_PERMISSION_DENIED;
	} else if (r.row->flags & REQ_BIG && s->out_end) {
		return SFTPD_WAIT;
	} else {
		result = parse(s, &rd, &r);
		if (!result) {
			log_request(&r);
			result = r.row->run(s, &r);
		}
	}
	if (result == SFTPD_WAIT)
		return result;
	if (result == SFTPD_REPLIED && s->w.bad)
		result = -ENOBUFS;
	if (result == SFTPD_REPLIED)
		reply_done(s);
	else
		status(s, r.id, result);
	return 0;
}

static void init_on_msg(struct sftpd *s, struct rd rd)
{
	s->version = rd_u32(&rd);
	s->inited = 1;
	log_put(LOG_L_DEBUG, "received client version %u", (unsigned)s->version);
	reply(s, FXP_VERSION);
	wr_u32(&s->w, SFTP_VERSION);
	row_announce(&s->w);
	reply_done(s);
}

/* its header is there, or as much as the packet has */
static void write_on_msg(struct sftpd *s, struct rd rd, uint32_t len)
{
	struct sftpd_handle *h;
	int result = 0;
	uint64_t off;
	uint32_t n;

	s->id = rd_u32(&rd);
	h = handle_find(s, rd_str(&rd));
	off = rd_u64(&rd);
	n = rd_u32(&rd);
	if (rd.bad || n > len + 4 - WRITE_HEAD)
		result = FX_BAD_MESSAGE;
	else if (!row_permitted(s, row_find(FXP_WRITE, (struct str){0})))
		result = FX_PERMISSION_DENIED;
	else if (!h || h->kind != HANDLE_FILE)
		result = FX_FAILURE;
	if (n && !result) {
		s->left = n;
		s->in_at += WRITE_HEAD;
		s->skip = len + 4 - WRITE_HEAD - s->left;
		s->off = h->append ? 0 : off; /* O_APPEND: the kernel knows where */
		s->to = h;
		s->err = 0;
	} else {
		s->skip = len + 4;
		status(s, s->id, result);
	}
}

void sftpd_data(struct sftpd *s, const uint8_t *p, size_t n)
{
	sftpd_write_data(s, p, n);
	s->left -= (uint32_t)n;
	if (!s->left)
		status(s, s->id, s->err);
}

/* drops what is due, or hands on data; 0 where there was nothing of that */
static int packet_rest(struct sftpd *s, const uint8_t *p, size_t have)
{
	size_t n;

	if (s->left) {
		n = have < s->left ? have : s->left;
		sftpd_data(s, p, n);
	} else {
		n = have < s->skip ? have : s->skip;
		s->skip -= (uint32_t)n;
	}
	s->in_at += (unsigned)n;
	return n > 0;
}

/* a packet by its first bytes; as sftpd_serve, and 1: go on */
static int packet(struct sftpd *s, const uint8_t *p, size_t have)
{
	uint32_t len, need;

	if (have < 5)
		return 0;
	len = get_u32(p);
	/* without an id there is no way to answer */
	if (len < 5 || len > SFTP_PACKET_MAX || (!s->inited && p[4] != FXP_INIT)) {
		log_put(LOG_L_ERROR, "bad message: type %u, %u bytes", p[4], (unsigned)len);
		return -1;
	}
	need = len + 4;
	if (p[4] == FXP_WRITE && need > WRITE_HEAD)
		need = WRITE_HEAD;
	if (need > sizeof(s->in))
		need = HEAD; /* nobody's name is that long */
	if (have < need)
		return 0;
	if (sizeof(s->out) - s->out_end < SMALL)
		return SFTPD_WAIT;
	if (p[4] == FXP_WRITE) {
		write_on_msg(s, rd_init((struct str){p + 5, need - 5}), len);
	} else if (need < len + 4) {
		s->skip = len + 4;
		status(s, get_u32(p + 5), FX_BAD_MESSAGE);
	} else {
		if (p[4] == FXP_INIT)
			init_on_msg(s, rd_init((struct str){p + 5, len - 1}));
		else if (request(s, (struct str){p + 4, len}))
			return SFTPD_WAIT;
		s->in_at += need;
	}
	return 1;
}

int sftpd_serve(struct sftpd *s)
{
	int r = 1;

	while (r == 1) {
		const uint8_t *p = s->in + s->in_at;
		size_t have = s->in_end - s->in_at;

		if (s->out_at == s->out_end)
			s->out_at = s->out_end = 0;
		if (!packet_rest(s, p, have))
			r = packet(s, p, have);
	}
	/* what is there of the next packet goes to the front */
	if (!r && s->in_at) {
		s->in_end -= s->in_at;
		memmove(s->in, s->in + s->in_at, s->in_end);
		s->in_at = 0;
	}
	return r;
}
