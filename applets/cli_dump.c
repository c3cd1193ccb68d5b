/* cli_dump.c - the client's settings as text (-G), and what is built in (-Q). */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli_run.h"
#include "cli_table.h"

static void head(unsigned k)
{
	set_head_dump(1, cli_name(k));
}

/* one end of a forward */
static void dump_end(const char *host, unsigned port, int path)
{
	if (path)
		fmt_fd(1, " %s", host);
	else if (host)
		fmt_fd(1, " [%s]:%u", host, port);
	else
		fmt_fd(1, " %u", port);
}

static void dump_forwards(const struct cli_set *s, unsigned k, char kind)
{
	for (unsigned i = 0; i < s->n_forwards; i++) {
		const struct cli_forward *f = &s->forward[i];

		if (f->kind != kind && (f->kind != 'd' || kind != 'R'))
			continue;
		head(k);
		dump_end(f->bind, f->port, f->bind_unix);
		if (f->kind == 'd')
			dump_end("socks", 0, 0);
		else if (f->kind != 'D')
			dump_end(f->to, f->to_port, f->to_unix);
		fmt_fd(1, "\n");
	}
}

/* in one line, or one each */
static void dump_list(unsigned k, int one, const char *const *text)
{
	unsigned i;

	if (one)
		head(k);
	for (i = 0; i < CLI_FILES && text[i]; i++) {
		if (!one)
			head(k);
		fmt_fd(1, one ? " %s" : " %s\n", text[i]);
	}
	if (one)
		fmt_fd(1, i ? "\n" : " none\n");
}

static void dump_enum(const char *z, unsigned value)
{
	struct str name = set_enum_name(z, value);

	fmt_fd(1, "%.*s\n", (int)name.len, (const char *)name.p);
}

static void dump_escape(int c)
{
	if (c < 0)
		fmt_fd(1, "none\n");
	else
		fmt_fd(1, c < 32 ? "\\^%c\n" : "%c\n", c < 32 ? c + 64 : c);
}

static void dump_persist(uint32_t v)
{
	if (v && v != UINT32_MAX)
		fmt_fd(1, "%u\n", v);
	else
		fmt_fd(1, "%s\n", v ? "yes" : "no");
}

/* one end of a tunnel, and what is behind it */
static void dump_device(unsigned n, char end)
{
	if (n == CLI_TUN_ANY)
		fmt_fd(1, "any%c", end);
	else
		fmt_fd(1, "%u%c", n, end);
}

/* what follows the keyword */
static void dump_value(const struct cli_key *row, const void *at)
{
	switch (row->type) {
	case C_ADD:
		if (cli_load.s->add_life) {
			fmt_fd(1, "%s%u\n", cli_load.s->add_keys == 3 ? "confirm " : "",
			       cli_load.s->add_life);
			break;
		}
		/* fall through */
	case C_ENUM: dump_enum(cli_enums[row->arg], *(const uint8_t *)at); break;
	case C_PORT: fmt_fd(1, "%u\n", *(const uint16_t *)at); break;
	case C_MASK: fmt_fd(1, "0%o\n", *(const uint16_t *)at); break;
	case C_ESCAPE: dump_escape(*(const int *)at); break;
	case C_PERSIST: dump_persist(*(const uint32_t *)at); break;
	case C_REKEY:
		fmt_fd(1, "%u %u\n", (unsigned)cli_load.s->rekey_bytes,
		       cli_load.s->rekey_seconds); /* it was read as 32 bits */
		break;
	case C_TUN:
		if (!CFG_TUN)
			break;
		dump_device(cli_load.s->tun_local, ':');
		dump_device(cli_load.s->tun_remote, '\n');
		break;
	case C_WORD:
	case C_REST:
	case C_ALG: fmt_fd(1, "%s\n", *(const char *const *)at); break;
	default: fmt_fd(1, "%u\n", *(const uint32_t *)at); break;
	}
}

static void dump_row(unsigned k)
{
	const struct cli_key *row = &cli_keys[k];
	const void *at = cli_at(k);
	int text = row->type == C_WORD || row->type == C_REST || row->type == C_ALG;
	int none = text && !*(const char *const *)at;
	const char *path = k == R_FORWARD_AGENT ? cli_load.s->forward_path : NULL;

	switch (row->type) {
	case C_FORWARD: dump_forwards(cli_load.s, k, (char)row->arg); return;
	case C_FILES:
	case C_KNOWN:
	case C_SETENV:
	case C_SENDENV: dump_list(k, row->type == C_KNOWN, at); return;
	default: break;
	}
	if (none && row->type != C_ALG)
		return;
	head(k);
	fmt_fd(1, " ");
	if (none)
		set_alg_dump(1, row->arg, ',', NO_CLIENT | OFF_CLIENT);
	else if (k == R_TIMEOUT && !*(const uint32_t *)at)
		fmt_fd(1, "none\n");
	else if (path)
		fmt_fd(1, "%s\n", path);
	else
		dump_value(row, at);
}

void cli_dump(void)
{
	fmt_fd(1, "host %s\n", cli_load.s->host_arg);
	for (unsigned k = 0; k < R_SHOWN; k++)
		dump_row(k);
}

int cli_query(const char *what)
{
	static const char kinds[] = "0kex;1key;2cipher;3mac;1sig;4protocol-version;5help;";
	int kind = what ? cli_enum(kinds, what) : 0;
	struct str name;
	const char *z;

	switch (kind) {
	case 4: fmt_fd(1, "2\n"); break;
	case 5:
		for (z = kinds; set_enum_next(&z, &name) >= 0;)
			fmt_fd(1, "%.*s\n", (int)name.len, (const char *)name.p);
		break;
	case -1: cli_bad("-Q: there is nothing called '%p'; try help", what); return CLI_FAILED + 1;
	default:
		for (int k = what ? kind : ALG_KEX; k <= (what ? kind : ALG_MAC); k++)
			set_alg_dump(1, (unsigned)k, '\n', 0);
	}
	return 0 + 1;
}
