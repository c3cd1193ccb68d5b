/* slots.c - the listener's book of connections: who may come, and who goes for it. */
/* SPDX-License-Identifier: MIT */
/*
 * Too many that are not logged in, of one source or in all: the oldest silent
 * one of the busiest source goes, and the new one gets its place. So silence
 * locks nobody out: an honest login says something at once.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "penalty.h"
#include "slots.h"

struct slot slots[SLOTS_ALL] APART;
static uint32_t arrivals;

static int waiting(const struct slot *s)
{
	return s->state == SLOT_SILENT || s->state == SLOT_KEYED;
}

static unsigned count(int logged_in)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < SLOTS; i++)
		n += logged_in ? slots[i].state == SLOT_IN : waiting(&slots[i]);
	return n;
}

static unsigned count_source(const struct addr *peer)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < SLOTS; i++)
		n += waiting(&slots[i]) && addr_same_host(&slots[i].peer, peer);
	return n;
}

/* 1: a should go rather than b */
static int rather(const struct slot *a, unsigned a_source, const struct slot *b, unsigned b_source)
{
	if (a_source != b_source)
		return a_source > b_source;
	if (a->state != b->state)
		return a->state == SLOT_SILENT;
	return (int32_t)(a->no - b->no) < 0;
}

/* among all that wait, or those of one source */
static struct slot *victim(const struct addr *of)
{
	struct slot *worst = NULL;
	unsigned worst_source = 0;
	size_t i;

	for (i = 0; i < SLOTS; i++) {
		struct slot *s = &slots[i];
		unsigned source;

		if (!waiting(s) || (of && !addr_same_host(&s->peer, of)))
			continue;
		source = of ? 0 : count_source(&s->peer);
		if (!worst || rather(s, source, worst, worst_source)) {
			worst = s;
			worst_source = source;
		}
	}
	return worst;
}

static void end(struct slot *s, const char *why)
{
	char host[64];

	addr_host(&s->peer, host, sizeof(host));
	log_put(LOG_L_INFO, "Exit before auth from <%s:%u>: %s", host, addr_port(&s->peer), why);
	kill(s->pid, SIGTERM);
	slot_free(s);
}

struct slot *slot_take(const struct addr *peer, const struct settings *s)
{
	struct slot *v;
	unsigned most = s->unauth_max < CFG_UNAUTH_MAX ? s->unauth_max : CFG_UNAUTH_MAX;
	size_t i;

	if (count(1) >= s->conns_max || count(1) >= CFG_CONNS_MAX) {
		log_put(LOG_L_WARN, "too many connections are logged in (%u)", count(1));
		return NULL;
	}
	if (s->unauth_source && count_source(peer) >= s->unauth_source && (v = victim(peer)))
		end(v, "too many connections of this source that are not logged in");
	if (count(0) >= most && (v = victim(NULL)))
		end(v, "too many connections that are not logged in");
	for (i = 0; i < SLOTS; i++)
		if (slots[i].state == SLOT_FREE)
			break;
	if (i == SLOTS)
		return NULL;
	slots[i] = (struct slot){.state = SLOT_SILENT, .link = -1, .no = arrivals++, .peer = *peer};
	return &slots[i];
}

struct slot *slot_last(const struct addr *peer)
{
	struct slot *s = &slots[SLOTS_ALL - 1];

	if (s->state != SLOT_FREE)
		end(s, "another rescue login comes");
	*s = (struct slot){.state = SLOT_SILENT, .link = -1, .no = arrivals++, .peer = *peer};
	return s;
}

void slot_free(struct slot *s)
{
	if (s->link >= 0)
		close(s->link);
	*s = (struct slot){.link = -1};
}

void slot_progress(struct slot *s, const struct settings *set)
{
	char word[4];
	int none = 0;
	ssize_t n = msg_recv(s->link, word, sizeof(word), NULL, &none);

	if (n <= 0 || (CFG_PENALTIES && word[0] >= SAY_OVER)) {
		if (CFG_PENALTIES && waiting(s)) /* without a word: it has crashed */
			penalty_add(&s->peer, n > 0 ? word[0] - SAY_OVER : PENALTY_CRASH, set,
				    clock_ms());
		slot_free(s);
	} else if (word[0] == SAY_KEYED)
		s->state = SLOT_KEYED;
	else if (word[0] == SAY_IN)
		s->state = SLOT_IN;
}
