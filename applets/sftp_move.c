/* sftp_move.c - get and put of the sftp client. */
/* SPDX-License-Identifier: MIT */
#include <sys/stat.h>

#include "sftp_cmd.h"

static int local_is_dir(const char *path)
{
	mode_t mode;
	uid_t owner;

	return !file_mode(path, &mode, &owner) && S_ISDIR(mode);
}

int run_move(struct sftp *s, const struct call *c)
{
	int up = c->cmd->how & LOCAL, err, is_dir, result = 0;
	uint32_t at = s->stack.top, second = at, flags = c->flags | s->flags;
	char *to = s->path[2], *dir = s->path[1];
	struct xfer *x = &s->x;
	const char *base;
	struct name *n;

	x->resume = c->cmd->what == REGET || c->cmd->what == REPUT || (flags & FLAG('a'));
	x->sync = !!(flags & FLAG('f'));
	x->preserve = !!(flags & FLAG('p'));
	x->recursive = !!(flags & FLAG('r'));
	err = up ? local_glob(s->path[0], &s->stack) : sftpc_glob(&s->c, s->path[0], &s->stack);
	if (err || !names_at(&s->stack, &second))
		return err ? err : FX_NO_SUCH_FILE;
	is_dir = c->argc < 2 || (up ? remote_is_dir(s, dir) : local_is_dir(dir));
	if (second < s->stack.top && !is_dir) {
		fmt_fd(2, "Multiple paths match, but destination \"%s\" is not a directory\n",
		       shown(dir));
		return SAID;
	}
	while ((n = names_at(&s->stack, &at)) && !stopped(s)) {
		while (n->len > 1 && n->text[n->len - 1] == '/')
			n->text[--n->len] = 0;
		base = path_base(n->text);
		x->nofollow = is_dir && *base;
		/* what has no name of its own (..) is the directory, or gets the other name */
		if ((is_dir && *base ? path_join(to, dir, base)
				     : path_join(to, "", *dir ? dir : ".")) ||
		    (up ? xfer_put : xfer_get)(&s->c, n->text, to, x))
			result = SAID;
	}
	return result;
}
