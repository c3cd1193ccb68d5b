/* sha256_ni.c - SHA-256 (FIPS 180-4 6.2) by the SHA instructions of x86. */
/* SPDX-License-Identifier: MIT */
/*
 * The instructions want the state as two vectors of its words ABEF and CDGH,
 * the last letter lowest, and do two rounds at a time: each makes the new ABEF,
 * and the old one is the new CDGH. w0 to w3 are the next sixteen words of the
 * schedule, four in each.
 */
#include <sha256_ni.h> /* in angle brackets: the target's folder comes before the one above */

#include <cpuid.h>
#include <immintrin.h>

#include "config.h"

#define SHA __attribute__((target("sha,sse4.1")))

/* four rounds with the words w0, which become those of four steps ahead */
#define ROUNDS(w0, w1, w2, w3)                                                                 \
	do {                                                                                   \
		/* the constants are the upper halves of SHA-512's */                          \
		t = (__m128i)_mm_shuffle_ps((__m128)_mm_loadu_si128((const __m128i *)k),       \
					    (__m128)_mm_loadu_si128((const __m128i *)(k + 2)), \
					    0xdd);                                             \
		k += 4;                                                                        \
		t = _mm_add_epi32(t, w0);                                                      \
		cdgh = _mm_sha256rnds2_epu32(cdgh, abef, t);                                   \
		abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(t, 0x0e));          \
		w0 = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));  \
		w0 = _mm_sha256msg2_epu32(w0, w3);                                             \
	} while (0)

SHA static void blocks(uint32_t h[8], const uint8_t *m, size_t n)
{
	const __m128i flip = _mm_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
	__m128i abef, cdgh, abef0, cdgh0, t, w0, w1, w2, w3;

	t = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)h), 0xb1);        /* BADC */
	w0 = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(h + 4)), 0x1b); /* HGFE */
	abef = _mm_alignr_epi8(t, w0, 8);
	cdgh = _mm_blend_epi16(w0, t, 0xf0);
	for (; n > 0; n -= 64, m += 64) {
		const uint64_t *k = sha2_k;

		abef0 = abef;
		cdgh0 = cdgh;
		w0 = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)m), flip);
		w1 = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(m + 16)), flip);
		w2 = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(m + 32)), flip);
		w3 = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(m + 48)), flip);
		do {
			ROUNDS(w0, w1, w2, w3);
			ROUNDS(w1, w2, w3, w0);
			ROUNDS(w2, w3, w0, w1);
			ROUNDS(w3, w0, w1, w2);
		} while (k < sha2_k + 64);
		abef = _mm_add_epi32(abef, abef0);
		cdgh = _mm_add_epi32(cdgh, cdgh0);
	}
	t = _mm_shuffle_epi32(abef, 0x1b);  /* FEBA */
	w0 = _mm_shuffle_epi32(cdgh, 0xb1); /* DCHG */
	_mm_storeu_si128((__m128i *)h, _mm_blend_epi16(t, w0, 0xf0));
	_mm_storeu_si128((__m128i *)(h + 4), _mm_alignr_epi8(w0, t, 8));
}

int sha256_ni(union sha2_words *h, const uint8_t *m, size_t n)
{
	static int8_t have = -1; /* asked once: CPUID is slow in a virtual machine */
	unsigned a, b, c, d;

	if (!CFG_X86_SHA)
		return 0;
	if (have < 0)
		have = __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
	if (have)
		blocks(h->w, m, n);
	return have;
}
