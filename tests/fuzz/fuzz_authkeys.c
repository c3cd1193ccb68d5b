/* fuzz_authkeys.c - lines of authorized_keys: whatever comes, all that is found lies in the line. */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "authkeys.h"

static const char *line;
static size_t line_len; /* with the NUL */

static void must(int good)
{
	if (!good)
		abort();
}

static void inside(const void *p, size_t n)
{
	must((const char *)p >= line && n <= line_len - (size_t)((const char *)p - line));
}

static void text_inside(const char *z)
{
	if (z)
		inside(z, strlen(z) + 1);
}

static void check_several(const struct authkey *k, enum authkeys_multi which)
{
	struct str host;
	uint16_t port;
	const char *z;
	size_t at = 0;

	while ((z = authkeys_each(k, which, &at))) {
		text_inside(z);
		if (which == EACH_ENVIRONMENT)
			must(strchr(z, '=') > z);
		else
			must(authkeys_permit(z, which == EACH_PERMITLISTEN, &host, &port) &&
			     host.len);
	}
}

static void check_key(const struct authkey *k)
{
	inside(k->type.p, k->type.len);
	inside(k->blob.p, k->blob.len);
	inside(k->comment.p, k->comment.len);
	inside(k->options.p, k->options.len);
	text_inside(k->command);
	text_inside(k->from);
	text_inside(k->expiry);
	text_inside(k->principals);
	must(!k->principals || k->ca);
	/* one behind the other, and nothing over another */
	must(k->options.p + k->options.len <= k->type.p && k->type.p + k->type.len < k->blob.p);
	must(k->blob.p + k->blob.len <= k->comment.p);
	must(!(k->may & ~(unsigned)MAY_ALL));
	must(k->blob.len >= 4 + k->type.len && !memcmp(k->blob.p + 4, k->type.p, k->type.len));
	check_several(k, EACH_ENVIRONMENT);
	check_several(k, EACH_PERMITOPEN);
	check_several(k, EACH_PERMITLISTEN);
}

/* the same as a line of AuthorizedPrincipalsFile */
static void check_principal(char *room)
{
	struct authkey k;

	switch (authkeys_principal(&k, room)) {
	case AUTHKEYS_NONE: must(!k.why); break;
	case AUTHKEYS_KEY:
		must(!k.why && k.comment.len && !memchr(k.comment.p, ' ', k.comment.len));
		must(k.options.p + k.options.len <= k.comment.p || !k.options.len);
		inside(k.comment.p, k.comment.len);
		text_inside(k.command);
		text_inside(k.from);
		text_inside(k.expiry);
		text_inside(k.principals);
		check_several(&k, EACH_ENVIRONMENT);
		break;
	default: must(k.why != NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct authkey k;
	char *room;

	if (memchr(data, 0, n) || n > 16384)
		return 0; /* lines with a NUL do not get so far */
	room = malloc(n + 1);
	memcpy(room, data, n);
	room[n] = 0;
	line = room;
	line_len = n + 1;
	switch (authkeys_line(&k, room)) {
	case AUTHKEYS_NONE: must(!k.why); break;
	case AUTHKEYS_KEY:
		must(!k.why);
		check_key(&k);
		break;
	case AUTHKEYS_REFUSED:
		must(k.why != NULL);
		inside(k.blob.p, k.blob.len);
		break;
	case AUTHKEYS_BAD: must(k.why != NULL); break;
	}
	if (k.why)
		for (size_t i = 0; i < k.what.len; i++)
			must(k.what.p[i] != 0);
	memcpy(room, data, n);
	room[n] = 0;
	check_principal(room);
	free(room);
	return 0;
}
