/* mon_auth.c - who may log in: accounts, passwords, keys, factors (RFC 4252). */
/* SPDX-License-Identifier: MIT */
/*
 * Every refusal is the same to the other side: same messages, and none before
 * the same time since the request. The log says the reason. The user is looked
 * up once; each factor is recorded apart, and what the first key demands stays.
 */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "match.h"
#include "monitor.h"
#include "sig.h"

#define FLOOR_MS 250 /* from the request to a refusal, and up to SPREAD_MS more */
#define SPREAD_MS 90

/* 1: in one of the groups named, separated by spaces */
static int in_groups(const struct user *u, const char *list)
{
	char one[USER_NAME];
	size_t n;

	for (; *list; list += n) {
		list += strspn(list, " ");
		n = strcspn(list, " ");
		if (!n || n >= sizeof(one))
			continue;
		memcpy(one, list, n);
		one[n] = 0;
		if (user_in_group(u, one))
			return 1;
	}
	return 0;
}

/* why an account may not log in whatever it shows, or NULL */
static const char *account_refusal(const struct user *u)
{
	const struct settings *s = mon.set;
	struct str name = str_of(u->name);
	const char *list;

	if (!user_shell_ok(u))
		return "has an invalid shell";
	if (u->expired)
		return "has an expired account";
	if (u->hash[0] == '!' && !(CFG_COMPAT_DROPBEAR && s->dropbear))
		return "has a locked account";
	if (u->uid == 0 && s->permit_root == ROOT_NO)
		return "is root, and root logins are off";
	if (!CFG_ACCESS_LISTS)
		return NULL;
	list = SETTING(s, deny_users);
	if (*list && match_list(name, str_of(list)) > 0)
		return "is denied by name";
	list = SETTING(s, allow_users);
	if (*list && match_list(name, str_of(list)) <= 0)
		return "is not among those allowed";
	list = SETTING(s, deny_groups);
	if (*list && in_groups(u, list))
		return "is in a group that is denied";
	list = SETTING(s, allow_groups);
	if (*list && !in_groups(u, list))
		return "is in no group that is allowed";
	return NULL;
}

/* once for the connection; at most MON_NAME bytes */
void auth_user(struct str name)
{
	const char *where = NULL;
	int r;

	memcpy(mon.user_name, name.p, name.len);
	mon.user_asked = 1;
	if (CFG_RESCUE && rescue_user(&mon.user, mon.user_name))
		return;
	r = memchr(name.p, 0, name.len) ? -ENOENT : user_find(mon.user_name, &mon.user, &where);
	if (r < 0) {
		mon.refusal = "does not exist";
		if (where && (CFG_ERROR_TEXTS ? *where : r != -ENOENT))
			log_put(LOG_L_ERROR, "%s cannot be read", where);
		log_put(LOG_L_WARN, "Login attempt for nonexistent user from %s", mon.from);
		user_forget(&mon.user);
		return;
	}
	if (getuid() != 0 && mon.user.uid != getuid())
		mon.refusal = "is not the user that the server runs as";
	else
		mon.refusal = account_refusal(&mon.user);
	if (mon.refusal)
		log_put(LOG_L_WARN,
			CFG_ERROR_TEXTS ? "User '%s' %s, rejected (shell %s)"
					: "User '%s' %s, rejected",
			mon.user.name, mon.refusal, mon.user.shell);
	if (CFG_AUTH_PASSWORD && !mon.user.readable && mon.set->password_auth)
		log_put(LOG_L_WARN, "/etc/shadow cannot be read: no password will do");
}

static int two_factors(void)
{
	return CFG_AUTH_PASSWORD && mon.set->key_and_password && !RESCUING;
}

/* the methods still to be had by this user; the same for every user */
static uint8_t methods_left(void)
{
	uint8_t all = (mon.set->pubkey_auth || RESCUE_ON(mon.set) ? AUTH_PUBLICKEY : 0) |
		      (CFG_AUTH_PASSWORD && mon.set->password_auth ? AUTH_PASSWORD : 0);

	return two_factors() ? all & ~mon.done : all;
}

/* a password costs the same for whom there is no account: a hash of the same kind as root's */
static int password_right(const void *pass, size_t n)
{
	static const char other[] = "$6$cubssh$";
	static struct bcrypt_work work[CFG_CRYPT_BCRYPT] APART;
	char out[CRYPT_LEN];
	int r = CRYPT_BAD;

	if (!mon.refusal)
		r = crypt_check(pass, n, mon.user.hash, work);
	if (r == CRYPT_UNKNOWN)
		log_put(LOG_L_WARN,
			"the hash of user '%s' is of a kind that is not built in ('%*p...')",
			mon.user.name, 3, mon.user.hash);
	if (mon.refusal || !mon.user.hash[0])
		crypt_hash(out, pass, n < MON_PASSWORD ? n : MON_PASSWORD, other, work);
	return r == CRYPT_OK;
}

/* 1: this user's blank password is a password */
static int empty_allow(void)
{
	int permit = mon.set->permit_empty;

	return (permit == EMPTY_YES || (permit == EMPTY_ROOT && mon.user.uid == 0)) &&
	       !two_factors();
}

int auth_password(struct str pass)
{
	const struct user *u = &mon.user;
	int ok;

	if (!CFG_AUTH_PASSWORD || !mon.set->password_auth || pass.len > MON_PASSWORD)
		return 0;
	ok = password_right(pass.p, pass.len);
	if (mon.refusal)
		return 0;
	if (u->uid == 0 && (mon.set->permit_root != ROOT_YES || !mon.set->root_password)) {
		log_put(LOG_L_WARN, "User '%s': no root login by password, rejected", u->name);
		return 0;
	}
	if (u->no_password) {
		ok = !pass.len && empty_allow();
		if (!ok)
			log_put(LOG_L_WARN, "User '%s' has blank password, rejected", u->name);
	}
	if (!ok) {
		log_put(LOG_L_WARN, "Bad password attempt for '%s' from %s", u->name, mon.from);
		return 0;
	}
	log_put(LOG_L_NOTICE, "Password auth succeeded for '%s' from %s", u->name, mon.from);
	return 1;
}

/* a user without a password, where such may come in with nothing at all (dropbear -B) */
static int none_allow(void)
{
	const struct user *u = &mon.user;

	if (mon.refusal || !CFG_AUTH_PASSWORD || !mon.set->password_auth || !u->no_password ||
	    !empty_allow())
		return 0;
	if (u->uid == 0 && (mon.set->permit_root != ROOT_YES || !mon.set->root_password))
		return 0;
	log_put(LOG_L_NOTICE, "Auth succeeded with blank password for '%s' from %s", u->name,
		mon.from);
	return 1;
}

/* RFC 4252 7: what the user's key must have signed. We compose it; we do not parse what net made. */
static int signature_good(struct str alg, struct str blob, struct str sig)
{
	uint8_t *mem = mon_scratch.signed_;
	struct wr w = wr_init(mem, sizeof(mon_scratch.signed_));
	const struct sig *row = sig_find(alg);

	wr_str(&w, mon.sid, mon.sid_len);
	wr_u8(&w, MSG_USERAUTH_REQUEST);
	wr_strz(&w, mon.user_name);
	wr_strz(&w, "ssh-connection");
	wr_strz(&w, "publickey");
	wr_u8(&w, 1);
	wr_str(&w, alg.p, alg.len);
	wr_str(&w, blob.p, blob.len);
	return row && mon.sid_len && !w.bad &&
	       sig_verify(row, blob, sig, (struct str){mem, wr_len(&w)});
}

/* 1: the key will do (or would, for a query) */
static int key_allow(int query, struct str alg, struct str blob, struct str sig)
{
	int good;

	if (mon.refusal || !(mon.set->pubkey_auth || RESCUING) || (mon.done & AUTH_PUBLICKEY))
		return 0;
	if (!keys_allow(&mon.user, alg, blob))
		return 0;
	good = !query && signature_good(alg, blob, sig);
	if (good && keys_touched(alg, sig)) {
		keys_proven(&mon.user, blob);
		return 1;
	}
	keys_forget(); /* a password that comes next has nothing to do with the key's options */
	if (!query && !good)
		log_put(LOG_L_WARN, "Bad signature by a key of '%s' from %s", mon.user.name,
			mon.from);
	return query;
}

/* SECURITY: a refusal leaves no earlier than this, whatever it cost to find */
static void floor_wait(uint64_t start)
{
	uint8_t spread;
	uint64_t end, now;

	rng_bytes(&mon.rng, &spread, 1);
	end = start + FLOOR_MS + spread * SPREAD_MS / 256;
	while ((now = clock_ms()) < end)
		poll(NULL, 0, end - now);
}

/* the factor is good: enough, or is another wanted? */
static int factor_given(uint8_t method)
{
	uint8_t need = AUTH_PUBLICKEY | AUTH_PASSWORD;

	mon.done |= method;
	return !two_factors() || (mon.done & need) == need ? SSH_YES : SSH_PARTIAL;
}

/* rights are given up here, for good unless they are root's */
int auth_become(void)
{
	int r;

	if (CFG_RESCUE && RESERVE && !RESCUING)
		reserve_release();
	if (!RESCUING && !session_chroot())
		return 0;
	r = user_become(&mon.user);
	if (r < 0) {
		log_put(LOG_L_ERROR, "cannot become user '%s': %s", mon.user.name, err_text(-r));
		return 0;
	}
	if (CFG_RESCUE && RESCUING)
		log_put(LOG_L_ALERT, "RESCUE LOGIN: uid 0 from <%s>%s", mon.from,
			RESERVE ? ", by the session kept ready" : "");
	proc_undumpable(); /* a change of user may have undone it */
	mon.authed = 1;
	if (mon.link >= 0)
		msg_send(mon.link, "A", 1, NULL, 0);
	wipe(mon.user.hash, sizeof(mon.user.hash));
	return 1;
}

static int decide(uint8_t method, int query, struct str pass, struct str alg, struct str blob,
		  struct str sig)
{
	int ok = 0;

	if (method == AUTH_NONE)
		ok = none_allow();
	else if (method == AUTH_PASSWORD && !(mon.done & AUTH_PASSWORD))
		ok = auth_password(pass);
	else if (method == AUTH_PUBLICKEY)
		ok = key_allow(query, alg, blob, sig);
	if (!ok)
		return SSH_NO;
	return query || method == AUTH_NONE ? SSH_YES : factor_given(method);
}

void auth_request(struct rd *r, struct wr *w)
{
	uint64_t start = clock_ms();
	uint8_t method = rd_u8(r), query = rd_u8(r);
	struct str user = rd_str(r), pass = rd_str(r), alg = rd_str(r), blob = rd_str(r),
		   sig = rd_str(r);
	int answer;

	if (!rd_done(r))
		return;
	if (user.len > MON_NAME) /* longer than any account's still */
		user.len = MON_NAME;
	if (!mon.user_asked)
		auth_user(user);
	else if (!str_is(user, mon.user_name))
		r->bad = 1; /* the engine does not let that happen */
	if (r->bad)
		return;
	answer = decide(method, query && method == AUTH_PUBLICKEY, pass, alg, blob, sig);
	if (answer == SSH_YES && !(query && method == AUTH_PUBLICKEY) && !auth_become())
		answer = SSH_NO;
	if (answer == SSH_NO && method != AUTH_NONE) {
		mon.fails += !query;
		if (CFG_PENALTIES)
			mon.refused = 1;
		r->bad = mon.fails >> 7; /* an honest net ended it long ago */
		floor_wait(start);
	}
	wr_u8(w, answer);
	wr_u8(w, methods_left());
	wr_u32(w, mon.authed ? keys_may() : 0);
}
