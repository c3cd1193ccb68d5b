/* key.c - key pairs, and what there is to know about each kind of key. */
/* SPDX-License-Identifier: MIT */
#include "key.h"
#include "config.h"

/* clang-format off */
static const struct key_kind *const kinds[] = {
	&key_ed25519,
	USE_KEY_ECDSA(&key_ecdsa256,)
	USE_KEY_ECDSA(&key_ecdsa384,)
	USE_KEY_ECDSA(&key_ecdsa521,)
	USE_KEY_RSA(&key_rsa,)
	USE_KEY_MLDSA44(&key_mldsa44,)
	USE_KEY_SK(&key_sk_ed25519,)
	USE_KEY_SK(&key_sk_ecdsa,)
	NULL,
};
/* clang-format on */

const struct key_kind *key_kind_find(struct str name)
{
	for (const struct key_kind *const *k = kinds; *k; k++)
		if (str_is(name, (*k)->name))
			return *k;
	return NULL;
}

const struct key_kind *key_kind_label(struct str label, unsigned bits)
{
	for (const struct key_kind *const *k = kinds; *k; k++)
		if ((*k)->generate && str_is(label, (*k)->label) &&
		    (!bits || !(*k)->curve || (*k)->curve->bits == bits))
			return *k;
	return NULL;
}

const char *key_kind_each(unsigned *at)
{
	const struct key_kind *k;

	while ((k = kinds[*at])) {
		++*at;
		if (k->generate && (!kinds[*at] || kinds[*at]->label != k->label))
			return k->label;
	}
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
