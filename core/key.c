/* key.c - key pairs, and what there is to know about each kind of key. */
/* SPDX-License-Identifier: MIT */
#include "key.h"

#include <string.h>

/* RFC 8709 4 */
static unsigned ed25519_bits(struct rd *pub)
{
	struct str s = rd_str(pub);

	return rd_done(pub) && s.len == 32 ? 256 : 0;
}

static void ed25519_generate(struct key *k, struct rng *r)
{
	rng_bytes(r, k->u.ed25519.seed, 32);
	ed25519_public(k->u.ed25519.pub, k->u.ed25519.seed);
}

static void ed25519_put_public(const struct key *k, struct wr *w)
{
	wr_str(w, k->u.ed25519.pub, 32);
}

/* OpenSSH's: string public, string seed || public; Dropbear's: the latter */
static void ed25519_put(const struct key *k, struct wr *w, enum key_form form)
{
	if (form == KEY_OPENSSH)
		wr_str(w, k->u.ed25519.pub, 32);
	wr_u32(w, 64);
	wr_bytes(w, k->u.ed25519.seed, 32);
	wr_bytes(w, k->u.ed25519.pub, 32);
}

static int ed25519_get(struct key *k, struct rd *r, enum key_form form)
{
	struct str pub = {0}, both;
	int same = 1;

	if (form == KEY_OPENSSH)
		pub = rd_str(r);
	both = rd_str(r);
	if (both.len != 64 || (form == KEY_OPENSSH && pub.len != 32))
		return 0;
	memcpy(k->u.ed25519.seed, both.p, 32);
	ed25519_public(k->u.ed25519.pub, k->u.ed25519.seed);
	same &= ct_eq(k->u.ed25519.pub, both.p + 32, 32);
	if (form == KEY_OPENSSH)
		same &= ct_eq(k->u.ed25519.pub, pub.p, 32);
	return same;
}

const struct key_kind key_ed25519 = {
    .name = "ssh-ed25519",
    .label = "ed25519",
    .bits = ed25519_bits,
    .generate = ed25519_generate,
    .put_public = ed25519_put_public,
    .put = ed25519_put,
    .get = ed25519_get,
};

static const struct key_kind *const kinds[] = {&key_ed25519, NULL};

const struct key_kind *key_kind_find(struct str name)
{
	for (const struct key_kind *const *k = kinds; *k; k++)
		if (str_is(name, (*k)->name))
			return *k;
	return NULL;
}

const struct key_kind *key_kind_label(struct str label)
{
	for (const struct key_kind *const *k = kinds; *k; k++)
		if (str_is(label, (*k)->label))
			return *k;
	return NULL;
}

void key_public_blob(const struct key *k, struct wr *w)
{
	wr_strz(w, k->kind->name);
	k->kind->put_public(k, w);
}

void key_wipe(struct key *k)
{
	wipe(k, sizeof(*k));
}
