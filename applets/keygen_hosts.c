/* keygen_hosts.c - ssh-keygen: finds hosts in known_hosts, removes them, hides their names. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* rename */
#include <string.h>
#include <unistd.h>

#include "keygen.h"
#include "knownhosts.h"

static struct {
	const char *path, *name;
	int out; /* where lines go */
	int find, remove, hash;
	int found, invalid, shown; /* shown: names that were not hashed before */
	unsigned long no;
	int err;
} at;

/* a line of what comes out, in two parts */
static void put(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	if (write(at.out, a, n) != (ssize_t)n || write(at.out, b, m) != (ssize_t)m ||
	    write(at.out, "\n", 1) != 1)
		at.err = errno ? -errno : -EIO;
}

/* the rest of a line, from its key on, where the copy was read to the end of its hosts */
static const char *key_text_of(const char *line, const char *copy, const struct hostline *h)
{
	const char *p = line + ((const char *)h->hosts.p + h->hosts.len - copy);

	return p + strspn(p, " \t");
}

/* a line with a hashed name for each of the host's */
static void hash_names(const char *line, const char *copy, const struct hostline *h)
{
	const char *key = key_text_of(line, copy, h);
	struct str list = h->hosts, name;
	char text[HOST_HASH_LEN + 1];
	uint8_t salt[32];
	int plain = 1, wild = 0;

	for (size_t i = 0; i < list.len; i++) {
		wild |= strchr("*?", list.p[i]) != NULL;
		plain &= !strchr("*?!|", list.p[i]);
	}
	if (!plain || h->mark != HOST_PLAIN) {
		put(line, "");
		if (wild && !at.find)
			fmt_fd(2, "%s:%lu: ignoring host name with wildcard: %.*s\n", at.path,
			       at.no, (int)list.len, list.p);
		return;
	}
	while (list_next(&list, &name)) {
		rand_seed(salt);
		host_hash(text, salt, name);
		fmt(text + strlen(text), 2, " ");
		put(text, key);
		at.shown = 1;
	}
}

static void show_key(const char *line, const char *copy, const struct hostline *h)
{
	const char *p = key_text_of(line, copy, h);
	char text[FINGERPRINT_LEN];
	int i;

	for (i = 0; i < 2; i++) {
		p += strcspn(p, " \t");
		p += strspn(p, " \t");
	}
	key_print(text, h->blob, keygen.md5);
	fmt_fd(1, "%s %s %s%s%s\n", at.name, key_label(h->blob), text, *p ? " " : "", p);
	if (GIVEN('v'))
		key_art(h->blob, keygen.md5);
}

/* a line about the host that was asked for */
static void matched(const char *line, const char *copy, const struct hostline *h)
{
	static const char *const marks[] = {" ", " CA", " REVOKED"};

	if (at.remove && h->mark != HOST_PLAIN) {
		put(line, "");
		return;
	}
	at.found = 1;
	if (!GIVEN('q'))
		fmt_fd(1, "# Host %s found: line %lu%s\n", at.name, at.no,
		       at.remove ? "" : marks[h->mark]);
	if (at.remove)
		return;
	if (at.hash)
		hash_names(line, copy, h);
	else if (GIVEN('l'))
		show_key(line, copy, h);
	else
		put(line, "");
}

static void one_line(const char *line)
{
	char *copy = (char *)keygen_mem;
	const char *p = line + strspn(line, " \t");
	struct hostline h;
	int good;

	memcpy(copy, line, strlen(line) + 1);
	good = hostline_read(&h, copy);
	if (!good && *p && *p != '#') {
		at.invalid = 1;
		fmt_fd(2, "%s:%lu: invalid line\n", at.path, at.no);
	}
	if (good && at.name && hostline_is(&h, str_of(at.name)))
		matched(line, copy, &h);
	else if (good && at.hash && !at.name)
		hash_names(line, copy, &h);
	else if (!at.find)
		put(line, "");
}

/* the name as it is compared */
static const char *lower(const char *p)
{
	static char name[512] ASIDE;
	char *q;

	fmt(name, sizeof(name), "%s", p);
	for (q = name; *q; q++)
		if (*q >= 'A' && *q <= 'Z')
			*q |= 32;
	return name;
}

/* the old file becomes .old, the new one takes its place; 0 or -errno */
static int replace(struct aside *aside)
{
	char old[512];

	if (fmt(old, sizeof(old), "%s.old", at.path) >= sizeof(old) - 1)
		return -ENAMETOOLONG;
	unlink(old);
	if (link(at.path, old) < 0)
		return -errno;
	fmt_fd(1, "%s updated.\nOriginal contents retained as %s\n", at.path, old);
	if (at.shown)
		fmt_fd(2,
		       "WARNING: %s contains unhashed entries\n"
		       "Delete this file to ensure privacy of hostnames\n",
		       old);
	return aside_put(aside, at.path);
}

/* what the lines have led to, in place: the status */
static int finish(struct aside *aside, int err)
{
	if (err >= 0 && at.invalid)
		fmt_fd(2,
		       "%s is not a valid known_hosts file.\n"
		       "Not replacing existing known_hosts file because of errors\n",
		       at.path);
	else if (err >= 0 && at.remove && !at.found)
		fmt_fd(2, "Host %s not found in %s\n", at.name, at.path);
	else if (err >= 0)
		err = replace(aside);
	aside_drop(aside);
	return err < 0 ? keygen_fail(at.path, err_text(-err)) : at.invalid ? NO : DONE;
}

int keygen_hosts(void)
{
	static char path[512] ASIDE;
	struct aside aside = {.fd = -1};
	struct user me;
	struct lines l;
	mode_t mode;
	uid_t owner;
	char *line;
	int fd, r;

	at.find = GIVEN('F') != NULL;
	at.remove = GIVEN('R') != NULL;
	at.hash = GIVEN('H') != NULL;
	if (at.find || at.remove)
		at.name = lower(GIVEN(at.find ? 'F' : 'R'));
	at.path = keygen.file;
	if (!at.path && user_find_uid(getuid(), &me) == 0) {
		fmt(path, sizeof(path), "%s/.ssh/known_hosts", me.home);
		user_forget(&me);
		at.path = path;
	}
	fd = fd_open(at.path, O_RDONLY);
	if (fd < 0)
		return keygen_fail(at.path, err_text(-fd));
	r = at.find ? 0 : file_mode(at.path, &mode, &owner);
	if (!at.find && r == 0)
		r = aside_open(&aside, at.path, mode & 0777);
	at.out = at.find ? 1 : aside.fd;
	lines_init(&l, fd, keygen_room, sizeof(keygen_room));
	while (r >= 0 && ((r = lines_next(&l, &line)) == 1 || r == -E2BIG || r == -EILSEQ)) {
		at.no = l.no;
		at.invalid |= r != 1;
		if (r == 1)
			one_line(line);
		r = 0;
	}
	close(fd);
	return at.find ? (at.found ? DONE : NO) : finish(&aside, r < 0 ? r : at.err);
}
