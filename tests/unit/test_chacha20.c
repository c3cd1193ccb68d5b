/* test_chacha20.c - ChaCha20 against RFC 8439 and against a byte at a time. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "crypto.h"

/* RFC 8439 A.2; iv is the counter and the nonce */
static const struct {
	const char *key, *iv, *plain, *sealed;
} rfc[] = {
  /* clang-format off */
    {"0000000000000000000000000000000000000000000000000000000000000000",
     "00000000000000000000000000000000",
     "0000000000000000000000000000000000000000000000000000000000000000000000000000"
     "0000000000000000000000000000000000000000000000000000",
     "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7da41597c5157"
     "488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"},
    {"0000000000000000000000000000000000000000000000000000000000000001",
     "01000000000000000000000000000002",
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
     "a3fbf07df3fa2fde4f376ca23e82737041605d9f4f4f57bd8cff2c1d4b7955ec2a97948bd372"
     "2915c8f3d337f7d370050e9e96d647b7c39f56e031ca5eb6250d4042e02785ececfa4b4bb5e8"
     "ead0440e20b6e8db09d881a7c6132f420e52795042bdfa7773d8a9051447b3291ce1411c6804"
     "65552aa6c405b7764d5e87bea85ad00f8449ed8f72d0d662ab052691ca66424bc86d2df80ea4"
     "1f43abf937d3259dc4b2d0dfb48a6c9139ddd7f76966e928e635553ba76c5c879d7b35d49eb2"
     "e62b0871cdac638939e25e8a1e0ef9d5280fa8ca328b351c3c765989cbcf3daa8b6ccc3aaf9f"
     "3979c92b3720fc88dc95ed84a1be059c6499b9fda236e7e818b04b0bc39c1e876b193bfe5569"
     "753f88128cc08aaa9b63d1a16f80ef2554d7189c411f5869ca52c5b83fa36ff216b9c1d30062"
     "bebcfd2dc5bce0911934fda79a86f6e698ced759c3ff9b6477338f3da4f9cd8514ea9982ccaf"
     "b341b2384dd902f3d1ab7ac61dd29c6f21ba5b862f3730e37cfdc4fd806c22f221"},
    {"1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0",
     "2a000000000000000000000000000002",
     "2754776173206272696c6c69672c20616e642074686520736c6974687920746f7665730a4469"
     "64206779726520616e642067696d626c6520696e2074686520776162653a0a416c6c206d696d"
     "737920776572652074686520626f726f676f7665732c0a416e6420746865206d6f6d65207261"
     "746873206f757467726162652e",
     "62e6347f95ed87a45ffae7426f27a1df5fb69110044c0d73118effa95b01e5cf166d3df2d721"
     "caf9b21e5fb14c616871fd84c54f9d65b283196c7fe4f60553ebf39c6402c42234e32a356b3e"
     "764312a61a5532055716ead6962568f87d3f3f7704c6a8d1bcd1bf4d50d6154b6da731b187b5"
     "8dfd728afa36757a797ac188d1"},
  /* clang-format on */
};

static void known_answers(void)
{
	uint8_t key[32], iv[16], p[512], want[512];
	int good = 1;

	for (size_t i = 0; i < sizeof rfc / sizeof *rfc; i++) {
		size_t n = check_hex(p, rfc[i].plain);

		check_hex(key, rfc[i].key);
		check_hex(iv, rfc[i].iv);
		check_hex(want, rfc[i].sealed);
		chacha20_xor(p, n, key, iv);
		good &= memcmp(p, want, n) == 0;
	}
	check("chacha20 RFC 8439 A.2", good, "a text differs");
}

static uint32_t word(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static void quarter(uint32_t x[16], int a, int b, int c, int d)
{
	static const uint8_t by[4] = {16, 12, 8, 7};

	for (int i = 0; i < 4; i++) {
		uint32_t *sum = &x[i & 1 ? c : a], *mix = &x[i & 1 ? b : d];

		*sum += x[i & 1 ? d : b];
		*mix ^= *sum;
		*mix = *mix << by[i] | *mix >> (32 - by[i]);
	}
}

static void reference(uint8_t *p, size_t n, const uint8_t key[32], const uint8_t iv[16])
{
	uint32_t s[16], x[16];

	for (int i = 0; i < 4; i++) {
		s[i] = word((const uint8_t *)"expand 32-byte k" + 4 * i);
		s[12 + i] = word(iv + 4 * i);
	}
	for (int i = 0; i < 8; i++)
		s[4 + i] = word(key + 4 * i);
	for (size_t at = 0; at < n; at++) {
		if (at % 64 == 0) {
			memcpy(x, s, sizeof x);
			for (int r = 0; r < 20; r++)
				for (int i = 0; i < 4; i++) {
					int t = r & 1; /* a diagonal round */

					quarter(x, i, 4 + (i + t) % 4, 8 + (i + 2 * t) % 4,
						12 + (i + 3 * t) % 4);
				}
			s[12]++;
		}
		p[at] ^= (x[at % 64 / 4] + s[at % 64 / 4] - (at % 64 / 4 == 12)) >> at % 4 * 8;
	}
}

/* 1: n bytes at off are as they should be, and nothing around them was touched */
static int same(size_t n, size_t off, uint32_t count)
{
	static uint8_t a[4400], b[4400];
	uint8_t key[32], iv[16];

	check_fill(key, sizeof key, n + off);
	check_fill(iv, sizeof iv, n * 3 + off);
	if (count) {
		iv[0] = count;
		iv[1] = count >> 8;
		iv[2] = count >> 16;
		iv[3] = count >> 24;
	} else {
		iv[3] &= 0x7f; /* so that it does not wrap */
	}
	check_fill(a, sizeof a, n + 7);
	memcpy(b, a, sizeof b);
	chacha20_xor(a + off, n, key, iv);
	reference(b + off, n, key, iv);
	return memcmp(a, b, sizeof a) == 0;
}

int main(void)
{
	int good = 1;

	known_answers();
	for (size_t n = 0; n <= 300; n++)
		good &= same(n, n % 17, 0);
	check("chacha20 lengths 0..300", good, "differs from a byte at a time");
	for (size_t n = 301; n <= 4200; n += 13)
		good &= same(n, n % 17, 0);
	for (size_t n = 64; n <= 2048; n += 64)
		good &= same(n - 1, 1, 0) && same(n, 0, 0) && same(n + 1, 3, 0);
	check("chacha20 lengths to 4200", good, "differs from a byte at a time");
	for (size_t off = 0; off < 64; off++)
		good &= same(1100, off, 0);
	check("chacha20 alignments", good, "differs from a byte at a time");
	for (uint32_t back = 1; back < 70; back++)
		good &= same((back - 1) * 64 < 4200 ? (back - 1) * 64 : 4200, 1, -back);
	for (uint32_t n = 0x7fffffc0; n < 0x80000000; n += 7)
		good &= same(4200, 1, n);
	check("chacha20 high counters", good, "differs from a byte at a time");
	return check_result();
}
