/* test_match.c - patterns and lists of them. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "match.h"

static int glob(const char *s, const char *pattern)
{
	return match_glob(str_of(s), str_of(pattern));
}

static int list(const char *s, const char *patterns)
{
	return match_list(str_of(s), str_of(patterns));
}

static void test_glob(void)
{
	static char many[4096], stars[64];

	check("glob/yes",
	      glob("", "") && glob("", "*") && glob("a", "?") && glob("abc", "a*") &&
		  glob("abc", "*c") && glob("abc", "a?c") && glob("abcbc", "a*bc") &&
		  glob("abc", "***") && glob("a*c", "a*c") && glob("aXbXc", "a*b*c"),
	      "no match");
	check("glob/no",
	      !glob("a", "") && !glob("", "?") && !glob("abc", "a?") && !glob("abc", "b*") &&
		  !glob("abc", "*b") && !glob("ABC", "abc") && !glob("ab", "a*bc"),
	      "match");
	/* no pattern makes it slow */
	memset(many, 'a', sizeof(many) - 1);
	for (size_t i = 0; i < sizeof(stars) - 2; i += 2)
		memcpy(stars + i, "*a", 2);
	stars[sizeof(stars) - 2] = 'b';
	check("glob/stars", !glob(many, stars), "match");
}

static void test_list(void)
{
	check("list/yes",
	      list("b", "a,b") == 1 && list("b", "a b") == 1 && list("bc", "a, b*") == 1,
	      "no match");
	check("list/no", list("c", "a,b") == 0 && list("c", "") == 0 && list("", ",") == 0,
	      "match");
	check("list/not",
	      list("b", "*,!b") == -1 && list("b", "!b *") == -1 && list("a", "!b") == 0 &&
		  list("a", "!b,*") == 1,
	      "exclusion");
}

int main(void)
{
	test_glob();
	test_list();
	return check_result();
}
