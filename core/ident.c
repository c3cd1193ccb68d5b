/* ident.c - the identification line of the peer (RFC 4253 4.2). */
/* SPDX-License-Identifier: MIT */
#include "engine.h"

#define SKIP_MAX 8192 /* bytes of other lines that a server may send before */

static int starts(const uint8_t *p, size_t n, const char *with)
{
	size_t len = strlen(with);

	return n >= len && !memcmp(p, with, len);
}

/* one line without its end; 1: it was the identification */
static int ident_line(struct ssh *s, const uint8_t *p, size_t n, struct ssh_event *ev)
{
	if (!starts(p, n, "SSH-")) {
		if (!is_client(s) || s->ident_skipped + n + 1 > SKIP_MAX)
			return SSH_E_VERSION;
		s->ident_skipped += n + 1;
		return 0;
	}
	if (!starts(p, n, "SSH-2.0-") && !(is_client(s) && starts(p, n, "SSH-1.99-")))
		return SSH_E_VERSION;
	if (n > SSH_VERSION_MAX - 2 || memchr(p, 0, n))
		return SSH_E_VERSION;
	memcpy(s->peer_version, p, n);
	s->peer_version_len = n;
	s->identified = 1;
	ev->type = SSH_EV_VERSION;
	ev->data = ssh_peer_version(s);
	return 1;
}

int ident_take(struct ssh *s, struct ssh_event *ev)
{
	while (s->rx_r < s->rx_w) {
		const uint8_t *p = s->rx + s->rx_r, *nl = memchr(p, '\n', s->rx_w - s->rx_r);
		size_t n;
		int r;

		if (!nl)
			return s->rx_w - s->rx_r > (is_client(s) ? SKIP_MAX : SSH_VERSION_MAX)
				   ? SSH_E_VERSION
				   : 0;
		n = nl - p;
		s->rx_r += n + 1;
		if (n && p[n - 1] == '\r')
			n--;
		r = ident_line(s, p, n, ev);
		if (r)
			return r;
	}
	return 0;
}
