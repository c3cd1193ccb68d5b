/* authkeys.c - a line of authorized_keys (sshd(8), AUTHORIZED_KEYS FILE FORMAT). */
/* SPDX-License-Identifier: MIT */
/*
 * Values lose their quotes in place: each becomes a tag, the text and a NUL,
 * one behind the other from the line's start on. That is shorter than what it
 * replaces (name="text"), so nothing unread is written over. An option that
 * refuses the key ends that, since its name has to stay readable.
 */
#include "authkeys.h"

#include <string.h>

#include "base64.h"
#include "config.h"

enum option_kind {
	OPT_FLAG,     /* .arg of what the user may; "no-" takes it away */
	OPT_RESTRICT, /* nothing */
	OPT_SET,      /* 1, .arg is the place in struct authkey */
	OPT_REFUSE,   /* known, but of no use in this build */
	OPT_VALUES,   /* kinds from here on have a value: several, .arg is enum authkeys_multi */
	OPT_TEXT,     /* one, .arg is the place in struct authkey */
	OPT_REFUSE_VALUE
};

struct option {
	const char *name;
	uint8_t kind, arg;
};

/* clang-format off */
static const struct option options[] = {
    {"pty", OPT_FLAG, MAY_PTY},
    {"port-forwarding", OPT_FLAG, MAY_PORT_FORWARD},
    {"agent-forwarding", OPT_FLAG, MAY_AGENT_FORWARD},
    {"X11-forwarding", OPT_FLAG, MAY_X11_FORWARD},
    {"user-rc", OPT_FLAG, MAY_USER_RC},
    {"restrict", OPT_RESTRICT, 0},
    {"no-touch-required", OPT_SET, offsetof(struct authkey, no_touch)},
    {"verify-required", CFG_KEY_SK ? OPT_SET : OPT_REFUSE, offsetof(struct authkey, verify)},
    {"cert-authority", CFG_CERTS ? OPT_SET : OPT_REFUSE, offsetof(struct authkey, ca)},
    {"principals", CFG_CERTS ? OPT_TEXT : OPT_REFUSE_VALUE, offsetof(struct authkey, principals)},
    {"command", OPT_TEXT, offsetof(struct authkey, command)},
    {"from", OPT_TEXT, offsetof(struct authkey, from)},
    {"expiry-time", OPT_TEXT, offsetof(struct authkey, expiry)},
    {"environment", OPT_VALUES, EACH_ENVIRONMENT},
    {"permitopen", OPT_VALUES, EACH_PERMITOPEN},
    {"permitlisten", OPT_VALUES, EACH_PERMITLISTEN},
    USE_TUN({"tunnel", OPT_VALUES, EACH_TUNNEL},)
};
/* clang-format on */

/* of what authkeys_each passes over; its own tags are the enum's values plus 1 */
#define TAG_TEXT 'T'

/* the next blank, or the end; and the next that is none */
static char *to_blank(char *p)
{
	while (*p && *p != ' ' && *p != '\t')
		p++;
	return p;
}

static char *over_blanks(char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

static int begins(const char *p, const char *with)
{
	while (*with && *p == *with) {
		p++;
		with++;
	}
	return !*with;
}

static struct str piece(const char *p, const char *end)
{
	return (struct str){(const uint8_t *)p, (size_t)(end - p)};
}

static int same_name(struct str s, const char *z)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t a = s.p[i], b = (uint8_t)z[i];

		if (a - 'A' + 0u < 26)
			a |= 0x20;
		if (b - 'A' + 0u < 26)
			b |= 0x20;
		if (a != b)
			return 0; /* and at z's end, as no name has a NUL */
	}
	return !z[s.len];
}

/* the row of a name, *no where it stands there negated; NULL */
static const struct option *option_find(struct str name, int *no)
{
	int minus = name.len > 3 && same_name((struct str){name.p, 3}, "no-");

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		const struct option *o = &options[i];
		size_t cut = minus && o->kind == OPT_FLAG ? 3 : 0;

		*no = cut != 0;
		if (same_name((struct str){name.p + cut, name.len - cut}, o->name))
			return o;
	}
	return NULL;
}

/* the first reason stays */
static void refuse(struct authkey *k, const char *why, struct str what)
{
	if (k->why)
		return;
	k->why = why;
	k->what = what;
}

/* NAME=value, the name of letters, digits and underscores */
static int environment_ok(const char *p)
{
	const char *from = p;

	while (*p == '_' || (unsigned)*p - '0' < 10 || ((unsigned)*p | 0x20) - 'a' < 26)
		p++;
	return p > from && *p == '=';
}

int authkeys_permit(const char *text, int bare, struct str *host, uint16_t *port)
{
	const char *end = text + strlen(text), *p = end;
	uint32_t n = 0;

	while (p > text && p[-1] != ':')
		p--;
	*host = p > text ? piece(text, p - 1) : STR("*");
	if (p == text && !bare)
		return 0;
	if (host->len && *host->p == '[') {
		if (host->p[host->len - 1] != ']')
			return 0;
		host->p++;
		host->len -= 2;
	} else if (memchr(host->p, ':', host->len)) {
		return 0;
	}
	if (!host->len)
		return 0;
	*port = 0;
	if (*p == '*' && !p[1])
		return 1;
	for (; *p - '0' + 0u < 10 && n <= 65535; p++)
		n = n * 10 + (uint32_t)(*p - '0');
	*port = (uint16_t)n;
	return !*p && n - 1 < 65535;
}

/* plus 1; 0: it is no number of a device */
static uint32_t device(const char *p)
{
	uint32_t n = 0;

	if (!*p)
		return 0;
	for (; *p - '0' + 0u < 10 && n < 100000000; p++)
		n = n * 10 + (uint32_t)(*p - '0');
	return *p ? 0 : n + 1;
}

/* does what an option says; value NULL where it has none */
static void option_apply(struct authkey *k, const struct option *o, int no, const char *value)
{
	struct str name = str_of(o->name), host;
	const char **text = (const char **)((char *)k + o->arg);
	uint16_t port;
	int ok = 1;

	if ((o->kind >= OPT_VALUES) != !!value)
		return refuse(k, value ? "option with a value" : "option without its value", name);
	switch (o->kind) {
	case OPT_FLAG: k->may = no ? k->may & ~o->arg : k->may | o->arg; break;
	case OPT_RESTRICT: k->may = 0; break;
	case OPT_SET: *(int *)((char *)k + o->arg) = 1; break;
	case OPT_TEXT:
		if (*text)
			refuse(k, "option twice", name);
		*text = value;
		break;
	case OPT_VALUES:
		if (CFG_TUN && o->arg == EACH_TUNNEL)
			ok = (k->tun = device(value)) != 0;
		else if (o->arg == EACH_ENVIRONMENT)
			ok = environment_ok(value);
		else
			ok = authkeys_permit(value, o->arg == EACH_PERMITLISTEN, &host, &port);
		if (!ok)
			refuse(k, "bad value of option", name);
		break;
	default: refuse(k, "unsupported option", name); break;
	}
}

/*
 * One option from *p on, which is left behind it. *w is where values go. 0
 * where the line cannot be read on.
 */
static int option_read(struct authkey *k, char **p, char **w)
{
	char *q = *p, *value = NULL;
	const struct option *o;
	struct str name;
	int no;

	while (*q && *q != '=' && *q != ',' && *q != '"' && *q != ' ' && *q != '\t')
		q++;
	name = piece(*p, q);

	o = option_find(name, &no);
	if (!o)
		refuse(k, "unknown option", name);
	if (*q == '=' && q[1] == '"') {
		/* what may not be written goes nowhere: over itself */
		char *write = k->why ? q : *w;

		*write++ = o && o->kind == OPT_VALUES ? (char)(o->arg + 1) : TAG_TEXT;
		value = write;
		for (q += 2; *q && *q != '"'; *write++ = *q++)
			if (*q == '\\' && q[1] == '"')
				q++;
		if (!*q++)
			return 0;
		*write++ = 0;
		if (!k->why)
			*w = write;
	} else if (*q == '=') {
		refuse(k, "value without quotes", name);
		while (*q && *q != ',' && *q != ' ' && *q != '\t')
			q++;
	}
	if (o && !k->why)
		option_apply(k, o, no, value);
	*p = q;
	return name.len && (*q == ',' || *q == ' ' || *q == '\t');
}

/* all of them; what follows, or NULL */
static char *options_read(struct authkey *k, char *p, char **w)
{
	do
		if (!option_read(k, &p, w))
			return NULL;
	while (*p++ == ',');
	return p;
}

/* where none is built in: as far as a blank that is not in quotes */
static char *options_skip(struct authkey *k, char *p)
{
	int quoted = 0;

	for (; *p && (quoted || (*p != ' ' && *p != '\t')); p++)
		if (*p == '\\' && p[1])
			p++;
		else if (*p == '"')
			quoted = !quoted;
	refuse(k, "options are not built in", STR(""));
	return p;
}

/* type, base64, comment */
static int key_read(struct authkey *k, char *p)
{
	char *end = to_blank(p);
	struct str name;
	struct rd r;
	size_t len;

	k->type = piece(p, end);
	p = over_blanks(end);
	end = to_blank(p);
	k->comment = str_of(over_blanks(end));
	while (k->comment.len && *over_blanks((char *)k->comment.p + k->comment.len - 1) == 0)
		k->comment.len--;
	if (!base64_decode(p, &len, p, (size_t)(end - p)))
		return 0;
	k->blob = (struct str){(uint8_t *)p, len};
	r = rd_init(k->blob);
	name = rd_str(&r);
	return name.len && str_eq(name, k->type);
}

/* does a key begin here, and not an option? */
static int is_type(const char *p)
{
	return begins(p, "ssh-") || begins(p, "ecdsa-") || begins(p, "sk-");
}

/* *p: past what is before the first word; 0 where there is none */
static int line_begin(struct authkey *k, char **p)
{
	size_t n = strlen(*p);

	memset(k, 0, sizeof(*k));
	k->may = MAY_ALL;
	k->options = piece(*p, *p);
	if (n && (*p)[n - 1] == '\r')
		(*p)[n - 1] = 0;
	if (begins(*p, "\xEF\xBB\xBF"))
		*p += 3;
	*p = over_blanks(*p);
	return **p && **p != '#';
}

/* options on the line from its start, and what follows them at *p; 0 where they cannot be read */
static int options_take(struct authkey *k, char *line, char **p)
{
	char *w = line;

	*p = CFG_AUTHKEYS_OPTIONS ? options_read(k, *p, &w) : options_skip(k, *p);
	if (!*p) {
		refuse(k, "the options cannot be read", STR(""));
		return 0;
	}
	*p = over_blanks(*p);
	k->options = piece(line, w);
	return 1;
}

enum authkeys_result authkeys_line(struct authkey *k, char *line)
{
	char *p = line;

	if (!line_begin(k, &p))
		return AUTHKEYS_NONE;
	if (!is_type(p) && !options_take(k, line, &p))
		return AUTHKEYS_BAD;
	if (!key_read(k, p)) {
		refuse(k, "the key cannot be read", STR(""));
		return AUTHKEYS_BAD;
	}
	if (CFG_CERTS && k->principals && !k->ca)
		refuse(k, "option of another kind of line", STR("principals"));
	return k->why ? AUTHKEYS_REFUSED : AUTHKEYS_KEY;
}

enum authkeys_result authkeys_principal(struct authkey *k, char *line)
{
	char *p = line, *end;

	if (!line_begin(k, &p))
		return AUTHKEYS_NONE;
	if (*over_blanks(to_blank(p)) && !options_take(k, line, &p))
		return AUTHKEYS_BAD;
	end = to_blank(p);
	k->comment = piece(p, end);
	if (end == p || *over_blanks(end)) {
		refuse(k, "not one name", STR(""));
		return AUTHKEYS_BAD;
	}
	return k->why ? AUTHKEYS_REFUSED : AUTHKEYS_KEY;
}

const char *authkeys_each(const struct authkey *k, enum authkeys_multi which, size_t *at)
{
	while (*at < k->options.len) {
		const char *p = (const char *)k->options.p + *at;

		*at += strlen(p) + 1;
		if (*p == (char)(which + 1))
			return p + 1;
	}
	return NULL;
}
