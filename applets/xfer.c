/* xfer.c - transfers of files and trees, between us and a server or two servers. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "progress.h"
#include "xfer.h"

#define DEPTH 64
/* where the server cannot make a hash, so much of the end is compared */
#define TAIL 65536

static struct side from, to;
static const struct xfer *x;
static int stopped;

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;

	return strcmp(base, ".") && strcmp(base, "..") ? base : "";
}

int path_join(char out[SFTPC_PATH], const char *dir, const char *name)
{
	size_t n = strlen(dir), len = strlen(name), slash = n && dir[n - 1] != '/';

	if (n + slash + len >= SFTPC_PATH) {
		*out = 0;
		return -ENAMETOOLONG;
	}
	memmove(out + n + slash, name, len + 1);
	memmove(out, dir, n);
	if (slash)
		out[n] = '/';
	return 0;
}

/* ---- what is said ------------------------------------------------------------------- */

static char shown[2][512];

static int complain(const struct side *s, const char *why)
{
	name_show(shown[0], sizeof(shown[0]), UINT_MAX, s->path);
	fmt_fd(2, "%s: %s %s: %s\n", x->name, s->c ? "remote" : "local", shown[0], why);
	return -1;
}

/* 0 where err is 0 */
static int check(const struct side *s, int err)
{
	return err ? complain(s, sftpc_text(err)) : 0;
}

static void announce(const char *verb)
{
	name_show(shown[0], sizeof(shown[0]), UINT_MAX, from.path);
	name_show(shown[1], sizeof(shown[1]), UINT_MAX, to.path);
	if (x->say)
		fmt_fd(1, "%s %s to %s\n", verb, shown[0], shown[1]);
}

/* 1: nothing more is to be begun */
static int over(void)
{
	return stopped || (from.c && from.c->err) || (to.c && to.c->err);
}

/* ---- a file --------------------------------------------------------------------------- */

/* 1: what is there of the target is the start of the source; 0; or an error that was told */
static int same_start(uint64_t n)
{
	int whole =
	    (!from.c || from.c->exts & EXT_CHECK_FILE) && (!to.c || to.c->exts & EXT_CHECK_FILE);
	uint64_t at = whole || n < TAIL ? 0 : n - TAIL;
	uint8_t a[32], b[32];

	if (check(&from, side_hash(&from, at, n, a)) || check(&to, side_hash(&to, at, n, b)))
		return -1;
	return !memcmp(a, b, sizeof(a));
}

/* where to go on; -1 where that would do harm */
static int resume(uint64_t size, uint64_t *at)
{
	int same;

	if (check(&to, side_size(&to, at)))
		return -1;
	if (*at > size)
		return complain(&to, "is larger than its source: not resumed");
	same = *at ? same_start(*at) : 1;
	if (!same)
		return complain(&to, "is not the start of its source: not resumed");
	if (same > 0 && !from.c && lseek(from.fd, (off_t)*at, SEEK_SET) < 0)
		return check(&from, -errno);
	return same < 0 ? -1 : 0;
}

static int contents(uint64_t size)
{
	struct flow_end end;
	uint64_t at = 0;

	if (x->resume && resume(size, &at))
		return -1;
	progress_begin(path_base(from.path), size, at, !x->quiet, x->limit);
	end = flow_run(&from, &to, x, at, size);
	progress_end(!end.err);
	if (end.err && !end.side)
		stopped = 1;
	return end.side ? check(end.side, end.err) : end.err;
}

/* both files are open; a: of the source */
static int copy(struct sftp_attrs *a)
{
	int r = contents(a->size);

	a->flags &= ATTR_MODE | ATTR_TIMES;
	a->mode &= 0777;
	if (!r && x->preserve)
		r = check(&to, side_set(&to, a));
	if (!r && x->sync)
		r = check(&to, side_sync(&to));
	return r;
}

static int file(struct sftp_attrs *a, int nofollow)
{
	/* bits that make a program somebody else's are nothing to take over with a file */
	uint32_t mode = (a->flags & ATTR_MODE ? a->mode : 0666) & 0777;
	uint32_t how = FXF_WRITE | FXF_CREAT | (x->resume ? FXF_READ : FXF_TRUNC);
	int r, end;

	if (check(&from, side_open(&from, FXF_READ, 0, 0)))
		return -1;
	/* our own can be written even where its source cannot */
	r = check(&to, side_open(&to, how, to.c ? mode : mode | S_IWUSR, nofollow));
	if (!r) {
		r = copy(a);
		end = side_close(&to);
		if (!r)
			r = check(&to, end);
	}
	side_close(&from);
	return r;
}

/* ---- a tree --------------------------------------------------------------------------- */

static int item(unsigned depth, const struct sftp_attrs *known);

static int child(unsigned depth, const struct name *n)
{
	size_t a = strlen(from.path), b = strlen(to.path);
	unsigned name = to.name;
	int r;

	if (path_join(from.path, from.path, n->text) || path_join(to.path, to.path, n->text)) {
		from.path[a] = to.path[b] = 0;
		return -1;
	}
	if (to.dir != AT_FDCWD)
		to.name = (unsigned)(strlen(to.path) - n->len);
	r = item(depth, &n->attrs);
	to.name = name;
	from.path[a] = to.path[b] = 0;
	return r;
}

static int children(unsigned depth)
{
	struct walk w;
	struct name *n;
	int r = 0, err = walk_open(&w, from.c, from.path, x->stack);

	if (err)
		return check(&from, err);
	while (!over() && (n = walk_next(&w)))
		r |= child(depth + 1, n);
	walk_close(&w);
	if (w.bad)
		r = complain(&from, "the server sent names that no file can have: left out");
	return check(&from, w.err) | r | (stopped ? -1 : 0);
}

/* what the directory is to be in the end: it had to be writable up to now */
static int finish(int fd, int made, struct sftp_attrs *a)
{
	a->flags &= x->preserve ? ATTR_MODE | ATTR_TIMES : ATTR_MODE;
	a->mode &= 01777;
	if (!x->preserve && (!made || (a->mode & 0700) == 0700))
		return 0;
	return a->flags ? check(&to, side_set_dir(&to, fd, a)) : 0;
}

static int tree(unsigned depth, struct sftp_attrs *a)
{
	uint32_t mode = (a->flags & ATTR_MODE ? a->mode & 01777 : 0777) | 0700;
	int made, fd = -1, dir = to.dir, r;

	if (depth == DEPTH)
		return complain(&from, "directories lie too deep in each other");
	if (check(&to, side_mkdir(&to, mode, &made)))
		return -1;
	if (!to.c) {
		fd = openat(dir, to.path + to.name,
			    O_RDONLY | O_DIRECTORY | O_CLOEXEC |
				(depth || x->nofollow ? O_NOFOLLOW : 0));
		if (fd < 0)
			return check(&to, -errno);
		to.dir = fd;
	}
	r = children(depth);
	to.dir = dir;
	r |= over() ? -1 : finish(fd, made, a);
	if (!to.c)
		close(fd);
	return r;
}

/* known: what the directory said of it, which is nothing where it is ours */
static int is_link(const struct sftp_attrs *known)
{
	struct sftp_attrs a;

	if (known->flags & ATTR_MODE)
		return S_ISLNK(known->mode);
	return side_stat(&from, 0, &a) || S_ISLNK(a.mode);
}

/* known: NULL where the user named it */
static int item(unsigned depth, const struct sftp_attrs *known)
{
	const char *verb = depth            ? "Entering"
			   : from.c && to.c ? "Copying"
			   : from.c         ? "Fetching"
					    : "Uploading";
	struct sftp_attrs a;
	int dir;

	if (over())
		return -1;
	if (known && known->flags & ATTR_MODE && !S_ISLNK(known->mode))
		a = *known;
	else if (check(&from, side_stat(&from, 1, &a)))
		return -1;
	dir = a.flags & ATTR_MODE && S_ISDIR(a.mode);
	if (dir && !x->recursive)
		return complain(&from, "is a directory");
	/* links to directories may lead round and round */
	if (dir && known && is_link(known))
		return complain(&from, "is a link to a directory: left out");
	if (!dir && a.flags & ATTR_MODE && !S_ISREG(a.mode)) {
		complain(&from, "is not a regular file");
		return depth ? 0 : -1;
	}
	if (dir || !depth)
		announce(verb);
	return dir ? tree(depth, &a) : file(&a, depth || x->nofollow);
}

static int transfer(struct sftpc *a, const char *source, struct sftpc *b, const char *target,
		    const struct xfer *how)
{
	x = how;
	stopped = 0;
	if (check(&from, side_init(&from, a, source)) || check(&to, side_init(&to, b, target)))
		return -1;
	return item(0, NULL) ? -1 : 0;
}

int xfer_get(struct sftpc *c, const char *source, const char *target, const struct xfer *how)
{
	return transfer(c, source, NULL, target, how);
}

int xfer_put(struct sftpc *c, const char *source, const char *target, const struct xfer *how)
{
	return transfer(NULL, source, c, target, how);
}

int xfer_cross(struct sftpc *a, const char *source, struct sftpc *b, const char *target,
	       const struct xfer *how)
{
	return transfer(a, source, b, target, how);
}
