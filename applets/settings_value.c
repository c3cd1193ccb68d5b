/* settings_value.c - values of settings: from text into the struct. */
/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>

#include "port.h"
#include "settings_table.h"

int set_text(struct settings *s, uint16_t *ref, struct str v)
{
	uint16_t at = s->text_len;

	/* position 0 is the empty text */
	if (!v.len) {
		*ref = 0;
		return 1;
	}
	if (v.len >= (size_t)(SETTINGS_TEXT - at))
		return 0;
	memcpy(s->text + at, v.p, v.len);
	s->text[at + v.len] = 0;
	s->text_len = (uint16_t)(at + v.len + 1);
	*ref = at;
	return 1;
}

static const char *put_text(struct settings *s, uint16_t *ref, struct str v)
{
	return set_text(s, ref, v) ? NULL : "no room left for";
}

/* as many letters as v has; without -o and files all that comes here is our own */
static int set_same(struct str v, const char *z)
{
	return CFG_TUNABLE || CFG_SSH ? !strncasecmp((const char *)v.p, z, v.len)
				      : !memcmp(v.p, z, v.len);
}

static int same(struct str v, const char *z)
{
	return v.len == strlen(z) && set_same(v, z);
}

int set_enum_next(const char **z, struct str *name)
{
	int value = **z - '0';

	if (!**z)
		return -1;
	name->p = (const uint8_t *)*z + 1;
	*z = strchr(*z, ';') + 1;
	name->len = (size_t)((const uint8_t *)*z - 1 - name->p);
	return value;
}

struct str set_enum_name(const char *z, unsigned value)
{
	struct str name = {0};
	int n;

	do
		n = set_enum_next(&z, &name);
	while (n >= 0 && (unsigned)n != value);
	return name;
}

int set_enum_value(const char *z, struct str v)
{
	struct str name;
	int n;

	do
		n = set_enum_next(&z, &name);
	while (n >= 0 && (name.len != v.len || !set_same(v, (const char *)name.p)));
	return n;
}

static const char *put_enum(struct settings *s, unsigned k, struct str v)
{
	const struct setting *row = &set_table[k];
	unsigned e = row->type == SET_FORWARD ? E_FORWARD : row->arg;
	int n = set_enum_value(set_enums[e], v);

	if (n < 0)
		return e == E_NO ? "not built in" : "not a value that it can have";
	set_number(s, k, (unsigned)n);
	return NULL;
}

void set_number(struct settings *s, unsigned k, unsigned value)
{
	const struct setting *row = &set_table[k];
	uint8_t *to = (uint8_t *)s + row->off;

	*to = (uint8_t)value;
	if (row->type == SET_FORWARD) {
		to[0] = value & 1;
		to[1] = (uint8_t)(value >> 1);
	} else if (row->type == SET_PAIR) {
		to[row->arg] = (uint8_t)value;
	}
}

/* decimal digits off the front of *v; 0 where there are none, or too many */
static int take_number(struct str *v, uint32_t *out)
{
	const uint8_t *from = v->p;

	for (*out = 0; v->len && *v->p - '0' + 0u < 10; v->p++, v->len--) {
		if (*out > (UINT32_MAX - 9) / 10)
			return 0;
		*out = *out * 10 + (*v->p - '0');
	}
	return v->p != from;
}

/*
 * Numbers with units, summed, as much as a uint32_t holds; 0 where it is no
 * number. units: letters in lower case, each worth what stands at its place.
 */
static int take_units(struct str v, const char *units, const uint32_t *worth, uint32_t *out)
{
	uint64_t sum = 0;
	uint32_t one;

	do {
		if (!take_number(&v, &one))
			return 0;
		if (v.len) {
			const char *u = strchr(units, *v.p | 0x20);

			if (!u)
				return 0;
			sum += (uint64_t)one * worth[u - units];
			v.p++;
			v.len--;
		} else {
			sum += one;
		}
		if (sum > UINT32_MAX)
			sum = UINT32_MAX;
	} while (v.len);
	*out = (uint32_t)sum;
	return 1;
}

int set_take_time(struct str v, uint32_t *out)
{
	static const uint32_t worth[] = {1, 60, 3600, 86400, 604800};

	return take_units(v, "smhdw", worth, out);
}

int set_take_size(struct str v, uint32_t *out)
{
	static const uint32_t worth[] = {1u << 10, 1u << 20, 1u << 30};

	return take_units(v, "kmg", worth, out);
}

int set_take_octal(struct str v, uint32_t *out)
{
	uint32_t n = 0;

	for (; v.len && *v.p - '0' + 0u < 8 && n < 01000; v.p++, v.len--)
		n = n << 3 | (*v.p - '0');
	*out = n;
	return !v.len && n <= 0777;
}

static const char *put_number(uint32_t *to, const struct setting *row, struct str v)
{
	uint32_t n = 0;
	int ok = CFG_TUNABLE && same(v, "none");

	if (CFG_TUNABLE && row->type == SET_TIME)
		ok |= set_take_time(v, &n);
	else if (CFG_TUNABLE && row->type == SET_SIZE)
		ok |= set_take_size(v, &n);
	else
		ok |= take_number(&v, &n) && (!v.len || (row->type == SET_FIRST && *v.p == ':'));
	if (!ok || n < row->arg)
		return "not a number that it can have";
	*to = n;
	return NULL;
}

const char *set_take_rekey(struct str *what, uint32_t *bytes, uint32_t *seconds)
{
	struct str size = *what;
	const uint8_t *space = memchr(size.p, ' ', size.len);

	*bytes = *seconds = 0;
	if (space)
		size.len = (size_t)(space - size.p);
	if (!same(size, "default") && !same(size, "none") && !set_take_size(size, bytes))
		return "not a size";
	if (!space)
		return NULL;
	what->p = space + 1;
	what->len -= size.len + 1;
	if (!same(*what, "none") && !set_take_time(*what, seconds))
		return "not a time";
	return NULL;
}

/* into the first free place of n */
static const char *put_next(struct settings *s, uint16_t *to, unsigned n, struct str v)
{
	while (n && *to) {
		to++;
		n--;
	}
	return n ? put_text(s, to, v) : "one too many";
}

/*
 * Kept as `port` (on every ListenAddress that names none), `[host]:` or
 * `[host]:port`. Dropbear has one option for all: its plain port is `[*]:port`.
 */
static const char *put_listen(struct settings *s, int address, struct str v)
{
	struct str host = v, port = {0};
	size_t colons = 0, last = 0;
	char room[80];
	uint32_t n;

	for (size_t i = 0; i < v.len; i++)
		if (v.p[i] == ':') {
			colons++;
			last = i;
		}
	/* an address of IPv6 without brackets has no port, but with dropbear */
	if (!colons && !address)
		host.len = 0;
	else if (colons == 1 || s->dropbear || (colons && v.p[last - 1] == ']'))
		host.len = last;
	if (host.len < v.len) {
		port.p = v.p + host.len + !!colons;
		port.len = v.len - host.len - !!colons;
		v = port;
		if (!take_number(&v, &n) || v.len || !n || n > 65535)
			return "not a port";
	}
	if (host.len + port.len > sizeof(room) - 5)
		return "too long";
	if (host.len && *host.p == '[') {
		host.p++;
		host.len -= 2; /* which makes "[" alone very long */
		if (host.len >= sizeof(room) || host.p[host.len] != ']')
			return "not an address";
	}
	if (memchr(host.p, ']', host.len))
		return "not an address";
	if (!host.len)
		host = STR("*");
	if (!colons && !address && !s->dropbear)
		return put_next(s, s->listen, CFG_LISTENERS, port);
	fmt(room, sizeof(room), "[%.*s]:%.*s", (int)host.len, host.p, (int)port.len, port.p);
	return put_next(s, s->listen, CFG_LISTENERS, str_of(room));
}

/* adds to a list, whose old text is left behind */
static const char *put_list(struct settings *s, uint16_t *ref, char between, struct str v)
{
	size_t old = strlen(s->text + *ref);
	uint16_t at = s->text_len;

	if (!old)
		return put_text(s, ref, v);
	if (old + 1 + v.len >= (size_t)(SETTINGS_TEXT - at))
		return "no room left for";
	memcpy(s->text + at, s->text + *ref, old);
	s->text[at + old] = between;
	s->text_len = (uint16_t)(at + old + 1);
	if (!set_text(s, ref, v))
		return "empty";
	*ref = at;
	return NULL;
}

/* the texts; to is the one, or the array of them */
static const char *put_words(struct settings *s, const struct setting *row, uint16_t *to,
			     struct str *what)
{
	switch (row->type) {
	case SET_ALG: return CFG_SSHD_OPTIONS ? set_alg(s, to, row->arg, what) : NULL;
	case SET_LISTEN: return put_listen(s, row->arg, *what);
	case SET_FILES: return put_next(s, to, row->arg, *what);
	case SET_LIST:
		return CFG_TUNABLE ? put_list(s, to, (char)row->arg, *what)
				   : put_text(s, to, *what);
	case SET_SUBSYS:
		if (!CFG_TUNABLE)
			return NULL;
		if (!memchr(what->p, ' ', what->len))
			return "no command line";
		return put_next(s, to, SETTINGS_SUBSYSTEMS, *what);
	case SET_WORD:
	case SET_REST:
		if (CFG_TUNABLE && same(*what, "none"))
			what->len = 0;
		break;
	}
	return put_text(s, to, *what);
}

/* what is before the character, off the front of the rest; all of it where there is none */
static struct str cut(struct str *rest, char at)
{
	const uint8_t *end = memchr(rest->p, at, rest->len);
	struct str word = {rest->p, end ? (size_t)(end - rest->p) : rest->len};
	size_t n = word.len + (end != NULL);

	rest->p += n;
	rest->len -= n;
	return word;
}

/* yes, no, or words `name:time`, the rest of them as by default */
static const char *put_penalties(uint32_t *to, struct str *what)
{
	static const uint16_t usual[PENALTY_COUNT] = {90, 5, 1, 10, 10, 600, 15};
	struct str all = *what, word;
	unsigned i;
	int n;

	for (i = 0; i < PENALTY_COUNT; i++)
		to[i] = usual[i];
	if (same(all, "no") || same(all, "off"))
		to[PENALTY_MAX] = 0;
	if (same(all, "yes") || !to[PENALTY_MAX])
		return NULL;
	while (all.len) {
		word = *what = cut(&all, ' ');
		n = set_enum_value(set_enums[E_PENALTY], cut(&word, ':'));
		if (n < 0 || !word.len)
			return "no penalty NAME:TIME";
		if (n < PENALTY_COUNT && !set_take_time(word, &to[n]))
			return "not a time";
	}
	return NULL;
}

const char *set_read(struct settings *s, unsigned k, struct str *what)
{
	const struct setting *row = &set_table[k];
	void *to = (char *)s + row->off;

	if (!what->len)
		return "no value";
	if (CFG_FORWARD && row->type == SET_OCTAL)
		return set_take_octal(*what, to) ? NULL : "not an octal mode";
	if (CFG_PENALTIES && row->type == SET_PENALTY)
		return put_penalties(to, what);
	switch (row->type) {
	case SET_ENUM:
	case SET_FORWARD: return put_enum(s, k, *what);
	case SET_NUM:
	case SET_FIRST:
	case SET_TIME:
	case SET_SIZE: return put_number(to, row, *what);
	case SET_REKEY:
		return CFG_SSHD_OPTIONS ? set_take_rekey(what, &s->rekey_bytes, &s->rekey_seconds)
					: NULL;
	default: return put_words(s, row, to, what);
	}
}
