/* test_dispatch.c - the dispatch table for every message, role, phase and step, against its golden file. */
/* SPDX-License-Identifier: MIT */
/*
 * dispatch.golden is the reviewer's page: a change of core/table.c shows there.
 * `test_dispatch -w` in the top folder writes it anew.
 */
#include <stdio.h>

#include "lib.h"

#define GOLDEN "tests/engine/dispatch.golden"

static const char *const phases[PH_COUNT] = {"FIRST", "STRICT", "SERVICE", "AUTH", "CONN"};
static const char *const steps[K_COUNT] = {"IDLE", "SENT", "GUESS", "SHARE", "NEWKEYS"};

#define ON(f)         \
	{             \
		f, #f \
	}
static const struct {
	on_msg on;
	const char *name;
} handlers[] = {
    ON(trans_on_disconnect),
    ON(trans_on_ignore),
    ON(trans_on_unimplemented),
    ON(trans_on_debug),
    ON(trans_on_ext_info),
    ON(trans_on_ping),
    ON(auth_server_on_service),
    ON(auth_server_on_request),
    ON(auth_server_on_late),
    ON(auth_client_on_accept),
    ON(auth_client_on_failure),
    ON(auth_client_on_success),
    ON(auth_client_on_banner),
    ON(auth_client_on_method),
    ON(kexinit_on_msg),
    ON(kex_on_newkeys),
    ON(kex_on_init),
    ON(kex_on_reply),
    ON(kex_on_guess),
    ON(global_on_request),
    ON(global_on_reply),
    ON(chan_on_open),
    ON(chan_on_confirm),
    ON(chan_on_refused),
    ON(chan_on_window),
    ON(chan_on_data),
    ON(chan_on_ext_data),
    ON(chan_on_eof),
    ON(chan_on_close),
    ON(chan_on_request),
    ON(chan_on_reply),
};

static char text[1 << 16], golden[1 << 16], body[512], last[512];
static size_t len;

#define ADD(...) (len += snprintf(text + len, sizeof(text) - len, __VA_ARGS__))

static const char *handler(const struct row *r)
{
	unsigned i;

	for (i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
		if (handlers[i].on == r->on)
			return handlers[i].name;
	return "?";
}

/* body: for each handler of the message, a line with the steps in which it is the one */
static unsigned rows_of(int client, int msg, int phase)
{
	const struct row *at[K_COUNT];
	unsigned n = 0;
	size_t m = 0;
	int k, j, known;

	body[0] = 0;
	for (k = 0; k < K_COUNT; k++)
		at[k] = msg < 256 ? table_find(msg, client, phase, k, &known) : NULL;
	for (k = 0; k < K_COUNT; k++) {
		const struct row *r = at[k];

		if (!r)
			continue;
		for (j = 0; j < K_COUNT; j++) {
			int same = at[j] && at[j]->on == r->on;

			m += snprintf(body + m, sizeof(body) - m, "%-*s ", (int)strlen(steps[j]),
				      same ? steps[j] : "-");
			n += same;
			if (same)
				at[j] = NULL;
		}
		m += snprintf(body + m, sizeof(body) - m, "%s\n", handler(r));
	}
	return n;
}

/* a phase: messages that are treated alike stand together */
static unsigned lines(int client, int phase)
{
	unsigned n = 0;
	int msg, from = 0;
	char *p, *end, range[12];

	last[0] = 0;
	for (msg = 0; msg <= 256; msg++) {
		n += rows_of(client, msg, phase);
		if (msg < 256 && !strcmp(body, last))
			continue;
		snprintf(range, sizeof(range), from == msg - 1 ? "%d" : "%d-%d", from, msg - 1);
		for (p = last; *p; p = end + 1) {
			end = strchr(p, '\n');
			ADD("%s %-7s %-7s %.*s\n", client ? "client" : "server", phases[phase],
			    range, (int)(end - p), p);
		}
		strcpy(last, body);
		from = msg;
	}
	return n;
}

static void unknown(int client)
{
	int msg, known, from = -1;

	ADD("%s answers UNIMPLEMENTED to", client ? "client" : "server");
	for (msg = 0; msg <= 256; msg++) {
		known = 1;
		if (msg < 256)
			table_find(msg, client, PH_CONN, K_IDLE, &known);
		if (!known && from < 0)
			from = msg;
		if (known && from >= 0) {
			ADD(from == msg - 1 ? " %d" : " %d-%d", from, msg - 1);
			from = -1;
		}
	}
	ADD("; in phase STRICT that ends the connection.\n");
}

static void print_table(void)
{
	int client, phase;
	unsigned n = 0;

	ADD("What is legal: receiver, phase, messages, steps of the key exchange, handler.\n"
	    "All else that is named below ends the connection.\n\n");
	for (client = 0; client < 2; client++)
		for (phase = 0; phase < PH_COUNT; phase++)
			n += lines(client, phase);
	ADD("\n");
	unknown(0);
	unknown(1);
	ADD("%u of %u combinations are legal.\n", n, 256 * 2 * PH_COUNT * K_COUNT);
}

/* what no edit of the table may bring about, whatever the golden file says */
static void never(void)
{
	int client, msg, phase, step, known;

	for (client = 0; client < 2; client++)
		for (phase = 0; phase < PH_COUNT; phase++)
			for (step = 0; step < K_COUNT; step++)
				for (msg = 0; msg < 256; msg++) {
					int legal =
					    table_find(msg, client, phase, step, &known) != NULL;

					/* user authentication and channels need keys */
					if (msg >= 50 && phase < PH_SERVICE)
						CHECK(!legal);
					/* channels need a user */
					if (msg >= 80 && msg <= 127 && phase != PH_CONN)
						CHECK(!legal);
					/* nothing but the exchange in a strict one, and DISCONNECT */
					if (phase == PH_STRICT && msg != 1 && msg != 20 &&
					    msg != 21 && (msg < 30 || msg > 49))
						CHECK(!legal);
					/* no keys without an exchange */
					if (msg == 21)
						CHECK(legal == (step == K_NEWKEYS));
					/* what a client alone gets */
					if (!client && ((msg >= 51 && msg < 80) || msg == 6))
						CHECK(!legal);
					/* a guess is followed by its own messages; later none but data comes between */
					if (step == K_GUESS && msg >= 50)
						CHECK(!legal);
					if (step == K_NEWKEYS && msg >= 50 &&
					    (phase != PH_CONN || msg < 93 || msg > 97))
						CHECK(!legal);
				}
	test_end("what is never legal");
}

int main(int argc, char **argv)
{
	FILE *f;
	size_t n = 0;
	int whole = test_begin(1, argv), write = argc > 1 && !strcmp(argv[1], "-w");

	never();
	if (!whole)
		return test_status();
	print_table();
	f = fopen(GOLDEN, write ? "w" : "r");
	CHECK(f != NULL);
	if (f && write) {
		CHECK(fwrite(text, 1, len, f) == len);
	} else if (f) {
		n = fread(golden, 1, sizeof(golden), f);
		CHECK(n == len && !memcmp(text, golden, n));
	}
	if (f)
		fclose(f);
	test_end("dispatch table as in " GOLDEN);
	return test_status();
}
