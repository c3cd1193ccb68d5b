/* packet.c - packets in and out: length, padding, cipher, tag (RFC 4253 6). */
/* SPDX-License-Identifier: MIT */
/*
 * Out: a payload is written where it will lie, behind room for length and
 * padding length; packet_end adds them and seals in place. In: a packet is
 * opened in place at rx_r and stays there until packet_done.
 */
#include "engine.h"

uint32_t tx_room(const struct ssh *s)
{
	return s->tx_size - s->tx_w - s->tx_open;
}

int tx_fits(const struct ssh *s, size_t n)
{
	return tx_room(s) >= SSH_TX_RESERVE + 256 + n;
}

struct wr packet_begin(struct ssh *s, uint8_t msg)
{
	struct wr w = wr_init(s->tx + s->tx_w + PACKET_HEAD, 0);

	/* what padding and tag may take at most: 4 + 16 + 64 */
	if (s->tx_size - s->tx_w > PACKET_HEAD + 84)
		w.end = s->tx + s->tx_size - 84;
	else
		w.bad = 1;
	wr_u8(&w, msg);
	return w;
}

struct wr packet_resume(struct ssh *s)
{
	struct wr w = packet_begin(s, s->tx[s->tx_w + PACKET_HEAD]);

	w.p = w.start + s->tx_open;
	s->tx_open = 0;
	return w;
}

void packet_keep(struct ssh *s, const struct wr *w)
{
	s->tx_open = wr_len(w);
}

static void seal(struct ssh *s, uint8_t *p, uint32_t n)
{
	struct keys *k = &s->out;

	if (!k->cipher)
		return;
	if (!MACS || k->cipher->seal) {
		k->cipher->seal(&k->cctx, k->seq, p, n);
	} else if (k->mac->etm) {
		k->cipher->crypt(&k->cctx, p + 4, n - 4);
		mac_tag(&k->mctx, k->seq, p, n, p + n);
	} else {
		mac_tag(&k->mctx, k->seq, p, n, p + n);
		k->cipher->crypt(&k->cctx, p, n);
	}
}

/* block that packets are padded to, and the bytes in front that do not count for it */
static uint32_t pad_block(const struct keys *k, uint32_t *outside)
{
	*outside = 0;
	if (!k->cipher)
		return 8;
	if (!MACS || k->cipher->aad || (k->mac && k->mac->etm))
		*outside = 4;
	return k->cipher->block;
}

static uint32_t tag_len(const struct keys *k)
{
	if (!k->cipher)
		return 0;
	return !MACS || k->cipher->tag_len ? k->cipher->tag_len : k->mac->tag_len;
}

/* the packet at tx_w has a payload of n bytes in place */
static int finish(struct ssh *s, uint32_t n)
{
	uint8_t *p = s->tx + s->tx_w;
	uint32_t outside, block = pad_block(&s->out, &outside);
	uint32_t pad = block - ((PACKET_HEAD - outside + n) & (block - 1)); /* block: 8 or 16 */

	if (pad < 4)
		pad += block;
	if (s->out.packets == 0xffffffff)
		return SSH_E_SEQ;
	put_u32(p, 1 + n + pad);
	p[4] = pad;
	rng_bytes(&s->rng, p + PACKET_HEAD + n, pad);
	n += PACKET_HEAD + pad;
	seal(s, p, n);
	s->out.seq++;
	s->out.packets++;
	s->out.bytes += n;
	s->tx_w += n + tag_len(&s->out);
	return SSH_OK;
}

int packet_end(struct ssh *s, struct wr *w)
{
	if (w->bad) /* the reserve is made so that this cannot happen */
		return SSH_E_LENGTH;
	return finish(s, wr_len(w));
}

/* message, channel, (data type,) length */
static uint32_t data_head(int ext)
{
	return PACKET_HEAD + 1 + 4 + (ext ? 4 : 0) + 4;
}

uint8_t *packet_data(struct ssh *s, int ext, size_t *room)
{
	uint32_t head = data_head(ext), over = head + 84 + TX_DUE + SSH_TX_RESERVE;

	*room = tx_room(s) > over ? tx_room(s) - over : 0;
	return s->tx + s->tx_w + head;
}

int packet_seal_data(struct ssh *s, uint32_t peer_id, int ext, size_t n)
{
	struct wr w = packet_begin(s, ext ? MSG_CHANNEL_EXTENDED_DATA : MSG_CHANNEL_DATA);

	wr_u32(&w, peer_id);
	if (ext)
		wr_u32(&w, 1); /* SSH_EXTENDED_DATA_STDERR */
	wr_u32(&w, n);
	return finish(s, wr_len(&w) + n);
}

/* opens the first block where the length is enciphered without a tag of its own */
static uint32_t length_in(struct ssh *s, uint8_t *p)
{
	struct keys *k = &s->in;

	if (!k->cipher)
		return get_u32(p);
	if (!MACS || k->cipher->length)
		return k->cipher->length(&k->cctx, k->seq, p);
	if (!k->mac->etm && !s->head_open) {
		k->cipher->crypt(&k->cctx, p, k->cipher->block);
		s->head_open = 1;
	}
	return get_u32(p);
}

/* n bytes of packet at p, all of them and the tag are there */
static int open_in(struct ssh *s, uint8_t *p, uint32_t n)
{
	struct keys *k = &s->in;
	uint8_t tag[HASH_MAX];

	if (!k->cipher)
		return SSH_OK;
	if (!MACS || k->cipher->open)
		return k->cipher->open(&k->cctx, k->seq, p, n) ? SSH_OK : SSH_E_MAC;
	if (!k->mac->etm)
		k->cipher->crypt(&k->cctx, p + k->cipher->block, n - k->cipher->block);
	mac_tag(&k->mctx, k->seq, p, n, tag);
	if (!ct_eq(tag, p + n, k->mac->tag_len))
		return SSH_E_MAC;
	if (k->mac->etm)
		k->cipher->crypt(&k->cctx, p + 4, n - 4);
	return SSH_OK;
}

/* the length of the whole packet, without its tag; 0: not enough bytes; < 0 */
static int next_len(struct ssh *s)
{
	uint8_t *p = s->rx + s->rx_r;
	uint32_t have = s->rx_w - s->rx_r, outside, block = pad_block(&s->in, &outside), len;

	if (have < (outside ? 4 : block))
		return 0;
	len = length_in(s, p);
	if (len > SSH_PACKET_MAX || len < 5 || ((len + 4 - outside) & (block - 1)))
		return SSH_E_LENGTH;
	if (len + 4 < block) /* the first block is deciphered as a whole */
		return SSH_E_LENGTH;
	return 4 + len;
}

/*
 * CBC without -etm: where a packet is refused, and why, tells of the block that was taken for
 * its length (Albrecht, Paterson and Watson 2009). So it is refused when as many bytes are
 * there as the longest has, whatever was wrong.
 */
static int refuse(struct ssh *s, int err)
{
	const struct keys *k = &s->in;

	if (!CBC || !k->cipher || !k->cipher->cbc || k->mac->etm)
		return err;
	s->spoilt = 1;
	return s->rx_w - s->rx_r < SSH_PACKET_MAX ? 0 : SSH_E_MAC;
}

int packet_next(struct ssh *s, struct str *payload)
{
	uint8_t *p = s->rx + s->rx_r;
	uint32_t have = s->rx_w - s->rx_r;
	int r;

	if (CBC && s->spoilt)
		return refuse(s, 0);
	if (!s->pkt_len) {
		r = next_len(s);
		if (r <= 0)
			return r < 0 ? refuse(s, r) : 0;
		s->pkt_len = r;
	}
	if (have < s->pkt_len + tag_len(&s->in))
		return 0;
	if (s->in.packets == 0xffffffff)
		return SSH_E_SEQ;
	r = open_in(s, p, s->pkt_len);
	if (r < 0)
		return refuse(s, r);
	/* at least one byte of payload, and four of padding */
	if (p[4] < 4 || (uint32_t)p[4] + PACKET_HEAD + 1 > s->pkt_len)
		return SSH_E_LENGTH;
	payload->p = p + PACKET_HEAD;
	payload->len = s->pkt_len - PACKET_HEAD - p[4];
	s->cur_end = s->rx_r + s->pkt_len + tag_len(&s->in);
	s->in.seq++;
	s->in.packets++;
	s->in.bytes += s->pkt_len;
	return 1;
}

void packet_done(struct ssh *s)
{
	if (s->phase == PH_AUTH || s->authed_due) /* a password may lie in it */
		wipe(s->rx + s->rx_r, s->cur_end - s->rx_r);
	s->rx_r = s->cur_end;
	s->cur_end = 0;
	s->pkt_len = 0;
	s->head_open = 0;
	if (s->rx_r == s->rx_w)
		s->rx_r = s->rx_w = 0;
}
