/* cli_key.c - the client's keys in files: which they are, their passphrases, signing with them. */
/* SPDX-License-Identifier: MIT */
/*
 * Of a file with a passphrase the public half is offered first, and the person is asked when
 * the server would take it. There is one secret key here at a time, and none between logins.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "cli_run.h"
#include "passphrase.h"
#include "sig.h"

#define ADD_CONFIRM 3 /* of add_keys */

static uint8_t file_mem[KEYFILE_MAX] APART, blob_mem[KEY_BLOB_MAX] APART;
static char secret[512] APART;
static struct key key ASIDE;
static const char *loaded; /* the file whose key it is */

void cli_key_forget(void)
{
	key_wipe(&key);
	loaded = NULL;
	REST(file_mem);
	REST(blob_mem);
	REST(secret);
}

/* n: bytes of file_mem */
static enum keyfile_err take(const char *path, struct str *comment, ssize_t n, struct str pass)
{
	enum keyfile_err e = keyfile_read(&key, comment, file_mem, (size_t)n, pass, key_work);

	loaded = e ? NULL : path;
	return e;
}

struct str cli_key_blob(const char *path, int *locked)
{
	struct wr w = wr_init(blob_mem, sizeof(blob_mem));
	ssize_t n = file_read(path, file_mem, sizeof(file_mem));
	struct str comment;
	enum keyfile_err e;

	*locked = 0;
	if (n < 0) {
		if (n != -ENOENT || cli.set.identities_given)
			cli_say(&cli.set, n == -ENOENT ? LOG_L_WARN : LOG_L_ERROR, "%p: %s", path,
				err_text((int)-n));
		return (struct str){0};
	}
	e = take(path, &comment, n, (struct str){0});
	if (!e) {
		key_public_blob(&key, &w);
	} else if (CFG_KEY_PASSPHRASE && e == KEYFILE_ENCRYPTED) {
		w.p += keyfile_public(blob_mem, file_mem, (size_t)n);
		*locked = 1;
	} else {
		cli_say(&cli.set, LOG_L_ERROR, "%p: %s", path, keyfile_text(e));
	}
	wipe(file_mem, sizeof(file_mem));
	return (struct str){blob_mem, w.bad ? 0 : wr_len(&w)};
}

/* AddKeysToAgent */
static void share(const char *path, struct str comment)
{
	static uint8_t mem[AGENT_REQUEST] APART;
	char text[512];
	struct wr w;
	int fd, r;

	if (cli.set.add_keys == ASK_ASK) {
		fmt(text, sizeof(text), "Add key %p (%*p) to agent?", path, (int)comment.len,
		    (const char *)comment.p);
		r = ask_program(text, text, sizeof(text) - 1);
		if (r < 0 || (r && !str_is((struct str){(uint8_t *)text, (size_t)r}, "yes")))
			return;
	}
	fd = agent_connect(cli.set.identity_agent);
	if (fd < 0)
		return;
	agent_begin_key(&w, mem, sizeof(mem), &key, comment.len ? comment : str_of(path),
			cli.set.add_life, cli.set.add_keys == ADD_CONFIRM);
	r = agent_call(fd, &w);
	cli_say(&cli.set, r ? LOG_L_WARN : LOG_L_DEBUG, "%p: %s", path,
		r ? "the agent does not take it" : "added to the agent");
	wipe(mem, sizeof(mem));
	close(fd);
}

/* reads the file, and asks for what it takes; 1: the key is there */
static int unlock(const char *path, struct str *comment)
{
	uint32_t tries = cli.set.password_prompts;
	struct str pass = {0};
	char prompt[400];
	enum keyfile_err e;
	ssize_t n;
	int len;

	fmt(prompt, sizeof(prompt), "Enter passphrase for key '%p': ", path);
	for (;;) {
		n = file_read(path, file_mem, sizeof(file_mem));
		e = n < 0 ? KEYFILE_ALIEN : take(path, comment, n, pass);
		wipe(secret, sizeof(secret));
		if (!CFG_KEY_PASSPHRASE || (e != KEYFILE_ENCRYPTED && e != KEYFILE_PASS) ||
		    !tries--)
			break;
		len = ask_line(&cli.set, prompt, 0, secret, sizeof(secret));
		if (len <= 0) /* with the next one, then */
			break;
		pass = (struct str){(uint8_t *)secret, (size_t)len};
	}
	return !e;
}

int cli_key_sign(const char *path, const struct sig *s, struct wr *w, struct str data)
{
	struct str comment = {0};
	int good = loaded == path && !cli.set.add_keys;

	if (!good) {
		good = unlock(path, &comment);
		if (good && cli.set.add_keys)
			share(path, comment);
		wipe(file_mem, sizeof(file_mem));
	}
	return good && key_sign(&key, s, w, data);
}
