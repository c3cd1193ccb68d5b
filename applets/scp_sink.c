/* scp_sink.c - the old protocol of scp: the side that takes. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port.h"
#include "progress.h"
#include "scp.h"

/* what a line announces */
struct entry {
	mode_t mode; /* as far as it is wanted */
	uint64_t size;
	const char *name;
	mode_t was;        /* what has its place now; 0: nothing has */
	int dated;         /* a T line came before it */
	uint32_t times[2]; /* of access, of modification */
};

static mode_t wanted; /* of the modes that come */

/* the number at *p, and past the character behind it, cut off there; -1 where it is none or above max */
static int64_t number(char **p, char end, uint64_t max)
{
	char *digits = *p, *q = digits + strspn(digits, "0123456789");
	uint64_t v;

	if (*q != end)
		return -1;
	*q = 0;
	*p = q + 1;
	return num_parse(digits, 0, max, &v) ? -1 : (int64_t)v;
}

/* `mtime usec atime usec`; 1, or 0 where it is not that */
static int times_parse(struct entry *e, char *p)
{
	for (int i = 1; i >= 0; i--) {
		int64_t s = number(&p, ' ', INT64_MAX), us = number(&p, i ? ' ' : 0, 999999);

		if (s < 0 || us < 0)
			return 0;
		e->times[i] = s >> 32 ? UINT32_MAX : (uint32_t)s;
	}
	e->dated = 1;
	return 1;
}

/* `mmmm size name`; 1, or 0 where it is not that */
static int entry_parse(struct entry *e, char *p)
{
	int64_t size;
	int i;

	for (e->mode = 0, i = 0; i < 4; i++, p++) {
		if (*p < '0' || *p > '7')
			return 0;
		e->mode = e->mode << 3 | (mode_t)(*p - '0');
	}
	e->mode &= wanted;
	if (*p++ != ' ')
		return 0;
	size = number(&p, ' ', INT64_MAX);
	e->size = (uint64_t)size;
	e->name = p;
	return size >= 0;
}

/* takes the bytes of a file; 0, or the errno of the first write that failed */
static int receive(struct old *o, int fd, uint64_t left)
{
	int err = 0;

	while (left) {
		size_t n;
		ssize_t k;

		if (!old_fill(o)) {
			old_lost(o);
			break;
		}
		n = o->have - o->at;
		if (n > left)
			n = (size_t)left;
		/* after an error they are read all the same: the next file comes behind */
		k = err ? (ssize_t)n : write(fd, o->input + o->at, n);
		if (k < 0 && errno != EINTR)
			err = errno;
		if (k <= 0)
			continue;
		o->at += (size_t)k;
		left -= (uint64_t)k;
		progress_add((uint64_t)k);
	}
	return err;
}

/* behind a file's bytes or a directory's files: what it is to be; 0, or an errno */
static int settle(struct old *o, const struct entry *e, int fd, mode_t lent)
{
	/* else it has its mode already, as far as this file system has modes */
	int late = o->x->flags & FLAG('p') || (!e->was && (e->mode & lent) != lent);

	if (late && (fd < 0 ? chmod(o->path, e->mode) : fchmod(fd, e->mode)))
		return errno;
	if (!e->dated)
		return 0;
	return -times_set(fd < 0 ? AT_FDCWD : fd, fd < 0 ? o->path : NULL, e->times[0], e->times[1],
			  0);
}

static void sink_file(struct old *o, const struct entry *e, int nofollow)
{
	int fd = fd_open_at(AT_FDCWD, o->path, O_WRONLY | O_CREAT | nofollow,
			    (e->mode & 0777) | S_IWUSR);
	int err;

	old_conclude(o, fd < 0 ? -fd : 0);
	if (fd < 0)
		return;
	old_begin(o, e->size);
	err = receive(o, fd, e->size);
	progress_end();
	if (!o->dead) {
		if (!err && (!e->was || S_ISREG(e->was)) && ftruncate(fd, (off_t)e->size))
			err = errno;
		if (!err)
			err = settle(o, e, fd, S_IWUSR);
		old_reply(o);
	}
	if (close(fd) && !err)
		err = errno;
	if (!o->dead)
		old_conclude(o, err);
}

static void sink(struct old *o, int depth);

static void sink_dir(struct old *o, const struct entry *e, int depth)
{
	int err = depth == OLD_DEPTH ? ELOOP : e->was && !S_ISDIR(e->was) ? ENOTDIR : 0;

	if (!err && !e->was && mkdir(o->path, e->mode | S_IRWXU))
		err = errno;
	if (!err) {
		sink(o, depth + 1);
		if (o->dead)
			return;
		err = settle(o, e, -1, S_IRWXU);
	}
	old_conclude(o, err);
}

/* NULL, or why nothing of this name may come */
static const char *refusal(const struct old *o, const struct entry *e, int kind, int depth)
{
	const char *name = e->name;

	/* "", ".", ".." and what has a slash: these have another last part than themselves */
	if (!*name || path_base(name) != name)
		return "unexpected filename";
	if (!depth && o->pattern && !glob_match(o->pattern, name))
		return "filename does not match request";
	return kind == 'D' && !(o->x->flags & FLAG('r')) ? "received directory without -r" : NULL;
}

/* a file or a directory, which goes into o->path or has it for its name */
static void sink_entry(struct old *o, struct entry *e, int kind, int into, int depth)
{
	const char *why = refusal(o, e, kind, depth);
	size_t len = strlen(o->path);
	/* a link that was there before goes where its owner wants; not so by a stranger's choice */
	int strange = into && !o->remote;

	if (why) {
		old_broken(o, why);
		return;
	}
	if (into && !old_enter(o, o->path, e->name))
		return;
	e->was = fstatat(AT_FDCWD, o->path, &o->st, strange ? AT_SYMLINK_NOFOLLOW : 0)
		     ? 0
		     : o->st.st_mode;
	if (kind == 'D')
		sink_dir(o, e, depth);
	else
		sink_file(o, e, strange ? O_NOFOLLOW : 0);
	o->path[len] = 0;
}

/* what comes for o->path, up to its end */
static void sink(struct old *o, int depth)
{
	static const char bad[] = "bad control record";
	struct entry e = {0};
	const char *wrong = NULL;
	int into = dir_look(NULL, o->path) == 0, first = 1;

	for (old_conclude(o, 0); !wrong && !o->dead; first = 0) {
		int kind;

		/* without files left the other side ends the connection */
		if (!depth && !first && !old_fill(o))
			return;
		old_line(o);
		kind = *o->text;
		/* at the top no directory is open that it could end */
		if (o->dead || (kind == 'E' && depth))
			return;
		if (kind == 1 || kind == 2) {
			old_heard(o, kind, o->text + 1);
		} else if (kind == 'T') {
			if (times_parse(&e, o->text + 1))
				old_conclude(o, 0);
			else
				wrong = bad;
		} else if (kind == 'C' || kind == 'D') {
			if (entry_parse(&e, o->text + 1))
				sink_entry(o, &e, kind, into, depth);
			else
				wrong = bad;
			e.dated = 0;
		} else {
			/* to begin with it may be what a login script says */
			wrong = first ? o->text : bad;
		}
	}
	if (wrong)
		old_broken(o, wrong);
}

void old_sink(struct old *o, const char *to, int into)
{
	mode_t mask = umask(0);
	int err = into ? -dir_look(NULL, to) : 0;

	umask(mask);
	wanted = !(o->x->flags & FLAG('p')) ? 0777 & ~mask : o->remote ? 07777 : 01777;
	if (!old_enter(o, "", to))
		return;
	if (err)
		old_conclude(o, err);
	else
		sink(o, 0);
}
