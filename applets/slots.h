/* slots.h - the listener's book of connections: who may come, and who goes for it. */
/* SPDX-License-Identifier: MIT */
#ifndef SLOTS_H
#define SLOTS_H

#include "port.h"
#include "settings.h"

#define SLOTS (CFG_UNAUTH_MAX + CFG_CONNS_MAX)
#define SLOTS_ALL (SLOTS + CFG_RESCUE) /* the last is for the rescue login alone */

enum slot_state {
	SLOT_FREE,
	SLOT_SILENT, /* has not come through a key exchange */
	SLOT_KEYED,
	SLOT_IN /* logged in */
};

struct slot {
	uint8_t state; /* enum slot_state */
	int link;      /* to its monitor; ends with it */
	pid_t pid;
	uint32_t no; /* order of arrival */
	struct addr peer;
};

extern struct slot slots[SLOTS_ALL];

/* a free slot for a connection from there, by ending another where the limits ask for it; NULL: refused */
struct slot *slot_take(const struct addr *peer, const struct settings *s);
/* the rescue login's own, whoever had it */
struct slot *slot_last(const struct addr *peer);
void slot_free(struct slot *s);
/* its link can be read; set: for what one that was not logged in gets for its end */
void slot_progress(struct slot *s, const struct settings *set);

/* a letter through the link: keys are there; logged in; over before that, plus enum penalty */
enum { SAY_KEYED = 'K', SAY_IN = 'A', SAY_OVER = 'a' };

#endif
