/* keygen_load.c - the key tool's questions, and keys from files. */
/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "keygen.h"
#include "passphrase.h"

static char secret[2][KEYGEN_PASS] APART;
static struct str old; /* of the key in hand */

/* ---- questions ------------------------------------------------------------- */

int keygen_line(const char *prompt, char *out, size_t n)
{
	size_t len = 0;
	char c = 0;

	fmt_fd(1, "%s", prompt);
	while (read(0, &c, 1) == 1 && c != '\n')
		if (len + 1 < n)
			out[len++] = c;
	out[len] = 0;
	return len || c == '\n';
}

int keygen_ask(const char *prompt, char *out, size_t n)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC), len;

	if (tty >= 0)
		close(tty);
	if (tty >= 0 || getenv("SSH_ASKPASS")) {
		len = ask_line(NULL, prompt, 0, out, n - 1);
		out[len > 0 ? len : 0] = 0;
		return len;
	}
	fmt_fd(2, "%s", prompt);
	return keygen_line("", out, n) ? (int)strlen(out) : -1;
}

int keygen_new_pass(struct str *pass, const char *prompt)
{
	int n;

	*pass = str_of(GIVEN('N'));
	if (GIVEN('N'))
		return 1;
	for (;;) {
		n = keygen_ask(prompt, secret[0], KEYGEN_PASS);
		if (n < 0)
			n = (int)fmt(secret[0], 1, "%s", "");
		keygen_ask("Enter same passphrase again: ", secret[1], KEYGEN_PASS);
		*pass = (struct str){(uint8_t *)secret[0], (size_t)n};
		if (!strcmp(secret[0], secret[1]))
			return 1;
		fmt_fd(1, "Passphrases do not match.  Try again.\n");
		if (GIVEN('p') || !isatty(0))
			return 0;
	}
}

const char *keygen_file(const char *type)
{
	static char path[512] ASIDE;
	char text[600];
	struct user me;

	if (keygen.file)
		return keygen.file;
	if (user_find_uid(getuid(), &me))
		return NULL;
	user_forget(&me);
	fmt(path, sizeof(path), "%s/.ssh/id_%s", me.home, type ? type : "ed25519");
	fmt(text, sizeof(text),
	    "Enter file in which %s (%s): ", type ? "to save the key" : "the key is", path);
	if (!keygen_line(text, text, sizeof(text)))
		return NULL;
	if (*text)
		fmt(path, sizeof(path), "%s", text);
	return path;
}

/* ---- private keys ---------------------------------------------------------- */

static enum keyfile_err read_key(struct key *k, const char *path, struct str *comment,
				 struct str pass, int *err)
{
	ssize_t n = file_read(path, keygen_room, KEYFILE_MAX);
	enum keyfile_err e = KEYFILE_ALIEN;
	struct str said = {0};

	*err = n < 0 ? (int)-n : 0;
	if (n >= 0)
		e = keyfile_read(k, &said, (uint8_t *)keygen_room, (size_t)n, pass, key_work);
	fmt(keygen_said, sizeof(keygen_said), "%.*s", e ? 0 : (int)said.len, said.p);
	*comment = str_of(keygen_said);
	return e;
}

struct str keygen_old_pass(void)
{
	return old;
}

int keygen_load(const char *path, const char *pass, const char *prompt, struct str *comment)
{
	char text[600];
	int err, n;
	enum keyfile_err e = read_key(&keygen_key, path, comment, (struct str){0}, &err);

	old = (struct str){0};

	if (e == KEYFILE_ENCRYPTED && !pass) {
		fmt(text, sizeof(text), prompt ? prompt : "Enter passphrase for \"%s\": ", path);
		n = keygen_ask(text, secret[0], KEYGEN_PASS);
		pass = n < 0 ? NULL : secret[0];
	}
	if (e == KEYFILE_ENCRYPTED && pass) {
		old = str_of(pass);
		e = read_key(&keygen_key, path, comment, old, &err);
	}
	if (!e)
		return 0;
	fmt(text, sizeof(text), "Load key \"%p\"", path);
	return keygen_fail(err ? path : text, err ? err_text(err) : keyfile_text(e));
}

/* ---- public keys ----------------------------------------------------------- */

/* the public half of a private key's file, into keygen_pub; 0: it is none */
static size_t half(const char *path, struct str *comment)
{
	static struct key k ASIDE; /* another may be signing this one */
	struct str blob;
	size_t len = 0;
	ssize_t n;
	int err;

	if (!read_key(&k, path, comment, (struct str){0}, &err)) {
		blob = key_blob(&k);
		len = blob.len;
		memcpy(keygen_pub, blob.p, len);
	} else if ((n = file_read(path, keygen_room, KEYFILE_MAX)) > 0) {
		len = keyfile_public(keygen_pub, (uint8_t *)keygen_room, (size_t)n);
	}
	key_wipe(&k);
	return len;
}

const char *keygen_public(const char *path, struct str *blob, struct str *comment)
{
	int fd = strcmp(path, "-") ? fd_open(path, O_RDONLY) : 0;
	struct lines l;

	if (fd < 0)
		return err_text(-fd);
	blob->p = keygen_pub;
	blob->len = fd ? half(path, comment) : 0;
	keygen.was_public = !blob->len;
	if (!blob->len) {
		lines_init(&l, fd, keygen_room, sizeof(keygen_room));
		if (key_line(&l, blob, comment) != 1 || blob->len > sizeof(keygen_pub))
			blob->len = 0;
		memcpy(keygen_pub, blob->p, blob->len);
		blob->p = keygen_pub;
	}
	close(fd);
	return blob->len ? NULL : "not a key that can be used";
}

int keygen_order(struct str a, struct str b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int d = n ? memcmp(a.p, b.p, n) : 0;

	return d ? d : a.len < b.len ? -1 : a.len > b.len;
}

void keygen_forget(void)
{
	key_wipe(&keygen_key);
	wipe(secret, sizeof(secret));
	/* farther than that no key file goes */
	wipe(keygen_room, KEYFILE_MAX);
	wipe(keygen_mem, 2 * KEYFILE_MAX);
}
