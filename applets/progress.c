/* progress.c - the meter of a transfer, and its brake. */
/* SPDX-License-Identifier: MIT */
/* It reckons in KB and ms, as numbers of 32 bits: large ones are shifted until they fit. */
#include "progress.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "names.h"
#include "port.h"

#define DRAW_MS 1000
#define STALL_DRAWS 5
/* what was not sent is not made up for, beyond this */
#define SLACK_MS 250
#define LINE 512

static struct {
	const char *name;
	uint64_t done;
	uint32_t size, first;  /* KB: all of it, and what was there at the start */
	uint32_t seen;         /* KB when it was drawn last */
	uint32_t begun, drawn; /* clock_ms; it may go round between them */
	unsigned still;        /* drawings without a KB more */
	int on;
	uint32_t limit, carry; /* bytes a second; thousandths of bytes that are less than a ms */
	uint32_t due;          /* when the bytes up to now should be through */
} m;

static int in_front(void)
{
	int group;

	return syscall(SYS_ioctl, 1, TIOCGPGRP, &group) == 0 && group == getpgrp();
}

/* a * times / b, near enough; b of 0 is taken for 1 */
static uint32_t ratio(uint32_t a, uint32_t times, uint32_t b)
{
	for (; (a | b) >> 22; a >>= 1)
		b >>= 1;
	return a * times / (b + !b);
}

/* what is begun counts */
static uint32_t in_kb(uint64_t n)
{
	return (uint32_t)((n + 1023) >> 10);
}

/* at most four digits, and their unit */
static const char *scaled(uint32_t *kb)
{
	const char *unit = "KMGT";

	for (; *kb >= 10000; unit++)
		*kb >>= 10;
	return unit;
}

/* what stands behind the name */
static size_t numbers(char *out, size_t n, uint32_t now, int over)
{
	uint32_t done = in_kb(m.done), left = m.size > done ? m.size - done : 0;
	uint32_t ms = now - m.begun, rate = ratio(done - m.first, 1000, ms);
	uint32_t t = over ? ms / 1000 : ratio(left, 1, rate), hours;
	unsigned percent = left ? ratio(done, 100, m.size) : 100;
	const char *unit = scaled(&done), *per = scaled(&rate);
	size_t len = fmt(out, n, " %3u%% %4u%cB %4u%cB/s ", percent, done, *unit, rate, *per);

	out += len;
	n -= len;
	if (!over && m.still >= STALL_DRAWS)
		return len + fmt(out, n, "- stalled -  ");
	if (!over && !rate)
		return len + fmt(out, n, "  -:--:-- ETA");
	hours = t / 3600;
	/* not t / 60 % 60: a remainder of what is known to be small costs a second divider */
	return len + fmt(out, n, "%3u:%02u:%02u %s", hours, t / 60 - hours * 60, t % 60,
			 over ? "   " : "ETA");
}

static void draw(uint32_t now, int over)
{
	unsigned columns = tty_width() - 1, width, used, len;
	uint32_t done = in_kb(m.done);
	char tail[64], name[LINE];

	m.still = done > m.seen ? 0 : m.still + 1;
	m.drawn = now;
	m.seen = done;
	if (!in_front())
		return;
	len = (unsigned)numbers(tail, sizeof(tail), now, over);
	width = columns > len ? columns - len : 0;
	used = name_show(name, sizeof(name), width, m.name);
	/* where it is too narrow the name goes first, then what stands last */
	fmt_fd(1, "\r%s%*s%.*s%s", name, (int)(width - used), "", (int)columns, tail,
	       over ? "\n" : "");
}

void progress_begin(const char *name, uint64_t size, uint64_t done, int on, uint32_t limit)
{
	m.name = name;
	m.size = in_kb(size);
	m.done = done;
	m.seen = m.first = in_kb(done);
	m.begun = m.due = (uint32_t)clock_ms();
	m.still = m.carry = 0;
	m.limit = limit;
	m.on = on && in_front();
	if (m.on)
		draw(m.begun, 0);
}

static void brake(uint32_t now, uint32_t n)
{
	uint32_t owed = n * 1000 + m.carry; /* n <= 2,000,000; carry < 2^31 */
	int32_t ahead;

	m.due += owed / m.limit;
	m.carry = owed % m.limit;
	ahead = (int32_t)(m.due - now);
	if (ahead < -SLACK_MS)
		m.due = now - SLACK_MS;
	if (ahead > 0)
		poll(NULL, 0, ahead);
}

void progress_add(uint64_t n)
{
	uint32_t now;

	m.done += n;
	if (!m.on && !m.limit)
		return;
	now = (uint32_t)clock_ms();
	if (m.on && now - m.drawn >= DRAW_MS)
		draw(now, 0);
	if (m.limit && n)
		brake(now, n < 2000000 ? (uint32_t)n : 2000000);
}

void progress_end(void)
{
	if (m.on)
		draw((uint32_t)clock_ms(), 1);
	m.on = 0;
}

int progress_wait(void)
{
	uint32_t since = (uint32_t)clock_ms() - m.drawn;

	return !m.on ? -1 : since < DRAW_MS ? (int)(DRAW_MS - since) : 0;
}
