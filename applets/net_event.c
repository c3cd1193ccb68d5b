/* net_event.c - what the engine asks, answered, for the most part by the monitor. */
/* SPDX-License-Identifier: MIT */
#include "net.h"

static void on_sign(const struct ssh_event *ev)
{
	struct wr w = call_begin(MON_SIGN);
	struct rd r;

	wr_u8(&w, net.key_index[ev->num]);
	wr_str(&w, ev->name.p, ev->name.len);
	wr_str(&w, ev->data.p, ev->data.len);
	r = call(&w, NULL, NULL);
	ssh_answer_sig(&net.ssh, rd_str(&r));
}

static void on_auth(const struct ssh_event *ev)
{
	const struct ssh_auth *a = &ev->auth;
	struct wr w = call_begin(MON_AUTH);
	struct rd r;
	int answer;

	wr_u8(&w, a->method);
	wr_u8(&w, a->query);
	/* what is longer than any name is no user's; it is cut so that the monitor says so */
	wr_str(&w, a->user.p, a->user.len > MON_NAME + 1 ? MON_NAME + 1 : a->user.len);
	wr_str(&w, a->password.p,
	       a->password.len > MON_PASSWORD + 1 ? MON_PASSWORD + 1 : a->password.len);
	wr_str(&w, a->alg.p, a->alg.len);
	wr_str(&w, a->blob.p, a->blob.len);
	wr_str(&w, a->sig.p, a->sig.len);
	r = call(&w, NULL, NULL);
	answer = rd_u8(&r);
	ssh_auth_methods(&net.ssh, rd_u8(&r));
	net.may = rd_u32(&r);
	ssh_answer(&net.ssh, r.bad ? SSH_NO : answer);
}

static void on_authed(void)
{
	net.authed = 1;
	net.active = clock_ms();
	if (CFG_HOSTKEY_UPDATE)
		hostkeys_due();
	log_put(LOG_L_DEBUG, "logged in");
}

static int on_global(const struct ssh_event *ev)
{
	if (str_is(ev->name, "no-more-sessions@openssh.com"))
		return net.no_more_sessions = 1;
	return SSH_NO; /* to keepalive@openssh.com as well: any reply will do */
}

static int on_open(const struct ssh_event *ev)
{
	if (!str_is(ev->name, "session"))
		return CFG_FORWARD ? net_fwd_open(ev) : -OPEN_UNKNOWN_CHANNEL_TYPE;
	if (net.no_more_sessions)
		return -OPEN_ADMINISTRATIVELY_PROHIBITED;
	chan_opened(ev->ch);
	return SSH_YES;
}

int event_take(const struct ssh_event *ev)
{
	switch (ev->type) {
	case SSH_EV_VERSION:
		log_put(LOG_L_DEBUG, "the client is %*p", (int)ev->data.len,
			(const char *)ev->data.p);
		break;
	case SSH_EV_SIGN: on_sign(ev); break;
	case SSH_EV_AUTH: on_auth(ev); break;
	case SSH_EV_AUTHED: on_authed(); break;
	case SSH_EV_GLOBAL:
		if ((!CFG_FORWARD || !net_fwd_global(ev)) &&
		    (!CFG_HOSTKEY_UPDATE || !hostkeys_prove(ev)))
			ssh_answer(&net.ssh, on_global(ev));
		break;
	case SSH_EV_GLOBAL_REPLY: net.unanswered = 0; break;
	case SSH_EV_OPEN: ssh_answer(&net.ssh, on_open(ev)); break;
	case SSH_EV_OPENED:
	case SSH_EV_REFUSED:
		if (CFG_FORWARD)
			fwd_event(ev);
		break;
	case SSH_EV_REQUEST:
		if (CFG_FORWARD && str_is(ev->name, "auth-agent-req@openssh.com"))
			net_fwd_agent(ev->ch);
		else
			ssh_answer(&net.ssh, chan_request(ev) ? SSH_YES : SSH_NO);
		break;
	case SSH_EV_DISCONNECT:
		fmt(net.bye, sizeof(net.bye), "%.*s", (int)ev->data.len, (const char *)ev->data.p);
		break;
	case SSH_EV_DATA: net.active = net.heard; break;
	default: break; /* EOF, CLOSE: chan_pump_all sees them by their state */
	}
	return !net.ending;
}
