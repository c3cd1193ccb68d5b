/* keygen_dropbear.c - dropbearkey and dropbearconvert: the key tool in dropbear's dialect. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "applets.h"
#include "flag.h"
#include "keygen.h"

static int done(int status)
{
	keygen_forget();
	return status != 0; /* which is all that there is */
}

static int print_public(struct str comment)
{
	struct wr w = wr_init(keygen_mem, sizeof(keygen_mem));
	char print[FINGERPRINT_LEN];
	struct str blob = key_blob(&keygen_key);

	key_text(&w, blob, comment);
	key_print(print, blob, 0);
	fmt_fd(1, "Public key portion is:\n%.*sFingerprint: %s\n", (int)wr_len(&w),
	       (char *)keygen_mem, print);
	return DONE;
}

static int make(const char *path)
{
	const char *type = GIVEN('t') ? GIVEN('t') : "ed25519";
	struct str comment = GIVEN('C') ? str_of(GIVEN('C')) : keygen_self();
	struct stat st;
	int status;

	keygen.given['b'] = GIVEN('s') ? GIVEN('s') : strcmp(type, "rsa") ? "256" : "2048";
	keygen.given['m'] = KEYGEN_DROPBEAR;
	if (!lstat(path, &st))
		return keygen_fail(path, err_text(EEXIST));
	fmt_fd(2, "Generating %s bit %s key, this may take a while...\n", GIVEN('b'), type);
	status = keygen_generate(type);
	if (!status)
		status = keygen_save(path, comment, (struct str){0}, 1);
	return status ? status : print_public(comment);
}

int dropbearkey_main(int argc, char **argv)
{
	struct str comment;
	const char *at = NULL;
	char *text;
	int c, good;

	(void)argc;
	self_init(argv++);
	while ((c = flag_next(&at, &argv, "C:f:s:t:y", "", &text)) > 0 && c != '?')
		keygen.given[c] = text ? text : "";
	good = !c && !*argv && GIVEN('f');
	if (!good) {
		fmt_fd(2, "usage: dropbearkey [-t TYPE] -f FILE [-s BITS] [-C COMMENT] [-y]\n");
		return NO;
	}
	if (!GIVEN('y'))
		return done(make(GIVEN('f')));
	if (keygen_load(GIVEN('f'), NULL, NULL, &comment))
		return done(NO);
	return done(print_public(comment.len ? comment : keygen_self()));
}

static int is_form(const char *name)
{
	return !strcmp(name, "openssh") || !strcmp(name, KEYGEN_DROPBEAR);
}

/* whatever the input is said to be, it tells itself */
int dropbearconvert_main(int argc, char **argv)
{
	struct str comment;

	self_init(argv);
	if (argc != 5 || !is_form(argv[1]) || !is_form(argv[2])) {
		fmt_fd(2, "usage: dropbearconvert openssh|dropbear openssh|dropbear FILE FILE\n");
		return NO;
	}
	keygen.given['m'] = argv[2];
	if (keygen_load(argv[3], NULL, NULL, &comment))
		return done(NO);
	fmt_fd(2, "Key is a %s key\n", keygen_key.kind->name);
	if (keygen_save(argv[4], comment, (struct str){0}, 0))
		return done(NO);
	fmt_fd(2, "Wrote key to '%s'\n", argv[4]);
	return done(DONE);
}
