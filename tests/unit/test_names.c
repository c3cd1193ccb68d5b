/* test_names.c - the stack of names: order, what slides down, how a name is shown. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include <errno.h>
#include "names.h"

static uint64_t room[8192];
static struct names s;

static int push(const char *name, uint32_t mtime, uint64_t size)
{
	struct sftp_attrs a = {.mtime = mtime, .size = size};

	return names_push(&s, str_of(name), str_of("long"), &a);
}

/* the names from mark on, each with a comma behind it */
static int holds(uint32_t mark, const char *want)
{
	char got[512] = "";
	struct name *n;

	while ((n = names_at(&s, &mark))) {
		if (n->len != strlen(n->text) || n->longlen != 4 ||
		    strcmp(n->text + n->len + 1, "long"))
			return 0;
		strcat(strcat(got, n->text), ",");
	}
	return !strcmp(got, want);
}

static void test_order(void)
{
	uint32_t mark, upper;

	names_init(&s, room, sizeof(room));
	push("below", 0, 0);
	mark = s.top;
	push("c", 1, 30);
	push("a much longer name than all of the others", 3, 10);
	push("b", 2, 20);
	push("", 9, 0);
	check("names/as they came", holds(mark, "c,a much longer name than all of the others,b,,"),
	      "other");
	names_sort(&s, mark, BY_NAME, 0);
	check("names/by name", holds(s.first, ",a much longer name than all of the others,b,c,"),
	      "other");
	names_sort(&s, mark, BY_TIME, 0);
	check("names/by time", holds(s.first, ",a much longer name than all of the others,b,c,"),
	      "other");
	names_sort(&s, mark, BY_SIZE, 1);
	check("names/by size, reverse",
	      holds(s.first, ",a much longer name than all of the others,b,c,"), "other");
	names_sort(&s, mark, BY_SIZE, 0);
	check("names/by size", holds(s.first, "c,b,a much longer name than all of the others,,"),
	      "other");
	upper = s.top;
	push("above", 0, 0);
	check("names/above the sorted",
	      holds(s.first, "c,b,a much longer name than all of the others,,above,") &&
		  holds(upper, "above,"),
	      "other");
	names_cut(&s, mark, upper);
	check("names/cut", holds(0, "below,above,") && holds(mark, "above,"), "other");
	names_sort(&s, s.top, BY_NAME, 0);
	check("names/none", s.first == s.top, "other");
	names_sort(&s, mark, BY_NAME, 1);
	check("names/few", holds(0, "below,above,") && s.first == mark, "other");
}

static void test_many(void)
{
	uint32_t mark, at, x = 1;
	struct name *n, *last = NULL;
	unsigned count = 0, pushed = 0;
	int good = 1;
	char text[32];

	names_init(&s, room, sizeof(room));
	push("x", 0, 0);
	mark = s.top;
	for (;;) {
		size_t i, len = (x = x * 1103515245 + 12345) >> 16 & 15;

		for (i = 0; i < len; i++)
			text[i] = "abcd"[(x = x * 1103515245 + 12345) >> 16 & 3];
		text[len] = 0;
		if (push(text, 0, 0))
			break;
		pushed++;
	}
	check("names/full", push(text, 0, 0) == -ENOSPC && pushed > 500, "not full");
	names_sort(&s, mark, BY_NAME, 0);
	for (at = s.first; (n = names_at(&s, &at)); last = n, count++)
		good &= !last || strcmp(last->text, n->text) <= 0;
	check("names/many", good && count == pushed, "order, or some are lost");
	names_sort(&s, mark, BY_NAME, 1);
	for (at = s.first, last = NULL, count = 0; (n = names_at(&s, &at)); last = n, count++)
		good &= !last || strcmp(last->text, n->text) >= 0;
	check("names/many, reverse", good && count == pushed, "order, or some are lost");
	check("names/NUL",
	      names_push(&s, (struct str){(const uint8_t *)"a\0b", 3}, str_of(""),
			 &(struct sftp_attrs){0}) == -EPROTO,
	      "taken");
}

static int shows(const char *name, size_t n, unsigned most, const char *want, unsigned columns)
{
	char out[64];

	memset(out, 'x', sizeof(out));
	return name_show(out, n, most, name) == columns && !strcmp(out, want);
}

static void test_show(void)
{
	check("show/plain", shows("a b'\"", 64, 99, "a b'\"", 5), "other");
	check("show/UTF-8",
	      shows("\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", 64, 99,
		    "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", 3),
	      "other");
	check("show/control", shows("\x1b[m\n\\\x7f", 64, 99, "\\x1b[m\\x0a\\x5c\\x7f", 18),
	      "other");
	check("show/not UTF-8",
	      shows("\xc0\x80\xc3", 64, 99, "\\xc0\\x80\\xc3", 12) &&
		  shows("\xed\xa0\x80", 64, 99, "\\xed\\xa0\\x80", 12) &&
		  shows("\xf4\x90\x80\x80", 64, 99, "\\xf4\\x90\\x80\\x80", 16) &&
		  shows("\xc2\x9b", 64, 99, "\\xc2\\x9b", 8),
	      "other");
	check("show/turned round", shows("\xe2\x80\xae", 64, 99, "\\xe2\\x80\\xae", 12), "other");
	check("show/cut",
	      shows("abcdef", 64, 3, "abc", 3) && shows("ab\ncd", 64, 5, "ab", 2) &&
		  shows("abcdef", 6, 99, "ab", 2) && shows("abc", 64, 0, "", 0),
	      "other");
}

int main(void)
{
	test_order();
	test_many();
	test_show();
	return check_result();
}
