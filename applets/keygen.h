/* keygen.h - the key tool: what its files share. */
/* SPDX-License-Identifier: MIT */
/*
 * One thing is done and the process ends; so there is one key, one file in the
 * room at a time, and secrets are wiped once, at the end of main.
 */
#ifndef KEYGEN_H
#define KEYGEN_H

#include "keyfile.h"
#include "keyshow.h"

/* exit status, as OpenSSH's program has it */
enum { DONE = 0, NO = 1, FAILED = 255 };

#define KEYGEN_ROOM 262144 /* bytes of the longest file that is taken as a whole: a KRL */
#define KEYGEN_PASS 1024
#define KEYGEN_OPTIONS 64
#define KEYGEN_BLOB 8192 /* bytes: a certificate with both keys and all that is in it */

extern struct keygen {
	const char *given[128]; /* by letter: the flag's argument, "" where it takes none */
	const char *option[KEYGEN_OPTIONS]; /* of -O, to a NULL */
	char **files;                       /* operands, to a NULL */
	const char *file;                   /* -f */
	int md5;                            /* -E md5 */
	int was_public;                     /* keygen_public met no private key */
} keygen;

extern char keygen_room[KEYGEN_ROOM];   /* a file, or a line of one */
extern uint8_t keygen_mem[KEYGEN_ROOM]; /* what is made of it */
extern uint8_t keygen_pub[KEYGEN_BLOB]; /* a public key or certificate, see keygen_public */
extern char keygen_said[KEYGEN_PASS];   /* a comment, while the room is used again */
extern struct key keygen_key;

#define KEYGEN_DROPBEAR "dropbear" /* among the formats of -m */
#define GIVEN(letter) (keygen.given[letter])

/* says what is wrong, after the name of what it is about; FAILED */
int keygen_fail(const char *what, const char *why);

/* keygen_load.c: keys from files */

/*
 * The private key of a file into keygen_key; its passphrase is pass, or is asked for with
 * the prompt. *comment lies in keygen_said. 0, or it has been said what is wrong and
 * that status.
 */
int keygen_load(const char *path, const char *pass, const char *prompt, struct str *comment);
/*
 * The first public key of a file ("-": of stdin) or of the private key in it, into keygen_pub;
 * *comment: in the room. 0, or the error: keygen_fail is the caller's.
 */
const char *keygen_public(const char *path, struct str *blob, struct str *comment);
/* the passphrase that keygen_load needed; empty: none */
struct str keygen_old_pass(void);
/*
 * -f, or what they say (by default ~/.ssh/id_TYPE), NULL: they gave up; type: the key is to be
 * made, NULL: it is there.
 */
const char *keygen_file(const char *type);
/* a secret: the characters before it, -1: nobody to ask. It has no NUL. */
int keygen_ask(const char *prompt, char *out, size_t n);
/* < 0, 0, > 0: in the order of the bytes */
int keygen_order(struct str a, struct str b);
/* wipes the key in hand and what may be left of it */
void keygen_forget(void);
/* a new passphrase, twice, or that of -N; prompt NULL: of a new key. empty: none; 0: they differ */
int keygen_new_pass(struct str *pass, const char *prompt);
/* a line of stdin; 0: there is none */
int keygen_line(const char *prompt, char *out, size_t n);

/* keygen_sign.c */

/* who is to sign: a file's key, or of a public one its private half in the agent or beside it */
int keygen_signer(const char *path, struct str *key);
/* appends string name, fields; 1, or 0 where it could not be had */
int keygen_signer_sign(struct wr *w, struct str msg);

/* keygen_make.c */

/* a new key into keygen_key, of as many bits as -b says; 0, or it has been said */
int keygen_generate(const char *type);
/* 1: the file may be written */
int keygen_may_write(const char *path);
/* keygen_key as path, and path.pub where both; 0, or it has been said */
int keygen_save(const char *path, struct str comment, struct str pass, int both);
int keygen_make(void);
int keygen_make_all(void);
int keygen_change_pass(void);
int keygen_change_comment(void);
/* writes atomically, less the umask; 0, or it has been said */
int keygen_write(const char *path, const void *p, size_t n, mode_t mode);
/* user@host into keygen_said */
struct str keygen_self(void);

/* keygen_show.c: -l -B -y -e -i */
int keygen_list(void);
int keygen_show(void);
int keygen_export(void);
int keygen_import(void);

/* keygen_hosts.c: -F -R -H */
int keygen_hosts(void);

/* keygen_cert.c: -s -L */
int keygen_sign(void);
int keygen_certs(void);

/* keygen_krl.c: -k -Q */
int keygen_krl(void);
int keygen_krl_query(void);

/* keygen_sig.c: -Y */
int keygen_sig(void);
/*
 * For one that reads what is signed itself: the signature's text, n bytes (or -errno) in
 * keygen_mem, which stays as it is; it is for -n, and by a key that may sign as -I by the lines of
 * keygen.file. The hash to take, NULL: it has been said what is wrong (with -s).
 */
const struct hash *keygen_sig_open(ssize_t n, int64_t now);
int keygen_sig_good(const uint8_t *digest); /* 1: that of what is signed */

#endif
