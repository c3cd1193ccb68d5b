/* keygen_krl.c - ssh-keygen: makes lists of revoked keys (-k, PROTOCOL.krl), and asks them (-Q). */
/* SPDX-License-Identifier: MIT */
/*
 * What is to be revoked is gathered in order, twice the same once, and then
 * written section by section. Serials that follow each other are a range, others
 * a list; what an updated file had stays in front as it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base64.h"
#include "cert.h"
#include "keygen.h"

#define ITEMS 4096
#define LINE 16384

/* sections, in the order in which they are written; the first is divided by CA */
enum section { CERTIFICATES = 1, KEYS = 2, SHA1 = 3, SHA256 = 5 };
enum { SERIALS = 0x20, RANGE = 0x21, IDS = 0x23 };

static struct item {
	uint8_t section, ids; /* ids: the data is a key id */
	uint64_t lo, hi;      /* of serials */
	struct str ca, data;
} item[ITEMS] APART;
static unsigned items;
static uint8_t store[KEYGEN_ROOM] APART;
static size_t stored;
static struct str ca; /* of -s; .p NULL: none */
static struct str old;

/* ---- gathering ------------------------------------------------------------- */

static struct str keep(struct str s)
{
	if (s.len > sizeof(store) - stored)
		return (struct str){0};
	memcpy(store + stored, s.p, s.len);
	s.p = store + stored;
	stored += s.len;
	return s;
}

static int compare(const struct item *a, const struct item *b)
{
	int d = a->section - b->section;

	if (!d)
		d = keygen_order(a->ca, b->ca);
	if (!d)
		d = a->ids - b->ids;
	if (!d)
		d = keygen_order(a->data, b->data);
	return d ? d : a->lo < b->lo ? -1 : a->lo > b->lo;
}

/* NULL, or what is wrong */
static const char *add(struct item i)
{
	unsigned k = items;
	int d = 1;

	while (k && (d = compare(&i, &item[k - 1])) < 0)
		k--;
	if (!d) {
		if (item[k - 1].hi < i.hi)
			item[k - 1].hi = i.hi;
		return NULL;
	}
	i.data = keep(i.data);
	if (items == ITEMS || (!i.data.p && !i.lo))
		return "too much for one list";
	memmove(item + k + 1, item + k, (items++ - k) * sizeof(*item));
	item[k] = i;
	return NULL;
}

static const char *add_serials(struct str of, uint64_t lo, uint64_t hi)
{
	if (!lo || lo > hi)
		return "invalid serial";
	return add((struct item){.section = CERTIFICATES, .ca = of, .lo = lo, .hi = hi});
}

static const char *add_data(unsigned section, struct str of, struct str data)
{
	return add((struct item){
	    .section = (uint8_t)section, .ids = section == CERTIFICATES, .ca = of, .data = data});
}

/* a key, or a certificate by what its CA calls it; explicit: the key in it */
static const char *add_key(struct str blob, unsigned section)
{
	uint8_t digest[32];
	const char *is_cert;
	struct cert c;

	if (!section && cert_read(&c, blob)) {
		struct str of = keep(c.ca);

		return c.serial ? add_serials(of, c.serial, c.serial)
				: add_data(CERTIFICATES, of, c.id);
	}
	blob = key_plain(blob, &is_cert);
	if (section > KEYS)
		blob = (struct str){
		    digest,
		    pubkey_digest(digest, section == SHA1 ? &hash_sha1 : &hash_sha256, blob)};
	return add_data(section ? section : KEYS, (struct str){0}, blob);
}

static const char *line_serial(char *p)
{
	char *dash = strchr(p, '-');
	uint64_t lo, hi;

	if (dash)
		*dash++ = 0;
	if (num_parse(p, 1, ~(uint64_t)0, &lo) || num_parse(dash ? dash : p, lo, ~(uint64_t)0, &hi))
		return "invalid serial";
	return add_serials(ca, lo, hi);
}

/* SHA256:base64 as it is printed, without its last sign */
static const char *line_hash(char *p)
{
	uint8_t digest[33];
	char text[48];
	size_t n;

	fmt(text, sizeof(text), "%.44s=", strncmp(p, "SHA256:", 7) ? "" : p + 7);
	if (!base64_decode(digest, &n, text, strlen(text)) || n != 32)
		return "invalid hash";
	return add_data(SHA256, (struct str){0}, (struct str){digest, n});
}

static const char *line_key(char *p, unsigned section)
{
	struct authkey k;

	if (authkeys_line(&k, p) != AUTHKEYS_KEY)
		return "invalid key";
	return add_key(k.blob, section);
}

/* what a line of a file says: a key, or something else behind its word */
static const char *line_of(char *p)
{
	static const char words[] = "serial:\0id:\0key:\0sha1:\0sha256:\0hash:\0";
	const char *w = words;
	int i, n;

	for (i = 0; *w && strncmp(p, w, strlen(w)) != 0; i++)
		w += strlen(w) + 1;
	p += strlen(w);
	p += strspn(p, " \t");
	n = i < 2 && !ca.p;
	if (n)
		return "a CA's key (-s) is needed to revoke by serial number or key id";
	switch (i) {
	case 0: return line_serial(p);
	case 1: return add_data(CERTIFICATES, ca, str_of(p));
	case 2: return line_key(p, KEYS);
	case 3: return line_key(p, SHA1);
	case 4: return line_key(p, SHA256);
	case 5: return line_hash(p);
	default: return line_key(p, 0);
	}
}

static int add_file(const char *path)
{
	int fd = strcmp(path, "-") ? fd_open(path, O_RDONLY) : 0, r;
	const char *why = NULL;
	struct lines l;
	char *p, where[600];
	size_t n;

	if (fd < 0)
		return keygen_fail(path, err_text(-fd));
	if (!GIVEN('q'))
		fmt_fd(1, "Revoking from %s\n", path);
	lines_init(&l, fd, keygen_room, LINE);
	while (!why && (r = lines_next(&l, &p)) != 0) {
		if (r < 0) {
			why = err_text(-r);
			break;
		}
		p += strspn(p, " \t");
		n = strcspn(p, "#");
		while (n && (p[n - 1] == ' ' || p[n - 1] == '\t'))
			n--;
		p[n] = 0;
		why = n ? line_of(p) : NULL;
	}
	close(fd);
	fmt(where, sizeof(where), "%s:%lu", path, l.no);
	return why ? keygen_fail(where, why) : 0;
}

/* ---- writing --------------------------------------------------------------- */

/* the serials and ids of one CA from *i on */
static void put_certs(struct wr *w, unsigned *i)
{
	const struct item *first = &item[*i];
	uint8_t *mark = NULL;
	uint64_t lo, hi;
	unsigned was = 0, type;

	wr_str(w, first->ca.p, first->ca.len);
	wr_u32(w, 0); /* reserved */
	while (*i < items && item[*i].section == CERTIFICATES &&
	       !keygen_order(item[*i].ca, first->ca)) {
		const struct item *t = &item[(*i)++];

		lo = t->lo;
		hi = t->hi;
		while (!t->ids && *i < items && item[*i].section == CERTIFICATES && !item[*i].ids &&
		       !keygen_order(item[*i].ca, first->ca) && item[*i].lo - 1 <= hi) {
			hi = item[*i].hi > hi ? item[*i].hi : hi;
			++*i;
		}
		type = t->ids ? IDS : hi - lo > 1 ? RANGE : SERIALS;
		if (type != was || type == RANGE) {
			if (was)
				wr_close(w, mark);
			wr_u8(w, (uint8_t)type);
			mark = wr_open(w);
			was = type;
		}
		if (t->ids)
			wr_str(w, t->data.p, t->data.len);
		else
			wr_u64(w, lo);
		if (type == RANGE || hi > lo)
			wr_u64(w, hi);
	}
	wr_close(w, mark);
}

static void put_sections(struct wr *w)
{
	unsigned i = 0, section;
	uint8_t *mark;

	while (i < items) {
		section = item[i].section;
		wr_u8(w, (uint8_t)section);
		mark = wr_open(w);
		if (section == CERTIFICATES)
			put_certs(w, &i);
		else
			for (; i < items && item[i].section == section; i++)
				wr_str(w, item[i].data.p, item[i].data.len);
		wr_close(w, mark);
	}
}

/* head, and what the old file had */
static void put_head(struct wr *w, uint64_t version)
{
	struct rd r = rd_init(old);
	struct str comment = {0}, one;
	uint64_t was;

	rd_bytes(&r, 12); /* magic, version of the format */
	was = rd_u64(&r);
	rd_bytes(&r, 16); /* date, flags */
	rd_str(&r);
	comment = rd_str(&r);
	if (GIVEN('C'))
		comment = str_of(GIVEN('C'));
	wr_bytes(w, "SSHKRL\n", 8);
	wr_u32(w, 1);
	wr_u64(w, GIVEN('z') ? version : was);
	wr_u64(w, (uint64_t)clock_unix());
	wr_u64(w, 0);
	wr_u32(w, 0);
	wr_str(w, comment.p, comment.len);
	while (rd_left(&r)) {
		unsigned section = rd_u8(&r);

		one = rd_str(&r);
		wr_u8(w, (uint8_t)section);
		wr_str(w, one.p, one.len);
	}
}

/* the list of -f into the second half of keygen_mem; 0, or it has been said */
static int load(struct str *krl)
{
	uint8_t *p = keygen_mem + sizeof(keygen_mem) / 2;
	ssize_t n = file_read(keygen.file, p, sizeof(keygen_mem) / 2);

	*krl = (struct str){p, n < 0 ? 0 : (size_t)n};
	if (n < 0)
		return keygen_fail(keygen.file, err_text((int)-n));
	if (krl_check(*krl, STR("")) < 0)
		return keygen_fail(keygen.file, "not a KRL, or damaged");
	return 0;
}

int keygen_krl(void)
{
	struct wr w = wr_init(keygen_mem, sizeof(keygen_mem) / 2);
	const char *z = GIVEN('z'), *why, *of = GIVEN('s');
	uint64_t version = 0;
	struct str comment;
	int status = 0;

	if (!keygen.file)
		return keygen_fail("-k", "KRL generation requires an output file (-f)");
	if (z && num_parse(z, 0, ~(uint64_t)0, &version))
		return keygen_fail("Invalid serial number", z);
	if (GIVEN('u'))
		status = load(&old);
	if (of && !strcasecmp(of, "none")) {
		ca = STR("");
	} else if (of && !status) {
		why = keygen_public(of, &ca, &comment);
		ca = keep(ca);
		status = why ? keygen_fail(of, why) : 0;
	}
	for (; !status && *keygen.files; keygen.files++)
		status = add_file(*keygen.files);
	if (status)
		return status;
	put_head(&w, version);
	put_sections(&w);
	if (w.bad)
		return keygen_fail(keygen.file, "too much for one list");
	return keygen_write(keygen.file, keygen_mem, wr_len(&w), 0644);
}

int keygen_krl_query(void)
{
	struct str krl, blob, comment;
	int status, r, any = 0;

	if (!keygen.file)
		return keygen_fail("-Q", "KRL checking requires an input file (-f)");
	status = load(&krl);
	for (; !status && *keygen.files; keygen.files++) {
		const char *why = keygen_public(*keygen.files, &blob, &comment);

		if (why)
			return keygen_fail(*keygen.files, why);
		r = krl_check(krl, blob);
		any |= r;
		fmt_fd(1, comment.len ? "%s (%.*s): %s\n" : "%s%.*s: %s\n", *keygen.files,
		       (int)comment.len, comment.p, r ? "REVOKED" : "ok");
	}
	return status ? status : any ? NO : DONE;
}
