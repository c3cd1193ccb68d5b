/* cli.h - the ssh client: its settings, and what its files share. */
/* SPDX-License-Identifier: MIT */
/*
 * One process, the user's: engine, terminal, files. Forwards are opened by a
 * process of their own (fwd.h), which resolves and connects without keeping
 * the connection waiting.
 */
#ifndef CLI_H
#define CLI_H

#include "dial.h"
#include "flow.h"
#include "key.h"
#include "port.h"
#include "ssh.h"

#define CLI_FILES 16    /* identities, certificates, known_hosts of a kind */
#define CLI_FORWARDS 32 /* -L, -R and -D in all */
#define CLI_VARS 16
#define CLI_PASS 32 /* arguments that hops of ProxyJump get too */
#define CLI_TEXT 16384

enum cli_ask { ASK_NO, ASK_YES, ASK_ASK, ASK_NEW, ASK_AUTO, ASK_FORCE }; /* of several keywords */

struct cli_forward {
	/* 'L', 'R', 'D'; 'd': a remote SOCKS (-R port); 'w': devices, their numbers the ports */
	char kind;
	uint16_t port, to_port;
	const char *bind; /* address, or a socket's path; NULL: by GatewayPorts; "" and "*": all */
	const char *to;   /* host, or a socket's path */
	uint8_t bind_unix, to_unix;
};

#define CLI_TUN_ANY 65535

/*
 * All values that a connection needs, after command line, files and defaults;
 * texts lie in cli_text or argv and tokens (%h ...) are resolved. NULL: not set.
 * In the order of their sizes, as small offsets make short instructions.
 */
struct cli_set {
	uint8_t dbclient; /* the dialect */
	uint8_t family;   /* 4, 6; 0: any */
	uint8_t tcp_keepalive;
	/* host keys */
	uint8_t strict;   /* ASK_YES, ASK_NO, ASK_ASK, ASK_NEW (accept-new) */
	uint8_t no_check; /* dbclient -yy: neither looked up nor kept */
	uint8_t hash_known, update_hostkeys, visual, check_host_ip;
	/* authentication */
	uint8_t identities_given; /* .identity is the user's, not the default list */
	uint8_t identities_only, batch, password_auth, pubkey_auth, kbd_auth;
	uint8_t forward_agent;
	uint8_t add_keys; /* ASK_NO, ASK_YES, ASK_ASK, 3: confirm */
	/* the session */
	uint8_t subsystem;  /* -s: .command is its name */
	uint8_t tty;        /* RequestTTY: ASK_NO, ASK_YES, ASK_AUTO, ASK_FORCE */
	uint8_t no_session; /* -N */
	uint8_t stdin_null; /* -n */
	uint8_t background; /* -f */
	uint8_t permit_local_command;
	uint8_t log_level, to_syslog;
	/* forwards and shared connections */
	uint8_t n_forwards, gateway_ports, exit_on_forward_failure, clear_forwards;
	uint8_t stream_unlink;
	uint8_t master; /* ControlMaster: ASK_NO, ASK_YES, ASK_ASK, ASK_AUTO */
	uint8_t dump;   /* -G */
	uint8_t tunnel; /* Tunnel: 1 point-to-point, 2 ethernet */

	uint16_t port, stream_mask;
	uint16_t tun_local, tun_remote;
	int escape; /* EscapeChar, -1: none */
	/* where to and who */
	const char *host_arg, *host, *user, *host_key_alias;
	const char *bind_address, *bind_interface;
	const char *proxy_jump, *proxy_command; /* NULL also for "none" */
	uint32_t connect_timeout, connection_attempts;
	const char *preferred;               /* PreferredAuthentications */
	uint32_t password_prompts, add_life; /* seconds in the agent, 0: no end */
	const char *identity_agent;          /* a path, "none", or NULL: SSH_AUTH_SOCK */
	const char *forward_path;            /* of the agent that is forwarded; NULL: of that one */
	/* algorithms: lists as for struct ssh_conf, + - ^ resolved; NULL: all */
	const char *kex, *ciphers, *macs, *hostkey_algs, *pubkey_algs, *ca_algs;
	const char *revoked; /* RevokedHostKeys, a file */
	uint32_t rekey_seconds;
	uint64_t rekey_bytes;
	const char *command;       /* the remote command line, NULL: a shell */
	const char *local_command; /* after the login, with PermitLocalCommand */
	const char *netcat;        /* -W host:port */
	const char *control_path;
	uint32_t control_persist;             /* seconds; ~0: for ever; 0: no */
	const char *control_command;          /* -O */
	uint32_t alive_interval, alive_count; /* ServerAlive* */
	uint32_t idle, max_duration, window;  /* dbclient -I, -M, -W */
	const char *log_file;
	const char *query; /* -Q */
	uint32_t text_len; /* bytes of cli_text that are taken */

	const char *identity[CLI_FILES], *certificate[CLI_FILES];
	const char *known[CLI_FILES], *global_known[CLI_FILES];
	const char *send_env[CLI_VARS], *set_env[CLI_VARS];
	/*
	 * What of the command line goes to the hops of ProxyJump as it is (-F, -v, -q, -4, -6,
	 * -o of what is about all hosts ...): NULL behind the last.
	 */
	const char *pass[CLI_PASS];
	struct cli_forward forward[CLI_FORWARDS];
};

extern char cli_text[CLI_TEXT];

/*
 * cli_set.c, cli_args.c, cli_conf.c, cli_dump.c: fills in all of it from the command line in
 * its dialect, the files, and the defaults. 0: go on; > 0: exit with that status minus one
 * (help, version, -G, -Q were printed; what was wrong is on stderr, file and line named).
 */
int cli_settings(struct cli_set *s, int argc, char **argv, int dbclient);
/* cli_forward.c: 1: they listen at the same place, for the same target */
int cli_forward_same(const struct cli_forward *a, const struct cli_forward *b);
/* where to listen, as text: what its bind address says, or GatewayPorts */
struct str cli_forward_bind(const struct cli_set *s, const struct cli_forward *f);
/* the agent's socket; NULL: there is none to be forwarded */
const char *cli_agent_path(const struct cli_set *s);
/* 1: SendEnv's patterns name that variable (a later -NAME takes it out again) */
int cli_sends(const struct cli_set *s, struct str name);

/* cli_known.c: known_hosts files */

enum known_what { KNOWN_NONE, KNOWN_OK, KNOWN_CHANGED, KNOWN_REVOKED };

struct known {
	enum known_what what;
	const char *file; /* that says so; for KNOWN_CHANGED the line to be removed */
	unsigned long line;
};

/*
 * A key of the server in all files of s; a known host with keys of other types alone is
 * KNOWN_CHANGED. ca.p not NULL: whether that CA, which has certified the key, is the host's.
 */
struct known known_check(const struct cli_set *s, const char *name, struct str blob, struct str ca);
/* bits of sigs[] (sig.h) whose keys, or CAs, are known for the host; 0: none is */
uint32_t known_types(const struct cli_set *s, const char *name);
/* appends to the user's first file, hashed where so configured; 0 or -errno and *file */
int known_add(const struct cli_set *s, const char *name, struct str blob, const char **file);
/* cli_trust.c: SSH_EV_HOSTKEY, after files and questions; TRUST_SOME: a key has changed and the user does not mind */
enum trust { TRUST_NONE, TRUST_SOME, TRUST_NEW, TRUST_FULL, TRUST_CA };
enum trust cli_trust(const struct cli_set *s, struct str alg, struct str blob);

/* the server's name as in the files, "host" or "[host]:port" */
const char *cli_host_name(const struct cli_set *s);
/* without its port: as in certificates */
const char *cli_host_bare(const struct cli_set *s);
/* SHA256:..., good until the next call */
const char *cli_fingerprint(struct str blob);
/* what to ask the server for: NULL, all */
const char *cli_hostkey_algs(const struct cli_set *s);

/* cli_ask.c: questions on the terminal (/dev/tty), or by SSH_ASKPASS where there is none */

/*
 * The length; -1: nobody to ask, or they gave up (^C, ^D, BatchMode). echo 0: a secret, which
 * the caller wipes. s NULL: there are no settings.
 */
int ask_line(const struct cli_set *s, const char *prompt, int echo, char *out, size_t n);
/* likewise, by the program of SSH_ASKPASS alone; saying nothing is an answer too */
int ask_program(const char *prompt, char *out, size_t n);
/* to stderr unless quiet; control characters of args by %p as in fmt */
void cli_say(const struct cli_set *s, enum log_level l, const char *f, ...)
    __attribute__((format(printf, 3, 4)));

/* agent_client.c: the agent's protocol, from the side of who asks (draft-ietf-sshm-ssh-agent) */

/* a connected agent, or -errno; path NULL: SSH_AUTH_SOCK */
int agent_connect(const char *path);
/* the keys that it has: *n in: room; 0 or -errno; the strings lie in buf */
struct agent_key {
	struct str blob, comment;
};
int agent_list(int fd, void *buf, size_t size, struct agent_key *keys, unsigned *n);
struct sig;
uint32_t agent_flags(const struct sig *s);
/* flags: 2 rsa-sha2-256, 4 rsa-sha2-512; *sig lies in buf: a signature as on the wire. 0 or -errno */
int agent_sign(int fd, struct str blob, struct str data, uint32_t flags, void *buf, size_t size,
	       struct str *sig);
/* a request: more is appended to it; then the answer yes, 0, or -errno (-EACCES: no) */
void agent_begin(struct wr *w, void *mem, size_t n, uint8_t type);
int agent_call(int fd, struct wr *w);
/* the request that gives it a key; life: seconds, 0: no end; confirm: it asks at each use */
void agent_begin_key(struct wr *w, void *mem, size_t n, const struct key *k, struct str comment,
		     uint32_t life, int confirm);

#endif
