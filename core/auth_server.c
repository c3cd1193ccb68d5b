/* auth_server.c - user authentication, the server's side (RFC 4252). */
/* SPDX-License-Identifier: MIT */
/*
 * The caller decides; in here are the rules: one user and service for the whole
 * connection, failures and key queries counted, replies in order. A public key's
 * signature is verified by the caller too, who has its own session id.
 */
#include "engine.h"
#include "sig.h"

#define MAX_TRIES 6    /* where the configuration says nothing */
#define MAX_QUERIES 15 /* public keys that may be asked about, and requests for none */

static void names_write(struct wr *w, uint8_t methods)
{
	uint8_t *mark = wr_open(w);

	if (methods & AUTH_PUBLICKEY)
		wr_bytes(w, "publickey", 9);
	if ((methods & AUTH_PUBLICKEY) && (methods & AUTH_PASSWORD))
		wr_u8(w, ',');
	if (methods & AUTH_PASSWORD)
		wr_bytes(w, "password", 8);
	wr_close(w, mark);
}

static int failure_send(struct ssh *s, int partial)
{
	struct wr w = packet_begin(s, MSG_USERAUTH_FAILURE);

	names_write(&w, s->methods);
	wr_u8(&w, partial);
	return packet_end(s, &w);
}

static int banner_send(struct ssh *s)
{
	struct wr w = packet_begin(s, MSG_USERAUTH_BANNER);
	struct str text = s->conf->banner;

	wr_str(&w, text.p, text.len > SSH_BANNER_MAX ? SSH_BANNER_MAX : text.len);
	wr_strz(&w, "");
	return packet_end(s, &w);
}

static int accept_send(struct ssh *s)
{
	struct wr w = packet_begin(s, MSG_SERVICE_ACCEPT);

	wr_strz(&w, "ssh-userauth");
	return packet_end(s, &w);
}

/*
 * OpenSSH's client asks for the service and for the method "none", whatever the
 * server is, and waits for each answer, while Nagle's algorithm lets one small
 * packet out in a round trip. Both answers are known before: they leave in the
 * flight of NEWKEYS, where they are not read until they are waited for, and
 * spare two round trips. Other clients are not known to do the same.
 */
int auth_server_early(struct ssh *s)
{
	static const char name[] = "SSH-2.0-OpenSSH_";
	struct str peer = ssh_peer_version(s);
	int err;

	if (!CFG_QUICK_LOGIN || !s->conf->early || peer.len < sizeof(name) ||
	    memcmp(peer.p, name, sizeof(name) - 1) != 0)
		return SSH_OK;
	s->early = 1;
	err = accept_send(s);
	return err ? err : failure_send(s, 0);
}

int auth_server_on_service(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	struct str name = rd_str(r);

	(void)ev;
	if (!rd_done(r))
		return SSH_E_PARSE;
	if (!str_is(name, "ssh-userauth"))
		return SSH_E_SERVICE;
	s->phase = PH_AUTH;
	return CFG_QUICK_LOGIN && s->early ? SSH_OK : accept_send(s);
}

/* what is counted as an attempt; the last one ends the connection */
static int fail(struct ssh *s, int counted)
{
	uint8_t max = s->conf->max_tries ? s->conf->max_tries : MAX_TRIES;

	if (counted && ++s->fails >= max)
		return SSH_E_AUTH_TRIES;
	return failure_send(s, 0);
}

/* 1: the same user as in the first request, or this is it */
static int user_same(struct ssh *s, struct str user)
{
	uint32_t n = user.len < SSH_USER_MAX ? user.len : SSH_USER_MAX;

	if (!s->user_len) {
		s->user_len = user.len + 1;
		memcpy(s->user, user.p, n);
	}
	return s->user_len == user.len + 1 && !memcmp(s->user, user.p, n);
}

static int algorithm_ok(const struct ssh *s, struct str alg)
{
	const char *list = s->conf->pubkey_algs;

	return sig_find(alg) && (!list || !*list || list_has(str_of(list), alg));
}

/* what costs us work but is no attempt */
static int query_count(struct ssh *s)
{
	return ++s->queries > MAX_QUERIES ? SSH_E_AUTH_TRIES : SSH_OK;
}

static int key_request(struct ssh *s, struct rd *r, struct ssh_auth *a)
{
	a->method = AUTH_PUBLICKEY;
	a->query = !rd_u8(r);
	a->alg = rd_str(r);
	a->blob = rd_str(r);
	if (!a->query)
		a->sig = rd_str(r);
	if (!rd_done(r))
		return SSH_E_PARSE;
	return a->query ? query_count(s) : SSH_OK;
}

static int password_request(struct rd *r, struct ssh_auth *a, int *change)
{
	a->method = AUTH_PASSWORD;
	*change = rd_u8(r);
	a->password = rd_str(r);
	if (*change)
		rd_str(r);
	return rd_done(r) ? SSH_OK : SSH_E_PARSE;
}

int auth_server_on_request(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	struct ssh_auth *a = &ev->auth;
	struct str user = rd_str(r), service = rd_str(r), method = rd_str(r);
	int err = SSH_OK, known = 1, change = 0, early = CFG_QUICK_LOGIN && s->early;

	s->early = 0;
	if (r->bad)
		return SSH_E_PARSE;
	if (!user_same(s, user))
		return SSH_E_AUTH_USER;
	*a = (struct ssh_auth){.user = user};
	if (str_is(method, "none")) {
		a->method = AUTH_NONE;
		err = rd_done(r) ? query_count(s) : SSH_E_PARSE;
	} else if (str_is(method, "publickey")) {
		err = key_request(s, r, a);
		known = algorithm_ok(s, a->alg);
	} else if (str_is(method, "password")) {
		err = password_request(r, a, &change);
	} else {
		known = 0;
	}
	if (err)
		return err;
	if (!str_is(service, "ssh-connection"))
		return SSH_E_SERVICE;
	if (early && a->method == AUTH_NONE)
		return SSH_OK;
	if (!known || change || (a->method != AUTH_NONE && !(s->methods & a->method)))
		return fail(s, !a->query);
	s->ask_query = a->query;
	s->tried = a->method;
	s->auth_alg = a->alg;
	s->auth_blob = a->blob;
	ev->type = s->ask = SSH_EV_AUTH;
	return 1;
}

static int pk_ok_send(struct ssh *s)
{
	struct wr w = packet_begin(s, MSG_USERAUTH_PK_OK);

	wr_str(&w, s->auth_alg.p, s->auth_alg.len);
	wr_str(&w, s->auth_blob.p, s->auth_blob.len);
	return packet_end(s, &w);
}

int auth_server_answer(struct ssh *s, int answer)
{
	struct wr w;

	if (answer == SSH_PARTIAL)
		return failure_send(s, 1);
	if (answer != SSH_YES)
		return fail(s, s->tried != AUTH_NONE && !s->ask_query);
	if (s->ask_query)
		return pk_ok_send(s);
	w = packet_begin(s, MSG_USERAUTH_SUCCESS);
	s->phase = PH_CONN;
	s->authed_due = 1;
	return packet_end(s, &w);
}

int auth_server_due(struct ssh *s)
{
	if (s->phase != PH_AUTH || !s->banner_due)
		return SSH_OK;
	s->banner_due = 0;
	return banner_send(s);
}

/* RFC 4252 5.1: after success further requests are silently ignored */
int auth_server_on_late(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	return trans_on_ignore(s, r, ev);
}
