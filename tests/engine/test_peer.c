/* test_peer.c - channels of a peer with odd windows and manners, made by hand in the clear. */
/* SPDX-License-Identifier: MIT */
#include "lib.h"

static struct ssh s;
static uint8_t rx[CFG_RX_SIZE], tx[CFG_TX_SIZE], out[SSH_PACKET_MAX];
static uint8_t pool[CFG_POOL_KB << 10] __attribute__((aligned(4096)));
static struct ssh_conf conf;
static struct ssh_event ev;

static void fresh(int client)
{
	conf = (struct ssh_conf){
	    .client = client, .version = "SSH-2.0-t", .pool = pool, .pool_len = sizeof(pool)};
	clear_init(&s, &conf, rx, sizeof(rx), tx, sizeof(tx));
}

static struct wr msg(uint8_t m, uint32_t id)
{
	struct wr w = wr_init(out, sizeof(out));

	wr_u8(&w, m);
	wr_u32(&w, id);
	return w;
}

static void drain(void)
{
	struct str m;

	while (clear_take(&s, &m))
		;
}

/* what the engine makes of the message: 1 event, 0 nothing, or the error */
static int say(struct wr *w)
{
	struct ssh_event next;
	int r;

	drain();
	CHECK(!w->bad && clear_feed(&s, w->start, wr_len(w)));
	r = ssh_step(&s, 1, &ev);
	if (r > 0 && ev.type == SSH_EV_DATA)
		CHECK(ssh_step(&s, 1, &next) == 0);
	return r;
}

static int say_bare(uint8_t m, uint32_t id)
{
	struct wr w = msg(m, id);

	return say(&w);
}

static int say_adjust(uint32_t id, uint32_t more)
{
	struct wr w = msg(MSG_CHANNEL_WINDOW_ADJUST, id);

	wr_u32(&w, more);
	return say(&w);
}

static int say_data(uint32_t id, int type, uint32_t n)
{
	static uint8_t zero[SSH_DATA_MAX];
	struct wr w = msg(type ? MSG_CHANNEL_EXTENDED_DATA : MSG_CHANNEL_DATA, id);

	if (type)
		wr_u32(&w, type);
	wr_str(&w, zero, n);
	return say(&w);
}

static int say_open(uint32_t id, uint32_t window, uint32_t max)
{
	struct wr w = wr_init(out, sizeof(out));

	wr_u8(&w, MSG_CHANNEL_OPEN);
	wr_strz(&w, "session");
	wr_u32(&w, id);
	wr_u32(&w, window);
	wr_u32(&w, max);
	return say(&w);
}

/* a channel that the peer opened, number 0 */
static void opened(int client, uint32_t window, uint32_t max)
{
	fresh(client);
	CHECK(say_open(7, window, max) == 1 && ev.type == SSH_EV_OPEN);
	ssh_answer(&s, SSH_YES);
	CHECK(ssh_step(&s, 1, &ev) == 0);
	CHECK(s.chan[0].state == CH_OPEN && s.chan[0].granted > 0);
	drain();
}

/* bytes and packets that leave where the application would send n */
static void sent(uint32_t n, uint32_t *bytes, uint32_t *largest)
{
	struct str m;
	size_t room;

	*bytes = *largest = 0;
	while (n && ssh_out_buf(&s, 0, 0, &room) && !failed()) {
		room = room < n ? room : n;
		n -= room;
		ssh_out_ack(&s, 0, 0, room);
		while (clear_take(&s, &m)) {
			struct rd r = rd_init(m);

			CHECK(rd_u8(&r) == MSG_CHANNEL_DATA && rd_u32(&r) == 7);
			room = rd_str(&r).len;
			*bytes += room;
			*largest = room > *largest ? room : *largest;
		}
	}
}

static void test_peer_windows(void)
{
	uint32_t n, most;

	opened(0, 0, 32768);
	sent(1000, &n, &most);
	CHECK(n == 0);
	CHECK(say_adjust(0, 1) == 0);
	sent(1000, &n, &most);
	CHECK(n == 1);
	CHECK(say_adjust(0, 0xffffffff) == 0 && s.chan[0].peer_window == 0xffffffff);
	CHECK(say_adjust(0, 0xffffffff) == 0 && s.chan[0].peer_window == 0xffffffff);
	sent(5000000, &n, &most);
	CHECK(n == 5000000 && most == SSH_DATA_MAX &&
	      s.chan[0].peer_window == 0xffffffff - 5000000);
	test_end("a peer's window of 0, 1 and 2^32 - 1");

	opened(0, 0xffffffff, 0);
	sent(1000, &n, &most);
	CHECK(n == 0);
	opened(0, 0xffffffff, 1);
	sent(1000, &n, &most);
	CHECK(n == 1000 && most == 1);
	opened(0, 100, 7);
	sent(1000, &n, &most);
	CHECK(n == 100 && most == 7);
	opened(0, 0xffffffff, 0xffffffff);
	sent(1000000, &n, &most);
	CHECK(n == 1000000 && most <= SSH_DATA_MAX);
	test_end("a peer's packets of 0, 1 and 2^32 - 1 bytes");
}

static void test_wrong_data(void)
{
	opened(0, 1000, 1000);
	while (s.chan[0].granted > SSH_DATA_MAX)
		CHECK(say_data(0, 0, SSH_DATA_MAX) == 1);
	CHECK(say_data(0, 0, s.chan[0].granted) == 1);
	CHECK(say_data(0, 0, 1) == SSH_E_WINDOW);
	opened(1, 1000, 1000);
	while (s.chan[0].granted > SSH_DATA_MAX)
		CHECK(say_data(0, rnd(2), SSH_DATA_MAX) == 1);
	CHECK(say_data(0, 1, s.chan[0].granted + 1) == SSH_E_WINDOW);
	test_end("data past the window");

	opened(0, 1000, 1000);
	CHECK(say_data(0, 0, 100) == 1);
	CHECK(say_bare(MSG_CHANNEL_EOF, 0) == 1 && ev.type == SSH_EV_EOF);
	CHECK(!ssh_in_eof(&s, 0));
	CHECK(say_data(0, 0, 100) == 0); /* dropped */
	ssh_in_ack(&s, 0, 0, 100);
	CHECK(ssh_in_eof(&s, 0));
	CHECK(say_bare(MSG_CHANNEL_CLOSE, 0) == 1 && ev.type == SSH_EV_CLOSE);
	CHECK(say_data(0, 0, 100) == SSH_E_CHANNEL);
	test_end("data after EOF and after CLOSE");

	opened(0, 1000, 1000);
	CHECK(say_bare(MSG_CHANNEL_CLOSE, 0) == 1);
	CHECK(say_bare(MSG_CHANNEL_CLOSE, 0) == SSH_E_CHANNEL);
	test_end("CLOSE twice");
}

/* data types that we have no use for cost no memory, and the window is given back */
static void test_ext(void)
{
	int client, i;

	for (client = 0; client < 2; client++) {
		opened(client, 1000, 1000);
		for (i = 0; i < 1000 && !failed(); i++) {
			uint32_t n = s.chan[0].granted < 8000 ? s.chan[0].granted : 8000;

			CHECK(n > 0 && say_data(0, client ? 2 : 1, n) == 0);
		}
		CHECK(s.pool.used == 0);
	}
	test_end("data of other types is dropped");
}

static void test_unknown_channel(void)
{
	static const uint32_t ids[] = {1, CFG_CHANNELS - 1, CFG_CHANNELS, 0xffffffff, 0x80000000};
	unsigned i;
	uint8_t m;

	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		for (m = MSG_CHANNEL_OPEN_CONFIRMATION; m <= MSG_CHANNEL_FAILURE; m++) {
			struct wr w;

			opened(1, 1000, 1000);
			w = msg(m, ids[i]);
			if (m == MSG_CHANNEL_OPEN_CONFIRMATION || m == MSG_CHANNEL_OPEN_FAILURE)
				wr_u32(&w, 0);
			if (m == MSG_CHANNEL_EXTENDED_DATA)
				wr_u32(&w, 1);
			if (m == MSG_CHANNEL_OPEN_CONFIRMATION)
				wr_u32(&w, 0);
			if (m < MSG_CHANNEL_EOF)
				wr_u32(&w, 0);
			if (m == MSG_CHANNEL_REQUEST) {
				wr_strz(&w, "x");
				wr_u8(&w, 1);
			}
			CHECK(say(&w) == SSH_E_CHANNEL);
		}
	test_end("messages for channels that are not there");
}

static void test_too_many(void)
{
	struct str m;
	uint32_t i, yes = 0, no = 0;

	fresh(0);
	for (i = 0; i < CFG_CHANNELS + 20; i++) {
		struct rd r;

		if (say_open(i, 10, 10) == 1)
			ssh_answer(&s, SSH_YES);
		CHECK(ssh_step(&s, 1, &ev) == 0);
		CHECK(clear_take(&s, &m));
		r = rd_init(m);
		if (rd_u8(&r) == MSG_CHANNEL_OPEN_CONFIRMATION) {
			yes++;
			continue;
		}
		no++;
		CHECK(m.p[0] == MSG_CHANNEL_OPEN_FAILURE && rd_u32(&r) == i &&
		      rd_u32(&r) == OPEN_RESOURCE_SHORTAGE);
	}
	CHECK(yes <= CFG_CHANNELS && yes >= 4 && yes + no == CFG_CHANNELS + 20);
	CHECK(ssh_chan_open(&s, "x", STR("")) == -1);
	test_end("more channels than the table holds");
}

/* our CLOSE is out, the peer has not seen it yet */
static void test_late_requests(void)
{
	int i;

	opened(0, 1000, 1000);
	ssh_chan_close(&s, 0);
	CHECK(ssh_step(&s, 1, &ev) == 0 && s.chan[0].sent_close);
	for (i = 0; i < 100 && !failed(); i++) {
		struct wr w = msg(MSG_CHANNEL_REQUEST, 0);

		wr_strz(&w, "signal");
		wr_u8(&w, 1);
		CHECK(say(&w) == 0);
		CHECK(say_data(0, 0, 10) == 0);
	}
	CHECK(say_bare(MSG_CHANNEL_CLOSE, 0) == 0 && ssh_step(&s, 1, &ev) == 0);
	CHECK(s.chan[0].state == CH_FREE && s.pool.used == 0);
	test_end("requests and data that cross our CLOSE");
}

int main(int argc, char **argv)
{
	if (!test_begin(argc, argv))
		return 0;
	test_peer_windows();
	test_wrong_data();
	test_ext();
	test_unknown_channel();
	test_too_many();
	test_late_requests();
	return test_status();
}
