/* xfer.h - what the parts of a transfer share: its two sides, directories, the flow of a file. */
/* SPDX-License-Identifier: MIT */
#ifndef XFER_H
#define XFER_H

#include "sftpc.h"

/* xfer_side.c: where files come from or go to; errors as sftpc.h has them */

struct side {
	struct sftpc *c; /* NULL: our own files */
	/*
	 * Ours, being written: the directory that the last part of path is in, held
	 * open so that nobody can put a link in the way; else AT_FDCWD.
	 */
	int dir;
	unsigned name; /* where in path that begins what is looked up in dir */
	int fd;        /* the open file: ours, the server's */
	struct sftpc_handle h;
	char path[SFTPC_PATH];
};

int side_init(struct side *s, struct sftpc *c, const char *path);
int side_stat(struct side *s, int follow, struct sftp_attrs *a);
/* mode: for FXF_CREAT; nofollow: our own file may not be a link */
int side_open(struct side *s, uint32_t fxf, uint32_t mode, int nofollow);
/* of the open file */
int side_size(struct side *s, uint64_t *size);
int side_set(struct side *s, const struct sftp_attrs *a);
int side_sync(struct side *s);
int side_close(struct side *s);
/* 0 where it is there already, and *made */
int side_mkdir(struct side *s, uint32_t mode, int *made);
/* those of our directory open as fd, or of the server's */
int side_set_dir(struct side *s, int fd, const struct sftp_attrs *a);
/* bytes of the open file from an offset on, at most room: the count, 0 at the end, -errno or as ever */
int side_read(struct side *s, uint64_t at, uint8_t *buf, uint32_t room, struct str *got);
/* SHA-256 over [at, end) */
int side_hash(struct side *s, uint64_t at, uint64_t end, uint8_t hash[32]);

/* xfer_walk.c: the names in a directory, without "." and ".." */

struct walk {
	struct sftpc *c; /* NULL: our own */
	struct names *stack;
	struct sftpc_handle h;
	int fd;
	uint32_t mark, at, end; /* the names that are on the stack, and the next of them */
	int closed, err;
	int bad; /* names that no directory can have were passed over */
};

int walk_open(struct walk *w, struct sftpc *c, const char *path, struct names *stack);
/*
 * The next name, or NULL at the end and where w->err says why. What is pushed
 * onto the stack meanwhile either is taken off before the next call, or stays
 * and slides down.
 */
struct name *walk_next(struct walk *w);
void walk_close(struct walk *w);

/* xfer_flow.c: the bytes of a file from side to side, both open */

/* the two sides of the transfer that is under way */
extern struct side xfer_from, xfer_to;
/*
 * From offset `start` on; size: as far as one knows. What is written is whole up to its end.
 * 0: all of it is there; -1: what failed was said; 1: x->stop wants us to stop.
 */
int flow_run(const struct xfer *x, uint64_t start, uint64_t size);

/* xfer.c: 1: nothing more is to be begun */
int xfer_over(void);
/* says what is wrong with it, -1, where err is not 0 */
int side_check(const struct side *s, int err);

#endif
