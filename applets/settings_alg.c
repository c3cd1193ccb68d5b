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

static void put_name(struct wr *w, const char *name)
{
	if (list_has((struct str){w->start, wr_len(w)}, str_of(name)))
		return;
	if (wr_len(w))
		wr_u8(w, ',');
	wr_bytes(w, name, strlen(name));
}

/* those built in that match the pattern; 0: there are none. w may be NULL */
static int put_matching(struct wr *w, unsigned kind, struct str pattern)
{
	const char *z;
	int n = 0;

	for (unsigned i = 0; (z = set_alg_name(kind, i)); i++)
		if (match_glob(str_of(z), pattern)) {
			n++;
			if (w)
				put_name(w, z);
		}
	return n;
}

/*
 * All that is built in is the default, so + adds nothing to it, ^ puts names to
 * the front and - takes those away that match.
 */
const char *set_alg_list(struct wr *w, unsigned kind, struct str *what, int strict)
{
	struct str list = *what, rest, name;
	char op = list.len ? (char)*list.p : 0;
	const char *z;

	if (op == '+' || op == '-' || op == '^') {
		list.p++;
		list.len--;
	} else {
		op = 0;
	}
	for (rest = list; op != '-' && list_next(&rest, &name);)
		if (!put_matching(op == '+' ? NULL : w, kind, name) && strict) {
			*what = name;
			return "not built in";
		}
	for (unsigned i = 0; op && (z = set_alg_name(kind, i)); i++)
		if (op != '-' || !match_list(str_of(z), list))
			put_name(w, z);
	return w->bad || !wr_len(w) ? "nothing left of the list" : NULL;
}

const char *set_alg(struct settings *s, uint16_t *ref, unsigned kind, struct str *what)
{
	char room[512];
	struct wr w = wr_init(room, sizeof(room));
	const char *wrong = set_alg_list(&w, kind, what, 1);

	if (wrong)
		return wrong;
	return set_text(s, ref, (struct str){w.start, wr_len(&w)}) ? NULL : "no room left for";
}

void set_alg_dump(int fd, unsigned kind, char between)
{
	const char *z;

	for (unsigned i = 0; (z = set_alg_name(kind, i)); i++)
		fmt_fd(fd, "%.*s%s", i != 0, &between, z);
	fmt_fd(fd, "\n");
}

void set_head_dump(int fd, const char *name)
{
	for (; *name; name++)
		fmt_fd(fd, "%c", *name | 0x20);
}
