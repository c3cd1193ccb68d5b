/* ssh.c - the machine: its doors, and the one place where it moves. */
/* SPDX-License-Identifier: MIT */
/*
 * ssh_step puts away what the caller left of the packet in hand, sends what is
 * owed, and takes the next packet, until there is an event or nothing to do.
 * An event that asks stops it. The first error sticks and shuts all doors but
 * tx's, so that a DISCONNECT still leaves.
 */
#include "engine.h"
#include "sig.h"

#define REKEY_BYTES ((uint64_t)1 << 30)
#define REKEY_PACKETS ((uint32_t)1 << 30)
#define REKEY_MS 3600000u

int can_send(const struct ssh *s)
{
	return s->kstep == K_IDLE || s->kstep == K_NEWKEYS;
}

void ssh_init(struct ssh *s, const struct ssh_conf *conf, const uint8_t seed[32], void *rx,
	      size_t rx_n, void *tx, size_t tx_n)
{
	size_t n = strlen(conf->version);
	int i;

	memset(s, 0, offsetof(struct ssh, chan));
	for (i = 0; i < CFG_CHANNELS;
	     i++) /* pages of channels that are never used stay untouched */
		if (s->chan[i].state != CH_FREE)
			s->chan[i].state = CH_FREE;
	s->conf = conf;
	s->rx = rx;
	s->rx_size = rx_n;
	s->tx = tx;
	s->tx_size = tx_n;
	s->methods = conf->methods;
	s->banner_due = conf->banner.len != 0;
	s->sig_algs = ~(uint32_t)0;
	rng_init(&s->rng, seed);
	pool_init(&s->pool, conf->pool, conf->pool_len);
	memcpy(s->tx, conf->version, n);
	memcpy(s->tx + n, "\r\n", 2);
	s->tx_w = n + 2;
	s->err = kexinit_send(s); /* at once: it saves a round trip */
}

void ssh_wipe(struct ssh *s)
{
	wipe(s, sizeof(*s));
}

uint8_t *ssh_rx_buf(struct ssh *s, size_t *n)
{
	*n = s->err ? 0 : s->rx_size - s->rx_w;
	return s->rx + s->rx_w;
}

void ssh_rx_ack(struct ssh *s, size_t n)
{
	s->rx_w += n;
}

const uint8_t *ssh_tx_buf(struct ssh *s, size_t *n)
{
	*n = s->tx_w - s->tx_r;
	return s->tx + s->tx_r;
}

void ssh_tx_ack(struct ssh *s, size_t n)
{
	s->tx_r += n;
	if (s->tx_r == s->tx_w && !s->tx_open)
		s->tx_r = s->tx_w = 0;
}

/* a little that the socket did not take must not keep the whole of tx from use */
static void tx_compact(struct ssh *s)
{
	uint32_t n = s->tx_w - s->tx_r;

	if (!s->tx_r || s->tx_open || n > s->tx_size / 8)
		return;
	memmove(s->tx, s->tx + s->tx_r, n);
	s->tx_r = 0;
	s->tx_w = n;
}

/* room behind what is there for the largest packet */
static void rx_compact(struct ssh *s)
{
	uint32_t n = s->rx_w - s->rx_r;

	if (!s->rx_r || (s->rx_w < s->rx_size && s->rx_size - s->rx_r >= SSH_RX_MIN))
		return;
	memmove(s->rx, s->rx + s->rx_r, n);
	s->rx_r = 0;
	s->rx_w = n;
}

static int rekey_due(const struct ssh *s)
{
	const struct ssh_conf *c = s->conf;
	uint64_t bytes = c->rekey_bytes ? c->rekey_bytes : REKEY_BYTES;
	uint32_t packets = c->rekey_packets ? c->rekey_packets : REKEY_PACKETS;

	if (s->phase != PH_CONN || s->kstep != K_IDLE)
		return 0;
	return s->rekey_now || s->in.bytes >= bytes || s->out.bytes >= bytes ||
	       s->in.packets >= packets || s->out.packets >= packets ||
	       s->now - s->keyed_at >= (c->rekey_ms ? c->rekey_ms : REKEY_MS);
}

/* all that our side owes, as far as tx has room and the key exchange lets it pass */
static int due(struct ssh *s)
{
	int err = SSH_OK;

	if (s->tx_open)
		return SSH_OK;
	if (rekey_due(s) && tx_room(s) >= SSH_TX_RESERVE + TX_DUE / 2)
		err = kexinit_send(s);
	if (err || !can_send(s))
		return err;
	if (!is_client(s))
		err = auth_server_due(s);
	if (err || s->phase != PH_CONN)
		return err;
	err = global_due(s);
	return err ? err : chan_due(s);
}

static int dispatch(struct ssh *s, struct str payload, struct ssh_event *ev)
{
	struct rd r = rd_init(payload);
	uint8_t msg = rd_u8(&r);
	int known;
	const struct row *row = table_find(msg, is_client(s), s->phase, s->kstep, &known);

	/* RFC 8308 2.4: EXT_INFO in the midst of authentication announces its success */
	if (s->ext_seq && s->in.seq == s->ext_seq + 1 && s->phase == PH_AUTH &&
	    msg != MSG_USERAUTH_SUCCESS)
		return SSH_E_UNEXPECTED;
	if (row)
		return row->on(s, &r, ev);
	if (known || s->phase == PH_STRICT)
		return SSH_E_UNEXPECTED;
	return trans_unimplemented_send(s, s->in.seq - 1);
}

/* what the caller did not take of the packet in hand waits in the pool */
static int put_away(struct ssh *s)
{
	int err = SSH_OK;

	if (s->cur.len)
		err = pool_put(&s->pool, &s->chan[s->cur_ch].in[s->cur_ext], s->cur.p, s->cur.len);
	s->cur.len = 0;
	if (s->cur_end)
		packet_done(s);
	return err;
}

/* events that come from our own side */
static int own_event(struct ssh *s, struct ssh_event *ev)
{
	if (s->authed_due) {
		s->authed_due = 0;
		ev->type = SSH_EV_AUTHED;
		return 1;
	}
	if (s->next_due) {
		s->next_due = 0;
		ev->type = SSH_EV_AUTH_NEXT;
		return 1;
	}
	return is_client(s) ? auth_client_sign_due(s, ev) : 0;
}

static int step(struct ssh *s, struct ssh_event *ev)
{
	struct str payload;
	int r;

	for (;;) {
		r = put_away(s);
		if (r)
			return r;
		tx_compact(s);
		r = due(s);
		if (r)
			return r;
		r = own_event(s, ev);
		if (r)
			return r;
		if (tx_room(s) < TX_PACKET)
			return 0;
		r = s->identified ? packet_next(s, &payload) : ident_take(s, ev);
		if (r == 0)
			rx_compact(s);
		if (r <= 0 || s->cur_end == 0)
			return r;
		r = dispatch(s, payload, ev);
		if (r)
			return r;
	}
}

static void fail(struct ssh *s, int err)
{
	uint32_t reason = err_reason(err);

	s->err = err;
	s->cur.len = 0;
	if (reason)
		trans_disconnect_send(s, reason, ssh_error_text(err));
	s->tx_open = 0;
}

int ssh_step(struct ssh *s, uint64_t now_ms, struct ssh_event *ev)
{
	int r;

	memset(ev, 0, sizeof(*ev));
	if (s->err)
		return s->err;
	if (s->ask)
		return 0;
	s->now = now_ms;
	if (!s->keyed_at)
		s->keyed_at = now_ms;
	r = step(s, ev);
	if (r < 0)
		fail(s, r);
	return r;
}

static int answer_take(struct ssh *s, int ask, int answer)
{
	switch (ask) {
	case SSH_EV_HOSTKEY: return answer == SSH_YES ? kex_trusted(s) : SSH_E_HOSTKEY;
	case SSH_EV_AUTH: return auth_server_answer(s, answer);
	case SSH_EV_GLOBAL: return s->ask_want ? owed_put(&s->owed, answer == SSH_YES) : SSH_OK;
	case SSH_EV_OPEN: chan_open_answer(s, s->ask_ch, answer); return SSH_OK;
	case SSH_EV_REQUEST:
		return s->ask_want ? owed_put(&s->chan[s->ask_ch].owed, answer == SSH_YES) : SSH_OK;
	default: return SSH_OK;
	}
}

void ssh_answer(struct ssh *s, int answer)
{
	int ask = s->ask, r;

	if (s->err || !ask || ask == SSH_EV_SIGN)
		return;
	s->ask = 0;
	r = answer_take(s, ask, answer);
	if (r < 0)
		fail(s, r);
}

void ssh_answer_sig(struct ssh *s, struct str sig)
{
	int r;

	if (s->err || s->ask != SSH_EV_SIGN)
		return;
	s->ask = 0;
	r = is_client(s) ? auth_client_answer_sig(s, sig) : kex_reply_send(s, sig);
	if (r < 0)
		fail(s, r);
}

void ssh_disconnect(struct ssh *s, enum disconnect reason, const char *text)
{
	if (s->err)
		return;
	fail(s, SSH_E_LOCAL);
	trans_disconnect_send(s, reason, text);
}

int ssh_error(const struct ssh *s)
{
	return s->err;
}

const char *ssh_no_common(const struct ssh *s)
{
	return s->no_common;
}

void ssh_rekey(struct ssh *s)
{
	s->rekey_now = 1;
}

uint32_t ssh_timeout(const struct ssh *s, uint64_t now_ms)
{
	uint64_t ms = s->conf->rekey_ms ? s->conf->rekey_ms : REKEY_MS, gone = now_ms - s->keyed_at;

	if (s->phase != PH_CONN || s->kstep != K_IDLE)
		return REKEY_MS;
	return gone < ms ? ms - gone : 0;
}

struct str ssh_session_id(const struct ssh *s)
{
	return (struct str){s->sid, s->sid_len};
}

struct str ssh_peer_version(const struct ssh *s)
{
	return (struct str){(const uint8_t *)s->peer_version, s->peer_version_len};
}

int ssh_quiet(const struct ssh *s)
{
	return s->tx_r == s->tx_w && s->kstep == K_IDLE;
}

void ssh_auth_methods(struct ssh *s, uint8_t methods)
{
	s->methods = methods;
}

size_t ssh_pool_idle(struct ssh *s)
{
	size_t n = (size_t)s->pool.fresh * CFG_POOL_BLOCK;

	if (s->pool.used)
		return 0;
	s->pool.fresh = s->pool.free = 0;
	return n;
}
