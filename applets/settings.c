/* settings.c - settings: the defaults, and what takes their place. */
/* SPDX-License-Identifier: MIT */
/*
 * .given says which rows somebody has set. Lists and arrays take the first
 * value in place of their default, and add the next.
 */
#include <string.h>

#include "settings_table.h"

_Static_assert(K_COUNT <= SETTINGS_ROWS, "the table outgrew .given");

int set_given(const uint32_t *given, unsigned row)
{
	return given[row / 32] >> row % 32 & 1;
}

int set_adds(const struct setting *row)
{
	return row->type == SET_LISTEN || row->type == SET_FILES || row->type == SET_LIST ||
	       row->type == SET_SUBSYS;
}

/* puts the default away before the first value of what shares its place */
static void clear_default(struct settings *s, unsigned k)
{
	const struct setting *row = &set_table[k];
	unsigned n = row->type == SET_LISTEN   ? CFG_LISTENERS
		     : row->type == SET_FILES  ? CFG_HOSTKEYS
		     : row->type == SET_SUBSYS ? SETTINGS_SUBSYSTEMS
					       : 1;

	for (unsigned i = 0; i < K_COUNT; i++)
		if (set_table[i].off == row->off && set_given(s->given, i))
			return;
	memset((char *)s + row->off, 0, n * sizeof(uint16_t));
}

const char *set_value(struct settings *s, unsigned k, struct str *what)
{
	if (set_adds(&set_table[k]))
		clear_default(s, k);
	s->given[k / 32] |= 1u << k % 32;
	return set_read(s, k, what);
}

void settings_default(struct settings *s, int dropbear)
{
	struct str v;

	memset(s, 0, sizeof(*s));
	s->dropbear = CFG_COMPAT_DROPBEAR && dropbear;
	s->text_len = 1;
	for (unsigned k = 0; k < K_COUNT; k++) {
		const char *name = set_table[k].name;

		v = str_of(name + strlen(name) + 1);
		if (v.len)
			set_read(s, k, &v);
	}
	for (const struct set_default *d = CFG_COMPAT_DROPBEAR && s->dropbear ? set_dropbear
									      : set_sshd;
	     d->value; d++) {
		if (CFG_COMPAT_DROPBEAR &&
		    d == set_dropbear) /* the one of several values takes the others' place */
			clear_default(s, d->row);
		v = str_of(d->value);
		set_read(s, d->row, &v);
	}
}
