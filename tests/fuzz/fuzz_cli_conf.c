/* fuzz_cli_conf.c - the client's files and command lines: the struct stays whole. */
/* SPDX-License-Identifier: MIT */
/*
 * First byte modulo 4: 0 a file, shown as -G does; 1 a file, used; 2 ssh's
 * arguments, one a line; 3 dbclient's. What they make it print is only seen with
 * LOUD in the environment. No command is run: Match exec gets no process.
 */
#include <errno.h>

#include "cli.h"
#include "conf.h"

static struct cli_set s;

pid_t __wrap_prog_spawn(const char *const *argv, int in, int out);
pid_t __wrap_prog_spawn(const char *const *argv, int in, int out)
{
	(void)in;
	(void)out;
	return argv[2][0] == 'e' ? -EPERM : 0;
}

/* of the process that there is not: libFuzzer has one of its own, its symbolizer */
int __wrap_prog_wait(pid_t pid);
int __wrap_prog_wait(pid_t pid)
{
	return (int)pid;
}

/* somebody will read all of them */
static size_t text(const char *p)
{
	return p ? strlen(p) : 0;
}

static void list(const char *const *p)
{
	for (unsigned i = 0; i < CLI_FILES && p[i]; i++)
		must(text(p[i]) < CLI_TEXT);
}

static void whole(void)
{
	const char *const texts[] = {
	    s.host_key_alias,  s.bind_address, s.bind_interface, s.proxy_jump,
	    s.proxy_command,   s.kex,          s.ciphers,        s.macs,
	    s.hostkey_algs,    s.pubkey_algs,  s.preferred,      s.identity_agent,
	    s.local_command,   s.netcat,       s.control_path,   s.log_file,
	    s.control_command, s.command};
	unsigned i;

	must(s.text_len <= CLI_TEXT);
	must(text(s.host) && *s.host != '-' && text(s.host_arg) && text(s.user));
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		must(text(texts[i]) <= CLI_TEXT);
	list(s.identity);
	list(s.certificate);
	list(s.known);
	list(s.global_known);
	list(s.send_env);
	list(s.set_env);
	must(s.n_forwards <= CLI_FORWARDS && s.port && s.tty <= ASK_FORCE && s.master <= ASK_FORCE);
	must(s.strict <= ASK_NEW && s.log_level <= LOG_L_DEBUG2 && s.stream_mask <= 0777);
	must(!s.family || s.family == 4 || s.family == 6);
	for (i = 0; i < s.n_forwards; i++) {
		const struct cli_forward *f = &s.forward[i];

		must(strchr("LRDd", f->kind) != NULL && text(f->bind) < CLI_TEXT);
		must(!f->to == (f->kind == 'D' || f->kind == 'd') && text(f->to) < CLI_TEXT);
		must(f->port || f->bind_unix || f->kind == 'R' || f->kind == 'd');
		must(!f->to || f->to_unix || f->to_port);
	}
	for (i = 0; i < CLI_PASS && s.pass[i]; i++)
		must(text(s.pass[i]) <= CLI_TEXT);
	must(i < CLI_PASS);
	for (i = 0; i < CLI_VARS && s.set_env[i]; i++)
		must(strchr(s.set_env[i], '=') != NULL);
	cli_sends(&s, STR("LC_ALL"));
}

static int run(int argc, char **argv, int dbclient)
{
	int err = hush(), r;

	memset(&s, 0, sizeof(s));
	r = cli_settings(&s, argc, argv, dbclient);
	hush_end(err);
	must(r >= 0 && r <= 256);
	return r == 0;
}

static int command_line(char *p, int dbclient)
{
	char *argv[68] = {dbclient ? "dbclient" : "ssh", "-F", "none"};

	return run(words(argv, dbclient ? 1 : 3, 67, p), argv, dbclient);
}

static int configuration(const char *p, size_t n, int shown)
{
	static char host[16];
	char *argv[] = {
	    "ssh", "-F", file_with(p, n), strcpy(host, "Host.example"), shown ? "-G" : NULL, NULL};

	return run(4 + shown, argv, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *p;

	if (!n || n > 8192)
		return 0;
	p = input_text(data, n);
	/* what is there for reading on this machine is of no interest, and might have no end */
	if (!strstr(p, "/dev") && !strstr(p, "/proc") &&
	    (*data % 4 > 1 ? command_line(p, *data % 4 == 3)
			   : configuration(p, n - 1, !(*data % 4))))
		whole();
	free(p);
	return 0;
}
