/* fuzz_keyfile.c - private key files: what can be read is written and read again, and is the same. */
/* SPDX-License-Identifier: MIT */
/* An input that begins with R is what OpenSSH's format has inside its base64. */
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "keyfile.h"
#include "pubkey.h"

#define BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----\n"
#define END "\n-----END OPENSSH PRIVATE KEY-----\n"

static void must(int good)
{
	if (!good)
		abort();
}

/* the key, with a comment, through a format and back; room: what is there, just enough or more */
static void again(const struct key *k, struct str comment, enum key_form form, size_t room)
{
	uint8_t *p = malloc(room + 1);
	struct wr w = wr_init(p, room);
	struct str said;
	struct key back;

	keyfile_write(&w, k, comment, 0x01020304, form);
	must(wr_len(&w) <= room);
	if (!w.bad) {
		must(keyfile_read(&back, &said, p, wr_len(&w)) == KEYFILE_OK);
		must(!memcmp(k, &back, sizeof(back)));
		must(str_eq(said, form == KEY_OPENSSH ? comment : STR("")));
	}
	free(p);
}

static void public_half(struct key *k)
{
	char text[FINGERPRINT_LEN];
	uint8_t blob[640];
	struct wr w = wr_init(blob, sizeof(blob));

	key_public_blob(k, &w);
	must(!w.bad && pubkey_bits((struct str){blob, wr_len(&w)}));
	pubkey_sha256(text, (struct str){blob, wr_len(&w)});
	must(strlen(text) == 50);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	int raw = n > 0 && *data == 'R';
	uint8_t *p = malloc(BASE64_LEN(n) + sizeof(BEGIN END));
	struct str comment;
	struct key k;
	enum keyfile_err e;

	if (raw) {
		memcpy(p, BEGIN, sizeof(BEGIN) - 1);
		n = sizeof(BEGIN) - 1 +
		    base64_encode((char *)p + sizeof(BEGIN) - 1, data + 1, n - 1);
		memcpy(p + n, END, sizeof(END) - 1);
		n += sizeof(END) - 1;
	} else if (n) {
		memcpy(p, data, n);
	}
	e = keyfile_read(&k, &comment, p, n);
	must(*keyfile_text(e));
	if (e == KEYFILE_OK) {
		must(comment.p >= p && comment.p + comment.len <= p + n);
		public_half(&k);
		again(&k, comment, KEY_OPENSSH, 1024 + 2 * n);
		again(&k, comment, KEY_OPENSSH, n);
		again(&k, comment, KEY_DROPBEAR, n % 128);
	} else {
		must(!k.kind);
	}
	free(p);
	return 0;
}
