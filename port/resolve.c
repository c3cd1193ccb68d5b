/* resolve.c - the addresses of a name: as text, from /etc/hosts, from name servers. */
/* SPDX-License-Identifier: MIT */
/*
 * While .fd is open it is a UDP socket connected to one server, so that the kernel
 * drops what others send, and both queries that still want an answer went out
 * there with new ids from a new port. A server that fails or is silent costs a
 * try, and the tries are counted over the whole lookup: it ends within
 * attempts * servers * timeout, whatever the search list. Another suffix is only
 * tried after a server said, for each family, that there is nothing under the last.
 */
#include "internal.h"

#include "dial.h"
#include "dns.h"
#include "link.h"
#include "sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define V4 1
#define V6 2
#define LINE 1024
#define MDNS_TRIES 2
#define ANSWER 512 /* without EDNS none is longer (RFC 1035 4.2.1) */
/* in a struct inet's .rest */
#define ADDR4 (offsetof(struct sockaddr_in, sin_addr) - 4)
#define SCOPE6 (offsetof(struct sockaddr_in6, sin6_scope_id) - 4)
#define ADDR6 (offsetof(struct sockaddr_in6, sin6_addr) - 4)

static int literal(struct inet *to, const char *host, uint16_t port)
{
	struct addr a;
	int err = addr_parse(&a, host, 0, port);

	if (err == 0)
		memcpy(to, a.sa.bytes, sizeof *to);
	return err;
}

/* an address as text, where there is room and its family is wanted */
static int add(struct resolve *r, const char *host)
{
	struct inet *a = &r->addrs[r->n];
	int err;

	if (r->n == DIAL_ADDRS)
		return 0;
	err = literal(a, host, 0);
	if (err == 0 && r->families & (a->family == AF_INET ? V4 : V6))
		r->n++;
	return err;
}

/* ---- the files ------------------------------------------------------------- */

/* the next word of a line, "" at its end */
static char *word(char **line)
{
	char *w = *line + strspn(*line, " \t"), *end = w + strcspn(w, " \t");

	*line = end + (*end != 0);
	*end = 0;
	return w;
}

static void hosts_line(struct resolve *r, char *line)
{
	char *host = word(&line), *w;

	while (*(w = word(&line)))
		if (strcasecmp(w, r->name) == 0)
			add(r, host);
}

/* "ndots:2", and the others that have a number, by their first letter; no limit is over 30 */
static void option(struct resolve *r, const char *w)
{
	uint8_t *to = *w == 'n'   ? &r->ndots
		      : *w == 't' ? &r->patience
		      : *w == 'a' ? &r->tries
				  : NULL;
	const char *colon = strchr(w, ':');
	int v = to && colon ? num_small(colon + 1, *w != 'n', 30) : -1;

	if (v >= 0)
		*to = (uint8_t)v;
}

static void conf_line(struct resolve *r, char *line)
{
	char *key = word(&line), *w;
	int search = strcmp(key, "search") == 0 || strcmp(key, "domain") == 0;

	if (search)
		r->suffixes = 1; /* the last line counts */
	while (*(w = word(&line))) {
		size_t n = strlen(w) + 1;

		if (search && r->suffixes + n < RESOLVE_SEARCH) {
			memcpy(r->search + r->suffixes, w, n);
			r->suffixes += (uint16_t)n;
		}
		if (strcmp(key, "options") == 0)
			option(r, w);
		if (strcmp(key, "nameserver") == 0 && r->servers < RESOLVE_SERVERS &&
		    literal(&r->from[r->servers], w, 53) == 0)
			r->servers++;
	}
}

/* each line that fits, without its comment */
static void each_line(struct resolve *r, const char *path,
		      void (*take)(struct resolve *r, char *line))
{
	char buf[LINE], *line;
	struct lines l;
	int fd = fd_open(path, O_RDONLY | O_NONBLOCK), got;

	if (fd < 0)
		return;
	lines_init(&l, fd, buf, sizeof buf);
	while ((got = lines_next(&l, &line)) == 1 || got == -E2BIG || got == -EILSEQ) {
		if (got < 0)
			continue;
		line[strcspn(line, "#;")] = 0;
		take(r, line);
	}
	close(fd);
}

/* servers, tries, and what to ask about: the bare name comes first where it has dots enough */
static void configure(struct resolve *r, unsigned dots, int absolute)
{
	r->suffixes = r->ndots = 1; /* search[0] is "" */
	r->patience = 5;
	r->tries = 2;
	r->addrs[0] = (struct inet){0}; /* may hold one that was not wanted */
	literal(&r->from[0], "127.0.0.1", 53);
	each_line(r, "/etc/resolv.conf", conf_line);
	r->servers += !r->servers;
	r->tries *= r->servers;
	if (absolute) {
		r->suffixes = 1;
	} else if (dots < r->ndots) {
		r->suffix = 1;
		r->search[r->suffixes++] = 0;
	}
}

/* ---- name servers ---------------------------------------------------------- */

static size_t query(const struct resolve *r, int v6, uint8_t q[DNS_QUERY])
{
	char name[DIAL_NAME + 2]; /* where it is cut it is too long for a query */

	fmt(name, sizeof name, "%s.%s", r->name, r->search + r->suffix);
	return dns_query(q, r->ids[v6], name, v6 ? DNS_AAAA : DNS_A);
}

/* as a querier that only asks (RFC 6762 6.7): the answers come to this port */
static int group_ask(struct resolve *r)
{
	uint8_t q[DNS_QUERY];
	int v6, err = r->fd = mdns_open(0);

	for (v6 = 1 + CFG_IPV6; v6-- && err >= 0;)
		if (r->open >> v6 & 1)
			err = mdns_ask(r->fd, q, query(r, v6, q), r->scope);
	return err < 0 ? err : 0;
}

static int server_ask(struct resolve *r)
{
	const struct inet *to = &r->from[r->server];
	uint8_t q[DNS_QUERY], random[32];
	long err;
	int v6;

	resolve_end(r);
	rand_seed(random);
	memcpy(r->ids, random, sizeof r->ids);
	if (CFG_MDNS && r->mdns)
		return group_ask(r);
	err = sys(SYS_socket, to->family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (err < 0)
		return (int)err;
	r->fd = (int)err;
	err = sys(SYS_connect, r->fd, to, (long)sizeof *to);
	for (v6 = 1 + CFG_IPV6; v6-- && err == 0;) /* RFC 8305 3: AAAA first */
		if (r->open >> v6 & 1 && write(r->fd, q, query(r, v6, q)) < 0)
			err = -errno;
	return (int)err;
}

/* err: what is wrong with the server asked last, 0: nothing, the question is new */
static void ask(struct resolve *r, int err, uint32_t now)
{
	for (;;) {
		if (CFG_MDNS && err < 0 && r->mdns) {
			if (r->n)
				break;
			r->mdns--;
		} else if (err < 0) {
			r->err = err;
			r->server = r->server + 1 < r->servers ? r->server + 1 : 0;
			if (!--r->tries)
				break;
		}
		err = server_ask(r);
		r->due = now + (CFG_MDNS && r->mdns ? 1 : r->patience) * 1000u;
		if (err == 0)
			return;
	}
	resolve_end(r);
}

/* about the first suffix from .suffix on with which the name is one */
static void ask_suffix(struct resolve *r, uint32_t now)
{
	uint8_t q[DNS_QUERY];

	for (; r->suffix < r->suffixes; r->suffix += strlen(r->search + r->suffix) + 1) {
		if (!query(r, 0, q))
			continue;
		r->open = r->families;
		ask(r, 0, now);
		return;
	}
	r->err = -ENOENT;
	resolve_end(r);
}

static void take(struct resolve *r, const uint8_t *m, size_t n, uint32_t now)
{
	uint8_t q[DNS_QUERY], ips[DIAL_ADDRS / 2 * 16];
	int v6, i, got = DNS_FOREIGN;

	for (v6 = 0; v6 <= CFG_IPV6 && got == DNS_FOREIGN; v6++) {
		size_t len = v6 ? 16 : 4;

		if (!(r->open >> v6 & 1))
			continue;
		got = dns_answer(m, n, q, query(r, v6, q), ips, DIAL_ADDRS / 2);
		if (got >= 0)
			r->open &= ~(1 << v6);
		/* each family comes once: there is room */
		for (i = 0; i < got; i++) {
			struct inet *a = &r->addrs[r->n++];

			a->family = v6 ? AF_INET6 : AF_INET;
			memcpy(a->rest + (v6 ? ADDR6 : ADDR4), ips + len * (unsigned)i, len);
			if (CFG_MDNS && v6 && a->rest[ADDR6] == 0xfe &&
			    (a->rest[ADDR6 + 1] & 0xc0) == 0x80)
				memcpy(a->rest + SCOPE6, &r->by, 4);
		}
	}
	if (got == DNS_FAILED) {
		ask(r, -EIO, now);
	} else if (!r->open && r->n) {
		resolve_end(r);
	} else if (!r->open) {
		r->suffix += strlen(r->search + r->suffix) + 1;
		ask_suffix(r, now);
	}
}

/* ---- all of it ------------------------------------------------------------- */

/*
 * Sets the name, without its last dot, and counts the others. -ENOENT where it can be
 * none, or looks like an address: a number is no top level domain. The interface
 * that may stand behind it is .scope.
 */
static int name_set(struct resolve *r, const char *name, unsigned *dots)
{
	size_t n = 0;
	int number = 1, err = 0;

	for (*dots = 0; *name; name++) {
		unsigned c = (unsigned char)*name;

		if (c <= ' ' || c > '~' || c == ':' || c == '*' || n >= DIAL_NAME - 1)
			return -ENOENT;
		if (c == '.' && !name[1])
			break;
		if (CFG_MDNS && c == '%') {
			err = addr_scope(name + 1, &r->scope);
			r->by = r->scope;
			break;
		}
		r->name[n++] = (char)c;
		number = c == '.' || (number && c - '0' < 10);
		*dots += c == '.';
	}
	return number ? -ENOENT : err;
}

/* NAME.local, and NAME where an interface stands behind it, are asked for on the link */
static void local(struct resolve *r, unsigned dots)
{
	static const char end[] = ".local";
	size_t n = strlen(r->name);

	if (!dots && r->scope) {
		memcpy(r->search, end + 1, sizeof end - 1);
		r->suffix = 0;
		r->suffixes = sizeof end - 1;
	} else if (n < sizeof end || strcasecmp(r->name + n - (sizeof end - 1), end) != 0) {
		return;
	}
	r->mdns = MDNS_TRIES;
}

int resolve_start(struct resolve *r, const char *name, int family, uint32_t now)
{
	unsigned dots;
	int err;

	memset(r, 0, sizeof *r);
	r->fd = -1;
	if (!CFG_IPV6 && family == 6)
		return -EAFNOSUPPORT;
	r->families = family == 6 ? V6 : family == 4 || !CFG_IPV6 ? V4 : V4 | V6;
	err = *name && *name != '*' ? add(r, name) : -EINVAL;
	if (err != -EINVAL)
		return err < 0 || r->n ? err : -EAFNOSUPPORT;
	err = name_set(r, name, &dots);
	if (err < 0)
		return err;
	each_line(r, "/etc/hosts", hosts_line);
	if (!r->n && strcasecmp(r->name, "localhost") == 0) { /* RFC 6761 6.3 */
		if (CFG_IPV6)
			add(r, "::1");
		add(r, "127.0.0.1");
	}
	if (!r->n) {
		configure(r, dots, name[strlen(r->name)] == '.');
		if (CFG_MDNS)
			local(r, dots);
		ask_suffix(r, now);
	}
	return 0;
}

/* a packet as read() gives it, from a responder on the interface that was asked */
static ssize_t group_read(struct resolve *r, uint8_t m[ANSWER])
{
	uint32_t index;
	struct addr from;
	ssize_t n = mdns_take(r->fd, m, ANSWER, &from, &index, NULL);

	if (n < 0) {
		errno = (int)-n;
		return -1;
	}
	r->by = index;
	return addr_port(&from) == MDNS_PORT && (!r->scope || r->scope == index) ? n : 0;
}

int resolve_step(struct resolve *r, uint32_t now)
{
	uint8_t m[ANSWER];
	ssize_t n;

	if (r->fd < 0)
		return 1;
	n = CFG_MDNS && r->mdns ? group_read(r, m) : read(r->fd, m, sizeof m);
	if (n >= 0)
		take(r, m, (size_t)n, now);
	else if (errno != EAGAIN)
		ask(r, -errno, now); /* an ICMP message came */
	if (r->fd >= 0 && (int32_t)(now - r->due) >= 0)
		ask(r, -ETIMEDOUT, now);
	return r->fd < 0;
}

void resolve_end(struct resolve *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}
