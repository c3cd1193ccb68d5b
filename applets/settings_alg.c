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
	case ALG_CA: i += CERT_ROWS; /* fall through */
	case ALG_SIG: return sigs[i] ? sigs[i]->name : NULL;
	case ALG_CIPHER: return ciphers[i] ? ciphers[i]->name : NULL;
	default: return macs[i] ? macs[i]->name : NULL;
	}
}

/* enum alg_off */
static unsigned row_off(unsigned kind, unsigned i)
{
	switch (kind) {
	case ALG_KEX: return kexes[i]->off;
	case ALG_CA: i += CERT_ROWS; /* fall through */
	case ALG_SIG: return sigs[i]->off;
	case ALG_CIPHER: return ciphers[i]->off;
	default: return macs[i]->off;
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

/* those built in that match the pattern; 0: there are none. What is off has to be named in full. */
static int put_matching(struct wr *w, unsigned kind, struct str pattern, unsigned never)
{
	const char *z;
	int n = 0;

	for (unsigned i = 0; (z = set_alg_name(kind, i)); i++) {
		unsigned off = row_off(kind, i);

		if (!(off & never) &&
		    (off & never >> 2 ? str_is(pattern, z) : match_glob(str_of(z), pattern))) {
			n++;
			put_name(w, z);
		}
	}
	return n;
}

/* the default, but for names in the list; NULL: none */
static void put_default(struct wr *w, unsigned kind, const struct str *without, unsigned never)
{
	const char *z;

	for (unsigned i = 0; (z = set_alg_name(kind, i)); i++)
		if (!(row_off(kind, i) & (never | never >> 2)) &&
		    !(without && match_list(str_of(z), *without)))
			put_name(w, z);
}

/* + adds names behind the default, ^ puts them before it, - takes those away that match */
const char *set_alg_list(struct wr *w, unsigned kind, struct str *what, int strict)
{
	struct str list = *what, rest, name;
	char op = list.len ? (char)*list.p : 0;
	unsigned never = strict ? NO_SERVER : NO_CLIENT;

	if (op == '+' || op == '-' || op == '^') {
		list.p++;
		list.len--;
	} else {
		op = 0;
	}
	if (op == '+' || op == '-')
		put_default(w, kind, op == '-' ? &list : NULL, never);
	for (rest = list; op != '-' && list_next(&rest, &name);)
		if (!put_matching(w, kind, name, never) && strict) {
			*what = name;
			return "not built in";
		}
	if (op == '^')
		put_default(w, kind, NULL, never);
	return w->bad || !wr_len(w) ? "nothing left of the list" : NULL;
}

const char *set_alg(struct settings *s, uint16_t *ref, unsigned kind, struct str *what)
{
	char room[ALG_LIST_MAX];
	struct wr w = wr_init(room, sizeof(room));
	const char *wrong = set_alg_list(&w, kind, what, 1);

	if (wrong)
		return wrong;
	return set_text(s, ref, (struct str){w.start, wr_len(&w)}) ? NULL : "no room left for";
}

void set_alg_dump(int fd, unsigned kind, char between, unsigned off)
{
	const char *z;
	int n = 0;

	for (unsigned i = 0; (z = set_alg_name(kind, i)); i++)
		if (!(row_off(kind, i) & off))
			fmt_fd(fd, "%.*s%s", n++ != 0, &between, z);
	fmt_fd(fd, "\n");
}

void set_head_dump(int fd, const char *name)
{
	for (; *name; name++)
		fmt_fd(fd, "%c", *name | 0x20);
}
