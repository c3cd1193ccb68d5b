/* settings_share.h - what the settings of server and client have in common. */
/* SPDX-License-Identifier: MIT */
#ifndef SETTINGS_SHARE_H
#define SETTINGS_SHARE_H

#include "wire.h"

enum set_alg { ALG_KEX, ALG_SIG, ALG_CIPHER, ALG_MAC, ALG_COUNT, ALG_CA = ALG_COUNT };

/* settings_value.c */

/* takes the next name off an enum's text, "VALUEname;..."; its value, or -1 at the end */
int set_enum_next(const char **z, struct str *name);
/* seconds of 90, 2m, 1h30m; bytes of 64K, 1M; 0 where it is none */
int set_take_time(struct str v, uint32_t *out);
int set_take_size(struct str v, uint32_t *out);
/* up to 0777 */
int set_take_octal(struct str v, uint32_t *out);
/*
 * `bytes [time]`, each of them may be none, or default where ours is meant; NULL, or what is
 * wrong with *what
 */
const char *set_take_rekey(struct str *what, uint32_t *bytes, uint32_t *seconds);

/* the value of a name, the name of a value; -1 and "": there is none */
int set_enum_value(const char *z, struct str name);
struct str set_enum_name(const char *z, unsigned value);

/* settings_alg.c */

/* the longest list of names of a kind, certificates' among them */
#define ALG_LIST_MAX 1024
/* what a kind has in one line, with between before all but the first; but for rows with a bit of off */
void set_alg_dump(int fd, unsigned kind, char between, unsigned off);
/* a keyword in small letters */
void set_head_dump(int fd, const char *name);

/* name number i of a kind; NULL behind the last */
const char *set_alg_name(unsigned kind, unsigned i);
/*
 * The names that a list stands for: prefixes + - ^ and patterns; NULL, or what is
 * wrong with *what. strict: the server, where what is not built in is wrong; else the
 * client, which passes it over.
 */
const char *set_alg_list(struct wr *w, unsigned kind, struct str *what, int strict);

/* settings_line.c */

/* the next word, quotes off, in place; 1, 0 at the end or a comment, -1: a quote is open */
int set_word(char **p, char **word);
/* cuts the keyword off a line that starts with it: its value */
char *set_keyword(char *p);

/* settings.c: that bit is set */
int set_given(const uint32_t *given, unsigned row);

#endif
