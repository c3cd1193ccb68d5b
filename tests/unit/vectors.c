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
#include "sig.h"
#include "vectors.h"

#define LINE_MAX (1 << 18)

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

/* n, e, message, signature */
static int rsa_is(const struct hash *h, const struct field *f)
{
	return CFG_KEY_RSA && rsa_verify(f[0].p, f[0].len, f[1].p, f[1].len, h, f[2].p, f[2].len,
					 f[3].p, f[3].len)
		   ? 0
		   : -1;
}

static int run_rsa_sha256(const struct field *f, uint8_t *out)
{
	(void)out;
	return rsa_is(&hash_sha256, f);
}

static int run_rsa_sha512(const struct field *f, uint8_t *out)
{
	(void)out;
	return rsa_is(&hash_sha512, f);
}

/* private key as Dropbear has it, message */
static int rsa_by(const struct sig *s, const struct field *f, uint8_t *out)
{
	struct key k = {.kind = &key_rsa};
	struct rd r = rd_init((struct str){f[0].p, f[0].len});
	struct wr w = wr_init(out, 1024);

	if (!CFG_KEY_RSA || !key_rsa.get(&k, &r, KEY_DROPBEAR) || !rd_done(&r) ||
	    !s->sign(&k, &w, (struct str){f[1].p, f[1].len}) || w.bad)
		return -1;
	memmove(out, out + 4, wr_len(&w) - 4); /* without its length */
	return wr_len(&w) - 4;
}

static int run_rsa_sign_sha256(const struct field *f, uint8_t *out)
{
	return rsa_by(&sig_rsa_sha256, f, out);
}

static int run_rsa_sign_sha512(const struct field *f, uint8_t *out)
{
	return rsa_by(&sig_rsa_sha512, f, out);
}

/* secret, point */
static int ecdh(const struct ec_curve *c, const struct field *f, uint8_t *out)
{
	if (f[0].len != c->len || f[1].len != 1 + 2 * c->len)
		return -1;
	return ec_shared(c, f[0].p, f[1].p, out) ? c->len : -1;
}

static int run_ecdh256(const struct field *f, uint8_t *out)
{
	return ecdh(&ec_p256, f, out);
}

static int run_ecdh384(const struct field *f, uint8_t *out)
{
	return ecdh(&ec_p384, f, out);
}

static int run_ecdh521(const struct field *f, uint8_t *out)
{
	return ecdh(&ec_p521, f, out);
}

/* secret */
static int ec_pub(const struct ec_curve *c, const struct field *f, uint8_t *out)
{
	if (f[0].len != c->len || !ec_public(c, f[0].p, out))
		return -1;
	return ec_point_ok(c, out, 1 + 2 * c->len) ? 1 + 2 * c->len : -1;
}

static int run_ec_public256(const struct field *f, uint8_t *out)
{
	return ec_pub(&ec_p256, f, out);
}

static int run_ec_public384(const struct field *f, uint8_t *out)
{
	return ec_pub(&ec_p384, f, out);
}

static int run_ec_public521(const struct field *f, uint8_t *out)
{
	return ec_pub(&ec_p521, f, out);
}

/* point, message, r, s as they stand in an mpint */
static int ecdsa(const struct sig *row, const struct field *f)
{
	static uint8_t mem[1024];
	struct wr key = wr_init(mem, 512), sig = wr_init(mem + 512, 512);
	struct str msg = {f[1].p, f[1].len};
	struct rd k, s;

	wr_strz(&key, row->kind->curve->name);
	wr_str(&key, f[0].p, f[0].len);
	wr_u32(&sig, 8 + f[2].len + f[3].len);
	wr_str(&sig, f[2].p, f[2].len);
	wr_str(&sig, f[3].p, f[3].len);
	k = rd_init((struct str){mem, wr_len(&key)});
	s = rd_init((struct str){mem + 512, wr_len(&sig)});
	return !key.bad && !sig.bad && row->verify(&k, &s, msg) == 1 ? 0 : -1;
}

static int run_ecdsa256(const struct field *f, uint8_t *out)
{
	(void)out;
	return ecdsa(&sig_ecdsa256, f);
}

static int run_ecdsa384(const struct field *f, uint8_t *out)
{
	(void)out;
	return ecdsa(&sig_ecdsa384, f);
}

static int run_ecdsa521(const struct field *f, uint8_t *out)
{
	(void)out;
	return ecdsa(&sig_ecdsa521, f);
}

static const struct alg algs[] = {
    {"x25519",          run_x25519,          2, {32, 32}              },
    {"x25519_base",     run_x25519_base,     1, {32}                  },
    {"ed25519_public",  run_ed25519_public,  1, {32}                  },
    {"ed25519_sign",    run_ed25519_sign,    3, {32, 32, ANY}         },
    {"ed25519_verify",  run_ed25519_verify,  3, {64, 32, ANY}         },
    {"chacha20",        run_chacha20,        3, {32, 16, ANY}         },
    {"poly1305",        run_poly1305,        2, {32, ANY}             },
    {"aead_seal",       run_aead_seal,       4, {32, 12, ANY, ANY}    },
    {"aead_open",       run_aead_open,       5, {32, 12, ANY, ANY, 16}},
    {"rsa_sha256",      run_rsa_sha256,      4, {ANY, ANY, ANY, ANY}  },
    {"rsa_sha512",      run_rsa_sha512,      4, {ANY, ANY, ANY, ANY}  },
    {"rsa_sign_sha256", run_rsa_sign_sha256, 2, {ANY, ANY}            },
    {"rsa_sign_sha512", run_rsa_sign_sha512, 2, {ANY, ANY}            },
    {"ecdh256",         run_ecdh256,         2, {ANY, ANY}            },
    {"ecdh384",         run_ecdh384,         2, {ANY, ANY}            },
    {"ecdh521",         run_ecdh521,         2, {ANY, ANY}            },
    {"ec_public256",    run_ec_public256,    1, {ANY}                 },
    {"ec_public384",    run_ec_public384,    1, {ANY}                 },
    {"ec_public521",    run_ec_public521,    1, {ANY}                 },
    {"ecdsa256",        run_ecdsa256,        4, {ANY, ANY, ANY, ANY}  },
    {"ecdsa384",        run_ecdsa384,        4, {ANY, ANY, ANY, ANY}  },
    {"ecdsa521",        run_ecdsa521,        4, {ANY, ANY, ANY, ANY}  },
    {NULL,	      NULL,                0, {0}                   },
};

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

static const struct alg *find(const struct alg *a, const char *name)
{
	for (; a->name; a++)
		if (strcmp(a->name, name) == 0)
			return a;
	return NULL;
}

static void answer(char *line)
{
	static uint8_t in[LINE_MAX / 2], out[LINE_MAX / 2];
	struct field f[FIELDS];
	char *word[FIELDS + 1];
	int words = split(line, word, FIELDS + 1), refused = 0, n = 0;
	const struct alg *a = words > 0 ? find(algs, word[0]) : NULL;

	if (a == NULL && words > 0)
		a = find(algs_pq, word[0]);
	if (words > 0 && !a)
		a = find(algs_cipher, word[0]);
	if (a == NULL || words != a->n + 1) {
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
