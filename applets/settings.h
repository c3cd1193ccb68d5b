/* settings.h - what a server can be told, in the dialects of sshd and dropbear. */
/* SPDX-License-Identifier: MIT */
/*
 * One table of settings (keyword, default, type, place in the struct); flags of
 * either dialect, -o Keyword=value and the configuration file are views of it.
 * The struct holds no pointer: the listener hands it to each connection as
 * bytes, SETTINGS_SIZE(s) of them. Texts lie one after the other in .text, and a
 * uint16_t says where each begins; 0 is the empty one.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "config.h"

#define SETTINGS_TEXT 3072 /* bytes of all texts together */
#define SETTINGS_ROWS 96   /* more than there are rows in the table */
#define SETTINGS_SUBSYSTEMS 4

enum permit_root { ROOT_NO, ROOT_KEY_ONLY, ROOT_FORCED, ROOT_YES };
enum permit_empty { EMPTY_NO, EMPTY_YES, EMPTY_ROOT };          /* ROOT: for uid 0 alone */
enum test_only { TEST_NO, TEST_CHECK, TEST_DUMP };              /* sshd -t, -T */
enum gateway_ports { GATEWAY_NO, GATEWAY_YES, GATEWAY_CLIENT }; /* loopback, any, as asked */
/* PerSourcePenalties: seconds for each, and the bounds of their sum; PENALTY_MAX 0: off */
enum penalty {
	PENALTY_CRASH,
	PENALTY_AUTHFAIL,
	PENALTY_NOAUTH,
	PENALTY_REFUSE,
	PENALTY_GRACE,
	PENALTY_MAX,
	PENALTY_MIN,
	PENALTY_COUNT
};

struct settings {
	/* how to run */
	uint8_t dropbear; /* dialect: log lines, paths of keys and authorized_keys */
	uint8_t foreground, to_stderr, inetd, test_only;
	uint8_t log_level;      /* enum log_level of port.h */
	uint8_t log_facility;   /* the number of RFC 5424 6.2.1: 4 is auth, 10 authpriv */
	uint8_t make_keys;      /* -R: host keys are made when missing */
	uint8_t address_family; /* 0 any, 4, 6 */
	/* who may */
	uint8_t password_auth, pubkey_auth;
	uint8_t permit_empty;     /* enum permit_empty; dropbear -B */
	uint8_t permit_root;      /* enum permit_root */
	uint8_t root_password;    /* dropbear -g: 0 */
	uint8_t key_and_password; /* dropbear -t: both factors */
	uint8_t strict_modes;
	uint8_t pubkey_needs; /* enum sk_flags that a signature has to have */
	/* what they may; forwards come later and read these */
	uint8_t tcp_local, tcp_remote, stream_local, stream_remote; /* in this order */
	uint8_t gateway_ports;                                      /* enum gateway_ports */
	uint8_t no_forwarding;
	uint8_t stream_unlink;
	uint8_t tunnel;       /* PermitTunnel: 1 point-to-point, 2 ethernet */
	uint32_t stream_mask; /* umask of unix sockets that listen */
	uint8_t agent_forwarding, motd, pass_env, permit_tty, permit_user_env;
	uint8_t qos, detach;
	uint32_t max_tries;
	/* times in seconds, 0: never */
	uint32_t grace, keepalive, idle, max_duration, rekey_seconds;
	uint32_t keepalive_count;
	uint32_t window; /* bytes, most that a connection grants in all; 0: what the pool holds */
	uint32_t rekey_bytes; /* 0: the engine's own limit; and so for rekey_seconds */
	uint32_t unauth_max, unauth_source, conns_max; /* unauth_source 0: no limit */
	/* texts: SETTING(s, banner) */
	uint16_t config_file, pid_file, banner, chroot_dir; /* empty: none */
	uint16_t iface;                                     /* SO_BINDTODEVICE */
	uint16_t link_listen, announce;                     /* patterns of interfaces; or yes, no */
	uint16_t listen[CFG_LISTENERS];                     /* see settings_listener */
	uint16_t hostkey[CFG_HOSTKEYS];                     /* paths */
	uint16_t hostcert[CFG_HOSTKEYS];                    /* likewise */
	USE_HOSTKEY_SEED(uint16_t hostkey_seed;)            /* a path */
	uint16_t allow_users, deny_users, allow_groups, deny_groups; /* patterns, space separated */
	uint16_t authorized_keys; /* paths, space separated; %h %u %%; relative to the home */
	uint16_t authorized_dir;  /* dropbear -D */
	uint16_t trusted_cas, principals, revoked; /* paths; %h %u %% in that of principals */
	uint16_t ca_algs;                          /* comma list; empty: all but weak ones */
	uint16_t force_command;
	uint16_t permit_open, permit_listen; /* host:port, space separated; "any", "none" */
	uint16_t accept_env;                 /* patterns, space separated */
	uint16_t set_env;                    /* NAME=value, separated by newlines */
	uint16_t kex, ciphers, macs, hostkey_algs, pubkey_algs; /* comma lists; empty: all */
	uint16_t version_addendum;
	uint16_t subsystem[SETTINGS_SUBSYSTEMS];        /* name, a space, command line */
	uint16_t net_user;                              /* whom the network process becomes */
	uint16_t penalty_exempt;                        /* addresses and nets, comma list */
	USE_RESCUE(uint16_t rescue_keys, rescue_iface;) /* see RESCUE_KEYS */
	uint32_t penalty[PENALTY_COUNT];
	/* the loader's own */
	uint32_t given[SETTINGS_ROWS / 32]; /* rows set by flags or file, not by default */
	uint16_t text_len;
	char text[SETTINGS_TEXT]; /* the last field; what is behind text_len does not count */
};

#define SETTING(s, field) ((s)->text + (s)->field)
/* what is there with its symbol alone: a path, or "" */
#define HOSTKEY_SEED(s) ((s)->text + (0 USE_HOSTKEY_SEED(+(s)->hostkey_seed)))
#define RESCUE_KEYS(s) ((s)->text + (0 USE_RESCUE(+(s)->rescue_keys)))
#define RESCUE_IFACE(s) ((s)->text + (0 USE_RESCUE(+(s)->rescue_iface)))
/* 1: there is a rescue login */
#define RESCUE_ON(s) (CFG_RESCUE && (sizeof(CFG_RESCUE_KEY) > 1 || *RESCUE_KEYS(s)))
/* bytes of a struct settings that have to be handed on */
#define SETTINGS_SIZE(s) (offsetof(struct settings, text) + (s)->text_len)

/* defaults of the dialect */
void settings_default(struct settings *s, int dropbear);
/*
 * Command line of either dialect, argv left as it is. 0: go on; > 0: exit with
 * that status minus one (help, version, -Q were printed; a bad option was named
 * on stderr).
 */
int settings_args(struct settings *s, int argc, char **argv);
/*
 * The configuration file over s (flags given on the command line win). 0, or
 * -1 with "FILE line N: text" in why; then s is half changed and no good: who
 * reads anew (HUP) does that into another struct. That the file of the default
 * path does not exist is fine.
 */
int settings_file(struct settings *s, char *why, size_t why_len);
/* every keyword with its value, as sshd -T prints; nothing without CFG_SSHD_OPTIONS */
void settings_dump(const struct settings *s, int fd);
/*
 * Number i of the addresses to listen on, from 0: host ("*" is any) of n bytes
 * and port. 0: there is none. ListenAddress without a port goes with every Port.
 */
int settings_listener(const struct settings *s, unsigned i, char *host, size_t n, uint16_t *port);

#endif
