/* keygen_sign.c - ssh-keygen: who signs, a key from a file or one of the agent's. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli.h"
#include "keygen.h"
#include "sig.h"

static uint8_t pub[KEYGEN_BLOB] APART; /* of the signer: a certificate, too */
static struct str blob;
static const char *file; /* of the private key, NULL: it is loaded */
static int agent;
static const struct sig *row;

/* the first algorithm for the key; or what -t names */
static const struct sig *row_of(struct str name)
{
	int i;

	for (i = 0; sigs[i]; i++)
		if (str_is(name, sigs[i]->key_name) && !sigs[i]->off &&
		    (!GIVEN('t') || !strcmp(GIVEN('t'), sigs[i]->name)))
			return sigs[i]->plain ? sigs[i]->plain : sigs[i];
	return NULL;
}

int keygen_signer(const char *path, struct str *key)
{
	struct str comment;
	const char *why = keygen_public(path, &blob, &comment);
	size_t n = strlen(path);
	static char other[512] ASIDE;
	int status = 0;

	if (why)
		return keygen_fail(path, why);
	memcpy(pub, blob.p, blob.len);
	blob.p = pub;
	*key = blob;
	row = row_of(pubkey_name(blob));
	if (!row)
		return keygen_fail(path, keyfile_text(KEYFILE_TYPE));
	agent = -1;
	file = NULL;
	if (!keygen.was_public)
		return keygen_load(path, GIVEN('P'), NULL, &comment);
	agent = agent_connect(NULL);
	if (n > 4 && !strcmp(path + n - 4, ".pub") &&
	    fmt(other, sizeof(other), "%.*s", (int)n - 4, path) == n - 4)
		file = other;
	if (agent < 0 && file)
		status = keygen_load(file, GIVEN('P'), NULL, &comment);
	return status;
}

int keygen_signer_sign(struct wr *w, struct str msg)
{
	struct str sig, comment;

	if (agent >= 0 &&
	    !agent_sign(agent, blob, msg, agent_flags(row), keygen_pub, sizeof(keygen_pub), &sig)) {
		wr_bytes(w, sig.p, sig.len);
		return !w->bad;
	}
	if (agent >= 0 && (!file || keygen_load(file, GIVEN('P'), NULL, &comment)))
		return 0;
	agent = -1;
	return keygen_key.kind && key_sign(&keygen_key, row, w, msg);
}
