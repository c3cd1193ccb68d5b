/* vectors_pq.c - SHA-3, ML-KEM and ML-DSA behind the pipe of vectors.c. */
/* SPDX-License-Identifier: MIT */
#include "vectors.h"

#include "crypto.h"
#include "mlkem768.h"
#include "sha3.h"

static int run_sha3(enum sha3_kind kind, size_t n, const struct field *f, uint8_t *out)
{
	sha3(out, n, kind, f[0].p, f[0].len, NULL, 0);
	return n;
}

static int run_sha3_256(const struct field *f, uint8_t *out)
{
	return run_sha3(SHA3_256, 32, f, out);
}

static int run_sha3_512(const struct field *f, uint8_t *out)
{
	return run_sha3(SHA3_512, 64, f, out);
}

/* message, as many bytes as are wanted */
static int run_shake128(const struct field *f, uint8_t *out)
{
	return run_sha3(SHAKE128, f[1].len, f, out);
}

static int run_shake256(const struct field *f, uint8_t *out)
{
	return run_sha3(SHAKE256, f[1].len, f, out);
}

/* seed */
static int run_mlkem768_keygen(const struct field *f, uint8_t *out)
{
	mlkem768_keygen(out, f[0].p);
	return MLKEM768_PUB;
}

/* public key, m; gives ciphertext, secret */
static int run_mlkem768_encap(const struct field *f, uint8_t *out)
{
	return mlkem768_encap(out, out + MLKEM768_CT, f[0].p, f[1].p) ? MLKEM768_CT + 32 : -1;
}

/* seed, ciphertext */
static int run_mlkem768_decap(const struct field *f, uint8_t *out)
{
	uint8_t pub[MLKEM768_PUB];

	mlkem768_keygen(pub, f[0].p);
	mlkem768_decap(out, f[0].p, pub, f[1].p);
	return 32;
}

/* seed */
static int run_mldsa44_public(const struct field *f, uint8_t *out)
{
	mldsa44_public(out, f[0].p);
	return MLDSA44_PUB;
}

/* seed, context, message */
static int run_mldsa44_sign(const struct field *f, uint8_t *out)
{
	return mldsa44_sign(out, f[0].p, f[1].p, f[1].len, f[2].p, f[2].len) ? MLDSA44_SIG : -1;
}

/* signature, public key, context, message */
static int run_mldsa44_verify(const struct field *f, uint8_t *out)
{
	(void)out;
	return mldsa44_verify(f[0].p, f[1].p, f[2].p, f[2].len, f[3].p, f[3].len) ? 0 : -1;
}

const struct alg algs_pq[] = {
    {"sha3_256",        run_sha3_256, 1, {ANY}},
    {"sha3_512",                run_sha3_512, 1, {ANY}},
    {"shake128",		 run_shake128, 2, {ANY, ANY}},
    {"shake256",run_shake256, 2, {ANY, ANY}},
    {"mlkem768_keygen",            run_mlkem768_keygen, 1, {64}},
    {"mlkem768_encap",        run_mlkem768_encap, 2, {MLKEM768_PUB, 32}},
    {"mlkem768_decap",                run_mlkem768_decap, 2, {64, MLKEM768_CT}},
    {"mldsa44_public",                 run_mldsa44_public, 1, {32}},
    {"mldsa44_sign",                run_mldsa44_sign, 3, {32, ANY, ANY}},
    {"mldsa44_verify",       run_mldsa44_verify, 4, {MLDSA44_SIG, MLDSA44_PUB, ANY, ANY}},
    {0},
};
