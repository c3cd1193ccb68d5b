/* mon.h - what the network process asks of the monitor, and how. */
/* SPDX-License-Identifier: MIT */
/*
 * A socketpair of datagrams, at most MON_MAX bytes each, first byte the kind.
 * Net sends one request and waits for its reply (kind MON_REPLY); the monitor
 * besides tells when a command has ended (MON_ENDED), at any moment. What is
 * due when stands in one table, monitor.c; anything else ends the connection.
 */
#ifndef MON_H
#define MON_H

#include "authkeys.h"
#include "port.h"
#include "settings.h"
#include "ssh.h"

/* a certificate and a signature by its key, each by the longest key that is built in */
#define MON_MAX (CFG_CERT_MLDSA44 ? 12288 : CFG_CERTS || CFG_KEY_MLDSA44 ? 8192 : 4096)
#define MON_SESSIONS CFG_CHANNELS
#define MON_TEXT (MON_MAX - 64) /* bytes of a command or an environment in one message */
#define MON_COMMAND 32768       /* bytes of a command in all */
#define MON_NAME SSH_USER_MAX
#define MON_PASSWORD 512

/*
 * SIGN:  u8 host key, string algorithm,
 *        string hash (32, 48 or 64 bytes; 20: WEAK_DH_SHA1)   -> string signature
 * PROVE: u8 host key, string algorithm                         -> string signature, of PROTOCOL 2.5
 * AUTH:  u8 method, u8 query, string user, string password,
 *        string algorithm, string blob, string signature      -> u8 answer, u8 methods, u32 what the user may (enum authkeys_may, MAY_STEER)
 * PTY:   u32 channel, string term, u32 cols rows xpix ypix,
 *        string modes                                         -> u8 yes (+ the master)
 * ENV:   u32 channel, string name, string value               -> u8 yes
 * PART:  u32 channel, string part of the command line         -> u8 yes
 * SPAWN: u32 channel, u8 enum spawn, and with SFTP_SERVER
 *        string the client's version                          -> u8 yes (+ stdin, stdout, stderr)
 * KILL:  u32 channel, string signal                           -> u8 yes
 * HUP:   u32 channel: the channel is gone                     -> u8 yes
 * FORWARD: u32 ~0: a forwarder                             -> u8 yes (+ its socket)
 *          u32 channel: its command may ask the agent's socket -> u8 yes
 * BYE:   u32 error, string text: how the connection ended, and with JOB
 *        u8 lost: nobody wanted that; no reply
 */
enum mon {
	MON_SIGN = 1,
	MON_AUTH,
	MON_PTY,
	MON_ENV,
	MON_PART,
	MON_SPAWN,
	MON_KILL,
	MON_HUP,
	MON_BYE,
	MON_FORWARD,
	MON_PROVE,
	MON_LAST = CFG_HOSTKEY_UPDATE ? MON_PROVE + 1 : MON_FORWARD + CFG_FORWARD,
	MON_REPLY = 64,
	MON_ENDED /* u32 channel, u8 by signal, u32 status, u8 core, string signal */
};

enum spawn { SPAWN_SHELL, SPAWN_EXEC, SPAWN_SUBSYSTEM };

/* beside enum authkeys_may: signals and environment, which a forced command goes without */
enum { MAY_STEER = 32 };

/* OpenSSH's PROTOCOL 2.5 */
#define HOSTKEYS_TELL "hostkeys-00@openssh.com"
#define HOSTKEYS_PROVE "hostkeys-prove-00@openssh.com"

/* what the listener hands to a monitor, and a monitor to its net, in one datagram */
struct handover {
	uint8_t seed[32];
	USE_RESCUE(uint32_t reserve;) /* 1: the connection comes later */
	uint32_t settings_len;        /* bytes of struct settings, behind this */
	uint32_t keys_len;   /* then the host keys: private, string kind and OpenSSH's fields; */
	uint32_t banner_len; /* to net: string algorithm, string blob for each, and the banner; an
				  empty blob: the same as before it */
};

/* bytes: of private keys, or of public ones and the banner */
#define HANDOVER_KEYS (CFG_CERTS ? 16384 : CFG_KEY_RSA || CFG_KEY_MLDSA44 ? 8192 : 4096)
#define HANDOVER_MAX (sizeof(struct handover) + sizeof(struct settings) + HANDOVER_KEYS)

/* roles of the same program, argv[1] of the exec */
#define ROLE_MONITOR "(monitor)"
#define ROLE_NET "(net)"
#define ROLE_RESCUE "(rescue)"

/* in each command's environment: clock_boot_ms of the connection's start, the monitor's pid */
#define ENV_LOGIN "CUBSSH_LOGIN"

int monitor_main(void); /* descriptor 3 the connection, 4 the listener's link */
int net_main(void);     /* descriptor 3 the connection, 4 the monitor */

#endif
