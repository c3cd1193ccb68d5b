/* cli_known.c - known_hosts files: who is who, and keeping it. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "knownhosts.h"
#include "pubkey.h"
#include "sig.h"

#define LINE 8192 /* bytes: RSA with 16384 bits takes 2800 */

static char room[LINE] APART;

/*
 * All lines about the host: in each file, from the user's first to the last
 * global one. *k is where we are; 0 at the end.
 */
struct walk {
	const struct cli_set *s;
	struct str name, bare; /* with its port, where that is another than 22; and without */
	struct lines lines;
	struct hostline h;
	const char *file;
	unsigned at; /* of the files */
	int fd;
};

static void walk_begin(struct walk *w, const struct cli_set *s, const char *name)
{
	*w = (struct walk){.s = s, .name = str_of(name), .fd = -1};
	if (CFG_CERTS)
		w->bare = str_of(cli_host_bare(s));
}

/* the next file that can be opened */
static int walk_file(struct walk *w)
{
	while (w->at < 2 * CLI_FILES) {
		unsigned i = w->at++;

		w->file = i < CLI_FILES ? w->s->known[i] : w->s->global_known[i - CLI_FILES];
		if (!w->file)
			continue;
		w->fd = open(w->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (w->fd >= 0) {
			lines_init(&w->lines, w->fd, room, sizeof(room));
			return 1;
		}
		if (errno != ENOENT)
			cli_say(w->s, LOG_L_WARN, "%p: %m", w->file);
	}
	return 0;
}

/* a CA is for all of a host, as patterns for many hosts do not name ports */
static int is_about(const struct walk *w)
{
	return hostline_is(&w->h, w->name) ||
	       (CFG_CERTS && w->h.mark != HOST_PLAIN && hostline_is(&w->h, w->bare));
}

static int walk_next(struct walk *w)
{
	char *line;
	int r;

	for (;;) {
		if (w->fd < 0 && !walk_file(w))
			return 0;
		r = lines_next(&w->lines, &line);
		if (r == 1 && hostline_read(&w->h, line) && is_about(w))
			return 1;
		if (r == 1 || r == -E2BIG || r == -EILSEQ)
			continue;
		close(w->fd);
		w->fd = -1;
		mem_rest(room, sizeof(room));
	}
}

struct known known_check(const struct cli_set *s, const char *name, struct str blob, struct str ca)
{
	struct known k = {KNOWN_NONE, NULL, 0};
	struct walk w;

	walk_begin(&w, s, name);
	while (walk_next(&w)) {
		int same = str_eq(w.h.blob, blob), by = CFG_CERTS && ca.p && str_eq(w.h.blob, ca);

		if (w.h.mark == HOST_REVOKED && (same || by)) {
			k = (struct known){KNOWN_REVOKED, w.file, w.lines.no};
			close(w.fd);
			break;
		}
		if (w.h.mark != (CFG_CERTS && ca.p ? HOST_CA : HOST_PLAIN))
			continue;
		if (CFG_CERTS && ca.p ? by : same)
			k = (struct known){KNOWN_OK, w.file, w.lines.no};
		else if (k.what == KNOWN_NONE)
			k = (struct known){KNOWN_CHANGED, w.file, w.lines.no};
	}
	return k;
}

uint32_t known_types(const struct cli_set *s, const char *name)
{
	struct walk w;
	uint32_t bits = 0;
	int i;

	walk_begin(&w, s, name);
	while (walk_next(&w)) {
		if (CFG_CERTS && w.h.mark == HOST_CA)
			bits |= ((uint32_t)1 << CERT_ROWS) - 1;
		for (i = 0; w.h.mark == HOST_PLAIN && sigs[i]; i++)
			if (str_is(pubkey_name(w.h.blob), sigs[i]->key_name))
				bits |= (uint32_t)1 << i;
	}
	return bits;
}

/* ---- keeping --------------------------------------------------------------- */

static size_t line_make(char *out, size_t n, const struct cli_set *s, const char *name,
			struct str blob)
{
	struct wr w = wr_init(out, n);
	char hashed[HOST_HASH_LEN];
	uint8_t salt[32];

	if (s->hash_known) {
		rand_seed(salt);
		host_hash(hashed, salt, str_of(name));
		name = hashed;
	}
	wr_bytes(&w, name, strlen(name));
	wr_u8(&w, ' ');
	pubkey_text(&w, blob);
	wr_u8(&w, '\n');
	return w.bad ? 0 : wr_len(&w);
}

/* a folder of the user's own, where the file has none yet */
static void dir_for(const char *path)
{
	char dir[512];
	char *slash;

	fmt(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (!slash || slash == dir)
		return;
	*slash = 0;
	mkdir(dir, 0700);
}

/* whole or not at all; a last line without its end gets it first */
static int append(int fd, char *line, size_t n)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char last = '\n';
	ssize_t r;
	int err;

	if (size > 0 && pread(fd, &last, 1, size - 1) != 1)
		last = '\n';
	if (last != '\n') {
		memmove(line + 1, line, n++);
		line[0] = '\n';
	}
	r = write(fd, line, n);
	if (r == (ssize_t)n)
		return 0;
	err = r < 0 ? -errno : -ENOSPC;
	if (size >= 0 && ftruncate(fd, size) < 0)
		return -errno;
	return err;
}

int known_add(const struct cli_set *s, const char *name, struct str blob, const char **file)
{
	size_t n = line_make(room, sizeof(room) - 1, s, name, blob);
	int fd, r;

	*file = s->known[0];
	if (!*file || !n)
		return -EINVAL;
	dir_for(*file);
	fd = open(*file, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
	if (fd < 0)
		return -errno;
	r = append(fd, room, n);
	close(fd);
	mem_rest(room, sizeof(room));
	return r;
}
