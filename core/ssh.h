/* ssh.h - one SSH connection as a machine: bytes in, bytes and events out. */
/* SPDX-License-Identifier: MIT */
/*
 * The caller places a struct ssh and its buffers and does all input and output:
 *
 *	ssh_init(...);
 *	for (;;) {
 *		while ((r = ssh_step(s, now, &ev)) > 0)
 *			... look at ev, answer it where it asks ...
 *		p = ssh_tx_buf(s, &n);	write it out, ssh_tx_ack(s, written)
 *		p = ssh_rx_buf(s, &n);	read into it, ssh_rx_ack(s, got)
 *		channels: ssh_in_buf -> fd, fd -> ssh_out_buf
 *	}
 *
 * Invariants, besides those in docs/DESIGN.md: no pointer but into the caller's
 * buffers; nothing is parsed while the reserve of tx is not free; strings of an
 * event live until the next ssh_step.
 */
#ifndef SSH_H
#define SSH_H

#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "crypto.h"
#include "msg.h"
#include "wire.h"

#define SSH_PACKET_MAX 35000 /* packet_length, RFC 4253 6.1 */
#define SSH_DATA_MAX 32768   /* data of one CHANNEL_DATA that we take */
/* of tx: for what packets parsed make us send at once; a reply with a big host key and share */
#define SSH_TX_RESERVE \
	(CFG_KEY_MLDSA44 ? 16384 : CFG_CERTS || CFG_KEY_RSA || KEX_PUB_MAX > 133 ? 8192 : 4096)
#define SSH_RX_MIN (4 + SSH_PACKET_MAX + 64)
#define SSH_VERSION_MAX 255 /* RFC 4253 4.2, with CR LF */
#define SSH_USER_MAX 128    /* bytes of a user name that we tell apart */
#define SSH_BANNER_MAX 2048

/* for good: the first one sticks. err.c has a reason and a sentence for each. */
enum ssh_err {
	SSH_OK = 0,
	SSH_E_VERSION = -1,     /* identification is not SSH 2 */
	SSH_E_LENGTH = -2,      /* packet length out of bounds */
	SSH_E_MAC = -3,         /* corrupted: tag does not match */
	SSH_E_PARSE = -4,       /* message malformed */
	SSH_E_UNEXPECTED = -5,  /* message not legal now */
	SSH_E_NO_COMMON = -6,   /* nothing in common in KEXINIT; see ssh_no_common */
	SSH_E_KEX = -7,         /* key exchange failed: share, signature */
	SSH_E_HOSTKEY = -8,     /* host key refused, or changed in a rekey */
	SSH_E_STRICT = -9,      /* strict kex: a packet before KEXINIT, or one too many */
	SSH_E_SERVICE = -10,    /* unknown service asked for */
	SSH_E_AUTH_TRIES = -11, /* too many failures */
	SSH_E_AUTH_USER = -12,  /* user or service changed between requests */
	SSH_E_CHANNEL = -13,    /* no such channel, or not in that state */
	SSH_E_WINDOW = -14,     /* data past the window */
	SSH_E_FLOOD = -15,      /* more requests in a key exchange than can be kept */
	SSH_E_PEER = -16,       /* the peer sent DISCONNECT */
	SSH_E_LOCAL = -17,      /* ssh_disconnect was called */
	SSH_E_SEQ = -18,        /* sequence number would wrap under one key */
	SSH_E_SIGN = -19,       /* no signature from the caller */
	SSH_E_LAST = -20
};

enum ssh_phase { PH_FIRST, PH_STRICT, PH_SERVICE, PH_AUTH, PH_CONN, PH_COUNT };

/* of a key exchange, seen from us */
enum ssh_kstep {
	K_IDLE,    /* none */
	K_SENT,    /* our KEXINIT is out, the peer's is not here */
	K_GUESS,   /* both are; the packet that the peer guessed is to be dropped */
	K_SHARE,   /* both are; the peer's share (or its answer to ours) is next */
	K_NEWKEYS, /* our NEWKEYS is out, the peer's is next */
	K_COUNT
};

enum ssh_ev {
	SSH_EV_NONE,
	SSH_EV_VERSION, /* data: the peer's identification without CR LF */
	SSH_EV_HOSTKEY, /* asks (client): name, blob; the signature has been verified */
	SSH_EV_SIGN, /* asks, by ssh_answer_sig: data is what to sign, name the algorithm, num the host key */
	SSH_EV_KEYED, /* new keys in both directions; num: 1 for the first time */
	SSH_EV_AUTH,  /* asks (server): see struct ssh_auth */
	SSH_EV_AUTH_NEXT, /* client: call ssh_auth_*; name: methods that can go on, num: partial success */
	SSH_EV_PK_OK,   /* client: the key (name, blob) would do */
	SSH_EV_PROMPTS, /* client: name, data instruction, num prompts, in blob each a string and
				u8 echo; then ssh_auth_prompts (RFC 4256 3.2) */
	SSH_EV_BANNER,  /* client: data */
	SSH_EV_AUTHED,  /* both: phase PH_CONN has begun */
	SSH_EV_GLOBAL,  /* asks: name, data, want */
	SSH_EV_GLOBAL_REPLY, /* num: 1 success, data; to our requests, in their order */
	SSH_EV_OPEN,         /* asks: ch, name (channel type), data */
	SSH_EV_OPENED,       /* ch: our open was confirmed */
	SSH_EV_REFUSED, /* ch: our open was refused: num the reason, data the text; ch is free again */
	SSH_EV_REQUEST, /* asks: ch, name, data, want */
	SSH_EV_REPLY,   /* ch: num 1 success, to our requests, in their order */
	SSH_EV_DATA, /* ch, ext: ssh_in_buf has bytes, straight from the packet where the pool has none */
	SSH_EV_EOF,       /* ch: no more data will come (what is waiting may still be taken) */
	SSH_EV_CLOSE,     /* ch: the peer closed; finish and call ssh_chan_close */
	SSH_EV_DEBUG,     /* data, num: always_display */
	SSH_EV_DISCONNECT /* num: reason, data: text; the error follows */
};

enum ssh_method {
	AUTH_NONE = 1,
	AUTH_PASSWORD = 2,
	AUTH_PUBLICKEY = 4,
	AUTH_OTHER = 8,
	AUTH_KEYBOARD = 16 /* keyboard-interactive, the client's side alone */
};

/* a USERAUTH_REQUEST, RFC 4252 */
struct ssh_auth {
	uint8_t method; /* enum ssh_method */
	uint8_t query;  /* publickey: would this key do? */
	struct str user;
	struct str password;
	struct str alg, blob, sig;
};

struct ssh_event {
	enum ssh_ev type;
	int ch, ext;
	uint32_t num;
	int want; /* the peer wants a reply; answer all the same */
	struct str name, data, blob;
	struct ssh_auth auth;
};

/* answers to events that ask */
enum {
	SSH_NO = 0,
	SSH_YES = 1,
	SSH_LATER = 2,  /* SSH_EV_OPEN alone: ssh_chan_confirm says it later */
	SSH_PARTIAL = 3 /* SSH_EV_AUTH alone: this factor is good, another is wanted */
			/* SSH_EV_OPEN: -reason (enum open_failure) refuses */
};

struct ssh_hostkey {
	const char *alg; /* signature algorithm as in KEXINIT */
	struct str blob; /* public key */
};

/* what a connection is told; outlives it */
struct ssh_conf {
	uint8_t client;      /* the role */
	const char *version; /* "SSH-2.0-..." without CR LF */
	/* lists of names in order of preference, NULL or "": all that is built in */
	const char *kex, *ciphers, *macs, *hostkey_algs, *pubkey_algs;
	const struct ssh_hostkey *hostkeys; /* server's */
	uint8_t n_hostkeys;
	uint8_t methods;        /* server: enum ssh_method that FAILURE names */
	uint8_t max_tries;      /* server: failures until the end, 0: 6 */
	uint8_t early;          /* server: none never lets anybody in; see auth_server_early */
	struct str banner;      /* server: at most SSH_BANNER_MAX bytes */
	uint8_t *pool;          /* receive pool, aligned as a page */
	uint32_t pool_len;      /* bytes */
	uint32_t window;        /* most that may be granted in all, 0: what the pool holds */
	uint64_t rekey_bytes;   /* in one direction, 0: 1 GiB */
	uint32_t rekey_packets; /* 0: 2^30 */
	uint32_t rekey_ms;      /* 0: an hour */
};

/* private from here on: struct ssh is open only so that it can be placed */

struct keys {
	const struct cipher *cipher; /* NULL: none yet */
	const struct mac *mac;       /* NULL where the cipher has a tag */
	union cipher_ctx cctx;
	struct mac_ctx mctx;
	uint32_t seq;     /* of the next packet */
	uint32_t packets; /* since the keys */
	uint64_t bytes;
};

/* a first-in-first-out of pool blocks */
struct queue {
	uint16_t head, tail;  /* index + 1; 0: none */
	uint16_t first, last; /* bytes: where the head's data begins, where the tail's end */
	uint16_t blocks;
	uint32_t len;
};

struct pool {
	uint8_t *mem;
	uint16_t total, fresh,
	    free; /* blocks; those from fresh on were never used; free list, index + 1 */
	uint16_t used;
};

#define OWED_MAX 32

/* answers owed, oldest in bit 0 */
struct owed {
	uint32_t bits;
	uint8_t n;
};

enum chan_state { CH_FREE, CH_OPENING, CH_ASKED, CH_CONFIRM, CH_REFUSE, CH_OPEN };

struct chan {
	uint8_t state;
	uint8_t reason; /* CH_REFUSE */
	uint8_t got_eof, got_close, want_eof, sent_eof, want_close, sent_close;
	uint8_t eow;  /* 1: eow@openssh.com is due, 2: sent */
	uint8_t exit; /* 1: exit-status, 2: exit-signal is due; 3: sent */
	uint8_t core;
	char signal[12];
	uint32_t status;
	uint32_t peer_id, peer_window, peer_max;
	uint32_t granted;   /* bytes that the peer may still send */
	uint32_t limit;     /* what .granted was raised to last */
	struct queue in[2]; /* data, and extended data (to a client) */
	struct owed owed;
};

struct ssh {
	const struct ssh_conf *conf;
	uint8_t *rx, *tx;
	uint32_t rx_size, rx_r, rx_w; /* .. r: done, r .. w: to be parsed */
	uint32_t tx_size, tx_r, tx_w;
	uint32_t tx_open;  /* bytes of a packet begun behind tx_w, while a signature is awaited */
	uint32_t pkt_len;  /* of the packet at rx_r in all, 0: length not known yet */
	uint8_t head_open; /* 1: its first block is deciphered (cipher without a tag) */
	uint8_t spoilt;    /* 1: and the packet is no good, which is not to show yet (CBC) */
	uint32_t cur_end;  /* the packet at rx_r ends there once handled, 0: none in hand */
	struct str cur;    /* channel data of the packet in hand that the caller has not taken */
	uint16_t cur_ch;
	uint8_t cur_ext;
	int err;
	uint8_t phase, kstep, ask; /* enum ssh_phase, ssh_kstep, ssh_ev (0: nothing asked) */
	uint8_t ask_want, ask_query;
	int ask_ch;
	uint8_t identified, banner_due, authed_due, next_due, sign_due;
	uint16_t ident_skipped;
	uint8_t peer_version_len;
	char peer_version[SSH_VERSION_MAX];
	struct rng rng;
	uint64_t now, keyed_at;
	struct keys in, out;
	/* key exchange */
	uint8_t cookie[16];
	uint8_t strict, peer_ext_info, sid_len, rekey_now;
	uint8_t hostkey; /* server: index of the one in use */
	const struct kex *kex;
	const struct sig *sig;
	const struct cipher *next_cipher[2]; /* [0]: client to server */
	const struct mac *next_mac[2];
	const char *no_common;
	struct hash_ctx hash;
	uint8_t sid[HASH_MAX], h[HASH_MAX], k[KEX_SHARED_MAX];
	uint16_t k_len;
	uint8_t host_id[32]; /* client: SHA-256 of the host key seen first */
	uint32_t ext_seq;    /* client: seq of an EXT_INFO in PH_AUTH, plus 1 */
	uint32_t
	    sig_algs; /* client: bits of the rows that server-sig-algs named; ~0 where it came not */
	/* authentication */
	uint8_t methods, fails, queries;
	uint8_t tried;    /* client: enum ssh_method of the request in flight */
	uint8_t early;    /* server: the first service and none are answered already */
	uint8_t prompted; /* client: the server awaits answers to its prompts */
	uint8_t proved;   /* client: a real method had partial success */
	uint32_t user_len;
	uint8_t user[SSH_USER_MAX];
	struct str auth_alg, auth_blob; /* of the request in hand */
	/* connection */
	struct pool pool;
	struct owed owed;                           /* for global requests */
	uint16_t ports[CFG_FORWARD ? OWED_MAX : 1]; /* that go along with them, 0: none */
	struct {
		uint32_t id;
		uint8_t reason;
	} refused[8];
	uint8_t n_refused;
	struct chan
	    chan[CFG_CHANNELS]; /* from here on ssh_init clears no page that nobody has touched */
	uint8_t kex_sec[KEX_SEC_MAX], kex_pub[KEX_PUB_MAX]; /* client, until the reply */
};

/* rx_n >= SSH_RX_MIN, tx_n >= SSH_DATA_MAX/8 + SSH_TX_RESERVE; seed is wiped by the caller */
void ssh_init(struct ssh *s, const struct ssh_conf *conf, const uint8_t seed[32], void *rx,
	      size_t rx_n, void *tx, size_t tx_n);
void ssh_wipe(struct ssh *s);

/* the wire: _buf says where and how much there may be, _ack how much it was */
uint8_t *ssh_rx_buf(struct ssh *s, size_t *n);
void ssh_rx_ack(struct ssh *s, size_t n);
const uint8_t *ssh_tx_buf(struct ssh *s, size_t *n);
void ssh_tx_ack(struct ssh *s, size_t n);

/* 1: *ev holds an event; 0: nothing until more bytes, room in tx, or an answer; < 0: enum ssh_err, for good */
int ssh_step(struct ssh *s, uint64_t now_ms, struct ssh_event *ev);
void ssh_answer(struct ssh *s, int answer);
/* of SSH_EV_GLOBAL: yes, with data of its own; no where that cannot be sent now */
void ssh_answer_data(struct ssh *s, struct str data);
/* of SSH_EV_GLOBAL tcpip-forward with port 0: yes, and the port (RFC 4254 7.1) */
void ssh_answer_port(struct ssh *s, uint32_t port);
/* sig: a signature as on the wire (string algorithm, string bytes); len 0: refused */
void ssh_answer_sig(struct ssh *s, struct str sig);

/* ends the connection with a DISCONNECT of that reason; flush tx afterwards */
void ssh_disconnect(struct ssh *s, enum disconnect reason, const char *text);
int ssh_error(const struct ssh *s);
const char *ssh_error_text(int err);
/* which of the lists of KEXINIT had nothing in common, for the log; NULL */
const char *ssh_no_common(const struct ssh *s);

/* a rekey as soon as may be */
void ssh_rekey(struct ssh *s);
/* milliseconds until ssh_step has something to do by itself, at most an hour */
uint32_t ssh_timeout(const struct ssh *s, uint64_t now_ms);
struct str ssh_session_id(const struct ssh *s);
struct str ssh_peer_version(const struct ssh *s);
/* 1: nothing waits to be sent and no key exchange is open */
int ssh_quiet(const struct ssh *s);

/* server: the methods that the next FAILURE names */
void ssh_auth_methods(struct ssh *s, uint8_t methods);

/* client; 0 where it cannot be sent now (call again after a step) */
int ssh_auth_none(struct ssh *s, struct str user);
int ssh_auth_password(struct ssh *s, struct str user, struct str password);
/* a query where sign is 0; else SSH_EV_SIGN asks for the signature over its data */
int ssh_auth_key(struct ssh *s, struct str user, struct str alg, struct str blob, int sign);
int ssh_auth_keyboard(struct ssh *s, struct str user);
/* answers: as many strings as there were prompts, one behind the other */
int ssh_auth_prompts(struct ssh *s, uint32_t n, struct str answers);

/*
 * Channels. in: what the peer sent and the fd has not taken. out: where to read
 * the fd's data to (sealed in place by the ack). NULL: nothing, or no room.
 */
const uint8_t *ssh_in_buf(struct ssh *s, int ch, int ext, size_t *n);
void ssh_in_ack(struct ssh *s, int ch, int ext, size_t n);
uint8_t *ssh_out_buf(struct ssh *s, int ch, int ext, size_t *n);
void ssh_out_ack(struct ssh *s, int ch, int ext, size_t n);
int ssh_in_eof(const struct ssh *s, int ch);    /* 1: all taken, and no more will come */
int ssh_in_closed(const struct ssh *s, int ch); /* 1: the peer closed; nothing can be sent */

/* the channel, or -1: no slot, or not now */
int ssh_chan_open(struct ssh *s, const char *type, struct str data);
int ssh_chan_room(const struct ssh *s); /* 1: there is a slot */
void ssh_chan_confirm(struct ssh *s, int ch, int yes_or_reason);
/* 0: not now */
int ssh_chan_request(struct ssh *s, int ch, const char *name, int want_reply, struct str data);
int ssh_global(struct ssh *s, const char *name, int want_reply, struct str data);
void ssh_chan_eof(struct ssh *s, int ch); /* sent once what was acked is */
void ssh_chan_eow(struct ssh *s, int ch); /* nobody reads what the peer sends */
void ssh_chan_exit(struct ssh *s, int ch, uint32_t status);
void ssh_chan_signal(struct ssh *s, int ch, const char *name, int core); /* name: "TERM", ... */
/* EOF, exit, CLOSE as still owed; the caller is done with ch, what waits is dropped */
void ssh_chan_close(struct ssh *s, int ch);

/* bytes from the pool's start on that hold nothing, so that their pages can be given back; 0 while any does */
size_t ssh_pool_idle(struct ssh *s);

#endif
