/* sftp_move.c - get and put of the sftp client. */
/* SPDX-License-Identifier: MIT */
#include "sftp_cmd.h"

int run_move(struct sftp *s, const struct call *c)
{
	struct sftpc *here = NULL, *there = &s->c;
	struct sftpc *from = c->cmd->how & LOCAL ? here : there;
	int err = sftpc_glob(from, s->path[0], &s->stack);

	if (err || s->stack.first == s->stack.top)
		return err ? err : FX_NO_SUCH_FILE;
	s->x.flags = c->flags | s->flags;
	if (c->cmd->what == REGET || c->cmd->what == REPUT)
		s->x.flags |= FLAG('a');
	err = xfer_all(from, from ? here : there, s->path[1], 0, &s->x);
	if (!err || err == XFER_SAID)
		return err;
	fmt_fd(2, "%s: %s\n", shown(s->path[1]), sftpc_text(err));
	return XFER_SAID;
}
