/* test_lineedit.c - the line editor's keys, without a terminal. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "lineedit.h"

static struct lineedit e;

/* the event of the last of these keys */
static enum line_event type(const char *keys)
{
	enum line_event event = LINE_MORE;

	while (*keys)
		event = line_key(&e, (unsigned char)*keys++);
	return event;
}

/* a fresh line with these keys is this text, with the cursor there */
static int gives(const char *keys, const char *text, unsigned at)
{
	e.len = e.at = 0;
	e.shown = e.used;
	type(keys);
	return e.len == strlen(text) && !memcmp(e.text, text, e.len) && e.at == at &&
	       e.left <= e.at;
}

#define UP "\033[A"
#define DOWN "\033[B"
#define RIGHT "\033[C"
#define LEFT "\033[D"

static void test_keys(void)
{
	check("lineedit/insert", gives("abc", "abc", 3) && gives("ac\002b", "abc", 2), "text");
	check("lineedit/move",
	      gives("abc\001x", "xabc", 1) && gives("abc\001\005x", "abcx", 4) &&
		  gives("abc" LEFT LEFT RIGHT "x", "abxc", 3) && gives("a\033OD\033ODb", "ba", 1) &&
		  gives("abc\033[H\006\006\006\006\006", "abc", 3) &&
		  gives("abc\033[1~x\033[4~y", "xabcy", 5) &&
		  gives("ab\033[7~x\033[8~y\033OHz\033OF", "zxaby", 5),
	      "cursor");
	check("lineedit/delete",
	      gives("abc\177", "ab", 2) && gives("abc\010\010\010\010", "", 0) &&
		  gives("abc" LEFT "\004", "ab", 2) && gives("abc\004", "abc", 3) &&
		  gives("abc\001\033[3~", "bc", 0) && gives("abc" LEFT "\013", "ab", 2) &&
		  gives("abc" LEFT "\025", "c", 0) && gives("get a b  \027", "get a ", 6) &&
		  gives("a\027\027", "", 0) && gives("abc def" LEFT "\027", "abc f", 4),
	      "text");
	check("lineedit/others",
	      gives("a\033[5~\033[15~\033[1;5Z\033[99~b", "ab", 2) && gives("a\033xb", "ab", 2) &&
		  gives("a\007\013\026b", "ab", 2) && gives("abc\033[1;5Dx", "abxc", 3),
	      "text");
}

static void test_events(void)
{
	gives("", "", 0);
	check("lineedit/events",
	      type("\004") == LINE_END && type("\003") == LINE_DROP && type("\032") == LINE_PAUSE &&
		  type("a\t") == LINE_TAB && type("\003") == LINE_DROP && type("b") == LINE_MORE,
	      "event");
	check("lineedit/ready",
	      type("\r") == LINE_READY && !strcmp(e.text, "ab") && gives("x", "x", 1) &&
		  type("\n") == LINE_READY && !strcmp(e.text, "x"),
	      "event");
}

static void test_utf8(void)
{
	check("lineedit/UTF-8",
	      gives("\303\244\342\202\254x", "\303\244\342\202\254x", 6) &&
		  gives("\303\244\342\202\254\177", "\303\244", 2) &&
		  gives("\303\244\342\202\254" LEFT LEFT "\004", "\342\202\254", 0) &&
		  gives("\303\244\342\202\254" LEFT "x" RIGHT "y", "\303\244x\342\202\254y", 7),
	      "text");
	check("lineedit/not UTF-8",
	      gives("\200\200\177", "", 0) && gives("\377a\177\177", "", 0) &&
		  gives("\200" LEFT LEFT RIGHT "\004", "\200", 1),
	      "text");
}

static void enter(const char *line)
{
	gives(line, line, (unsigned)strlen(line));
	type("\r");
}

static void test_history(void)
{
	static char longest[LINE_LEN];
	char line[16] = "line 0";
	int i;

	memset(&e, 0, sizeof e);
	check("lineedit/no history", gives(UP UP "a" DOWN "b", "ab", 2), "text");
	enter("one");
	enter("two");
	enter("two");
	enter("");
	check("lineedit/history",
	      gives(UP, "two", 3) && gives(UP UP, "one", 3) && gives(UP UP UP UP, "one", 3) &&
		  gives("\020\020\016", "two", 3) && gives(UP "x" UP "y", "oney", 4),
	      "line");
	check("lineedit/what was being written",
	      gives("new" UP UP DOWN DOWN, "new", 3) &&
		  gives("new" UP DOWN DOWN DOWN "x", "newx", 4),
	      "line");
	gives(UP UP "x", "onex", 4);
	type("\r");
	check("lineedit/edited", gives(UP, "onex", 4) && gives(UP UP UP, "one", 3), "line");
	memset(longest, 'x', sizeof(longest) - 1);
	enter(longest);
	check("lineedit/longest",
	      e.used <= LINE_HISTORY && gives(UP, longest, LINE_LEN - 1) &&
		  !line_insert(&e, "y", 1),
	      "line");
	for (i = 0; i < 1000; i++) {
		line[5] = (char)('0' + i % 10);
		enter(line);
	}
	check("lineedit/ring",
	      e.used <= LINE_HISTORY && e.used > LINE_HISTORY - 16 && gives(UP, "line 9", 6) &&
		  gives(UP UP, "line 8", 6),
	      "line");
	gives("", "", 0);
	for (i = 0; i < 2000; i++)
		type(UP);
	check("lineedit/oldest", e.shown == 0 && e.len == 6, "line");
	enter(longest);
	longest[0] = 'y';
	enter(longest);
	check("lineedit/two long ones", gives(UP, longest, LINE_LEN - 1) && e.used <= LINE_HISTORY,
	      "line");
}

/* any bytes leave it in order */
static void test_noise(void)
{
	uint8_t noise[4096];
	int good = 1, i, round;

	for (round = 0; round < 200; round++) {
		check_fill(noise, sizeof noise, (uint32_t)round);
		for (i = 0; i < (int)sizeof noise; i++) {
			line_key(&e, noise[i] & 3 ? noise[i] : "\033[AB\r\027\001"[noise[i] >> 5]);
			good &= e.at <= e.len && e.len < LINE_LEN && e.used <= LINE_HISTORY &&
				e.shown <= e.used && (!e.used || !e.past[e.used - 1]);
		}
	}
	check("lineedit/noise", good, "out of bounds");
}

int main(void)
{
	test_keys();
	test_events();
	test_utf8();
	test_history();
	test_noise();
	return check_result();
}
