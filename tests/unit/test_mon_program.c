/* test_mon_program.c - what a session runs, and when that is a program of ours. */
/* SPDX-License-Identifier: MIT */
#include "test_port.h"

#include "monitor.h"

static struct settings set;
static struct child c;
static char asked[200];

static const char *choose(enum spawn kind, const char *what)
{
	c = (struct child){0};
	fmt(asked, sizeof(asked), "%s", what);
	return program_choose(&c, kind, asked);
}

static void start(const char *shell)
{
	static char *const argv[] = {"test", NULL};

	settings_default(&set, 0);
	self_init((char **)argv);
	mon.set = &set;
	fmt(mon.user.shell, sizeof(mon.user.shell), "%s", shell);
}

static int is(const char *const *want)
{
	unsigned i;

	for (i = 0; c.argv && c.argv[i] && want[i]; i++)
		if (strcmp(c.argv[i], want[i]) != 0)
			break;
	return c.argv && !c.argv[i] && !want[i];
}

#define ARE(...) is((const char *const[]){__VA_ARGS__, NULL})

static const char *shells(void)
{
	start("/usr/bin/zsh");
	NEED(!choose(SPAWN_SHELL, "") && ARE("-zsh") && !c.run);
	NEED(!strcmp(choose(SPAWN_EXEC, "ls -l 'a b'"), "ls -l 'a b'"));
	NEED(ARE("zsh", "-c", "ls -l 'a b'") && !c.run);
	NEED(!choose(SPAWN_SUBSYSTEM, "nonsense") && !c.argv);
	NEED(!choose(SPAWN_SUBSYSTEM, "") && !c.argv);
	return NULL;
}

/* the subsystem, and who has to be asked */
static const char *sftp(void)
{
	if (!CFG_SFTP_SERVER)
		SKIP("sftp-server is not built in");
	start("/bin/ash");
	NEED(choose(SPAWN_SUBSYSTEM, "sftp") && c.run && ARE("test", "(sftp-server)"));
	NEED(choose(SPAWN_EXEC, "internal-sftp") && !c.run && ARE("ash", "-c", "internal-sftp"));
	NEED(choose(SPAWN_EXEC, "sftp-server -R") && !c.run && c.argv[2] != asked);
	NEED(strstr(c.argv[2], "' '(sftp-server)' -R") && !strncmp(c.argv[2], "exec '/", 7));
	NEED(choose(SPAWN_EXEC, "sftp-servers") && c.argv[2] == asked);
	start("/usr/bin/git-shell");
	NEED(choose(SPAWN_SUBSYSTEM, "sftp") && !c.run && !strcmp(c.argv[0], "git-shell"));
	NEED(strstr(c.argv[2], "'(sftp-server)'"));
	return NULL;
}

static int option(const char *text)
{
	char *argv[] = {"sshd", "-o", (char *)text, NULL};

	return !settings_args(&set, 3, argv);
}

static const char *configured(void)
{
	if (!CFG_SFTP_SERVER || !CFG_SSHD_OPTIONS)
		SKIP("sftp-server or -o is not built in");
	start("/usr/bin/git-shell");
	NEED(option("Subsystem sftp internal-sftp  -R -d /a/b"));
	NEED(choose(SPAWN_SUBSYSTEM, "sftp") && c.run);
	NEED(ARE("test", "(sftp-server)", "-R", "-d", "/a/b"));
	start("/bin/sh");
	NEED(option("Subsystem sftp /usr/lib/sftp-server -e"));
	NEED(choose(SPAWN_SUBSYSTEM, "sftp") && !c.run);
	NEED(ARE("sh", "-c", "/usr/lib/sftp-server -e"));
	NEED(option("ForceCommand internal-sftp"));
	NEED(choose(SPAWN_SUBSYSTEM, "nonsense") && c.run && ARE("test", "(sftp-server)"));
	NEED(choose(SPAWN_SHELL, "") && c.run && ARE("test", "(sftp-server)", "sftp-only"));
	NEED(choose(SPAWN_EXEC, "rm -r /") && c.run && ARE("test", "(sftp-server)", "sftp-only"));
	return NULL;
}

static const char *old_scp(void)
{
	static const char *const not [] = {
	    "scp",       "scp a b:",     "scp -r a b:",       "scp -S x -t y", "scp - -t",
	    "scpx -t a", "scp -rr x -t", "/usr/bin/scp -t x", "scp --t"};
	unsigned i;

	if (!CFG_SCP)
		SKIP("scp is not built in");
	start("/bin/sh");
	NEED(choose(SPAWN_EXEC, "scp -r -p -t -- 'a b'") && !strcmp(c.argv[0], "sh"));
	NEED(strstr(c.argv[2], "' '(scp)' -r -p -t -- 'a b'"));
	NEED(choose(SPAWN_EXEC, "scp -vdqf *") && strstr(c.argv[2], " '(scp)' -vdqf *"));
	for (i = 0; i < sizeof(not ) / sizeof(not [0]); i++)
		NEED(choose(SPAWN_EXEC, not [i]) && c.argv[2] == asked);
	start("/bin/rbash");
	NEED(choose(SPAWN_EXEC, "scp -t x") && c.argv[2] == asked);
	return NULL;
}

int main(void)
{
	RUN(shells);
	RUN(sftp);
	RUN(configured);
	RUN(old_scp);
	return test_failed;
}
