/* pair.c - two engines back to back in memory, with an application on either side. */
/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include "sig.h"

#define STALLED 3000 /* turns without progress, after which nothing moves any more */

struct pair pair;
struct key host_key, user_key;
uint8_t user_blob_mem[64];
struct str host_blob, user_blob;

static uint8_t host_blob_mem[64];
static uint8_t rx[2][BUF_MAX], tx[2][BUF_MAX];
static uint8_t pool[2][POOL_MAX] __attribute__((aligned(4096)));
static struct ssh_hostkey hostkeys[1];

static struct str key_make(struct key *k, uint8_t value, uint8_t *mem)
{
	struct wr w = wr_init(mem, 64);
	struct rng r;
	uint8_t seed[32];

	memset(seed, value, sizeof(seed));
	rng_init(&r, seed);
	k->kind = &key_ed25519;
	k->kind->generate(k, &r, 0, NULL);
	key_public_blob(k, &w);
	return (struct str){mem, wr_len(&w)};
}

struct pair *pair_new(void)
{
	struct pair *p = &pair;
	int w;

	if (!host_blob.len) {
		host_blob = key_make(&host_key, 1, host_blob_mem);
		user_blob = key_make(&user_key, 2, user_blob_mem);
	}
	memset(p, 0, sizeof(*p));
	hostkeys[0] = (struct ssh_hostkey){"ssh-ed25519", host_blob};
	for (w = 0; w < 2; w++) {
		p->side[w].conf = (struct ssh_conf){.client = w == CLIENT,
						    .version = "SSH-2.0-pair",
						    .pool = pool[w],
						    .pool_len = POOL_MAX};
		p->side[w].rx_n = p->side[w].tx_n = BUF_MAX;
		p->to[w].cap = PIPE_MAX;
	}
	p->side[SERVER].conf.hostkeys = hostkeys;
	p->side[SERVER].conf.n_hostkeys = 1;
	p->side[SERVER].conf.methods = AUTH_PASSWORD | AUTH_PUBLICKEY;
	p->now = 1000;
	p->chunk = BUF_MAX;
	p->burst = 1 << 15;
	p->lazy = 4;
	return p;
}

void pair_start(struct pair *p)
{
	uint8_t seed[32];
	unsigned w, i;

	for (w = 0; w < 2; w++) {
		for (i = 0; i < sizeof(seed); i++)
			seed[i] = rnd(256);
		ssh_init(&p->side[w].s, &p->side[w].conf, seed, rx[w], p->side[w].rx_n, tx[w],
			 p->side[w].tx_n);
	}
}

static uint8_t stream(uint32_t tag, uint64_t k)
{
	return k ^ k >> 8 ^ k >> 16 ^ tag;
}

/* direction and data type are part of the tag */
static uint32_t key_of(const struct flow *f, enum who from, int ext)
{
	return f->tag * 7 + from * 101 + ext * 59;
}

static void app_take(struct pair *p, enum who w, int ch, int ext, size_t most)
{
	struct flow *f = &p->side[w].flow[ch];
	size_t n, i;
	const uint8_t *d = ssh_in_buf(&p->side[w].s, ch, ext, &n);

	if (!d)
		return;
	n = n < most ? n : most;
	for (i = 0; i < n; i++)
		if (d[i] != stream(key_of(f, !w, ext), f->got[ext]++)) {
			CHECK(!"the byte that was sent");
			return;
		}
	ssh_in_ack(&p->side[w].s, ch, ext, n);
	p->progress += n;
}

static void app_give(struct pair *p, enum who w, int ch, int ext)
{
	struct flow *f = &p->side[w].flow[ch];
	uint64_t left = f->to_send[ext] - f->sent[ext];
	size_t n, i, most = 1 + rnd_len(p->burst - 1);
	uint8_t *d;

	if (!left)
		return;
	d = ssh_out_buf(&p->side[w].s, ch, ext, &n);
	if (!d)
		return;
	n = n < most ? n : most;
	n = n < left ? n : left;
	for (i = 0; i < n; i++)
		d[i] = stream(key_of(f, w, ext), f->sent[ext]++);
	ssh_out_ack(&p->side[w].s, ch, ext, n);
	p->progress += n;
}

static void app(struct pair *p, enum who w, int ch)
{
	struct side *d = &p->side[w];
	struct flow *f = &d->flow[ch];
	int ext = rnd(4) == 0;

	if (!f->used || !f->open || f->left)
		return;
	if (rnd(f->lazy) == 0)
		app_take(p, w, ch, w == CLIENT && rnd(2), rnd_len(SSH_DATA_MAX));
	app_give(p, w, ch, w == SERVER && ext);
	if (f->want_eof && f->sent[0] == f->to_send[0] && f->sent[1] == f->to_send[1]) {
		ssh_chan_eof(&d->s, ch);
		f->want_eof = 0;
		p->progress++;
	}
}

static void request(struct side *d, struct ssh_event *ev)
{
	struct flow *f = &d->flow[ev->ch];
	struct rd r = rd_init(ev->data);

	CHECK(f->used && f->open && !f->left);
	if (str_is(ev->name, "exit-status")) {
		CHECK(!f->status && !f->signal[0]);
		f->status = rd_u32(&r) + 1;
	}
	if (str_is(ev->name, "exit-signal")) {
		struct str z = rd_str(&r);

		CHECK(!f->status && !f->signal[0] && z.len < sizeof(f->signal));
		memcpy(f->signal, z.p, z.len);
	}
}

static void keep(char to[64], struct str s)
{
	size_t n = s.len < 63 ? s.len : 63;

	if (n)
		memcpy(to, s.p, n);
	to[n] = 0;
}

static void sign(struct side *d, struct ssh_event *ev)
{
	uint8_t mem[SIG_MAX];
	struct wr w = wr_init(mem, sizeof(mem));

	CHECK(key_sign(d->conf.client ? &user_key : &host_key, sig_find(STR("ssh-ed25519")), &w,
		       ev->data));
	ssh_answer_sig(&d->s, (struct str){mem, wr_len(&w)});
}

static void channel_event(struct pair *p, struct side *d, struct ssh_event *ev)
{
	struct flow *f = &d->flow[ev->ch];
	struct rd r = rd_init(ev->data);

	switch (ev->type) {
	case SSH_EV_OPEN:
		*f = (struct flow){.used = 1, .open = 1, .tag = rd_u32(&r), .lazy = p->lazy};
		ssh_answer(&d->s, SSH_YES);
		break;
	case SSH_EV_OPENED: f->open = 1; break;
	case SSH_EV_REFUSED:
		d->refuse = ev->num;
		f->used = 0;
		break;
	case SSH_EV_REQUEST:
		request(d, ev);
		ssh_answer(&d->s, SSH_YES);
		break;
	case SSH_EV_REPLY: f->replies++; break;
	case SSH_EV_EOF:
		CHECK(f->open && !f->eof && !f->left);
		f->eof = 1;
		break;
	case SSH_EV_CLOSE:
		CHECK(f->open && !f->closed && !f->left);
		f->closed = 1;
		break;
	default: break;
	}
}

static void common(struct pair *p, struct side *d, struct ssh_event *ev)
{
	switch (ev->type) {
	case SSH_EV_HOSTKEY: ssh_answer(&d->s, str_eq(ev->blob, host_blob)); break;
	case SSH_EV_SIGN: sign(d, ev); break;
	case SSH_EV_AUTH: ssh_answer(&d->s, SSH_YES); break;
	case SSH_EV_AUTH_NEXT:
		d->partial = ev->num;
		keep(d->next, ev->name);
		CHECK(ssh_auth_none(&d->s, STR("me")));
		break;
	case SSH_EV_AUTHED: d->auth_num = ev->num; break;
	case SSH_EV_GLOBAL: ssh_answer(&d->s, SSH_YES); break;
	case SSH_EV_GLOBAL_REPLY: d->global_replies++; break;
	default: channel_event(p, d, ev);
	}
}

void side_steps(struct pair *p, enum who w)
{
	struct side *d = &p->side[w];
	struct ssh_event ev;
	uint32_t before = d->s.tx_w - d->s.tx_r, sent;
	int r;

	while ((r = ssh_step(&d->s, p->now, &ev)) > 0) {
		p->progress++;
		d->seen[ev.type]++;
		invariants(&d->s);
		if (ev.type == SSH_EV_REQUEST || ev.type == SSH_EV_GLOBAL || ev.type == SSH_EV_OPEN)
			keep(d->name, ev.name);
		if (!p->on || !p->on(p, w, &ev))
			common(p, d, &ev);
		if (ev.type == SSH_EV_DATA && rnd(2) && !p->hold)
			app_take(p, w, ev.ch, ev.ext, rnd_len(SSH_DATA_MAX));
	}
	if (r < 0)
		d->gone = r;
	sent = d->s.tx_w - d->s.tx_r - before;
	d->most = sent > d->most ? sent : d->most;
}

/* bytes from one side's tx to the pipe */
static void out(struct pair *p, enum who w)
{
	size_t n, room = p->to[!w].cap - p->to[!w].len, most = 1 + rnd_len(p->chunk - 1);
	const uint8_t *d = ssh_tx_buf(&p->side[w].s, &n);

	n = n < most ? n : most;
	n = n < room ? n : room;
	memcpy(p->to[!w].b + p->to[!w].len, d, n);
	p->to[!w].len += n;
	ssh_tx_ack(&p->side[w].s, n);
	p->progress += n;
}

static void in(struct pair *p, enum who w)
{
	size_t n, most = 1 + rnd_len(p->chunk - 1);
	uint8_t *d = ssh_rx_buf(&p->side[w].s, &n);

	n = n < most ? n : most;
	n = n < p->to[w].len ? n : p->to[w].len;
	memcpy(d, p->to[w].b, n);
	memmove(p->to[w].b, p->to[w].b + n, p->to[w].len - n);
	p->to[w].len -= n;
	ssh_rx_ack(&p->side[w].s, n);
	p->progress += n;
}

static void apps(struct pair *p, enum who w)
{
	int ch;

	for (ch = 0; ch < CFG_CHANNELS && !p->hold; ch++)
		app(p, w, ch);
}

/* whatever can be filled */
static void stuff(struct pair *p)
{
	uint64_t last;
	int w;

	do {
		last = p->progress;
		for (w = 0; w < 2; w++) {
			apps(p, w);
			out(p, w);
			in(p, w);
		}
	} while (p->progress != last && !failed());
}

void pair_turn(struct pair *p)
{
	enum who w = rnd(2);
	uint64_t last = p->progress;

	switch (rnd(4)) {
	case 0:
		if (p->greedy)
			stuff(p);
		side_steps(p, w);
		break;
	case 1: out(p, w); break;
	case 2: in(p, w); break;
	default: apps(p, w);
	}
	if (p->progress != last)
		invariants(&p->side[w].s);
}

int pair_until(struct pair *p, int (*done)(struct pair *p))
{
	uint64_t last = p->progress;
	int idle = 0;

	while (!done(p)) {
		if (p->side[0].gone || p->side[1].gone || failed())
			return 0;
		pair_turn(p);
		idle = p->progress == last ? idle + 1 : 0;
		last = p->progress;
		if (idle > STALLED)
			return 0;
	}
	return 1;
}

static int never(struct pair *p)
{
	(void)p;
	return 0;
}

void pair_settle(struct pair *p)
{
	pair_until(p, never);
}

static int both_in(struct pair *p)
{
	return p->side[0].seen[SSH_EV_AUTHED] && p->side[1].seen[SSH_EV_AUTHED];
}

int pair_login(struct pair *p)
{
	pair_start(p);
	return pair_until(p, both_in);
}

struct flow *pair_other(struct pair *p, enum who w, int ch)
{
	int i;

	for (i = 0; i < CFG_CHANNELS; i++)
		if (p->side[!w].flow[i].used && p->side[!w].flow[i].tag == p->side[w].flow[ch].tag)
			return &p->side[!w].flow[i];
	return NULL;
}

static int opening(struct pair *p, enum who w)
{
	static uint32_t tags = 1;
	struct side *d = &p->side[w];
	uint8_t data[4];
	int ch;

	put_u32(data, tags);
	ch = ssh_chan_open(&d->s, "session", (struct str){data, 4});
	if (ch >= 0)
		d->flow[ch] = (struct flow){.used = 1, .tag = tags++, .lazy = p->lazy};
	return ch;
}

int pair_open(struct pair *p, enum who w)
{
	int i, ch = -1;

	for (i = 0; i < 100000 && ch < 0 && !failed(); i++) {
		ch = opening(p, w);
		pair_turn(p);
	}
	for (; i < 200000 && ch >= 0 && !failed() && !p->side[w].flow[ch].open; i++) {
		if (!p->side[w].flow[ch].used) /* refused */
			return -1;
		pair_turn(p);
	}
	CHECK(ch >= 0 && p->side[w].flow[ch].open);
	return ch;
}

int pair_done(struct pair *p)
{
	int w, ch, e;

	for (w = 0; w < 2; w++)
		for (ch = 0; ch < CFG_CHANNELS; ch++) {
			struct flow *f = &p->side[w].flow[ch], *o;

			if (!f->used || !f->open)
				continue;
			o = pair_other(p, w, ch);
			for (e = 0; e < 2; e++)
				if (f->sent[e] != f->to_send[e] || !o || o->got[e] != f->sent[e])
					return 0;
		}
	return 1;
}

struct wr raw_begin(struct pair *p, enum who w, uint8_t msg)
{
	return packet_begin(&p->side[w].s, msg);
}

void raw_end(struct pair *p, enum who w, struct wr *m)
{
	CHECK(packet_end(&p->side[w].s, m) == SSH_OK);
}
