/* settings_alg.c - lists of algorithms, with the prefixes + - ^ of sshd_config. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "algs.h"
#include "match.h"
#include "port.h"
#include "settings_table.h"
#include "sig.h"

const char *set_alg_name(unsigned kind, unsigned i)
{
	switch (kind) {
	case ALG_KEX: return kexes[i] ? kexes[i]->name : NULL;
	case ALG_SIG: return sigs[i] ? sigs[i]->name : NULL;
	case ALG_CIPHER: return ciphers[i] ? ciphers[i]->name : NULL;
	default: return macs[i] ? macs[i]->name : NULL;
	}
}

static int built_in(unsigned kind, struct str name)
{
	const char *z;

	for (unsigned i = 0; (z = set_alg_name(kind, i)); i++)
		if (str_is(name, z))
			return 1;
	return 0;
}

static void put_name(struct wr *w, struct str name)
{
	if (wr_len(w))
		wr_u8(w, ',');
	wr_bytes(w, name.p, name.len);
}

/*
 * All that is built in is the default, so + adds nothing to it, ^ puts names to
 * the front and - takes those away that match.
 */
const char *set_alg(struct settings *s, uint16_t *ref, unsigned kind, struct str *what)
{
	char room[512];
	struct wr w = wr_init(room, sizeof(room));
	struct str list = *what, rest, name;
	char op = (char)*list.p;
	const char *z;

	if (op == '+' || op == '-' || op == '^') {
		list.p++;
		list.len--;
	} else {
		op = 0;
	}
	for (rest = list; op != '-' && list_next(&rest, &name);) {
		if (!built_in(kind, name)) {
			*what = name;
			return "not built in";
		}
		if (op != '+')
			put_name(&w, name);
	}
	for (unsigned i = 0; op && (z = set_alg_name(kind, i)); i++) {
		name = str_of(z);
		if (op == '+' || !match_list(name, list))
			put_name(&w, name);
	}
	if (w.bad || !wr_len(&w))
		return "nothing left of the list";
	return set_text(s, ref, (struct str){w.start, wr_len(&w)}) ? NULL : "no room left for";
}
