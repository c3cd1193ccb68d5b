/* fuzz_signers.c - lines of allowed signers: all that is found lies in the line, which ends where it did. */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "match.h"
#include "sshsig.h"

static void must(int good)
{
	if (!good)
		abort();
}

static void text(const char *t, const char *line, size_t n)
{
	must(!t || (t > line && t + strlen(t) < line + n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct signer s;
	char *line;
	int r;

	if (n && memchr(data, 0, n))
		return 0;
	line = malloc(n + 1);
	if (n)
		memcpy(line, data, n);
	line[n] = 0;
	r = signer_read(&s, line);
	must(r >= -1 && r <= 1);
	if (r == 1) {
		const char *who = (const char *)s.who.p, *blob = (const char *)s.blob.p;
		struct rd rd = rd_init(s.blob);

		must(who >= line && s.who.len && s.who.len < n && who + s.who.len < blob);
		must(blob + s.blob.len <= line + n && rd_str(&rd).len && !rd.bad);
		must(s.ca == 0 || s.ca == 1);
		text(s.space, line, n);
		text(s.after, line, n);
		text(s.before, line, n);
		must(match_list(STR("me@x"), s.who) >= -1);
	}
	free(line);
	return 0;
}
