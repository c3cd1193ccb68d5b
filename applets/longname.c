/* longname.c - the line of ls -l that stands for a file, as OpenSSH's server makes it. */
/* SPDX-License-Identifier: MIT */
#include "longname.h"

/* names of owners (of[0]) and groups that were looked up, by the id's last bits */
static const char *name_of(int group, uint32_t id)
{
	static struct {
		int known;
		uint32_t id;
		char name[USER_NAME];
	} of[2][4] APART, *n;

	n = &of[group][id & 3];
	if (!n->known || n->id != id) {
		n->known = 1;
		n->id = id;
		if (group)
			group_name_of(id, n->name);
		else
			user_name_of(id, n->name);
	}
	return n->name;
}

/* three letters; special: what stands for execution where setuid, setgid or sticky is set */
static void mode_part(char *to, unsigned bits, int special)
{
	to[0] = bits & 4 ? 'r' : '-';
	to[1] = bits & 2 ? 'w' : '-';
	to[2] = bits & 1 ? 'x' : '-';
	if (special)
		to[2] = (char)(bits & 1 ? special : special & ~0x20);
}

void mode_text(char to[MODE_TEXT], mode_t mode)
{
	/* by S_IFMT >> 12 */
	to[0] = "?pc?d?b?-?l?s???"[mode >> 12 & 15];
	mode_part(to + 1, mode >> 6, mode & S_ISUID ? 's' : 0);
	mode_part(to + 4, mode >> 3, mode & S_ISGID ? 's' : 0);
	mode_part(to + 7, mode, mode & S_ISVTX ? 't' : 0);
	to[10] = 0;
}

size_t longname_head(char buf[LONGNAME_HEAD], const struct stat *st)
{
	char mode[11], date[16];

	mode_text(mode, st->st_mode);
	clock_ls(date, (uint32_t)st->st_mtime);
	return fmt(buf, LONGNAME_HEAD, "%s  %3u %-8s %-8s %8llu %s ", mode, (unsigned)st->st_nlink,
		   name_of(0, st->st_uid), name_of(1, st->st_gid), (unsigned long long)st->st_size,
		   date);
}
