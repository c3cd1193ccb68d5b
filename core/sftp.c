/* sftp.c - SFTP version 3 on the wire: what server and clients have in common. */
/* SPDX-License-Identifier: MIT */
#include "sftp.h"

void rd_attrs(struct rd *r, struct sftp_attrs *a)
{
	uint32_t extended = 0;

	*a = (struct sftp_attrs){.flags = rd_u32(r)};
	if (a->flags & ATTR_SIZE)
		a->size = rd_u64(r);
	if (a->flags & ATTR_IDS) {
		a->uid = rd_u32(r);
		a->gid = rd_u32(r);
	}
	if (a->flags & ATTR_MODE)
		a->mode = rd_u32(r);
	if (a->flags & ATTR_TIMES) {
		a->atime = rd_u32(r);
		a->mtime = rd_u32(r);
	}
	if (a->flags & ATTR_EXTENDED)
		extended = rd_u32(r);
	while (extended-- && !r->bad) {
		rd_str(r);
		rd_str(r);
	}
	a->flags &= ATTR_SIZE | ATTR_IDS | ATTR_MODE | ATTR_TIMES;
}

void wr_attrs(struct wr *w, const struct sftp_attrs *a)
{
	wr_u32(w, a->flags);
	if (a->flags & ATTR_SIZE)
		wr_u64(w, a->size);
	if (a->flags & ATTR_IDS) {
		wr_u32(w, a->uid);
		wr_u32(w, a->gid);
	}
	if (a->flags & ATTR_MODE)
		wr_u32(w, a->mode);
	if (a->flags & ATTR_TIMES) {
		wr_u32(w, a->atime);
		wr_u32(w, a->mtime);
	}
}

const char *sftp_text(uint32_t status)
{
	/* the words of OpenSSH's server, which scripts look for */
	static const char *const texts[] = {
	    [FX_OK] = "Success",
	    [FX_EOF] = "End of file",
	    [FX_NO_SUCH_FILE] = "No such file or directory",
	    [FX_PERMISSION_DENIED] = "Permission denied",
	    [FX_FAILURE] = "Failure",
	    [FX_BAD_MESSAGE] = "Bad message",
	    [FX_NO_CONNECTION] = "No connection",
	    [FX_CONNECTION_LOST] = "Connection lost",
	    [FX_OP_UNSUPPORTED] = "Operation unsupported",
	};

	return status < sizeof(texts) / sizeof(texts[0]) ? texts[status] : "Unknown status";
}
