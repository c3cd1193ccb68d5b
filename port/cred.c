/* cred.c - becoming a user, for good or for a while. */
/* SPDX-License-Identifier: MIT */
/*
 * The ids are the kernel's, not ours: the only state is what user_self goes
 * back to, kept while acting is 1.
 */
#include "internal.h"

#include <errno.h>

#define SAME ((uid_t)-1)

static int acting;
static struct cred own APART;

void cred_of(const struct user *u, struct cred *c)
{
	c->uid = u->uid;
	c->gid = u->gid;
	c->groups[0] = u->gid;
	c->n = 1 + groups_of(u->name, c->groups + 1, CRED_GROUPS - 1);
}

/* real and saved ids as well where all is 1 */
static int ids_set(const struct cred *c, int all)
{
	uid_t uid = all ? c->uid : SAME;
	gid_t gid = all ? c->gid : SAME;
	long r = setgroups_raw(c->n, c->groups);

	if (r == 0)
		r = setresgid_raw(gid, c->gid, gid);
	if (r == 0)
		r = setresuid_raw(uid, c->uid, uid);
	return (int)r;
}

/* 1: all ids are the user's */
static int is_now(const struct cred *c)
{
	uid_t id[6];
	int i;

	if (getresuid_raw(id, id + 1, id + 2) < 0 || getresgid_raw(id + 3, id + 4, id + 5) < 0)
		return 0;
	for (i = 0; i < 3; i++)
		if (id[i] != c->uid || id[3 + i] != c->gid)
			return 0;
	return 1;
}

int cred_set(const struct cred *c)
{
	int r = geteuid() == 0 ? ids_set(c, 1) : 0;

	if (r < 0)
		return r;
	/* a capability left over would let the last two succeed */
	if (!is_now(c) ||
	    (c->uid != 0 && (setresuid_raw(SAME, 0, SAME) == 0 || setgroups_raw(0, NULL) == 0)))
		return -EPERM;
	return 0;
}

int user_become(const struct user *u)
{
	struct cred c;

	cred_of(u, &c);
	return cred_set(&c);
}

int user_act(const struct user *u)
{
	uid_t now = geteuid();
	struct cred c;
	int r;

	if (now != 0)
		return now == u->uid ? 0 : -EPERM;
	cred_of(u, &c);
	own.gid = getegid();
	own.n = (int)getgroups_raw(CRED_GROUPS, own.groups);
	if (own.n < 0)
		own.n = 0;
	acting = 1;
	r = ids_set(&c, 0);
	if (r == 0 && (geteuid() != c.uid || getegid() != c.gid))
		r = -EPERM;
	if (r < 0)
		user_self();
	return r;
}

int user_self(void)
{
	int r = 0;

	if (acting) {
		setresuid_raw(SAME, 0, SAME);
		r = ids_set(&own, 0);
		acting = r < 0;
	}
	return r;
}
