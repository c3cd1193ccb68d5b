/* libssh2_client.c - libssh2 with a command line like that of ssh. */
/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <libssh2.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static volatile sig_atomic_t resized;
static LIBSSH2_SESSION *s;
static int sock;

static void on_winch(int sig)
{
	(void)sig;
	resized = 1;
}

static void die(int status, const char *what)
{
	char *text = "";

	libssh2_session_last_error(s, &text, NULL, 0);
	fprintf(stderr, "%s: %s\n", what, text);
	exit(status);
}

static void put(int fd, const char *p, ssize_t n)
{
	for (ssize_t w; n > 0; p += w, n -= w)
		if ((w = write(fd, p, n)) < 0)
			exit(8);
}

static void wait_io(int input)
{
	int dir = libssh2_session_block_directions(s);
	struct pollfd fds[2] = {
	    {sock,           POLLIN, 0},
            {input ? 0 : -1, POLLIN, 0}
        };

	if (dir & LIBSSH2_SESSION_BLOCK_OUTBOUND)
		fds[0].events |= POLLOUT;
	poll(fds, 2, 1000);
}

/* 1: something came; 0: nothing now */
static int take(LIBSSH2_CHANNEL *c, int ext)
{
	char buf[16384];
	ssize_t n = libssh2_channel_read_ex(c, ext, buf, sizeof buf);

	if (n > 0)
		put(ext ? 2 : 1, buf, n);
	else if (n < 0 && n != LIBSSH2_ERROR_EAGAIN)
		die(8, "read");
	return n > 0;
}

static void pump(LIBSSH2_CHANNEL *c, int input)
{
	static char buf[16384];
	ssize_t have = 0, at = 0, n;
	struct winsize w;

	for (;;) {
		int moved = take(c, 0) | take(c, 1);

		if (!moved && libssh2_channel_eof(c))
			return;
		if (resized && !ioctl(0, TIOCGWINSZ, &w) &&
		    libssh2_channel_request_pty_size(c, w.ws_col, w.ws_row) != LIBSSH2_ERROR_EAGAIN)
			resized = 0;
		if (input && at == have) {
			struct pollfd in = {0, POLLIN, 0};
			if (poll(&in, 1, 0) > 0) {
				at = 0;
				have = read(0, buf, sizeof buf);
				if (have <= 0) {
					have = input = 0;
					while (libssh2_channel_send_eof(c) == LIBSSH2_ERROR_EAGAIN)
						wait_io(0);
				}
				moved = 1;
			}
		}
		if (at < have) {
			n = libssh2_channel_write(c, buf + at, have - at);
			if (n > 0)
				at += n, moved = 1;
			else if (n < 0 && n != LIBSSH2_ERROR_EAGAIN)
				die(8, "write");
		}
		if (!moved)
			wait_io(input && at == have);
	}
}

static LIBSSH2_CHANNEL *start(const char *command, int tty, char *env)
{
	LIBSSH2_CHANNEL *c = libssh2_channel_open_session(s);
	struct winsize w = {24, 80, 0, 0};
	const char *term = getenv("TERM");

	if (!c)
		die(7, "open");
	if (env) {
		char *value = strchr(env, '=');
		*value = 0;
		libssh2_channel_setenv(c, env, value + 1);
	}
	ioctl(0, TIOCGWINSZ, &w);
	if (tty && libssh2_channel_request_pty_ex(c, term, strlen(term), NULL, 0, w.ws_col,
						  w.ws_row, 0, 0))
		die(7, "pty");
	if (command ? libssh2_channel_exec(c, command) : libssh2_channel_shell(c))
		die(7, "exec");
	return c;
}

static void login(int port, const char *user, const char *host, const char *key)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	int rc;

	inet_pton(AF_INET, host, &to.sin_addr);
	sock = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(sock, (struct sockaddr *)&to, sizeof to) || libssh2_session_handshake(s, sock))
		die(6, "connect");
	rc = key ? libssh2_userauth_publickey_fromfile(s, user, NULL, key, NULL)
		 : libssh2_userauth_password(s, user, getenv("SSH_PASSWORD"));
	if (rc)
		die(rc == LIBSSH2_ERROR_AUTHENTICATION_FAILED ||
			    rc == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED
			? 5
			: 6,
		    "refused");
}

int main(int argc, char **argv)
{
	LIBSSH2_CHANNEL *c[16] = {NULL};
	char *key = NULL, *env = NULL, *host, *sig = NULL;
	int opt, tty = 0, count = 1, port = 22;

	libssh2_init(0);
	s = libssh2_session_init();
	while ((opt = getopt(argc, argv, "tn:p:i:c:m:k:e:")) != -1)
		switch (opt) {
		case 't': tty = 1; break;
		case 'n': count = atoi(optarg); break;
		case 'p': port = atoi(optarg); break;
		case 'i': key = optarg; break;
		case 'e': env = optarg; break;
		case 'c':
			libssh2_session_method_pref(s, LIBSSH2_METHOD_CRYPT_CS, optarg);
			libssh2_session_method_pref(s, LIBSSH2_METHOD_CRYPT_SC, optarg);
			break;
		case 'm':
			libssh2_session_method_pref(s, LIBSSH2_METHOD_MAC_CS, optarg);
			libssh2_session_method_pref(s, LIBSSH2_METHOD_MAC_SC, optarg);
			break;
		case 'k': libssh2_session_method_pref(s, LIBSSH2_METHOD_KEX, optarg); break;
		default: return 9;
		}
	host = strchr(argv[optind], '@');
	*host++ = 0;
	sigaction(SIGWINCH, &(struct sigaction){.sa_handler = on_winch}, NULL);
	login(port, argv[optind], host, key);
	for (int i = 0; i < count; i++)
		c[i] = start(argv[optind + 1], tty, env);
	libssh2_session_set_blocking(s, 0);
	for (int i = 0; i < count; i++)
		pump(c[i], count == 1);
	libssh2_session_set_blocking(s, 1);
	libssh2_channel_close(c[count - 1]);
	libssh2_channel_wait_closed(c[count - 1]);
	libssh2_channel_get_exit_signal(c[count - 1], &sig, NULL, NULL, NULL, NULL, NULL);
	if (sig)
		fprintf(stderr, "exit-signal %s\n", sig);
	return sig ? 255 : libssh2_channel_get_exit_status(c[count - 1]);
}
