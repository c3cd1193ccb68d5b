/* xfer_all.c - several files or trees to one place. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/stat.h>

#include "xfer.h"

int xfer_all(struct sftpc *a, struct sftpc *b, const char *target, int must, struct xfer *x)
{
	static char to[SFTPC_PATH] APART;
	uint32_t at = x->stack->first, second = at;
	int none = *target ? dir_look(b, target) : 0, r, result = 0;
	const char *base;
	struct name *n;

	names_at(x->stack, &second);
	if (none && (must || second < x->stack->top)) {
		if (x->make && none != -ENOTDIR)
			none = b ? sftpc_mkdir(b, target, 0777) : mkdir(target, 0777) ? -errno : 0;
		if (none)
			return none;
	}
	while ((n = names_at(x->stack, &at))) {
		path_trim(n->text);
		base = path_base(n->text);
		x->nofollow = !none && *base;
		/* what has no name of its own (..) is the directory, or gets the other name */
		r = x->nofollow ? path_join(to, target, base)
				: path_join(to, "", *target ? target : ".");
		if (r)
			return r;
		if (xfer(a, n->text, b, to, x))
			result = XFER_SAID;
		if (xfer_over())
			break;
	}
	return result;
}
