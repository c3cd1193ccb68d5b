/* mon_env.c - the environment of a command: ours, the client's as far as allowed, the key's. */
/* SPDX-License-Identifier: MIT */
/*
 * What clients ask for waits here until their command starts: records of
 * u16 channel, u16 length, NAME=value with its NUL, one behind the other.
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "match.h"
#include "monitor.h"

static size_t waiting_len; /* bytes behind mon.keep[mon.kept] */
static size_t own_len;     /* of mon_scratch.env */
static unsigned n_vars;
static uint64_t login; /* clock_boot_ms of the connection's start */

static char *waiting(void)
{
	return (char *)mon.keep + mon.kept;
}

static uint16_t u16_get(const char *p)
{
	return (uint8_t)p[0] | (uint8_t)p[1] << 8;
}

static void u16_set(char *p, unsigned v)
{
	p[0] = v;
	p[1] = v >> 8;
}

/* letters, digits and '_' alone, and nothing that changes how programs are loaded */
static int name_ok(struct str name)
{
	size_t i;

	for (i = 0; i < name.len; i++) {
		uint8_t c = name.p[i];

		if (!((c | 32) >= 'a' && (c | 32) <= 'z') && !(i && c >= '0' && c <= '9') &&
		    c != '_')
			return 0;
	}
	return name.len && name.len < 64 && !(name.len >= 3 && !memcmp(name.p, "LD_", 3));
}

int env_add(uint32_t ch, struct str name, struct str value)
{
	size_t n = name.len + 1 + value.len + 1;
	char *p = waiting() + waiting_len;

	if (memchr(value.p, 0, value.len) || n + 4 > MON_VARS - waiting_len)
		return 0;
	u16_set(p, ch);
	u16_set(p + 2, n);
	memcpy(p + 4, name.p, name.len);
	p[4 + name.len] = '=';
	memcpy(p + 5 + name.len, value.p, value.len);
	p[4 + n - 1] = 0;
	waiting_len += 4 + n;
	return 1;
}

void env_request(struct rd *r, struct wr *w)
{
	uint32_t ch = rd_u32(r);
	struct str name = rd_str(r), value = rd_str(r);

	if (!rd_done(r) || ch >= MON_SESSIONS) {
		r->bad = 1;
		return;
	}
	wr_u8(w, name_ok(name) && !keys_command() &&
		     match_list(name, str_of(SETTING(mon.set, accept_env))) > 0 &&
		     env_add(ch, name, value));
}

void env_drop(uint32_t ch)
{
	char *p = waiting();
	size_t at = 0, n;

	while (at < waiting_len) {
		n = 4 + u16_get(p + at + 2);
		if (u16_get(p + at) == ch) {
			memmove(p + at, p + at + n, waiting_len - at - n);
			waiting_len -= n;
		} else {
			at += n;
		}
	}
}

/* a later one of the same name takes the place of the earlier */
static void put(char *var)
{
	size_t n = (size_t)(strchr(var, '=') - var) + 1; /* there is one in each */
	unsigned i;

	for (i = 0; i < n_vars; i++)
		if (!strncmp(mon_scratch.vars[i], var, n))
			break;
	if (i == MON_ENVIRON)
		return;
	mon_scratch.vars[i] = var;
	n_vars += i == n_vars;
}

static void put_text(const char *name, const char *value)
{
	char *p = mon_scratch.env + own_len;
	size_t n;

	if (!value || !*value)
		return;
	n = fmt(p, sizeof(mon_scratch.env) - own_len, "%s=%s", name, value);
	if (own_len + n + 1 >= sizeof(mon_scratch.env)) /* cut: rather none than a wrong one */
		return;
	own_len += n + 1;
	put(p);
}

static void put_addresses(void)
{
	char host[64], text[160];

	addr_host(&mon.own, host, sizeof(host));
	fmt(text, sizeof(text), "%s %u %u", mon.host, addr_port(&mon.peer), addr_port(&mon.own));
	put_text("SSH_CLIENT", text);
	fmt(text, sizeof(text), "%s %u %s %u", mon.host, addr_port(&mon.peer), host,
	    addr_port(&mon.own));
	put_text("SSH_CONNECTION", text);
}

void env_login(void)
{
	login = clock_boot_ms();
}

/* since when, and by which process: guard asks, who may not take an old session's word */
static void put_login(void)
{
	char text[48];

	fmt(text, sizeof(text), "%llu %d", (unsigned long long)login, (int)getpid());
	put_text(ENV_LOGIN, text);
}

/* the server's own, dropbear -e */
static void put_passed(void)
{
	char **e;

	for (e = environ; CFG_COMPAT_DROPBEAR && mon.set->pass_env && e && *e; e++)
		put(*e);
}

static void put_waiting(uint32_t ch)
{
	char *p = waiting();
	size_t at;

	for (at = 0; at < waiting_len; at += 4 + u16_get(p + at + 2))
		if (u16_get(p + at) == ch)
			put(p + at + 4);
}

/* environment= of the key, and over that SetEnv, one a line */
static void put_configured(void)
{
	char *set = mon_scratch.env_set;
	const char *e;
	size_t at = 0;
	char *p = set;

	while ((e = keys_environment(&at)))
		put((char *)e);
	if (!CFG_SSHD_OPTIONS)
		return;
	fmt(set, sizeof(mon_scratch.env_set), "%s", SETTING(mon.set, set_env));
	while (*p) {
		size_t n = strcspn(p, "\n");
		int more = p[n] != 0;

		p[n] = 0;
		if (strchr(p, '='))
			put(p);
		p += n + more;
	}
}

char *const *env_build(uint32_t ch, const char *original)
{
	const struct user *u = &mon.user;

	own_len = n_vars = 0;
	put_passed();
	put_text("PATH", u->uid == 0
			     ? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
			     : "/usr/local/bin:/usr/bin:/bin");
	put_waiting(ch);
	put_configured();
	put_text("USER", u->name);
	put_text("LOGNAME", u->name);
	put_text("HOME", u->home);
	put_text("SHELL", u->shell);
	put_addresses();
	if (CFG_GUARD)
		put_login();
	if (original) /* not copied: it is as long as a command may be */
		put((char *)original);
	mon_scratch.vars[n_vars] = NULL;
	return mon_scratch.vars;
}
