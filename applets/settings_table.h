/* settings_table.h - the table of settings, and what its views share. */
/* SPDX-License-Identifier: MIT */
#ifndef SETTINGS_TABLE_H
#define SETTINGS_TABLE_H

#include "settings.h"
#include "settings_share.h"

/* how a value is read, and what is at .off */
enum set_type {
	SET_ENUM,    /* uint8_t; arg: enum set_enum */
	SET_PAIR,    /* uint8_t at .off and at .off + arg, both the same */
	SET_FORWARD, /* two uint8_t: local, remote; E_FORWARD's bits */
	SET_NUM,     /* uint32_t, at least arg; "none" is 0 where that is allowed */
	SET_FIRST,   /* uint32_t, the first of several numbers with colons between */
	SET_TIME,    /* uint32_t, seconds: 90, 2m, 1h30m; "none" is 0 */
	SET_SIZE,    /* uint32_t, bytes: 64K, 1M */
	SET_REKEY,   /* rekey_bytes and rekey_seconds */
	SET_ALG,     /* uint16_t, a comma list; arg: enum set_alg */
	SET_LISTEN,  /* uint16_t[CFG_LISTENERS]; arg: a bare word is 0 a port, 1 an address */
	SET_FILES,   /* uint16_t[arg], paths */
	SET_WORD,    /* uint16_t; "none" is empty; as all above, one word */
	SET_WORDS,   /* uint16_t, words with spaces between */
	SET_LIST,    /* uint16_t, words, and later lines add to it; arg stands between */
	SET_REST,    /* uint16_t, the rest of the line as it is; "none" is empty */
	SET_SUBSYS,  /* uint16_t[SETTINGS_SUBSYSTEMS], name and rest of the line */
	SET_FLAG,    /* nothing; the flags know */
	SET_OCTAL,   /* uint32_t, up to 0777 */
	SET_PENALTY  /* uint32_t[PENALTY_COUNT] */
};

enum set_enum {
	E_BOOL,
	E_NO, /* what is not built in cannot be had */
	E_ROOT,
	E_METHODS,
	E_LEVEL,
	E_FACILITY,
	E_FAMILY,
	E_GATEWAY,
	E_FORWARD,
	E_QOS,
	USE_TUN(E_TUNNEL, ) E_TOKEN,
	E_PENALTY,
	E_COUNT = E_PENALTY + CFG_PENALTIES
};

/* rows; those behind K_KEYWORDS have no keyword, only flags */
enum set_row {
	K_PORT,
	K_LISTEN_ADDRESS,
	K_ADDRESS_FAMILY,
	K_BIND_INTERFACE,
	USE_LINKLOCAL(K_LINK_LISTEN, ) USE_MDNS(K_ANNOUNCE, ) K_HOST_KEY,
	K_HOST_CERT,
	USE_HOSTKEY_SEED(K_HOST_SEED, ) K_MAKE_HOST_KEYS,
	K_PID_FILE,
	K_LOG_LEVEL,
	K_SYSLOG_FACILITY,
	K_NET_USER,
	K_PASSWORD_AUTH,
	K_PUBKEY_AUTH,
	K_EMPTY_PASSWORDS,
	K_PERMIT_ROOT,
	K_AUTH_METHODS,
	K_STRICT_MODES,
	K_MAX_TRIES,
	K_ALLOW_USERS,
	K_DENY_USERS,
	K_ALLOW_GROUPS,
	K_DENY_GROUPS,
	K_AUTHORIZED_KEYS,
	K_TRUSTED_CAS,
	K_PRINCIPALS,
	K_REVOKED,
	K_PUBKEY_OPTIONS,
	K_FORCE_COMMAND,
	K_BANNER,
	K_CHROOT,
	K_ACCEPT_ENV,
	K_SET_ENV,
	K_TCP_FORWARDING,
	K_STREAM_FORWARDING,
	K_STREAM_MASK,
	K_STREAM_UNLINK,
	K_GATEWAY_PORTS,
	K_AGENT_FORWARDING,
	USE_FORWARD(K_NO_FORWARDING, K_PERMIT_OPEN, K_PERMIT_LISTEN, ) K_PRINT_MOTD,
	USE_TUN(K_PERMIT_TUNNEL, ) K_PERMIT_TTY,
	K_PERMIT_USER_ENV,
	USE_JOB(K_DETACH, ) K_IPQOS,
	K_GRACE,
	K_ALIVE_INTERVAL,
	K_ALIVE_COUNT,
	K_IDLE,
	K_MAX_DURATION,
	K_WINDOW,
	K_REKEY,
	K_MAX_STARTUPS,
	K_PER_SOURCE,
	K_MAX_CONNECTIONS,
	USE_PENALTIES(K_PENALTIES, K_PENALTY_EXEMPT, ) K_KEX,
	K_CIPHERS,
	K_MACS,
	K_HOSTKEY_ALGS,
	K_PUBKEY_ALGS,
	K_CA_ALGS,
	K_VERSION_ADDENDUM,
	K_SUBSYSTEM,
	USE_RESCUE(K_RESCUE_KEYS, K_RESCUE_IFACE, ) K_KEYWORDS,
	K_CONFIG = K_KEYWORDS,
	K_FOREGROUND,
	K_STDERR,
	K_INETD,
	K_TEST,
	K_DEBUG,
	K_VERBOSE,
	K_ROOT_PASSWORD,
	K_PASS_ENV,
	K_AUTHORIZED_DIR,
	K_NO_LOCAL,
	K_NO_REMOTE,
	K_OPTION, /* -o */
	K_IGNORE,
	K_USAGE,
	K_VERSION,
	K_QUERY,
	K_COUNT
};

struct setting {
	const char *name; /* the keyword, NUL, the default value or nothing, NUL */
	uint16_t off;     /* in struct settings */
	uint8_t type;     /* enum set_type */
	uint8_t arg;
};

extern const struct setting set_table[K_COUNT];
/* defaults of rows that have several, and what makes dropbear's differ */
extern const struct set_default {
	uint8_t row;
	const char *value;
} set_sshd[], set_dropbear[];
/* each: the value plus '0', the name, a semicolon. The first name of a value is shown. */
extern const char *const set_enums[E_COUNT];

/* a flag that takes an argument, or puts a value */
#define ARG (-1)
struct set_flag {
	char c;
	uint8_t row;
	int8_t value; /* ARG, or of an enum or a pair */
};

struct set_dialect {
	const char *usage;
	const struct set_flag *flags; /* c 0 ends it */
};

extern const struct set_dialect dialect_sshd, dialect_dropbear;

/* settings_value.c: reads a value; NULL, or what is wrong with *what, which it narrows down */
const char *set_read(struct settings *s, unsigned row, struct str *what);
/* appends a text, *ref finds it; 0 where the room is used up */
int set_text(struct settings *s, uint16_t *ref, struct str v);
/* puts the value of an enum, or both of a pair */
void set_number(struct settings *s, unsigned row, unsigned value);

/* settings_alg.c: as set_value; *ref gets the list, prefixes + - ^ resolved */
const char *set_alg(struct settings *s, uint16_t *ref, unsigned kind, struct str *what);

/* settings.c: as set_read, from outside: the default goes away, the row counts as given */
const char *set_value(struct settings *s, unsigned row, struct str *what);
/* 1 for what later values add to */
int set_adds(const struct setting *row);

/*
 * settings_line.c: `Keyword value` or `Keyword=value`, changed in place; passed
 * over where fixed has it. 0, or -1 and why.
 */
int set_line(struct settings *s, char *line, const uint32_t *fixed, char *why, size_t why_len);

#endif
