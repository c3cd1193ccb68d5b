/* keyshow.c - keys as the key tools show them, and public keys from files. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "keyshow.h"

int key_fail(const char *what, const char *why)
{
	fmt_fd(2, "%s: %p: %s\n", self_name(), what, why);
	return 1;
}

int key_hash(const char *name, int *md5)
{
	*md5 = !strcmp(name, "md5");
	return *md5 || !strcmp(name, "sha256");
}

void key_print(char text[FINGERPRINT_LEN], struct str blob, int md5)
{
	(md5 ? pubkey_md5 : pubkey_sha256)(text, blob);
}

const char *key_label(struct str blob)
{
	static char text[40];
	struct str name = pubkey_name(blob);
	const struct key_kind *kind = key_kind_find(name);

	if (kind)
		name = str_of(kind->label);
	fmt(text, sizeof(text), "%*p", (int)name.len, (const char *)name.p);
	for (char *p = text; kind && *p; p++)
		*p -= *p >= 'a' ? 'a' - 'A' : 0;
	return text;
}

void key_show(struct str blob, struct str comment, int md5)
{
	char text[FINGERPRINT_LEN];

	key_print(text, blob, md5);
	fmt_fd(1, "%u %s %.*s (%s)\n", pubkey_bits(blob), text, (int)comment.len, comment.p,
	       key_label(blob));
}

int key_line(struct lines *l, struct str *blob, struct str *comment)
{
	enum authkeys_result a;
	struct authkey k;
	char *p;
	int r;

	while ((r = lines_next(l, &p)) == 1 || r == -E2BIG || r == -EILSEQ) {
		struct str host;

		if (r != 1)
			continue;
		p += *p == '@' ? strcspn(p, " \t") : 0; /* a marker of known_hosts */
		p += strspn(p, " \t");
		/* hosts pass for options that nobody knows */
		host = (struct str){(uint8_t *)p, strcspn(p, " \t\"")};
		a = authkeys_line(&k, p);
		if (a != AUTHKEYS_KEY && a != AUTHKEYS_REFUSED)
			continue;
		*blob = k.blob;
		*comment = k.comment.len || k.type.p == host.p ? k.comment : host;
		return 1;
	}
	return r;
}

struct str key_blob(const struct key *k)
{
	static uint8_t p[1088] APART;
	struct wr w = wr_init(p, sizeof(p));

	key_public_blob(k, &w);
	return (struct str){p, w.bad ? 0 : wr_len(&w)};
}
