/* net_call.c - requests to the monitor, one at a time, and what it says unasked. */
/* SPDX-License-Identifier: MIT */
#include <unistd.h>

#include "net.h"

static uint8_t mem[MON_MAX] APART;

struct wr call_begin(enum mon kind)
{
	struct wr w = wr_init(mem, sizeof(mem));

	wr_u8(&w, kind);
	return w;
}

/* a command has ended, RFC 4254 6.10 */
static void ended(struct rd *r)
{
	uint32_t ch = rd_u32(r), by_signal = rd_u8(r), status = rd_u32(r), core = rd_u8(r);
	struct str name = rd_str(r);
	char text[12];

	if (!rd_done(r) || ch >= MON_SESSIONS || !net.session[ch].used)
		return;
	net.session[ch].ended = 1;
	fmt(text, sizeof(text), "%.*s", (int)name.len, (const char *)name.p);
	if (by_signal)
		ssh_chan_signal(&net.ssh, ch, text, core);
	else
		ssh_chan_exit(&net.ssh, ch, status);
}

/* the next datagram: 1 a reply, left in *r; 0 something unasked, taken; -1 the monitor is gone */
static int receive(struct rd *r, int fds[3], int *nfds)
{
	int none = 0;
	ssize_t n = msg_recv(net.mon, mem, sizeof(mem), fds, nfds ? nfds : &none);

	if (n <= 0) {
		net.ending = 1;
		return -1;
	}
	*r = rd_init((struct str){mem, n});
	switch (rd_u8(r)) {
	case MON_REPLY: return 1;
	case MON_ENDED: ended(r); return 0;
	default: return -1;
	}
}

struct rd call(struct wr *w, int fds[3], int *nfds)
{
	struct rd r = {.bad = 1};
	int room = nfds ? *nfds : 0, got = -1;

	if (!w->bad && msg_send(net.mon, mem, wr_len(w), NULL, 0) >= 0) {
		wipe(mem, wr_len(w));
		do {
			if (nfds)
				*nfds = room;
			got = receive(&r, fds, nfds);
		} while (got == 0);
	}
	if (got < 0) {
		r = rd_init((struct str){0});
		r.bad = 1;
		if (nfds)
			*nfds = 0;
	}
	return r;
}

void call_read(void)
{
	struct rd r;

	if (receive(&r, NULL, NULL) != 0)
		net.ending = 1;
}

void call_touch(void)
{
	mem_touch(mem, sizeof(mem));
}

void call_rest(void)
{
	mem_rest(mem, sizeof(mem));
}

void call_bye(int err, struct str text, int lost)
{
	struct wr w = call_begin(MON_BYE);

	wr_u32(&w, err);
	wr_str(&w, text.p, text.len < 512 ? text.len : 512);
	if (CFG_JOB)
		wr_u8(&w, lost);
	msg_send(net.mon, mem, wr_len(&w), NULL, 0);
}
