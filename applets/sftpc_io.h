/* sftpc_io.h - packets to and from an SFTP server, for those who make requests. */
/* SPDX-License-Identifier: MIT */
/*
 * One at a time: sftpc_req, what the request has, sftpc_call. Many at once:
 * sftpc_split, so that requests lie above the replies; sftpc_req, sftpc_send,
 * sftpc_pump, sftpc_reply in any order; sftpc_split(c, 0) once all are answered.
 */
#ifndef SFTPC_IO_H
#define SFTPC_IO_H

#include "sftpc.h"

/* a READ with the longest handle; a WRITE has so much besides the data, and 4 bytes */
#define SFTPC_REQUEST 288
#define SFTPC_ASK 1024  /* so much of buf for READs, several at once */
#define SFTPC_HEADER 32 /* of a DATA packet, at least */

/* keeps the last bytes of buf for requests; 0: they share it with the replies */
void sftpc_split(struct sftpc *c, size_t requests);
/* a request behind those that wait to be sent, with its id; .bad where there is no room */
struct wr sftpc_req(struct sftpc *c, unsigned type);
/* a READ or WRITE up to the count of its bytes */
struct wr sftpc_move(struct sftpc *c, unsigned type, const struct sftpc_handle *h, uint64_t at,
		     uint32_t n);
/* it is complete: 0, or -ENAMETOOLONG (as it only is with long paths) and nothing is sent */
int sftpc_send(struct sftpc *c, const struct wr *w);
/*
 * Waits until bytes can be moved on either connection (b may be NULL), at most
 * ms (-1: for ever), and moves them; what goes wrong is in err. 1 where the
 * descriptor stop (0: none) is readable.
 */
int sftpc_pump(struct sftpc *a, struct sftpc *b, int stop, int ms);
/* the type of the next reply, which is good until the next call; 0: it is not whole yet; -errno */
int sftpc_reply(struct sftpc *c, uint32_t *id);
/* sends it and waits for its reply: 0 where that is of type want, else its status; -errno */
int sftpc_call(struct sftpc *c, const struct wr *w, int want);
/*
 * Request and reply, kind: ASK(). form: for each argument s (const char *),
 * h (const struct sftpc_handle *), q (uint64_t), u (uint32_t) or a (const struct
 * sftp_attrs *).
 */
#define ASK(type, want) ((unsigned)(type) | (unsigned)(want) << 8)
int sftpc_ask(struct sftpc *c, unsigned kind, const char *form, ...);
/* what the STATUS in hand says; its words are for sftpc_text */
int sftpc_status(struct sftpc *c);
/* 0, or what it is when the reply was not what it should be */
int sftpc_read_well(struct sftpc *c);
/* the connection is of no use any more: err, which the first time is kept */
int sftpc_dead(struct sftpc *c, int err);

#endif
