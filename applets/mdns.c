/* mdns.c - tells the link of this server: a responder of multicast DNS (RFC 6762, 6763). */
/* SPDX-License-Identifier: MIT */
/*
 * Seven records: the service's pointer and its kind's, SRV and TXT of our instance, A,
 * AAAA and NSEC of our host. Both names are one label, and are given up together. Each step
 * of announcing is done on all wires at once; a wire is an interface and a family. Only what
 * came by the group on one of them is looked at, so nothing from beyond the link is.
 */
#include <netinet/in.h>
#include <string.h>

#include "dns.h"
#include "mdns.h"
#include "sock.h"
#include "wire.h"

#define HEAD 12
#define FLUSH 0x8000       /* of a class in an answer; in a question: by unicast */
#define PROBES 3           /* RFC 6762 8.1 */
#define STEPS (PROBES + 2) /* 8.3: two announcements */
#define MANY 15            /* conflicts, then it gets slow */

enum { PTR, META, SRV, TXT, A, AAAA, NSEC, ROWS };
#define BIT(row) (1u << (row))
#define UNIQUE (BIT(SRV) | BIT(TXT) | BIT(A) | BIT(AAAA))
#define HOST (BIT(A) | BIT(AAAA) | BIT(NSEC))
#define ALL (BIT(PTR) | UNIQUE | HOST)

enum how { ANSWER, LEGACY, PROBE, GOODBYE };

const uint8_t mdns_service[17] = "\4_ssh\4_tcp\5local";
static const uint8_t meta[] = "\11_services\7_dns-sd\4_udp\5local";
static const uint8_t types[ROWS] = {DNS_PTR, DNS_PTR, DNS_SRV, DNS_TXT, DNS_A, DNS_AAAA, DNS_NSEC};

static struct mdns_told told;
int mdns_sock;
static uint8_t host[80], instance[80]; /* as they travel */
static size_t host_len, instance_len;
static unsigned number; /* behind the name, where others have it: 2 and more */
static unsigned step;   /* probes and announcements that are done */
static unsigned tries;  /* conflicts since it was quiet */
static int owned;       /* the names are ours */
static uint32_t due;
uint32_t mdns_dice;

static struct wire {
	uint32_t index;
	uint8_t family, owed; /* records that the group waits for */
	uint32_t due, last;   /* when to send them; when any were sent */
} wires[2 * MDNS_LINKS] APART;
static unsigned n_wires;

/* behind the last where there is none */
static struct wire *wire_find(uint32_t index, unsigned family)
{
	struct wire *w = wires;

	while (w < wires + n_wires && (w->index != index || w->family != family))
		w++;
	return w;
}

static int past(uint32_t t, uint32_t now)
{
	return (int32_t)(now - t) >= 0;
}

/* milliseconds below n, which nobody should guess but need not be kept from guessing */
static uint32_t some(uint32_t n)
{
	mdns_dice = mdns_dice * 1664525 + 1013904223;
	return (mdns_dice >> 16) % n;
}

/* ---- names and records --------------------------------------------------------- */

static void names_make(void)
{
	char label[sizeof(told.name) + 8];
	size_t n =
	    fmt(label + 1, sizeof(label) - 1, number > 1 ? "%s-%u" : "%s", told.name, number);

	label[0] = (char)n++;
	memcpy(host, label, n);
	memcpy(host + n, mdns_service + 10, 7);
	host_len = n + 7;
	memcpy(instance, label, n);
	memcpy(instance + n, mdns_service, sizeof(mdns_service));
	instance_len = n + sizeof(mdns_service);
}

static const uint8_t *owner(unsigned row, size_t *n)
{
	*n = row == PTR    ? sizeof(mdns_service)
	     : row == META ? sizeof(meta)
	     : row < A     ? instance_len
			   : host_len;
	return row == PTR ? mdns_service : row == META ? meta : row < A ? instance : host;
}

/* the rows that a name and a type mean */
static unsigned rows_of(const uint8_t *name, unsigned type)
{
	unsigned row, found = 0;
	size_t n;

	for (row = 0; row < ROWS; row++) {
		const uint8_t *own = owner(row, &n);

		/* that there is no other type is an answer as well (6.1) */
		if (dns_same(name, own, n) &&
		    (type == types[row] || type == DNS_ANY || row == NSEC))
			found |= BIT(row);
	}
	return found;
}

static void u16(struct wr *w, unsigned v)
{
	wr_u8(w, (uint8_t)(v >> 8));
	wr_u8(w, (uint8_t)v);
}

/* as others choose: what counts beyond the link, else what there is */
static int is_shown(const struct link *l)
{
	unsigned i;

	for (i = 0; l->on_link && i < told.n; i++)
		if (told.at[i].index == l->index && told.at[i].family == l->family &&
		    !told.at[i].on_link)
			return 0;
	return 1;
}

static void data_put(struct wr *w, unsigned row, const uint8_t *ip, uint32_t index)
{
	uint8_t bits[] = {0, 1, 0, 0, 0, 8}; /* RFC 4034 4.1.2: A, AAAA; a byte or four of them */
	unsigned i;

	if (row == PTR)
		wr_bytes(w, instance, instance_len);
	if (row == META)
		wr_bytes(w, mdns_service, sizeof(mdns_service));
	if (row == SRV) {
		wr_u32(w, 0);
		u16(w, told.port);
	}
	if (row == SRV || row == NSEC)
		wr_bytes(w, host, host_len);
	if (row == TXT) {
		wr_u8(w, (uint8_t)strlen(told.txt));
		wr_bytes(w, told.txt, strlen(told.txt));
	}
	for (i = 0; row == NSEC && i < told.n; i++)
		if (told.at[i].index == index && told.at[i].family == AF_INET)
			bits[2] = 0x40;
		else if (told.at[i].index == index)
			bits[1] = 4;
	if (row == NSEC)
		wr_bytes(w, bits, 2u + bits[1]);
	if (row == A || row == AAAA)
		wr_bytes(w, ip, row == A ? 4 : 16);
}

static void record_put(struct wr *w, unsigned row, enum how how, const uint8_t *ip, uint32_t index)
{
	size_t n;
	const uint8_t *name = owner(row, &n);
	uint32_t ttl = row == PTR || row == META || row == TXT ? 4500 : 120;
	uint8_t *len;

	wr_bytes(w, name, n);
	u16(w, types[row]);
	u16(w, how == LEGACY || how == PROBE || row < SRV ? 1 : FLUSH | 1);
	wr_u32(w, how == GOODBYE ? 0 : how == LEGACY ? 10 : ttl);
	len = w->p;
	u16(w, 0);
	data_put(w, row, ip, index);
	if (!w->bad)
		len[1] = (uint8_t)(w->p - len - 2);
}

/* how many records these are; the interface has its addresses */
static unsigned rows_put(struct wr *w, unsigned rows, enum how how, uint32_t index)
{
	unsigned row, i, n = 0;

	for (row = 0; row < ROWS; row++) {
		if (!(rows & BIT(row)))
			continue;
		for (i = 0; i < told.n; i++) {
			const struct link *l = &told.at[i];
			int is_address = row == A || row == AAAA;

			if (is_address && (l->index != index || !is_shown(l) ||
					   l->family != (row == A ? AF_INET : AF_INET6)))
				continue;
			record_put(w, row, how, l->ip, index);
			n++;
			if (!is_address)
				break;
		}
	}
	return n;
}

/*
 * A message with these records, to the group by a wire or to one host. A query that is
 * answered by the old rules goes before them: its id, its questions.
 */
static void say(const struct wire *by, unsigned rows, enum how how, const struct addr *to,
		const uint8_t *query, size_t query_len)
{
	static uint8_t m[MDNS_PACKET] APART;
	struct wr w = wr_init(m, sizeof(m));
	unsigned more = rows & BIT(PTR) ? ALL : rows & BIT(SRV) ? HOST : 0, n;

	wr_bytes(&w, "\0\0\204\0\0\0\0\0\0\0\0", HEAD);
	if (how == LEGACY) {
		memcpy(m, query, 2);
		m[5] = query[5];
		wr_bytes(&w, query + HEAD, query_len - HEAD);
	}
	if (how == PROBE) {
		m[2] = 0;
		m[5] = 2;
		wr_bytes(&w, instance, instance_len);
		wr_u32(&w, DNS_ANY << 16 | 1);
		wr_bytes(&w, host, host_len);
		wr_u32(&w, DNS_ANY << 16 | 1);
	}
	n = rows_put(&w, rows, how, by->index);
	m[how == PROBE ? 9 : 7] = (uint8_t)n;
	if (how < PROBE)
		m[11] = (uint8_t)rows_put(&w, more & ~rows, how, by->index);
	if (!w.bad)
		mdns_send(mdns_sock, m, wr_len(&w), by->index, by->family, to);
}

/* ---- what others say ----------------------------------------------------------- */

/* another has one of the names: asked once more, it is given up if the other insists */
static void conflict(uint32_t now)
{
	if (!owned) {
		number = number < 2 ? 2 : number % 9999 + 1;
		names_make();
	}
	owned = 0;
	step = 0;
	due = now + (++tries > MANY ? 5000 : some(250));
}

/* 1: its data is what we say; *order: how the others' is to ours otherwise (8.2) */
static int is_ours(const uint8_t *m, size_t n, const struct dns_record *r, unsigned rows,
		   int *order)
{
	uint8_t name[DNS_NAME], own[160];
	struct wr w = wr_init(own, sizeof(own));
	unsigned row = 0, i;
	size_t len, skip;

	while (!(rows & BIT(row)))
		row++;
	*order = 0;
	for (i = 0; (row == A || row == AAAA) && i < told.n; i++) {
		if (told.at[i].family != (row == A ? AF_INET : AF_INET6))
			continue;
		if (r->len == (row == A ? 4 : 16) && !memcmp(r->data, told.at[i].ip, r->len))
			return 1;
		*order = memcmp(r->data, told.at[i].ip, r->len < 4 ? r->len : 4);
	}
	if (row == A || row == AAAA)
		return 0;
	data_put(&w, row, NULL, 0);
	len = wr_len(&w);
	skip = row == SRV ? 6 : row == TXT ? len : 0;
	*order = memcmp(r->data, own, r->len < skip ? r->len : skip);
	if (row == TXT || *order || r->len < skip)
		return r->len == len && !*order;
	return dns_name(m, n, (size_t)(r->data - m) + skip, name) &&
	       dns_same(name, own + skip, len - skip);
}

/* a record behind the questions; *want loses what the other knows. 0: no more is to be done */
static int record_take(const uint8_t *m, size_t n, const struct dns_record *r, unsigned rows,
		       unsigned section, unsigned *want, uint32_t now)
{
	unsigned is_answer = m[2] & 0x80;
	int order;

	if (is_ours(m, n, r, rows, &order)) {
		if (!is_answer && !section && r->ttl > 60)
			*want &= ~(rows & ~HOST); /* of several addresses it may know one */
		return 1;
	}
	if (is_answer && r->ttl && section != 1 && rows & UNIQUE) {
		conflict(now);
		return 0;
	}
	/* both ask at once: the greater data goes first, by the first record that differs */
	if (is_answer || section != 1 || owned || !order)
		return 1;
	if (order > 0) {
		step = 0;
		due = now + 1000;
	}
	return 0;
}

static int records_take(const uint8_t *m, size_t n, size_t at, unsigned *want, uint32_t now)
{
	uint8_t name[DNS_NAME];
	struct dns_record r;
	unsigned section, i, rows;

	for (section = 0; section < 3; section++)
		for (i = dns_u16(m + 6 + 2 * section); i; i--) {
			at = dns_record(m, n, at, 0, name, &r);
			if (!at)
				return 0;
			rows = r.type == DNS_ANY ? 0 : rows_of(name, r.type) & ~BIT(NSEC);
			if (rows && !record_take(m, n, &r, rows, section, want, now))
				return !(m[2] & 0x80);
		}
	return 1;
}

/* the group waits for them; what answers a probe must not be late */
static void owe(struct wire *w, unsigned rows, int is_probe, uint32_t now)
{
	uint32_t t = now + (rows & (BIT(PTR) | BIT(META)) && !is_probe ? 20 + some(100) : 0);
	uint32_t least = w->last + (is_probe ? 250 : 1000); /* 6 */

	if (!past(least, t))
		t = least;
	if (!w->owed || !past(w->due, t))
		w->due = t;
	w->owed |= (uint8_t)rows;
}

void mdns_packet(const uint8_t *m, size_t n, const struct addr *from, uint32_t index, uint32_t now)
{
	uint8_t name[DNS_NAME];
	unsigned i, want = 0, by_unicast = 0;
	int legacy = addr_port(from) != MDNS_PORT;
	size_t at = HEAD, len;
	struct dns_record r;
	struct wire *w;

	addr_bytes(from, &len);
	w = wire_find(index, len == 4 ? AF_INET : AF_INET6);
	if (w == wires + n_wires || n < HEAD || (m[2] & 0x78) || (m[3] & 15) ||
	    (m[2] & 0x80 && legacy))
		return;
	for (i = dns_u16(m + 4); i; i--) {
		at = dns_record(m, n, at, 1, name, &r);
		if (!at)
			return;
		want |= rows_of(name, r.type);
		by_unicast |= r.class & FLUSH;
	}
	len = at;
	if (!records_take(m, n, at, &want, now) || m[2] & 0x80 || !owned || !want)
		return;
	if (legacy && !m[4] && len < MDNS_PACKET / 2)
		say(w, want, LEGACY, from, m, len);
	else if (by_unicast)
		say(w, want, ANSWER, from, NULL, 0);
	else if (!legacy)
		owe(w, want, dns_u16(m + 8) != 0, now);
}

/* ---- what we say ----------------------------------------------------------------- */

static void all_say(unsigned rows, enum how how)
{
	struct wire *w;

	for (w = wires; w < wires + n_wires; w++)
		say(w, rows, how, NULL, NULL, 0);
}

void mdns_bye(void)
{
	if (owned)
		all_say(ALL, GOODBYE);
}

int mdns_work(uint32_t now)
{
	int32_t wait = INT32_MAX, left;
	struct wire *w;

	if (step < STEPS && past(due, now)) {
		due = now + (step < PROBES ? 250 : 1000);
		if (step == PROBES && !owned) {
			owned = 1;
			log_put(LOG_L_INFO, "announced as %*p.local", *host,
				(const char *)host + 1);
		}
		if (step++ < PROBES)
			all_say(UNIQUE, PROBE);
		else
			for (w = wires; w < wires + n_wires; w++)
				owe(w, ALL, 1, now);
	}
	if (step < STEPS)
		wait = (int32_t)(due - now);
	else
		tries = 0;
	for (w = wires; w < wires + n_wires; w++) {
		if (w->owed && past(w->due, now)) {
			if (owned)
				say(w, w->owed, ANSWER, NULL, NULL, 0);
			w->owed = 0;
			w->last = now;
		}
		left = (int32_t)(w->due - now);
		if (w->owed && left < wait)
			wait = left;
	}
	return wait == INT32_MAX ? -1 : wait;
}

void mdns_tell(const struct mdns_told *t, uint32_t now)
{
	unsigned i;

	if (strcmp(told.name, t->name) != 0) {
		mdns_bye();
		owned = 0;
		number = 0;
	}
	told = *t;
	names_make();
	n_wires = 0;
	for (i = 0; i < told.n; i++) {
		const struct link *l = &told.at[i];
		struct wire *w = wire_find(l->index, l->family);

		if (w == wires + n_wires)
			n_wires++;
		*w = (struct wire){.index = l->index, .family = l->family, .last = now - 1000};
		mdns_join(mdns_sock, l->index);
	}
	step = 0;
	due = now + some(250);
}
