/* test_cli_set.c - the client's command line in both dialects, its files, tokens and limits. */
/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "cli.h"

/* what holds says nothing */
#define CHECK(x) ((x) ? (void)0 : (void)check(#x, 0, "not so"))

static struct cli_set s;
static char dir[] = "/tmp/test_cli_set.XXXXXX", path[128], said[65536];

/* the arguments of a line, one space between; ~ in a word is a space */
static int args(const char *line)
{
	static char copy[40000];
	static char *argv[64];
	int argc = 0;

	strcpy(copy, line);
	for (char *p = strtok(copy, " "); p; p = strtok(NULL, " ")) {
		for (char *q = p; *q; q++)
			*q = *q == '~' ? ' ' : *q;
		argv[argc++] = p;
	}
	argv[argc] = NULL;
	memset(&s, 0, sizeof(s));
	return cli_settings(&s, argc, argv, !strcmp(argv[0], "dbclient"));
}

static int set(const char *line)
{
	return args(line) == 0;
}

/* what goes to stdout and stderr comes to said; the exit status that is meant */
static int loud(const char *line)
{
	int err = dup(2), out = dup(1), fd, r;
	ssize_t n;
	char name[160];

	strcpy(name, dir);
	strcat(name, "/said");
	fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	fflush(stdout);
	dup2(fd, 2);
	dup2(fd, 1);
	r = args(line);
	dup2(err, 2);
	dup2(out, 1);
	n = pread(fd, said, sizeof(said) - 1, 0);
	said[n > 0 ? n : 0] = 0;
	close(fd);
	close(err);
	close(out);
	return r - 1;
}

/* refused, and the text is said */
static int refused(const char *line, const char *why)
{
	int r = loud(line);

	if (r == 255 && strstr(said, why))
		return 1;
	fputs("# ", stdout);
	fputs(said, stdout);
	return 0;
}

static const char *file(const char *name, const char *contents)
{
	FILE *f;

	strcpy(path, dir);
	strcat(path, "/");
	strcat(path, name);
	f = fopen(path, "w");
	fputs(contents, f);
	fclose(f);
	return path;
}

/* the file as -F, then more arguments */
static const char *with(const char *contents, const char *more)
{
	static char line[8192];

	strcpy(line, "ssh -F ");
	strcat(line, file("config", contents));
	strcat(line, " ");
	strcat(line, more);
	return line;
}

static int is(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static void test_flags(void)
{
	CHECK(set("ssh -F none -p22022 -lann -46 -vTN host"));
	CHECK(s.port == 22022 && is(s.user, "ann") && is(s.host, "host") && s.family == 6);
	CHECK(s.tty == ASK_NO && s.no_session && !s.subsystem && s.log_level == LOG_L_DEBUG);
	CHECK(set("ssh -F none ann@host -p 7 ls -l /") && s.port == 7 && is(s.command, "ls -l /"));
	CHECK(is(s.user, "ann") && s.tty == ASK_AUTO);
	CHECK(set("ssh -F none -l ben ann@host -- -l") && is(s.user, "ben") && is(s.command, "-l"));
	CHECK(set("ssh -F none -- host -l") && is(s.command, "-l"));
	CHECK(set("ssh -F none a@b@host") && is(s.user, "a@b") && is(s.host, "host"));
	CHECK(set("ssh -F none ssh://a@[::1]:99") && s.port == 99 && is(s.host, "::1"));
	CHECK(set("ssh -F none HOST") && is(s.host, "host") && is(s.host_arg, "HOST"));
	CHECK(set("ssh -F none -tt -MM -vvv h") && s.tty == ASK_FORCE && s.master == ASK_ASK);
	CHECK(s.log_level == LOG_L_DEBUG2);
	CHECK(set("ssh -F none -fn h sleep 1") && s.background && s.stdin_null);
	CHECK(set("ssh -F none -s h sftp") && s.subsystem && is(s.command, "sftp"));
	CHECK(set("ssh -F none -xqCKkaXY2 h") && s.log_level == LOG_L_ERROR && !s.forward_agent);
	CHECK(set("ssh -F none -Aye^B -E/tmp/x h") && s.forward_agent && s.to_syslog);
	CHECK(s.escape == 2 && is(s.log_file, "/tmp/x"));
	CHECK(set("ssh -F none -W~x:1 h") && is(s.netcat, " x:1") && s.no_session);
	CHECK(s.exit_on_forward_failure && s.tty == ASK_NO);
	CHECK(set("ssh -F none -W x:1 -L1:a:2 h") && !s.n_forwards);
	CHECK(set("ssh -F none -S none -Oexit h") && !s.control_path &&
	      is(s.control_command, "exit"));
	CHECK(set("ssh -F none -c aes256-ctr -m hmac-sha2-512,hmac-sha2-256 h"));
	CHECK(is(s.ciphers, "aes256-ctr") && is(s.macs, "hmac-sha2-512,hmac-sha2-256"));
	CHECK(refused("ssh -1 h", "-1") &&
	      (CFG_TUN ? refused("ssh -wx:1 h", "TunnelDevice") : refused("ssh -w0 h", "-w")) &&
	      refused("ssh -I x h", "-I"));
	CHECK(refused("ssh -j h", "-j") && refused("ssh -p", "-p") && refused("ssh -p0 h", "Port"));
	CHECK(refused("ssh", "usage") && refused("ssh -F none", "usage"));
	CHECK(refused("ssh -F none -f h", "-f") && refused("ssh -F none -s h", "-s"));
	CHECK(loud("ssh -V") == 0 && strstr(said, "cubssh") && loud("ssh --help") == 0);
	CHECK(loud("ssh -Q cipher") == 0 && strstr(said, "aes256-ctr\n"));
	CHECK(refused("ssh -Q nothing", "nothing"));
	CHECK(loud("ssh -F none -i /does/not/exist h") == -1 && strstr(said, "not accessible"));
	CHECK(!s.identities_given && strstr(s.identity[0], "/.ssh/id_rsa"));
	CHECK(set("ssh -F none -i /etc/passwd h") && s.identities_given && !s.identity[1]);
}

static void test_options(void)
{
	CHECK(set("ssh -F none -oPort=5 -o User~x -o~StrictHostKeyChecking~=~no -oport=6 h"));
	CHECK(s.port == 5 && is(s.user, "x") && s.strict == ASK_NO);
	CHECK(set("ssh -F none -oConnectTimeout=1m -oRekeyLimit=1M~2h -oControlPersist=yes h"));
	CHECK(s.connect_timeout == 60 && s.rekey_bytes == 1 << 20 && s.rekey_seconds == 7200);
	CHECK(s.control_persist == UINT32_MAX);
	CHECK(set("ssh -F none -oControlPersist=0 h") && s.control_persist == UINT32_MAX);
	CHECK(set("ssh -F none -oControlPersist=no h") && !s.control_persist);
	CHECK(set("ssh -F none -oGSSAPIAuthentication=yes -oIgnoreUnknown=A*,bc -oAxy=1 -oBC=2 h"));
	CHECK(refused("ssh -F none -oNonsense=1 h", "nonsense"));
	CHECK(refused("ssh -F none -oPort h", "Port") && refused("ssh -F none -oPort= h", "Port"));
	CHECK(refused("ssh -F none -oPort=1~2 h", "Port"));
	CHECK(refused("ssh -F none -oUser=\"x h", "User"));
	CHECK(refused("ssh -F none -oStrictHostKeyChecking=maybe h", "maybe"));
	CHECK(refused("ssh -F none -oCiphers=rot13 h", "rot13"));
	CHECK(set("ssh -F none -oCiphers=rot13,aes128-ctr h") && is(s.ciphers, "aes128-ctr"));
	CHECK(set("ssh -F none -oHostKeyAlgorithms=+ssh-rsa h"));
	CHECK(refused("ssh -F none -oConnectTimeout=soon h", "soon"));
	CHECK(refused("ssh -F none -oStreamLocalBindMask=8 h", "8"));
	CHECK(refused("ssh -F none -oEscapeChar=ab h", "ab"));
	CHECK(refused("ssh -F none -oRemoteCommand=x h y", "RemoteCommand"));
	CHECK(set("ssh -F none -oRemoteCommand=none h y") && is(s.command, "y"));
	CHECK(set("ssh -F none -oRemoteCommand=x~%n h") && is(s.command, "x h"));
	/* IdentityFile is text until it is used, known_hosts is for the user's home */
	CHECK(set("ssh -F none -oUserKnownHostsFile=/a~/b h") && is(s.known[1], "/b") &&
	      !s.known[2]);
	CHECK(!s.update_hostkeys && set("ssh -F none h") && s.update_hostkeys);
	CHECK(set("ssh -F none -oSendEnv=A~B* -oSendEnv=-A -oSetEnv=C=1 h") &&
	      is(s.set_env[0], "C=1"));
	CHECK(!cli_sends(&s, STR("A")) && cli_sends(&s, STR("Bx")) && !cli_sends(&s, STR("C")));
	CHECK(set("ssh -F none -oUserKnownHostsFile=none h") && !s.known[0]);
	CHECK(set("ssh -F none -oIdentityFile=none h") && !s.identity[0] && s.identities_given);
}

static void test_forwards(void)
{
	const struct cli_forward *f = s.forward;

	CHECK(set("ssh -F none -L8080:a:80 -Llocalhost:81:[::1]:82 -L:83:b:84 -D85 -R86 -R0:c:87 "
		  "-L/s:d:88 -R89:/t -L/u:/v -R[::1]:90:e:91 h") &&
	      s.n_forwards == 10);
	CHECK(f[0].kind == 'L' && f[0].port == 8080 && !f[0].bind && is(f[0].to, "a"));
	CHECK(f[0].to_port == 80 && !f[0].bind_unix && !f[0].to_unix);
	CHECK(is(f[1].bind, "localhost") && is(f[1].to, "::1") && f[1].to_port == 82);
	CHECK(is(f[2].bind, "") && f[2].port == 83);
	CHECK(f[3].kind == 'D' && f[3].port == 85 && !f[3].to);
	CHECK(f[4].kind == 'd' && f[4].port == 86 && !f[4].to);
	CHECK(f[5].kind == 'R' && f[5].port == 0 && f[5].to_port == 87);
	CHECK(f[6].bind_unix && is(f[6].bind, "/s") && is(f[6].to, "d") && f[6].to_port == 88);
	CHECK(f[7].to_unix && is(f[7].to, "/t") && f[7].port == 89);
	CHECK(f[8].bind_unix && f[8].to_unix && is(f[9].bind, "::1") && f[9].port == 90);
	CHECK(set("ssh -F none -L1:a:2 -L1:a:2 -L1:a:3 h") && s.n_forwards == 2);
	CHECK(refused("ssh -F none -L8080 h", "8080") && refused("ssh -F none -L1:a h", "1:a"));
	CHECK(refused("ssh -F none -L0:a:1 h", "0:a:1") &&
	      refused("ssh -F none -D1:2:3 h", "1:2:3"));
	CHECK(refused("ssh -F none -L1:a:65536 h", "65536") &&
	      refused("ssh -F none -Lx:a:1 h", "x"));
	CHECK(refused("ssh -F none -L1:2:3:4:5 h", "1:2") &&
	      refused("ssh -F none -L[::1:1:a:2 h", "["));
	CHECK(refused("ssh -F none -R/a/b:1 h", "/a/b") && refused("ssh -F none -D/a h", "/a"));
}

static void test_dbclient(void)
{
	CHECK(set("dbclient ann@host/2022 ls") && s.port == 2022 && is(s.user, "ann"));
	CHECK(is(s.host, "host") && is(s.command, "ls") && !s.proxy_jump && s.strict == ASK_ASK);
	CHECK(strstr(s.identity[0], "/.ssh/id_dropbear") && strstr(s.identity[1], "/.ssh/id_rsa"));
	CHECK(set("dbclient a@one/1,two^2,c@three") && is(s.proxy_jump, "a@one:1,two:2"));
	CHECK(is(s.host, "three") && is(s.user, "c") && s.port == 22 && is(s.pass[0], "-F"));
	CHECK(set("dbclient -y h") && s.strict == ASK_NEW && !s.no_check);
	CHECK(set("dbclient -yy h") && s.strict == ASK_NEW && s.no_check);
	CHECK(set("dbclient -K 30 -I 60 -W 64k -M 90 -z -b 127.0.0.1:5 -B x:80 h"));
	CHECK(s.alive_interval == 30 && s.idle == 60 && s.window == 65536 && s.max_duration == 90);
	CHECK(is(s.bind_address, "127.0.0.1") && is(s.netcat, "x:80") && s.no_session);
	CHECK(set("dbclient -b :5 h") && !s.bind_address);
	CHECK(set("dbclient -J nc~-X~h h") && is(s.proxy_command, "nc -X h") && !s.proxy_jump);
	CHECK(set("dbclient -J a@b:22 h") && is(s.proxy_jump, "a@b:22") && !s.proxy_command);
	CHECK(refused("dbclient -J &3 h", "-J"));
	CHECK(loud("dbclient -9 h") == -1 && strstr(said, "Ignoring unknown option -9"));
	CHECK(loud("dbclient -c help h") == 0 && strstr(said, "aes128-ctr"));
	CHECK(loud("dbclient -Q") == 0 && strstr(said, "curve25519"));
	CHECK(set("dbclient -o UseSyslog=yes -oDisableTrivialAuth=yes -yA -s h sftp") &&
	      s.to_syslog);
	CHECK(set("dbclient -L1:a:2 -R3:b:4 -gNf h") && s.n_forwards == 2 && s.gateway_ports);
}

static void test_files(void)
{
	char line[300];

	CHECK(set(with("Host h\nPort 5\nHost i\nPort 6\nHost *\nUser u\n", "h")) && s.port == 5);
	CHECK(is(s.user, "u") && is(s.pass[0], "-F") && is(s.pass[1], path) && !s.pass[2]);
	CHECK(set(with("Host a?c !abc x\nPort 5\n", "abc")) && s.port == 22);
	CHECK(set(with("HostName %h.org\nLocalCommand x %h %n %%\nPermitLocalCommand yes", "h")));
	CHECK(is(s.host, "h.org") && is(s.local_command, "x h.org h %"));
	CHECK(set(with("ControlPath /tmp/%r@%h:%p\nUser u\nControlMaster auto", "h")));
	CHECK(is(s.control_path, "/tmp/u@h:22") && s.master == ASK_AUTO);
	CHECK(set(with("ControlPath %C\nUser u", "h")) && strlen(s.control_path) == 40);
	CHECK(set(with("ProxyJump x", "h")) && is(s.proxy_jump, "x"));
	CHECK(refused(with("ProxyJump x", "x"), "itself"));
	CHECK(refused(with("ProxyJump y,root@x:22", "root@x"), "itself"));
	CHECK(set(with("ProxyJump x:23", "x")) && set(with("ProxyJump me@x", "you@x")));
	CHECK(refused(with("\n\nBogus 1\n", "h"), "config line 3: "));
	CHECK(refused(with("Host other\nBogus 1\n", "h"), "line 2"));
	CHECK(refused(with("Host \"x\n", "h"), "line 1"));
	CHECK(refused(with("Match\n", "h"), "no value") &&
	      refused(with("Match foo x", "h"), "foo"));
	CHECK(refused(with("Match host", "h"), "host"));
	CHECK(refused(with("Match exec \"exit 0\" bogus", "h"), "bogus"));
	CHECK(set(with("Match exec \"exit 0\"\nPort 5", "h")) && s.port == 5);
	CHECK(set(with("Match exec \"exit 1\"\nPort 5", "h")) && s.port == 22);
	CHECK(refused("ssh -F /does/not/exist h", "/does/not/exist"));
	/* include: of itself, of nothing, of what others can write */
	file("self", "");
	strcpy(line, "Include ");
	strcat(line, path);
	CHECK(set(with(line, "h")));
	chmod(strcat(strcpy(path, dir), "/self"), 0666);
	CHECK(refused(with(line, "h"), "self"));
	strcpy(path, dir);
	strcat(path, "/config");
	strcpy(line, "Include ");
	strcat(line, path);
	CHECK(refused(with(line, "h"), "deep"));
	CHECK(set(with("Include /does/not/*/exist /nor/this", "h")));
	/* the words of a long line, and a line too long */
	memset(said, 'x', 5000);
	said[5000] = 0;
	CHECK(refused(with(said, "h"), "line 1"));
}

static void test_hostile(void)
{
	CHECK(refused("ssh -F none -- -oProxyCommand=x", "host name"));
	CHECK(refused("ssh -F none a~b", "host name") &&
	      refused("ssh -F none ssh://-x", "address"));
	CHECK(refused("ssh -F none h\x1b[2J", "host name") && !strchr(said, 0x1b));
	CHECK(refused("ssh -F none -oProxyCommand=nc~%h a;b", "shell"));
	CHECK(refused("ssh -F none -oProxyCommand=nc~%r u`x`@h", "shell"));
	CHECK(refused("ssh -F none -oProxyCommand=nc~%n $(x)", "shell"));
	CHECK(!CFG_SSH_CONFIG || refused(with("Match exec \"true %h\"\n", "a|b"), "shell"));
	CHECK(!CFG_SSH_CONFIG || refused(with("LocalCommand echo %r\n", "x'@h"), "shell"));
	CHECK(set("ssh -F none -oProxyCommand=nc~%h~%p~%r u.x_1-2@h.example"));
	CHECK(is(s.proxy_command, "nc h.example 22 u.x_1-2"));
	CHECK(refused("ssh -F none -oControlPath=%", "usage"));
	CHECK(refused("ssh -F none -oControlPath=% h", "%") &&
	      refused("ssh -F none -oControlPath=%z h", "%z"));
	CHECK(refused("ssh -F none -oControlPath=${NO_SUCH_VARIABLE} h", "NO_SUCH"));
	CHECK(refused("ssh -F none -oControlPath=${ h", "${"));
	CHECK(!CFG_SSH_CONFIG || refused(with("ControlPath ~someone/x\n", "h"), "home"));
}

/* as much as there is room for, and no more */
static void test_limits(void)
{
	static char line[39000];
	char *words[] = {"ssh", "-F", "none", "h", NULL, "y", NULL};
	size_t n;

	strcpy(line, "ssh -F none h ");
	n = strlen(line);
	memset(line + n, 'x', 20000);
	line[n + 20000] = 0;
	strcat(line, " end");
	CHECK(set(line) && strlen(s.command) == 20004);
	/* words that do not lie side by side */
	words[4] = strdup("a b");
	memset(&s, 0, sizeof(s));
	CHECK(cli_settings(&s, 6, words, 0) == 0 && is(s.command, "a b y"));
	free(words[4]);
	strcpy(line, "ssh -F none h");
	for (n = 0; n < CLI_FILES; n++)
		fmt(line + strlen(line), 32, " -oIdentityFile=%zu", n);
	CHECK(set(line) && is(s.identity[CLI_FILES - 1], "15"));
	strcat(line, " -oIdentityFile=y");
	CHECK(refused(line, "one too many"));
	strcpy(line, "ssh -F none h");
	for (n = 0; n < CLI_FORWARDS; n++)
		fmt(line + strlen(line), 32, " -D%zu", n + 1);
	CHECK(set(line) && s.n_forwards == CLI_FORWARDS);
	strcat(line, " -D99");
	CHECK(refused(line, "one too many"));
	strcpy(line, "ssh -F none h -oUser=");
	n = strlen(line);
	memset(line + n, 'u', CLI_TEXT);
	line[n + CLI_TEXT] = 0;
	CHECK(refused(line, "no room"));
}

static void run(const char *name, void (*test)(void))
{
	int before = check_failures;

	test();
	check(name, check_failures == before, "see above");
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	run("client: flags", test_flags);
	run("client: -o", test_options);
	run("client: forwards", test_forwards);
	if (CFG_COMPAT_DROPBEAR)
		run("client: dbclient", test_dbclient);
	if (CFG_SSH_CONFIG)
		run("client: files", test_files);
	run("client: hostile names and tokens", test_hostile);
	run("client: limits", test_limits);
	for (const char *const *p = (const char *const[]){"config", "self", "said", NULL}; *p; p++)
		unlink(strcat(strcat(strcpy(path, dir), "/"), *p));
	rmdir(dir);
	return check_result();
}
