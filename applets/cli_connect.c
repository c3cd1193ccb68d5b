/* cli_connect.c - the way to the server: TCP, a command, or other servers. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli_run.h"

#define JUMP_ARGS 40

/* 1: it may outlive us, and then nobody is to wait for the end of our stderr */
static int is_hushed(void)
{
	const struct cli_set *s = &cli.set;

	return CFG_SSH_MUX && s->control_path && s->control_persist && s->log_level < LOG_L_DEBUG;
}

/* a process that carries the connection on its stdin and stdout */
static void carry(const char *const *argv, const char *what)
{
	int pair[2], null = is_hushed() ? fd_open("/dev/null", O_WRONLY) : -1, err = fd_copy(2);
	pid_t pid;

	pid = fd_pair(pair);
	if (pid == 0) {
		if (null >= 0)
			dup2(null, 2);
		pid = prog_spawn(argv, pair[1], pair[1]);
		dup2(err, 2);
		close(pair[1]);
	}
	close(err);
	close(null);
	if (pid < 0)
		cli_die("%s: %s", what, err_text(-pid));
	cli.carrier = pid;
	cli.sock = pair[0];
	fd_nonblock(cli.sock);
}

static void by_command(void)
{
	static char line[CLI_TEXT] APART;
	const char *const argv[] = {"/bin/sh", "-c", line, NULL};

	fmt(line, sizeof(line), "exec %s", cli.set.proxy_command);
	carry(argv, cli.set.proxy_command);
}

/*
 * `a,b,c`: to c through ourselves, run for c with -J a,b. All that is the user's
 * choice for every hop goes along; keys and ports of the last server do not.
 */
static void by_jump(void)
{
	static char hops[1024] APART, hop[300] APART, target[300] APART, self[256] APART;
	const char *argv[JUMP_ARGS] = {self}, *host = cli.set.host;
	char *last;
	int n = 1, i;

	if (self_path(self, sizeof(self)) < 0)
		cli_die("ProxyJump: no path leads to this program");
	fmt(hops, sizeof(hops), "%s", cli.set.proxy_jump);
	fmt(target, sizeof(target), strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, cli.set.port);
	argv[n++] = "(ssh)";
	for (i = 0; i < CLI_PASS && cli.set.pass[i]; i++)
		argv[n++] = cli.set.pass[i];
	last = strrchr(hops, ',');
	if (last) {
		*last++ = 0;
		argv[n++] = "-J";
		argv[n++] = hops;
	} else {
		last = hops;
	}
	argv[n++] = "-W";
	argv[n++] = target;
	argv[n++] = "--";
	argv[n++] = hop;
	argv[n] = NULL;
	fmt(hop, sizeof(hop), strncmp(last, "ssh://", 6) ? "ssh://%s" : "%s", last);
	carry(argv, "ProxyJump");
}

static int dial(void)
{
	static struct dial d APART;
	const struct cli_set *s = &cli.set;
	struct addr from;
	int r, fd;

	if (s->bind_address && (r = addr_parse(&from, s->bind_address, s->family, 0)) < 0)
		cli_die("BindAddress %p: %s", s->bind_address, err_text(-r));
	fd = dial_now(&d, s->host, s->port, s->family, s->bind_address ? &from : NULL,
		      s->bind_interface, s->connect_timeout * 1000);
	REST(d);
	return fd;
}

/* --listen: whoever comes first is the server */
static int answer(void)
{
	const struct cli_set *s = &cli.set;
	struct pollfd p = {.events = POLLIN};
	struct addr a;
	int fd = addr_parse(&a, s->bind_address ? s->bind_address : "", s->family, cli.listen);

	if (fd == 0)
		fd = sock_listen(&a, s->bind_interface, 1);
	if (fd < 0)
		return fd;
	cli_say(s, LOG_L_INFO, "waiting for %p on port %u", s->host, cli.listen);
	p.fd = fd;
	do
		poll(&p, 1, -1);
	while ((fd = sock_accept(p.fd, &a)) < 0);
	close(p.fd);
	return fd;
}

void cli_connect(void)
{
	const struct cli_set *s = &cli.set;
	uint32_t tries = s->connection_attempts ? s->connection_attempts : 1;

	if (CFG_CALLHOME && cli.listen) {
		cli.sock = answer();
		if (cli.sock < 0)
			cli_die("ssh: --listen %u: %s", cli.listen, err_text(-cli.sock));
		sock_nodelay(cli.sock);
		return;
	}
	if (s->proxy_command) {
		by_command();
		return;
	}
	if (s->proxy_jump) {
		by_jump();
		return;
	}
	while ((cli.sock = dial()) < 0 && --tries)
		poll(NULL, 0, 1000);
	if (cli.sock < 0)
		cli_die("ssh: connect to host %p port %u: %s", s->host, s->port,
			cli.sock == -ENOENT ? "no such host name" : err_text(-cli.sock));
	sock_nodelay(cli.sock);
	if (s->tcp_keepalive)
		sock_keepalive(cli.sock);
}
