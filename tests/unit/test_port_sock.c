/* test_port_sock.c - addresses, pattern lists, sockets on loopback, messages with descriptors. */
/* SPDX-License-Identifier: MIT */
#include "test_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

static char text[100];

static const char *host(const char *h, int family)
{
	struct addr a;
	int r = addr_parse(&a, h, family, 2222);

	if (r < 0)
		return r == -ENODEV ? "nodev" : r == -EINVAL ? "inval" : "error";
	addr_host(&a, text, sizeof text);
	return addr_port(&a) == 2222 ? text : "port";
}

#define HOST(h, family, want) NEED(!strcmp(host(h, family), want))

static const char *parses(void)
{
	HOST("1.2.3.4", 0, "1.2.3.4");
	HOST("255.255.255.255", 4, "255.255.255.255");
	HOST("::1", 0, "::1");
	HOST("::", 6, "::");
	HOST("2001:db8:0:0:1:0:0:1", 0, "2001:db8::1:0:0:1"); /* RFC 5952 4.2.3 */
	HOST("2001:db8:0:1:1:1:1:1", 6, "2001:db8:0:1:1:1:1:1");
	HOST("2001:0:0:1:0:0:0:1", 0, "2001:0:0:1::1");
	HOST("FE80::A:0", 0, "fe80::a:0");
	HOST("1::", 0, "1::");
	HOST("::ffff:10.0.0.1", 0, "10.0.0.1");
	HOST("fe80::1%lo", 0, "fe80::1%lo");
	HOST("fe80::1%1", 0, "fe80::1%lo");
	HOST("fe80::1%4000000000", 0, "fe80::1%4000000000");
	HOST("fe80::1%nosuch0", 0, "nodev");
	HOST("fe80::1%", 0, "nodev");
	HOST("fe80::1%averylonginterfacename", 0, "nodev");
	HOST("*", 4, "0.0.0.0");
	HOST("", 4, "0.0.0.0");
	HOST("*", 6, "::");
	return NULL;
}

static const char *parses_no_junk(void)
{
	static const char *const junk[] = {"1.2.3",    "1.2.3.4.5", "1.2.3.256", " 1.2.3.4",
					   "1.2.3.4 ", "host",      ":::",       "1::2::3",
					   "12345::",  "[::1]",     "1.2.3.4/8", "::1/64",
					   "x%lo"};
	static char big[300];
	size_t i;

	for (i = 0; i < sizeof junk / sizeof *junk; i++)
		if (strcmp(host(junk[i], 0), "inval") != 0)
			return junk[i];
	memset(big, ':', sizeof big - 1);
	HOST(big, 0, "inval");
	memset(big, '1', sizeof big - 1);
	HOST(big, 0, "inval");
	HOST("::1", 4, "inval");
	HOST("1.2.3.4", 6, "inval");
	return NULL;
}

static int match(const char *h, const char *list)
{
	struct addr a;

	return addr_parse(&a, h, 0, 1) < 0 ? -99 : addr_match(&a, list);
}

static const char *matches(void)
{
	NEED(match("10.1.2.3", "10.0.0.0/8") == 1 && match("11.1.2.3", "10.0.0.0/8") == 0);
	NEED(match("10.1.2.3", "10.1.2.3") == 1 && match("10.1.2.3", "10.1.2.3/32") == 1);
	NEED(match("10.1.2.2", "10.1.2.3/31") == 1 && match("10.1.2.1", "10.1.2.3/31") == 0);
	NEED(match("10.1.2.3", "0.0.0.0/0") == 1 && match("::1", "0.0.0.0/0") == 0);
	NEED(match("10.1.2.3", "10.1.*") == 1 && match("10.1.2.3", "10.?.2.3") == 1);
	NEED(match("10.1.2.3", "*") == 1 && match("::1", "*") == 1 &&
	     match("10.12.2.3", "10.?.2.3") == 0);
	NEED(match("10.1.2.3", "10.1.2.30") == 0 && match("10.1.2.30", "10.1.2.3") == 0);
	NEED(match("10.1.2.3", "!10.1.2.3,10.*") == -1 &&
	     match("10.1.2.3", "10.*,!10.1.2.3") == -1);
	NEED(match("10.1.2.4", "!10.1.2.3,10.*") == 1 && match("10.1.2.4", "!10.1.2.3") == 0);
	NEED(match("::ffff:10.1.2.3", "10.0.0.0/8") == 1);
	NEED(match("2001:db8::1", "2001:DB8::/32") == 1 &&
	     match("2001:db9::1", "2001:db8::/32") == 0);
	NEED(match("2001:db8::1", "2001:0db8:0:0::1") == 1 &&
	     match("2001:db8::2", "2001:DB8::*") == 1);
	NEED(match("fe80::1%lo", "fe80::1") == 1 && match("fe80::1%lo", "fe80::/10") == 1);
	NEED(match("10.1.2.3", "") == 0 && match("10.1.2.3", ",,") == 0);
	NEED(match("10.1.2.3", "1.1.1.1, 10.1.2.3") == 1);
	return NULL;
}

static const char *matches_no_junk(void)
{
	static char big[300];

	NEED(match("10.1.2.3", "10.0.0.0/33") == 0 && match("10.1.2.3", "!10.0.0.0/33,*") == -1);
	NEED(match("10.1.2.3", "10.0.0.0/") == 0 && match("10.1.2.3", "10.0.0.0/x") == 0);
	NEED(match("10.1.2.3", "/0") == 0 && match("10.1.2.3", "*/0") == 0);
	NEED(match("10.1.2.3", "10.0.0.0/8/8") == 0 && match("10.1.2.3", "10.0.0.0/-1") == 0);
	memset(big, '1', sizeof big - 1);
	big[0] = '*';
	NEED(match("10.1.2.3", big) == 0);
	memcpy(big, "10.1.2.3", 8);
	memset(big + 8, '*', sizeof big - 9);
	NEED(match("10.1.2.3", big) == 0); /* too long to be believed */
	big[0] = '!';
	NEED(match("10.1.2.3", big) == -1);
	return NULL;
}

static const char *same_hosts(void)
{
	struct addr a, b;

	NEED(!addr_parse(&a, "1.2.3.4", 0, 1) && !addr_parse(&b, "::ffff:1.2.3.4", 0, 2));
	NEED(addr_same_host(&a, &b) == 1);
	NEED(!addr_parse(&b, "1.2.3.5", 0, 1) && addr_same_host(&a, &b) == 0);
	NEED(!addr_parse(&a, "2001:db8:1:2::1", 0, 1) &&
	     !addr_parse(&b, "2001:db8:1:2:3::9", 0, 1));
	NEED(addr_same_host(&a, &b) == 1);
	NEED(!addr_parse(&b, "2001:db8:1:3::1", 0, 1) && addr_same_host(&a, &b) == 0);
	memset(&a, 0, sizeof a);
	addr_host(&a, text, sizeof text);
	NEED(!strcmp(text, "UNKNOWN") && addr_port(&a) == 0);
	return NULL;
}

static int dial(const struct addr *to)
{
	int fd = socket(to->sa.any.family, SOCK_STREAM, 0);

	if (fd >= 0 && connect(fd, (const void *)to->sa.bytes, to->len) == 0)
		return fd;
	close(fd);
	return -1;
}

/* listens at `at`, dials `by`, sees the peer as `seen` */
static const char *talk(const char *at, int family, const char *by, const char *seen)
{
	struct addr a, own, to, peer;
	int l, c, s, v = 0;
	socklen_t len = sizeof v;

	NEED(addr_parse(&a, at, family, 0) == 0);
	l = sock_listen(&a, NULL, 5);
	NEED(l >= 0);
	NEED(fcntl(l, F_GETFD) == FD_CLOEXEC && fcntl(l, F_GETFL) & O_NONBLOCK);
	NEED(sock_accept(l, &peer) == -EAGAIN);
	NEED(sock_local(l, &own) == 0 && addr_port(&own) != 0);
	NEED(addr_parse(&to, by, 0, addr_port(&own)) == 0);
	c = dial(&to);
	NEED(c >= 0);
	usleep(10000);
	s = sock_accept(l, &peer);
	NEED(s >= 0 && fcntl(s, F_GETFD) == FD_CLOEXEC && fcntl(s, F_GETFL) & O_NONBLOCK);
	addr_host(&peer, text, sizeof text);
	NEED(!strcmp(text, seen));
	NEED(sock_peer(s, &own) == 0 && addr_port(&own) == addr_port(&peer));
	sock_nodelay(s);
	NEED(getsockopt(s, IPPROTO_TCP, TCP_NODELAY, &v, &len) == 0 && v);
	sock_keepalive(s);
	NEED(getsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &v, &len) == 0 && v);
	sock_quickack(s);
	NEED(addr_parse(&a, at, family, addr_port(&to)) == 0 &&
	     sock_listen(&a, NULL, 5) == -EADDRINUSE);
	close(l);
	/* the accepted connection keeps nobody from listening again */
	l = sock_listen(&a, NULL, 5);
	NEED(l >= 0);
	return NULL;
}

static const char *listens4(void)
{
	return talk("127.0.0.1", 0, "127.0.0.1", "127.0.0.1");
}

static int no_ipv6(void)
{
	struct addr a;
	int fd;

	if (addr_parse(&a, "::1", 0, 0) < 0)
		return 1;
	fd = sock_listen(&a, NULL, 1);
	close(fd);
	return fd < 0;
}

static const char *listens6(void)
{
	if (no_ipv6())
		SKIP("no IPv6 here");
	return talk("::1", 0, "::1", "::1");
}

/* one socket for both; an IPv4 peer is shown as such */
static const char *listens_both(void)
{
	return talk("*", 0, "127.0.0.1", "127.0.0.1");
}

static const char *listens6_only(void)
{
	struct addr a, own, to;
	int l;

	if (no_ipv6())
		SKIP("no IPv6 here");
	NEED(addr_parse(&a, "*", 6, 0) == 0 && (l = sock_listen(&a, "", 5)) >= 0);
	NEED(sock_local(l, &own) == 0 && addr_parse(&to, "127.0.0.1", 0, addr_port(&own)) == 0);
	NEED(dial(&to) < 0);
	return NULL;
}

static const char *listens_on_an_interface(void)
{
	struct addr a;
	int fd;

	NEED(addr_parse(&a, "127.0.0.1", 0, 0) == 0);
	NEED(sock_listen(&a, "nosuch0", 5) < 0);
	fd = sock_listen(&a, "lo", 5);
	if (fd == -EPERM)
		SKIP("not root");
	NEED(fd >= 0);
	return NULL;
}

static const char *listens_where_it_cannot(void)
{
	struct addr a;

	NEED(addr_parse(&a, "203.0.113.1", 0, 0) == 0 &&
	     sock_listen(&a, NULL, 5) == -EADDRNOTAVAIL);
	return NULL;
}

static const char *nonblock(void)
{
	int p[2];
	char c;

	NEED(pipe(p) == 0 && fd_nonblock(p[0]) == 0 && read(p[0], &c, 1) < 0 && errno == EAGAIN);
	NEED(fd_nonblock(999) == -EBADF);
	return NULL;
}

static int fds_open(void)
{
	int n = 0, i;

	for (i = 0; i < 200; i++)
		n += fcntl(i, F_GETFD) >= 0;
	return n;
}

static const char *messages(void)
{
	static char buf[4096];
	int m[2], p[2], got[3], n, before;
	char c;

	NEED(msg_pair(m) == 0 && pipe(p) == 0);
	NEED(fcntl(m[0], F_GETFD) == FD_CLOEXEC);
	memset(buf, 7, sizeof buf);
	NEED(msg_send(m[0], buf, sizeof buf, NULL, 0) == 0);
	NEED(msg_send(m[0], "ab", 2, (int[]){p[0], p[1], 0}, 3) == 0);
	NEED(msg_recv(m[1], buf, sizeof buf, NULL, NULL) == 4096);
	n = 3;
	NEED(msg_recv(m[1], buf, sizeof buf, got, &n) == 2 && n == 3 && !memcmp(buf, "ab", 2));
	NEED(fcntl(got[0], F_GETFD) == FD_CLOEXEC && fcntl(got[2], F_GETFD) == FD_CLOEXEC);
	NEED(write(got[1], "z", 1) == 1 && read(p[0], &c, 1) == 1 && c == 'z');
	NEED(msg_send(m[0], "x", 1, p, 4) == -EINVAL);
	before = fds_open();
	/* cut ones and unwanted descriptors: an error, and nothing stays open */
	NEED(msg_send(m[0], "abcd", 4, p, 2) == 0);
	n = 3;
	NEED(msg_recv(m[1], buf, 3, got, &n) == -EMSGSIZE && n == 0 && fds_open() == before);
	NEED(msg_send(m[0], "abcd", 4, p, 2) == 0);
	n = 1;
	NEED(msg_recv(m[1], buf, 4, got, &n) == -EMSGSIZE && n == 0 && fds_open() == before);
	NEED(msg_send(m[0], "abcd", 4, p, 2) == 0);
	NEED(msg_recv(m[1], buf, 4, NULL, NULL) == -EMSGSIZE && fds_open() == before);
	NEED(msg_send(m[0], "abcd", 4, p, 1) == 0);
	n = 1;
	NEED(msg_recv(m[1], buf, 4, got, &n) == 4 && n == 1 && fds_open() == before + 1);
	close(m[0]);
	NEED(msg_recv(m[1], buf, 4, NULL, NULL) == 0);
	NEED(msg_send(m[1], "x", 1, NULL, 0) == -EPIPE); /* and no SIGPIPE */
	return NULL;
}

/* more descriptors than msg_send ever sends */
static const char *messages_from_a_stranger(void)
{
	union {
		struct cmsghdr h;
		char room[CMSG_SPACE(20 * sizeof(int))];
	} c;
	struct iovec iov = {"x", 1};
	struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &c};
	int m[2], got[3], n = 3, before, i;
	char buf[10];

	if (test_emulated())
		SKIP("qemu keeps descriptors open that it does not hand on");
	NEED(msg_pair(m) == 0);
	before = fds_open();
	memset(&c, 0, sizeof c);
	h.msg_controllen = CMSG_SPACE(20 * sizeof(int));
	c.h.cmsg_level = SOL_SOCKET;
	c.h.cmsg_type = SCM_RIGHTS;
	c.h.cmsg_len = CMSG_LEN(20 * sizeof(int));
	for (i = 0; i < 20; i++)
		((int *)(void *)CMSG_DATA(&c.h))[i] = 0;
	NEED(sendmsg(m[0], &h, 0) == 1);
	NEED(msg_recv(m[1], buf, sizeof buf, got, &n) == -EMSGSIZE && n == 0);
	NEED(fds_open() == before);
	return NULL;
}

int main(void)
{
	RUN(parses);
	RUN(parses_no_junk);
	RUN(matches);
	RUN(matches_no_junk);
	RUN(same_hosts);
	RUN(listens4);
	RUN(listens6);
	RUN(listens_both);
	RUN(listens6_only);
	RUN(listens_on_an_interface);
	RUN(listens_where_it_cannot);
	RUN(nonblock);
	RUN(messages);
	RUN(messages_from_a_stranger);
	return test_failed;
}
