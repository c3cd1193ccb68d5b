/* mon_fwd.c - starts the forwarder, and tells it what this user may. */
/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "monitor.h"

static struct fwd_policy *const policy = &mon_scratch.policy;
static char agent[64]; /* path of the agent's socket; "" until it may be asked for */

static unsigned fwd_may(void)
{
	unsigned may = keys_may(), out = 0;
	const struct settings *s = mon.set;

	if (s->no_forwarding)
		return 0;
	if (may & MAY_PORT_FORWARD)
		out = (s->tcp_local ? FWD_MAY_CONNECT : 0) | (s->tcp_remote ? FWD_MAY_LISTEN : 0);
	/* a device is the key's to give, where its command is not the user's */
	if (CFG_TUN && may & MAY_PORT_FORWARD && (may & MAY_STEER || keys_tun()))
		out |= s->tunnel * FWD_MAY_TUN;
	/* a forced command is no command with the user's files and agent around it */
	if (!(may & MAY_STEER))
		return out;
	if (may & MAY_PORT_FORWARD)
		out |= (s->stream_local ? FWD_MAY_UNIX_CONNECT : 0) |
		       (s->stream_remote ? FWD_MAY_UNIX_LISTEN : 0);
	if (may & MAY_AGENT_FORWARD && s->agent_forwarding)
		out |= FWD_MAY_AGENT;
	return out;
}

/* what does not fit must not count as no rule: 0 */
static int rule_put(char to[FWD_RULES], size_t *n, const char *rule, size_t len)
{
	if (*n + len + 1 >= FWD_RULES)
		return 0;
	memcpy(to + *n, rule, len);
	*n += len + 1;
	return 1;
}

/* a list of the key's, and one of the settings */
static int rules_put(enum fwd_list list, enum authkeys_multi which, const char *all)
{
	const char *rule;
	size_t at = 0, n = 0, len;

	while ((rule = keys_each(which, &at)))
		if (!rule_put(policy->rules[list], &n, rule, strlen(rule)))
			return 0;
	for (n = 0; *all && strcmp(all, "any"); all += len + (all[len] == ' ')) {
		len = strcspn(all, " ");
		if (!rule_put(policy->rules[list + 1], &n, all, len))
			return 0;
	}
	return 1;
}

/* nobody can guess it; the forwarder makes the directory, and fails where it is there */
static void agent_name(void)
{
	uint32_t n[2];

	rng_bytes(&mon.rng, (uint8_t *)n, sizeof(n));
	fmt(agent, sizeof(agent), "/tmp/ssh-%08x%08x/agent", n[0], n[1]);
}

static int policy_fill(void)
{
	const struct settings *s = mon.set;

	memset(policy, 0, sizeof(*policy));
	policy->may = fwd_may();
	policy->gateway = s->gateway_ports;
	policy->unlink = s->stream_unlink;
	policy->mask = s->stream_mask;
	policy->to_stderr = s->to_stderr;
	policy->log_level = s->log_level;
	policy->log_facility = s->log_facility;
	if (CFG_TUN)
		policy->tun = keys_tun();
	if (policy->may & FWD_MAY_AGENT) {
		agent_name();
		fmt(policy->agent, sizeof(policy->agent), "%s", agent);
	}
	return rules_put(LIST_OPEN, EACH_PERMITOPEN, SETTING(s, permit_open)) &&
	       rules_put(LIST_LISTEN, EACH_PERMITLISTEN, SETTING(s, permit_listen));
}

/* after a fork, where exec is not possible: the server's keys are none of its business */
static int forward_run(void)
{
	wipe(&mon, sizeof(mon));
	return forward_main();
}

static int forwarder_start(void)
{
	int pair[2], r;

	if (!policy_fill() || !policy->may)
		return -1;
	if (msg_pair(pair) < 0)
		return -1;
	r = self_spawn(ROLE_FORWARD, &pair[1], 1, mon.set->to_stderr, forward_run);
	close(pair[1]);
	if (r >= 0)
		r = msg_send(pair[0], policy, sizeof(*policy), NULL, 0);
	if (r >= 0)
		return pair[0];
	log_put(LOG_L_ERROR, "cannot start the forwarder for '%s': %s", mon.user.name,
		err_text(-r));
	close(pair[0]);
	return -1;
}

void forward_request(struct rd *r, struct wr *w, int fds[3], int *nfds)
{
	uint32_t ch = rd_u32(r);
	int fd;

	if (!rd_done(r))
		return;
	if (ch < MON_SESSIONS) {
		wr_u8(w, agent[0] && env_add(ch, STR("SSH_AUTH_SOCK"), str_of(agent)));
		return;
	}
	fd = forwarder_start();
	if (fd < 0)
		log_put(LOG_L_NOTICE, "'%s' may not forward", mon.user.name);
	wr_u8(w, fd >= 0);
	if (fd < 0)
		return;
	fds[0] = fd;
	*nfds = 1;
}
