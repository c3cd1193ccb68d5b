/* fuzz_pubtext.c - public keys in other formats: what is read is a key, and is the same after a way through each. */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "pubtext.h"

static void must(int good)
{
	if (!good)
		abort();
}

static void again(struct str blob, enum pubtext form, size_t room)
{
	uint8_t *p = malloc(room + 1), out[KEY_BLOB_MAX];
	struct wr w = wr_init(p, room);

	if (pubtext_write(&w, blob, form, STR("said")) && !w.bad) {
		size_t n = pubtext_read(out, p, wr_len(&w));

		must(n == blob.len && !memcmp(out, blob.p, n));
	}
	free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint8_t *p = malloc(n + 1), out[KEY_BLOB_MAX];
	size_t len;
	int form;

	if (n)
		memcpy(p, data, n);
	len = pubtext_read(out, p, n);
	must(len <= sizeof(out));
	if (len) {
		struct str blob = {out, len};

		must(pubkey_bits(blob));
		for (form = PUBTEXT_RFC4716; form <= PUBTEXT_PKCS8; form++) {
			again(blob, (enum pubtext)form, 8192);
			again(blob, (enum pubtext)form, n % 1024);
		}
	}
	free(p);
	return 0;
}
