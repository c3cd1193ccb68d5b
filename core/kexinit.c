/* kexinit.c - KEXINIT: what each side can, and what comes of it (RFC 4253 7.1). */
/* SPDX-License-Identifier: MIT */
/*
 * Neither message is stored. Ours can be written again from the cookie and the
 * configuration, so both go into the exchange hash when the peer's is here.
 */
#include "algs.h"
#include "engine.h"
#include "sig.h"

static const char strict_c[] = "kex-strict-c-v00@openssh.com";
static const char strict_s[] = "kex-strict-s-v00@openssh.com";

/* the lists of KEXINIT in their order */
enum list { L_KEX, L_HOSTKEY, L_CIPHER, L_MAC, L_COUNT };

/* the name of row i of a table, NULL behind the last */
static const char *row_name(const struct ssh *s, enum list l, int i)
{
	switch (l) {
	case L_KEX: return kexes[i] ? kexes[i]->name : NULL;
	case L_CIPHER: return ciphers[i] ? ciphers[i]->name : NULL;
	case L_MAC: return macs[i] ? macs[i]->name : NULL;
	default: break;
	}
	if (!is_client(s))
		return i < s->conf->n_hostkeys ? s->conf->hostkeys[i].alg : NULL;
	return sigs[i] ? sigs[i]->name : NULL;
}

static const char *conf_list(const struct ssh *s, enum list l)
{
	switch (l) {
	case L_KEX: return s->conf->kex;
	case L_HOSTKEY: return s->conf->hostkey_algs;
	case L_CIPHER: return s->conf->ciphers;
	default: return s->conf->macs;
	}
}

static int row_find(const struct ssh *s, enum list l, struct str name)
{
	const char *z;
	int i;

	for (i = 0; (z = row_name(s, l, i)); i++)
		if (str_is(name, z))
			return i;
	return -1;
}

/* some row that is built in is not for everybody */
#define SOME_OFF                                                                     \
	(CFG_KEX_DH || CFG_WEAK_AES_CBC || CFG_WEAK_3DES_CBC || CFG_WEAK_BLOWFISH || \
	 CFG_WEAK_SHA1_96 || CFG_WEAK_SSH_RSA)

static uint8_t row_off(const struct ssh *s, enum list l, int i)
{
	const struct sig *sig;

	switch (l) {
	case L_KEX: return kexes[i]->off;
	case L_CIPHER: return ciphers[i]->off;
	case L_MAC: return macs[i]->off;
	default: sig = sig_find(str_of(row_name(s, l, i))); return sig ? sig->off : 0;
	}
}

/* 1: there is a row i and this side may use it, or by default does */
static int row_on(const struct ssh *s, enum list l, int i, int named)
{
	uint8_t never = is_client(s) ? NO_CLIENT : NO_SERVER;

	return !SOME_OFF || !(row_off(s, l, i) & (named ? never : never | never >> 2));
}

/* our i-th choice as a row, -1 behind the last; rows that a configured list does not name are none */
static int choice(const struct ssh *s, enum list l, int i)
{
	const char *want = conf_list(s, l);
	struct str list = str_of(want), name;

	int row;

	if (!want || !*want) {
		for (row = 0; row_name(s, l, row); row++)
			if (row_on(s, l, row, 0) && i-- == 0)
				return row;
		return -1;
	}
	while (list_next(&list, &name)) {
		row = row_find(s, l, name);
		if (row >= 0 && row_on(s, l, row, 1) && i-- == 0)
			return row;
	}
	return -1;
}

static void list_write(const struct ssh *s, struct wr *w, enum list l)
{
	uint8_t *mark = wr_open(w);
	int i, row;

	for (i = 0; (row = choice(s, l, i)) >= 0; i++) {
		const char *z = row_name(s, l, row);

		if (i)
			wr_u8(w, ',');
		wr_bytes(w, z, strlen(z));
	}
	if (l == L_KEX && !s->sid_len) {
		const char *z = is_client(s) ? "ext-info-c,kex-strict-c-v00@openssh.com" : strict_s;

		wr_u8(w, ',');
		wr_bytes(w, z, strlen(z));
	}
	wr_close(w, mark);
}

/* from the cookie on */
static void body_write(const struct ssh *s, struct wr *w)
{
	int i;

	wr_bytes(w, s->cookie, sizeof(s->cookie));
	list_write(s, w, L_KEX);
	list_write(s, w, L_HOSTKEY);
	list_write(s, w, L_CIPHER);
	list_write(s, w, L_CIPHER);
	list_write(s, w, L_MAC);
	list_write(s, w, L_MAC);
	wr_strz(w, "none");
	wr_strz(w, "none");
	for (i = 0; i < 2; i++)
		wr_strz(w, "");
	wr_u8(w, 0); /* first_kex_packet_follows: a guess breaks some servers and gains nothing */
	wr_u32(w, 0);
}

int kexinit_send(struct ssh *s)
{
	struct wr w = packet_begin(s, MSG_KEXINIT);

	rng_bytes(&s->rng, s->cookie, sizeof(s->cookie));
	body_write(s, &w);
	s->kstep = K_SENT;
	s->rekey_now = 0;
	return packet_end(s, &w);
}

/* the client's first name that the server has too: our row, or -1 */
static int negotiate(const struct ssh *s, enum list l, struct str peer)
{
	struct str name;
	int i, row, other;

	if (is_client(s)) {
		for (i = 0; (row = choice(s, l, i)) >= 0; i++)
			if (list_has(peer, str_of(row_name(s, l, row))))
				return row;
		return -1;
	}
	while (list_next(&peer, &name)) {
		row = row_find(s, l, name);
		for (i = 0; row >= 0 && (other = choice(s, l, i)) >= 0; i++)
			if (other == row)
				return row;
	}
	return -1;
}

/* 1: the peer's first choice is ours as well */
static int same_first(const struct ssh *s, enum list l, struct str peer)
{
	struct str first = {0};
	int row = choice(s, l, 0);

	list_next(&peer, &first);
	return row >= 0 && str_is(first, row_name(s, l, row));
}

static int missing(struct ssh *s, const char *what)
{
	s->no_common = what;
	return SSH_E_NO_COMMON;
}

/* lists: the ten of the peer */
static int agree(struct ssh *s, const struct str *lists)
{
	int kex, hostkey, dir, i;

	kex = negotiate(s, L_KEX, lists[0]);
	if (kex < 0)
		return missing(s, "key exchange method");
	hostkey = negotiate(s, L_HOSTKEY, lists[1]);
	if (hostkey < 0)
		return missing(s, "host key type");
	for (dir = 0; dir < 2; dir++) {
		i = negotiate(s, L_CIPHER, lists[2 + dir]);
		if (i < 0)
			return missing(s, "cipher");
		s->next_cipher[dir] = ciphers[i];
		s->next_mac[dir] = NULL;
		if (MACS && !ciphers[i]->tag_len) {
			i = negotiate(s, L_MAC, lists[4 + dir]);
			if (i < 0)
				return missing(s, "MAC");
			s->next_mac[dir] = macs[i];
		}
		if (!list_has(lists[6 + dir], STR("none")))
			return missing(s, "compression method");
	}
	s->kex = kexes[kex];
	if (is_client(s)) {
		s->sig = sigs[hostkey];
	} else {
		s->hostkey = hostkey;
		s->sig = sig_find(str_of(s->conf->hostkeys[hostkey].alg));
	}
	return s->sig ? SSH_OK : SSH_E_KEX;
}

int kexinit_on_msg(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	struct str lists[10], peer = {r->p - 1, rd_left(r) + 1}, own;
	struct wr w;
	int i, follows, guess, err;

	(void)ev;
	rd_bytes(r, 16);
	for (i = 0; i < 10; i++)
		lists[i] = rd_str(r);
	follows = rd_u8(r);
	rd_u32(r); /* reserved: any value, RFC 4253 7.1 */
	if (!rd_done(r))
		return SSH_E_PARSE;
	if (!s->sid_len) {
		s->strict = list_has(lists[0], str_of(is_client(s) ? strict_s : strict_c));
		s->peer_ext_info = !is_client(s) && list_has(lists[0], STR("ext-info-c"));
		if (s->strict && s->in.seq != 1) /* PROTOCOL 1.10: KEXINIT must be the first */
			return SSH_E_STRICT;
	}
	if (s->kstep == K_IDLE) {
		err = kexinit_send(s);
		if (err)
			return err;
	}
	err = agree(s, lists);
	if (err)
		return err;
	guess = same_first(s, L_KEX, lists[0]) && same_first(s, L_HOSTKEY, lists[1]);
	/* ours once more, in free room of tx, for the hash alone */
	w = packet_begin(s, MSG_KEXINIT);
	body_write(s, &w);
	if (w.bad)
		return SSH_E_LENGTH;
	own = (struct str){w.start, wr_len(&w)};
	if (s->phase == PH_FIRST && s->strict)
		s->phase = PH_STRICT;
	s->kstep = follows && !guess ? K_GUESS : K_SHARE;
	return kex_begin(s, &peer, &own);
}
