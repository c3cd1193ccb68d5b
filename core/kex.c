/* kex.c - the key exchange: shares, exchange hash, NEWKEYS (RFC 4253 7 and 8, RFC 5656 4, RFC 8731). */
/* SPDX-License-Identifier: MIT */
/*
 * The running hash starts with both versions and both KEXINITs. While the
 * server awaits its host key's signature, the reply stays open in tx and K and
 * H in the struct; both are wiped when the last of the two directions has its
 * keys.
 */
#include "engine.h"
#include "sig.h"

static void hash_str(struct ssh *s, struct str v)
{
	uint8_t len[4];

	put_u32(len, v.len);
	hash_add(&s->hash, len, 4);
	hash_add(&s->hash, v.p, v.len);
}

/* the client's goes first: ours where we are the client */
static void hash_two(struct ssh *s, struct str own, struct str peer)
{
	hash_str(s, is_client(s) ? own : peer);
	hash_str(s, is_client(s) ? peer : own);
}

#define SHARE_NUMBER (CFG_KEX_DH ? 512 : 1) /* bytes of the longest share that is a number */

/* a share on the wire, which is how the hash has it too */
static void share_write(const struct ssh *s, struct wr *w, const uint8_t *p, size_t n)
{
	if (CFG_KEX_DH && s->kex->mpint)
		wr_mpint(w, p, n);
	else
		wr_str(w, p, n);
}

static void hash_share(struct ssh *s, const uint8_t *p, size_t n)
{
	uint8_t mem[SHARE_NUMBER + 5];
	struct wr w = wr_init(mem, sizeof(mem));

	if (!CFG_KEX_DH || !s->kex->mpint) {
		hash_str(s, (struct str){p, n});
		return;
	}
	wr_mpint(&w, p, n);
	hash_add(&s->hash, mem, wr_len(&w));
}

/* the peer's share, n bytes; a number is filled up with zeros into mem; NULL: it is no good */
static const uint8_t *share_read(const struct ssh *s, struct rd *r, size_t n,
				 uint8_t mem[SHARE_NUMBER])
{
	struct str v = rd_str(r);

	if (!CFG_KEX_DH || !s->kex->mpint)
		return v.len == n ? v.p : NULL;
	if (v.len && !*v.p) { /* RFC 4251 5: before a top bit alone */
		v.p++;
		v.len--;
	}
	if (!v.len || v.len > n)
		return NULL;
	memset(mem, 0, n - v.len);
	memcpy(mem + n - v.len, v.p, v.len);
	return mem;
}

int kex_begin(struct ssh *s, const struct str *peer_init, const struct str *own_init)
{
	struct wr w;

	hash_init(&s->hash, s->kex->hash);
	hash_two(s, str_of(s->conf->version), ssh_peer_version(s));
	hash_two(s, *own_init, *peer_init);
	if (!is_client(s))
		return SSH_OK;
	w = packet_begin(s, MSG_KEX_ECDH_INIT);
	if (!s->kex->keygen(&s->rng, s->kex_sec, s->kex_pub))
		return SSH_E_KEX;
	share_write(s, &w, s->kex_pub, s->kex->pub_len);
	return packet_end(s, &w);
}

/* what the hash ends with; H, and the session id the first time */
static void hash_end(struct ssh *s, struct str host, const uint8_t *pub, const uint8_t *ct)
{
	uint8_t mem[KEX_SHARED_MAX + 5];
	struct wr w = wr_init(mem, sizeof(mem));

	hash_str(s, host);
	hash_share(s, pub, s->kex->pub_len);
	hash_share(s, ct, s->kex->ct_len);
	if (s->kex->k_is_string)
		wr_str(&w, s->k, s->k_len);
	else
		wr_mpint(&w, s->k, s->k_len);
	hash_add(&s->hash, mem, wr_len(&w));
	hash_out(&s->hash, s->h);
	wipe(mem, sizeof(mem));
	wipe(&s->hash, sizeof(s->hash));
	if (!s->sid_len) {
		s->sid_len = s->kex->hash->out_len;
		memcpy(s->sid, s->h, s->sid_len);
	}
}

/* server: the client's share; our answer waits open in tx for the signature */
int kex_on_init(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	const struct ssh_hostkey *host = &s->conf->hostkeys[s->hostkey];
	struct wr w = packet_begin(s, MSG_KEX_ECDH_REPLY);
	uint8_t *mem, *ct;
	const uint8_t *pub;

	if (w.bad || w.end - w.p < KEX_PUB_MAX + SHARE_NUMBER)
		return SSH_E_LENGTH;
	/* both shares are handled in the last of the room, which the reply does not reach */
	ct = w.end -= KEX_PUB_MAX;
	mem = w.end -= SHARE_NUMBER;
	pub = share_read(s, r, s->kex->pub_len, mem);
	if (!rd_done(r))
		return SSH_E_PARSE;
	if (!pub || !s->kex->encap(&s->rng, pub, ct, s->k))
		return SSH_E_KEX;
	wr_str(&w, host->blob.p, host->blob.len);
	share_write(s, &w, ct, s->kex->ct_len);
	if (w.bad)
		return SSH_E_LENGTH;
	s->k_len = s->kex->shared_len;
	hash_end(s, host->blob, pub, ct);
	packet_keep(s, &w);
	ev->type = s->ask = SSH_EV_SIGN;
	ev->num = s->hostkey;
	ev->name = str_of(host->alg);
	ev->data = (struct str){s->h, s->kex->hash->out_len};
	return 1;
}

/* NEWKEYS, and what may follow it at once */
static int newkeys_send(struct ssh *s)
{
	struct wr w = packet_begin(s, MSG_NEWKEYS);
	int err = packet_end(s, &w);

	if (err)
		return err;
	keys_install(s, 1);
	s->kstep = K_NEWKEYS;
	if (s->phase != PH_FIRST && s->phase != PH_STRICT)
		return SSH_OK;
	if (is_client(s))
		return auth_client_service_send(s);
	err = s->peer_ext_info ? trans_ext_info_send(s) : SSH_OK;
	return err ? err : auth_server_early(s);
}

int kex_reply_send(struct ssh *s, struct str sig)
{
	struct wr w;
	int err;

	if (!sig.len)
		return SSH_E_SIGN;
	w = packet_resume(s);
	wr_str(&w, sig.p, sig.len);
	err = packet_end(s, &w);
	return err ? err : newkeys_send(s);
}

/* client: one host key for the whole connection */
static int same_host(struct ssh *s, struct str host, int first)
{
	struct hash_ctx c;
	uint8_t id[32];

	hash_init(&c, &hash_sha256);
	hash_add(&c, host.p, host.len);
	hash_out(&c, id);
	if (first)
		memcpy(s->host_id, id, sizeof(id));
	return !memcmp(s->host_id, id, sizeof(id));
}

/* client: the server's host key, share and signature */
int kex_on_reply(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	uint8_t mem[SHARE_NUMBER];
	struct str host = rd_str(r), sig;
	const uint8_t *ct = share_read(s, r, s->kex->ct_len, mem);
	int first = !s->sid_len, ok;

	sig = rd_str(r);
	if (!rd_done(r))
		return SSH_E_PARSE;
	ok = ct && s->kex->decap(s->kex_sec, s->kex_pub, ct, s->k);
	wipe(s->kex_sec, sizeof(s->kex_sec));
	if (!ok)
		return SSH_E_KEX;
	s->k_len = s->kex->shared_len;
	hash_end(s, host, s->kex_pub, ct);
	if (!sig_verify(s->sig, host, sig, (struct str){s->h, s->kex->hash->out_len}))
		return SSH_E_KEX;
	if (!same_host(s, host, first))
		return SSH_E_HOSTKEY;
	if (!first)
		return newkeys_send(s);
	ev->type = s->ask = SSH_EV_HOSTKEY;
	ev->name = str_of(s->sig->name);
	ev->blob = host;
	return 1;
}

int kex_trusted(struct ssh *s)
{
	s->next_due = 1;
	return newkeys_send(s);
}

int kex_on_guess(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	(void)r;
	(void)ev;
	s->kstep = K_SHARE;
	return SSH_OK;
}

int kex_on_newkeys(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	int first = s->phase == PH_FIRST || s->phase == PH_STRICT;

	if (!rd_done(r))
		return SSH_E_PARSE;
	keys_install(s, 0);
	wipe(s->k, sizeof(s->k));
	wipe(s->h, sizeof(s->h));
	s->kstep = K_IDLE;
	s->keyed_at = s->now;
	if (first)
		s->phase = PH_SERVICE;
	ev->type = SSH_EV_KEYED;
	ev->num = first;
	return 1;
}
