/* test_resolve.c - addresses of names: as text, from /etc/hosts, from name servers of all kinds. */
/* SPDX-License-Identifier: MIT */
#include "dial_lab.h"

static struct resolve r;

/* steps until it wants more: what resolve_step said */
static int steps(uint32_t now)
{
	int i, ended = 0;

	for (i = 0; i < 6 && !ended; i++)
		ended = resolve_step(&r, now);
	return ended;
}

/* address i as text, with its port where it has one */
static const char *shown(const struct resolve *s, unsigned i)
{
	static char text[80];
	struct addr a = {.len = 28};

	if (i >= s->n)
		return "none";
	memcpy(a.sa.bytes, &s->addrs[i], sizeof s->addrs[i]);
	addr_host(&a, text, sizeof text);
	return text;
}

#define SHOWN(i, want) NEED(!strcmp(shown(&r, i), want))

static const char *literals(void)
{
	files("", "");
	NEED(resolve_start(&r, "10.1.2.3", 0, 0) == 0 && r.n == 1 && resolve_step(&r, 0) == 1);
	SHOWN(0, "10.1.2.3");
	NEED(resolve_start(&r, "2001:db8::1", 0, 0) == 0 && r.n == 1);
	SHOWN(0, "2001:db8::1");
	NEED(resolve_start(&r, "fe80::1%lo", 6, 0) == 0 && r.n == 1);
	SHOWN(0, "fe80::1%lo");
	NEED(resolve_start(&r, "fe80::1%nosuch0", 0, 0) == -ENODEV);
	NEED(resolve_start(&r, "10.1.2.3", 6, 0) == -EAFNOSUPPORT);
	NEED(resolve_start(&r, "::1", 4, 0) == -EAFNOSUPPORT);
	return NULL;
}

/* none of them leaves the machine */
static const char *no_names(void)
{
	static const char *const bad[] = {"",      ".",      "*",         "1.2.3",     "127.1",
					  "1234",  "host.5", "1.2.3.4.",  "a b",       "a\nb",
					  "[::1]", "::g",    "a\xc3\xa4", "1.2.3.4.5", "host.."};
	char big[300];
	size_t i;

	files("", "nameserver 127.0.0.1\n");
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		if (resolve_start(&r, bad[i], 0, 0) != -ENOENT || r.fd != -1)
			return bad[i];
	memset(big, 'x', sizeof big);
	big[254] = 0;
	NEED(resolve_start(&r, big, 0, 0) == -ENOENT);
	big[64] = 0; /* a label too long */
	NEED(resolve_start(&r, big, 0, 0) == 0 && resolve_step(&r, 0) == 1 && r.err == -ENOENT);
	NEED(resolve_start(&r, "a..b", 0, 0) == 0 && resolve_step(&r, 0) == 1 && r.n == 0);
	NEED(serve(1, 0, NULL, NULL) == 0);
	return NULL;
}

static const char *hosts_file(void)
{
	char text[3000];
	size_t n =
	    fmt(text, sizeof text,
		"# comment host\n10.0.0.1\thost.lan Host # other\n10.0.0.2 x host\r\n"
		"2001:db8::1 host\nfe80::2%%lo link\nbad host\n10.0.0.9 #host\n  10.0.0.3 y\n");

	memset(text + n, 'x', 1500);
	fmt(text + n + 1500, sizeof text - n - 1500, " far\n10.0.0.4 last");
	files(text, "nameserver 127.0.0.1\n");
	NEED(resolve_start(&r, "HOST", 0, 0) == 0 && resolve_step(&r, 0) == 1 && r.n == 3);
	SHOWN(0, "10.0.0.1");
	SHOWN(1, "10.0.0.2");
	SHOWN(2, "2001:db8::1");
	NEED(resolve_start(&r, "host.lan.", 0, 0) == 0 && r.n == 1);
	NEED(resolve_start(&r, "host", 6, 0) == 0 && r.n == 1);
	SHOWN(0, "2001:db8::1");
	NEED(resolve_start(&r, "link", 0, 0) == 0 && r.n == 1);
	SHOWN(0, "fe80::2%lo");
	NEED(resolve_start(&r, "y", 0, 0) == 0 && r.n == 1);
	NEED(resolve_start(&r, "last", 0, 0) == 0 && r.n == 1);
	SHOWN(0, "10.0.0.4");
	/* of the wanted family there is none: that is for the servers */
	NEED(resolve_start(&r, "last", 6, 0) == 0 && r.fd >= 0);
	resolve_end(&r);
	for (n = 0; n < 50; n++)
		fmt(text + 16 * n, 17, "10.0.1.%02u  many\n", (unsigned)n);
	files(text, "");
	NEED(resolve_start(&r, "many", 0, 0) == 0 && r.n == DIAL_ADDRS);
	return NULL;
}

static const char *localhost(void)
{
	unlink("hosts");
	unlink("resolv.conf");
	NEED(resolve_start(&r, "LocalHost", 0, 0) == 0 && r.n == 2 && r.fd == -1);
	SHOWN(0, "::1");
	SHOWN(1, "127.0.0.1");
	NEED(resolve_start(&r, "localhost.", 4, 0) == 0 && r.n == 1);
	files("127.0.0.9 localhost\n", "");
	NEED(resolve_start(&r, "localhost", 0, 0) == 0 && r.n == 1);
	SHOWN(0, "127.0.0.9");
	return NULL;
}

static const char *both_families(void)
{
	files("", "");
	unlink("hosts");
	unlink("resolv.conf"); /* 127.0.0.1 it is */
	NEED(resolve_start(&r, "host.example", 0, 0) == 0 && r.fd >= 0 && steps(0) == 0);
	NEED(serve(1, 0, "10.0.0.1", "2001:db8::1") == 2 && steps(1) == 1);
	NEED(r.n == 2 && r.fd == -1);
	NEED(resolve_start(&r, "host.example", 4, 0) == 0);
	NEED(serve(1, 0, "10.0.0.1", "2001:db8::1") == 1 && steps(1) == 1 && r.n == 1);
	NEED(resolve_start(&r, "host.example", 6, 0) == 0);
	NEED(serve(1, 0, "10.0.0.1", "2001:db8::1") == 1 && steps(1) == 1 && r.n == 1);
	SHOWN(0, "2001:db8::1");
	NEED(resolve_start(&r, "host.example", 0, 0) == 0);
	NEED(serve(1, 0, NULL, "2001:db8::1") == 2 && steps(1) == 1 && r.n == 1);
	/* what was in the file is of no use and leaves nothing behind */
	files("1.2.3.4 host\n", "");
	NEED(resolve_start(&r, "host", 6, 0) == 0);
	NEED(serve(1, 0, NULL, "::") == 1 && steps(1) == 1 && r.n == 1);
	NEED(!r.addrs[0].rest[0]);
	SHOWN(0, "::");
	return NULL;
}

/* with NXDOMAIN for all of them: the names that are asked about */
#define ASKS(name, want)                                                    \
	do {                                                                \
		names[0] = 0;                                               \
		NEED(resolve_start(&r, name, 0, 0) == 0);                   \
		while (steps(0) == 0 && serve(1, 3, NULL, NULL))            \
			;                                                   \
		NEED(!strcmp(names, want) && r.n == 0 && r.err == -ENOENT); \
	} while (0)

static const char *search(void)
{
	char text[400] = "search", label[60];
	int i;

	files("", "nameserver 127.0.0.1\ndomain no.example\nsearch lan corp.example\n");
	ASKS("host", "host.lan host.corp.example host ");
	ASKS("a.b", "a.b a.b.lan a.b.corp.example ");
	ASKS("host.", "host ");
	files("", "domain lan. # ours\noptions ndots:3 rotate timeout:x\n");
	ASKS("a.b.c", "a.b.c.lan a.b.c ");
	ASKS("a.b.c.d", "a.b.c.d a.b.c.d.lan ");
	files("", "options ndots:0\nsearch .. lan\n");
	ASKS("host", "host host.lan ");
	/* what there is under one suffix ends it */
	names[0] = 0;
	NEED(resolve_start(&r, "host", 0, 0) == 0 && serve(1, 3, NULL, NULL) == 2);
	NEED(steps(0) == 0 && serve(1, 0, NULL, "2001:db8::1") == 2);
	NEED(steps(0) == 1 && r.n == 1 && !strcmp(names, "host host.lan "));
	/* a list that is too long is what fits of it */
	memset(label, 'y', 50);
	label[50] = 0;
	for (i = 0; i < 6; i++)
		strcat(strcat(text, " "), label);
	files("", text);
	NEED(resolve_start(&r, "host", 0, 0) == 0 && r.suffixes == 1 + 4 * 51 + 1);
	resolve_end(&r);
	return NULL;
}

static const char *servers_fail(void)
{
	struct asked a, b;
	uint16_t first;

	files("", "nameserver 127.0.0.1\nnameserver 127.0.0.2\nnameserver junk\n"
		  "nameserver 127.0.0.3\noptions timeout:2 attempts:2\n");
	/* SERVFAIL: the next at once, and only for what is missing */
	NEED(resolve_start(&r, "host", 0, 0) == 0 && asked(1, &a));
	reply(1, &a, 2, NULL);
	NEED(steps(10) == 0 && serve(2, 5, NULL, NULL) == 2 && steps(10) == 0);
	NEED(asked(3, &a) && a.type == 28 && asked(1, &b));
	first = (uint16_t)(a.m[0] << 8 | a.m[1]);
	reply(3, &a, 0, "2001:db8::1");
	NEED(steps(20) == 0 && r.n == 1 && serve(3, 2, NULL, NULL) == 1 && steps(20) == 0);
	NEED(asked(1, &a) && a.type == 1 && !asked(1, &b)); /* one question is left */
	reply(1, &a, 0, "10.0.0.1");
	NEED(steps(30) == 1 && r.n == 2);
	/* time out: the next at its time */
	NEED(resolve_start(&r, "host", 4, 0xffffff00u) == 0 && r.due == 0xffffff00u + 2000);
	NEED(steps(0xffffff00u + 1999) == 0 && !asked(2, &a));
	NEED(steps(0xffffff00u + 2000) == 0 && asked(2, &a) && r.fd >= 0);
	NEED((a.m[0] << 8 | a.m[1]) != first || a.m[0]);
	/* the first one's answer comes late: it is not waited for any more */
	NEED(serve(1, 0, "10.0.0.1", NULL) == 1 && steps(0xffffff00u + 2001) == 0);
	reply(2, &a, 0, "10.0.0.2");
	NEED(steps(0xffffff00u + 2002) == 1 && r.n == 1);
	SHOWN(0, "10.0.0.2");
	return NULL;
}

static const char *nobody_answers(void)
{
	uint32_t now = 0;
	int tries = 0, before = descriptors();

	files("", "nameserver 127.0.0.1\nnameserver 127.0.0.2\noptions attempts:3 timeout:4\n");
	NEED(resolve_start(&r, "host", 0, 0) == 0);
	while (steps(now) == 0) {
		NEED(r.due == now + 4000);
		now = r.due;
		tries++;
	}
	NEED(tries == 6 && now == 24000 && r.err == -ETIMEDOUT && r.n == 0);
	NEED(serve(1, 0, NULL, NULL) == 6 && serve(2, 0, NULL, NULL) == 6);
	/* no server is there: each says so at once */
	close(at(1, 0, SOCK_DGRAM, &server_port[1]));
	close(at(2, 0, SOCK_DGRAM, &server_port[2]));
	NEED(resolve_start(&r, "host", 4, 0) == 0);
	for (tries = 0; tries < 20 && !resolve_step(&r, 0); tries++)
		;
	NEED(tries < 20 && r.err == -ECONNREFUSED && descriptors() == before);
	return NULL;
}

static const char *only_what_was_asked(void)
{
	struct asked a, b;
	uint16_t ids[4];
	int i;

	files("", "nameserver 127.0.0.1\n");
	NEED(resolve_start(&r, "host", 4, 0) == 0 && asked(1, &a));
	b = a;
	b.m[1] ^= 1;
	reply(1, &b, 0, "10.6.6.6");
	b = a;
	b.m[13] = 'g';
	reply(1, &b, 0, "10.6.6.6");
	reply(2, &a, 0, "10.6.6.6"); /* from elsewhere */
	NEED(steps(1) == 0 && r.n == 0);
	/* and none of these puts off the end of waiting */
	reply(1, &b, 0, "10.6.6.6");
	NEED(resolve_step(&r, 5000) == 0 && r.due == 10000);
	NEED(asked(1, &a));
	a.m[13] = 'H';
	reply(1, &a, 0, "10.0.0.1");
	NEED(steps(5001) == 1 && r.n == 1);
	SHOWN(0, "10.0.0.1");
	for (i = 0; i < 4; i++) {
		NEED(resolve_start(&r, "host", 4, 0) == 0 && asked(1, &a));
		memcpy(&ids[i], a.m, 2);
		resolve_end(&r);
	}
	NEED(ids[0] != ids[1] || ids[1] != ids[2] || ids[2] != ids[3]);
	return NULL;
}

int main(void)
{
	dir = test_dir();
	servers_open();
	RUN(literals);
	RUN(no_names);
	RUN(hosts_file);
	RUN(localhost);
	RUN(both_families);
	RUN(search);
	RUN(servers_fail);
	RUN(nobody_answers);
	RUN(only_what_was_asked);
	test_dir_remove(dir);
	return test_failed;
}
