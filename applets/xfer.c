/* xfer.c - transfers of files and trees, between us and a server or two servers. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "progress.h"
#include "xfer.h"

#define DEPTH 64
/* where the server cannot make a hash, so much of the end is compared */
#define TAIL 65536

struct side xfer_from APART, xfer_to APART;
static const struct xfer *x;
static int stopped;

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;

	return strcmp(base, ".") && strcmp(base, "..") ? base : "";
}

void path_trim(char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		path[--n] = 0;
}

int path_join(char out[SFTPC_PATH], const char *dir, const char *name)
{
	size_t n = strlen(dir), len = strlen(name), slash = n && dir[n - 1] != '/';

	if (n + slash + len >= SFTPC_PATH)
		return -ENAMETOOLONG;
	memmove(out + n + slash, name, len + 1);
	memmove(out, dir, n);
	if (slash)
		out[n] = '/';
	return 0;
}

/* ---- what is said ------------------------------------------------------------------- */

static int complain(const struct side *s, const char *why)
{
	fmt_fd(2, "%s: %s %s: %s\n", x->name, s->c ? "remote" : "local", shown(s->path), why);
	return -1;
}

/* 0 where err is 0 */
int side_check(const struct side *s, int err)
{
	return err ? complain(s, sftpc_text(err)) : 0;
}

/* 1: nothing more is to be begun */
int xfer_over(void)
{
	return stopped || (xfer_from.c && xfer_from.c->err) || (xfer_to.c && xfer_to.c->err);
}

/* ---- a file --------------------------------------------------------------------------- */

/* 1: what is there of the target is the start of the source; 0; or an error that was told */
static int same_start(uint64_t n)
{
	int whole = (!xfer_from.c || xfer_from.c->exts & EXT_CHECK_FILE) &&
		    (!xfer_to.c || xfer_to.c->exts & EXT_CHECK_FILE);
	uint64_t at = whole || n < TAIL ? 0 : n - TAIL;
	static uint8_t a[32], b[32];

	if (side_check(&xfer_from, side_hash(&xfer_from, at, n, a)) ||
	    side_check(&xfer_to, side_hash(&xfer_to, at, n, b)))
		return -1;
	return !memcmp(a, b, sizeof(a));
}

/* where to go on; -1 where that would do harm */
static int resume(uint64_t size, uint64_t *at)
{
	int same;

	if (side_check(&xfer_to, side_size(&xfer_to, at)))
		return -1;
	same = *at > size ? 0 : *at ? same_start(*at) : 1;
	if (!same)
		return complain(&xfer_to, "is not the start of its source: not resumed");
	return same < 0 ? -1 : 0;
}

static int contents(uint64_t size)
{
	uint64_t at = 0;
	int r;

	if (x->flags & FLAG('a') && resume(size, &at))
		return -1;
	progress_begin(path_base(xfer_from.path), size, at, !(x->flags & FLAG('q')), x->limit);
	r = flow_run(x, at, size);
	progress_end();
	stopped |= r > 0;
	return r;
}

/* both files are open; a: of the source */
static int copy(struct sftp_attrs *a)
{
	int r = contents(a->size);

	a->flags &= ATTR_MODE | ATTR_TIMES;
	a->mode &= 0777;
	if (!r && x->flags & FLAG('p'))
		r = side_check(&xfer_to, side_set(&xfer_to, a));
	if (!r && x->flags & FLAG('f'))
		r = side_check(&xfer_to, side_sync(&xfer_to));
	return r;
}

static int file(struct sftp_attrs *a, int nofollow)
{
	/* bits that make a program somebody else's are nothing to take over with a file */
	uint32_t mode = (a->flags & ATTR_MODE ? a->mode : 0666) & 0777;
	uint32_t how = FXF_WRITE | FXF_CREAT | (x->flags & FLAG('a') ? FXF_READ : FXF_TRUNC);
	int r, end;

	if (side_check(&xfer_from, side_open(&xfer_from, FXF_READ, 0, 0)))
		return -1;
	/* our own can be written even where its source cannot */
	r = side_check(&xfer_to,
		       side_open(&xfer_to, how, xfer_to.c ? mode : mode | S_IWUSR, nofollow));
	if (!r) {
		r = copy(a);
		end = side_close(&xfer_to);
		if (!r)
			r = side_check(&xfer_to, end);
	}
	side_close(&xfer_from);
	return r;
}

/* ---- a tree --------------------------------------------------------------------------- */

static int item(unsigned depth, const struct sftp_attrs *known);

static int child(unsigned depth, const struct name *n)
{
	size_t a = strlen(xfer_from.path), b = strlen(xfer_to.path);
	unsigned name = xfer_to.name;
	int r;

	r = path_join(xfer_from.path, xfer_from.path, n->text);
	if (!r)
		r = path_join(xfer_to.path, xfer_to.path, n->text);
	if (r) {
		side_check(&xfer_from, r);
	} else {
		if (xfer_to.dir != AT_FDCWD)
			xfer_to.name = (unsigned)(strlen(xfer_to.path) - n->len);
		r = item(depth, &n->attrs);
		xfer_to.name = name;
	}
	xfer_from.path[a] = xfer_to.path[b] = 0;
	return r;
}

static int children(unsigned depth)
{
	struct walk w;
	struct name *n;
	int r = 0, err = walk_open(&w, xfer_from.c, xfer_from.path, x->stack);

	if (err)
		return side_check(&xfer_from, err);
	while (!xfer_over() && (n = walk_next(&w)))
		r |= child(depth + 1, n);
	walk_close(&w);
	if (w.bad)
		r = complain(&xfer_from, "impossible names left out");
	return side_check(&xfer_from, w.err) | r | (stopped ? -1 : 0);
}

/* what the directory is to be in the end: it had to be writable up to now */
static int finish(int fd, int made, struct sftp_attrs *a)
{
	int exact = x->flags & FLAG('p');

	a->flags &= exact ? ATTR_MODE | ATTR_TIMES : ATTR_MODE;
	a->mode &= 01777;
	if (!exact && (!made || (a->mode & 0700) == 0700))
		return 0;
	return side_check(&xfer_to, side_set_dir(&xfer_to, fd, a));
}

static int tree(unsigned depth, struct sftp_attrs *a)
{
	uint32_t mode = (a->mode & 01777) | 0700;
	int made, fd = -1, dir = xfer_to.dir, r;

	if (depth == DEPTH)
		return side_check(&xfer_from, -ELOOP);
	if (side_check(&xfer_to, side_mkdir(&xfer_to, mode, &made)))
		return -1;
	if (!xfer_to.c) {
		fd = fd_open_at(dir, xfer_to.path + xfer_to.name,
				O_DIRECTORY | (depth || x->nofollow ? O_NOFOLLOW : 0), 0);
		if (fd < 0)
			return side_check(&xfer_to, fd);
		xfer_to.dir = fd;
	}
	r = children(depth);
	xfer_to.dir = dir;
	r |= xfer_over() ? -1 : finish(fd, made, a);
	if (!xfer_to.c)
		close(fd);
	return r;
}

/* known: NULL where the user named it, else what the directory said of it, which may be nothing */
static int item(unsigned depth, const struct sftp_attrs *known)
{
	const char *verb = depth ? "Entering" : xfer_from.c ? "Fetching" : "Uploading";
	struct sftp_attrs a;
	int dir, link = !known, err = 0;

	if (xfer_over())
		return -1;
	if (known) {
		a = *known;
		if (!(a.flags & ATTR_MODE))
			err = side_stat(&xfer_from, 0, &a);
		link = S_ISLNK(a.mode);
	}
	if (link && !err)
		err = side_stat(&xfer_from, 1, &a);
	if (err)
		return side_check(&xfer_from, err);
	dir = S_ISDIR(a.mode);
	if (dir && !(x->flags & FLAG('r')))
		return complain(&xfer_from, "is a directory");
	/* links to directories may lead round and round */
	if (dir && known && link)
		return side_check(&xfer_from, -ELOOP);
	if (!dir && a.flags & ATTR_MODE && !S_ISREG(a.mode)) {
		complain(&xfer_from, "is not a regular file");
		return depth ? 0 : -1;
	}
	if ((dir || !depth) && x->say)
		fmt_fd(1, "%s %s to %s\n", verb, shown(xfer_from.path), shown(xfer_to.path));
	return dir ? tree(depth, &a) : file(&a, depth || x->nofollow);
}

int xfer(struct sftpc *a, const char *source, struct sftpc *b, const char *target,
	 const struct xfer *how)
{
	x = how;
	stopped = 0;
	if (side_check(&xfer_from, side_init(&xfer_from, a, source)) ||
	    side_check(&xfer_to, side_init(&xfer_to, b, target)))
		return -1;
	return item(0, NULL) ? -1 : 0;
}
