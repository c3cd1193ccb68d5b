/* test_forwarder.c - the process that connects and listens for forwards. */
/* SPDX-License-Identifier: MIT */
/* Each case has a forwarder of its own, forked, with the policy that the case wants. */
#include "fwd_lab.h"

#include "dial.h"

/* ---- connecting ------------------------------------------------------------ */

static const char *to_ports(void)
{
	uint16_t port, none;
	int s = server("127.0.0.1", &port), t = server("127.0.0.1", &none);

	NEED(s >= 0 && t >= 0 && forwarder(ALL));
	close(t);
	NEED(connects(FWD_TCP, "127.0.0.1", port) == 1 && joined(told.fd, accept(s, NULL, NULL)));
	NEED(connects(FWD_TCP, "localhost", port) == 1 && joined(told.fd, accept(s, NULL, NULL)));
	NEED(fails(FWD_TCP, "127.0.0.1", none, ECONNREFUSED));
	NEED(fails(FWD_TCP, "1.2.3", port, ENOENT));
	NEED(fails(FWD_TCP, "no..name", port, ENOENT) && fails(FWD_TCP, "", port, ENOENT));
	NEED(fails(FWD_TCP, "127.0.0.1", 0, EACCES) && fails(FWD_TCP, "127.0.0.1", 65536, EACCES));
	NEED(fails(FWD_TCP, "127.0.0.1", 65536 + port, EACCES));
	NEED(fails(FWD_TCP, "127.0.0.1", 0xffffffff, EACCES));
	NEED(connects(FWD_TCP, "127.0.0.1", port) == 1 && forwarder_gone());
	NEED(joined(told.fd, accept(s, NULL, NULL))); /* it is ours by now */
	return NULL;
}

static const char *to_sockets(void)
{
	char path[200];
	int s = unix_listen("there", 0177, 0), fd;

	NEED(s >= 0 && forwarder(ALL));
	fmt(path, sizeof(path), "%s/there", dir);
	NEED(connects(FWD_UNIX, path, 0) == 1 && (fd = accept(s, NULL, NULL)) >= 0);
	NEED(joined(told.fd, fd));
	NEED(fails(FWD_UNIX, "/no/such/socket", 0, ENOENT) && fails(FWD_UNIX, "", 0, ENOENT));
	NEED(fails(FWD_UNIX, "/etc/passwd", 0, ECONNREFUSED) || told.err == EACCES);
	memset(path, 'x', sizeof(path));
	path[199] = 0;
	NEED(fails(FWD_UNIX, path, 0, ENAMETOOLONG));
	close(s);
	fmt(path, sizeof(path), "%s/there", dir);
	NEED(fails(FWD_UNIX, path, 0, ECONNREFUSED));
	NEED(unlink("there") == 0 && forwarder_gone());
	return NULL;
}

/* ---- what may be ----------------------------------------------------------- */

static void rule(char *rules, const char *text)
{
	while (*rules)
		rules += strlen(rules) + 1;
	strcpy(rules, text);
}

static const char *rules(void)
{
	char text[80];
	uint16_t port, other;
	int s = server("127.0.0.1", &port), t = server("127.0.0.1", &other);

	fmt(text, sizeof(text), "127.0.0.1:%u", port);
	rule(policy.rules[LIST_OPEN], text);
	rule(policy.rules[LIST_OPEN], "*.example.com:25");
	fmt(text, sizeof(text), "127.0.1.*:%u", other);
	rule(policy.rules[LIST_OPEN], text);
	rule(policy.rules[LIST_OPEN], "localhost:*");
	NEED(s >= 0 && t >= 0 && forwarder(ALL));
	NEED(connects(FWD_TCP, "127.0.0.1", port) == 1);
	NEED(fails(FWD_TCP, "127.0.0.1", other, EACCES));
	NEED(fails(FWD_TCP, "127.0.0.01", port, EACCES) && fails(FWD_TCP, "127.1", port, EACCES));
	NEED(fails(FWD_TCP, "127.0.0.2", port, EACCES) && fails(FWD_TCP, "::1", port, EACCES));
	NEED(fails(FWD_TCP, "a.example.com", 26, EACCES) && fails(FWD_TCP, "*", 25, EACCES));
	NEED(fails(FWD_TCP, "127.0.1.9", port, EACCES) &&
	     fails(FWD_TCP, "127.0.10.9", other, EACCES));
	NEED(connects(FWD_TCP, "localhost", port) == 1 &&
	     connects(FWD_TCP, "localhost", other) == 1);
	NEED(listens(1, FWD_TCP, "localhost", 0) == 1 && forwarder_gone());

	fmt(text, sizeof(text), "*:%u", other); /* the server's rules and the key's */
	rule(policy.rules[LIST_OPEN_ALL], text);
	NEED(forwarder(ALL) && fails(FWD_TCP, "127.0.0.1", port, EACCES));
	NEED(connects(FWD_TCP, "localhost", other) == 1 && forwarder_gone());

	memset(policy.rules, 0, sizeof(policy.rules));
	fmt(text, sizeof(text), "localhost:%u", port);
	rule(policy.rules[LIST_LISTEN], text);
	fmt(text, sizeof(text), "%u", other); /* a port alone: any address */
	rule(policy.rules[LIST_LISTEN], text);
	close(s);
	close(t);
	NEED(forwarder(ALL));
	NEED(listen_fails(FWD_TCP, "localhost", 0, EACCES));
	NEED(listen_fails(FWD_TCP, "", port, EACCES) && listen_fails(FWD_TCP, "*", port, EACCES));
	NEED(listens(1, FWD_TCP, "localhost", port) == 1 && listens(2, FWD_TCP, "*", other) == 1);
	NEED(listen_fails(FWD_TCP, "localhost", (port ^ 1u) == other ? port ^ 2u : port ^ 1u,
			  EACCES));
	NEED(forwarder_gone());
	return NULL;
}

static const char *refusals(void)
{
	static const struct {
		unsigned may, kind;
		int listens;
	} what[] = {
	    {FWD_MAY_CONNECT,      FWD_TCP,   0},
	    {FWD_MAY_UNIX_CONNECT, FWD_UNIX,  0},
	    {FWD_MAY_LISTEN,       FWD_TCP,   1},
	    {FWD_MAY_UNIX_LISTEN,  FWD_UNIX,  1},
	    {FWD_MAY_AGENT,        FWD_AGENT, 1}
        };
	unsigned i;

	for (i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
		const char *name = what[i].kind == FWD_TCP ? "127.0.0.1" : "./never";

		fmt(policy.agent, sizeof(policy.agent), "%s/never/agent", dir);
		NEED(forwarder(ALL & ~what[i].may));
		if (what[i].listens)
			NEED(listen_fails(what[i].kind, name, what[i].kind ? 0 : 9999, EACCES));
		else
			NEED(fails(what[i].kind, name, what[i].kind ? 0 : 9999, EACCES));
		NEED(!is_there("never") && forwarder_gone());
	}
	policy.agent[0] = 0; /* as where agents are not allowed */
	NEED(forwarder(ALL & ~FWD_MAY_AGENT) && listen_fails(77, "x", 0, EINVAL));
	NEED(listen_fails(FWD_TCP, "localhost", 65536, EACCES));
	NEED(listen_fails(FWD_TCP, "localhost", 0xffffffff, EACCES) && forwarder_gone());
	NEED(forwarder(0) && fails(77, "localhost", 22, EACCES) &&
	     listen_fails(77, "x", 1, EACCES));
	NEED(forwarder_gone());
	return NULL;
}

/* ---- listening ------------------------------------------------------------- */

static const char *both_loopbacks(void)
{
	uint32_t port;
	uint16_t one;
	int six = has_v6(), s;

	NEED(forwarder(ALL) && listens(3, FWD_TCP, "localhost", 0) == 1);
	port = told.port;
	NEED(port > 1023 && port < 65536 && !told.text[0]);
	NEED(accepted("127.0.0.1", port, 3, "127.0.0.1"));
	if (six)
		NEED(accepted("::1", port, 3, "::1"));
	NEED(listens(4, FWD_TCP, "localhost", 0) == 1 && told.port != port);
	NEED(accepted("127.0.0.1", told.port, 4, "127.0.0.1"));
	NEED(listen_fails(FWD_TCP, "localhost", port, EADDRINUSE));
	NEED(ask(FWD_CANCEL, 3, 0, "", 0) && listens(5, FWD_TCP, "", 0) == 1);
	NEED(client("127.0.0.1", port) < 0 && (!six || client("::1", port) < 0));
	NEED(listens(6, FWD_TCP, "localhost", port) == 1 && told.port == port);
	NEED(accepted("127.0.0.1", port, 6, "127.0.0.1"));
	/* one of the two is somebody else's: the other does */
	s = server(six ? "::1" : "127.0.0.1", &one);
	NEED(s >= 0 && listens(7, FWD_TCP, "localhost", one) == six);
	NEED(!strcmp(told.text, six ? "::1" : "127.0.0.1"));
	if (six)
		NEED(accepted("127.0.0.1", one, 7, "127.0.0.1"));
	NEED(forwarder_gone() && client("127.0.0.1", port) < 0);
	return NULL;
}

static const char *gateways(void)
{
	static const char *const asked[] = {"", "*", "0.0.0.0", "localhost", "127.0.0.3"};
	unsigned i;

	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		int wide = i < 3;

		policy.gateway = 0;
		NEED(forwarder(ALL) && listens(1, FWD_TCP, asked[i], 0) == 1);
		NEED(client("127.0.0.2", told.port) < 0 &&
		     accepted("127.0.0.1", told.port, 1, "127.0.0.1"));
		NEED(forwarder_gone());
		policy.gateway = 1;
		NEED(forwarder(ALL) && listens(1, FWD_TCP, asked[i], 0) == 1);
		NEED(accepted("127.0.0.2", told.port, 1, "127.0.0.1") && forwarder_gone());
		policy.gateway = 2;
		NEED(forwarder(ALL) && listens(1, FWD_TCP, asked[i], 0) == 1);
		if (wide)
			NEED(accepted("127.0.0.2", told.port, 1, "127.0.0.1"));
		else
			NEED(client("127.0.0.2", told.port) < 0);
		NEED(forwarder_gone());
	}
	NEED(forwarder(ALL) && listen_fails(FWD_TCP, "192.0.2.1", 0, EADDRNOTAVAIL));
	NEED(listen_fails(FWD_TCP, "no address", 0, EINVAL) && forwarder_gone());
	return NULL;
}

static const char *at_paths(void)
{
	char path[200], text[220];
	struct stat st;

	policy.mask = 0177;
	NEED(forwarder(ALL));
	fmt(path, sizeof(path), "%s/sock", dir);
	NEED(listens(9, FWD_UNIX, path, 0) == 1);
	NEED(stat("sock", &st) == 0 && S_ISSOCK(st.st_mode) && (st.st_mode & 0777) == 0600);
	NEED(accepted(path, 0, 9, "") && accepted(path, 0, 9, "") && told.port == 0);
	NEED(listen_fails(FWD_UNIX, path, 0, EADDRINUSE) && is_there("sock"));
	put_file("file", "kept", 0600);
	fmt(text, sizeof(text), "%s/file", dir);
	NEED(listen_fails(FWD_UNIX, text, 0, EADDRINUSE) && is_there("file"));
	NEED(listen_fails(FWD_UNIX, "/no/such/dir", 0, ENOENT) &&
	     listen_fails(FWD_UNIX, "", 0, ENOENT));
	NEED(ask(FWD_CANCEL, 9, 0, "", 0) && listens(9, FWD_UNIX, path, 0) == 1 &&
	     is_there("sock"));
	/* one that is too long, whose beginning is a file of the user's */
	memset(text, 'x', sizeof(text));
	memcpy(text, dir, strlen(dir));
	text[strlen(dir)] = '/';
	text[107] = 0;
	put_file(text, "kept", 0600);
	text[107] = 'x';
	text[150] = 0;
	NEED(listen_fails(FWD_UNIX, text, 0, ENAMETOOLONG));
	text[107] = 0;
	NEED(is_there(text) && unlink(text) == 0);
	NEED(listens(10, FWD_UNIX, text, 0) == 1 && accepted(text, 0, 10, "")); /* the longest */
	NEED(ask(FWD_CANCEL, 10, 0, "", 0) && listens(11, FWD_TCP, "", 0) == 1);
	NEED(!is_there(text));
	NEED(forwarder_gone() && !is_there("sock") && is_there("file"));
	/* what was there before goes, where the server's settings want it */
	put_file("sock", "old", 0600);
	policy.unlink = 1;
	policy.mask = 0111;
	NEED(forwarder(ALL) && listens(9, FWD_UNIX, path, 0) == 1);
	NEED(stat("sock", &st) == 0 && S_ISSOCK(st.st_mode) && (st.st_mode & 0777) == 0666);
	NEED(accepted(path, 0, 9, "") && forwarder_gone() && !is_there("sock"));
	return NULL;
}

static const char *agents(void)
{
	struct stat st;

	fmt(policy.agent, sizeof(policy.agent), "%s/a/agent", dir);
	policy.mask = 0177;
	NEED(forwarder(ALL) && !is_there("a"));
	NEED(listens(2, FWD_AGENT, "", 0) == 1);
	NEED(stat("a", &st) == 0 && S_ISDIR(st.st_mode) && (st.st_mode & 0777) == 0700);
	NEED(stat("a/agent", &st) == 0 && S_ISSOCK(st.st_mode) && !(st.st_mode & 077));
	NEED(accepted(policy.agent, 0, 2, ""));
	NEED(listen_fails(FWD_AGENT, "", 0, EEXIST) && accepted(policy.agent, 0, 2, ""));
	NEED(ask(FWD_CANCEL, 2, 0, "", 0) && listens(3, FWD_AGENT, "", 0) == 1 &&
	     is_there("a/agent"));
	NEED(forwarder_gone() && !is_there("a"));
	/* somebody was faster */
	NEED(mkdir("a", 0777) == 0 && forwarder(ALL) && listen_fails(FWD_AGENT, "", 0, EEXIST));
	NEED(forwarder_gone() && is_there("a") && !is_there("a/agent") && rmdir("a") == 0);
	return NULL;
}

static const char *many_listeners(void)
{
	uint32_t i, port = 0;

	NEED(forwarder(ALL));
	for (i = 0; i < FWD_LISTENERS; i++)
		NEED(listens(i, FWD_TCP, "localhost", 0) == 1);
	port = told.port;
	NEED(listens(40, FWD_TCP, "localhost", 0) == 0 && told.err == EMFILE);
	NEED(ask(FWD_CANCEL, 5, 0, "", 0) && listens(5, FWD_TCP, "localhost", 0) == 1);
	NEED(accepted("127.0.0.1", told.port, 5, "127.0.0.1"));
	NEED(accepted("127.0.0.1", port, FWD_LISTENERS - 1, "127.0.0.1") && forwarder_gone());
	return NULL;
}

/* ---- more than there is room for ------------------------------------------- */

static const char *many_dials(void)
{
	uint8_t seen[FWD_DIALS + 9] = {0};
	uint32_t i, port;
	uint16_t good;
	int s = server("127.0.0.1", &good), fd;

	NEED(s >= 0 && hole_open() && forwarder(ALL) && listens(1, FWD_TCP, "localhost", 0) == 1);
	port = told.port;
	for (i = 0; i < FWD_DIALS - 1; i++)
		NEED(ask(FWD_CONNECT, i, FWD_TCP, "127.0.0.9", hole_port));
	NEED(connects(FWD_TCP, "127.0.0.1", good) == 1); /* there is one left */
	NEED(ask(FWD_CONNECT, i++, FWD_TCP, "127.0.0.9", hole_port));
	for (; i < sizeof(seen); i++)
		NEED(ask(FWD_CONNECT, i, FWD_TCP, "127.0.0.1", good));
	NEED(!hear_within(100));
	NEED(accepted("127.0.0.1", port, 1, "127.0.0.1")); /* who listens goes on */
	close(hole);
	for (i = 0; i < sizeof(seen); i++) {
		NEED(hear() && told.what == FWD_CONNECTED && told.tag < sizeof(seen));
		NEED(!seen[told.tag]++ && (told.tag < FWD_DIALS) == (told.err != 0));
		close(told.fd);
	}
	NEED((fd = accept(s, NULL, NULL)) >= 0 && forwarder_gone());
	return NULL;
}

/* channels and listeners have the same numbers: a cancel is a listener's alone */
static const char *same_numbers(void)
{
	NEED(hole_open() && forwarder(ALL) && listens(4, FWD_TCP, "localhost", 0) == 1);
	NEED(ask(FWD_CONNECT, 4, FWD_TCP, "127.0.0.9", hole_port));
	NEED(!hear_within(100) && ask(FWD_CANCEL, 4, 0, "", 0) && !hear_within(100));
	close(hole);
	NEED(hear() && told.what == FWD_CONNECTED && told.tag == 4 && told.err);
	NEED(forwarder_gone());
	return NULL;
}

/* the engine goes while dials hang, and more are asked for: nothing is left */
static const char *end_of_many(void)
{
	uint32_t i;

	fmt(policy.agent, sizeof(policy.agent), "%s/b/agent", dir);
	NEED(hole_open() && forwarder(ALL) && listens(1, FWD_AGENT, "", 0) == 1);
	for (i = 0; i < FWD_DIALS + 9; i++)
		NEED(ask(FWD_CONNECT, i, FWD_TCP, "127.0.0.9", hole_port));
	usleep(50000);
	NEED(is_there("b/agent") && forwarder_gone() && !is_there("b"));
	return NULL;
}

/* the engine does not take what it is told: nothing is lost */
static const char *slow_engine(void)
{
	enum { MANY = 600 };
	static int fds[MANY];
	char path[200];
	int i, n = 0, more, dials = 0, answers = 0;

	NEED(forwarder(ALL));
	fmt(path, sizeof(path), "%s/slow", dir);
	NEED(listens(1, FWD_UNIX, path, 0) == 1);
	for (i = 0; i < MANY; i++) {
		fds[i] = unix_connect(path);
		if (fds[i] == -EAGAIN) { /* they wait to be accepted */
			usleep(1000);
			fds[i] = unix_connect(path);
		}
		if (fds[i] < 0)
			break;
		dials += ask(FWD_CONNECT, 3, FWD_UNIX, "/no/such/socket", 0);
	}
	NEED(i > 128);
	for (more = hear_within(2000); more; more = hear_within(500)) {
		close(told.fd);
		if (told.what == FWD_CONNECTED) {
			answers++;
			continue;
		}
		NEED(told.what == FWD_ACCEPTED && told.tag == 1 && told.fd >= 0);
		n++;
	}
	NEED(n == i && answers == dials && forwarder_gone() && !is_there("slow"));
	return NULL;
}

/* ---- the engine's end ------------------------------------------------------ */

static const char *ends(void)
{
	uint8_t bad[] = {FWD_CONNECT, 0, 0, 0, 1, FWD_UNIX, 0, 0, 0, 2, 'a', 0, 0, 0, 0, 0};
	uint32_t port;
	size_t n;

	for (n = 1; n < sizeof(bad); n++) { /* cut: it goes */
		NEED(forwarder(ALL) && listens(1, FWD_TCP, "localhost", 0) == 1);
		port = told.port;
		NEED(msg_send(engine, bad, n, NULL, 0) == 0 && test_wait(pid) == 0);
		NEED(client("127.0.0.1", port) < 0);
		close(engine);
	}
	NEED(forwarder(ALL) && msg_send(engine, bad, sizeof(bad), NULL, 0) == 0); /* a NUL in it */
	NEED(test_wait(pid) == 0 && !hear_within(0));
	bad[0] = 9;
	bad[11] = 'b';
	NEED(forwarder(ALL) && msg_send(engine, bad, sizeof(bad), NULL, 0) == 0);
	NEED(ask(FWD_CANCEL, 55, 0, "", 0) && listens(1, FWD_TCP, "localhost", 0) == 1);
	NEED(forwarder_gone());
	/* no policy */
	NEED(forwarder_with(&policy, sizeof(policy) - 1) && test_wait(pid) == 1);
	NEED(forwarder_with(bad, sizeof(bad)) && test_wait(pid) == 1);
	NEED(forwarder(ALL) && forwarder_gone());
	return NULL;
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	dir = test_dir();
	RUN(to_ports);
	RUN(to_sockets);
	RUN(rules);
	RUN(refusals);
	RUN(both_loopbacks);
	RUN(gateways);
	RUN(at_paths);
	RUN(agents);
	RUN(many_listeners);
	RUN(many_dials);
	RUN(same_numbers);
	RUN(end_of_many);
	RUN(slow_engine);
	RUN(ends);
	test_dir_remove(dir);
	return test_failed;
}
