/* signers.c - a line of a file of allowed signers (ssh-keygen(1), ALLOWED SIGNERS). */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base64.h"
#include "sshsig.h"

static char *over_blanks(char *p)
{
	return p + strspn(p, " \t");
}

/* a word with its quotes taken off, ended; what follows, or NULL */
static char *word(char *p, struct str *w)
{
	size_t n;

	if (*p != '"') {
		n = strcspn(p, " \t");
	} else {
		n = strcspn(++p, "\"");
		if (!p[n])
			return NULL;
	}
	*w = (struct str){(uint8_t *)p, n};
	p += n;
	if (!*p || !n)
		return NULL;
	*p = 0;
	return over_blanks(p + 1);
}

static int begins(const char **p, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (((*p)[i] | 32) != name[i] && (*p)[i] != name[i])
			return 0;
	*p += n;
	return 1;
}

/* one of them; what follows, NULL: it is not known, or not whole */
static char *option(struct signer *s, char *p)
{
	const char *q = p, **value;

	if (begins(&q, "cert-authority")) {
		s->ca = 1;
		return (char *)q;
	}
	value = begins(&q, "namespaces=")     ? &s->space
		: begins(&q, "valid-after=")  ? &s->after
		: begins(&q, "valid-before=") ? &s->before
					      : NULL;
	if (!value || *value || *q++ != '"')
		return NULL;
	p = strchr(q, '"');
	if (!p)
		return NULL;
	*value = q;
	*p = 0;
	return p + 1;
}

/* a type's name, the key in base64, and no more that counts */
static int key(struct signer *s, char *p)
{
	size_t n = strcspn(p, " \t"), len;
	struct str type = {(uint8_t *)p, n};
	struct rd r;

	p = over_blanks(p + n);
	n = strcspn(p, " \t");
	if (!base64_decode(p, &len, p, n))
		return 0;
	s->blob = (struct str){(uint8_t *)p, len};
	r = rd_init(s->blob);
	return type.len && str_eq(rd_str(&r), type);
}

static int is_key(const char *p)
{
	return begins(&p, "ssh-") || begins(&p, "ecdsa-") || begins(&p, "sk-");
}

int signer_read(struct signer *s, char *line)
{
	char *p = over_blanks(line);

	memset(s, 0, sizeof(*s));
	if (!*p || *p == '#')
		return 0;
	p = word(p, &s->who);
	while (p && !is_key(p)) {
		p = option(s, p);
		if (!p || !strchr(", \t", *p) || !*p)
			return -1;
		if (*p != ',')
			break;
		p++;
	}
	return p && key(s, over_blanks(p)) ? 1 : -1;
}
