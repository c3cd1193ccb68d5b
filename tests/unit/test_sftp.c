/* test_sftp.c - SFTP's attributes on the wire; names, dates and paths as the server shows them. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "longname.h"
#include "port.h"
#include "sftp.h"

static int same_attrs(const struct sftp_attrs *a, const struct sftp_attrs *b)
{
	return a->flags == b->flags && a->size == b->size && a->uid == b->uid && a->gid == b->gid &&
	       a->mode == b->mode && a->atime == b->atime && a->mtime == b->mtime;
}

static void test_attrs(void)
{
	int good = 1, bounds = 1, written = 1;
	uint8_t buf[64];
	unsigned flags;
	size_t n, cut;

	for (flags = 0; flags < 16; flags++) {
		struct sftp_attrs back, a = {.flags = flags};
		struct wr w = wr_init(buf, sizeof(buf));
		struct rd r;

		if (flags & ATTR_SIZE)
			a.size = 0x123456789abcdef0;
		if (flags & ATTR_IDS) {
			a.uid = 1;
			a.gid = 0xfffffffe;
		}
		if (flags & ATTR_MODE)
			a.mode = S_IFREG | 0644;
		if (flags & ATTR_TIMES) {
			a.atime = 5;
			a.mtime = 0x90000000;
		}
		wr_attrs(&w, &a);
		n = wr_len(&w);
		r = rd_init((struct str){buf, n});
		rd_attrs(&r, &back);
		good = good && !w.bad && rd_done(&r) && same_attrs(&a, &back);
		for (cut = 0; cut < n; cut++) {
			r = rd_init((struct str){buf, cut});
			rd_attrs(&r, &back);
			bounds = bounds && r.bad;
			w = wr_init(buf, cut);
			wr_attrs(&w, &a);
			written = written && w.bad;
			w = wr_init(buf, n);
			wr_attrs(&w, &a);
		}
	}
	check("attrs/there and back", good, "not the same");
	check("attrs/cut", bounds, "read beyond the end");
	check("attrs/no room", written, "written beyond the end");
}

static void test_extended(void)
{
	static const uint8_t pairs[] = {0x80, 0, 0, 4, 0, 0,   1, 0xa4, 0, 0, 0, 2, 0, 0, 0,   1,
					'a',  0, 0, 0, 1, 'b', 0, 0,    0, 0, 0, 0, 0, 1, 'c', 9};
	static const uint8_t many[] = {0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
	struct rd r = rd_init((struct str){pairs, sizeof(pairs)});
	struct sftp_attrs a;

	rd_attrs(&r, &a);
	check("attrs/extended are passed over",
	      a.flags == ATTR_MODE && a.mode == 0644 && rd_u8(&r) == 9 && rd_done(&r), "not so");
	r = rd_init((struct str){many, sizeof(many)});
	rd_attrs(&r, &a);
	check("attrs/four thousand million that are not there", r.bad, "taken");
}

static void test_text(void)
{
	int good = 1;
	uint32_t i;

	for (i = 0; i < 40; i++)
		good = good && sftp_text(i) && *sftp_text(i);
	check("text/each", good && sftp_text(UINT32_MAX), "NULL");
	check("text/words",
	      !strcmp(sftp_text(FX_PERMISSION_DENIED), "Permission denied") &&
		  !strcmp(sftp_text(FX_OP_UNSUPPORTED), "Operation unsupported"),
	      "others");
}

static int date_is(uint32_t t, const char *want)
{
	char buf[16];

	clock_ls(buf, t);
	return !strcmp(buf, want);
}

static void test_dates(void)
{
	uint32_t now = (uint32_t)clock_unix();
	char buf[16];

	check("date/old",
	      date_is(0, "Jan  1  1970") && date_is(951782400, "Feb 29  2000") &&
		  date_is(1000000000, "Sep  9  2001"),
	      "another");
	check("date/in the future", date_is(0xffffffff, "Feb  7  2106"), "another");
	clock_ls(buf, now);
	check("date/now", strlen(buf) == 12 && buf[9] == ':' && buf[6] == ' ', buf);
	clock_ls(buf, now - 365u * 86400 / 2 + 60);
	check("date/half a year", buf[9] == ':', buf);
	clock_ls(buf, now - 365u * 86400 / 2 - 60);
	check("date/more than that", buf[7] == ' ' && buf[9] != ':', buf);
	clock_ls(buf, now + 3600);
	check("date/an hour ahead", buf[9] != ':', buf);
}

static int line_is(mode_t mode, uint64_t size, const char *want)
{
	struct stat st = {.st_mode = mode, .st_nlink = 1, .st_size = (off_t)size};
	char head[LONGNAME_HEAD];

	st.st_uid = st.st_gid = 4000000000u;
	return longname_head(head, &st) == strlen(head) && !strcmp(head, want);
}

static void test_longname(void)
{
	check("longname/file",
	      line_is(S_IFREG | 0644, 5,
		      "-rw-r--r--    1 4000000000 4000000000        5 Jan  1  1970 "),
	      "another");
	check("longname/long",
	      line_is(S_IFDIR | 07777, (uint64_t)INT64_MAX,
		      "drwsrwsrwt    1 4000000000 4000000000 9223372036854775807 Jan  1  1970 "),
	      "another");
	check("longname/no x under the special bits",
	      line_is(S_IFCHR | 07000, 0,
		      "c--S--S--T    1 4000000000 4000000000        0 Jan  1  1970 "),
	      "another");
	check(
	    "longname/kinds",
	    line_is(S_IFLNK, 0, "l---------    1 4000000000 4000000000        0 Jan  1  1970 ") &&
		line_is(S_IFIFO, 0,
			"p---------    1 4000000000 4000000000        0 Jan  1  1970 ") &&
		line_is(S_IFSOCK, 0,
			"s---------    1 4000000000 4000000000        0 Jan  1  1970 ") &&
		line_is(S_IFBLK, 0, "b---------    1 4000000000 4000000000        0 Jan  1  1970 "),
	    "another");
}

static void test_names_of_ids(void)
{
	char name[USER_NAME];

	check("ids/number",
	      user_name_of(4000000000u, name) == -ENOENT && !strcmp(name, "4000000000") &&
		  group_name_of(4000000001u, name) == -ENOENT && !strcmp(name, "4000000001"),
	      name);
	if (access("/etc/passwd", R_OK) == 0)
		check("ids/root", user_name_of(0, name) == 0 && !strcmp(name, "root"), name);
	if (access("/etc/group", R_OK) == 0)
		check("ids/root's group", group_name_of(0, name) == 0 && !strcmp(name, "root"),
		      name);
}

static char top[PATH_REAL]; /* a directory of our own */

static void test_dir(void)
{
	static union {
		uint64_t aligned;
		char bytes[512];
	} room;
	int fd, r, i, seen[200] = {0}, dots = 0, good = 1;
	struct dir d;
	const char *name;
	char text[16];

	mkdir("many", 0700);
	for (i = 0; i < 200; i++) {
		fmt(text, sizeof(text), "many/%d", i);
		close(open(text, O_CREAT | O_WRONLY, 0600));
	}
	fd = open("many", O_RDONLY | O_DIRECTORY);
	dir_init(&d, fd, room.bytes, sizeof(room));
	while ((r = dir_next(&d, &name)) > 0) {
		if (*name == '.')
			dots++;
		else
			seen[atoi(name)]++;
	}
	for (i = 0; i < 200; i++)
		good = good && seen[i] == 1;
	check("dir/each once", r == 0 && good && dots == 2, "not so");
	check("dir/the end stays", dir_next(&d, &name) == 0, "more");
	close(fd);
	dir_init(&d, fd, room.bytes, sizeof(room));
	check("dir/closed", dir_next(&d, &name) == -EBADF, "no error");
	for (i = 0; i < 200; i++) {
		fmt(text, sizeof(text), "many/%d", i);
		unlink(text);
	}
	rmdir("many");
}

/* path leads to top and tail, or with tail NULL fails with err */
static void real(const char *path, const char *tail, int err)
{
	static char buf[PATH_REAL];
	char name[64];
	size_t n = strlen(top);
	int r = path_real(path, buf);

	fmt(name, sizeof(name), "path/%.40s", path);
	if (tail)
		check(name, r == 0 && !strncmp(buf, top, n) && !strcmp(buf + n, tail), buf);
	else
		check(name, r == err, err_text(-r));
}

static void test_paths(void)
{
	static char many[PATH_FULL + 10];
	static char buf[PATH_REAL];

	mkdir("a", 0700);
	mkdir("a/b", 0700);
	check("path/links",
	      !symlink("a/b", "rel") && !symlink("self", "self") && !symlink("/", "root") &&
		  !symlink("gone/", "gap") && !symlink("../../a//./b/..", "a/b/up"),
	      err_text(errno));
	real(".", "", 0);
	real("", "", 0);
	real("a/./b/../b//", "/a/b", 0);
	real("rel", "/a/b", 0);
	real("rel/..", "/a", 0);
	real("rel/up/b", "/a/b", 0);
	real("new", "/new", 0);
	real("new//", "/new", 0);
	real("gap", "/gone", 0);
	real("gap/x", NULL, -ENOENT);
	real("new/..", NULL, -ENOENT);
	real("self", NULL, -ELOOP);
	check("path/root", path_real("root/..", buf) == 0 && !strcmp(buf, "/"), buf);
	check("path/above", path_real("/../..", buf) == 0 && !strcmp(buf, "/"), buf);
	memset(many, '/', PATH_FULL);
	check("path/too long", path_real(many, buf) == -ENAMETOOLONG, buf);
	many[PATH_FULL - 1] = 0;
	check("path/as long as can be", path_real(many, buf) == 0 && !strcmp(buf, "/"), buf);
}

static void test_links(void)
{
	struct stat st;

	close(open("f", O_CREAT | O_WRONLY, 0600));
	check("link/chmod of a link",
	      symlink("f", "l") == 0 && link_chmod("l", 0640) == -EOPNOTSUPP, "done");
	check("link/what it leads to", stat("f", &st) == 0 && (st.st_mode & 07777) == 0600,
	      "changed");
	check("link/chmod of a file",
	      link_chmod("f", 0640) == 0 && stat("f", &st) == 0 && (st.st_mode & 07777) == 0640,
	      "not done");
	check("link/chmod of none", link_chmod("none", 0640) == -ENOENT, "done");
	check("times/of a path",
	      times_set(AT_FDCWD, "f", 1, 0xf0000000, 0) == 0 && stat("f", &st) == 0 &&
		  st.st_atime == 1,
	      "others");
	check("times/beyond 2038", sizeof(long) == 4 || st.st_mtime == 0xf0000000, "others");
	check("times/of a link",
	      times_set(AT_FDCWD, "l", 5, 6, AT_SYMLINK_NOFOLLOW) == 0 && lstat("l", &st) == 0 &&
		  st.st_mtime == 6 && stat("f", &st) == 0 && st.st_atime == 1,
	      "others");
}

static void clean(void)
{
	static const char *const names[] = {"a/b/up", "rel", "self", "root", "gap", "f", "l"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(names[i]);
	rmdir("a/b");
	rmdir("a");
	rmdir(top);
}

int main(void)
{
	char dir[] = "/tmp/test_sftp.XXXXXX";

	test_attrs();
	test_extended();
	test_text();
	test_dates();
	test_longname();
	test_names_of_ids();
	if (!check("own directory", mkdtemp(dir) && !chdir(dir) && !path_real(dir, top),
		   err_text(errno)))
		return 1;
	test_dir();
	test_paths();
	test_links();
	clean();
	return check_result();
}
