/* fmt.c - a small formatter: no floating point, no locale, no heap. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <errno.h>
#include <string.h>

/* Where text goes: a buffer that is cut when full, or with fd >= 0 written out when full. */
struct sink {
	char *start, *p, *end;
	int fd;
};

/* what a % asks for: text of n bytes, and how it is to look */
struct item {
	const char *text;
	int n, width, left, zero, escape;
	char digits[24]; /* 2^64 has 22 in base 8 */
};

static const char hex[] = "0123456789abcdef";

int write_all(int fd, const void *buf, size_t n)
{
	const char *p = buf;

	while (n) {
		ssize_t k = write(fd, p, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -errno;
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

static void sink_put(struct sink *s, int c)
{
	if (s->p == s->end && s->fd >= 0) {
		write_all(s->fd, s->start, (size_t)(s->p - s->start));
		s->p = s->start;
	}
	if (s->p < s->end)
		*s->p++ = (char)c;
}

static void put_item(struct sink *s, const struct item *it)
{
	int pad = it->width - it->n, i;

	for (; pad > 0 && !it->left; pad--)
		sink_put(s, it->zero ? '0' : ' ');
	for (i = 0; i < it->n; i++) {
		unsigned char c = (unsigned char)it->text[i];

		if (it->escape && (c < 32 || c > 126 || c == '\\')) {
			sink_put(s, '\\');
			sink_put(s, 'x');
			sink_put(s, hex[c >> 4]);
			c = (unsigned char)hex[c & 15];
		}
		sink_put(s, c);
	}
	for (; pad > 0; pad--)
		sink_put(s, ' ');
}

/* v / 10: a product where a division would be a function of the compiler's library */
static unsigned long tenth(unsigned long v)
{
	return sizeof v == 4 ? (unsigned long)(v * (uint64_t)0xcccccccd >> 35) : v / 10;
}

static void item_number(struct item *it, unsigned long v, int kind)
{
	char *end = it->digits + sizeof it->digits, *p = end;
	int minus = kind == 'd' && (long)v < 0, bits = kind == 'x' ? 4 : kind == 'o' ? 3 : 0;
	unsigned long rest;

	if (minus)
		v = -v;
	do {
		rest = bits ? v >> bits : tenth(v);
		*--p = hex[v - (bits ? rest << bits : rest * 10)];
		v = rest;
	} while (v);
	if (minus)
		*--p = '-';
	it->text = p;
	it->n = (int)(end - p);
}

static int star_or_number(const char **f, va_list *ap)
{
	int n = 0;

	if (**f == '*') {
		++*f;
		n = va_arg(*ap, int);
		return n < 0 ? 0 : n;
	}
	for (; **f >= '0' && **f <= '9'; ++*f)
		n = n * 10 + **f - '0';
	return n;
}

static void item_text(struct item *it, const char *t, int most)
{
	it->text = t ? t : "";
	for (it->n = 0; it->n != most && it->text[it->n]; it->n++)
		;
}

/* What follows a %, up to its letter, which is not NUL. */
static const char *put_spec(struct sink *s, const char *f, va_list *ap, int err)
{
	struct item it = {.left = *f == '-'};
	int most = -1, is_long = 0;
	const char *given;
	long v;

	f += it.left;
	it.zero = *f == '0';
	given = f;
	it.width = star_or_number(&f, ap);
	if (*f == '.') {
		f++;
		most = star_or_number(&f, ap);
	}
	for (; *f == 'l' || *f == 'z'; f++)
		is_long = 1; /* size_t is as wide as long on every Linux */
	switch (*f) {
	case 'd':
	case 'u':
	case 'x':
	case 'o':
		v = is_long     ? va_arg(*ap, long)
		    : *f == 'd' ? va_arg(*ap, int)
				: (long)va_arg(*ap, unsigned);
		item_number(&it, (unsigned long)v, *f);
		break;
	case 'c':
		it.digits[0] = (char)va_arg(*ap, int);
		it.text = it.digits;
		it.n = 1;
		break;
	case 'p':
		it.escape = 1;
		if (f > given) {
			it.text = va_arg(*ap, const char *);
			it.n = it.width;
			it.width = 0;
			break;
		}
		__attribute__((fallthrough));
	case 's': item_text(&it, va_arg(*ap, const char *), most); break;
	case 'm': item_text(&it, err_text(err), most); break;
	default: it.text = f; it.n = *f != 0;
	}
	put_item(s, &it);
	return f;
}

static void sink_format(struct sink *s, const char *f, va_list *ap)
{
	int err = errno;

	for (; *f; f += *f != 0) {
		if (*f == '%')
			f = put_spec(s, f + 1, ap, err);
		else
			sink_put(s, *f);
	}
	errno = err;
}

size_t vfmt(char *buf, size_t n, const char *f, va_list ap)
{
	struct sink s = {buf, buf, n ? buf + n - 1 : buf, -1};
	va_list copy;

	va_copy(copy, ap); /* an array type cannot be passed on by address as a parameter */
	sink_format(&s, f, &copy);
	va_end(copy);
	if (n)
		*s.p = 0;
	return (size_t)(s.p - buf);
}

size_t fmt(char *buf, size_t n, const char *f, ...)
{
	va_list ap;

	va_start(ap, f);
	n = vfmt(buf, n, f, ap);
	va_end(ap);
	return n;
}

void fmt_fd(int fd, const char *f, ...)
{
	char buf[256];
	struct sink s = {buf, buf, buf + sizeof buf, fd};
	va_list ap;

	va_start(ap, f);
	sink_format(&s, f, &ap);
	va_end(ap);
	write_all(fd, buf, (size_t)(s.p - buf));
}

int num_parse(const char *s, uint64_t lo, uint64_t hi, uint64_t *out)
{
	uint64_t v = 0;
	const char *p = s;

	for (; *p >= '0' && *p <= '9' && p - s < 19; p++) /* 10^19 < 2^64 */
		v = v * 10 + (uint64_t)(*p - '0');
	if (p == s || *p || v < lo || v > hi)
		return -EINVAL;
	*out = v;
	return 0;
}
