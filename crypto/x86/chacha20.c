/* chacha20.c - the ChaCha20 stream cipher (RFC 8439 2.4) with SSE2, or AVX2 where there. */
/* SPDX-License-Identifier: MIT */
/*
 * A vector is a row of the state: of one block (SSE2), or of two neighbours
 * (AVX2). SETS of them go side by side, so that one waits while the others
 * work. After a column round the rows are turned, so that the diagonals stand
 * in columns, and after the diagonal round turned back.
 */
#include "config.h"
#include "crypto.h"
#include "le32.h"

#include <cpuid.h>
#include <immintrin.h>
#include <string.h>

typedef uint32_t v4 __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint32_t v8 __attribute__((vector_size(32), aligned(1), may_alias));

/* as many as the sixteen registers hold, or nearly */
#define SETS_SSE2 3
#define SETS_AVX2 4
#define AVX2 __attribute__((target("avx2")))
#define EACH _Pragma("GCC unroll 4") for (int i = 0; i < SETS; i++)
#define ROTL(x, n) ((x) << (n) | (x) >> (32 - (n)))

/* a quarter round in every column; by16 and by8 rotate the words of a row */
#define ROUND(by16, by8)                                        \
	EACH a[i] += b[i], d[i] = by16(d[i] ^ a[i]);            \
	EACH c[i] += d[i], b[i] ^= c[i], b[i] = ROTL(b[i], 12); \
	EACH a[i] += b[i], d[i] = by8(d[i] ^ a[i]);             \
	EACH c[i] += d[i], b[i] ^= c[i], b[i] = ROTL(b[i], 7)
/* row b by one word, c by two, d by three; back again with b and d changed over */
#define TURN(turn, b, c, d) \
	EACH b[i] = turn(b[i], 0x39), c[i] = turn(c[i], 0x4e), d[i] = turn(d[i], 0x93)

#define TURN4(x, how) ((v4)_mm_shuffle_epi32((__m128i)(x), how))
#define BY16_4(x) ((v4)_mm_shufflehi_epi16(_mm_shufflelo_epi16((__m128i)(x), 0xb1), 0xb1))

static inline v4 by8_4(v4 x)
{
	return ROTL(x, 8);
}

/* xors n bytes, a multiple of 64 * SETS_SSE2 */
static void xor_sse2(uint8_t *p, size_t n, uint32_t s[16])
{
	enum { SETS = SETS_SSE2 };
	v4 a[SETS], b[SETS], c[SETS], d[SETS], *row = (v4 *)s, count;

	for (; n > 0; n -= 64 * SETS) {
		count = row[3];
		EACH a[i] = row[0], b[i] = row[1], c[i] = row[2], d[i] = count, count += (v4){1};
		for (int r = 0; r < 20; r++) {
			ROUND(BY16_4, by8_4);
			if (r & 1)
				TURN(TURN4, d, c, b);
			else
				TURN(TURN4, b, c, d);
		}
		EACH
		{
			v4 *q = (v4 *)p + 4 * i;

			q[0] ^= a[i] + row[0];
			q[1] ^= b[i] + row[1];
			q[2] ^= c[i] + row[2];
			q[3] ^= d[i] + row[3];
			row[3] += (v4){1};
		}
		p += 64 * SETS;
	}
}

#define TURN8(x, how) ((v8)_mm256_shuffle_epi32((__m256i)(x), how))
#define BYTES8(x, how) ((v8)_mm256_shuffle_epi8((__m256i)(x), how))
#define BY16_8(x) BYTES8(x, rot16)
#define BY8_8(x) BYTES8(x, rot8)
#define TWICE(x) _mm256_broadcastsi128_si256(x)
#define HALVES(x, y, how) ((v8)_mm256_permute2x128_si256((__m256i)(x), (__m256i)(y), how))

/* xors n bytes, a multiple of 128 * SETS_AVX2 */
AVX2 static void xor_avx2(uint8_t *p, size_t n, uint32_t s[16])
{
	enum { SETS = SETS_AVX2 };
	const __m256i rot16 =
	    TWICE(_mm_setr_epi8(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
	const __m256i rot8 =
	    TWICE(_mm_setr_epi8(3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14));
	const v8 two = {2, 0, 0, 0, 2};
	v8 a[SETS], b[SETS], c[SETS], d[SETS], row[4], count;

	for (int i = 0; i < 4; i++)
		row[i] = (v8)TWICE(_mm_loadu_si128((const __m128i *)s + i));
	row[3] += (v8){0, 0, 0, 0, 1};
	for (; n > 0; n -= 128 * SETS) {
		count = row[3];
		EACH a[i] = row[0], b[i] = row[1], c[i] = row[2], d[i] = count, count += two;
		for (int r = 0; r < 20; r++) {
			ROUND(BY16_8, BY8_8);
			if (r & 1)
				TURN(TURN8, d, c, b);
			else
				TURN(TURN8, b, c, d);
		}
		EACH
		{
			v8 *q = (v8 *)p + 4 * i;

			a[i] += row[0], b[i] += row[1], c[i] += row[2], d[i] += row[3];
			q[0] ^= HALVES(a[i], b[i], 0x20);
			q[1] ^= HALVES(c[i], d[i], 0x20);
			q[2] ^= HALVES(a[i], b[i], 0x31);
			q[3] ^= HALVES(c[i], d[i], 0x31);
			row[3] += two;
		}
		p += 128 * SETS;
	}
	s[12] = row[3][0];
}

/* the processor has AVX2, and the kernel saves its registers */
__attribute__((target("xsave"))) static int have_avx2(void)
{
	unsigned a, b, c, d;

	__cpuid(1, a, b, c, d);
	if (!(c & bit_OSXSAVE) || (~_xgetbv(0) & 6))
		return 0;
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_AVX2);
}

void chacha20_xor(uint8_t *p, size_t n, const uint8_t key[32], const uint8_t iv[16])
{
	static int8_t avx2 = -1; /* asked once: CPUID is slow in a virtual machine */
	void (*xor)(uint8_t *, size_t, uint32_t[16]) = xor_sse2;
	size_t piece = 64 * SETS_SSE2, rest;
	uint32_t s[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
	uint8_t last[128 * SETS_AVX2];

	if (CFG_X86_AVX2) {
		if (avx2 < 0)
			avx2 = have_avx2();
		if (avx2) {
			xor = xor_avx2;
			piece = 128 * SETS_AVX2;
		}
	}
	le32_get(s + 4, key, 8);
	le32_get(s + 12, iv, 4);
	rest = n % piece;
	xor(p, n - rest, s);
	if (rest > 0) {
		p += n - rest;
		memcpy(last, p, rest);
		xor(last, piece, s);
		memcpy(p, last, rest);
		wipe(last, sizeof last);
	}
	wipe(s, sizeof s);
}
