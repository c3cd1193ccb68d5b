/* lab.h - engines for the fuzzers: a victim, and a peer that seals what the input wants said. */
/* SPDX-License-Identifier: MIT */
/*
 * Everything follows from the input: seeds are fixed, time is an operation, the
 * answers to what the victim asks are bytes of the input. A broken invariant
 * traps.
 */
#ifndef LAB_H
#define LAB_H

#include "engine.h"

#define TRAP_UNLESS(c)                    \
	do {                              \
		if (!(c))                 \
			__builtin_trap(); \
	} while (0)

struct lab {
	struct ssh victim, peer;
	struct rd in; /* the input */
	uint64_t now;
	int hold;         /* 1: nobody takes what the victim sends */
	int done;         /* SSH_E_* of the victim */
	int authed;       /* events seen */
	int last_answer;  /* to SSH_EV_AUTH, 0 for queries */
	int last_sent;    /* message number that the peer sent last */
	int auth_by_hand; /* client: ssh_auth_* are operations of the input */
};

extern struct lab lab;

/* both engines anew, nothing has happened */
void lab_fresh(int victim_is_client, const uint8_t *data, size_t n);
/* both in that phase: PH_SERVICE (client: PH_AUTH, about to ask) or PH_CONN, with nothing on its way */
void lab_keyed(int victim_is_client, int phase, const uint8_t *data, size_t n);
/* the victim steps until it has nothing more to say; then the invariants */
void lab_steps(void);
/* bytes into the victim as they are */
void lab_feed(const uint8_t *p, size_t n);
/* a message from the peer, sealed; then lab_steps */
void lab_say(const uint8_t *payload, size_t n);
/* what was sent arrives, both ways, and the peer does its part, so many times */
void lab_pump(int times);
/* the operations that both roles have in PH_CONN, until the input ends */
void lab_connection(void);

#endif
