/* fuzz_settings.c - a configuration file or a command line: the struct stays whole, and can be shown. */
/* SPDX-License-Identifier: MIT */
/*
 * First byte modulo 3: 0 a file, 1 sshd's arguments, one a line, 2 dropbear's.
 * What a command line makes it print is only seen with LOUD in the environment.
 */
#include "conf.h"
#include "settings.h"

static struct settings s;

static void text_ok(uint16_t at)
{
	must(at < s.text_len && memchr(s.text + at, 0, (size_t)(s.text_len - at)) != NULL);
}

static void whole(void)
{
	char host[80];
	uint16_t port;
	unsigned i;

	must(s.text_len && s.text_len <= SETTINGS_TEXT && !s.text[0]);
	must(SETTINGS_SIZE(&s) <= sizeof(s));
	for (i = 0; i < CFG_LISTENERS; i++)
		text_ok(s.listen[i]);
	for (i = 0; i < CFG_HOSTKEYS; i++)
		text_ok(s.hostkey[i]);
	for (i = 0; i < SETTINGS_SUBSYSTEMS; i++)
		text_ok(s.subsystem[i]);
	text_ok(s.banner);
	text_ok(s.allow_users);
	text_ok(s.set_env);
	text_ok(s.ciphers);
	text_ok(s.kex);
	text_ok(s.net_user);
	must(s.permit_root <= 3 && s.tcp_local <= 1 && s.tcp_remote <= 1 && s.max_tries);
	for (i = 0; settings_listener(&s, i, host, sizeof(host), &port); i++)
		must(port && *host && strlen(host) < sizeof(host) && i < 1000);
	settings_dump(&s, null_fd());
}

static int command_line(char *p, int dropbear)
{
	char *argv[66] = {dropbear ? "dropbear" : "sshd"};
	int argc = words(argv, 1, 65, p), err = hush();
	int r = settings_args(&s, argc, argv);

	hush_end(err);
	return r == 0;
}

static int configuration(const char *text, size_t n)
{
	char *argv[] = {"sshd", "-f", file_with(text, n), NULL}, why[64];
	int r;

	must(settings_args(&s, 3, argv) == 0);
	memset(why, 0x55, sizeof(why));
	r = settings_file(&s, why, sizeof(why));
	must(r == 0 || memchr(why, 0, sizeof(why)) != NULL);
	return r == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *p;

	if (!n || n > 8192)
		return 0;
	p = input_text(data, n);
	settings_default(&s, *data % 3 == 2);
	whole();
	if (*data % 3 ? command_line(p, *data % 3 == 2) : configuration(p, n - 1))
		whole();
	free(p);
	return 0;
}
