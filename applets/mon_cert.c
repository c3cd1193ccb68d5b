/* mon_cert.c - certificates of users, what is revoked, and the host's own certificates. */
/* SPDX-License-Identifier: MIT */
#include "certfile.h"
#include "monitor.h"

/* beside the first host key */
static const char *clock_path(void)
{
	static char path[256] ASIDE;
	const char *key = SETTING(mon.set, hostkey[0]), *slash = strrchr(key, '/');

	fmt(path, sizeof(path), "%.*s/clock", slash ? (int)(slash - key) : 1, slash ? key : ".");
	return path;
}

static int refuse(const struct cert *c, const char *why, struct str what)
{
	log_put(LOG_L_WARN, "Certificate '%*p' (serial %llu) refused for '%s' from %s: %s%s%*p",
		(int)c->id.len, (const char *)c->id.p, (unsigned long long)c->serial, mon.user.name,
		mon.from, why, what.len ? ": " : "", (int)what.len, (const char *)what.p);
	return 0;
}

/* good, and valid now */
static int cert_good(const struct cert *c)
{
	const char *by, *why;
	int64_t now = clock_sure(clock_path(), &by);

	why = cert_wrong(c, CERT_USER, SETTING(mon.set, ca_algs), now);
	if (by)
		log_put(LOG_L_NOTICE, "the clock is behind: certificates are judged by %s", by);
	return why ? refuse(c, why, STR("")) : 1;
}

/* one of the names, with commas between, is one of the certificate's */
static int is_for(const struct cert *c, const char *names)
{
	struct str list = str_of(names), name;

	while (list_next(&list, &name))
		if (cert_principal(c, name, 0))
			return 1;
	return 0;
}

/* the text, with a NUL, to keep + *n; NULL where it holds one */
static char *text_put(char *keep, size_t *n, struct str text)
{
	char *p = keep + *n;

	if (!text.p || memchr(text.p, 0, text.len))
		return NULL;
	memcpy(p, text.p, text.len);
	p[text.len] = 0;
	*n += text.len + 1;
	return p;
}

/* what is critical: all of it is known and holds */
static int critical_join(const struct cert *c, struct authkey *k, char *keep, size_t *n)
{
	struct str name, data;
	size_t at = 0, list;
	const char *text;
	int r;

	while ((r = cert_option(c->critical, &at, &name, &data))) {
		if (r == 1 && str_is(name, "force-command")) {
			text = text_put(keep, n, data);
			if (!text || (k->command && strcmp(text, k->command) != 0))
				return refuse(c, "another command is forced by",
					      str_of("command="));
			k->command = text;
		} else if (r == 1 && str_is(name, "source-address")) {
			list = *n;
			text = text_put(keep, &list, data);
			if (!text || addr_match(&mon.peer, text) <= 0)
				return refuse(c, "not for use from there: source-address", data);
		} else if (CFG_KEY_SK && r == 1 && !data.p && str_is(name, "verify-required")) {
			k->verify = 1;
		} else {
			return refuse(c, "a critical option that is not known, or malformed", name);
		}
	}
	return 1;
}

#define MAY_NOT_TOUCH 128 /* beside enum authkeys_may */

/* what it does not say is not allowed */
static void extensions_join(const struct cert *c, struct authkey *k)
{
	static const struct {
		const char *name;
		uint8_t may;
	} flags[] = {
	    {"permit-pty",              MAY_PTY          },
	    {"permit-port-forwarding",  MAY_PORT_FORWARD },
	    {"permit-agent-forwarding", MAY_AGENT_FORWARD},
	    {"permit-X11-forwarding",   MAY_X11_FORWARD  },
	    {"permit-user-rc",          MAY_USER_RC      },
	    {"no-touch-required",       MAY_NOT_TOUCH    },
	};
	struct str name, data;
	unsigned may = 0, i;
	size_t at = 0;

	while (cert_option(c->extensions, &at, &name, &data))
		for (i = 0; i < sizeof(flags) / sizeof(*flags); i++)
			if (str_is(name, flags[i].name))
				may |= flags[i].may;
	k->may &= may;
	k->no_touch &= (may & MAY_NOT_TOUCH) != 0;
}

int cert_allows(const struct cert *c, struct authkey *k, char *keep, size_t *n)
{
	if (!cert_good(c))
		return 0;
	if (!c->principals.len)
		return refuse(c, "it names no principal", STR(""));
	if (k->principals ? !is_for(c, k->principals)
			  : k->ca && !cert_principal(c, str_of(mon.user.name), 0))
		return refuse(c, "none of its principals is",
			      str_of(k->principals ? k->principals : mon.user.name));
	if (!critical_join(c, k, keep, n))
		return 0;
	extensions_join(c, k);
	return 1;
}

int cert_revoked(struct str blob)
{
	const char *path = SETTING(mon.set, revoked);
	const char *why = key_refused(path, blob, mon_scratch.line, sizeof(mon_scratch.line));

	if (why)
		log_put(LOG_L_WARN, "the key of '%s' from %s is refused by RevokedKeys %s: %s",
			mon.user.name, mon.from, path, why);
	return why != NULL;
}

/* ---- the host's own -------------------------------------------------------- */

static const char *offer(struct wr *w, const char *path)
{
	struct str blob;
	struct cert c;
	struct wr own;
	const char *why = cert_file(&c, &blob, path, mon_scratch.own, sizeof(mon_scratch.own));
	unsigned i;
	int j;

	if (why)
		return why;
	if (c.type != CERT_HOST)
		return "it is a user's";
	if ((size_t)(w->end - w->p) < blob.len + 256 + SSH_BANNER_MAX)
		return "there is no room for it";
	for (i = 0; i < mon.n_hostkeys; i++) {
		own = wr_init(mon_scratch.command, sizeof(mon_scratch.command));
		key_public_blob(&mon.hostkey[i], &own);
		if (!cert_is_of(&c, (struct str){own.start, wr_len(&own)}))
			continue;
		for (j = 0; j < CERT_ROWS; j++) {
			if (strcmp(sigs[j]->key_name, c.row->key_name) != 0)
				continue;
			wr_u8(w, (uint8_t)i);
			wr_strz(w, sigs[j]->name);
			wr_str(w, blob.p, blob.len);
			blob.len = 0; /* the next with the same */
		}
		return NULL;
	}
	return "it is of none of the host keys";
}

void cert_offer(struct wr *w)
{
	unsigned i;

	for (i = 0; i < CFG_HOSTKEYS; i++) {
		const char *path = SETTING(mon.set, hostcert[i]);
		const char *why = *path ? offer(w, path) : NULL;

		if (why)
			log_put(LOG_L_ERROR, "HostCertificate %s: %s", path, why);
	}
}
