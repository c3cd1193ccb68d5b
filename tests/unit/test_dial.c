/* test_dial.c - connects: which address first, when the next, what comes of it; unix sockets. */
/* SPDX-License-Identifier: MIT */
#include "dial_lab.h"

#include <sys/un.h>

static struct dial d;

static uint16_t good_port; /* listens on 127.0.0.8, drops what comes on .9, refuses on others */
static int good, hole;

static const char *listeners(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	uint16_t port;
	int i, fd;

	good = at(8, 0, SOCK_STREAM, &port);
	hole = at(9, port, SOCK_STREAM, &port);
	good_port = ntohs(port);
	NEED(good >= 0 && hole >= 0 && listen(good, 9) == 0 && listen(hole, 0) == 0);
	a.sin_port = port;
	a.sin_addr.s_addr = htonl(0x7f000009);
	for (i = 0; i < 4; i++) { /* what waits already fills its queue */
		fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(fd, (void *)&a, sizeof a);
	}
	usleep(20000);
	return NULL;
}

#define LISTEN()                               \
	do {                                   \
		const char *why = listeners(); \
		if (why)                       \
			return why;            \
	} while (0)

/* until it wants to wait, at most so many steps */
static int dial_steps(uint32_t now)
{
	struct pollfd p[DIAL_FDS];
	int i, got = -EAGAIN;

	for (i = 0; i < 10 && got == -EAGAIN; i++) {
		got = dial_step(&d, now);
		if (got == -EAGAIN && poll(p, dial_poll(&d, p), 0) <= 0 && dial_wait(&d, now))
			break;
	}
	return got;
}

/* where it went to, by the last number of the address; the socket is as it should be */
static int went(int fd)
{
	struct addr a;
	size_t len;

	if (fd < 0 || sock_peer(fd, &a) < 0 || addr_port(&a) != good_port ||
	    !(fcntl(fd, F_GETFL) & O_NONBLOCK) || !(fcntl(fd, F_GETFD) & FD_CLOEXEC))
		return -1;
	len = a.sa.any.family == AF_INET ? 7 : 23;
	close(fd);
	return a.sa.bytes[len];
}

static const char *to_an_address(void)
{
	int before;

	LISTEN();
	files("", "");
	before = descriptors();
	NEED(dial_start(&d, "127.0.0.8", good_port, 0, NULL, NULL, 0, 7) == 0);
	NEED(dial_wait(&d, 7) == 0 && went(dial_steps(7)) == 8);
	NEED(dial_start(&d, "127.0.0.7", good_port, 0, NULL, "", 0, 7) == 0);
	NEED(dial_steps(7) == -ECONNREFUSED && d.names.n == 1);
	NEED(dial_start(&d, "1.2.3", good_port, 0, NULL, NULL, 0, 7) == -ENOENT && !d.names.n);
	dial_end(&d);
	NEED(dial_start(&d, "127.0.0.8", good_port, 0, NULL, "averylonginterface", 0, 7) ==
	     -ENODEV);
	dial_end(&d);
	NEED(dial_start(&d, "127.0.0.8", good_port, 0, NULL, "nosuch0", 0, 7) == 0);
	NEED(dial_steps(7) < 0 && descriptors() == before);
	return NULL;
}

static const char *second_after_250(void)
{
	int before;

	LISTEN();
	files("127.0.0.9 host\n127.0.0.8 host\n", "");
	before = descriptors();
	NEED(dial_start(&d, "host", good_port, 0, NULL, NULL, 0, 1000) == 0);
	NEED(dial_steps(1000) == -EAGAIN && dial_wait(&d, 1000) == 250);
	NEED(dial_steps(1249) == -EAGAIN && dial_wait(&d, 1249) == 1);
	NEED(descriptors() == before + 1 && went(dial_steps(1250)) == 8);
	NEED(descriptors() == before);
	/* one that fails does not keep the next one waiting */
	files("127.0.0.7 host\n127.0.0.6 host\n127.0.0.8 host\n", "");
	NEED(dial_start(&d, "host", good_port, 0, NULL, NULL, 0, 0xffffffffu) == 0);
	NEED(went(dial_steps(0xffffffffu)) == 8);
	return NULL;
}

static const char *all_fail(void)
{
	int before;

	LISTEN();
	files("127.0.0.7 host\n127.0.0.6 host\n::1 host\n", "");
	before = descriptors();
	NEED(dial_start(&d, "host", good_port, 0, NULL, NULL, 0, 0) == 0);
	NEED(dial_steps(0) == -ECONNREFUSED && d.names.n == 3 && descriptors() == before);
	/* no answer from one, within the limit */
	files("127.0.0.7 host\n127.0.0.9 host\n127.0.0.9 host\n", "");
	NEED(dial_start(&d, "host", good_port, 0, NULL, NULL, 3000, 0) == 0);
	NEED(dial_steps(0) == -EAGAIN && dial_wait(&d, 0) == 250);
	NEED(dial_steps(250) == -EAGAIN && dial_wait(&d, 250) == 2750);
	NEED(descriptors() == before + 2);
	NEED(dial_steps(3000) == -ETIMEDOUT && d.names.n == 2 + 1 && descriptors() == before);
	/* no name */
	files("", "nameserver 127.0.0.1\n");
	NEED(dial_start(&d, "host", good_port, 0, NULL, NULL, 0, 0) == 0);
	NEED(dial_steps(0) == -EAGAIN && dial_wait(&d, 0) == 5000 && serve(1, 3, NULL, NULL) == 2);
	NEED(dial_steps(0) == -ENOENT && d.names.n == 0 && descriptors() == before);
	NEED(dial_start(&d, "host", good_port, 0, NULL, NULL, 700, 0) == 0);
	NEED(dial_steps(0) == -EAGAIN && dial_wait(&d, 0) == 700);
	NEED(dial_steps(700) == -ETIMEDOUT && d.names.n == 0 && descriptors() == before);
	return NULL;
}

/* IPv4 waits 50 ms for IPv6, and then for nothing */
static const char *before_all_is_known(void)
{
	struct asked a;
	int before;

	LISTEN();
	files("", "nameserver 127.0.0.1\n");
	before = descriptors();
	NEED(dial_start(&d, "host", good_port, 0, NULL, NULL, 0, 0) == 0);
	while (asked(1, &a) && a.type != 1)
		;
	NEED(a.type == 1);
	reply(1, &a, 0, "127.0.0.8");
	NEED(dial_steps(10) == -EAGAIN && d.names.n == 1);
	NEED(dial_wait(&d, 10) > 0 && dial_wait(&d, 10) <= 51 && dial_steps(40) == -EAGAIN);
	NEED(went(dial_steps(70)) == 8 && descriptors() == before);
	serve(1, 0, NULL, NULL);
	/* the other answer was that there is none */
	NEED(dial_start(&d, "host", good_port, 0, NULL, NULL, 0, 0) == 0);
	NEED(serve(1, 0, "127.0.0.8", NULL) == 2 && went(dial_steps(10)) == 8);
	return NULL;
}

static const char *by_turns(void)
{
	files("10.0.0.1 h\n10.0.0.2 h\n::6 h\n10.0.0.3 h\n::7 h\n", "");
	far_away = 1;
	NEED(dial_start(&d, "h", 9, 0, NULL, NULL, 0, 0) == 0 && d.names.n == 5);
	NEED(dial_steps(0) == -ENETUNREACH && !strcmp(connects, "6 1 7 2 3 "));
	/* the ring begins elsewhere, and with the other family */
	dial_turn(1);
	*connects = 0;
	NEED(dial_start(&d, "h", 9, 0, NULL, NULL, 0, 0) == 0);
	NEED(dial_steps(0) == -ENETUNREACH &&
	     !strcmp(connects, CFG_CALLHOME ? "2 6 3 7 1 " : "6 1 7 2 3 "));
	dial_turn(0);
	/* where one was reached, that counts */
	files("127.0.0.7 h\n::6 h\n10.0.0.3 h\n", "");
	NEED(dial_start(&d, "h", 9, 0, NULL, NULL, 0, 0) == 0);
	NEED(dial_steps(0) == -ECONNREFUSED);
	return NULL;
}

static const char *from_an_address(void)
{
	struct addr from, peer;
	int fd;

	LISTEN();
	files("::6 h\n127.0.0.8 h\n", "");
	far_away = 1;
	NEED(addr_parse(&from, "127.0.0.5", 0, 0) == 0);
	NEED(dial_start(&d, "h", good_port, 0, &from, NULL, 0, 0) == 0);
	NEED(went(dial_steps(0)) == 8 && !strcmp(connects, ""));
	fd = sock_accept(good, &peer);
	NEED(fd >= 0 && peer.sa.bytes[7] == 5);
	files("::6 h\n", "");
	NEED(dial_start(&d, "h", good_port, 0, &from, NULL, 0, 0) == 0);
	NEED(dial_steps(0) == -EAFNOSUPPORT && !strcmp(connects, ""));
	NEED(addr_parse(&from, "192.0.2.77", 0, 0) == 0);
	NEED(dial_start(&d, "127.0.0.8", good_port, 0, &from, NULL, 0, 0) == 0);
	NEED(dial_steps(0) == -EADDRNOTAVAIL);
	return NULL;
}

/* the same on the true clock, with a server in a process of its own */
static const char *in_one_call(void)
{
	uint64_t start;
	pid_t pid;
	int i, got;

	LISTEN();
	files("", "nameserver 127.0.0.2\nnameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
	pid = fork();
	if (pid == 0) {
		struct pollfd p = {.fd = server[1], .events = POLLIN};

		for (i = 0; i < 2 && poll(&p, 1, 20000) == 1; i++)
			serve(1, 0, "127.0.0.8", NULL);
		_exit(0);
	}
	start = clock_ms();
	got = went(dial_now(&d, "host", good_port, 0, NULL, NULL, 30000));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	NEED(got == 8 && clock_ms() - start >= 1000 && clock_ms() - start < 20000);
	files("127.0.0.9 host\n127.0.0.8 host\n", "");
	start = clock_ms();
	NEED(went(dial_now(&d, "host", good_port, 0, NULL, NULL, 30000)) == 8);
	NEED(clock_ms() - start >= 250 && clock_ms() - start < 20000);
	NEED(dial_now(&d, "127.0.0.9", good_port, 0, NULL, NULL, 100) == -ETIMEDOUT);
	NEED(dial_now(&d, "127.0.0.7", good_port, 0, NULL, NULL, 0) == -ECONNREFUSED);
	NEED(dial_now(&d, "1.2.3", good_port, 0, NULL, NULL, 0) == -ENOENT);
	NEED(sizeof d <= 2048);
	return NULL;
}

static const char *unix_sockets(void)
{
	char path[200];
	struct stat st;
	mode_t mask = umask(022);
	int before = descriptors(), fd, a, b;

	NEED((fd = unix_listen("sock", 0177, 0)) >= 0 && stat("sock", &st) == 0);
	NEED(S_ISSOCK(st.st_mode) && (st.st_mode & 0777) == 0600 && umask(mask) == 022);
	NEED((a = unix_connect("sock")) >= 0 && (b = accept(fd, NULL, NULL)) >= 0);
	NEED(write(a, "x", 1) == 1 && read(b, path, 9) == 1 && read(a, path, 9) < 0);
	NEED(errno == EAGAIN && accept(fd, NULL, NULL) < 0 && errno == EAGAIN);
	NEED(fcntl(a, F_GETFD) & FD_CLOEXEC && fcntl(fd, F_GETFD) & FD_CLOEXEC);
	NEED(unix_listen("sock", 0177, 0) == -EADDRINUSE);
	close(fd);
	NEED(unix_connect("sock") == -ECONNREFUSED);
	NEED((fd = unix_listen("sock", 0111, 1)) >= 0 && stat("sock", &st) == 0);
	NEED((st.st_mode & 0777) == 0666);
	NEED(unix_connect("none") == -ENOENT && unix_connect("") == -ENOENT);
	NEED(unix_listen("", 0, 1) == -ENOENT && unix_listen("no/where", 0, 1) == -ENOENT);
	memset(path, 'x', sizeof path);
	path[108] = 0;
	NEED(unix_connect(path) == -ENAMETOOLONG && unix_listen(path, 0, 0) == -ENAMETOOLONG);
	path[107] = 0;
	NEED((b = unix_listen(path, 0, 0)) >= 0 && unix_connect(path) >= 0);
	NEED(descriptors() == before + 5);
	return NULL;
}

int main(void)
{
	dir = test_dir();
	servers_open();
	RUN(to_an_address);
	RUN(second_after_250);
	RUN(all_fail);
	RUN(before_all_is_known);
	RUN(by_turns);
	RUN(from_an_address);
	RUN(in_one_call);
	RUN(unix_sockets);
	test_dir_remove(dir);
	return test_failed;
}
