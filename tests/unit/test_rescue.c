/* test_rescue.c - a line for the built-in commands: words, quotes, redirection. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "rescue_sh.h"

static char text[RESCUE_LINE];
static struct rescue_line line;

/* words with bars between, then > or >> and the file; or what is wrong */
static int gives(const char *in, const char *want)
{
	char got[RESCUE_LINE] = "";
	const char *wrong;
	int i;

	strcpy(text, in);
	wrong = rescue_parse(&line, text);
	if (wrong)
		return !strncmp(want, "! ", 2) && !strcmp(wrong, want + 2);
	for (i = 0; i < line.argc; i++)
		strcat(strcat(got, i ? "|" : ""), line.argv[i]);
	if (line.to)
		strcat(strcat(got, line.append ? ">>" : ">"), line.to);
	return !line.argv[line.argc] && !strcmp(got, want);
}

static void test_words(void)
{
	check("rescue/words", gives("  ls -l\t/tmp ", "ls|-l|/tmp"), "other");
	check("rescue/quotes", gives("cat 'a b' \"c'd\" e\\ f 'x'y", "cat|a b|c'd|e f|xy"),
	      "other");
	check("rescue/empty word", gives("echo '' \"\"", "echo||"), "other");
	check("rescue/nothing", gives("", "") && gives(" \t ", "") && gives("# x", ""), "other");
	check("rescue/comment", gives("ls # -l", "ls"), "other");
	check("rescue/quote open", gives("cat 'a", "! a quote is open"), "other");
}

static void test_redirect(void)
{
	check("rescue/to", gives("cat a >b", "cat|a>b") && gives("cat a > b", "cat|a>b"), "other");
	check("rescue/append", gives("cat a >> 'b c'", "cat|a>>b c"), "other");
	check("rescue/to in the middle", gives("echo a > f b", "echo|a|b>f"), "other");
	check("rescue/quoted", gives("echo '>' \">x\" a>b", "echo|>|>x|a>b"), "other");
	check("rescue/to alone", gives("> f", ">f"), "other");
	check("rescue/no file",
	      gives("ls >", "! one file is wanted behind >") &&
		  gives("ls > ''", "! one file is wanted behind >") &&
		  gives("ls > # x", "! one file is wanted behind >") &&
		  gives("ls >a >b", "! one file is wanted behind >"),
	      "other");
}

static void test_many(void)
{
	char in[2 * RESCUE_WORDS + 3] = "";
	int i;

	for (i = 0; i < RESCUE_WORDS; i++)
		strcat(in, "a ");
	strcpy(text, in);
	check("rescue/as many words as may be",
	      !rescue_parse(&line, text) && line.argc == RESCUE_WORDS && !line.argv[RESCUE_WORDS],
	      "other");
	check("rescue/one too many", gives(strcat(in, "a"), "! too many words"), "other");
}

int main(void)
{
	test_words();
	test_redirect();
	test_many();
	return check_result();
}
