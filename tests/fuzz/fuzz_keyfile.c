/* fuzz_keyfile.c - private key files: what can be read is written and read again, and is the same. */
/* SPDX-License-Identifier: MIT */
/*
 * The first byte says what the rest is: R, what OpenSSH's format has inside its base64; D,
 * what PEM has; S, a public blob and a private section to be encrypted; P, the strings of
 * PuTTY's format, which gets its right MAC; else a file. A passphrase becomes a key by a
 * hash of ours, so that no rounds are waited for.
 */
#include <stdlib.h>
#include <string.h>

#include "algs.h"
#include "base64.h"
#include "keyfile.h"
#include "pubkey.h"

#define PASS STR("passphrase")
#define ROOM 65536

int __wrap_bcrypt_pbkdf(struct bcrypt_work *w, uint8_t *out, size_t n, const void *pass,
			size_t pass_len, const void *salt, size_t salt_len, unsigned rounds);
int __wrap_bcrypt_pbkdf(struct bcrypt_work *w, uint8_t *out, size_t n, const void *pass,
			size_t pass_len, const void *salt, size_t salt_len, unsigned rounds)
{
	struct hash_ctx h;
	uint8_t sum[2][64];

	(void)w;
	if (!n || !salt_len || !rounds)
		return 0;
	for (int i = 0; i < 2; i++) {
		hash_init(&h, &hash_sha512);
		hash_add(&h, pass, pass_len);
		hash_add(&h, salt, salt_len);
		hash_add(&h, &i, 1);
		hash_out(&h, sum[i]);
	}
	memcpy(out, sum, n);
	return 1;
}

static struct bcrypt_work work;

static void must(int good)
{
	if (!good)
		abort();
}

static struct str own_form(const struct key *k, uint8_t *room, int public)
{
	struct wr w = wr_init(room, ROOM);

	key_public_blob(k, &w);
	if (!public)
		k->kind->put(k, &w, KEY_OPENSSH);
	must(!w.bad);
	return (struct str){room, wr_len(&w)};
}

/* the key through a format and back; room: what is there, just enough or more */
static void again(const struct key *k, const struct keyfile_how *how, size_t room)
{
	static uint8_t one[ROOM], two[ROOM];
	uint8_t *p = malloc(room + 1), *exact;
	struct wr w = wr_init(p, room);
	struct rng r = {.used = 0};
	struct str said;
	struct key back;
	int ok = keyfile_write(&w, k, how, &r);

	must(wr_len(&w) <= room);
	if (ok && !w.bad) {
		exact = malloc(wr_len(&w));
		memcpy(exact, p, wr_len(&w));
		must(!how->pass.p || keyfile_read(&back, &said, exact, wr_len(&w), STR("other"),
						  &work) == KEYFILE_PASS);
		memcpy(exact, p, wr_len(&w));
		must(keyfile_read(&back, &said, exact, wr_len(&w), how->pass, &work) == KEYFILE_OK);
		must(str_eq(own_form(k, one, 0), own_form(&back, two, 0)));
		must(str_eq(said, how->form == KEYFILE_OPENSSH ? how->comment : STR("")));
		free(exact);
	}
	free(p);
}

static void every_form(const struct key *k, struct str comment, size_t n)
{
	struct keyfile_how how = {.comment = comment, .work = &work};
	const struct cipher *const *c = ciphers;

	for (how.form = KEYFILE_OPENSSH; how.form <= KEYFILE_PKCS8; how.form++) {
		again(k, &how, 8192 + 2 * n);
		again(k, &how, n);
		again(k, &how, n * 7 % 1024);
	}
	how.form = KEYFILE_OPENSSH;
	how.pass = PASS;
	for (size_t i = 0; CFG_KEY_PASSPHRASE && *c; c++, i++) {
		how.cipher = (*c)->name;
		if (i % 4 == n % 4)
			again(k, &how, 8192 + 2 * n);
	}
}

static void text(struct wr *w, const char *label, struct str s)
{
	wr_bytes(w, "-----BEGIN ", 11);
	wr_bytes(w, label, strlen(label));
	wr_bytes(w, "-----\n", 6);
	w->p += base64_encode((char *)w->p, s.p, s.len);
	wr_bytes(w, "\n-----END ", 10);
	wr_bytes(w, label, strlen(label));
	wr_bytes(w, "-----\n", 6);
}

/* u8 cipher, string public blob, the section, which is padded as it has to be */
static void encrypted(struct wr *w, struct rd *r)
{
	static uint8_t mem[ROOM];
	struct wr b = wr_init(mem, sizeof(mem));
	unsigned n = 0, at = rd_u8(r);
	union cipher_ctx c;
	uint8_t key[128], *mark, *p;
	struct str blob;

	for (; ciphers[n]; n++)
		;
	at %= n;
	wr_bytes(&b, "openssh-key-v1", 15);
	wr_strz(&b, ciphers[at]->name);
	wr_strz(&b, "bcrypt");
	wr_str(&b, "\0\0\0\1s\0\0\0\1", 9);
	wr_u32(&b, 1);
	blob = rd_str(r);
	wr_str(&b, blob.p, blob.len);
	mark = wr_open(&b);
	p = b.p;
	wr_bytes(&b, r->p, rd_left(r));
	for (uint8_t i = 1; (b.p - p) % ciphers[at]->block; i++)
		wr_u8(&b, i);
	wr_close(&b, mark);
	__wrap_bcrypt_pbkdf(NULL, key, ciphers[at]->key_len + ciphers[at]->iv_len, PASS.p, PASS.len,
			    "s", 1, 1);
	ciphers[at]->init(&c, key, key + ciphers[at]->key_len, 1);
	if (!ciphers[at]->tag_len)
		ciphers[at]->crypt(&c, p, (size_t)(b.p - p));
	else if (CFG_KEY_PASSPHRASE)
		ciphers[at]->whole(&c, p, (size_t)(b.p - p), 1);
	b.p += ciphers[at]->tag_len;
	text(w, "OPENSSH PRIVATE KEY", (struct str){mem, wr_len(&b)});
}

static void line(struct wr *w, const char *name, struct str s)
{
	wr_bytes(w, name, strlen(name));
	wr_bytes(w, s.p, s.len);
	wr_u8(w, '\n');
}

/* string name, string comment, string public, string private */
static void putty(struct wr *w, struct rd *r)
{
	static uint8_t mem[ROOM], b64[2 * ROOM];
	static const char digit[] = "0123456789abcdef";
	const struct mac m = {.hash = &hash_sha256, .key_len = 32, .tag_len = 32};
	struct str name = rd_str(r), comment = rd_str(r), half[2] = {rd_str(r), rd_str(r)};
	struct wr t = wr_init(mem, sizeof(mem));
	uint8_t key[32] = {0}, tag[32];
	struct mac_ctx c;

	line(w, "PuTTY-User-Key-File-3: ", name);
	line(w, "Encryption: ", STR("none"));
	line(w, "Comment: ", comment);
	for (int i = 0; i < 2; i++) {
		line(w, i ? "Private-Lines: 1" : "Public-Lines: 1", STR(""));
		line(w, "", (struct str){b64, base64_encode((char *)b64, half[i].p, half[i].len)});
	}
	wr_bytes(&t, name.p, name.len);
	wr_strz(&t, "none");
	wr_str(&t, comment.p, comment.len);
	wr_str(&t, half[0].p, half[0].len);
	wr_str(&t, half[1].p, half[1].len);
	mac_init(&c, &m, key);
	mac_tag(&c, (uint32_t)name.len, mem, wr_len(&t), tag);
	wr_bytes(w, "Private-MAC: ", 13);
	for (int i = 0; i < 64; i++)
		wr_u8(w, (uint8_t)digit[tag[i / 2] >> (i & 1 ? 0 : 4) & 15]);
}

static struct wr file_of(const uint8_t *data, size_t n)
{
	static uint8_t mem[4 * ROOM];
	struct wr w = wr_init(mem, sizeof(mem));
	struct rd r = rd_init((struct str){data, n});

	switch (rd_u8(&r)) {
	case 'R': text(&w, "OPENSSH PRIVATE KEY", (struct str){r.p, rd_left(&r)}); break;
	case 'D': text(&w, "PRIVATE KEY", (struct str){r.p, rd_left(&r)}); break;
	case 'S': encrypted(&w, &r); break;
	case 'P': putty(&w, &r); break;
	default: wr_bytes(&w, data, n);
	}
	must(!w.bad);
	return w;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static uint8_t blob[ROOM];
	uint8_t pub[KEY_BLOB_MAX], *p;
	struct str comment;
	struct key k;
	enum keyfile_err e;
	size_t pub_len;
	struct wr w;

	if (n > ROOM / 4)
		return 0;
	w = file_of(data, n);
	n = wr_len(&w);
	p = malloc(n);
	memcpy(p, w.start, n);
	pub_len = keyfile_public(pub, p, n);
	must(pub_len <= sizeof(pub) && !memcmp(p, w.start, n));
	e = keyfile_read(&k, &comment, p, n, (struct str){0}, NULL);
	if (e == KEYFILE_ENCRYPTED) {
		must(!k.kind && !memcmp(p, w.start, n));
		e = keyfile_read(&k, &comment, p, n, PASS, &work);
	}
	must(*keyfile_text(e));
	if (e == KEYFILE_OK) {
		must(comment.p >= p && comment.p + comment.len <= p + n);
		must(!pub_len || str_eq((struct str){pub, pub_len}, own_form(&k, blob, 1)));
		must(pubkey_bits(own_form(&k, blob, 1)) > 0);
		every_form(&k, comment, n);
	} else {
		must(!k.kind);
	}
	free(p);
	return 0;
}
