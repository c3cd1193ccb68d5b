/* mdns_proc.c - the process that announces: its socket, its sandbox, its end. */
/* SPDX-License-Identifier: MIT */
/*
 * It is nobody, in an empty directory, with net's list of system calls; what it knows
 * of the machine comes from the listener. When the listener ends, it takes leave.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "mdns.h"

#define LINK 3

static struct mdns_told t;

/* 0: the listener has ended */
static int listener_take(void)
{
	ssize_t n = msg_recv(LINK, &t, sizeof(t), NULL, NULL);

	if (n != sizeof(t) || t.n > MDNS_LINKS)
		return 0;
	mdns_tell(&t, (uint32_t)clock_ms());
	return 1;
}

int mdns_main(void)
{
	static uint8_t m[9000] APART; /* RFC 6762 17 */
	struct pollfd p[2] = {
	    {.fd = LINK, .events = POLLIN},
            {.events = POLLIN         }
        };
	uint8_t seed[32];
	uint32_t index;
	struct addr from;
	ssize_t n;
	int group;

	rand_seed(seed);
	memcpy(&mdns_dice, seed, sizeof(mdns_dice));
	p[1].fd = mdns_sock = mdns_open(MDNS_PORT);
	if (!listener_take()) {
		fmt_fd(2, "%s: %s is started by the server alone\n", self_name(), ROLE_MDNS);
		return 1;
	}
	log_open(self_name(), t.to_stderr, t.log_level, t.log_facility);
	log_hold();
	if (mdns_sock < 0) {
		log_put(LOG_L_ERROR, "cannot announce this server: port %u: %s", MDNS_PORT,
			err_text(-mdns_sock));
		return 1;
	}
	sig_skip(SIGINT); /* who ends us all means the listener, and we have a word to say then */
	sig_skip(SIGTERM);
	sandbox_net(t.user);
	for (;;) {
		if (poll(p, 2, mdns_work((uint32_t)clock_ms())) < 0 && errno != EINTR)
			return 1;
		if (p[0].revents && !listener_take())
			break;
		if (p[1].revents &&
		    (n = mdns_take(mdns_sock, m, sizeof(m), &from, &index, &group)) > 0 && group)
			mdns_packet(m, (size_t)n, &from, index, (uint32_t)clock_ms());
	}
	mdns_bye();
	return 0;
}
