/* fuzz_cert.c - certificates: all that is found lies in the blob, and nothing forged is good. */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "cert.h"
#include "pubkey.h"

static void must(int good)
{
	if (!good)
		abort();
}

static void within(struct str part, struct str all)
{
	must(part.len <= all.len &&
	     (!part.len || (part.p >= all.p && part.p + part.len <= all.p + all.len)));
}

static void options(struct str list)
{
	struct str name, data, last = {0};
	size_t at = 0, before = 0;
	int r, n = 0;

	while ((r = cert_option(list, &at, &name, &data))) {
		must(r == 1 || r == 2);
		must(at > before && at <= list.len);
		within(name, list);
		within(data, list);
		must(!n++ || last.len < name.len || memcmp(last.p, name.p, name.len) < 0 ||
		     (last.len == name.len && memcmp(last.p, name.p, last.len) < 0));
		last = name;
		before = at;
	}
	must(at == list.len);
}

static void look(const struct cert *c, struct str blob)
{
	static uint8_t mem[65536];
	struct wr w = wr_init(mem, sizeof(mem));
	struct str plain, list = c->principals, name;
	struct rd r;

	must(c->row && c->row->plain && (c->type == CERT_USER || c->type == CERT_HOST));
	must(str_is(pubkey_name(blob), c->row->key_name));
	within(c->fields, blob);
	within(c->id, blob);
	within(c->ca, blob);
	within(c->body, blob);
	within(c->sig, blob);
	must(c->body.p == blob.p && c->body.len + 4 + c->sig.len == blob.len);
	options(c->critical);
	options(c->extensions);
	cert_plain(c, &w);
	must(!w.bad);
	plain = (struct str){mem, wr_len(&w)};
	must(pubkey_bits(plain) != 0); /* a key as good as any */
	r = rd_init(plain);
	must(str_is(rd_str(&r), c->row->kind->name));
	must(str_eq((struct str){r.p, rd_left(&r)}, c->fields));
	while (cert_next(&list, &name)) {
		within(name, blob);
		must(cert_principal(c, name, 0));
	}
	must(!list.len);
	must(c->principals.len || !cert_principal(c, STR(""), 1));
	must(!cert_time(c, 5) == (c->after <= 5 && 5 < c->before));
	/* the corpus has no key to the CA: what was changed is not good */
	if (cert_signed(c, NULL)) {
		mem[0] = 1;
		memcpy(mem + 1, c->body.p, c->body.len);
		mem[1 + c->body.len / 2] ^= 4;
		struct cert other = *c;

		other.body.p = mem + 1;
		must(!cert_signed(&other, NULL));
		must(!cert_signed(c, "none"));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str blob = {malloc(n + 1), n};
	struct cert c;

	if (n > 16384)
		n = 0;
	memcpy((void *)blob.p, data, n);
	blob.len = n;
	if (cert_read(&c, blob))
		look(&c, blob);
	free((void *)blob.p);
	return 0;
}
