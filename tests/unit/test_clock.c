/* test_clock.c - the time that a device can be sure of: clock, build, and what was kept. */
/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "built.h"
#include "check.h"
#include "port.h"

#define DAY 86400

long __real_sys(long number, ...);
long __wrap_sys(long number, ...);

static int64_t clock_says; /* 0: what it is */
static char dir[] = "/tmp/test_clock.XXXXXX", path[64];

long __wrap_sys(long number, ...)
{
	long a[5];
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 5; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
#ifdef SYS_clock_gettime64
	if (clock_says && number == SYS_clock_gettime64) {
#else
	if (clock_says && number == SYS_clock_gettime) {
#endif
		int64_t t[2] = {clock_says, 0};

		memcpy((void *)a[1], t, sizeof(t));
		return 0;
	}
	return __real_sys(number, a[0], a[1], a[2], a[3], a[4]);
}

static void keep(const char *text)
{
	file_write_atomic(path, text, strlen(text), 0644);
}

static void keep_time(int64_t t)
{
	char text[32];

	fmt(text, sizeof(text), "%lld\n", (long long)t);
	keep(text);
}

static int64_t kept(void)
{
	char text[32] = "";
	ssize_t n = file_read(path, text, sizeof(text) - 1);

	return n < 0 ? -1 : strtoll(text, NULL, 10);
}

/* clock, file; what is right, and by what: the words hold this, NULL: the clock */
static int is(int64_t now, int64_t want, const char *by_want)
{
	const char *by = "nothing";
	int64_t t;

	clock_says = now;
	t = clock_sure(path, &by);
	clock_says = 0;
	return t == want && (by_want ? by && strstr(by, by_want) != NULL : !by);
}

int main(void)
{
	const int64_t later = (int64_t)BUILT + 1000 * (int64_t)DAY;
	const char *by;

	if (!mkdtemp(dir))
		return 1;
	fmt(path, sizeof(path), "%s/clock", dir);
	check("clock/built", BUILT > 1700000000, "no time of the build");
	check("clock/sure", is(later, later, NULL) && kept() == later, "another, or not kept");
	check("clock/once a day",
	      is(later + DAY - 1, later + DAY - 1, NULL) && kept() == later &&
		  is(later + DAY, later + DAY, NULL) && kept() == later + DAY,
	      "at another time");
	check("clock/kept", is(later, later + DAY, path) && is(1000, later + DAY, path),
	      "not used");
	check("clock/not kept back", kept() == later + DAY, "another now");
	unlink(path);
	check("clock/build", is(1000, BUILT, "build") && kept() < 0, "not used, or kept");
	keep_time(5000);
	check("clock/kept before the build", is(1000, BUILT, "build") && kept() == 5000, "another");
	check("clock/edge", is(BUILT, BUILT, NULL) && kept() == BUILT, "another");
	keep("junk\n");
	check("clock/junk", is(later, later, NULL) && kept() == later, "relied on");
	keep("");
	check("clock/empty", is(later, later, NULL) && kept() == later, "relied on");
	keep("-1\n");
	check("clock/negative", is(later, later, NULL), "relied on");
	keep("99999999999999999999999999\n");
	check("clock/too long", is(later, later, NULL), "relied on");
	keep_time(later + 5 * DAY);
	clock_says = later;
	check("clock/no file", clock_sure(NULL, &by) == later && !by && kept() == later + 5 * DAY,
	      "another");
	clock_says = 0;
	unlink(path);
	rmdir(dir);
	/* where it cannot be kept, it is no worse */
	check("clock/no folder", is(later, later, NULL) && is(1000, BUILT, "build"), "another");
	return check_result();
}
