/* settings_dump.c - settings as text (sshd -T), and the addresses to listen on. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "port.h"
#include "crypto.h"
#include "settings_table.h"

/* one line each; of the addresses those that the keyword is for */
static void dump_array(const struct settings *s, const struct setting *row, int fd)
{
	const uint16_t *at = (const uint16_t *)((const char *)s + row->off);
	unsigned n = row->type == SET_LISTEN   ? CFG_LISTENERS
		     : row->type == SET_SUBSYS ? SETTINGS_SUBSYSTEMS
					       : row->arg;

	for (; n && *at; n--, at++) {
		const char *text = s->text + *at;
		size_t len;

		if (row->type == SET_LISTEN && (*text == '[') != row->arg)
			continue;
		set_head_dump(fd, row->name);
		/* a colon at the end says that there is no port */
		len = strlen(text);
		fmt_fd(fd, " %.*s\n", (int)(len - (text[len - 1] == ':')), text);
	}
}

static void dump_text(const struct settings *s, const struct setting *row, int fd)
{
	uint16_t at = *(const uint16_t *)((const char *)s + row->off);
	const char *text = s->text + at;

	if (!at && row->type == SET_ALG)
		return set_alg_dump(fd, row->arg, ',', NO_SERVER | OFF_SERVER);
	/* what stands between words may be a newline; shown as the file would have it */
	for (; *text; text++)
		fmt_fd(fd, "%c", *text == '\n' ? ' ' : *text);
	fmt_fd(fd, at ? "\n" : "none\n");
}

static void dump_penalties(const uint32_t *seconds, int fd)
{
	if (!seconds[PENALTY_MAX])
		return fmt_fd(fd, "no\n");
	for (unsigned i = 0; i < PENALTY_COUNT; i++) {
		struct str name = set_enum_name(set_enums[E_PENALTY], i);

		fmt_fd(fd, "%.*s:%u%s", (int)name.len, (const char *)name.p, seconds[i],
		       i + 1 < PENALTY_COUNT ? " " : "\n");
	}
}

static void dump_row(const struct settings *s, const struct setting *row, int fd)
{
	const void *at = (const char *)s + row->off;
	unsigned value = *(const uint8_t *)at, e = row->arg;
	struct str name;

	if (row->type == SET_LISTEN || row->type == SET_FILES || row->type == SET_SUBSYS)
		return dump_array(s, row, fd);
	if (row->type == SET_LIST && !*(const uint16_t *)at)
		return;
	set_head_dump(fd, row->name);
	fmt_fd(fd, " ");
	if (CFG_PENALTIES && row->type == SET_PENALTY)
		return dump_penalties(at, fd);
	switch (row->type) {
	case SET_FORWARD: value += ((const uint8_t *)at)[1] * 2u; e = E_FORWARD; /* fall through */
	case SET_ENUM:
		name = set_enum_name(set_enums[e], value);
		fmt_fd(fd, "%.*s\n", (int)name.len, (const char *)name.p);
		break;
	case SET_REKEY: fmt_fd(fd, "%u %u\n", s->rekey_bytes, s->rekey_seconds); break;
	case SET_OCTAL: fmt_fd(fd, "0%o\n", *(const uint32_t *)at); break;
	case SET_NUM:
	case SET_FIRST:
	case SET_TIME:
	case SET_SIZE: fmt_fd(fd, "%u\n", *(const uint32_t *)at); break;
	default: dump_text(s, row, fd); break;
	}
}

void settings_dump(const struct settings *s, int fd)
{
	for (unsigned k = 0; CFG_SSHD_OPTIONS && k < K_KEYWORDS; k++)
		if (*set_table[k].name)
			dump_row(s, &set_table[k], fd);
}

/* the i-th of the texts that begin with a bracket, or of those that do not */
static const char *nth(const struct settings *s, unsigned i, int bracket)
{
	for (unsigned k = 0; k < CFG_LISTENERS && s->listen[k]; k++) {
		const char *text = SETTING(s, listen[k]);

		if ((*text == '[') == bracket && !i--)
			return text;
	}
	return NULL;
}

int settings_listener(const struct settings *s, unsigned i, char *host, size_t n, uint16_t *port)
{
	const char *p, *bare;
	uint64_t v = 22;
	unsigned k, ports = 1;
	size_t len;

	while (nth(s, ports, 0))
		ports++;
	for (k = 0; (p = nth(s, k, 1)); k++) {
		int own = p[strlen(p) - 1] != ':';
		unsigned times = own ? 1 : ports;

		if (i < times) {
			len = (size_t)(strchr(p, ']') - p - 1);
			fmt(host, n, "%.*s", (int)len, p + 1);
			bare = own ? strrchr(p, ':') + 1 : nth(s, i, 0);
			break;
		}
		i -= times;
	}
	if (!p) {
		bare = nth(s, i, 0);
		if (k || (!bare && i))
			return 0;
		fmt(host, n, "*");
	}
	if (bare)
		num_parse(bare, 1, 65535, &v);
	*port = (uint16_t)v;
	return 1;
}
