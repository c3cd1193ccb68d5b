/* sftp_server.h - the SFTP server's state, and what its files call each other by. */
/* SPDX-License-Identifier: MIT */
/*
 * Bytes come in to in[in_at..in_end) and replies wait in out[out_at..out_end).
 * Both go back to the start when they are empty; replies are never moved. A
 * request is taken off when it was answered, a WRITE's data as it comes.
 */
#ifndef SFTP_SERVER_H
#define SFTP_SERVER_H

#include <sys/stat.h>

#include "port.h"
#include "sftp.h"

#define SFTPD_HANDLES 128    /* a power of two */
#define SFTPD_READ 65536     /* bytes that one READ gives at most */
#define SFTPD_IN (24 * 1024) /* the longest request but WRITE, whose data need not be here whole */
#define SFTPD_OUT (SFTPD_READ + 64) /* that READ's reply, or two of 32 KiB */
#define SFTPD_NAME 96               /* of a handle's name, for the log */

enum { HANDLE_FREE, HANDLE_FILE, HANDLE_DIR };

struct sftpd_handle {
	int fd;
	uint32_t serial; /* how often this place was taken: part of the handle */
	uint8_t kind, append;
	char name[SFTPD_NAME];
	uint64_t got, put; /* bytes */
};

/* all zeros at first */
struct sftpd {
	const char *allowed, *denied; /* lists of requests, or NULL */
	uint8_t read_only;
	uint8_t draft_symlink; /* the client sends SYMLINK's paths in the draft's order */
	uint8_t inited;
	uint32_t version; /* the client's */
	/* a WRITE whose data is coming in: left bytes of it */
	struct sftpd_handle *to;
	int err; /* 0, or -errno: the rest is dropped */
	uint32_t id, left;
	uint32_t skip; /* bytes to drop, behind left */
	uint64_t off;
	struct wr w; /* the reply that is being made */
	unsigned in_at, in_end, out_at, out_end;
	struct sftpd_handle handles[SFTPD_HANDLES];
	_Alignas(8) uint8_t in[SFTPD_IN];
	_Alignas(8) uint8_t out[SFTPD_OUT];
};

/* a request that has been read; what is not in the row's args is zero */
struct sftpd_req {
	const struct sftpd_row *row;
	uint32_t id;
	uint32_t u32;
	uint64_t u64[3];
	char *path[2];
	struct sftpd_handle *h[2];
	struct str s[2];
	struct sftp_attrs a;
};

/* What a handler gives: -errno, an enum sftp_status, or */
enum { SFTPD_REPLIED = 64, SFTPD_WAIT /* once the replies are sent; nothing was done */ };

enum {
	REQ_WRITES = 1,
	REQ_BIG = 2,  /* it wants all of out[] */
	REQ_AT = 4,   /* @openssh.com */
	REQ_NAME = 8, /* the log has it so, for scripts that read it */
	REQ_INFO = 16 /* logged at INFO, others at VERBOSE */
};

struct sftpd_row {
	const char *name; /* as -p, -P and -Q know it */
	/*
	 * in order: p path, a attributes, u uint32, q uint64, s string, h handle of a
	 * file, d of a directory, o of either, c likewise (a bad one is NO_SUCH_FILE)
	 */
	const char *args;
	int (*run)(struct sftpd *s, const struct sftpd_req *r);
	uint8_t type;
	char version; /* an extension's, announced where it is not 0 */
	uint8_t flags;
};

/* sftp_server_table.c */

extern const struct sftpd_row sftpd_rows[]; /* ends with a name of NULL */

/* ext counts for FXP_EXTENDED; NULL: no such request */
const struct sftpd_row *row_find(uint8_t type, struct str ext);
/* 0 where the settings refuse it, and the log says so */
int row_permitted(const struct sftpd *s, const struct sftpd_row *row);
/* VERSION's pairs */
void row_announce(struct wr *w);

/* sftp_server_req.c */

/*
 * Answers what is in in[] and whole: 0: more input is wanted; SFTPD_WAIT: out[] is to
 * be emptied first; -1: the session is at its end
 */
int sftpd_serve(struct sftpd *s);
/* the next n bytes of a WRITE's data, s->left at most */
void sftpd_data(struct sftpd *s, const uint8_t *p, size_t n);
/* the start of a reply, finished by who called the handler */
struct wr *sftpd_reply(struct sftpd *s, const struct sftpd_req *r, enum sftp_type type);
/* one name, as REALPATH and READLINK give it */
int sftpd_name(struct sftpd *s, const struct sftpd_req *r, const char *name);
/* the last n bytes of out[], aligned to 8, for a REQ_BIG whose reply stays out of them */
void *sftpd_scratch(struct sftpd *s, size_t n);

/* sftp_server_io.c: from descriptor 0, to 1, until the client is gone; the exit status */
int sftpd_run(struct sftpd *s);

/* sftp_server_handle.c */

/* 1: there is a free one */
int handle_left(const struct sftpd *s);
/* answers with a new handle for fd, named by the request's path; fd -1: -errno */
int handle_new(struct sftpd *s, const struct sftpd_req *r, int fd, int kind);
struct sftpd_handle *handle_find(struct sftpd *s, struct str text);
void handle_log_close(const struct sftpd_handle *h, const char *how);
int sftpd_close(struct sftpd *s, const struct sftpd_req *r);

/* sftp_server_file.c */

void sftpd_write_data(struct sftpd *s, const uint8_t *p, size_t n);
int sftpd_open(struct sftpd *s, const struct sftpd_req *r);
int sftpd_read(struct sftpd *s, const struct sftpd_req *r);
int sftpd_fsync(struct sftpd *s, const struct sftpd_req *r);
int sftpd_copy_data(struct sftpd *s, const struct sftpd_req *r);

/* sftp_server_attr.c */

void attrs_of(struct sftp_attrs *a, const struct stat *st);
int sftpd_stat(struct sftpd *s, const struct sftpd_req *r);
int sftpd_setstat(struct sftpd *s, const struct sftpd_req *r);
int sftpd_statvfs(struct sftpd *s, const struct sftpd_req *r);

/* sftp_server_path.c */

int sftpd_one_path(struct sftpd *s, const struct sftpd_req *r);
int sftpd_rename(struct sftpd *s, const struct sftpd_req *r);
int sftpd_two_paths(struct sftpd *s, const struct sftpd_req *r);
int sftpd_readlink(struct sftpd *s, const struct sftpd_req *r);
int sftpd_realpath(struct sftpd *s, const struct sftpd_req *r);
int sftpd_home(struct sftpd *s, const struct sftpd_req *r);
int sftpd_opendir(struct sftpd *s, const struct sftpd_req *r);
int sftpd_readdir(struct sftpd *s, const struct sftpd_req *r);

/* sftp_server_ext.c */

int sftpd_limits(struct sftpd *s, const struct sftpd_req *r);
int sftpd_names_of(struct sftpd *s, const struct sftpd_req *r);
int sftpd_check_file(struct sftpd *s, const struct sftpd_req *r);

#endif
