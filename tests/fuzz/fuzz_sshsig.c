/* fuzz_sshsig.c - signatures of files: what is read lies in the input, is written again, and means one thing. */
/* SPDX-License-Identifier: MIT */
/* An input that begins with R is what the armour has inside; its first byte but one is the digest's. */
#include <stdlib.h>
#include <string.h>

#include "keyfile_parts.h"
#include "sshsig.h"

static void must(int good)
{
	if (!good)
		abort();
}

static void inside(struct str s, const uint8_t *p, size_t n)
{
	must(!s.len || (s.p >= p && s.len <= (size_t)(p + n - s.p)));
}

static void look(struct str blob)
{
	uint8_t digest[HASH_MAX] = {0}, *again = malloc(blob.len + 1);
	struct wr w = wr_init(again, blob.len + 1);
	struct sshsig s, t;

	if (sshsig_read(&s, blob)) {
		inside(s.key, blob.p, blob.len);
		inside(s.space, blob.p, blob.len);
		inside(s.sig, blob.p, blob.len);
		must(s.hash == sshsig_hash(s.hash_name) && s.space.len);
		/* nobody signed this digest */
		must(!sshsig_verify(&s, digest));
		/* but for what is reserved the same bytes */
		sshsig_put(&w, &s);
		must(!w.bad && wr_len(&w) <= blob.len);
		must(sshsig_read(&t, (struct str){again, wr_len(&w)}));
		must(str_eq(s.key, t.key) && str_eq(s.sig, t.sig) && str_eq(s.space, t.space));
	}
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint8_t *p = malloc(n + 1);
	struct str text = {p, n}, label, blob;

	if (n)
		memcpy(p, data, n);
	if (n && *data == 'R') {
		blob = (struct str){p + 1, n - 1};
		look(blob);
	} else if (text_begin(&text, &label)) {
		inside(label, p, n);
		if (text_body(&blob, text, label)) {
			inside(blob, p, n);
			look(blob);
		}
	}
	free(p);
	return 0;
}
