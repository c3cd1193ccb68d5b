/* test_settings.c - flags of both dialects, -o, the configuration file, and what is shown of them. */
/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "port.h"
#include "settings.h"

static struct settings s;
static char why[200], path[] = "/tmp/test_settings.XXXXXX", text[8192];

/* an array of arguments from words with one space between; ~ in a word is a space */
static int args(const char *line)
{
	static char copy[2048];
	static char *argv[64];
	int argc = 0;

	strcpy(copy, line);
	for (char *p = strtok(copy, " "); p; p = strtok(NULL, " ")) {
		for (char *q = p; *q; q++)
			if (*q == '~')
				*q = ' ';
		argv[argc++] = p;
	}
	argv[argc] = NULL;
	settings_default(&s, !strncmp(line, "dropbear", 8));
	return settings_args(&s, argc, argv);
}

static int set(const char *line)
{
	return args(line) == 0;
}

/* usage and errors that the calls print are not wanted here */
static int quiet(const char *line)
{
	int err = dup(2), out = dup(1), null = open("/dev/null", O_WRONLY), r;

	fflush(stdout);
	dup2(null, 2);
	dup2(null, 1);
	r = args(line);
	dup2(err, 2);
	dup2(out, 1);
	close(err);
	close(out);
	close(null);
	return r;
}

/* the file over `sshd -f path` and more flags */
static int file(const char *flags, const char *contents)
{
	char line[256];
	FILE *f = fopen(path, "w");

	fputs(contents, f);
	fclose(f);
	strcpy(line, "sshd -f ");
	strcat(line, path);
	strcat(line, flags);
	if (!set(line))
		return 0;
	return settings_file(&s, why, sizeof(why)) == 0;
}

static int listener(unsigned i, const char *host, unsigned port)
{
	char h[64];
	uint16_t p;

	return settings_listener(&s, i, h, sizeof(h), &p) && !strcmp(h, host) && p == port;
}

static int listeners(void)
{
	char h[64];
	uint16_t p;
	int n = 0;

	while (settings_listener(&s, (unsigned)n, h, sizeof(h), &p))
		n++;
	return n;
}

static int is(uint16_t at, const char *want)
{
	return !strcmp(s.text + at, want);
}

static void test_defaults(void)
{
	check("settings/sshd",
	      set("sshd") && !s.dropbear && s.permit_root == ROOT_KEY_ONLY && s.grace == 120 &&
		  s.max_tries == 6 && s.pubkey_auth && s.strict_modes &&
		  is(s.authorized_keys, ".ssh/authorized_keys") && s.log_facility == 4 &&
		  is(s.config_file, CFG_HOSTKEY_DIR "/sshd_config") && s.log_level == LOG_L_INFO,
	      "defaults");
	check("settings/listen", listeners() == 1 && listener(0, "*", 22), "not port 22");
	check("settings/size", sizeof(s) < 4096 && SETTINGS_SIZE(&s) < 1024, "too large");
	if (!CFG_COMPAT_DROPBEAR)
		return;
	check("settings/dropbear",
	      set("dropbear") && s.dropbear && s.permit_root == ROOT_YES && s.grace == 300 &&
		  s.max_tries == 10 && s.log_facility == 10 &&
		  is(s.hostkey[0], "/etc/dropbear/dropbear_ed25519_host_key") &&
		  !s.hostkey[1 + CFG_KEY_ECDSA + CFG_KEY_RSA] &&
		  (!CFG_KEY_RSA ||
		   is(s.hostkey[1 + CFG_KEY_ECDSA], "/etc/dropbear/dropbear_rsa_host_key")) &&
		  is(s.pid_file, "/var/run/dropbear.pid") && !s.config_file,
	      "defaults");
}

static void test_dropbear(void)
{
	check("dropbear/bundle",
	      set("dropbear -sjkFEm -p22") && !s.password_auth && !s.tcp_local && !s.tcp_remote &&
		  !s.stream_local && !s.stream_remote && s.foreground && s.to_stderr && !s.motd &&
		  listener(0, "*", 22),
	      "not taken");
	check("dropbear/Fp 22",
	      set("dropbear -Fp 2222") && s.foreground && listener(0, "*", 2222) &&
		  listeners() == 1,
	      "not taken");
	check("dropbear/several -p",
	      set("dropbear -p 22 -p 1.2.3.4:2222 -p [::1]:23 -p fe80::1%eth0:24 -p :25") &&
		  listeners() == 5 && listener(0, "1.2.3.4", 2222) == 0 && listener(0, "*", 22) &&
		  listener(1, "1.2.3.4", 2222) && listener(2, "::1", 23) &&
		  listener(3, "fe80::1%eth0", 24) && listener(4, "*", 25),
	      "not taken");
	check("dropbear/several -r",
	      set("dropbear -r /a -r/b") && is(s.hostkey[0], "/a") && is(s.hostkey[1], "/b") &&
		  !s.hostkey[2],
	      "not taken");
	check("dropbear/values",
	      set("dropbear -b /banner -c ls~-l -D /keys -G wheel -I 30 -K 300 -l eth0 "
		  "-M 3600 -P /pid -T 3 -W 65536") &&
		  is(s.banner, "/banner") && is(s.force_command, "ls -l") &&
		  is(s.authorized_dir, "/keys") && is(s.allow_groups, "wheel") && s.idle == 30 &&
		  s.keepalive == 300 && is(s.iface, "eth0") && s.max_duration == 3600 &&
		  is(s.pid_file, "/pid") && s.max_tries == 3 && s.window == 65536,
	      "not taken");
	check("dropbear/switches",
	      set("dropbear -R -e -w -g -B -t -a -i -z") && s.make_keys && s.pass_env &&
		  s.permit_root == ROOT_NO && !s.root_password && s.permit_empty &&
		  s.key_and_password && s.gateway_ports == GATEWAY_CLIENT && s.inetd && !s.qos,
	      "not taken");
	check("dropbear/-j",
	      set("dropbear -j") && !s.tcp_local && s.tcp_remote && !s.stream_local &&
		  s.stream_remote,
	      "both off");
	check("dropbear/-v",
	      set("dropbear -v") && s.log_level == LOG_L_DEBUG && set("dropbear -vvv") &&
		  s.log_level == LOG_L_DEBUG2,
	      "level");
	check("dropbear/-o", set("dropbear -o NetUser=daemon") && is(s.net_user, "daemon"),
	      "not taken");
	check("dropbear/-h -V -Q",
	      quiet("dropbear -h") == 1 && quiet("dropbear -V") == 1 && quiet("dropbear -Q") == 1 &&
		  quiet("dropbear --help") == 1,
	      "exit status");
	check("dropbear/bad",
	      quiet("dropbear -x") == 2 && quiet("dropbear -p") == 2 &&
		  quiet("dropbear -p 0") == 2 && quiet("dropbear -p 65536") == 2 &&
		  quiet("dropbear -p 1.2.3.4:") == 2 && quiet("dropbear -T 0") == 2 &&
		  quiet("dropbear -T x") == 2 && quiet("dropbear -K -1") == 2 &&
		  quiet("dropbear word") == 2 && quiet("dropbear -") == 2 &&
		  quiet("dropbear -I 1s2") == 0 && quiet("dropbear -W 1x") == 2,
	      "taken");
}

static void test_sshd(void)
{
	check("sshd/flags",
	      set("sshd -De -g 1m30s -h /k -h /l -p 2222 -u0 -q") && s.foreground && s.to_stderr &&
		  s.grace == 90 && is(s.hostkey[0], "/k") && is(s.hostkey[1], "/l") &&
		  listeners() == 1 && listener(0, "*", 2222) && s.log_level == LOG_L_ERROR,
	      "not taken");
	check("sshd/-t -T -i -6",
	      set("sshd -t -6") && s.test_only == TEST_CHECK && s.address_family == 6 &&
		  set("sshd -iT4") && s.test_only == TEST_DUMP && s.inetd && s.address_family == 4,
	      "not taken");
	check("sshd/-d",
	      set("sshd -dd") && s.foreground && s.to_stderr && s.log_level == LOG_L_DEBUG2, "no");
	check("sshd/-o",
	      set("sshd -o PermitRootLogin=yes -oPort=23 -o Banner~/b -o permitrootlogin=no "
		  "-o MakeHostKeys=yes") &&
		  s.permit_root == ROOT_YES && listener(0, "*", 23) && listeners() == 1 &&
		  is(s.banner, "/b") && s.make_keys,
	      "not taken, or not the first");
	check("sshd/-V", quiet("sshd -V") == 1 && quiet("sshd --version") == 1, "exit status");
	check("sshd/bad",
	      quiet("sshd -Z") == 2 && quiet("sshd -o Foo=1") == 2 && quiet("sshd -o") == 2 &&
		  quiet("sshd -o Port=x") == 2 && quiet("sshd -o Port") == 2 &&
		  quiet("sshd -R") == 2 && quiet("sshd -g 5y") == 2 && quiet("sshd x") == 2,
	      "taken");
}

static void test_file(void)
{
	check(
	    "file/values",
	    file(
		"",
		"# comment\n\n \tPort 2200\nListenAddress 10.0.0.1\nListenAddress [::1]:23 # here\n"
		"ListenAddress ::2\nPort 2201\nPermitRootLogin=no\r\nLoginGraceTime 2m\n"
		"RekeyLimit 1G 1h\nBanner \"/etc/my banner\"\nAllowUsers a b\nAllowUsers c@10.*\n"
		"AcceptEnv LANG\nSetEnv A=\"b c\" D=e\nSubsystem sftp /bin/sftp -l  INFO\n"
		"ForceCommand echo \"a  b\" # c\nAllowTcpForwarding local\nUsePAM no\n"
		"AuthenticationMethods publickey,password\nIPQoS none\nMaxStartups 10:30:100\n"
		"X11Forwarding no\nPermitRootLogin yes\nDisableForwarding yes\n"
		"PermitOpen  a:1 [::1]:2\nPermitListen none\nPermitOpen any\n") &&
		s.no_forwarding && is(s.permit_open, "a:1 [::1]:2") &&
		is(s.permit_listen, "none") && s.permit_root == ROOT_NO && s.grace == 120 &&
		s.rekey_bytes == 1u << 30 && s.rekey_seconds == 3600 &&
		is(s.banner, "/etc/my banner") && is(s.allow_users, "a b c@10.*") &&
		is(s.accept_env, "LANG") && is(s.set_env, "A=b c\nD=e") &&
		is(s.subsystem[0], "sftp /bin/sftp -l  INFO") && !s.subsystem[1] &&
		is(s.force_command, "echo \"a  b\" # c") && s.tcp_local && !s.tcp_remote &&
		!s.qos && s.key_and_password && s.unauth_max == 10,
	    why);
	check("file/addresses",
	      listeners() == 5 && listener(0, "10.0.0.1", 2200) && listener(1, "10.0.0.1", 2201) &&
		  listener(2, "::1", 23) && listener(3, "::2", 2200) && listener(4, "::2", 2201),
	      "another list");
	check("file/flags win",
	      file(" -p 22 -g 5 -o MaxAuthTries=2 -h /k",
		   "Port 1\nLoginGraceTime 1m\n"
		   "MaxAuthTries 3\nHostKey /l\nListenAddress 1.1.1.1\n") &&
		  listeners() == 1 && listener(0, "1.1.1.1", 22) && s.grace == 5 &&
		  s.max_tries == 2 && is(s.hostkey[0], "/k") && !s.hostkey[1],
	      why);
	check("file/none", file("", "") && listeners() == 1, why);
	unlink(path);
	check("file/missing", settings_file(&s, why, sizeof(why)) == -1 && strstr(why, path), why);
	set("sshd -f none");
	check("file/-f none", settings_file(&s, why, sizeof(why)) == 0, why);
}

static void test_file_bad(void)
{
	static const struct {
		const char *contents, *why;
	} t[] = {
	    {"\n\nFoo 1\n",                         " line 3: unknown keyword Foo"                              },
	    {"Match all\n",                         " line 1: Match: 'all' is not supported"                    },
	    {"Include /x\n",                        " line 1: Include: '/x' is not supported"                   },
	    {"UsePAM yes\n",                        " line 1: UsePAM: 'yes' is not supported"                   },
	    {"Ciphers aes128-ctr,rot13\n",          " line 1: Ciphers: not built in: 'rot13'"                   },
	    {"KexAlgorithms\n",                     " line 1: KexAlgorithms: no value: ''"                      },
	    {"MACs -*\n",			   " line 1: MACs: nothing left of the list: '-*'"             },
	    {"PermitTTY maybe\n",                   " line 1: PermitTTY: not a value that it can have: 'maybe'" },
	    {"PermitTTY yes no\n",                  " line 1: PermitTTY: not a value that it can have: 'yes no'"},
	    {"Banner \"x\n",                        " line 1: Banner: quotes not closed: "                      },
	    {"Banner a b\n",                        " line 1: Banner: one value is wanted: 'a b'"               },
	    {"LoginGraceTime 1h2\nRekeyLimit 1T\n", " line 2: RekeyLimit: not a size: '1T'"                     },
	    {"RekeyLimit 1G x\n",                   " line 1: RekeyLimit: not a time: 'x'"                      },
	    {"MaxAuthTries 0\n",                    " line 1: MaxAuthTries: not a number that it can have: '0'" },
	    {"Port 99999\n",                        " line 1: Port: not a port: '99999'"                        },
	    {"ListenAddress [::1]x\n",              " line 1: ListenAddress: not an address: '[::1]x'"          },
	    {"Port 1\nPort 2\nPort 3\nPort 4\nPort 5\nPort 6\nPort 7\nPort 8\nPort 9\nPort "
	     "10\nPort 11\n"
	     "Port 12\nPort 13\nPort 14\nPort 15\nPort 16\nPort 17\nPort 18\nPort 19\nPort "
	     "20\nPort 21\n"
	     "Port 22\nPort 23\nPort 24\nPort 25\nPort 26\nPort 27\nPort 28\nPort 29\nPort "
	     "30\nPort 31\n"
	     "Port 32\nPort 33\n",     "Port: one too many: "				      },
	    {"Subsystem sftp\n",                    " line 1: Subsystem: no command line: 'sftp'"               },
	};
	int good = 1;

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		if (file("", t[i].contents) || !strstr(why, t[i].why)) {
			good = 0;
			fputs(t[i].contents, stdout);
			fputs(why, stdout);
			fputs("\n", stdout);
		}
	check("file/bad", good, "see above");
	memset(text, 'x', 2000);
	strcpy(text + 2000, "\nPort 1\n");
	check("file/long line", !file("", text) && strstr(why, " line 1: "), why);
	text[0] = 0;
	for (int i = 0; i < 60; i++)
		strcat(text, "AllowUsers abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz\n");
	check("file/no room", !file("", text) && strstr(why, "no room left"), why);
	unlink(path);
}

static void test_algs(void)
{
	check("algs/list",
	      set("sshd -o Ciphers=chacha20-poly1305@openssh.com") &&
		  is(s.ciphers, "chacha20-poly1305@openssh.com"),
	      "not taken");
	check("algs/+",
	      set("sshd -o HostKeyAlgorithms=+ssh-ed25519") &&
		  strstr(s.text + s.hostkey_algs, "ssh-ed25519"),
	      "not taken");
	/* what is off by default stays so, but for what is named in full */
	if (CFG_KEX_DH)
		check("algs/off",
		      set("sshd -o KexAlgorithms=-curve*") &&
			  !strstr(s.text + s.kex, "diffie-hellman-") &&
			  set("sshd -o KexAlgorithms=+curve25519-sha256") &&
			  !strstr(s.text + s.kex, "diffie-hellman-") &&
			  set("sshd -o KexAlgorithms=+diffie-hellman-group14-sha256") &&
			  strstr(s.text + s.kex, ",diffie-hellman-group14-sha256") &&
			  !strstr(s.text + s.kex, "group16") &&
			  !set("sshd -o KexAlgorithms=diffie-hellman-group14-*"),
		      "another list");
	check("algs/-",
	      set("sshd -o KexAlgorithms=-*libssh*,*x25519*,rot13") &&
		  is(s.kex, "curve25519-sha256"),
	      "not taken");
	check("algs/^",
	      set("sshd -o KexAlgorithms=^curve25519-sha256@libssh.org") &&
		  strstr(s.text + s.kex, "curve25519-sha256@libssh.org,") == s.text + s.kex &&
		  strstr(s.text + s.kex, ",curve25519-sha256") &&
		  !strstr(s.text + s.kex + 26, "libssh"),
	      "not taken");
}

/* the dump into text and into the file */
static void dump_to_file(void)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	ssize_t n;

	settings_dump(&s, fd);
	n = pread(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = 0;
	close(fd);
}

/* what is shown can be read again and gives the same */
static void test_dump(void)
{
	static char first[sizeof(text)];
	char line[64] = "sshd -f ";

	set("sshd -p 23 -o ListenAddress=::1 -o ListenAddress=[::2]:5 -o Subsystem=x~y~z "
	    "-o SetEnv=A=1 -o GatewayPorts=yes -o AllowTcpForwarding=remote "
	    "-o VersionAddendum=hello");
	dump_to_file();
	check("dump/lines",
	      strstr(text, "port 23\n") && strstr(text, "\nlistenaddress [::1]\n") &&
		  strstr(text, "\nlistenaddress [::2]:5\n") &&
		  strstr(text, "\nsubsystem x y z\n") && strstr(text, "\nsetenv A=1\n") &&
		  strstr(text, "\ngatewayports yes\n") &&
		  strstr(text, "\nallowtcpforwarding remote\n") &&
		  strstr(text, "\nversionaddendum hello\n") && strstr(text, "\nbanner none\n") &&
		  strstr(text, "\nmaxauthtries 6\n") && strstr(text, "\nkexalgorithms ") &&
		  strstr(text, ",curve25519-sha256,"),
	      text);
	strcpy(first, text);
	strcat(line, path);
	set(line);
	check("dump/read", settings_file(&s, why, sizeof(why)) == 0, why);
	dump_to_file();
	check("dump/same", !strcmp(first, text), text);
}

int main(void)
{
	close(mkstemp(path));
	test_defaults();
	if (CFG_LISTENERS < 6 || CFG_HOSTKEYS < 2 || !CFG_SSHD_OPTIONS || !CFG_ACCESS_LISTS) {
		fputs("skip settings: too small a configuration\n", stdout);
		unlink(path);
		return check_result();
	}
	if (CFG_COMPAT_DROPBEAR)
		test_dropbear();
	test_sshd();
	if (CFG_SSHD_CONFIG) {
		test_file();
		test_file_bad();
		test_dump();
	}
	if (CFG_KEX_CURVE25519 && CFG_CIPHER_CHACHAPOLY)
		test_algs();
	unlink(path);
	return check_result();
}
