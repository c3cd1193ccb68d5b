/* sftp.h - SFTP version 3 on the wire: what server and clients have in common. */
/* SPDX-License-Identifier: MIT */
/*
 * draft-ietf-secsh-filexfer-02, and OpenSSH's PROTOCOL for the extensions. A
 * packet is uint32 length, byte type, uint32 id, and what the type has.
 */
#ifndef SFTP_H
#define SFTP_H

#include "wire.h"

#define SFTP_VERSION 3
/* what OpenSSH takes and sends; a longer packet ends the session */
#define SFTP_PACKET_MAX (256 * 1024)

enum sftp_type {
	FXP_INIT = 1,
	FXP_VERSION,
	FXP_OPEN,
	FXP_CLOSE,
	FXP_READ,
	FXP_WRITE,
	FXP_LSTAT,
	FXP_FSTAT,
	FXP_SETSTAT,
	FXP_FSETSTAT,
	FXP_OPENDIR,
	FXP_READDIR,
	FXP_REMOVE,
	FXP_MKDIR,
	FXP_RMDIR,
	FXP_REALPATH,
	FXP_STAT,
	FXP_RENAME,
	FXP_READLINK,
	FXP_SYMLINK,
	FXP_STATUS = 101,
	FXP_HANDLE,
	FXP_DATA,
	FXP_NAME,
	FXP_ATTRS,
	FXP_EXTENDED = 200,
	FXP_EXTENDED_REPLY
};

/* section 7 */
enum sftp_status {
	FX_OK,
	FX_EOF,
	FX_NO_SUCH_FILE,
	FX_PERMISSION_DENIED,
	FX_FAILURE,
	FX_BAD_MESSAGE,
	FX_NO_CONNECTION,
	FX_CONNECTION_LOST,
	FX_OP_UNSUPPORTED
};

/* OPEN's flags, 6.3 */
enum { FXF_READ = 1, FXF_WRITE = 2, FXF_APPEND = 4, FXF_CREAT = 8, FXF_TRUNC = 16, FXF_EXCL = 32 };

/* which attributes are there, section 5 */
enum { ATTR_SIZE = 1, ATTR_IDS = 2, ATTR_MODE = 4, ATTR_TIMES = 8, ATTR_EXTENDED = 0x80000000u };

struct sftp_attrs {
	uint32_t flags; /* what of the rest counts */
	uint32_t uid, gid;
	uint32_t mode; /* with the kind of file in S_IFMT, as in struct stat */
	uint32_t atime, mtime;
	uint64_t size;
};

/* extended pairs are passed over */
void rd_attrs(struct rd *r, struct sftp_attrs *a);
void wr_attrs(struct wr *w, const struct sftp_attrs *a);
/* a sentence for enum sftp_status; never NULL */
const char *sftp_text(uint32_t status);

#endif
