/* fwd_chan.c - channels whose other end is a descriptor that a forwarder opened. */
/* SPDX-License-Identifier: MIT */
/*
 * One record a channel. What to do follows from its descriptors and the
 * channel's state, each time round. An accepted connection that cannot have its
 * channel yet (a key exchange is open, tx is full) is kept, and nothing more is
 * taken from the forwarder until it has one.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flow.h"
#include "fwd_chan.h"

struct fwd_rec fwd_rec[CFG_CHANNELS] APART;
struct ssh *fwd_ssh;

static struct fwd_asked {
	uint8_t used, told; /* told: it listens, or the answer was fetched */
	uint8_t kind;
	uint16_t len;
	uint32_t port;
	char host[256];
} asked[FWD_LISTENERS] APART;

static int (*starts)(void);
static int link_fd = -1;

/* the message in hand, not yet fetched by whom it is for */
static uint8_t mem[FWD_MSG] APART;
static struct rd msg;
static uint8_t msg_kind; /* 0: none */
static uint32_t msg_tag;
static int msg_fd = -1;

void fwd_init(struct ssh *s, int (*start)(void))
{
	fwd_ssh = s;
	starts = start;
}

/* ---- asking ---------------------------------------------------------------- */

static int ask(enum fwd what, uint32_t tag, enum fwd_kind kind, struct str host, uint32_t port)
{
	static uint8_t out[FWD_MSG] APART;
	struct wr w = wr_init(out, sizeof(out));

	wr_u8(&w, what);
	wr_u32(&w, tag);
	wr_u8(&w, kind);
	wr_str(&w, host.p, host.len);
	wr_u32(&w, port);
	if (link_fd < 0)
		link_fd = starts();
	if (link_fd < 0)
		return link_fd;
	return w.bad ? -EMSGSIZE : msg_send(link_fd, out, wr_len(&w), NULL, 0);
}

static uint8_t tun_kind(enum fwd_kind kind)
{
	return CFG_TUN && kind >= FWD_TUN ? kind : 0;
}

int fwd_connect(int ch, enum fwd_kind kind, struct str host, uint32_t port)
{
	int err = ask(FWD_CONNECT, (uint32_t)ch, kind, host, port);

	if (err == -EAGAIN)
		return -OPEN_RESOURCE_SHORTAGE;
	if (err)
		return -OPEN_ADMINISTRATIVELY_PROHIBITED;
	fwd_rec[ch] =
	    (struct fwd_rec){.state = FWD_DIALING, .tun = tun_kind(kind), .in = -1, .out = -1};
	return SSH_LATER;
}

int fwd_listen(enum fwd_kind kind, struct str host, uint32_t port)
{
	int n = 0, err;

	while (n < FWD_LISTENERS && asked[n].used)
		n++;
	if (n == FWD_LISTENERS)
		return -EMFILE;
	if (host.len >= sizeof(asked[n].host))
		return -ENAMETOOLONG;
	err = ask(FWD_LISTEN, (uint32_t)n, kind, host, port);
	if (err)
		return err;
	asked[n] =
	    (struct fwd_asked){.used = 1, .kind = kind, .len = (uint16_t)host.len, .port = port};
	memcpy(asked[n].host, host.p, host.len);
	return n;
}

static struct str asked_host(const struct fwd_asked *a)
{
	return (struct str){(const uint8_t *)a->host, a->len};
}

int fwd_cancel(enum fwd_kind kind, struct str host, uint32_t port)
{
	struct fwd_asked *a;

	for (a = asked; a < asked + FWD_LISTENERS; a++) {
		if (!a->used || a->kind != kind || a->port != port || !str_eq(asked_host(a), host))
			continue;
		a->used = 0;
		return ask(FWD_CANCEL, (uint32_t)(a - asked), kind, host, port) == 0;
	}
	return 0;
}

/* ---- what the forwarder tells ---------------------------------------------- */

static void on_connected(void)
{
	uint32_t err = rd_u32(&msg);
	struct fwd_rec *r = &fwd_rec[msg_tag];

	if (r->state != FWD_DIALING || (!err && msg_fd < 0)) {
		if (msg_fd >= 0)
			close(msg_fd);
	} else if (CFG_SSH && r->far) {
		fwd_far_answer((int)msg_tag, !err);
		r->state = err ? FWD_FREE : FWD_OPEN;
		r->in = r->out = msg_fd;
	} else if (err) {
		r->state = FWD_FREE;
		ssh_chan_confirm(fwd_ssh, (int)msg_tag,
				 err == EACCES ? -OPEN_ADMINISTRATIVELY_PROHIBITED
					       : -OPEN_CONNECT_FAILED);
	} else {
		r->state = FWD_OPEN;
		r->in = r->out = msg_fd;
		ssh_chan_confirm(fwd_ssh, (int)msg_tag, SSH_YES);
	}
	msg_fd = -1;
}

static void link_end(void)
{
	int ch;

	close(link_fd);
	link_fd = -1;
	memset(asked, 0, sizeof(asked));
	for (ch = 0; ch < CFG_CHANNELS; ch++) {
		if (fwd_rec[ch].state != FWD_DIALING)
			continue;
		fwd_rec[ch].state = FWD_FREE;
		ssh_chan_confirm(fwd_ssh, ch, -OPEN_CONNECT_FAILED);
		if (CFG_SSH && fwd_rec[ch].far)
			ssh_chan_close(fwd_ssh, ch);
	}
}

static void take_message(void)
{
	int n = 1;
	ssize_t len = msg_recv(link_fd, mem, sizeof(mem), &msg_fd, &n);

	if (n == 0)
		msg_fd = -1;
	if (len <= 0) {
		link_end();
		return;
	}
	msg = rd_init((struct str){mem, (size_t)len});
	msg_kind = rd_u8(&msg);
	msg_tag = rd_u32(&msg);
	if (msg.bad || msg_tag >= (msg_kind == FWD_CONNECTED ? CFG_CHANNELS : FWD_LISTENERS))
		msg_kind = 0;
	if (msg_kind == FWD_CONNECTED) {
		on_connected();
		msg_kind = 0;
	}
}

int fwd_listening(struct fwd_answer *a)
{
	if (msg_kind != FWD_LISTENING)
		return 0;
	msg_kind = 0;
	a->n = (int)msg_tag;
	a->err = -(int)rd_u32(&msg);
	a->port = rd_u32(&msg);
	a->taken = rd_str(&msg);
	if (a->err)
		asked[msg_tag].used = 0;
	else if (asked[msg_tag].kind == FWD_TCP)
		asked[msg_tag].port = a->port; /* as the peer names it from now on */
	return 1;
}

int fwd_accepted(struct fwd_accept *a)
{
	struct rd r = msg;
	const struct fwd_asked *l = &asked[msg_tag];

	if (msg_kind != FWD_ACCEPTED)
		return 0;
	if (!l->used || msg_fd < 0) { /* cancelled meanwhile */
		fwd_placed(-1);
		return 0;
	}
	a->n = (int)msg_tag;
	a->kind = l->kind;
	a->host = asked_host(l);
	a->port = l->port;
	a->peer = rd_str(&r);
	a->peer_port = rd_u32(&r);
	return 1;
}

void fwd_placed(int ch)
{
	msg_kind = 0;
	if (ch >= 0)
		fwd_rec[ch] = (struct fwd_rec){.state = FWD_OPENING,
					       .tun = tun_kind(asked[msg_tag].kind),
					       .in = msg_fd,
					       .out = msg_fd};
	else if (msg_fd >= 0)
		close(msg_fd);
	msg_fd = -1;
}

void fwd_placed_socks(void)
{
	fwd_socks_keep(msg_fd);
	msg_kind = 0;
	msg_fd = -1;
}

/* ---- channels -------------------------------------------------------------- */

void fwd_take(int ch, int in, int out)
{
	fwd_rec[ch] = (struct fwd_rec){.state = FWD_OPENING, .own = 1, .in = in, .out = out};
}

int fwd_is(int ch)
{
	return fwd_rec[ch].state != FWD_FREE;
}

unsigned fwd_count(void)
{
	unsigned n = 0;
	int ch;

	for (ch = 0; ch < CFG_CHANNELS; ch++)
		n += fwd_is(ch);
	return n;
}

static void rec_end(struct fwd_rec *r)
{
	if (!r->own && r->in >= 0)
		close(r->in);
	r->state = FWD_FREE;
}

void fwd_list(int fd)
{
	static const char *const names[] = {"", "connecting", "opening", "open", "socks"};
	int ch;

	fmt_fd(fd, "The following connections are open:\r\n");
	for (ch = 0; ch < CFG_CHANNELS; ch++)
		if (fwd_is(ch))
			fmt_fd(fd, "  #%d %s%s%s\r\n", ch, names[fwd_rec[ch].state],
			       fwd_rec[ch].ended ? ", our side has ended" : "",
			       fwd_rec[ch].shut ? ", the other side has ended" : "");
}

void fwd_event(const struct ssh_event *ev)
{
	struct fwd_rec *r = &fwd_rec[ev->ch];

	if (CFG_SSH && r->socks)
		fwd_socks_answer(r, ev->type == SSH_EV_OPENED);
	if (ev->type == SSH_EV_OPENED)
		r->state = FWD_OPEN;
	else if (ev->type == SSH_EV_REFUSED)
		rec_end(r);
}

static void pump_in(struct fwd_rec *r, int ch)
{
	if (CFG_TUN && r->tun) {
		tun_in(r, ch);
		return;
	}
	/* what nobody takes any more is dropped, and the peer told that more is of no use */
	while (flow_in(fwd_ssh, ch, 0, r->shut ? -1 : r->in) == FLOW_ENDED) {
		r->shut = 1;
		ssh_chan_eow(fwd_ssh, ch);
	}
	if (r->shut || !ssh_in_eof(fwd_ssh, ch))
		return;
	r->shut = 1;
	if (!r->own)
		shutdown(r->in, SHUT_WR);
}

static void pump_out(struct fwd_rec *r, int ch)
{
	enum flow f = FLOW_BLOCKED;

	if (r->ready && !r->ended)
		f = CFG_TUN && r->tun ? tun_out(r, ch) : flow_out(fwd_ssh, ch, 0, r->out);
	if (f == FLOW_BLOCKED)
		return;
	r->ready = 0;
	if (f != FLOW_ENDED)
		return;
	r->ended = 1;
	ssh_chan_eof(fwd_ssh, ch);
}

static void pump(struct fwd_rec *r, int ch)
{
	pump_in(r, ch);
	pump_out(r, ch);
	if ((r->shut && r->ended) || (r->shut && ssh_in_closed(fwd_ssh, ch))) {
		ssh_chan_close(fwd_ssh, ch);
		rec_end(r);
	}
}

void fwd_pump_all(void)
{
	int ch;

	if (CFG_SSH)
		fwd_far_pump();
	for (ch = 0; ch < CFG_CHANNELS; ch++)
		if (fwd_rec[ch].state == FWD_OPEN)
			pump(&fwd_rec[ch], ch);
}

unsigned fwd_poll(struct pollfd *p)
{
	unsigned n = 0;
	size_t room;
	int ch;

	if (link_fd >= 0 && !msg_kind)
		p[n++] = (struct pollfd){.fd = link_fd, .events = POLLIN};
	if (CFG_SSH)
		n += fwd_socks_poll(p + n);
	for (ch = 0; ch < CFG_CHANNELS; ch++) {
		struct fwd_rec *r = &fwd_rec[ch];

		if (r->state != FWD_OPEN)
			continue;
		if (!r->shut && ssh_in_buf(fwd_ssh, ch, 0, &room))
			p[n++] = (struct pollfd){.fd = r->in, .events = POLLOUT};
		if (!r->ended && ssh_out_buf(fwd_ssh, ch, 0, &room) &&
		    (!CFG_TUN || !r->tun || tun_room(ch)))
			p[n++] = (struct pollfd){.fd = r->out, .events = POLLIN};
	}
	return n;
}

void fwd_polled(const struct pollfd *p, unsigned n)
{
	int ch;

	for (; n--; p++) {
		if (!(p->events & POLLIN) || !p->revents)
			continue;
		if (p->fd == link_fd)
			take_message();
		if (CFG_SSH)
			fwd_socks_polled(p->fd);
		for (ch = 0; ch < CFG_CHANNELS; ch++)
			if (fwd_rec[ch].state == FWD_OPEN && fwd_rec[ch].out == p->fd)
				fwd_rec[ch].ready = 1;
	}
}
