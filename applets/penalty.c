/* penalty.c - sources that misbehave before they are logged in, and how long they stay away for it. */
/* SPDX-License-Identifier: MIT */
/*
 * As OpenSSH's PerSourcePenalties: durations of one source add up, to the most;
 * from the least on its connections are not taken, until all of it is over. The
 * table is full: the source goes whose penalty would end first.
 *
 * Never for this machine itself, where a reverse tunnel comes out and all who use it
 * look alike, nor for the link's own addresses: who is on the link can be met there.
 */
#include "penalty.h"

struct source {
	struct addr from;
	uint64_t end; /* clock_ms; the entry is free from then on */
	uint8_t why;  /* enum penalty, the last */
	uint8_t refused;
};

static struct source sources[PENALTY_SOURCES] APART;
static int some; /* 0: not yet looked at, so that its pages are not there */

static const char *const words[PENALTY_MAX] = {
    [PENALTY_CRASH] = "crash",   [PENALTY_AUTHFAIL] = "failed authentication",
    [PENALTY_NOAUTH] = "no try", [PENALTY_REFUSE] = "",
    [PENALTY_GRACE] = "timeout",
};

static int exempt(const struct addr *peer, const struct settings *s)
{
	return !s->penalty[PENALTY_MAX] ||
	       addr_match(peer, "127.0.0.0/8,::1,fe80::/10,169.254.0.0/16") > 0 ||
	       addr_match(peer, SETTING(s, penalty_exempt)) > 0;
}

/* the source's own entry; else NULL, and *next is to be used for it */
static struct source *find(const struct addr *peer, uint64_t now, struct source **next)
{
	struct source *p;

	*next = sources;
	for (p = sources; p < sources + PENALTY_SOURCES; p++) {
		if (p->end > now && addr_same_host(&p->from, peer))
			return p;
		if (p->end < (*next)->end)
			*next = p;
	}
	return NULL;
}

void penalty_add(const struct addr *peer, unsigned why, const struct settings *s, uint64_t now)
{
	struct source *next, *p;
	uint64_t most = s->penalty[PENALTY_MAX] * 1000ull;
	char host[64];

	if (why >= PENALTY_MAX || !s->penalty[why] || exempt(peer, s))
		return;
	some = 1;
	p = find(peer, now, &next);
	if (!p) {
		p = next;
		*p = (struct source){.from = *peer, .end = now};
	}
	p->why = (uint8_t)why;
	p->end += s->penalty[why] * 1000ull;
	if (p->end > now + most)
		p->end = now + most;
	if (p->refused || p->end <= now + s->penalty[PENALTY_MIN] * 1000ull)
		return;
	p->refused = 1;
	addr_host(peer, host, sizeof(host));
	log_put(LOG_L_NOTICE, "penalty: %s is refused for now: %s", host, words[why]);
}

const char *penalty_refusal(const struct addr *peer, const struct settings *s, uint64_t now)
{
	struct source *next, *p = some ? find(peer, now, &next) : NULL;

	return p && p->refused && !exempt(peer, s) ? words[p->why] : NULL;
}
