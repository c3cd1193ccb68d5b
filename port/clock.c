/* clock.c - monotonic time, the date, and dates as authorized_keys writes them. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <time.h>

#include "built.h"

#define DAY 86400u

/*
 * By system call: the C library would go through the kernel's page of clocks,
 * which costs a search for it and saves little in a loop around poll.
 */
void clock_read(int which, int64_t t[2])
{
#ifdef SYS_clock_gettime64
	long old[2];

	/* since Linux 5.1 */
	if (sys(SYS_clock_gettime64, which, t) == 0)
		return;
	sys(SYS_clock_gettime32, which, old);
	t[0] = (unsigned long)old[0]; /* until 2106 */
	t[1] = old[1];
#else
	sys(SYS_clock_gettime, which, t);
#endif
}

static uint64_t read_ms(int which)
{
	int64_t t[2];

	clock_read(which, t);
	return (uint64_t)t[0] * 1000 + (uint32_t)t[1] / 1000000;
}

uint64_t clock_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}

uint64_t clock_boot_ms(void)
{
	return read_ms(CLOCK_BOOTTIME);
}

uint64_t clock_left(uint32_t seconds, uint64_t since, uint64_t now)
{
	uint64_t end = since + (uint64_t)seconds * 1000;

	return !seconds ? 3600000 : end > now ? end - now : 0;
}

int64_t clock_unix(void)
{
	int64_t t[2];

	clock_read(CLOCK_REALTIME, t);
	return t[0];
}

int clock_is_set(void)
{
	return clock_unix() >= BUILT;
}

static int64_t kept_read(const char *path)
{
	char text[24];
	ssize_t n = file_read(path, text, sizeof(text) - 1);
	uint64_t t;

	if (n < 1)
		return 0;
	text[n - (text[n - 1] == '\n')] = 0;
	return num_parse(text, 0, INT64_MAX, &t) < 0 ? 0 : (int64_t)t;
}

static void kept_write(const char *path, int64_t t)
{
	char text[24];
	int r =
	    file_write_atomic(path, text, fmt(text, sizeof(text), "%lld\n", (long long)t), 0644);

	if (r < 0)
		log_put(LOG_L_INFO, "%s: the time cannot be kept: %s", path, err_text(-r));
}

int64_t clock_sure(const char *path, const char **by)
{
	int64_t now = clock_unix(), kept = path ? kept_read(path) : 0;

	*by = NULL;
	if (path && now >= kept + DAY && now >= BUILT)
		kept_write(path, now);
	if (now < BUILT) {
		*by = "the time of the build";
		now = BUILT;
	}
	if (now < kept) {
		*by = path;
		now = kept;
	}
	return now;
}

/* Each fourth year, but of those that 25 divides only those that 16 divides. No division. */
static int is_leap(unsigned year)
{
	unsigned cycles = year * 5243 >> 17; /* year / 25, for the years up to 9999 */

	return !(year & 3) && (!(year & 15) || cycles * 25 != year);
}

/* month 0..11 */
static unsigned month_days(unsigned year, unsigned month)
{
	if (month == 1)
		return is_leap(year) ? 29 : 28;
	return 30 + ((0xad5 >> month) & 1); /* a bit for each month of 31 days */
}

/* By subtraction: ARM's and some others' division is a function of a kilobyte. */
static unsigned take(uint32_t *s, uint32_t unit)
{
	unsigned n = 0;

	for (; *s >= unit; n++)
		*s -= unit;
	return n;
}

void clock_date(uint32_t s, struct date *d)
{
	*d = (struct date){.year = 1970};
	for (; s >= (365u + (unsigned)is_leap(d->year)) * DAY; d->year++)
		s -= (365u + (unsigned)is_leap(d->year)) * DAY;
	for (; s >= month_days(d->year, d->month) * DAY; d->month++)
		s -= month_days(d->year, d->month) * DAY;
	d->day = 1 + take(&s, DAY);
	d->hour = take(&s, 3600);
	d->minute = take(&s, 60);
	d->second = s;
}

void clock_iso(char buf[24], uint32_t seconds)
{
	struct date d;

	clock_date(seconds, &d);
	fmt(buf, 24, "%04u-%02u-%02uT%02u:%02u:%02u", d.year, d.month + 1, d.day, d.hour, d.minute,
	    d.second);
}

void clock_ls(char buf[16], uint32_t seconds)
{
	uint32_t age = (uint32_t)clock_unix() - seconds;
	struct date d;
	size_t n;

	clock_date(seconds, &d);
	n = fmt(buf, 16, "%.3s %2u ", &"JanFebMarAprMayJunJulAugSepOctNovDec"[d.month * 3], d.day);
	/* what is in the future is old as well: its age wraps */
	if (age < 365 * DAY / 2)
		fmt(buf + n, 16 - n, "%02u:%02u", d.hour, d.minute);
	else
		fmt(buf + n, 16 - n, " %u", d.year);
}

/* n decimal digits; beyond any field's range where they are not */
static unsigned digits(const char *s, int n)
{
	unsigned v = 0;

	for (; n; n--, s++) {
		if (*s < '0' || *s > '9')
			return 10000;
		v = v * 10 + (unsigned)(*s - '0');
	}
	return v;
}

int64_t clock_parse(const char *s)
{
	struct date d = {0};
	int32_t days = 0;
	size_t n = 0;
	unsigned i;

	while (n < 15 && s[n] >= '0' && s[n] <= '9')
		n++;
	if ((n != 8 && n != 12 && n != 14) || s[n + (s[n] == 'Z')])
		return -1;
	d.year = digits(s, 4);
	d.month = digits(s + 4, 2) - 1;
	d.day = digits(s + 6, 2) - 1;
	if (n >= 12) {
		d.hour = digits(s + 8, 2);
		d.minute = digits(s + 10, 2);
	}
	if (n == 14)
		d.second = digits(s + 12, 2);
	if (d.year < 1970 || d.month > 11 || d.day >= month_days(d.year, d.month) || d.hour > 23 ||
	    d.minute > 59 || d.second > 60)
		return -1;
	for (i = 1970; i < d.year; i++)
		days += 365 + is_leap(i);
	for (i = 0; i < d.month; i++)
		days += (int32_t)month_days(d.year, i);
	days += (int32_t)d.day;
	return (int64_t)days * DAY + d.hour * 3600 + d.minute * 60 + d.second;
}
