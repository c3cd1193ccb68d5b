/* test_sftp_words.c - how a line of the sftp client is cut into words. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "sftp_words.h"

#include <errno.h>

static struct words w;

/* the words of line, with a | behind each, are these */
static int gives(const char *line, int result, const char *words)
{
	int r = words_split(&w, line), i;
	const char *at = words;

	for (i = 0; i < w.n; i++) {
		size_t n = strlen(w.v[i]);

		if (strncmp(at, w.v[i], n) || at[n] != '|')
			return 0;
		at += n + 1;
	}
	return r == result && !*at && w.v[w.n] == NULL;
}

static void test_plain(void)
{
	check("words/white space",
	      gives("", 0, "") && gives(" \t\v ", 0, "") && gives("a", 0, "a|") &&
		  gives("  get  a\tb\r\n", 0, "get|a|b|"),
	      "words");
	check("words/comment",
	      gives("#a", 0, "") && gives("a #b", 0, "a|") && gives("a#b c", 0, "a|") &&
		  gives("'a#b' \"#\"", 0, "a#b|#|") && gives("\\#", 0, "#|"),
	      "words");
}

static void test_quotes(void)
{
	check("words/quotes",
	      gives("'a b' \"c d\"", 0, "a b|c d|") && gives("a' 'b", 0, "a b|") &&
		  gives("''", 0, "|") && gives("a \"\" b", 0, "a||b|") &&
		  gives("\"it's\" 'say \"x\"'", 0, "it's|say \"x\"|"),
	      "words");
	check("words/quote escaped",
	      gives("\"a\\\"b\"", 0, "a\"b|") && gives("'a\\'b'", 0, "a'b|") &&
		  gives("\"a\\'b\"", 0, "a\\'b|") && gives("\"a\\\\b\"", 0, "a\\\\b|"),
	      "words");
	check("words/open quote",
	      gives("a 'b c", -EINVAL, "a|b c|") && w.quote == '\'' && gives("\"", -EINVAL, "|") &&
		  w.quote == '"' && gives("a", 0, "a|") && !w.quote,
	      "words");
}

static void test_wildcards(void)
{
	check("words/backslash",
	      gives("a\\ b", 0, "a b|") && gives("\\'", 0, "'|") && gives("\\x", 0, "x|") &&
		  gives("a\\", 0, "a\\|") && gives("\\\\", 0, "\\\\|"),
	      "words");
	check("words/wildcards",
	      gives("a*?[", 0, "a*?[|") && gives("\\*\\?\\[\\]", 0, "\\*\\?\\[]|") &&
		  gives("'*?[]'", 0, "\\*\\?\\[]|") && gives("\"\\*\"", 0, "\\\\\\*|"),
	      "words");
}

static int plain(const char *word, const char *want)
{
	char text[64];

	strcpy(text, word);
	words_plain(text);
	return !strcmp(text, want);
}

static void test_plain_words(void)
{
	check("words/plain",
	      plain("a\\*b\\?\\[\\\\", "a*b?[\\") && plain("a\\b", "a\\b") && plain("a\\", "a\\") &&
		  plain("\\\\*", "\\*") && plain("", ""),
	      "text");
}

static void test_limits(void)
{
	static char line[WORDS_LINE];
	int i;

	memset(line, '*', sizeof(line) - 1);
	line[0] = '\'';
	check("words/longest",
	      words_split(&w, line) == -EINVAL && w.n == 1 &&
		  strlen(w.v[0]) == 2 * (sizeof(line) - 2),
	      "cut");
	for (i = 0; i < (int)sizeof(line) - 1; i++)
		line[i] = i % 2 ? ' ' : 'a';
	check("words/many", words_split(&w, line) == -E2BIG, "taken");
	line[2 * WORDS_MAX] = 0;
	check("words/most", words_split(&w, line) == 0 && w.n == WORDS_MAX, "refused");
	for (i = 0; i + 2 < (int)sizeof(line); i += 2)
		memcpy(line + i, "\\*", 2);
	line[0] = '"';
	line[1] = 'a';
	check("words/too long", words_split(&w, line) != 0 && w.n <= 1, "taken");
}

int main(void)
{
	test_plain();
	test_quotes();
	test_wildcards();
	test_plain_words();
	test_limits();
	return check_result();
}
