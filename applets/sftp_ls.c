/* sftp_ls.c - the sftp client's looks at files: ls, df, stat. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "longname.h"
#include "sftp_cmd.h"

#define SIZE_TEXT 24

/* in decimal; shorter: 3B, 4.0K, 252G */
static const char *size_text(char buf[SIZE_TEXT], uint64_t v, int shorter)
{
	unsigned unit = 0, rest = 0;
	size_t n;

	for (; shorter && v >> 10; v >>= 10, unit++)
		rest = (v & 1023) * 10 >> 10;
	n = fmt(buf, SIZE_TEXT, "%llu", (unsigned long long)v);
	if (unit && v < 100)
		n += fmt(buf + n, 3, ".%u", rest);
	if (shorter)
		fmt(buf + n, 2, "%c", "BKMGTPE"[unit]);
	return buf;
}

/* ---- ls -------------------------------------------------------------------- */

void list_columns(struct sftp *s, uint32_t mark, size_t strip, const char *before, unsigned width)
{
	unsigned lead = name_show(s->path[2], SFTPC_PATH, ~0u, before), widest = 0, w, per_line, i;
	const struct name *n;
	uint32_t at;

	for (at = mark; (n = names_at(&s->stack, &at));) {
		w = name_show(s->path[2], SFTPC_PATH, ~0u, n->text + strip);
		widest = w > widest ? w : widest;
	}
	per_line = width / (lead + widest + 2);
	per_line += !per_line;
	width /= per_line;
	for (i = 0, at = mark; (n = names_at(&s->stack, &at)) && !stopped(s);) {
		w = lead + name_show(s->path[2], SFTPC_PATH, ~0u, n->text + strip);
		fmt_fd(1, "%s%s", shown(before), s->path[2]);
		if (++i == per_line || at >= s->stack.top) {
			fmt_fd(1, "\n");
			i = 0;
		} else {
			fmt_fd(1, "%*s", (int)(width - w), "");
		}
	}
}

/* word i of the server's line, which is its name for the owner or the group; else the number */
static const char *owner(char out[32], const struct name *n, int i, uint32_t id, int number)
{
	const char *p = n->text + n->len + 1;
	char word[24];

	while (i--) {
		p += strcspn(p, " ");
		p += strspn(p, " ");
	}
	if (number || !*p)
		fmt(word, sizeof word, "%u", id);
	else
		fmt(word, sizeof word, "%.*s", (int)strcspn(p, " "), p);
	name_show(out, 32, 31, word);
	return out;
}

/* as OpenSSH's client makes it of the attributes; times are UTC */
static void list_long(const struct name *n, const char *before, const char *name, uint32_t flags)
{
	char mode[MODE_TEXT], size[SIZE_TEXT], date[16], who[2][32];
	int number = !!(flags & FLAG('n'));

	mode_text(mode, n->attrs.mode);
	clock_ls(date, n->attrs.mtime);
	fmt_fd(1, "%s    ? %-8s %-8s %8s %s %s%s\n", mode,
	       owner(who[0], n, 2, n->attrs.uid, number), owner(who[1], n, 3, n->attrs.gid, number),
	       size_text(size, n->attrs.size, !!(flags & FLAG('h'))), date, shown(before),
	       shown(name));
}

/* the names in a directory onto the stack, hidden ones too where all is set; FX_EOF is success */
static int read_dir(struct sftp *s, const char *path, int all)
{
	static struct sftpc_handle h APART;
	uint32_t at = s->stack.top, last;
	const struct name *n;
	int err = sftpc_opendir(&s->c, path, &h);

	if (err)
		return err;
	do {
		err = sftpc_readdir(&s->c, &h, &s->stack);
		for (last = at; (n = names_at(&s->stack, &at)); last = at)
			if (*n->text == '.' && !all) {
				names_cut(&s->stack, last, at);
				at = last;
			}
	} while (!err && !stopped(s));
	sftpc_close(&s->c, &h);
	return err;
}

int run_ls(struct sftp *s, const struct call *c)
{
	uint32_t mark = s->stack.top, at, flags = c->flags;
	size_t strip = strlen(s->pwd);
	const struct name *n;
	char *path = s->path[0], *before = s->path[1];
	int err = sftpc_glob(&s->c, path, &s->stack);

	strip += s->pwd[strip - 1] != '/';
	if (c->argc && *c->argv[0] == '/')
		strip = 0;
	at = s->stack.first;
	n = names_at(&s->stack, &at);
	if (!n)
		return err ? err : FX_NO_SUCH_FILE;
	*before = 0;
	if (at == s->stack.top && S_ISDIR(n->attrs.mode)) {
		path_join(path, "", n->text);
		s->stack.top = s->stack.first = mark;
		if (strip < n->len)
			path_join(before, path + strip, "");
		strip = 0;
		err = read_dir(s, path, !!(flags & FLAG('a')));
	}
	if (!(flags & FLAG('f')))
		names_sort(&s->stack, mark,
			   flags & FLAG('t')   ? BY_TIME
			   : flags & FLAG('S') ? BY_SIZE
					       : BY_NAME,
			   !!(flags & FLAG('r')));
	at = s->stack.first;
	if (flags & (FLAG('l') | FLAG('n'))) {
		while ((n = names_at(&s->stack, &at)) && !stopped(s))
			list_long(n, before, n->text + strip, flags);
	} else {
		list_columns(s, at, strip, before, flags & FLAG('1') ? 0 : tty_width());
	}
	return err == FX_EOF ? 0 : err;
}

/* ---- df and stat ----------------------------------------------------------- */

int run_df(struct sftp *s, uint32_t flags)
{
	int inodes = !!(flags & FLAG('i')), shorter = !inodes && flags & FLAG('h'), i;
	uint64_t v[VFS_COUNT], of[4];
	const uint64_t *p = v + (inodes ? VFS_FILES : VFS_BLOCKS);
	uint32_t unit;
	char text[SIZE_TEXT];
	int err = sftpc_statvfs(&s->c, s->path[0], v);

	if (err)
		return err;
	unit = inodes ? 1 : (uint32_t)v[VFS_FRSIZE] >> (shorter ? 0 : 10);
	of[0] = p[0];
	of[1] = p[0] - p[1];
	of[2] = p[2];
	of[3] = p[1];
	fmt_fd(1, "%12s         Used        Avail       (root)    %%Capacity\n",
	       inodes ? "Inodes" : "Size");
	for (i = 0; i < 4; i++)
		fmt_fd(1, "%12s ", size_text(text, of[i] * unit, shorter));
	for (; of[0] >> 24; of[0] >>= 1)
		of[1] >>= 1;
	fmt_fd(1, "        %3u%%\n", (unsigned)of[1] * 100 / ((unsigned)of[0] | !of[0]));
	return 0;
}

int run_stat(const char *path, const struct sftp_attrs *a)
{
	char mode[MODE_TEXT], date[2][16];

	mode_text(mode, a->mode);
	clock_ls(date[0], a->mtime);
	clock_ls(date[1], a->atime);
	fmt_fd(1,
	       "%s: size %llu, mode %04o (%s), owner %u, group %u, modified %s, accessed %s UTC\n",
	       shown(path), (unsigned long long)a->size, a->mode & 07777, mode, a->uid, a->gid,
	       date[0], date[1]);
	return 0;
}
