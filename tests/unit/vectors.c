/* vectors.c - the algorithms behind a pipe, for test vectors that a script reads. */
/* SPDX-License-Identifier: MIT */
/*
 * `vectors -` answers each line `ALG FIELD...` of its input with one line.
 * Fields are hex, `-` is an empty one. The answer is what the algorithm gives,
 * in hex, `-` for success with nothing to show, `refused` where it fails or a
 * field has not the length that its callers insist on, `error` for a line that
 * makes no sense. A new algorithm is a function and a row.
 */
#include "check.h"
#include "crypto.h"

#define FIELDS 5
#define ANY (-1) /* length of a field */
#define LINE_MAX (1 << 18)

struct field {
	const uint8_t *p;
	int len; /* bytes */
};

struct alg {
	const char *name;
	/* writes the answer and gives its length; -1: refused */
	int (*run)(const struct field *f, uint8_t *out);
	int n;           /* how many fields */
	int len[FIELDS]; /* how long they must be */
};

/* scalar, point */
static int run_x25519(const struct field *f, uint8_t *out)
{
	return x25519(out, f[0].p, f[1].p) ? 32 : -1;
}

/* scalar */
static int run_x25519_base(const struct field *f, uint8_t *out)
{
	x25519_base(out, f[0].p);
	return 32;
}

/* seed */
static int run_ed25519_public(const struct field *f, uint8_t *out)
{
	ed25519_public(out, f[0].p);
	return 32;
}

/* seed, public key, message */
static int run_ed25519_sign(const struct field *f, uint8_t *out)
{
	ed25519_sign(out, f[0].p, f[1].p, f[2].p, f[2].len);
	return 64;
}

/* signature, public key, message */
static int run_ed25519_verify(const struct field *f, uint8_t *out)
{
	(void)out;
	return ed25519_verify(f[0].p, f[1].p, f[2].p, f[2].len) ? 0 : -1;
}

/* key, state's last 16 bytes, text */
static int run_chacha20(const struct field *f, uint8_t *out)
{
	memcpy(out, f[2].p, f[2].len);
	chacha20_xor(out, f[2].len, f[0].p, f[1].p);
	return f[2].len;
}

/* key, message */
static int run_poly1305(const struct field *f, uint8_t *out)
{
	poly1305(out, f[1].p, f[1].len, f[0].p);
	return 16;
}

/* the tag of RFC 8439 2.8 over what is given, padded, and its lengths */
static void aead_tag(uint8_t tag[16], const uint8_t *key, const uint8_t iv[16],
		     const struct field *aad, const uint8_t *sealed, int n)
{
	static uint8_t text[LINE_MAX];
	int pad = (aad->len + 15) & -16, all = pad + ((n + 15) & -16);
	uint8_t one_time[32] = {0};

	memset(text, 0, all + 16);
	memcpy(text, aad->p, aad->len);
	memcpy(text + pad, sealed, n);
	for (int i = 0; i < 4; i++) {
		text[all + i] = aad->len >> 8 * i;
		text[all + 8 + i] = n >> 8 * i;
	}
	chacha20_xor(one_time, 32, key, iv);
	poly1305(tag, text, all + 16, one_time);
}

/* key, nonce, associated data, plain text */
static int run_aead_seal(const struct field *f, uint8_t *out)
{
	uint8_t iv[16] = {1};
	int n = f[3].len;

	memcpy(iv + 4, f[1].p, 12);
	memcpy(out, f[3].p, n);
	chacha20_xor(out, n, f[0].p, iv);
	iv[0] = 0;
	aead_tag(out + n, f[0].p, iv, &f[2], out, n);
	return n + 16;
}

/* key, nonce, associated data, sealed text, tag */
static int run_aead_open(const struct field *f, uint8_t *out)
{
	uint8_t iv[16] = {0}, tag[16];

	memcpy(iv + 4, f[1].p, 12);
	aead_tag(tag, f[0].p, iv, &f[2], f[3].p, f[3].len);
	if (!ct_eq(tag, f[4].p, 16))
		return -1;
	iv[0] = 1;
	memcpy(out, f[3].p, f[3].len);
	chacha20_xor(out, f[3].len, f[0].p, iv);
	return f[3].len;
}

/* key, message of four bytes at least, tag, perhaps cut */
static int hmac_is(const struct hash *h, const struct field *f)
{
	struct mac m = {.hash = h, .key_len = f[0].len, .tag_len = f[2].len};
	const uint8_t *msg = f[1].p;
	struct mac_ctx c;
	uint8_t tag[64];

	if (f[0].len > 255 || f[1].len < 4 || f[2].len < 1 || f[2].len > h->out_len)
		return -1;
	mac_init(&c, &m, f[0].p);
	mac_tag(&c, (uint32_t)msg[0] << 24 | msg[1] << 16 | msg[2] << 8 | msg[3], msg + 4,
		f[1].len - 4, tag);
	return ct_eq(tag, f[2].p, f[2].len) ? 0 : -1;
}

static int run_hmac_sha256(const struct field *f, uint8_t *out)
{
	(void)out;
	return hmac_is(&hash_sha256, f);
}

static int run_hmac_sha512(const struct field *f, uint8_t *out)
{
	(void)out;
	return hmac_is(&hash_sha512, f);
}

/* key, counter, text */
static int run_aes_ctr(const struct field *f, uint8_t *out)
{
	const struct cipher *a = f[0].len == 16 ? &cipher_aes128_ctr : &cipher_aes256_ctr;
	union cipher_ctx c;

	if (f[0].len != a->key_len || f[2].len % a->block)
		return -1;
	memcpy(out, f[2].p, f[2].len);
	a->init(&c, f[0].p, f[1].p, 1);
	a->crypt(&c, out, f[2].len);
	return f[2].len;
}

static const struct alg algs[] = {
    {"x25519",         run_x25519,         2, {32, 32}              },
    {"x25519_base",    run_x25519_base,    1, {32}                  },
    {"ed25519_public", run_ed25519_public, 1, {32}                  },
    {"ed25519_sign",   run_ed25519_sign,   3, {32, 32, ANY}         },
    {"ed25519_verify", run_ed25519_verify, 3, {64, 32, ANY}         },
    {"chacha20",       run_chacha20,       3, {32, 16, ANY}         },
    {"poly1305",       run_poly1305,       2, {32, ANY}             },
    {"aead_seal",      run_aead_seal,      4, {32, 12, ANY, ANY}    },
    {"aead_open",      run_aead_open,      5, {32, 12, ANY, ANY, 16}},
    {"hmac_sha256",    run_hmac_sha256,    3, {ANY, ANY, ANY}       },
    {"hmac_sha512",    run_hmac_sha512,    3, {ANY, ANY, ANY}       },
    {"aes_ctr",        run_aes_ctr,        3, {ANY, 16, ANY}        },
};

#define ALGS (sizeof(algs) / sizeof(algs[0]))

static void say_hex(const uint8_t *p, int n)
{
	for (int i = 0; i < n; i++) {
		putchar("0123456789abcdef"[p[i] >> 4]);
		putchar("0123456789abcdef"[p[i] & 15]);
	}
	puts(n == 0 ? "-" : "");
}

/* the words of a line, at most max; each is ended with a NUL */
static int split(char *line, char **word, int max)
{
	int n = 0;

	for (char *w = strtok(line, " \n"); w != NULL; w = strtok(NULL, " \n")) {
		if (n == max)
			return -1;
		word[n++] = w;
	}
	return n;
}

static void answer(char *line)
{
	static uint8_t in[LINE_MAX / 2], out[LINE_MAX / 2];
	struct field f[FIELDS];
	char *word[FIELDS + 1];
	int words = split(line, word, FIELDS + 1), refused = 0, n = 0;
	const struct alg *a = algs;

	while (words > 0 && a < algs + ALGS && strcmp(a->name, word[0]) != 0)
		a++;
	if (words < 1 || a == algs + ALGS || words != a->n + 1) {
		puts("error");
		return;
	}
	for (int i = 0; i < a->n; i++) {
		f[i].p = in + n;
		f[i].len = check_hex(in + n, word[i + 1]);
		n += f[i].len;
		refused |= a->len[i] != ANY && a->len[i] != f[i].len;
	}
	n = refused ? -1 : a->run(f, out);
	if (n < 0)
		puts("refused");
	else
		say_hex(out, n);
}

int main(int argc, char **argv)
{
	static char line[LINE_MAX];
	char sample[] = "x25519_base -\n", *word[2];

	if (argc == 2 && strcmp(argv[1], "-") == 0) {
		while (fgets(line, sizeof(line), stdin) != NULL)
			answer(line);
		return ferror(stdin) || fflush(stdout) != 0;
	}
	/* by itself it only shows that it runs: the tests are in wycheproof.py */
	check("vectors", split(sample, word, 2) == 2, "cannot split a line");
	return check_result();
}
