/* settings_line.c - `Keyword value`: on the command line behind -o, and in the file. */
/* SPDX-License-Identifier: MIT */
/* The first value of a keyword wins, in the file and among the -o options; flags win over both. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "port.h"
#include "settings_table.h"

int set_word(char **p, char **word)
{
	char *from = *p + strspn(*p, " \t"), *to = from, quote = 0;

	*word = to;
	if (!*from || *from == '#')
		return 0;
	for (; *from && (quote || !strchr(" \t", *from)); from++) {
		if (*from == '\\' && from[1] &&
		    (strchr("'\"\\", from[1]) || (!quote && from[1] == ' ')))
			*to++ = *++from;
		else if (quote ? *from == quote : *from == '"' || *from == '\'')
			quote = quote ? 0 : *from;
		else
			*to++ = *from;
	}
	*p = from + (*from != 0);
	*to = 0;
	return quote ? -1 : 1;
}

char *set_keyword(char *p)
{
	char *end = p + strcspn(p, " \t="), *v = end + strspn(end, " \t");

	v += *v == '=';
	v += strspn(v, " \t");
	*end = 0;
	return v;
}

/*
 * Words with one space (or what else is asked for) between, quotes off, a
 * comment cut off; in place. The count, or -1 where a quote is open.
 */
static int join_words(char *v, char between)
{
	char *to = v, *word;
	int n, r;

	for (n = 0; (r = set_word(&v, &word)) > 0; n++) {
		if (n)
			*to++ = between;
		for (; *word; word++)
			*to++ = *word;
	}
	*to = 0;
	return r < 0 ? -1 : n;
}

/* what is wrong with the words of a value, or NULL */
static const char *tidy(const struct setting *row, char *v)
{
	int n;

	if (row->type == SET_REST || row->type == SET_SUBSYS)
		return NULL;
	n = join_words(v, row->type == SET_LIST ? (char)row->arg : ' ');
	if (n < 0)
		return "quotes not closed";
	if (n > 1 && row->type != SET_LIST && row->type != SET_WORDS && row->type != SET_REKEY &&
	    !(CFG_PENALTIES && row->type == SET_PENALTY) && row->type != SET_ENUM)
		return "one value is wanted";
	return NULL;
}

/* `keyword value`, in lower case: what people have in sshd_config and is as they want it here */
static const char *const harmless[] = {
    "challengeresponseauthentication no",
    "compression no",
    "exposeauthinfo no",
    "gssapiauthentication no",
    "hostbasedauthentication no",
    "ignorerhosts yes",
    "kbdinteractiveauthentication no",
    "kerberosauthentication no",
    "permittunnel no",
    "permituserrc no",
    "printlastlog no",
    "protocol 2",
    "tcpkeepalive yes",
    "usedns no",
    "usepam no",
    "x11forwarding no",
    /* with no value at all */
    "include",
    "match",
    NULL,
};

/* 0: not one of those; 1: fine; -1: another value than the one that can be had */
static int is_harmless(const char *keyword, char *v)
{
	size_t n = strlen(keyword);

	for (const char *const *h = harmless; *h; h++)
		if (!strncasecmp(*h, keyword, n) && ((*h)[n] == ' ' || !(*h)[n]))
			return (*h)[n] && join_words(v, ' ') == 1 && !strcasecmp(*h + n + 1, v)
				   ? 1
				   : -1;
	return 0;
}

static unsigned find_row(const char *keyword)
{
	unsigned k = 0;

	/* what is not built in has no name */
	while (k < K_KEYWORDS && (!*keyword || strcasecmp(set_table[k].name, keyword)))
		k++;
	return k;
}

/* a line with a keyword that the table does not have */
static int set_other(const char *keyword, char *v, char *why, size_t why_len)
{
	int known = CFG_SSHD_CONFIG ? is_harmless(keyword, v) : 0;

	if (known < 0)
		fmt(why, why_len, "%s: '%s' is not supported", keyword, v);
	if (!known)
		fmt(why, why_len, "unknown keyword %s", keyword);
	return known > 0 ? 0 : -1;
}

int set_line(struct settings *s, char *line, const uint32_t *fixed, char *why, size_t why_len)
{
	char *v = set_keyword(line);
	const struct setting *row;
	const char *wrong;
	struct str what;
	unsigned k;

	k = find_row(line);
	if (k == K_KEYWORDS)
		return set_other(line, v, why, why_len);
	row = &set_table[k];
	if (set_given(fixed, k) || (set_given(s->given, k) && !set_adds(row)))
		return 0;
	wrong = tidy(row, v);
	what = str_of(v);
	if (!wrong)
		wrong = set_value(s, k, &what);
	if (wrong)
		fmt(why, why_len, "%s: %s: '%.*s'", row->name, wrong, (int)what.len, what.p);
	return wrong ? -1 : 0;
}

static int read_lines(struct settings *s, struct lines *l, char *why, size_t why_len)
{
	uint32_t fixed[SETTINGS_ROWS / 32];
	const char *path = SETTING(s, config_file);
	size_t n;
	char *p;
	int r;

	memcpy(fixed, s->given, sizeof(fixed));
	while ((r = lines_next(l, &p)) == 1) {
		n = fmt(why, why_len, "%s line %u: ", path, (unsigned)l->no);
		p += strspn(p, " \t");
		if (*p && *p != '#' && set_line(s, p, fixed, why + n, why_len - n))
			return -1;
	}
	if (r < 0)
		fmt(why, why_len, "%s line %u: %s", path, (unsigned)l->no, err_text(-r));
	return r;
}

int settings_file(struct settings *s, char *why, size_t why_len)
{
	const char *path = SETTING(s, config_file);
	char buf[1024];
	struct lines l;
	int fd, r;

	if (!CFG_SSHD_CONFIG || !*path)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		if (errno == ENOENT && !set_given(s->given, K_CONFIG))
			return 0;
		fmt(why, why_len, "%s: %s", path, err_text(errno));
		return -1;
	}
	lines_init(&l, fd, buf, sizeof(buf));
	r = read_lines(s, &l, why, why_len);
	close(fd);
	return r ? -1 : 0;
}
