/* test_wire.c - readers and writers: round trips, and the first overrun sticks. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "wire.h"

static void test_round_trip(void)
{
	uint8_t room[64];
	struct wr w = wr_init(room, sizeof(room));
	struct rd r;
	uint8_t *mark;
	int same;

	wr_u8(&w, 0xfe);
	wr_u32(&w, 0xdeadbeef);
	wr_u64(&w, 0x0123456789abcdefu);
	mark = wr_open(&w);
	wr_strz(&w, "abc");
	wr_close(&w, mark);
	wr_str(&w, NULL, 0);
	check("wire/write", !w.bad && wr_len(&w) == 1 + 4 + 8 + 4 + 7 + 4, "length");
	r = rd_init((struct str){room, wr_len(&w)});
	same = rd_u8(&r) == 0xfe && rd_u32(&r) == 0xdeadbeef && rd_u64(&r) == 0x0123456789abcdefu;
	same = same && rd_u32(&r) == 7 && str_is(rd_str(&r), "abc") && !rd_done(&r);
	same = same && rd_str(&r).len == 0 && rd_done(&r);
	check("wire/read", same, "not what was written");
}

static void test_overrun(void)
{
	static const uint8_t lying[] = {0, 0, 0, 5, 'a', 'b', 'c', 'd'};
	static const uint8_t huge[] = {0xff, 0xff, 0xff, 0xff, 'a', 'b'};
	struct rd r = rd_init((struct str){lying, sizeof(lying)});
	uint8_t room[8];
	struct wr w = wr_init(room, 7);

	check("wire/short string", rd_str(&r).len == 0 && r.bad && !rd_done(&r), "taken");
	check("wire/bad sticks", rd_u8(&r) == 0 && rd_u32(&r) == 0 && rd_left(&r) == 0, "read on");
	r = rd_init((struct str){huge, sizeof(huge)});
	check("wire/huge length", rd_str(&r).len == 0 && r.bad, "taken");
	r = rd_init((struct str){NULL, 0});
	check("wire/empty", rd_done(&r) && rd_u64(&r) == 0 && r.bad, "not empty");
	room[7] = 0x77;
	wr_u32(&w, 1);
	wr_u32(&w, 2);
	check("wire/full", w.bad && wr_len(&w) == 4 && room[7] == 0x77, "written past the end");
	wr_u8(&w, 1);
	check("wire/full sticks", wr_len(&w) == 4 && !wr_open(&w), "written after");
	wr_close(&w, NULL);
}

static int mpint_is(const char *in, const char *out)
{
	uint8_t a[32], b[32], room[64];
	size_t n = check_hex(a, in), m = check_hex(b, out);
	struct wr w = wr_init(room, sizeof(room));

	wr_mpint(&w, a, n);
	return !w.bad && wr_len(&w) == m && !memcmp(room, b, m);
}

static void test_mpint(void)
{
	/* RFC 4251 5, and a number that is stored with zeros before it */
	check("wire/mpint zero", mpint_is("", "00000000") && mpint_is("0000", "00000000"), "zero");
	check("wire/mpint", mpint_is("09a378f9b2e332a7", "0000000809a378f9b2e332a7"), "plain");
	check("wire/mpint top bit", mpint_is("80", "000000020080"), "sign");
	check("wire/mpint zeros", mpint_is("00000000ff", "0000000200ff"), "not cut");
}

static void test_lists(void)
{
	struct str list = STR("aes,,b,chacha"), name;
	int n = 0;

	check("list/has", list_has(list, STR("aes")) && list_has(list, STR("chacha")), "missing");
	check("list/has not",
	      !list_has(list, STR("ae")) && !list_has(list, STR("c")) && !list_has(list, STR("")) &&
		  !list_has(STR(""), STR("")),
	      "found");
	while (list_next(&list, &name))
		n++;
	check("list/next", n == 4 && !list.len, "wrong count");
	check("str", str_is(str_of(NULL), "") && !str_is(STR("a"), "ab") && str_is(STR("a"), "a"),
	      "comparison");
}

int main(void)
{
	test_round_trip();
	test_overrun();
	test_mpint();
	test_lists();
	return check_result();
}
