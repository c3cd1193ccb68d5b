/* keyfile_text.c - base64 in lines between marks (RFC 7468), read in place and written. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base64.h"
#include "keyfile_parts.h"

#define BEGIN "-----BEGIN "
#define END "-----END "
#define RULE "-----"
#define RULE_LEN (sizeof(RULE) - 1)

int text_begins(struct str s, const char *with)
{
	size_t n = strlen(with);

	return s.len >= n && !memcmp(s.p, with, n);
}

static int is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str text_line(struct str *s)
{
	struct str line = *s;
	size_t n = 0;

	while (n < s->len && s->p[n] != '\n')
		n++;
	line.len = n;
	n += n < s->len;
	s->p += n;
	s->len -= n;
	while (line.len && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

int text_begin(struct str *s, struct str *label)
{
	while (s->len) {
		struct str l = text_line(s);

		if (!text_begins(l, BEGIN))
			continue;
		label->p = l.p + sizeof(BEGIN) - 1;
		label->len = l.len - (sizeof(BEGIN) - 1);
		if (label->len >= RULE_LEN) {
			label->len -= RULE_LEN;
			if (!memcmp(label->p + label->len, RULE, RULE_LEN))
				return 1;
		}
	}
	return 0;
}

/* n characters at most, up to the first minus, without blanks */
static size_t pack(uint8_t *out, size_t n, struct str *s)
{
	size_t len = 0;

	for (; s->len && *s->p != '-' && len < n; s->p++, s->len--)
		if (!is_space(*s->p))
			out[len++] = *s->p;
	return len;
}

int text_body(struct str *body, struct str s, struct str label)
{
	uint8_t *p = (uint8_t *)s.p;
	size_t n = pack(p, s.len, &s), mark = sizeof(END) - 1, len = label.len + RULE_LEN;

	body->p = p;
	return text_begins(s, END) && s.len - mark >= len && !memcmp(s.p + mark, label.p, len) &&
	       base64_decode(p, &body->len, p, n);
}

size_t text_peek(uint8_t *out, size_t n, struct str s)
{
	n = pack(out, n, &s);
	return base64_decode(out, &n, out, n & ~(size_t)3) ? n : 0;
}

static void put_mark(struct wr *w, const char *rule, const char *label)
{
	wr_bytes(w, rule, strlen(rule));
	wr_bytes(w, label, strlen(label));
	wr_bytes(w, RULE "\n", RULE_LEN + 1);
}

void text_put(struct wr *w, const char *label, unsigned column, struct str s)
{
	char quad[4];
	unsigned col = 0;

	put_mark(w, BEGIN, label);
	for (size_t i = 0, n; i < s.len; i += n) {
		n = s.len - i < 3 ? s.len - i : 3;
		base64_encode(quad, s.p + i, n);
		for (size_t c = 0; c < 4; c++) {
			wr_u8(w, (uint8_t)quad[c]);
			if (++col == column || (c == 3 && i + n == s.len)) {
				wr_u8(w, '\n');
				col = 0;
			}
		}
	}
	put_mark(w, END, label);
	wipe(quad, sizeof(quad));
}
