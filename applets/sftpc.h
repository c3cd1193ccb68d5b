/* sftpc.h - SFTP from the client's side: a connection, its requests, whole transfers. */
/* SPDX-License-Identifier: MIT */
/*
 * Requests return 0, or enum sftp_status (> 0) as the server has it, or -errno
 * (< 0) where the connection is no longer of use (-EPIPE: it is gone, -EPROTO:
 * the server sent what it may not) or this side failed; sftpc_text says it in
 * words. Nothing but xfer_* prints.
 */
#ifndef SFTPC_H
#define SFTPC_H

#include "flag.h"
#include "names.h"
#include "port.h"
#include "sftp.h"

/* extensions of the server that one has to know of; what others it lacks it says when asked */
enum sftpc_ext {
	EXT_POSIX_RENAME = 1,
	EXT_LIMITS = 2,
	EXT_EXPAND_PATH = 4,
	EXT_COPY_DATA = 8,
	EXT_CHECK_FILE = 16
};

#define SFTPC_PATH 4096

struct sftpc {
	int in, out; /* from and to the server; both may be the same */
	uint32_t id; /* of the last request */
	uint32_t version, exts;
	uint32_t max_read, max_write; /* bytes of data in a request */
	int err;                      /* the connection's end, -errno; 0 while it lives */
	uint8_t *buf;                 /* a reply as it comes, and a request as it is made */
	size_t size, have;            /* bytes of buf, and those of replies that are in it */
	size_t used;                  /* of those what was given out, the reply in hand too */
	size_t room; /* replies take no more of buf; size: requests lie there too */
	uint8_t *tx; /* what waits to be sent */
	size_t tx_len;
	struct rd r; /* what was not yet read of the reply in hand */
};

struct sftpc_handle {
	uint16_t len;
	uint8_t bytes[256]; /* section 6.2: at most 256 */
};

/* the eleven numbers of statvfs@openssh.com, in its order */
enum { VFS_FRSIZE = 1, VFS_BLOCKS, VFS_FREE, VFS_AVAIL, VFS_FILES, VFS_COUNT = 11 };

/* sftpc.c: INIT, VERSION, limits. buf: at least 34 KiB (a READ of 32 KiB and its header) */
int sftpc_init(struct sftpc *c, int in, int out, void *buf, size_t size);
/* FX_FAILURE: in the words that a server had for the last one; good until the next request */
const char *sftpc_text(int err);

/* sftpc_req.c: one request and its answer; paths are NUL-terminated bytes, sent as they are */
int sftpc_stat(struct sftpc *c, const char *path, int follow, struct sftp_attrs *a);
int sftpc_fstat(struct sftpc *c, const struct sftpc_handle *h, struct sftp_attrs *a);
/* follow 0: of the link itself, where the server can (else FX_OP_UNSUPPORTED, here and below) */
int sftpc_setstat(struct sftpc *c, const char *path, int follow, const struct sftp_attrs *a);
int sftpc_fsetstat(struct sftpc *c, const struct sftpc_handle *h, const struct sftp_attrs *a);
int sftpc_mkdir(struct sftpc *c, const char *path, uint32_t mode);
int sftpc_rmdir(struct sftpc *c, const char *path);
int sftpc_remove(struct sftpc *c, const char *path);
/* over what is there where the server can (EXT_POSIX_RENAME), unless plain */
int sftpc_rename(struct sftpc *c, const char *from, const char *to, int plain);
int sftpc_symlink(struct sftpc *c, const char *target, const char *link);
int sftpc_link(struct sftpc *c, const char *from, const char *to);
/* path: SFTPC_PATH bytes; -ENAMETOOLONG, and -EPROTO where it holds a NUL byte */
int sftpc_readlink(struct sftpc *c, const char *link, char *path);
int sftpc_realpath(struct sftpc *c, const char *name, char *path);
/* "~" and "~user" too, where the server can (EXT_EXPAND_PATH); else as realpath */
int sftpc_expand(struct sftpc *c, const char *name, char *path);
int sftpc_statvfs(struct sftpc *c, const char *path, uint64_t v[VFS_COUNT]);
int sftpc_open(struct sftpc *c, const char *path, uint32_t fxf, const struct sftp_attrs *a,
	       struct sftpc_handle *h);
int sftpc_opendir(struct sftpc *c, const char *path, struct sftpc_handle *h);
/*
 * The next bunch of names onto the stack ("." and ".." too, as they come);
 * FX_EOF behind the last one, -ENOSPC where the stack is full.
 */
int sftpc_readdir(struct sftpc *c, const struct sftpc_handle *h, struct names *to);
int sftpc_close(struct sftpc *c, const struct sftpc_handle *h);
int sftpc_fsync(struct sftpc *c, const struct sftpc_handle *h);
/* the server copies a whole file by itself (EXT_COPY_DATA) */
int sftpc_copy(struct sftpc *c, const char *from, const char *to);
/* SHA-256 over the first n bytes of an open file (EXT_CHECK_FILE) */
int sftpc_hash(struct sftpc *c, const struct sftpc_handle *h, uint64_t n, uint8_t hash[32]);

/* sftpc_glob.c */

/*
 * The paths that match (* ? [] in any part, backslash takes the next character as
 * it is), sorted, onto the stack with their attributes (of the link itself); a
 * pattern without any of these is looked up as it is. 0 and nothing on the stack
 * where nothing matches. to->first is the first of them. c NULL: among our own files.
 */
int sftpc_glob(struct sftpc *c, const char *pattern, struct names *to);
/* takes backslashes off a pattern without wildcards; 1 where it had some left */
int glob_plain(char *pattern);
/* one name, without slashes, against one part of a pattern */
int glob_match(const char *pattern, const char *name);

/* xfer.c: files and trees; messages go to stderr, by name */

struct xfer {
	/*
	 * By FLAG, as in scp's and sftp's commands: r: directories too; p: times and modes;
	 * a: go on behind what is there, once that is seen to be the same; f: fsync on the
	 * side that is written; q: no progress meter.
	 */
	uint32_t flags;
	uint32_t limit;   /* bytes a second, 0: none */
	uint8_t say;      /* `Fetching A to B` lines of sftp; scp says nothing */
	uint8_t make;     /* xfer_all makes the directory that has to be, where nothing is there */
	uint8_t nofollow; /* the last part of `to` is the server's word: no link there counts */
	int stop; /* descriptor, 0: none; once it is readable (left unread) no more is begun: -1 */
	const char *name;    /* of the program, for messages */
	struct names *stack; /* room for the names of the directories on the way */
};

/*
 * a, b: the servers of either side, or NULL where that is here. source: a file, or
 * a directory with flag r; target: its new name, not the directory that it goes into.
 * 0, or -1 where any of it failed (the rest was done; where an err of a or b is set
 * nothing more can be).
 */
int xfer(struct sftpc *a, const char *source, struct sftpc *b, const char *target,
	 const struct xfer *x);
/*
 * xfer_all.c: the files on x->stack from its first on. Several go into the directory
 * that target has to be, as it has to where must is 1; one may have it for its new
 * name. "": where we are. 0, XFER_SAID, or an error of the target.
 */
enum { XFER_SAID = 0x10000 };
int xfer_all(struct sftpc *a, struct sftpc *b, const char *target, int must, struct xfer *x);
/* 0 where the path leads to a directory, or an error; c NULL: of ours */
int dir_look(struct sftpc *c, const char *path);
/* takes slashes off the end, but for "/" */
void path_trim(char *path);
/* the last part of a path, for `to`; "" of "/", "." and ".." */
const char *path_base(const char *path);
/* dir, a slash where it takes one, and name; 0, or -ENAMETOOLONG and out is as it was */
int path_join(char out[SFTPC_PATH], const char *dir, const char *name);

#endif
