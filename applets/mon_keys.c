/* mon_keys.c - authorized_keys: which key, and what it may (sshd(8) of OpenSSH). */
/* SPDX-License-Identifier: MIT */
/*
 * The line of the key that was found is kept as long as the connection: its options point
 * there. A certificate is looked for by its CA, in the same files, in TrustedUserCAKeys,
 * and by the names in it in AuthorizedPrincipalsFile.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "match.h"
#include "monitor.h"
#include "pubkey.h"
#include "sig.h"

static struct authkey used; /* .type.len 0: none */
static size_t used_len;

/* what lines are looked through for */
struct look {
	enum {
		LOOK_KEYS,
		LOOK_CAS,
		LOOK_PRINCIPALS,
		LOOK_ALL
	} what;                  /* ALL: as if each was asked for */
	const struct cert *cert; /* NULL: a plain key */
	struct str blob;         /* the key; the CA's where there is a certificate */
	const char *path;
	unsigned long no; /* of the line */
	unsigned good;    /* LOOK_ALL: how many */
};

void keys_forget(void)
{
	used = (struct authkey){0};
	used_len = 0;
}

/* 1: usable now, from here; the log says why not */
static int line_allows(const struct authkey *k, const struct look *l)
{
	if (CFG_AUTHKEYS_OPTIONS && k->from && addr_match(&mon.peer, k->from) <= 0) {
		log_put(LOG_L_WARN, "%s line %lu: the key is not for use from %s (from=)", l->path,
			l->no, mon.host);
		return 0;
	}
	if (CFG_AUTHKEYS_OPTIONS && k->expiry) {
		int64_t end = clock_parse(k->expiry);

		if (end < 0 || clock_unix() >= end) {
			log_put(LOG_L_WARN, "%s line %lu: the key expired on %p", l->path, l->no,
				k->expiry);
			return 0;
		}
	}
	if (CFG_TUNABLE && !RESCUING && mon.user.uid == 0 && mon.set->permit_root == ROOT_FORCED &&
	    !k->command && !*SETTING(mon.set, force_command)) {
		log_put(LOG_L_WARN, "%s line %lu: root logs in with command= alone", l->path,
			l->no);
		return 0;
	}
	return 1;
}

/* 1: what the line says goes for the key, which it allows; n bytes of it are kept */
static int take(struct authkey *k, const struct look *l, size_t n)
{
	if (CFG_CERTS && l->cert && !cert_allows(l->cert, k, (char *)mon.keep + mon.kept, &n))
		return 0;
	if (!line_allows(k, l))
		return 0;
	used = *k;
	used.type = STR("1");
	used_len = n;
	return 1;
}

/* 1: this line is about what is looked for */
static int line_is(const struct authkey *k, const struct look *l)
{
	if (CFG_CERTS && l->what == LOOK_PRINCIPALS)
		return cert_principal(l->cert, k->comment, 0);
	if (CFG_CHECK && l->what == LOOK_ALL)
		return 1;
	return str_eq(k->blob, l->blob) &&
	       (!CFG_CERTS || l->what == LOOK_CAS || k->ca == (l->cert != NULL));
}

/* LOOK_ALL: whether its key would be taken */
static void line_check(struct authkey *k, struct look *l)
{
	const char *list = SETTING(mon.set, pubkey_algs), *from = k->from;
	struct str kind = pubkey_name(k->blob);
	unsigned i;

	for (i = 0; sigs[i]; i++)
		if (str_is(kind, sigs[i]->key_name) &&
		    (*list ? list_has(str_of(list), str_of(sigs[i]->name))
			   : !(sigs[i]->off & (NO_SERVER | OFF_SERVER))))
			break;
	if (!sigs[i]) {
		log_put(LOG_L_WARN, "%s line %lu: a key of a kind that is not accepted: %*p",
			l->path, l->no, (int)kind.len, (const char *)kind.p);
		return;
	}
	if (!pubkey_bits(k->blob)) {
		log_put(LOG_L_WARN, "%s line %lu: the key cannot be read", l->path, l->no);
		return;
	}
	if (!mon.peer.len)
		k->from = NULL;
	if (cert_revoked(k->blob) || !take(k, l, 0))
		return;
	log_put(LOG_L_INFO, "%s line %lu: %s%*p%s%s", l->path, l->no,
		k->ca ? "certificates by " : "", (int)kind.len, (const char *)kind.p,
		from ? ", from " : "", from ? from : "");
	l->good++;
}

/* 1: this line is for the key, and allows it */
static int line_look(char *line, struct look *l)
{
	struct authkey k = {0};
	char *kept = (char *)mon.keep + mon.kept; /* where it stays if it is the one */
	size_t n = strlen(line) + 1;
	enum authkeys_result r;

	memcpy(kept, line, n);
	r = CFG_CERTS && l->what == LOOK_PRINCIPALS ? authkeys_principal(&k, kept)
						    : authkeys_line(&k, kept);
	if (r == AUTHKEYS_NONE)
		return 0;
	if (CFG_CERTS && l->what == LOOK_CAS && (const char *)k.type.p > kept + strspn(line, " \t"))
		r = AUTHKEYS_BAD; /* that it is there is all that counts; options have no place */
	if (r == AUTHKEYS_BAD || (r == AUTHKEYS_REFUSED && line_is(&k, l))) {
		log_put(LOG_L_WARN, "%s line %lu: %s%s%*p", l->path, l->no,
			k.why ? k.why : "options have no place here", k.what.len ? ": " : "",
			(int)k.what.len, (const char *)k.what.p);
		return 0;
	}
	if (CFG_CHECK && l->what == LOOK_ALL) {
		if (r == AUTHKEYS_KEY)
			line_check(&k, l);
		return 0;
	}
	return r == AUTHKEYS_KEY && line_is(&k, l) && (l->what == LOOK_CAS || take(&k, l, n));
}

/* closes fd */
static int lines_look(int fd, struct look *l)
{
	struct lines lines;
	int found = 0, r;
	char *line;

	lines_init(&lines, fd, mon_scratch.line, sizeof(mon_scratch.line));
	while (!found && (r = lines_next(&lines, &line))) {
		l->no = lines.no;
		if (r == 1)
			found = line_look(line, l);
		else if (r == -E2BIG || r == -EILSEQ)
			log_put(LOG_L_WARN, "%s line %lu: %s, skipped", l->path, l->no,
				r == -E2BIG ? "too long" : "holds a NUL byte");
		else
			break;
	}
	close(fd);
	return found;
}

static int file_look(const struct user *u, const char *path, struct look *l)
{
	char why[256];
	int fd = user_open(u, path, mon.set->strict_modes | RESCUING, why, sizeof(why));

	if (fd < 0) {
		log_put(fd == -ENOENT && !(CFG_CHECK && l->what == LOOK_ALL) ? LOG_L_DEBUG
									     : LOG_L_WARN,
			"no keys of '%s': %s", u->name, why);
		return 0;
	}
	l->path = path;
	return lines_look(fd, l);
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

static int list_look(const struct user *u, const char *list, struct look *l)
{
	char path[USER_PATH];
	size_t n;

	for (; *list; list += n) {
		list += strspn(list, " ");
		n = strcspn(list, " ");
		path_expand(path, sizeof(path), list, n, u);
		if (n && file_look(u, path, l))
			return 1;
	}
	return 0;
}

/* of the rescue login: what is compiled in, and one file, whatever else is configured */
static int rescue_look(const struct user *u, struct look *l)
{
	const char *path = RESCUE_KEYS(mon.set);

	if (sizeof(CFG_RESCUE_KEY) > 1) {
		l->path = "RESCUE_KEY";
		fmt(mon_scratch.line, sizeof(mon_scratch.line), "%s", CFG_RESCUE_KEY);
		if (line_look(mon_scratch.line, l))
			return 1;
	}
	return *path && file_look(u, path, l);
}

/* authorized_keys, wherever they are */
static int keys_look(const struct user *u, struct look *l)
{
	const char *dir = SETTING(mon.set, authorized_dir);
	char path[USER_PATH];

	if (CFG_RESCUE && RESCUING)
		return rescue_look(u, l);
	if (!CFG_TUNABLE)
		return file_look(u, ".ssh/authorized_keys", l);
	if (CFG_COMPAT_DROPBEAR && mon.set->dropbear && u->uid == 0 && !*dir &&
	    file_look(u, "/etc/dropbear/authorized_keys", l))
		return 1;
	if (!*dir)
		return list_look(u, SETTING(mon.set, authorized_keys), l);
	fmt(path, sizeof(path), "%s/authorized_keys", dir);
	return list_look(u, path, l);
}

/* keys_look, and a word where not one file was there: otherwise nobody would know why */
static int keys_find(const struct user *u, struct look *l)
{
	int found = keys_look(u, l);

	if (CFG_ERROR_TEXTS && !found && !l->path)
		log_put(LOG_L_INFO, "no keys of '%s': no %s to be read, home %s", u->name,
			CFG_TUNABLE ? SETTING(mon.set, authorized_keys) : ".ssh/authorized_keys",
			u->home);
	return found;
}

/* TrustedUserCAKeys, and who the certificate may be for then */
static int trusted_look(const struct user *u, struct look *l)
{
	const char *path = SETTING(mon.set, trusted_cas),
		   *principals = SETTING(mon.set, principals);
	struct authkey k = {.may = MAY_ALL, .ca = 1, .no_touch = 1}; /* of the certificate alone */
	int fd;

	if (!*path || RESCUING)
		return 0;
	fd = fd_open(path, O_RDONLY | O_NONBLOCK);
	if (fd < 0) {
		log_put(LOG_L_ERROR, "TrustedUserCAKeys %s: %s", path, err_text(-fd));
		return 0;
	}
	l->path = path;
	if (CFG_CHECK && l->what == LOOK_ALL)
		return lines_look(fd, l);
	l->what = LOOK_CAS;
	if (!lines_look(fd, l))
		return 0;
	if (!*principals)
		return take(&k, l, 0);
	l->what = LOOK_PRINCIPALS;
	if (list_look(u, principals, l))
		return 1;
	log_put(LOG_L_WARN, "no line of %s allows '%s' a principal of the certificate '%*p'",
		principals, u->name, (int)l->cert->id.len, (const char *)l->cert->id.p);
	return 0;
}

int keys_allow(const struct user *u, struct str alg, struct str blob)
{
	const char *list = SETTING(mon.set, pubkey_algs);
	const struct sig *row = sig_find(alg);
	struct look l = {.blob = blob};
	struct cert cert;

	keys_forget();
	if (!row || (row->off & NO_SERVER) || !str_is(pubkey_name(blob), row->key_name) ||
	    (CFG_TUNABLE && *list && !list_has(str_of(list), alg)))
		return 0;
	if (CFG_CERTS && !RESCUING && cert_revoked(blob))
		return 0;
	if (!CFG_CERTS || !row->plain)
		return keys_find(u, &l);
	if (!cert_read(&cert, blob)) {
		log_put(LOG_L_WARN, "a certificate for '%s' from %s is malformed", u->name,
			mon.from);
		return 0;
	}
	l.cert = &cert;
	l.blob = cert.ca;
	return keys_find(u, &l) || trusted_look(u, &l);
}

unsigned keys_check(const struct user *u)
{
	struct look l = {.what = LOOK_ALL};

	keys_look(u, &l);
	if (CFG_CERTS)
		trusted_look(u, &l);
	return l.good;
}

int keys_touched(struct str alg, struct str sig)
{
	unsigned lacks = CFG_KEY_SK ? mon.set->pubkey_needs | (used.no_touch ? 0 : SK_TOUCHED) |
					  (used.verify ? SK_VERIFIED : 0)
				    : 0;

	if (lacks)
		lacks &= ~sig_flags(sig_find(alg), sig);
	if (!lacks)
		return 1;
	log_put(LOG_L_WARN, "Signature by a key of '%s' from %s: its token %s", mon.user.name,
		mon.from, lacks & SK_TOUCHED ? "was not touched" : "has not verified its user");
	return 0;
}

void keys_proven(const struct user *u, struct str blob)
{
	char print[FINGERPRINT_LEN], text[CFG_CERTS ? 256 : 1];
	struct str type = pubkey_name(blob);
	struct cert c;

	mon.kept += used_len; /* proven: it stays */
	text[0] = 0;
	if (CFG_CERTS && cert_read(&c, blob)) {
		struct wr w = wr_init(mon_scratch.own, sizeof(mon_scratch.own));
		pubkey_sha256(print, c.ca);
		fmt(text, sizeof(text), " ID %*p (serial %llu) CA %s %s", (int)c.id.len,
		    (const char *)c.id.p, (unsigned long long)c.serial,
		    key_kind_find(pubkey_name(c.ca))->label, print);
		cert_plain(&c, &w);
		blob = (struct str){w.start, wr_len(&w)};
	}
	pubkey_sha256(print, blob);
	log_put(LOG_L_NOTICE, "Pubkey auth succeeded for '%s' with %.*s key %s%s from %s", u->name,
		(int)type.len, (const char *)type.p, print, text, mon.from);
}

const char *keys_command(void)
{
	const char *forced = SETTING(mon.set, force_command);

	if (!CFG_AUTHKEYS_OPTIONS && !CFG_TUNABLE && !CFG_CERTS)
		return NULL;
	return *forced && !RESCUING ? forced : used.command;
}

unsigned keys_may(void)
{
	unsigned may = used.type.len ? used.may : MAY_ALL;

	if (!mon.set->permit_tty && !RESCUING)
		may &= ~(unsigned)MAY_PTY;
	return keys_command() ? may : may | MAY_STEER;
}

uint32_t keys_tun(void)
{
	return used.type.len ? used.tun : 0;
}

const char *keys_each(enum authkeys_multi which, size_t *at)
{
	return CFG_AUTHKEYS_OPTIONS && used.type.len ? authkeys_each(&used, which, at) : NULL;
}

const char *keys_environment(size_t *at)
{
	return mon.set->permit_user_env ? keys_each(EACH_ENVIRONMENT, at) : NULL;
}
