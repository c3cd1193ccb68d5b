/* libssh_client.c - libssh with a command line like that of ssh. */
/* SPDX-License-Identifier: MIT */
#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static volatile sig_atomic_t resized;
static int by_signal;

static void on_winch(int sig)
{
	(void)sig;
	resized = 1;
}

static void on_exit_signal(ssh_session s, ssh_channel c, const char *sig, int core,
			   const char *text, const char *lang, void *arg)
{
	(void)s, (void)c, (void)core, (void)text, (void)lang, (void)arg;
	fprintf(stderr, "exit-signal %s\n", sig);
	by_signal = 1;
}

static void die(int status, const char *what, ssh_session s)
{
	fprintf(stderr, "%s: %s\n", what, ssh_get_error(s));
	exit(status);
}

static void put(int fd, const char *p, int n)
{
	for (ssize_t w; n > 0; p += w, n -= w)
		if ((w = write(fd, p, n)) < 0)
			exit(8);
}

/* 1: something came; 0: nothing now; -1: nothing more */
static int take(ssh_channel c, int ext, char *buf, int size)
{
	int n = ssh_channel_read_nonblocking(c, buf, size, ext);

	if (n > 0)
		put(ext ? 2 : 1, buf, n);
	return n > 0 ? 1 : n < 0 || ssh_channel_is_eof(c) ? -1 : 0;
}

static void pump(ssh_session s, ssh_channel c, int input)
{
	char buf[16384];
	struct winsize w;

	for (;;) {
		int out = take(c, 0, buf, sizeof buf), err = take(c, 1, buf, sizeof buf);

		if (out < 0 && err < 0)
			return;
		if (resized && !(resized = 0) && !ioctl(0, TIOCGWINSZ, &w))
			ssh_channel_change_pty_size(c, w.ws_col, w.ws_row);
		if (out > 0 || err > 0)
			continue;

		size_t room = ssh_channel_window_size(c);
		struct pollfd fds[2] = {
		    {ssh_get_fd(s),          POLLIN, 0},
                    {input && room ? 0 : -1, POLLIN, 0}
                };
		if (poll(fds, 2, 1000) < 0 || !fds[1].revents)
			continue;
		ssize_t n = read(0, buf, room < sizeof buf ? room : sizeof buf);
		if (n > 0 && ssh_channel_write(c, buf, n) != n)
			die(8, "write", s);
		if (n <= 0 && (input = 0) == 0)
			ssh_channel_send_eof(c);
	}
}

/* the status, or the signal, may come after the end of the output */
static void wait_closed(ssh_session s, ssh_channel c)
{
	ssh_event e = ssh_event_new();

	ssh_event_add_session(e, s);
	while (ssh_is_connected(s) && !ssh_channel_is_closed(c))
		ssh_event_dopoll(e, 100);
	ssh_event_free(e);
}

static ssh_channel start(ssh_session s, const char *command, int tty, char *env)
{
	static struct ssh_channel_callbacks_struct cb = {
	    .channel_exit_signal_function = on_exit_signal,
	};
	ssh_channel c = ssh_channel_new(s);
	struct winsize w = {24, 80, 0, 0};

	ssh_callbacks_init(&cb);
	if (!c || ssh_set_channel_callbacks(c, &cb) || ssh_channel_open_session(c))
		die(7, "open", s);
	if (env) {
		char *value = strchr(env, '=');
		*value = 0;
		ssh_channel_request_env(c, env, value + 1);
	}
	ioctl(0, TIOCGWINSZ, &w);
	if (tty && ssh_channel_request_pty_size(c, getenv("TERM"), w.ws_col, w.ws_row))
		die(7, "pty", s);
	if (command ? ssh_channel_request_exec(c, command) : ssh_channel_request_shell(c))
		die(7, "exec", s);
	return c;
}

static void login(ssh_session s, const char *key)
{
	ssh_key k = NULL;
	int rc;

	if (ssh_connect(s))
		die(6, "connect", s);
	if (key && ssh_pki_import_privkey_file(key, NULL, NULL, NULL, &k))
		die(6, "key", s);
	rc = key ? ssh_userauth_publickey(s, NULL, k)
		 : ssh_userauth_password(s, NULL, getenv("SSH_PASSWORD"));
	if (rc != SSH_AUTH_SUCCESS)
		die(rc == SSH_AUTH_DENIED ? 5 : 6, "refused", s);
}

int main(int argc, char **argv)
{
	ssh_session s = ssh_new();
	ssh_channel c[16] = {NULL};
	char *key = NULL, *env = NULL, *command, *host;
	int opt, tty = 0, count = 1, no = 0, port;
	uint64_t bytes;

	while ((opt = getopt(argc, argv, "tn:p:i:c:m:k:e:r:")) != -1)
		switch (opt) {
		case 't': tty = 1; break;
		case 'n': count = atoi(optarg); break;
		case 'p':
			port = atoi(optarg);
			ssh_options_set(s, SSH_OPTIONS_PORT, &port);
			break;
		case 'i': key = optarg; break;
		case 'e': env = optarg; break;
		case 'c':
			ssh_options_set(s, SSH_OPTIONS_CIPHERS_C_S, optarg);
			ssh_options_set(s, SSH_OPTIONS_CIPHERS_S_C, optarg);
			break;
		case 'm':
			ssh_options_set(s, SSH_OPTIONS_HMAC_C_S, optarg);
			ssh_options_set(s, SSH_OPTIONS_HMAC_S_C, optarg);
			break;
		case 'k': ssh_options_set(s, SSH_OPTIONS_KEY_EXCHANGE, optarg); break;
		case 'r':
			bytes = strtoull(optarg, NULL, 10);
			ssh_options_set(s, SSH_OPTIONS_REKEY_DATA, &bytes);
			break;
		default: return 9;
		}
	host = strchr(argv[optind], '@');
	*host++ = 0;
	command = argv[optind + 1];
	ssh_options_set(s, SSH_OPTIONS_PROCESS_CONFIG, &no);
	ssh_options_set(s, SSH_OPTIONS_HOST, host);
	ssh_options_set(s, SSH_OPTIONS_USER, argv[optind]);
	sigaction(SIGWINCH, &(struct sigaction){.sa_handler = on_winch}, NULL);
	login(s, key);
	for (int i = 0; i < count; i++)
		c[i] = start(s, command, tty, env);
	for (int i = 0; i < count; i++)
		pump(s, c[i], count == 1);
	wait_closed(s, c[count - 1]);
	opt = ssh_channel_get_exit_status(c[count - 1]);
	return by_signal || opt < 0 ? 255 : opt;
}
