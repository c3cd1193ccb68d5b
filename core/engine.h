/* engine.h - what the files of the engine offer each other. */
/* SPDX-License-Identifier: MIT */
/*
 * Handlers and senders return enum ssh_err; a handler that has something for
 * the caller fills ev, and sets s->ask where the event asks.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include <string.h>

#include "ssh.h"

/* table.c: what is legal now, and who takes it */
typedef int (*on_msg)(struct ssh *s, struct rd *r, struct ssh_event *ev);

enum { TO_SERVER = 1, TO_CLIENT = 2, TO_BOTH = 3 };

struct row {
	uint8_t lo, hi;        /* message numbers */
	uint8_t to;            /* role that may receive it */
	uint8_t phases, steps; /* bits 1 << enum ssh_phase, 1 << enum ssh_kstep */
	on_msg on;
};

/* the row for msg in that state; NULL with *known telling whether any row of the role has it */
const struct row *table_find(uint8_t msg, int client, int phase, int kstep, int *known);

/* ident.c */
int ident_take(struct ssh *s, struct ssh_event *ev); /* 1: event, 0: more bytes */

#define PACKET_HEAD 5 /* packet_length, padding_length */

/*
 * Bytes of tx: data leaves TX_DUE and the reserve free, what is due leaves the
 * reserve, and packets are parsed while there is TX_PACKET, which is more than
 * any one of them makes us send. So a side whose tx is full still takes what it
 * granted (or two of them would wait for each other for ever), and a key
 * exchange gets through.
 */
#define TX_DUE 2048
#define TX_PACKET (SSH_TX_RESERVE - 2048)

/* packet.c: the only places that know the layout of a packet, RFC 4253 6 */
struct wr packet_begin(struct ssh *s, uint8_t msg);
/* goes on with a packet kept open by packet_keep */
struct wr packet_resume(struct ssh *s);
void packet_keep(struct ssh *s, const struct wr *w);
int packet_end(struct ssh *s, struct wr *w);
/* 1: payload is the next packet's; 0: more bytes are needed; < 0 */
int packet_next(struct ssh *s, struct str *payload);
void packet_done(struct ssh *s); /* with the packet in hand */
uint32_t tx_room(const struct ssh *s);
int tx_fits(const struct ssh *s, size_t n); /* 1: a message with n bytes leaves the reserve free */
uint8_t *packet_data(struct ssh *s, int ext, size_t *room); /* where data of a CHANNEL_DATA goes */
int packet_seal_data(struct ssh *s, uint32_t peer_id, int ext, size_t n);

/* kexinit.c */
int kexinit_send(struct ssh *s);
int kexinit_on_msg(struct ssh *s, struct rd *r, struct ssh_event *ev);
/* kex.c */
int kex_begin(struct ssh *s, const struct str *peer_init, const struct str *own_init);
int kex_on_init(struct ssh *s, struct rd *r, struct ssh_event *ev);
int kex_on_reply(struct ssh *s, struct rd *r, struct ssh_event *ev);
int kex_on_guess(struct ssh *s, struct rd *r, struct ssh_event *ev);
int kex_on_newkeys(struct ssh *s, struct rd *r, struct ssh_event *ev);
int kex_reply_send(struct ssh *s, struct str sig); /* server: after the signature */
int kex_trusted(struct ssh *s);                    /* client: after the host key's answer */
/* keys.c: alone touches a sequence number */
void keys_install(struct ssh *s, int out);

/* trans.c: the transport's small messages */
int trans_on_disconnect(struct ssh *s, struct rd *r, struct ssh_event *ev);
int trans_on_ignore(struct ssh *s, struct rd *r, struct ssh_event *ev);
int trans_on_unimplemented(struct ssh *s, struct rd *r, struct ssh_event *ev);
int trans_on_debug(struct ssh *s, struct rd *r, struct ssh_event *ev);
int trans_on_ext_info(struct ssh *s, struct rd *r, struct ssh_event *ev);
int trans_on_ping(struct ssh *s, struct rd *r, struct ssh_event *ev);
int trans_unimplemented_send(struct ssh *s, uint32_t seq);
int trans_disconnect_send(struct ssh *s, uint32_t reason, const char *text);
int trans_ext_info_send(struct ssh *s);

/* auth_server.c, auth_client.c */
int auth_server_early(struct ssh *s);
int auth_server_on_service(struct ssh *s, struct rd *r, struct ssh_event *ev);
int auth_server_on_request(struct ssh *s, struct rd *r, struct ssh_event *ev);
int auth_server_on_late(struct ssh *s, struct rd *r, struct ssh_event *ev);
int auth_server_answer(struct ssh *s, int answer);
int auth_server_due(struct ssh *s);
int auth_client_service_send(struct ssh *s);
int auth_client_on_accept(struct ssh *s, struct rd *r, struct ssh_event *ev);
int auth_client_on_failure(struct ssh *s, struct rd *r, struct ssh_event *ev);
int auth_client_on_success(struct ssh *s, struct rd *r, struct ssh_event *ev);
int auth_client_on_banner(struct ssh *s, struct rd *r, struct ssh_event *ev);
int auth_client_on_method(struct ssh *s, struct rd *r, struct ssh_event *ev);
int auth_client_sign_due(struct ssh *s, struct ssh_event *ev); /* 1: event */
int auth_client_answer_sig(struct ssh *s, struct str sig);

/* global.c */
int global_on_request(struct ssh *s, struct rd *r, struct ssh_event *ev);
int global_on_reply(struct ssh *s, struct rd *r, struct ssh_event *ev);
int global_due(struct ssh *s);

/* chan.c */
int chan_on_open(struct ssh *s, struct rd *r, struct ssh_event *ev);
int chan_on_confirm(struct ssh *s, struct rd *r, struct ssh_event *ev);
int chan_on_refused(struct ssh *s, struct rd *r, struct ssh_event *ev);
int chan_on_window(struct ssh *s, struct rd *r, struct ssh_event *ev);
int chan_on_data(struct ssh *s, struct rd *r, struct ssh_event *ev);
int chan_on_ext_data(struct ssh *s, struct rd *r, struct ssh_event *ev);
int chan_on_eof(struct ssh *s, struct rd *r, struct ssh_event *ev);
int chan_on_close(struct ssh *s, struct rd *r, struct ssh_event *ev);
int chan_on_request(struct ssh *s, struct rd *r, struct ssh_event *ev);
int chan_on_reply(struct ssh *s, struct rd *r, struct ssh_event *ev);
/* chan_due.c: what channels owe the peer, derived from their state */
int chan_due(struct ssh *s);
void chan_open_answer(struct ssh *s, int ch, int answer);

/* pool.c */
void pool_init(struct pool *p, uint8_t *mem, uint32_t len);
int pool_put(struct pool *p, struct queue *q, const uint8_t *data, size_t n);
const uint8_t *pool_peek(const struct pool *p, const struct queue *q, size_t *n);
void pool_take(struct pool *p, struct queue *q, size_t n);
void pool_drop(struct pool *p, struct queue *q);
/* blocks that g more bytes, split in the worst way over n queues, would take */
uint32_t pool_need(const struct queue *q, int n, uint32_t g);

/* window.c: what we may grant, see docs/DESIGN.md */
int window_room(const struct ssh *s); /* 1: for one more channel */
uint32_t
window_first(const struct ssh *s); /* bytes for a channel that opens, already in its slot */
uint32_t window_more(const struct ssh *s,
		     const struct chan *c); /* bytes to adjust by, 0: not worth it */

/* err.c */
uint32_t err_reason(int err);
const char *open_text(uint32_t reason); /* a few words for enum open_failure */

/* owed.c */
int owed_put(struct owed *o, int yes);
int owed_take(struct owed *o);

/* 1: messages other than those of a key exchange may be sent */
int can_send(const struct ssh *s);

/* a cipher without a tag of its own is built in, so MACs may be as well */
#define MACS                                                                        \
	(CFG_CIPHER_AES128_CTR || CFG_CIPHER_AES192_CTR || CFG_CIPHER_AES256_CTR || \
	 CFG_WEAK_AES_CBC || CFG_WEAK_3DES_CBC || CFG_WEAK_BLOWFISH)
#define CBC (CFG_WEAK_AES_CBC || CFG_WEAK_3DES_CBC || CFG_WEAK_BLOWFISH)

/* where the client's side is not built in, this is 0 for the compiler too */
static inline int is_client(const struct ssh *s)
{
	return CFG_ENGINE_CLIENT && s->conf->client;
}

#endif
