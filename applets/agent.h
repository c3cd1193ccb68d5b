/* agent.h - the agent: its protocol's numbers (draft-ietf-sshm-ssh-agent), its keys. */
/* SPDX-License-Identifier: MIT */
#ifndef AGENT_H
#define AGENT_H

#include "wire.h"

enum agent {
	AGENT_FAILURE = 5,
	AGENT_SUCCESS = 6,
	AGENT_LIST = 11,
	AGENT_KEYS = 12,
	AGENT_SIGN = 13,
	AGENT_SIGNATURE = 14,
	AGENT_ADD = 17,
	AGENT_REMOVE = 18,
	AGENT_REMOVE_ALL = 19,
	AGENT_LOCK = 22,
	AGENT_UNLOCK = 23,
	AGENT_ADD_CONSTRAINED = 25,
	AGENT_EXTENSION = 27,
	AGENT_EXTENSION_RESPONSE = 29,
	AGENT_CONSTRAIN_LIFETIME = 1,
	AGENT_CONSTRAIN_CONFIRM = 2,
	AGENT_CONSTRAIN_EXTENSION = 255
};

#define AGENT_MAX 262144 /* bytes of a message, as OpenSSH's */

/* agent_args.c: what both programs were told */

extern struct agent_args {
	const char *given[128]; /* by letter: the flag's argument, "" where it takes none */
	uint32_t life;          /* seconds of -t */
	int md5;                /* -E md5 */
} agent_args;

/* a main's first step; list: as of flag_next. 0: it was something else, and usage has been shown */
int agent_flags_take(char ***argv, const char *list, const char *usage);

/* agent_keys.c: the agent without its sockets */

#define AGENT_ROOM 32      /* keys */
#define AGENT_COMMENT 256  /* bytes of a comment that are kept */
#define AGENT_REQUEST 8192 /* bytes of the longest request that its keys can need */
#define AGENT_REPLY 32768  /* room for any answer */

/*
 * Answers a request, its type and all that follows, now being clock_ms. The milliseconds
 * that the answer is to be held back.
 */
int agent_answer(struct str request, struct wr *w, uint64_t now);
/* wipes keys whose time is over; milliseconds to the next one's end, -1: there is none */
int agent_expire(uint64_t now);
/* keeps the keys' memory out of swap and core files */
void agent_lock_memory(void);
/* wipes all, the lock too: as at the start */
void agent_forget(void);

/* ssh_agent.c: 1: the user says yes */
int agent_consent(const char *question);

#endif
