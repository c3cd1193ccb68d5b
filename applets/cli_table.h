/* cli_table.h - the client's table of settings, and what its views share. */
/* SPDX-License-Identifier: MIT */
/*
 * As the server's (settings_table.h): a row is a keyword, its default, its type
 * and its place; flags, -o, the files and -G are views of the rows. The first
 * value of a row wins, unless it is a list that later values add to.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "cli.h"
#include "cli_rows.h"
#include "settings_share.h"

#define CLI_LINE 4096   /* bytes, the longest line of a file or -o */
#define CLI_INCLUDES 16 /* how deep */

/* how a value is read, and what is at .off */
enum cli_type {
	C_ENUM,    /* uint8_t; arg: enum cli_enum */
	C_NUM,     /* uint32_t, at least arg */
	C_TIME,    /* uint32_t, seconds */
	C_SIZE,    /* uint32_t, bytes */
	C_PORT,    /* uint16_t */
	C_MASK,    /* uint16_t, octal */
	C_ESCAPE,  /* int */
	C_ADD,     /* uint8_t, arg: enum cli_enum; add_life, a time or confirm and a time */
	C_PERSIST, /* uint32_t, seconds or yes or no */
	C_REKEY,   /* rekey_bytes, rekey_seconds */
	C_WORD,    /* const char *, one word; arg: enum cli_expand */
	C_REST,    /* const char *, the rest of the line as it is */
	C_ALG,     /* const char *; arg: enum set_alg */
	C_TUN,     /* tun_local, tun_remote */
	C_FORWARD, /* forward[]; arg: .kind */
	/* const char *[CLI_FILES], NULL behind the last */
	C_FILES, /* each line adds to it */
	C_KNOWN, /* the first line's words; shown on one line */
	C_SETENV,
	C_SENDENV /* adds; -NAME takes away again */
};

/* what is put in place of tokens, and what else is special about a text */
enum cli_expand {
	X_TILDE = 1,
	X_PERCENT = 2,
	X_ENV = 4,
	X_PATH = 7,
	X_LATE = 8,   /* -G shows it as it was given */
	X_SHELL = 16, /* a shell will read it */
	X_NONE = 32,  /* "none" is as good as nothing */
	X_GIVEN = 64  /* %h is the host as it was given */
};

enum cli_enum {
	V_BOOL,
	V_TRUE,
	V_FAMILY,
	V_MASTER,
	V_TTY,
	V_SESSION,
	V_STRICT,
	V_LEVEL,
	V_ADD,
	V_TUNNEL
};

#define CLI_ROW_ID(row, ...) row,
enum cli_row {
	CLI_ROWS(CLI_ROW_ID) R_COUNT,
	R_SHOWN = R_SYSLOG,    /* as many does -G show */
	R_KEYWORDS = R_CONFIG, /* and so many have a keyword */
	/* flags that have a function of their own */
	A_OPTION = R_COUNT,
	A_VERBOSE,
	A_TTY,
	A_MASTER,
	A_YES,
	A_BIND,
	A_JUMP,
	A_LISTS,
	A_VERSION,
	A_USAGE,
	A_IGNORE,
	A_REFUSE
};

struct cli_key {
	uint16_t off; /* in struct cli_set; with IN_LOAD in struct cli_load */
	uint8_t type; /* enum cli_type */
	uint8_t arg;
};
#define IN_LOAD 0x8000

/* what is known while settings are read, and no longer */
struct cli_load {
	struct cli_set *s;
	const char *file; /* where we are; NULL: the command line */
	unsigned long line;
	uint32_t given[(R_COUNT + 31) / 32];
	uint8_t copies;  /* values are in a buffer that is used again */
	uint8_t active;  /* of the Host and Match before this line */
	uint8_t final;   /* the second time */
	uint8_t refinal; /* Match final was there */
	uint8_t of_user; /* the file is the user's, not the system's */
	uint8_t depth;
	uint8_t level, session, compression;
	const char *ignore, *config, *remote_command;
	const char *host; /* by HostName, as far as it is known */
	struct user me;
};

extern struct cli_load cli_load;
extern const struct cli_key cli_keys[R_COUNT];
/* as set_enums */
extern const char *const cli_enums[];
/* the keyword of a row, and behind its NUL the default */
const char *cli_name(unsigned k);

/* cli_set.c: `ssh: where: text` on stderr; -1 */
int cli_bad(const char *f, ...) __attribute__((format(printf, 1, 2)));
void *cli_at(unsigned k);
int cli_given(unsigned k);
void cli_mark(unsigned k); /* it is given now */

/* cli_value.c: one value, whether another is given already or not; 0, or -1 and said */
int cli_put(unsigned k, const char *v);
/* 1 where later values add to it */
int cli_adds(unsigned k);
/* a copy of n bytes, with a NUL; where there is no room: NULL and said */
char *cli_copy(const char *p, size_t n);
/* capitals become small letters */
void cli_lower(char *p);
/* the value of a name, -1: there is none */
int cli_enum(const char *z, const char *v);
/* 1 where a list of patterns matches, -1 where one with a ! does */
int cli_matches(const char *text, const char *list);

/*
 * cli_forward.c: adds one, [bind:]port[:host:hostport], or paths, kind as .kind; NULL, or
 * what is wrong, "" where that is on stderr already
 */
const char *cli_forward(char kind, const char *v);

/* cli_args.c: as cli_settings, flags, host and command */
int cli_args(int argc, char **argv);

/* cli_line.c: one line, changed in place; 0, or -1 and said */
int cli_line(char *p);

/* cli_conf.c: the files, and those that an Include names; 0, or -1 and said */
int cli_files(void);
int cli_include(char *p);
/* cli_match.c: `Host` and `Match` with the rest of their lines; 0, or -1 and said */
int cli_host(char *p);
int cli_match(char *p);

/* cli_token.c: 0, or -1 and said */
int cli_expand(const char **text, unsigned how);
/* all texts of the rows, those with X_LATE or the others */
int cli_expand_all(unsigned late);
/* 1: no blanks, no control characters, none of those in bad, no minus at its front */
int cli_plain(const char *p, const char *bad);

/* cli_dump.c */
void cli_dump(void);
/* -Q, NULL: all; as cli_settings */
int cli_query(const char *what);

#endif
