/* test_poly1305.c - Poly1305 against RFC 8439 and against schoolbook arithmetic. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "crypto.h"

/* RFC 8439 A.3 */
static const struct {
	const char *key, *msg, *tag;
} rfc[] = {
  /* clang-format off */
    {"0000000000000000000000000000000000000000000000000000000000000000",
     "0000000000000000000000000000000000000000000000000000000000000000000000000000"
     "0000000000000000000000000000000000000000000000000000",
     "00000000000000000000000000000000"},
    {"0000000000000000000000000000000036e5f6b5c5e06070f0efca96227a863e",
     "416e79207375626d697373696f6e20746f20746865204945544620696e74656e646564206279"
     "2074686520436f6e7472696275746f7220666f72207075626c69636174696f6e20617320616c"
     "6c206f722070617274206f6620616e204945544620496e7465726e65742d4472616674206f72"
     "2052464320616e6420616e792073746174656d656e74206d6164652077697468696e20746865"
     "20636f6e74657874206f6620616e204945544620616374697669747920697320636f6e736964"
     "6572656420616e20224945544620436f6e747269627574696f6e222e20537563682073746174"
     "656d656e747320696e636c756465206f72616c2073746174656d656e747320696e2049455446"
     "2073657373696f6e732c2061732077656c6c206173207772697474656e20616e6420656c6563"
     "74726f6e696320636f6d6d756e69636174696f6e73206d61646520617420616e792074696d65"
     "206f7220706c6163652c207768696368206172652061646472657373656420746f",
     "36e5f6b5c5e06070f0efca96227a863e"},
    {"36e5f6b5c5e06070f0efca96227a863e00000000000000000000000000000000",
     "416e79207375626d697373696f6e20746f20746865204945544620696e74656e646564206279"
     "2074686520436f6e7472696275746f7220666f72207075626c69636174696f6e20617320616c"
     "6c206f722070617274206f6620616e204945544620496e7465726e65742d4472616674206f72"
     "2052464320616e6420616e792073746174656d656e74206d6164652077697468696e20746865"
     "20636f6e74657874206f6620616e204945544620616374697669747920697320636f6e736964"
     "6572656420616e20224945544620436f6e747269627574696f6e222e20537563682073746174"
     "656d656e747320696e636c756465206f72616c2073746174656d656e747320696e2049455446"
     "2073657373696f6e732c2061732077656c6c206173207772697474656e20616e6420656c6563"
     "74726f6e696320636f6d6d756e69636174696f6e73206d61646520617420616e792074696d65"
     "206f7220706c6163652c207768696368206172652061646472657373656420746f",
     "f3477e7cd95417af89a6b8794c310cf0"},
    {"1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0",
     "2754776173206272696c6c69672c20616e642074686520736c6974687920746f7665730a4469"
     "64206779726520616e642067696d626c6520696e2074686520776162653a0a416c6c206d696d"
     "737920776572652074686520626f726f676f7665732c0a416e6420746865206d6f6d65207261"
     "746873206f757467726162652e",
     "4541669a7eaaee61e708dc7cbcc5eb62"},
    {"0200000000000000000000000000000000000000000000000000000000000000",
     "ffffffffffffffffffffffffffffffff",
     "03000000000000000000000000000000"},
    {"02000000000000000000000000000000ffffffffffffffffffffffffffffffff",
     "02000000000000000000000000000000",
     "03000000000000000000000000000000"},
    {"0100000000000000000000000000000000000000000000000000000000000000",
     "fffffffffffffffffffffffffffffffff0ffffffffffffffffffffffffffffff110000000000"
     "00000000000000000000",
     "05000000000000000000000000000000"},
    {"0100000000000000000000000000000000000000000000000000000000000000",
     "fffffffffffffffffffffffffffffffffbfefefefefefefefefefefefefefefe010101010101"
     "01010101010101010101",
     "00000000000000000000000000000000"},
    {"0200000000000000000000000000000000000000000000000000000000000000",
     "fdffffffffffffffffffffffffffffff",
     "faffffffffffffffffffffffffffffff"},
    {"0100000000000000040000000000000000000000000000000000000000000000",
     "e33594d7505e43b900000000000000003394d7505e4379cd0100000000000000000000000000"
     "0000000000000000000001000000000000000000000000000000",
     "14000000000000005500000000000000"},
    {"0100000000000000040000000000000000000000000000000000000000000000",
     "e33594d7505e43b900000000000000003394d7505e4379cd0100000000000000000000000000"
     "00000000000000000000",
     "13000000000000000000000000000000"},
  /* clang-format on */
};

static void known_answers(void)
{
	uint8_t key[32], msg[512], want[16], tag[16];
	int good = 1;

	for (size_t i = 0; i < sizeof rfc / sizeof *rfc; i++) {
		size_t n = check_hex(msg, rfc[i].msg);

		check_hex(key, rfc[i].key);
		check_hex(want, rfc[i].tag);
		poly1305(tag, msg, n, key);
		good &= memcmp(tag, want, 16) == 0;
	}
	check("poly1305 RFC 8439 A.3", good, "a tag differs");
}

#define DIGITS 40 /* base 256, least first; a product of two 17-digit numbers fits */

/* x mod 2^130 - 5, by 2^130 = 5 until nothing is above */
static void reduce(uint32_t x[DIGITS])
{
	uint32_t high[DIGITS], carry, plus5;
	int i, any;

	do {
		for (i = 0, carry = 0; i < DIGITS; i++, carry >>= 8) {
			carry += x[i];
			x[i] = carry & 0xff;
		}
		for (i = 16, any = 0; i < DIGITS; i++) {
			high[i - 16] = x[i] >> 2 | (i + 1 < DIGITS ? x[i + 1] << 6 & 0xff : 0);
			any |= high[i - 16];
			x[i] = i == 16 ? x[i] & 3 : 0;
		}
		for (i = 0; i < DIGITS - 16; i++)
			x[i] += 5 * high[i];
	} while (any);
	for (i = 0, plus5 = 5; i < 17; i++)
		plus5 = (x[i] + plus5) >> (i < 16 ? 8 : 2);
	if (plus5) { /* x + 5 >= 2^130 */
		for (i = 0, carry = 5; i < 17; i++, carry >>= 8) {
			carry += x[i];
			x[i] = carry & (i < 16 ? 0xff : 3);
		}
	}
}

static void reference(uint8_t tag[16], const uint8_t *m, size_t n, const uint8_t key[32])
{
	static const uint8_t clamp[16] = {255, 255, 255, 15, 252, 255, 255, 15,
					  252, 255, 255, 15, 252, 255, 255, 15};
	uint32_t h[DIGITS] = {0}, x[DIGITS], carry = 0;

	for (size_t at = 0; at < n; at += 16) {
		size_t take = n - at < 16 ? n - at : 16;

		for (size_t i = 0; i < take; i++)
			h[i] += m[at + i];
		h[take] += 1;
		memset(x, 0, sizeof x);
		for (int i = 0; i < 17; i++)
			for (int j = 0; j < 16; j++)
				x[i + j] += h[i] * (key[j] & clamp[j]);
		reduce(x);
		memcpy(h, x, sizeof h);
	}
	for (int i = 0; i < 16; i++, carry >>= 8)
		tag[i] = carry += h[i] + key[16 + i];
}

/* every length, alignment and some keys whose limbs are as large as they get */
static void lengths(void)
{
	static uint8_t room[340];
	uint8_t key[32], tag[16], want[16];
	int good = 1;

	for (unsigned n = 0; n <= 300; n++) {
		for (unsigned kind = 0; kind < 4; kind++) {
			unsigned off = (n + kind) % 9;

			check_fill(key, sizeof key, n * 4 + kind);
			check_fill(room, sizeof room, n);
			if (kind >= 2)
				memset(room, 0xff, sizeof room);
			if (kind == 3)
				memset(key, 0xff, 16);
			poly1305(tag, room + off, n, key);
			reference(want, room + off, n, key);
			good &= memcmp(tag, want, 16) == 0;
		}
	}
	check("poly1305 lengths 0..300", good, "differs from schoolbook arithmetic");
	for (unsigned off = 0, n = 75; off < 16; off++) {
		poly1305(tag, room + off, n, key);
		reference(want, room + off, n, key);
		good &= memcmp(tag, want, 16) == 0;
	}
	check("poly1305 alignments", good, "differs from schoolbook arithmetic");
}

/* messages of mostly ones and zeros under small r, which end next to the modulus */
static void edges(void)
{
	static const uint8_t bytes[4] = {0x00, 0xff, 0xfb, 0x01};
	uint8_t key[32], msg[48], tag[16], want[16], pick[64];
	int good = 1;

	for (unsigned i = 0; i < 20000; i++) {
		check_fill(pick, sizeof pick, i);
		memset(key, 0, 16);
		key[0] = pick[60] % 6;
		key[8] = pick[61] % 3 * 4;
		memset(key + 16, pick[62] & 1 ? 0xff : 0, 16);
		for (unsigned j = 0; j < 48; j++)
			msg[j] = pick[j] < 230 ? bytes[pick[48 + j / 16] % 4] : bytes[pick[j] % 4];
		poly1305(tag, msg, 16 + pick[63] % 33, key);
		reference(want, msg, 16 + pick[63] % 33, key);
		good &= memcmp(tag, want, 16) == 0;
	}
	check("poly1305 next to the modulus", good, "differs from schoolbook arithmetic");
}

int main(void)
{
	known_answers();
	lengths();
	edges();
	return check_result();
}
