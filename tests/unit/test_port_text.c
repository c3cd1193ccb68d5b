/* test_port_text.c - fmt, numbers, errors, dates, lines. */
/* SPDX-License-Identifier: MIT */
#include "test_port.h"

#include <limits.h>
#include <stdint.h>
#include <time.h>

static char out[300];

#define IS(want, ...) NEED(fmt(out, sizeof out, __VA_ARGS__) == strlen(want) && !strcmp(out, want))

static const char *fmt_kinds(void)
{
	size_t z = (size_t)-1;
	char zs[30];

	IS("a 7 b", "a %d b", 7);
	IS("-2147483648 4294967295", "%d %u", INT32_MIN, UINT32_MAX);
	IS(sizeof z == 4 ? "4294967295 -2147483648 37777777777"
			 : "18446744073709551615 -9223372036854775808 1777777777777777777777",
	   "%lu %ld %lo", ULONG_MAX, LONG_MIN, ULONG_MAX);
	IS("18446744073709551615 -9223372036854775808 7 ffffffffffffffff", "%llu %lld %lld %llx",
	   ULLONG_MAX, LLONG_MIN, 7ll, ULLONG_MAX);
	IS("5368709121 1777777777777777777777 4294967296", "%llu %llo %llu", 5368709121ull,
	   ULLONG_MAX, 1ull << 32);
	IS("1000000000 65536 65535", "%lu %u %u", 1000000000ul, 65536, 65535);
	snprintf(zs, sizeof zs, "%zu", z);
	IS(zs, "%zu", z);
	IS("   42|42   |00042|-42", "%5d|%-5d|%05d|%d", 42, 42, 42, -42);
	IS("0755 % x", "%04o %% %c", 0755, 'x');
	IS("abc   |   abc|ab|", "%-6s|%6s|%.*s|", "abc", "abc", 2, "abc");
	IS("Mar", "%.3s", "MarApr");
	IS("", "%s", "");
	errno = ENOENT;
	IS(CFG_ERROR_TEXTS ? "No such file or directory" : "errno 2", "%m");
	NEED(errno == ENOENT);
	return NULL;
}

static const char *fmt_numbers_like_libc(void)
{
	uint64_t v = 1;
	char want[80];
	int i;

	for (i = 0; i < 20000; i++) {
		v = v * 6364136223846793005ull + 1442695040888963407ull;
		if (i % 3 == 0)
			v >>= v % 61;
		snprintf(want, sizeof want, "%lu %ld %lx %o", (unsigned long)v, (long)v,
			 (unsigned long)v, (unsigned)v);
		IS(want, "%lu %ld %lx %o", (unsigned long)v, (long)v, (unsigned long)v,
		   (unsigned)v);
	}
	return NULL;
}

static const char *fmt_printable(void)
{
	IS("a\\x0ab\\x1b[\\x7f\\xff\\x5c~ ", "%p", "a\nb\x1b[\x7f\xff\\~ ");
	IS("a\\x00b", "%*p", 3, "a\0b");
	IS("", "%*p", 0, "secret");
	IS("'%n%s'", "'%p'", "%n%s");
	return NULL;
}

static const char *fmt_cuts(void)
{
	char small[4] = "zzz";

	NEED(fmt(small, 4, "%s", "abcdef") == 3 && !strcmp(small, "abc"));
	NEED(fmt(small, 1, "%d", 12345) == 0 && !small[0]);
	small[0] = 'z';
	NEED(fmt(small, 0, "%d", 12345) == 0 && small[0] == 'z');
	NEED(fmt(small, 4, "%p", "\n\n") == 3 && !strcmp(small, "\\x0"));
	return NULL;
}

static const char *fmt_fd_long(void)
{
	static char big[1000], got[1010];
	int p[2];

	memset(big, 'q', sizeof big);
	big[999] = 0;
	NEED(pipe(p) == 0);
	fmt_fd(p[1], "<%s>", big);
	close(p[1]);
	NEED(read(p[0], got, sizeof got) == 1001 && got[0] == '<' && got[1000] == '>');
	return NULL;
}

static const char *errors(void)
{
	if (!CFG_ERROR_TEXTS) {
		NEED(!strcmp(err_text(2), "errno 2"));
		return NULL;
	}
	NEED(!strcmp(err_text(ECONNREFUSED), "Connection refused"));
	NEED(!strcmp(err_text(EADDRINUSE), "Address already in use"));
	NEED(!strcmp(err_text(EDQUOT), "Disk quota exceeded"));
	NEED(!strcmp(err_text(0), "Success"));
	NEED(!strcmp(err_text(99999), "errno 99999") && !strcmp(err_text(-1), "errno -1"));
	return NULL;
}

static const char *numbers(void)
{
	uint64_t v = 5;

	NEED(num_parse("65535", 1, 65535, &v) == 0 && v == 65535);
	NEED(num_parse("0", 0, 0, &v) == 0 && v == 0);
	NEED(num_parse("65536", 1, 65535, &v) == -EINVAL && v == 0);
	NEED(num_parse("", 0, 9, &v) && num_parse("-1", 0, 9, &v) && num_parse("1 ", 0, 9, &v));
	NEED(num_parse(" 1", 0, 9, &v) && num_parse("0x1", 0, 9, &v) && num_parse("+1", 0, 9, &v));
	NEED(num_parse("18446744073709551617", 0, UINT64_MAX, &v) == -EINVAL);
	NEED(num_parse("9999999999999999999", 0, UINT64_MAX, &v) == 0 &&
	     v == 9999999999999999999ull);
	return NULL;
}

static const char *dates(void)
{
	static const struct {
		const char *s;
		int64_t t;
	} v[] = {
	    {"19700101",        0             },
	    {"20000229Z",       951782400     },
	    {"20240229",        1709164800    },
	    {"202402291234",    1709210040    },
	    {"20240229123456Z", 1709210096    },
	    {"20380119031408",  2147483648ll  },
	    {"21000301",        4107542400ll  },
	    {"99991231235959",  253402300799ll},
	    {"20230229",        -1            },
	    {"21000229",        -1            },
	    {"20241301",        -1            },
	    {"20240100",        -1            },
	    {"20240132",        -1            },
	    {"202401012400",    -1            },
	    {"202401012360",    -1            },
	    {"2024010",         -1            },
	    {"202401011",       -1            },
	    {"20240101ZZ",      -1            },
	    {"20240101z",       -1            },
	    {"",                -1            },
	    {"Z",               -1            },
	    {"19691231",        -1            },
	    {"202401010000000", -1            },
	    {"2024-01-01",      -1            }
        };
	static char why[80];
	size_t i;

	for (i = 0; i < sizeof v / sizeof *v; i++)
		if (clock_parse(v[i].s) != v[i].t) {
			snprintf(why, sizeof why, "%s gives %lld", v[i].s,
				 (long long)clock_parse(v[i].s));
			return why;
		}
	return NULL;
}

static const char *clocks(void)
{
	uint64_t a = clock_ms(), b;

	usleep(30000);
	b = clock_ms();
	NEED(b - a >= 29 && b - a < 10000);
	NEED(clock_unix() - (int64_t)time(NULL) <= 1 && clock_unix() >= (int64_t)time(NULL));
	return NULL;
}

/* what lines_next gives for the bytes, as text; errors by number */
static const char *lines_of(const char *bytes, size_t n, size_t room)
{
	char buf[64], *line;
	struct lines l;
	FILE *f = tmpfile();
	size_t at = 0;
	int r;

	fwrite(bytes, 1, n, f);
	fflush(f);
	lseek(fileno(f), 0, SEEK_SET);
	lines_init(&l, fileno(f), buf, room);
	out[0] = 0;
	while ((r = lines_next(&l, &line)) != 0)
		at += r == 1 ? fmt(out + at, sizeof out - at, "%lu=%s;", l.no, line)
			     : fmt(out + at, sizeof out - at, "%lu!%s;", l.no,
				   r == -E2BIG    ? "long"
				   : r == -EILSEQ ? "nul"
						  : "?");
	fclose(f);
	return out;
}

#define LINES(bytes, room, want) NEED(!strcmp(lines_of(bytes, sizeof(bytes) - 1, room), want))

static const char *lines_cases(void)
{
	LINES("", 8, "");
	LINES("a\nb\n", 8, "1=a;2=b;");
	LINES("a\r\n\r\nb", 8, "1=a;2=;3=b;");
	LINES("1234567\nx\n", 8, "1=1234567;2=x;");
	LINES("1234567", 8, "1=1234567;");
	LINES("12345678\nx\n", 8, "1!long;2=x;");
	LINES("12345678", 8, "1!long;");
	LINES("123456789012345678901234567890\nx", 8, "1!long;2=x;");
	LINES("123456789012345678901234567890", 8, "1!long;");
	LINES("a\0b\nc\n", 8, "1!nul;2=c;");
	LINES("a\n12345678901234567\0\nc\n", 8, "1=a;2!long;3=c;");
	LINES("\n\n", 8, "1=;2=;");
	LINES("a\rb\n", 8, "1=a\rb;");
	return NULL;
}

/* SECURITY: lines around the size of the buffer, with a tempting text right behind the cut */
static const char *lines_at_the_cut(void)
{
	static char text[10100], buf[10001];
	char *line;
	int n, fd, r1, r2;
	struct lines l;

	for (n = 9990; n <= 10010; n++) {
		memset(text, 'a', (size_t)n);
		strcpy(text + n, "\nkey\n");
		put_file("/tmp/test_port.lines", text, 0600);
		fd = open("/tmp/test_port.lines", O_RDONLY);
		unlink("/tmp/test_port.lines");
		lines_init(&l, fd, buf, sizeof buf);
		r1 = lines_next(&l, &line);
		NEED(r1 == (n <= 10000 ? 1 : -E2BIG));
		NEED(r1 != 1 || strlen(line) == (size_t)n);
		r2 = lines_next(&l, &line);
		NEED(r2 == 1 && !strcmp(line, "key") && l.no == 2);
		NEED(lines_next(&l, &line) == 0);
		close(fd);
	}
	return NULL;
}

static const char *lines_by_single_bytes(void)
{
	char buf[16], *line;
	struct lines l;
	int p[2];
	pid_t pid;

	NEED(pipe(p) == 0);
	pid = fork();
	if (pid == 0) {
		const char *t = "one\ntwo is much too long for it\r\nthree\r\n";

		for (; *t; t++)
			if (write(p[1], t, 1) != 1)
				_exit(1);
		_exit(0);
	}
	close(p[1]);
	lines_init(&l, p[0], buf, sizeof buf);
	NEED(lines_next(&l, &line) == 1 && !strcmp(line, "one"));
	NEED(lines_next(&l, &line) == -E2BIG && l.no == 2);
	NEED(lines_next(&l, &line) == 1 && !strcmp(line, "three") && l.no == 3);
	NEED(lines_next(&l, &line) == 0);
	return NULL;
}

/* where the processor has no instruction for it, the compiler calls port/NAME/div.c */
static const char *division(void)
{
	static const int32_t some[] = {1, 2, 3, 7, 10, 60, 3600, 65535, 65536, 99999, INT32_MAX};
	volatile int32_t n, d;
	volatile uint32_t un, ud;
	unsigned i;
	int sign;

	for (i = 0; i < 4 * 121; i++) {
		sign = i & 1 ? -1 : 1;
		n = sign * some[i / 4 % 11];
		d = (i & 2 ? -1 : 1) * some[i / 44];
		NEED((int64_t)(n / d) * d + n % d == n);
		NEED(n % d * sign >= 0 && n % d * sign < (d < 0 ? -(int64_t)d : d));
		un = (uint32_t)n * 2654435761u;
		ud = (uint32_t)d;
		NEED((uint64_t)(un / ud) * ud + un % ud == un && un % ud < ud);
	}
	return NULL;
}

int main(void)
{
	RUN(division);
	RUN(fmt_kinds);
	RUN(fmt_numbers_like_libc);
	RUN(fmt_printable);
	RUN(fmt_cuts);
	RUN(fmt_fd_long);
	RUN(errors);
	RUN(numbers);
	RUN(dates);
	RUN(clocks);
	RUN(lines_cases);
	RUN(lines_at_the_cut);
	RUN(lines_by_single_bytes);
	return test_failed;
}
