/* scp_old.c - the old protocol of scp: its lines, and the side that sends. */
/* SPDX-License-Identifier: MIT */
/*
 * The source sends, and waits for an answer behind each: `Cmmmm size name` and
 * the bytes of a file, `Dmmmm 0 name` into a directory and `E` out of it, and
 * `Tmtime 0 atime 0` before one of these. An answer is a zero byte, or 1
 * (a warning, the thing is left out) or 2 (it is over) and a line of text;
 * behind a file's bytes comes one of the source's, then one of the sink's.
 *
 * Both sides do the same on a server and on a client, but a client trusts
 * nobody: it takes what it asked for, follows no link that stands in the way,
 * and takes no setuid bits. There is one connection at a time.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port.h"
#include "progress.h"
#include "scp.h"

static uint8_t data[OLD_ROOM] APART;

/* ---- what is said ---------------------------------------------------------- */

void old_lost(struct old *o)
{
	if (!o->dead && !o->remote)
		fmt_fd(2, "scp: lost connection\n");
	o->dead = 1;
	o->errors++;
}

void old_send(struct old *o, const void *from, size_t n)
{
	const char *p = from;

	while (n && !o->dead) {
		ssize_t k = write(o->out, p, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0) {
			old_lost(o);
			return;
		}
		p += k;
		n -= (size_t)k;
	}
}

void old_complain(struct old *o, const char *what, const char *why)
{
	static const char said[] = "\1scp: %p%s%p\n";
	const char *between = *why ? ": " : "";

	o->errors++;
	fmt_fd(o->out, said, what, between, why);
	if (!o->remote)
		fmt_fd(2, said + 1, what, between, why);
}

void old_broken(struct old *o, const char *why)
{
	old_complain(o, "protocol error", why);
	o->dead = 1;
}

/* ---- what is heard --------------------------------------------------------- */

int old_fill(struct old *o)
{
	ssize_t n;

	if (o->dead || o->at < o->have)
		return !o->dead;
	do
		n = read(o->in, o->input, OLD_ROOM);
	while (n < 0 && errno == EINTR);
	o->at = 0;
	o->have = n > 0 ? (size_t)n : 0;
	return n > 0;
}

void old_line(struct old *o)
{
	size_t n = 0;
	char c;

	while (old_fill(o)) {
		c = (char)o->input[o->at++];
		if (c == '\n') {
			o->text[n] = 0;
			return;
		}
		if (n < OLD_LINE - 1)
			o->text[n++] = c;
	}
	old_lost(o);
}

void old_heard(struct old *o, int kind, const char *what)
{
	if (!o->remote)
		fmt_fd(2, "%p\n", what);
	o->errors++;
	o->dead |= kind != 1;
}

int old_reply(struct old *o)
{
	int kind;

	if (!old_fill(o)) {
		old_lost(o);
		return 0;
	}
	kind = o->input[o->at];
	o->at += kind <= 2;
	if (!kind)
		return 1;
	old_line(o);
	if (!o->dead)
		old_heard(o, kind, o->text);
	return 0;
}

/* ---- what both sides do ------------------------------------------------------ */

int old_enter(struct old *o, const char *dir, const char *name)
{
	int r = path_join(o->path, dir, name);

	if (r)
		old_complain(o, name, err_text(-r));
	return !r;
}

void old_begin(struct old *o, uint64_t size)
{
	progress_begin(path_base(o->path), size, 0, !o->remote && !(o->x->flags & FLAG('q')),
		       o->x->limit);
}

void old_conclude(struct old *o, int err)
{
	if (err)
		old_complain(o, o->path, err_text(err));
	else
		old_send(o, "", 1);
}

/* ---- source ---------------------------------------------------------------- */

static int say(struct old *o, size_t n)
{
	o->text[n] = '\n';
	old_send(o, o->text, n + 1);
	return old_reply(o);
}

static long long date(time_t t)
{
	return t > 0 ? t : 0;
}

/* the times, and what comes; 1 where the other side wants it */
static int announce(struct old *o, int kind)
{
	const char *name = path_base(o->path);
	size_t n;

	if (o->x->flags & FLAG('p') && !say(o, fmt(o->text, OLD_LINE, "T%lld 0 %lld 0",
						   date(o->st.st_mtime), date(o->st.st_atime))))
		return 0;
	n = fmt(o->text, OLD_LINE, "%c%04o %lld ", kind, (unsigned)o->st.st_mode & 07777,
		kind == 'C' ? (long long)o->st.st_size : 0);
	/* a newline goes as OpenSSH sends it; a name has at most 255 bytes */
	for (; *name && n < OLD_LINE - 4; name++) {
		if (*name == '\n')
			n += fmt(o->text + n, 3, "\\^");
		o->text[n++] = *name == '\n' ? 'J' : *name;
	}
	return say(o, n);
}

/* as many bytes as were announced have to go; 0, or the errno for what is not the file's */
static int source_bytes(struct old *o, int fd, uint64_t left)
{
	int err = 0;

	while (left && !o->dead) {
		size_t n = left < OLD_ROOM ? (size_t)left : OLD_ROOM;
		ssize_t k = err ? (ssize_t)n : read(fd, data, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0) {
			err = k ? errno : EIO;
			memset(data, 0, OLD_ROOM);
			continue;
		}
		old_send(o, data, (size_t)k);
		progress_add((uint64_t)k);
		left -= (uint64_t)k;
	}
	return err;
}

static void source(struct old *o, int depth);

static void source_dir(struct old *o, int fd, int depth)
{
	_Alignas(8) char room[1024];
	size_t len = strlen(o->path);
	const char *name;
	struct dir d;
	int r = 0;

	dir_init(&d, fd, room, sizeof(room));
	while (!o->dead && (r = dir_next(&d, &name)) > 0) {
		if (!*path_base(name) || !old_enter(o, o->path, name))
			continue;
		source(o, depth + 1);
		o->path[len] = 0;
	}
	if (r < 0)
		old_complain(o, o->path, err_text(-r));
	*o->text = 'E';
	say(o, 1);
}

/* what is at o->path */
static void source(struct old *o, int depth)
{
	/* without O_NONBLOCK a fifo would hold us */
	int fd = fd_open(o->path, O_RDONLY | O_NONBLOCK), dir = 0, err;

	if (fd < 0) {
		old_conclude(o, -fd);
	} else if (fstat(fd, &o->st)) {
		old_conclude(o, errno);
	} else if (!S_ISREG(o->st.st_mode) &&
		   !(dir = S_ISDIR(o->st.st_mode) && o->x->flags & FLAG('r'))) {
		old_complain(o, o->path, "not a regular file");
	} else if (depth == OLD_DEPTH) {
		old_conclude(o, ELOOP);
	} else if (announce(o, dir ? 'D' : 'C')) {
		if (dir) {
			source_dir(o, fd, depth);
		} else {
			old_begin(o, (uint64_t)o->st.st_size);
			err = source_bytes(o, fd, (uint64_t)o->st.st_size);
			progress_end();
			old_conclude(o, err);
			old_reply(o);
		}
	}
	if (fd >= 0)
		close(fd);
}

void old_source(struct old *o, const char *from)
{
	if (!old_enter(o, "", from))
		return;
	path_trim(o->path);
	source(o, 0);
}
