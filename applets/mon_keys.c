/* mon_keys.c - authorized_keys: which key, and what it may (sshd(8) of OpenSSH). */
/* SPDX-License-Identifier: MIT */
/* The line of the key that was found is kept as long as the connection: its options point there. */
#include <errno.h>
#include <unistd.h>

#include "match.h"
#include "monitor.h"
#include "pubkey.h"
#include "sig.h"

static struct authkey used; /* .type.len 0: none */
static size_t used_len;

void keys_forget(void)
{
	used = (struct authkey){0};
}

/* 1: usable now, from here; the log says why not */
static int line_allows(const struct authkey *k, const char *path, unsigned long no)
{
	if (!CFG_AUTHKEYS_OPTIONS)
		return 1;
	if (k->from && addr_match(&mon.peer, k->from) <= 0) {
		log_put(LOG_L_WARN, "%s line %lu: the key is not for use from %s (from=)", path, no,
			mon.host);
		return 0;
	}
	if (k->expiry) {
		int64_t end = clock_parse(k->expiry);

		if (end < 0 || clock_unix() >= end) {
			log_put(LOG_L_WARN, "%s line %lu: the key expired on %p", path, no,
				k->expiry);
			return 0;
		}
	}
	if (mon.user.uid == 0 && mon.set->permit_root == ROOT_FORCED && !k->command &&
	    !*SETTING(mon.set, force_command)) {
		log_put(LOG_L_WARN, "%s line %lu: root logs in with command= alone", path, no);
		return 0;
	}
	return 1;
}

/* 1: this line is for the key, and allows it */
static int line_look(char *line, const char *path, unsigned long no, struct str blob)
{
	struct authkey k = {0};
	char *kept = (char *)mon.keep + mon.kept; /* where it stays if it is the one */
	size_t n = strlen(line) + 1;
	enum authkeys_result r = authkeys_line(&k, memcpy(kept, line, n));

	if (r == AUTHKEYS_NONE)
		return 0;
	if (r == AUTHKEYS_BAD || (r == AUTHKEYS_REFUSED && str_eq(k.blob, blob))) {
		log_put(LOG_L_WARN, "%s line %lu: %s%s%*p", path, no, k.why, k.what.len ? ": " : "",
			(int)k.what.len, (const char *)k.what.p);
		return 0;
	}
	if (r == AUTHKEYS_REFUSED || !str_eq(k.blob, blob) || !line_allows(&k, path, no))
		return 0;
	used = k;
	used_len = n;
	return 1;
}

static int file_look(const struct user *u, const char *path, struct str blob)
{
	char why[256], *line;
	struct lines l;
	int fd = user_open(u, path, mon.set->strict_modes, why, sizeof(why)), r, found = 0;

	if (fd < 0) {
		log_put(fd == -ENOENT ? LOG_L_DEBUG : LOG_L_WARN, "no keys of '%s': %s", u->name,
			why);
		return 0;
	}
	lines_init(&l, fd, mon_scratch.line, sizeof(mon_scratch.line));
	while (!found && (r = lines_next(&l, &line))) {
		if (r == 1)
			found = line_look(line, path, l.no, blob);
		else if (r == -E2BIG || r == -EILSEQ)
			log_put(LOG_L_WARN, "%s line %lu: %s, skipped", path, l.no,
				r == -E2BIG ? "too long" : "holds a NUL byte");
		else
			break;
	}
	close(fd);
	return found;
}

/* the n bytes at p with %h %u %% in place */
static void path_expand(char *out, size_t size, const char *p, size_t n, const struct user *u)
{
	size_t at = 0, i;

	for (i = 0; i < n && at + 1 < size; i++) {
		if (p[i] == '%' && i + 1 < n && strchr("hu%", p[i + 1])) {
			i++;
			at += fmt(out + at, size - at, "%s",
				  p[i] == 'h'   ? u->home
				  : p[i] == 'u' ? u->name
						: "%");
		} else {
			out[at++] = p[i];
		}
	}
	out[at] = 0;
}

static int list_look(const struct user *u, const char *list, struct str blob)
{
	char path[USER_PATH];
	size_t n;

	for (; *list; list += n) {
		list += strspn(list, " ");
		n = strcspn(list, " ");
		path_expand(path, sizeof(path), list, n, u);
		if (n && file_look(u, path, blob))
			return 1;
	}
	return 0;
}

int keys_allow(const struct user *u, struct str alg, struct str blob)
{
	const char *list = SETTING(mon.set, pubkey_algs), *dir = SETTING(mon.set, authorized_dir);
	const struct sig *row = sig_find(alg);
	char path[USER_PATH];

	keys_forget();
	if (!row || !str_is(pubkey_name(blob), row->key_name))
		return 0;
	if (!CFG_TUNABLE)
		return file_look(u, ".ssh/authorized_keys", blob);
	if (*list && !list_has(str_of(list), alg))
		return 0;
	if (CFG_COMPAT_DROPBEAR && mon.set->dropbear && u->uid == 0 && !*dir &&
	    file_look(u, "/etc/dropbear/authorized_keys", blob))
		return 1;
	if (!*dir)
		return list_look(u, SETTING(mon.set, authorized_keys), blob);
	fmt(path, sizeof(path), "%s/authorized_keys", dir);
	return list_look(u, path, blob);
}

void keys_proven(const struct user *u, struct str blob)
{
	char print[FINGERPRINT_LEN];
	struct str type = pubkey_name(blob);

	mon.kept += used_len; /* proven: it stays */
	pubkey_sha256(print, blob);
	log_put(LOG_L_NOTICE, "Pubkey auth succeeded for '%s' with %.*s key %s from %s", u->name,
		(int)type.len, (const char *)type.p, print, mon.from);
}

const char *keys_command(void)
{
	const char *forced = SETTING(mon.set, force_command);

	if (!CFG_AUTHKEYS_OPTIONS && !CFG_TUNABLE)
		return NULL;
	return *forced ? forced : used.command;
}

unsigned keys_may(void)
{
	unsigned may = used.type.len ? used.may : MAY_ALL;

	if (!mon.set->permit_tty)
		may &= ~(unsigned)MAY_PTY;
	return keys_command() ? may : may | MAY_STEER;
}

const char *keys_each(enum authkeys_multi which, size_t *at)
{
	return CFG_AUTHKEYS_OPTIONS && used.type.len ? authkeys_each(&used, which, at) : NULL;
}

const char *keys_environment(size_t *at)
{
	return mon.set->permit_user_env ? keys_each(EACH_ENVIRONMENT, at) : NULL;
}
