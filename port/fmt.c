/* fmt.c - a small formatter: no floating point, no locale, no heap. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Where text goes: a buffer that is cut when full, or with fd >= 0 written out when full. */
struct sink {
	char *start, *p, *end;
	int fd;
};

struct spec {
	int left, zero, width, prec; /* width, prec: -1 where not given */
	int longs;                   /* 'l' counted: 2 for 64 bits */
};

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

static void sink_flush(struct sink *s)
{
	write_all(s->fd, s->start, (size_t)(s->p - s->start));
	s->p = s->start;
}

static void sink_put(struct sink *s, int c)
{
	if (s->p == s->end && s->fd >= 0)
		sink_flush(s);
	if (s->p < s->end)
		*s->p++ = (char)c;
}

static void put_text(struct sink *s, const struct spec *sp, const char *t, size_t n)
{
	int pad = sp->width > (int)n ? sp->width - (int)n : 0;

	for (; pad && !sp->left; pad--)
		sink_put(s, ' ');
	while (n--)
		sink_put(s, *t++);
	for (; pad; pad--)
		sink_put(s, ' ');
}

/* *v /= base, returns the rest; base <= 16, so each step's dividend is below 2^20. */
static unsigned divide(uint64_t *v, unsigned base)
{
	uint32_t hi = (uint32_t)(*v >> 32), lo = (uint32_t)*v, mid, low;

	mid = hi % base << 16 | lo >> 16;
	low = mid % base << 16 | (lo & 0xffff);
	*v = (uint64_t)(hi / base) << 32 | (mid / base) << 16 | low / base;
	return low % base;
}

static void put_number(struct sink *s, const struct spec *sp, uint64_t v, unsigned base, int minus)
{
	char buf[72], *end = buf + sizeof buf, *p = end;
	int least = sp->zero && !sp->left ? sp->width - minus : 0;

	do
		*--p = "0123456789abcdef"[divide(&v, base)];
	while (v);
	while (end - p < least && p > buf + 1)
		*--p = '0';
	if (minus)
		*--p = '-';
	put_text(s, sp, p, (size_t)(end - p));
}

/* n < 0: up to the NUL */
static void put_printable(struct sink *s, const char *t, int n)
{
	for (; n < 0 ? *t != 0 : n > 0; t++, n -= n > 0) {
		unsigned char c = (unsigned char)*t;

		if (c >= 32 && c <= 126 && c != '\\') {
			sink_put(s, c);
			continue;
		}
		sink_put(s, '\\');
		sink_put(s, 'x');
		sink_put(s, "0123456789abcdef"[c >> 4]);
		sink_put(s, "0123456789abcdef"[c & 15]);
	}
}

static int star_or_number(const char **f, va_list *ap)
{
	int n = 0;

	if (**f == '*') {
		++*f;
		n = va_arg(*ap, int);
		return n < 0 ? 0 : n;
	}
	if (**f < '0' || **f > '9')
		return -1;
	for (; **f >= '0' && **f <= '9'; ++*f)
		n = n * 10 + **f - '0';
	return n;
}

static const char *spec_read(const char *f, struct spec *sp, va_list *ap)
{
	*sp = (struct spec){.prec = -1};
	for (; *f == '-' || *f == '0'; f++) {
		sp->left |= *f == '-';
		sp->zero |= *f == '0';
	}
	sp->width = star_or_number(&f, ap);
	if (*f == '.') {
		f++;
		sp->prec = star_or_number(&f, ap);
	}
	for (; *f == 'l' || *f == 'z'; f++)
		sp->longs++; /* size_t is as wide as long on every Linux */
	return f;
}

static uint64_t arg_unsigned(const struct spec *sp, va_list *ap)
{
	if (sp->longs > 1)
		return va_arg(*ap, unsigned long long);
	return sp->longs ? va_arg(*ap, unsigned long) : va_arg(*ap, unsigned);
}

static int64_t arg_signed(const struct spec *sp, va_list *ap)
{
	if (sp->longs > 1)
		return va_arg(*ap, long long);
	return sp->longs ? va_arg(*ap, long) : va_arg(*ap, int);
}

static void put_spec(struct sink *s, const struct spec *sp, int kind, va_list *ap, int err)
{
	const char *t;
	int64_t v;
	char c;

	switch (kind) {
	case 'd':
		v = arg_signed(sp, ap);
		put_number(s, sp, v < 0 ? -(uint64_t)v : (uint64_t)v, 10, v < 0);
		break;
	case 'u': put_number(s, sp, arg_unsigned(sp, ap), 10, 0); break;
	case 'x': put_number(s, sp, arg_unsigned(sp, ap), 16, 0); break;
	case 'o': put_number(s, sp, arg_unsigned(sp, ap), 8, 0); break;
	case 'c':
		c = (char)va_arg(*ap, int);
		put_text(s, sp, &c, 1);
		break;
	case 'p':
		t = va_arg(*ap, const char *);
		put_printable(s, t ? t : "", sp->width);
		break;
	case 's':
	case 'm':
		t = kind == 'm' ? err_text(err) : va_arg(*ap, const char *);
		if (!t)
			t = "";
		put_text(s, sp, t, sp->prec < 0 ? strlen(t) : strnlen(t, (size_t)sp->prec));
		break;
	default: sink_put(s, kind);
	}
}

static void sink_format(struct sink *s, const char *f, va_list *ap)
{
	int err = errno;
	struct spec sp;

	for (; *f; f++) {
		if (*f != '%') {
			sink_put(s, *f);
			continue;
		}
		f = spec_read(f + 1, &sp, ap);
		if (!*f)
			break;
		put_spec(s, &sp, *f, ap, err);
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
	sink_flush(&s);
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
