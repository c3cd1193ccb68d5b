/* hostkeys.c - the server's own keys: read, or made when missing. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "hostkeys.h"
#include "keyfile.h"
#include "port.h"
#include "pubkey.h"

static uint8_t file_mem[KEYFILE_MAX] APART;

static void print_log(const struct key *k, const char *where, const char *more)
{
	uint8_t mem[1024];
	struct wr w = wr_init(mem, sizeof(mem));
	char print[FINGERPRINT_LEN];

	key_public_blob(k, &w);
	pubkey_sha256(print, (struct str){mem, wr_len(&w)});
	log_put(LOG_L_NOTICE, "host key %s %s%s%s", k->kind->name, print, where, more);
}

/* 0; -ENOENT where there is no file; another where there is one that does not serve */
static int key_read(struct key *k, const char *path)
{
	struct str comment;
	mode_t mode;
	uid_t owner;
	ssize_t n = file_read(path, file_mem, sizeof(file_mem));
	enum keyfile_err e;

	if (n < 0) {
		if (n != -ENOENT)
			log_put(LOG_L_ERROR, "host key %s: %s", path, err_text(-n));
		return n;
	}
	if (CFG_ERROR_TEXTS && file_mode(path, &mode, &owner) == 0 && (mode & 077))
		log_put(LOG_L_WARN, "host key %s: others can read it (mode %04o)", path,
			(unsigned)mode & 07777);
	e = n ? keyfile_read(k, &comment, file_mem, n, (struct str){0}, NULL) : KEYFILE_BAD;
	wipe(file_mem, sizeof(file_mem));
	REST(file_mem);
	if (e == KEYFILE_OK)
		return 0;
	log_put(LOG_L_ERROR, "host key %s: %s", path, n ? keyfile_text(e) : "the file is empty");
	return n ? -EINVAL : -ENOENT; /* an empty one is what a pulled plug leaves */
}

static void dir_of_make(const char *path)
{
	char dir[256];
	const char *slash = strrchr(path, '/');

	if (!slash || slash == path || (size_t)(slash - path) >= sizeof(dir))
		return;
	memcpy(dir, path, slash - path);
	dir[slash - path] = 0;
	dir_make(dir);
}

/* keep 0: what lies there is left alone */
static void key_make(struct key *k, const char *path, int keep, int dropbear, struct rng *r)
{
	struct wr w = wr_init(file_mem, sizeof(file_mem));
	const struct keyfile_how how = {.form = CFG_COMPAT_DROPBEAR && dropbear ? KEYFILE_DROPBEAR
										: KEYFILE_OPENSSH};
	int err;

	memset(k, 0, sizeof(*k));
	k->kind = &key_ed25519;
	k->kind->generate(k, r, 0, NULL);
	keyfile_write(&w, k, &how, r);
	if (keep)
		dir_of_make(path);
	err = w.bad   ? -EMSGSIZE
	      : !keep ? -EEXIST
		      : file_write_atomic(path, file_mem, wr_len(&w), 0600);
	wipe(file_mem, sizeof(file_mem));
	REST(file_mem);
	if (err < 0)
		log_put(
		    LOG_L_ERROR,
		    "host key %s could not be kept (%s): IT IS IN MEMORY ALONE, ANOTHER COMES WITH "
		    "THE NEXT START",
		    path, err_text(-err));
	print_log(k, err < 0 ? ", in memory" : ", made and kept in ", err < 0 ? "" : path);
}

static int have_kind(const struct hostkeys *h, const struct key_kind *kind)
{
	unsigned i;

	for (i = 0; i < h->n; i++)
		if (h->key[i].kind == kind)
			return 1;
	return 0;
}

/* behind those of files, before one that would be made */
static void seed_load(struct hostkeys *h, const struct settings *s)
{
	const char *path = HOSTKEY_SEED(s);

	if (!*path || h->n == CFG_HOSTKEYS || have_kind(h, &key_ed25519) ||
	    !hostkey_seed(&h->key[h->n], path))
		return;
	print_log(&h->key[h->n++], ", derived from ", path);
}

int hostkeys_load(struct hostkeys *h, const struct settings *s, struct rng *r)
{
	const char *missing = NULL, *damaged = NULL;
	unsigned i;

	h->n = 0;
	for (i = 0; i < CFG_HOSTKEYS; i++) {
		const char *path = SETTING(s, hostkey[i]);
		int err;

		if (!*path)
			continue;
		err = key_read(&h->key[h->n], path);
		if (err == 0)
			h->n++;
		else if (err == -ENOENT && (!missing || strstr(path, "ed25519")))
			missing = path;
		else if (CFG_HOSTKEYS > 1 && err != -ENOENT)
			damaged = path;
	}
	if (damaged && strstr(damaged, "ed25519")) /* no other file is for such a key */
		missing = NULL;
	if (CFG_HOSTKEY_SEED)
		seed_load(h, s);
	if (s->make_keys && missing && !have_kind(h, &key_ed25519) && h->n < CFG_HOSTKEYS)
		key_make(&h->key[h->n++], missing, 1, s->dropbear, r);
	else if (!h->n && ((s->make_keys && damaged) || RESCUE_ON(s)))
		key_make(&h->key[h->n++], damaged ? damaged : missing, 0, s->dropbear, r);
	else if (missing && !h->n)
		log_put(LOG_L_ERROR, "host key %s: no such file", missing);
	if (!h->n)
		log_put(LOG_L_ERROR, "no host key that serves: make one with ssh-keygen%s",
			CFG_COMPAT_DROPBEAR && s->dropbear ? ", or start with -R"
			: CFG_SSHD_OPTIONS                 ? ", or start with -o MakeHostKeys=yes"
							   : "");
	return h->n ? 0 : -1;
}
