/* auth_client.c - user authentication, the client's side (RFC 4252). */
/* SPDX-License-Identifier: MIT */
/*
 * The caller is asked what to try (SSH_EV_AUTH_NEXT) and tries one method at a
 * time. What is signed is written behind tx, where the request will lie.
 */
#include "engine.h"

int auth_client_service_send(struct ssh *s)
{
	struct wr w = packet_begin(s, MSG_SERVICE_REQUEST);

	wr_strz(&w, "ssh-userauth");
	return packet_end(s, &w);
}

int auth_client_on_accept(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	struct str name = rd_str(r);

	(void)ev;
	if (!rd_done(r) || !str_is(name, "ssh-userauth"))
		return SSH_E_PARSE;
	s->phase = PH_AUTH;
	return SSH_OK;
}

int auth_client_on_failure(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	ev->name = rd_str(r);
	ev->num = rd_u8(r);
	if (!rd_done(r))
		return SSH_E_PARSE;
	if (!s->tried)
		return SSH_E_UNEXPECTED;
	s->proved |= ev->num && !s->ask_query; /* partial success: one factor is shown */
	s->tried = 0;
	ev->type = SSH_EV_AUTH_NEXT;
	return 1;
}

int auth_client_on_success(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	if (!rd_done(r))
		return SSH_E_PARSE;
	if (!s->tried)
		return SSH_E_UNEXPECTED;
	s->phase = PH_CONN;
	ev->type = SSH_EV_AUTHED;
	/* a key asked about, or questions that nobody was asked, prove no more than none does */
	ev->num = s->ask_query && !s->proved ? AUTH_NONE : s->tried;
	s->tried = 0;
	return 1;
}

int auth_client_on_banner(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	(void)s;
	ev->data = rd_str(r);
	rd_str(r);
	if (!rd_done(r))
		return SSH_E_PARSE;
	ev->type = SSH_EV_BANNER;
	return 1;
}

/* RFC 4256 3.2; the prompts are walked through once here, so that the caller need not */
static int on_prompts(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	uint32_t i;

	ev->name = rd_str(r);
	ev->data = rd_str(r);
	rd_str(r); /* language */
	ev->num = rd_u32(r);
	ev->blob = (struct str){r->p, rd_left(r)};
	for (i = 0; i < ev->num && !r->bad; i++) {
		rd_str(r);
		rd_u8(r);
	}
	if (!rd_done(r))
		return SSH_E_PARSE;
	s->tried = 0;
	s->prompted = 1;
	ev->type = SSH_EV_PROMPTS;
	return 1;
}

/* 60: PK_OK for a key that was asked about; a password that is to be changed counts as refused */
int auth_client_on_method(struct ssh *s, struct rd *r, struct ssh_event *ev)
{
	if (s->tried == AUTH_KEYBOARD)
		return on_prompts(s, r, ev);
	ev->name = rd_str(r);
	ev->blob = rd_str(r);
	if (!rd_done(r))
		return SSH_E_PARSE;
	if (s->tried == AUTH_PASSWORD) {
		s->tried = 0;
		ev->name = STR("");
		ev->type = SSH_EV_AUTH_NEXT;
		return 1;
	}
	if (s->tried != AUTH_PUBLICKEY || !s->ask_query)
		return SSH_E_UNEXPECTED;
	s->tried = 0;
	ev->type = SSH_EV_PK_OK;
	return 1;
}

static struct wr request(struct ssh *s, struct str user, const char *method)
{
	struct wr w = packet_begin(s, MSG_USERAUTH_REQUEST);

	wr_str(&w, user.p, user.len);
	wr_strz(&w, "ssh-connection");
	wr_strz(&w, method);
	return w;
}

static int may_try(const struct ssh *s)
{
	return !s->err && !s->ask && !s->tried && can_send(s) && tx_room(s) >= SSH_TX_RESERVE &&
	       s->phase != PH_CONN;
}

static int sent(struct ssh *s, struct wr *w, uint8_t method)
{
	int err = packet_end(s, w);

	if (err)
		s->err = err;
	s->tried = method;
	s->prompted = 0;
	return !err;
}

int ssh_auth_none(struct ssh *s, struct str user)
{
	struct wr w;

	if (!may_try(s))
		return 0;
	s->ask_query = 1;
	w = request(s, user, "none");
	return sent(s, &w, AUTH_NONE);
}

int ssh_auth_password(struct ssh *s, struct str user, struct str password)
{
	struct wr w;

	if (!may_try(s))
		return 0;
	s->ask_query = 0;
	w = request(s, user, "password");
	wr_u8(&w, 0);
	wr_str(&w, password.p, password.len);
	return sent(s, &w, AUTH_PASSWORD);
}

int ssh_auth_keyboard(struct ssh *s, struct str user)
{
	struct wr w;

	if (!may_try(s))
		return 0;
	s->ask_query = 1; /* until there are answers */
	w = request(s, user, "keyboard-interactive");
	wr_strz(&w, ""); /* language */
	wr_strz(&w, ""); /* submethods */
	return sent(s, &w, AUTH_KEYBOARD);
}

int ssh_auth_prompts(struct ssh *s, uint32_t n, struct str answers)
{
	struct wr w;

	if (!may_try(s) || !s->prompted || !tx_fits(s, answers.len))
		return 0;
	s->ask_query &= !n;
	w = packet_begin(s, MSG_USERAUTH_INFO_RESPONSE);
	wr_u32(&w, n);
	wr_bytes(&w, answers.p, answers.len);
	return sent(s, &w, AUTH_KEYBOARD);
}

int ssh_auth_key(struct ssh *s, struct str user, struct str alg, struct str blob, int sign)
{
	struct wr w;

	if (!may_try(s))
		return 0;
	w = request(s, user, "publickey");
	wr_u8(&w, !!sign);
	wr_str(&w, alg.p, alg.len);
	wr_str(&w, blob.p, blob.len);
	s->ask_query = !sign;
	if (!sign)
		return sent(s, &w, AUTH_PUBLICKEY);
	if (w.bad)
		return 0;
	packet_keep(s, &w);
	s->sign_due = 1;
	s->tried = AUTH_PUBLICKEY;
	return 1;
}

/* RFC 4252 7: the session id as a string, then the request; laid out behind the request itself */
int auth_client_sign_due(struct ssh *s, struct ssh_event *ev)
{
	struct wr w, data;
	const uint8_t *payload;

	if (!s->sign_due)
		return 0;
	s->sign_due = 0;
	payload = s->tx + s->tx_w + PACKET_HEAD;
	w = wr_init(s->tx + s->tx_w + PACKET_HEAD, s->tx_size - s->tx_w - PACKET_HEAD);
	data = wr_init(w.start + s->tx_open, w.end - w.start - s->tx_open);
	wr_str(&data, s->sid, s->sid_len);
	wr_bytes(&data, payload, s->tx_open);
	if (data.bad)
		return SSH_E_LENGTH;
	ev->type = s->ask = SSH_EV_SIGN;
	ev->data = (struct str){data.start, wr_len(&data)};
	return 1;
}

int auth_client_answer_sig(struct ssh *s, struct str sig)
{
	struct wr w;

	if (!sig.len) { /* the caller goes on with another method */
		s->tx_open = 0;
		s->tried = 0;
		s->next_due = 1;
		return SSH_OK;
	}
	w = packet_resume(s);
	wr_str(&w, sig.p, sig.len);
	return packet_end(s, &w);
}
