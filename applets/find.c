/* find.c - find: lists the servers on the link that announce themselves by multicast DNS. */
/* SPDX-License-Identifier: MIT */
/*
 * Asks from a port of its own, so the answers come here alone (RFC 6762 6.7). The
 * address shown is where the answer came from: the one that surely works from here,
 * fe80:: rather than another.
 */
#include <netinet/in.h>
#include <poll.h>
#include <string.h>

#include "applets.h"
#include "dns.h"
#include "flag.h"
#include "mdns.h"
#include "sock.h"

#define DEVICES 128
#define USAGE "cubssh find [-t SECONDS] [-i INTERFACE]"

enum { FOUND = 0, NONE = 1, WRONG = 2 };

static struct device {
	uint8_t name[DNS_NAME]; /* of its instance */
	uint32_t index;
	uint16_t port; /* 0: not known */
	char print[64];
	struct addr from;
} devices[DEVICES] APART;
static unsigned n_devices;

static int is_link_local(const struct addr *a)
{
	size_t n;
	const uint8_t *ip = addr_bytes(a, &n);

	return n == 16 && ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80;
}

/* NULL: it is not one of ours, or there are too many */
static struct device *device_of(const uint8_t *name, uint32_t index, const struct addr *from)
{
	struct device *d;
	size_t tail = *name + 1u;

	if (tail > DNS_NAME - sizeof(mdns_service) ||
	    !dns_same(name + tail, mdns_service, sizeof(mdns_service)))
		return NULL;
	for (d = devices; d < devices + n_devices; d++)
		if (d->index == index && dns_same(d->name, name, DNS_NAME))
			break;
	if (d == devices + DEVICES)
		return NULL;
	if (d == devices + n_devices) {
		n_devices++;
		memcpy(d->name, name, DNS_NAME);
		d->index = index;
		d->from = *from;
	} else if (!is_link_local(&d->from) && is_link_local(from)) {
		d->from = *from;
	}
	return d;
}

static void print_take(struct device *d, const uint8_t *p, size_t n)
{
	for (; n && *p < n; n -= *p + 1u, p += *p + 1u)
		if (*p > 3 && !memcmp(p + 1, "fp=", 3))
			fmt(d->print, sizeof(d->print), "%.*s", *p - 3, (const char *)p + 4);
}

void find_take(const uint8_t *m, size_t n, const struct addr *from, uint32_t index)
{
	uint8_t name[DNS_NAME];
	struct dns_record r;
	struct device *d;
	size_t at = 12;
	unsigned i, questions;

	if (n < 12 || !(m[2] & 0x80) || m[3] & 15)
		return;
	questions = dns_u16(m + 4);
	i = questions + dns_u16(m + 6) + dns_u16(m + 8) + dns_u16(m + 10);
	for (; i && (at = dns_record(m, n, at, questions > 0, name, &r)); i--) {
		if (questions) {
			questions--;
			continue;
		}
		if (!r.ttl) /* it takes its leave */
			continue;
		if (r.type == DNS_PTR && dns_same(name, mdns_service, sizeof(mdns_service)) &&
		    dns_name(m, n, (size_t)(r.data - m), name))
			device_of(name, index, from);
		if ((r.type != DNS_SRV && r.type != DNS_TXT) || !(d = device_of(name, index, from)))
			continue;
		if (r.type == DNS_TXT)
			print_take(d, r.data, r.len);
		else if (r.len > 6)
			d->port = (uint16_t)dns_u16(r.data + 4);
	}
}

static void show(void)
{
	const struct device *d;
	char host[64];

	for (d = devices; d < devices + n_devices; d++) {
		addr_host(&d->from, host, sizeof(host));
		fmt_fd(1, "%s %u %*p %p\n", host, d->port, *d->name, (const char *)d->name + 1,
		       *d->print ? d->print : "-");
	}
}

/* the service, and what is not known of those that have it */
static int ask(int fd, uint32_t index)
{
	uint8_t q[12 + DNS_NAME + 4];
	size_t n = dns_query(q, 1, "_ssh._tcp.local", DNS_PTR), len;
	int err = mdns_ask(fd, q, n, index);
	struct device *d;

	for (d = devices; d < devices + n_devices && err == 0; d++) {
		if (d->port)
			continue;
		len = *d->name + 1u + sizeof(mdns_service);
		memcpy(q + 12, d->name, len);
		memcpy(q + 12 + len, "\0\377\0\1", 4);
		mdns_send(fd, q, 12 + len + 4, d->index, AF_INET, NULL);
		mdns_send(fd, q, 12 + len + 4, d->index, AF_INET6, NULL);
	}
	return err;
}

static int look(int fd, unsigned seconds, uint32_t index)
{
	static uint8_t m[9000] APART;
	uint64_t start = clock_ms(), now, asked = 0;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct addr from;
	uint32_t by;
	ssize_t n;
	int err;

	while ((now = clock_ms()) - start < seconds * 1000u) {
		if (!asked || now - asked >= 1000) {
			err = ask(fd, index);
			if (err < 0)
				return err;
			asked = now;
		}
		poll(&p, 1, 100);
		while ((n = mdns_take(fd, m, sizeof(m), &from, &by, NULL)) >= 0)
			if (addr_port(&from) == MDNS_PORT)
				find_take(m, (size_t)n, &from, by);
	}
	return 0;
}

int find_main(int argc, char **argv)
{
	const char *at = NULL;
	uint32_t index = 0;
	int c, fd, err = 0, seconds = 3;
	char *arg;

	(void)argc;
	self_init(argv++);
	while ((c = flag_next(&at, &argv, "t:i:", "", &arg))) {
		if (c == 't')
			seconds = num_small(arg, 1, 3600);
		if (c == 'i' && (err = addr_scope(arg, &index)) < 0) {
			fmt_fd(2, "find: interface %p: %s\n", arg, err_text(-err));
			return WRONG;
		}
		if (c == '?' || seconds < 0)
			break;
	}
	if (c || *argv) {
		fmt_fd(2, "usage: %s\n", USAGE);
		return WRONG;
	}
	fd = mdns_open(0);
	err = fd < 0 ? fd : look(fd, (unsigned)seconds, index);
	if (err < 0) {
		fmt_fd(2, "find: %s\n", err_text(-err));
		return WRONG;
	}
	show();
	return n_devices ? FOUND : NONE;
}
