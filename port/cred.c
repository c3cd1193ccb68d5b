/* cred.c - becoming a user, for good or for a while. */
/* SPDX-License-Identifier: MIT */
/*
 * The ids are the kernel's, not ours: the only state is what user_self goes
 * back to, kept while on is 1.
 */
#include "internal.h"

#include <errno.h>
#include <unistd.h>

static struct {
	int on, n;
	gid_t gid, groups[CRED_GROUPS];
} root;

void cred_of(const struct user *u, struct cred *c)
{
	c->uid = u->uid;
	c->gid = u->gid;
	c->groups[0] = u->gid;
	c->n = 1 + groups_of(u->name, c->groups + 1, CRED_GROUPS - 1);
}

/* 1: all ids are the user's */
static int is_now(uid_t uid, gid_t gid)
{
	uid_t r, e, s;
	gid_t gr, ge, gs;

	return getresuid(&r, &e, &s) == 0 && getresgid(&gr, &ge, &gs) == 0 && r == uid &&
	       e == uid && s == uid && gr == gid && ge == gid && gs == gid;
}

int cred_set(const struct cred *c)
{
	if (geteuid() != 0)
		return is_now(c->uid, c->gid) ? 0 : -EPERM;
	if (setgroups_raw(c->n, c->groups) < 0 || setresgid_raw(c->gid, c->gid, c->gid) < 0 ||
	    setresuid_raw(c->uid, c->uid, c->uid) < 0)
		return -errno;
	if (!is_now(c->uid, c->gid))
		return -EPERM;
	/* a capability left over would let this succeed */
	if (c->uid != 0 && (setresuid_raw(-1, 0, -1) == 0 || setgroups_raw(0, NULL) == 0))
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
	struct cred c;
	int err;

	if (geteuid() == u->uid && u->uid != 0)
		return 0;
	if (geteuid() != 0)
		return -EPERM;
	cred_of(u, &c);
	root.gid = getegid();
	root.n = getgroups(CRED_GROUPS, root.groups);
	if (root.n < 0)
		root.n = 0;
	root.on = 1;
	if (setgroups_raw(c.n, c.groups) == 0 && setresgid_raw(-1, c.gid, -1) == 0 &&
	    setresuid_raw(-1, c.uid, -1) == 0 && geteuid() == c.uid && getegid() == c.gid)
		return 0;
	err = errno;
	user_self();
	return err ? -err : -EPERM;
}

int user_self(void)
{
	if (!root.on)
		return 0;
	if (setresuid_raw(-1, 0, -1) < 0 || setresgid_raw(-1, root.gid, -1) < 0 ||
	    setgroups_raw(root.n, root.groups) < 0)
		return -errno;
	root.on = 0;
	return 0;
}
