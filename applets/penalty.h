/* penalty.h - sources that misbehave before they are logged in, and how long they stay away for it. */
/* SPDX-License-Identifier: MIT */
#ifndef PENALTY_H
#define PENALTY_H

#include "port.h"
#include "settings.h"

#define PENALTY_SOURCES 64

/* one more penalty for that source; why: enum penalty, others are passed over; now: clock_ms */
void penalty_add(const struct addr *peer, unsigned why, const struct settings *s, uint64_t now);
/* why no connection from there is taken now, in words; NULL where it is */
const char *penalty_refusal(const struct addr *peer, const struct settings *s, uint64_t now);

#endif
