/* cli_mux_msg.c - messages between the master of a shared connection and its clients. */
/* SPDX-License-Identifier: MIT */
#include "cli_mux_in.h"

uint8_t mux_mem[MUX_MESSAGE] APART;
struct wr mux_w;

void mux_begin(uint32_t type, uint32_t id)
{
	mux_w = wr_init(mux_mem, sizeof(mux_mem));
	wr_u32(&mux_w, 0);
	wr_u32(&mux_w, type);
	wr_u32(&mux_w, id);
}

void mux_put(uint32_t v)
{
	wr_u32(&mux_w, v);
}

/* one of us waits for the other: there is room for it in the socket */
int mux_send(int fd)
{
	size_t n = wr_len(&mux_w);

	put_u32(mux_mem, (uint32_t)n - 4);
	return !mux_w.bad && msg_send(fd, mux_mem, n, NULL, 0) == 0;
}
