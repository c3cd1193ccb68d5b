/* cli_run.h - the client's one connection, and what its files do for it. */
/* SPDX-License-Identifier: MIT */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include <poll.h>
#include <stdnoreturn.h>

#include "cli.h"

struct cli {
	struct cli_set set;
	struct ssh_conf conf;
	int sock;      /* to the server */
	pid_t carrier; /* ProxyCommand's process, 0: none */
	pid_t master;  /* whose connection is ours too; 0: we have our own */
	uint8_t keyed, authed, ending;
	uint8_t known;                 /* the server's key was in the files before */
	int status;                    /* exit status, -1: none yet */
	uint64_t heard, active, start; /* milliseconds: any packet; data; the first moment */
	uint32_t unanswered;           /* keepalives */
	struct ssh ssh;
	uint8_t called;  /* by callhome: 1, and 2 once that knows that the connection stands */
	uint16_t listen; /* --listen: a port, on which the server comes to us; 0 */
};

extern struct cli cli;

#define CLI_FAILED 255

/* ssh.c: ends the program: terminal, children and files are put right first */
noreturn void cli_exit(int status);
int cli_signals(void);       /* the descriptor on which they come from now on */
void cli_signals_take(void); /* those that came */
noreturn void cli_die(const char *f, ...) __attribute__((format(printf, 1, 2)));

/* cli_connect.c: .sock, by TCP, ProxyCommand or ProxyJump; dies where there is none */
void cli_connect(void);

/* callhome_child.c: settings that follow from .called; word to who called */
void cli_called(struct cli_set *s);
void cli_called_up(void);

/* cli_auth.c */
void cli_auth_next(const struct ssh_event *ev);  /* AUTH_NEXT */
void cli_auth_event(const struct ssh_event *ev); /* PK_OK, PROMPTS, SIGN */
int cli_auth_retry(void); /* a request that could not be sent yet; 1: it is */
void cli_auth_done(void); /* wipes what authentication needed */

/* cli_key.c: the public half of the file's key; empty: there is none, and it is said why */
struct str cli_key_blob(const char *path, int *locked); /* *locked: a passphrase is needed */
/* as key_sign, with the file's; asks for its passphrase, and gives the key to the agent */
struct sig;
int cli_key_sign(const char *path, const struct sig *s, struct wr *w, struct str data);
void cli_key_forget(void);

/*
 * cli_cert.c: the certificate in a file (beside: in path-cert.pub), where it is of that plain
 * key; len 0: there is none. Good until the next call.
 */
struct str cli_cert_load(const char *path, int beside, struct str key);

/*
 * cli_sess.c: sessions, ours and those of others that share the connection. A client
 * of ours may come while all of the sessions are taken, and be told so.
 */
#define MUX_CLIENTS 10
#define MUX_POLL (CFG_SSH_MUX ? 1 + MUX_CLIENTS : 0)
#define SESSIONS (CFG_SSH_MUX ? 1 + 8 : 1)
#define SESS_POLL (3 * SESSIONS)

/* what is wanted; the strings last until the requests are out */
struct sess_ask {
	int fd[3]; /* its stdin, stdout, stderr; -1: none */
	uint8_t tty, subsystem, agent;
	int escape;         /* -1: none */
	uint32_t port;      /* not 0: no session, but a pipe to this port of .term */
	struct str term;    /* TERM */
	struct str command; /* .p NULL: a shell */
	struct str env;     /* strings NAME=value; ours come from the settings */
};
struct sess;
struct mux_client;

/* NULL: there is no room. owner: NULL for ours */
struct sess *sess_new(const struct sess_ask *a, struct mux_client *owner);
void sess_drop(struct sess *s);              /* its owner has gone */
int sess_wants_tty(void);                    /* ours; says why not */
void sess_start(void);                       /* authentication is done: ours, as the settings say */
void sess_event(const struct ssh_event *ev); /* OPENED, REFUSED, REQUEST, REPLY of their channels */
int sess_is(int ch);
void sess_pump(void);
unsigned sess_poll(struct pollfd *p); /* at most SESS_POLL entries */
void sess_polled(const struct pollfd *p, unsigned n);
int sess_started(void);                     /* 1: the requests of ours are out */
int sess_over(void);                        /* 1: ours has ended, or never was to be */
const char *cli_fwd_target(uint32_t *port); /* of -W */
void sess_window(void);                     /* a terminal has another size */
void sess_restore(void); /* descriptors that are shared with others, as they were */

/* cli_tty.c: our terminal, raw while a session with one lasts */
void cli_tty_raw(void);
void cli_tty_restore(void);
void cli_tty_again(void); /* after SIGCONT */
void cli_tty_stop(void);  /* ~^Z */
/* RFC 4254 6.2: pty-req's fields behind "want reply": TERM, sizes, modes; of that terminal */
void cli_tty_request(struct wr *w, int fd, struct str term);
/* window-change's fields */
void cli_tty_size(struct wr *w, int fd);

/* cli_hostkeys.c */
int cli_hostkeys_told(const struct ssh_event *ev); /* 1: taken, and answered */
void cli_hostkeys_ask(void);                       /* if that is still to be done */
void cli_hostkeys_proven(const struct ssh_event *ev);

/* cli_fwd.c */
int cli_fwd_prove(const struct wr *w); /* hostkeys-prove-00; 0: not now */
void cli_fwd_init(void);
void cli_fwd_work(void);
void cli_fwd_reply(const struct ssh_event *ev); /* GLOBAL_REPLY */
int cli_fwd_open(const struct ssh_event *ev);   /* the answer to it */
void cli_fwd_opened(const struct ssh_event *ev);
void cli_fwd_refused(const struct ssh_event *ev); /* one of our opens */
int cli_fwd_keepalive(void);                      /* 0: not now */
int cli_fwd_settled(void);
uint16_t cli_fwd_port(void);                        /* where the server listens for the first -R */
int cli_fwd_cancel(unsigned i);                     /* 1: it was live */
int cli_fwd_direct(struct str host, uint32_t port); /* a channel to there, -1: not now */
int cli_fwd_find(const struct cli_forward *f);      /* the same that is there already; -1 */
int cli_fwd_add(const struct cli_forward *f);       /* its number, -1: no room */
void cli_fwd_tell(unsigned i);                      /* mux_forwarded, if it is settled */
void cli_prompt(void);                              /* cli_prompt.c: ~C */

/* the escape character on a terminal */
struct esc {
	int c;  /* -1: none */
	int fd; /* what is said goes there */
	uint8_t own;
	uint8_t left;      /* they want to go (not ours: that goes at once) */
	uint8_t mid, seen; /* the last byte ended no line; it was the escape character */
};

/*
 * cli_esc.c: takes the n bytes that were typed, which lie at p + 1 (one may have been
 * kept back before), and acts on escapes; how many for the server lie at p then.
 */
size_t esc_take(struct esc *e, uint8_t *p, size_t n);

#endif
