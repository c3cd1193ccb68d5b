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

/* sizes of files need 64 bits, which cost 200 bytes on 32-bit processors */
#if CFG_SFTP_SERVER || CFG_SCP || CFG_SFTP || CFG_KEYGEN_CERT || CFG_GUARD || CFG_RECEIVE
typedef uint64_t number;
#define WIDE 1
#else
typedef unsigned long number;
#define WIDE 0
#endif

/* v / 10: products where a division would be a function of the compiler's library */
static number tenth(number v)
{
	number q = 0;
	uint32_t part, left = 0;
	int i;

	if (sizeof(long) == 8)
		return v / 10;
	if (!WIDE)
		return (number)(v * (uint64_t)0xcccccccd >> 35);
	for (i = 0; i < 4; i++) {
		left = left << 16 | (uint32_t)((uint64_t)v >> 48); /* < 10 * 2^16 */
		part = (uint32_t)(left * (uint64_t)0xcccccccd >> 35);
		left -= part * 10;
		q = (number)((uint64_t)q << 16 | part);
		v = (number)((uint64_t)v << 16);
	}
	return q;
}

static void item_number(struct item *it, number v, int kind)
{
	char *end = it->digits + sizeof it->digits, *p = end;
	int minus = kind == 'd' && v > (number)-1 / 2;
	uint32_t base = kind == 'x' ? 16 : kind == 'o' ? 8 : 10;
	number rest;

	if (minus)
		v = -v;
	do {
		/* no shift by a variable: that is another such function */
		rest = kind == 'x' ? v >> 4 : kind == 'o' ? v >> 3 : tenth(v);
		*--p = hex[(uint32_t)v - (uint32_t)rest * base];
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
	int most = -1, longs = 0;
	const char *given;
	number v;

	f += it.left;
	it.zero = *f == '0';
	given = f;
	it.width = star_or_number(&f, ap);
	if (*f == '.') {
		f++;
		most = star_or_number(&f, ap);
	}
	for (; *f == 'l' || *f == 'z'; f++)
		longs++; /* size_t is as wide as long on every Linux */
	switch (*f) {
	case 'd':
	case 'u':
	case 'x':
	case 'o':
		v = WIDE && longs > 1    ? (number)va_arg(*ap, long long)
		    : longs && *f == 'd' ? (number)va_arg(*ap, long)
		    : longs              ? va_arg(*ap, unsigned long)
		    : *f == 'd'          ? (number)va_arg(*ap, int)
					 : va_arg(*ap, unsigned);
		item_number(&it, v, *f);
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

int num_small(const char *s, unsigned lo, unsigned hi)
{
	uint64_t v;

	return num_parse(s, lo, hi, &v) ? -1 : (int)v;
}
