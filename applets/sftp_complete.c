/* sftp_complete.c - the word before the cursor: what it may become. */
/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "port.h"
#include "sftp_cmd.h"

/* what the word may be goes onto the stack: commands by their names */
static void push_commands(struct sftp *s, const char *word)
{
	static const struct sftp_attrs none;
	const struct command *cmd;

	for (cmd = sftp_commands; cmd->usage; cmd++)
		if (!strncasecmp(cmd->usage, word, strlen(word)))
			names_push(
			    &s->stack,
			    (struct str){(const uint8_t *)cmd->usage, strcspn(cmd->usage, " [")},
			    (struct str){0}, &none);
}

/* operands before the word */
static int operands_before(const struct words *w)
{
	int i, n = 0;

	for (i = 1; i < w->n - 1; i++)
		n += *w->v[i] != '-';
	return n;
}

/* files; gives how many bytes of each are the remote directory alone */
static size_t push_paths(struct sftp *s, char *word)
{
	const struct command *cmd = command_find(s->words.v[0]);
	int how = cmd ? cmd->how : 0;
	char *pattern = s->path[0];
	size_t n = strlen(s->pwd);

	if ((how & ACROSS) && operands_before(&s->words))
		how ^= LOCAL | REMOTE;
	if (strlen(word) >= SFTPC_PATH / 2)
		return 0;
	memcpy(word + strlen(word), "*", 2);
	if (how & LOCAL) {
		sftpc_glob(NULL, word, &s->stack);
	} else if ((how & REMOTE) && !path_absolute(s, pattern, word, 1)) {
		sftpc_glob(&s->c, pattern, &s->stack);
		word[strlen(word) - 1] = 0;
		return *word == '/' ? 0 : n + (s->pwd[n - 1] != '/');
	}
	word[strlen(word) - 1] = 0;
	return 0;
}

/* how many bytes from strip on are the same in all, whole characters */
static size_t common(struct sftp *s, uint32_t mark, size_t strip)
{
	const struct name *first = names_at(&s->stack, &mark), *n;
	size_t len = strlen(first->text + strip), i;

	while ((n = names_at(&s->stack, &mark))) {
		for (i = 0; i < len && n->text[strip + i] == first->text[strip + i]; i++)
			;
		len = i;
	}
	while (len && (first->text[strip + len] & 0xc0) == 0x80)
		len--;
	return len;
}

/* quoted as the word is; what cannot be typed ends it */
static void insert(struct lineedit *e, const char *p, size_t n, char quote)
{
	char text[2] = "\\";

	for (; n-- && (unsigned char)*p >= ' ' && *p != 127; p++) {
		text[1] = *p;
		if (quote ? *p == quote || *p == '\\' : !!strchr("\"'\\ #?[*", *p))
			line_insert(e, text, 2);
		else
			line_insert(e, p, 1);
	}
}

/* the words up to the cursor; the last one, which may be empty, or NULL */
static char *word_at(struct sftp *s, const struct lineedit *e)
{
	struct words *w = &s->words;
	char *line = s->path[0], *word;
	size_t n;

	/* a letter more makes a word even of nothing */
	fmt(line, WORDS_LINE, "%.*sx", (int)e->at, e->text);
	words_split(w, line);
	if (!w->n) /* in a comment */
		return NULL;
	word = w->v[w->n - 1];
	n = strlen(word);
	if (!n || word[n - 1] != 'x')
		return NULL;
	word[n - 1] = 0;
	return word;
}

/* the names from mark on may take the place of the word, which is plain */
static void offer(struct sftp *s, struct lineedit *e, uint32_t mark, size_t strip, const char *word)
{
	char quote[2] = {s->words.quote, ' '};
	size_t have = strlen(word), len = common(s, mark, strip), dir = have;
	uint32_t at = mark;
	const struct name *n = names_at(&s->stack, &at);

	/* one with wildcards of its own is no start of what it matches */
	if (strncasecmp(n->text + strip, word, have))
		len = 0;
	if (len > have)
		insert(e, n->text + strip + have, len - have, *quote);
	if (len && at == s->stack.top) {
		if (S_ISDIR(n->attrs.mode))
			line_insert(e, "/", 1);
		else
			line_insert(e, *quote ? quote : quote + 1, *quote ? 2 : 1);
	} else if (len <= have) {
		while (dir && word[dir - 1] != '/')
			dir--;
		fmt_fd(1, "\n");
		list_columns(s, mark, strip + dir, "", tty_width());
	}
}

void sftp_complete(struct sftp *s, struct lineedit *e)
{
	uint32_t mark = s->stack.top;
	char *word = word_at(s, e);
	size_t strip = 0;

	if (!word)
		return;
	s->stack.first = mark;
	if (s->words.n == 1)
		push_commands(s, word);
	else
		strip = push_paths(s, word);
	words_plain(word);
	if (s->stack.top > mark)
		offer(s, e, s->stack.first, strip, word);
	s->stack.top = mark;
}
