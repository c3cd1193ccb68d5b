/* test_glob.c - which of our files a pattern means. */
/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "sftpc.h"

static uint64_t room[8192];
static struct names s;

/* the files that match, each with a comma behind it */
static int means(const char *pattern, const char *want)
{
	char got[512] = "";
	uint32_t mark, at;
	struct name *n;

	mark = at = s.top;
	if (sftpc_glob(NULL, pattern, &s))
		return 0;
	at = s.first;
	while ((n = names_at(&s, &at)))
		strcat(strcat(got, n->text), ",");
	s.top = mark;
	return !strcmp(got, want);
}

static void make(const char *path)
{
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

static const char *const files[] = {"a1",   "a2",   "a[x",  "b]",    ".hidden",
				    "ab/f", "ac/f", "ac/g", ".d/in", "sp ace"};

static void test_patterns(void)
{
	check("glob/star", means("*", "a1,a2,a[x,ab,ac,b],link,sp ace,"), "other");
	check("glob/question", means("a?", "a1,a2,ab,ac,"), "other");
	check("glob/hidden", means(".*", ".d,.hidden,") && means("?hidden", ""), "other");
	check("glob/set",
	      means("a[0-9]", "a1,a2,") && means("a[!0-9]", "ab,ac,") && means("[]b]*", "b],") &&
		  means("a[^b-z2]", "a1,") && means("a[1-]", "a1,"),
	      "other");
	check("glob/no set", means("a[x", "a[x,") && means("a[[]x", "a[x,"), "other");
	check("glob/backslash", means("a\\[x", "a[x,") && means("sp\\ a*", "sp ace,"), "other");
	check("glob/parts", means("*/f", "ab/f,ac/f,link/f,") && means("a*/*", "ab/f,ac/f,ac/g,"),
	      "other");
	check("glob/directories", means("a*/", "ab/,ac/,") && means("./a?/g", "./ac/g,"), "other");
	check("glob/none", means("nothing*", "") && means("nothing", "") && means("a1/*", ""),
	      "other");
	check("glob/as it is", means("ac/g", "ac/g,") && means(".d/in", ".d/in,"), "other");
}

static int plain(const char *in, int wild, const char *out)
{
	char text[32];

	strcpy(text, in);
	return glob_plain(text) == wild && !strcmp(text, out);
}

static void test_words(void)
{
	char out[SFTPC_PATH], dir[SFTPC_PATH];

	check("glob/plain",
	      plain("a\\*b\\\\", 0, "a*b\\") && plain("a*\\b", 1, "a*\\b") && plain("", 0, "") &&
		  plain("x\\", 0, "x\\"),
	      "other");
	check("path/base",
	      !strcmp(path_base("a/b"), "b") && !strcmp(path_base("/"), "") &&
		  !strcmp(path_base("."), "") && !strcmp(path_base("a/.."), "") &&
		  !strcmp(path_base("..."), "..."),
	      "other");
	memset(dir, 'd', sizeof(dir));
	dir[SFTPC_PATH - 3] = 0;
	check("path/join",
	      !path_join(out, "a", "b") && !strcmp(out, "a/b") && !path_join(out, "/", "b") &&
		  !strcmp(out, "/b") && !path_join(out, "", "b") && !strcmp(out, "b") &&
		  !path_join(out, out, "c") && !strcmp(out, "b/c") && !path_join(out, dir, "b") &&
		  path_join(out, dir, "bc") && !strcmp(out + SFTPC_PATH - 3, "/b"),
	      "other");
}

int main(void)
{
	char dir[] = "/tmp/test_glob.XXXXXX";
	size_t i;

	names_init(&s, room, sizeof(room));
	if (!mkdtemp(dir) || chdir(dir))
		return 2;
	mkdir("ab", 0700);
	mkdir("ac", 0700);
	mkdir(".d", 0700);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		make(files[i]);
	if (symlink("ab", "link"))
		return 2;
	test_patterns();
	test_words();
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(files[i]);
	unlink("link");
	rmdir("ab");
	rmdir("ac");
	rmdir(".d");
	rmdir(dir);
	return check_result();
}
