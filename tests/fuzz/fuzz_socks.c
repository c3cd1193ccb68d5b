/* fuzz_socks.c - SOCKS requests in pieces: nothing beyond what there is, and the pieces do not matter. */
/* SPDX-License-Identifier: MIT */
/* The first byte says how many come at a time. */
#include <stdlib.h>
#include <string.h>

#include "socks.h"

static void must(int good)
{
	if (!good)
		abort();
}

struct result {
	int need;
	size_t used, replied;
	char host[256];
	uint32_t port;
};

static void run(struct result *o, const uint8_t *p, size_t n, size_t most)
{
	struct socks *s = calloc(1, sizeof(*s));
	uint8_t *reply = malloc(SOCKS_REPLY);
	size_t len, room = sizeof(o->host);

	memset(o, 0, sizeof(*o));
	for (;;) {
		o->need = socks_step(s, reply, &len);
		must(len <= SOCKS_REPLY && o->need >= -1);
		o->replied += len;
		must(o->replied <= 2);
		if (o->need <= 0 || o->used == n)
			break;
		must(s->have + (size_t)o->need <= SOCKS_MAX);
		len = (size_t)o->need < most ? (size_t)o->need : most;
		len = len < n - o->used ? len : n - o->used;
		memcpy(s->in + s->have, p + o->used, len);
		s->have += len;
		o->used += len;
	}
	if (o->need == 0) {
		char *host = malloc(room);

		socks_target(s, host, room, &o->port);
		must(memchr(host, 0, room) != NULL && o->port < 65536);
		strcpy(o->host, host);
		free(host);
		len = socks_reply(s->in[0] == 4 ? 4 : 5, *p & 1, reply);
		must(len == 8 || len == 10);
	}
	free(reply);
	free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct result whole, parts;

	if (!n || n > 2000)
		return 0;
	run(&whole, data + 1, n - 1, SOCKS_MAX);
	run(&parts, data + 1, n - 1, 1 + *data % 16);
	must((whole.need < 0) == (parts.need < 0) && whole.port == parts.port);
	must(whole.need < 0 || (whole.need == parts.need && whole.used == parts.used));
	must(whole.replied == parts.replied && !strcmp(whole.host, parts.host));
	return 0;
}
