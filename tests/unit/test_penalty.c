/* test_penalty.c - sources and their penalties: sums, bounds, ends, nets, a table that is full. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "penalty.h"

static struct settings s;
static struct addr a[3 * PENALTY_SOURCES];

static struct addr at(const char *host)
{
	struct addr x;

	if (addr_parse(&x, host, 0, 22) < 0)
		check("addr", 0, host);
	return x;
}

/* 1: n of those penalties, then it is refused */
static int after(const char *host, unsigned why, int n, uint64_t now)
{
	struct addr x = at(host);

	for (; n > 0; n--)
		penalty_add(&x, why, &s, now);
	return penalty_refusal(&x, &s, now) != NULL;
}

static int refused(const char *host, uint64_t now)
{
	return after(host, 0, 0, now);
}

static void test_sums(void)
{
	check("penalty/least",
	      !after("10.0.0.1", PENALTY_AUTHFAIL, 3, 1000) && !refused("10.0.0.1", 1000) &&
		  after("10.0.0.1", PENALTY_AUTHFAIL, 1, 1000),
	      "not from above 15 s on");
	check("penalty/end", refused("10.0.0.1", 20999) && !refused("10.0.0.1", 21000), "not 20 s");
	check("penalty/again", !after("10.0.0.1", PENALTY_AUTHFAIL, 1, 21000), "not forgotten");
	check("penalty/slowly",
	      !after("10.0.0.2", PENALTY_AUTHFAIL, 2, 50000) &&
		  !after("10.0.0.2", PENALTY_AUTHFAIL, 1, 55000) &&
		  !after("10.0.0.2", PENALTY_AUTHFAIL, 1, 60000),
	      "what was over counted");
	check("penalty/most",
	      after("10.0.0.3", PENALTY_CRASH, 50, 1000) && refused("10.0.0.3", 600999) &&
		  !refused("10.0.0.3", 601000),
	      "not 600 s");
	check("penalty/port", refused("10.0.0.3", 2000), "by the port");
	check("penalty/others", !refused("10.0.0.4", 2000), "refused");
	check("penalty/words", !strcmp(penalty_refusal(&(struct addr){0}, &s, 0) ? "x" : "", ""),
	      "an unknown address");
	check("penalty/beyond",
	      !after("10.0.0.5", PENALTY_MAX, 99, 1000) &&
		  !after("10.0.0.5", PENALTY_COUNT, 99, 1000) && !after("10.0.0.5", 200, 99, 1000),
	      "no such thing to do");
	check("penalty/long",
	      !(s.penalty[PENALTY_MAX] = UINT32_MAX, s.penalty[PENALTY_GRACE] = UINT32_MAX,
		after("10.0.0.6", PENALTY_NOAUTH, 1, UINT64_MAX / 4)) &&
		  after("10.0.0.6", PENALTY_GRACE, 9, UINT64_MAX / 4) &&
		  refused("10.0.0.6", UINT64_MAX / 4 + UINT32_MAX * 1000ull - 1) &&
		  !refused("10.0.0.6", UINT64_MAX / 4 + UINT32_MAX * 1000ull),
	      "years");
}

static void test_nets(void)
{
	check("penalty/mapped",
	      after("10.1.0.1", PENALTY_CRASH, 1, 1000) && refused("::ffff:10.1.0.1", 1000),
	      "another");
	check("penalty/64",
	      after("2001:db8::1", PENALTY_CRASH, 1, 1000) && refused("2001:db8::ffff:2", 1000) &&
		  !refused("2001:db8:0:1::1", 1000),
	      "not the net");
	check("penalty/exempt",
	      !after("127.0.0.1", PENALTY_CRASH, 9, 1000) &&
		  !after("::1", PENALTY_CRASH, 9, 1000) &&
		  !after("fe80::1", PENALTY_CRASH, 9, 1000) &&
		  !after("169.254.1.1", PENALTY_CRASH, 9, 1000) &&
		  !after("::ffff:127.0.0.1", PENALTY_CRASH, 9, 1000),
	      "a penalty");
	check("penalty/near",
	      after("128.0.0.1", PENALTY_CRASH, 1, 1000) &&
		  after("169.255.1.1", PENALTY_CRASH, 1, 1000) &&
		  after("fec0::1", PENALTY_CRASH, 1, 1000),
	      "none");
	s.penalty_exempt = 1;
	memcpy(s.text + 1, "10.2.0.0/16,2001:db8:5::/48", 28);
	check("penalty/list",
	      !after("10.2.3.4", PENALTY_CRASH, 9, 1000) &&
		  !after("2001:db8:5::9", PENALTY_CRASH, 9, 1000) &&
		  after("10.3.0.1", PENALTY_CRASH, 1, 1000),
	      "not heeded");
	s.penalty[PENALTY_MAX] = 0;
	check("penalty/off",
	      !refused("10.3.0.1", 1000) && !after("10.4.0.1", PENALTY_CRASH, 9, 1000), "on");
	s.penalty[PENALTY_MAX] = 600;
	check("penalty/on", refused("10.3.0.1", 1000), "forgotten");
	s.penalty_exempt = 0;
}

/* the newest are known, and of the others those whose end is far */
static void test_full(void)
{
	uint64_t now = 1u << 31;
	char host[32];
	unsigned i, known = 0;

	for (i = 0; i < 3 * PENALTY_SOURCES; i++) {
		fmt(host, sizeof(host), "10.9.%u.%u", i / 200, i % 200 + 1);
		a[i] = at(host);
		penalty_add(&a[i], i == 7 ? PENALTY_CRASH : PENALTY_GRACE, &s, now + i);
		penalty_add(&a[i], PENALTY_GRACE, &s, now + i);
	}
	now += i;
	for (i = 0; i < 3 * PENALTY_SOURCES; i++)
		known += penalty_refusal(&a[i], &s, now) != NULL;
	check("full/as many", known == PENALTY_SOURCES - 1, "not all but the one of years");
	check("full/worst stays", penalty_refusal(&a[7], &s, now) != NULL, "pushed out");
	check("full/last", penalty_refusal(&a[i - 1], &s, now) != NULL, "not there");
}

int main(void)
{
	log_open("test", 1, LOG_L_ERROR, 4);
	s = (struct settings){
	    .penalty = {90, 5, 1, 10, 10, 600, 15}
        };
	s.text_len = 1;
	test_sums();
	s.penalty[PENALTY_MAX] = 600;
	s.penalty[PENALTY_GRACE] = 10;
	if (CFG_IPV6)
		test_nets();
	test_full();
	return check_result();
}
