/* lineedit.c - a line of text from a terminal, with editing and history. */
/* SPDX-License-Identifier: MIT */
/*
 * Bytes of UTF-8 count as what they are: one that continues a character has no
 * column of its own and is never stopped at. left <= at <= len < LINE_LEN.
 */
#include "lineedit.h"
#include "port.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define HELD(letter) ((letter)&31) /* with the control key */
#define ESC 27
#define DELETE 128 /* the key, which is not a byte */

/* ---- the text -------------------------------------------------------------- */

static int continues(char c)
{
	return (c & 0xc0) == 0x80;
}

static unsigned back(const struct lineedit *e, unsigned at)
{
	while (at && continues(e->text[--at]))
		;
	return at;
}

static unsigned forth(const struct lineedit *e, unsigned at)
{
	while (at < e->len && ++at < e->len && continues(e->text[at]))
		;
	return at;
}

/* columns of the bytes from..to */
static unsigned columns(const struct lineedit *e, unsigned from, unsigned to)
{
	unsigned n = 0;

	while (from < to)
		n += !continues(e->text[from++]);
	return n;
}

int line_insert(struct lineedit *e, const char *s, size_t n)
{
	if (n >= LINE_LEN - e->len)
		return 0;
	memmove(e->text + e->at + n, e->text + e->at, e->len - e->at);
	memcpy(e->text + e->at, s, n);
	e->len += (unsigned)n;
	e->at += (unsigned)n;
	return 1;
}

static void cut(struct lineedit *e, unsigned from, unsigned to)
{
	memmove(e->text + from, e->text + to, e->len - to);
	e->len -= to - from;
	e->at = from;
}

static unsigned word_start(const struct lineedit *e)
{
	unsigned at = e->at;

	while (at && e->text[at - 1] == ' ')
		at--;
	while (at && e->text[at - 1] != ' ')
		at--;
	return at;
}

/* ---- the lines before ------------------------------------------------------ */

/* lays the line behind the past; the oldest make room */
static void past_keep(struct lineedit *e)
{
	unsigned need = e->len + 1, drop = 0;

	while (e->used - drop + need > LINE_HISTORY)
		drop += (unsigned)strlen(e->past + drop) + 1;
	e->used -= drop;
	memmove(e->past, e->past + drop, e->used);
	memcpy(e->past + e->used, e->text, e->len);
	e->past[e->used + e->len] = 0;
	e->shown = e->used;
}

static void past_show(struct lineedit *e, unsigned from)
{
	e->shown = from;
	e->at = e->len = (unsigned)strlen(e->past + from);
	memcpy(e->text, e->past + from, e->len);
}

/* where the line starts that ends before at > 0 */
static unsigned past_before(const struct lineedit *e, unsigned at)
{
	while (--at && e->past[at - 1])
		;
	return at;
}

static void past_up(struct lineedit *e)
{
	if (e->shown == e->used)
		past_keep(e);
	if (e->shown)
		past_show(e, past_before(e, e->shown));
}

static void past_down(struct lineedit *e)
{
	if (e->shown < e->used)
		past_show(e, e->shown + (unsigned)strlen(e->past + e->shown) + 1);
}

/* the line is done; one that is the same as the last is not kept again */
static void past_add(struct lineedit *e)
{
	past_keep(e);
	if (e->len && (!e->used || strcmp(e->past + past_before(e, e->used), e->text)))
		e->used += e->len + 1;
	e->shown = e->used;
}

/* ---- keys ------------------------------------------------------------------ */

/* what a control key, or the key that stands for it, does */
static enum line_event control(struct lineedit *e, unsigned c)
{
	switch (c) {
	case HELD('A'): e->at = 0; break;
	case HELD('B'): e->at = back(e, e->at); break;
	case HELD('C'): return LINE_DROP;
	case HELD('D'):
		if (!e->len)
			return LINE_END;
		__attribute__((fallthrough));
	case DELETE: cut(e, e->at, forth(e, e->at)); break;
	case HELD('E'): e->at = e->len; break;
	case HELD('F'): e->at = forth(e, e->at); break;
	case HELD('H'):
	case 127: cut(e, back(e, e->at), e->at); break;
	case '\t': return LINE_TAB;
	case '\r':
	case '\n':
		e->text[e->len] = 0;
		past_add(e);
		return LINE_READY;
	case HELD('K'): e->len = e->at; break;
	case HELD('L'): fmt_fd(1, "\033[H\033[2J"); break;
	case HELD('N'): past_down(e); break;
	case HELD('P'): past_up(e); break;
	case HELD('U'): cut(e, 0, e->at); break;
	case HELD('W'): cut(e, word_start(e), e->at); break;
	case HELD('Z'): return LINE_PAUSE;
	case ESC: e->escape = ESC;
	}
	return LINE_MORE;
}

/* the last byte of a sequence: ESC [ A, ESC O A, or with a digit before it, ESC [ 3 ~ */
static unsigned key_of(const struct lineedit *e, unsigned char c)
{
	static const char names[] = "ABCDFH13478";
	static const unsigned char keys[] = {HELD('P'), HELD('N'), HELD('F'), HELD('B'),
					     HELD('E'), HELD('A'), HELD('A'), DELETE,
					     HELD('E'), HELD('A'), HELD('E'), 0};

	return keys[strcspn(names, (char[]){c == '~' ? (char)e->param : (char)c, 0})];
}

enum line_event line_key(struct lineedit *e, unsigned char c)
{
	if (e->escape == ESC) {
		e->escape = c == '[' || c == 'O' ? '[' : 0;
		e->param = 0;
		return LINE_MORE;
	}
	if (e->escape) {
		if (c < '@') {
			/* keys of ours have one digit, or a letter */
			e->param = e->param ? 0xff : c;
			return LINE_MORE;
		}
		e->escape = 0;
		return control(e, key_of(e, c));
	}
	if (c < ' ' || c == 127)
		return control(e, c);
	line_insert(e, (const char *)&c, 1);
	return LINE_MORE;
}

/* ---- the terminal ---------------------------------------------------------- */

void line_draw(struct lineedit *e, const char *prompt, unsigned room)
{
	unsigned lead = (unsigned)strlen(prompt), end;

	room = room > lead + 2 ? room - lead - 1 : 1;
	if (e->left > e->at)
		e->left = e->at;
	while (columns(e, e->left, e->at) > room)
		e->left = forth(e, e->left);
	while (e->left && columns(e, e->left, e->len) < room)
		e->left = back(e, e->left);
	for (end = e->left; end < e->len && columns(e, e->left, end) < room;)
		end = forth(e, end);
	fmt_fd(1, "\r%s%.*s\033[K\r", prompt, (int)(end - e->left), e->text + e->left);
	end = lead + columns(e, e->left, e->at);
	if (end) /* no columns would be taken for one */
		fmt_fd(1, "\033[%uC", end);
}

/* the next event that line_read has to do with */
static enum line_event wait_event(struct lineedit *e, const char *prompt)
{
	struct pollfd fds[] = {
	    {.fd = 0,      .events = POLLIN},
            {.fd = e->sig, .events = POLLIN}
        };
	enum line_event event;
	unsigned char c;

	do {
		if (poll(fds, 2, 0) == 0) {
			line_draw(e, prompt, tty_width());
			poll(fds, 2, -1);
		}
		if (fds[1].revents & POLLIN)
			return LINE_PAUSE;
		event = read(0, &c, 1) == 1 ? line_key(e, c) : LINE_END;
	} while (event == LINE_MORE);
	return event;
}

/* a signal, or the key that stands for one: with the terminal as it was */
static enum line_event pause_or_end(void)
{
	int s = sig_next();

	if (s == SIGINT)
		return LINE_DROP;
	kill(s ? getpid() : 0, s ? s : SIGTSTP);
	return LINE_PAUSE;
}

static enum line_event read_raw(struct lineedit *e, const char *prompt, const struct termios *was)
{
	static const int ends[] = {SIGTERM, SIGHUP, SIGQUIT, 0};
	static struct termios raw;
	enum line_event event;

	raw = *was;
	raw.c_iflag &= ~(tcflag_t)(IXON | ICRNL | INLCR | ISTRIP);
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	sig_pipe(ends);
	tty_set(0, &raw);
	event = wait_event(e, prompt);
	tty_set(0, was);
	if (event == LINE_PAUSE)
		event = pause_or_end();
	sig_free(ends); /* one that came does now what it does */
	return event;
}

enum line_event line_read(struct lineedit *e, const char *prompt)
{
	static struct termios was;
	enum line_event event;

	if (tty_get(0, &was))
		return LINE_END;
	do {
		event = read_raw(e, prompt, &was);
		if (event == LINE_READY) {
			e->at = e->len;
			line_draw(e, prompt, tty_width());
		}
		if (event == LINE_READY || event == LINE_DROP) {
			e->len = e->at = 0;
			e->shown = e->used;
		}
		if (event != LINE_TAB && event != LINE_PAUSE)
			fmt_fd(1, event == LINE_DROP ? "^C\n" : "\n");
	} while (event == LINE_DROP || event == LINE_PAUSE);
	return event;
}
