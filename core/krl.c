/* krl.c - which keys and certificates are revoked (OpenSSH's PROTOCOL.krl, or a list of keys). */
/* SPDX-License-Identifier: MIT */
/*
 * A file is read to its end even after a hit: what is damaged, or not known, makes
 * the whole of it unreliable, and then nobody's key will do.
 */
#include <string.h>

#include "authkeys.h"
#include "cert.h"

#define MAGIC "SSHKRL\n" /* and its NUL */

/* sections, and what is in those of CERTIFICATES: no number is in both */
enum part {
	CERTIFICATES = 1,
	KEYS = 2,
	SHA1 = 3,
	SHA256 = 5,
	SERIALS = 0x20,
	RANGES = 0x21,
	BITMAPS = 0x22,
	IDS = 0x23,
	EXTENSION_IN = 0x39,
	EXTENSION = 255
};

/* of whom it is asked */
struct asked {
	struct cert c;
	int is_cert;
	struct str name, fields; /* the key's plain blob: a string, and what is behind it */
	uint8_t sum[2][32];      /* SHA-256 and SHA-1 of that */
};

static void key_of(struct asked *a, struct str blob)
{
	struct rd r = rd_init(blob);

	a->name = rd_str(&r);
	a->fields = (struct str){r.p, rd_left(&r)};
}

static int is_key(const struct asked *a, struct str blob)
{
	struct rd r = rd_init(blob);

	return str_eq(rd_str(&r), a->name) && str_eq((struct str){r.p, rd_left(&r)}, a->fields);
}

static void digest(uint8_t *out, const struct hash *h, const struct asked *a)
{
	struct hash_ctx c;
	uint8_t len[4];

	put_u32(len, (uint32_t)a->name.len);
	hash_init(&c, h);
	hash_add(&c, len, 4);
	hash_add(&c, a->name.p, a->name.len);
	hash_add(&c, a->fields.p, a->fields.len);
	hash_out(&c, out);
}

/* a bit for each serial from the offset on, the last one in the number's last bit */
static int bitmap(const struct asked *a, struct rd *r)
{
	uint64_t offset = rd_u64(r), n = a->c.serial - offset;
	struct str bits = rd_str(r);

	if (!bits.len)
		return 0;
	/* RFC 4251 5: no number below 0; serials do not wrap, and none is 0 */
	r->bad |= (*bits.p & 0x80) || offset + (bits.len * 8 - 1) < offset ||
		  (!offset && (bits.p[bits.len - 1] & 1));
	return a->c.serial >= offset && n >> 3 < bits.len &&
	       bits.p[bits.len - 1 - (size_t)(n >> 3)] >> (n & 7) & 1;
}

/* 1: one of the things in a part says that it is revoked; all of them are read */
static int part(const struct asked *a, struct rd *r, unsigned type)
{
	uint64_t n, end;
	struct str s;
	int hit = 0;

	while (rd_left(r))
		switch (type) {
		case KEYS: hit |= is_key(a, rd_str(r)); break;
		case IDS: hit |= str_eq(rd_str(r), a->c.id); break;
		case BITMAPS: hit |= bitmap(a, r); break;
		case SERIALS:
		case RANGES:
			n = rd_u64(r);
			end = type == RANGES ? rd_u64(r) : n;
			/* 0 is what those have that were given none */
			r->bad |= !n || n > end;
			hit |= a->c.serial >= n && a->c.serial <= end;
			break;
		default: /* SHA1, SHA256 */
			s = rd_str(r);
			n = type == SHA1;
			r->bad |= s.len != (n ? 20 : 32);
			hit |= !r->bad && !memcmp(s.p, a->sum[n], s.len);
		}
	return hit;
}

/* all parts to the end; inside: those of CERTIFICATES */
static int parts(const struct asked *a, struct rd *r, int inside)
{
	int hit = 0;

	while (rd_left(r)) {
		unsigned type = rd_u8(r);
		struct rd in = rd_init(rd_str(r));

		if (type == (inside ? EXTENSION_IN : EXTENSION)) {
			rd_str(&in);
			r->bad |= rd_u8(&in) != 0; /* critical, and we do not know it */
			rd_str(&in);
		} else if (!inside && type == CERTIFICATES) {
			struct str ca = rd_str(&in); /* empty: any */
			int ours = a->is_cert && (!ca.len || str_eq(ca, a->c.ca));

			rd_str(&in); /* reserved */
			hit |= parts(a, &in, 1) & ours;
		} else if (inside ? type - SERIALS + 0u < 4 : type < 6 && (0x2c >> type & 1)) {
			hit |= part(a, &in, type);
		} else {
			r->bad = 1;
		}
		r->bad |= !rd_done(&in);
	}
	return hit;
}

static int check(struct asked *a, struct str krl)
{
	struct rd r = rd_init(krl);
	int hit;

	digest(a->sum[0], &hash_sha256, a);
	digest(a->sum[1], &hash_sha1, a);
	r.bad |= !str_eq(rd_bytes(&r, 8), (struct str){(const uint8_t *)MAGIC, 8});
	r.bad |= rd_u32(&r) != 1;
	rd_bytes(&r, 24); /* its version, date and flags */
	rd_str(&r);       /* reserved */
	rd_str(&r);       /* comment */
	hit = parts(a, &r, 0);
	return r.bad ? -1 : hit;
}

/* likewise of a text */
static int check_list(const struct asked *a, struct str file, char *line, size_t size)
{
	struct authkey k;
	int hit = 0;

	while (file.len) {
		const uint8_t *end = memchr(file.p, '\n', file.len);
		size_t n = end ? (size_t)(end - file.p) : file.len;

		if (n >= size || memchr(file.p, 0, n))
			return -1;
		memcpy(line, file.p, n);
		line[n] = 0;
		n += end != NULL;
		file.p += n;
		file.len -= n;
		switch (authkeys_line(&k, line)) {
		case AUTHKEYS_NONE: break;
		case AUTHKEYS_BAD: return -1;
		default: hit |= is_key(a, k.blob);
		}
	}
	return hit;
}

/* of the key, and of the CA that signed its certificate; line NULL: a KRL alone */
static int ask(struct str file, struct str blob, char *line, size_t n)
{
	struct asked a = {0};
	int i, r, hit = 0;

	key_of(&a, blob);
	a.is_cert = cert_read(&a.c, blob);
	if (a.is_cert) {
		a.name = str_of(a.c.row->kind->name);
		a.fields = a.c.fields;
	}
	for (i = a.is_cert; i >= 0; i--) {
		r = line ? check_list(&a, file, line, n) : check(&a, file);
		if (r < 0)
			return r;
		hit |= r;
		key_of(&a, a.c.ca);
		a.is_cert = 0;
	}
	return hit;
}

int krl_check(struct str krl, struct str blob)
{
	return ask(krl, blob, NULL, 0);
}

int revoked(struct str file, struct str blob, char *line, size_t n)
{
	int krl = file.len >= 8 && !memcmp(file.p, MAGIC, 8);

	return ask(file, blob, krl ? NULL : line, n);
}
