/* test_sshcmd.c - targets, flags, and what ssh is called with. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "check.h"
#include "port.h"
#include "sshcmd.h"

/* ---- targets --------------------------------------------------------------- */

static char text[512];

/* `user|host|port|path` of what is remote, `path` of what is local, `bad` */
static const char *parts(const char *given)
{
	static char out[600];
	struct target t;
	int r;

	fmt(text, sizeof(text), "%s", given);
	r = target_parse(&t, text, "scp");
	if (r == 1)
		fmt(out, sizeof(out), "%s|%s|%s|%s", t.user ? t.user : "-", t.host,
		    t.port ? t.port : "-", t.path);
	else
		fmt(out, sizeof(out), "%s", r ? "bad" : t.path);
	return out;
}

static void targets(const char *name, const char *const (*row)[2])
{
	const char *why = NULL;

	for (; (*row)[0]; row++)
		if (strcmp(parts((*row)[0]), (*row)[1]) != 0)
			why = (*row)[0];
	check(name, !why, why);
}

static void test_target(void)
{
	static const char *const plain[][2] = {
	    {"host:path",         "-|host|-|path"},
	    {"host:",                   "-|host|-|"},
	    {"u@host:/a:b","u|host|-|/a:b"},
	    {"u@dom@host:x",       "u@dom|host|-|x"},
	    {"u@dom\\name@h:x y",                   "u@dom\\name|h|-|x y"},
	    {"host:-x","-|host|-|-x"},
	    {"host:~u/x", "-|host|-|~u/x"},
	    {0		  }
        };
	static const char *const six[][2] = {
	    {"[::1]:p",              "-|::1|-|p"},
	    {"u@[fe80::1%eth0]:/p",                      "u|fe80::1%eth0|-|/p"},
	    {"[host]:p","-|host|-|p"},
	    {0            }
        };
	static const char *const local[][2] = {
	    {"file",   "file"},
	    {"./a:b",        "./a:b"},
	    {"a/b:c","a/b:c"},
	    {":x",  ":x"},
	    {"",        ""},
	    {"[::1]",   "[::1]"},
	    {"/",       "/"},
	    {"scp:/x",        "-|scp|-|/x"},
	    {0}
        };
	static const char *const uri[][2] = {
	    {"scp://host",                 "-|host|-|"},
	    {"scp://host/",			    "-|host|-|"},
	    {"scp://u@host:22/a/b","u|host|22|a/b"},
	    {"scp://host//abs",        "-|host|-|/abs"},
	    {"scp://u;fp=x@host/a%20b%2F",                            "u|host|-|a b/"},
	    {"scp://u%40d@[::1]:2222/x",      "u@d|::1|2222|x"},
	    {"scp://[::1]/x", "-|::1|-|x"},
	    {0			   }
        };
	static const char *const bad[][2] = {
	    {"-oProxyCommand=x:p", "bad"},
	    {"u@-host:p",                    "bad"},
	    {"-u@host:p","bad"},
	    {"@host:p",          "bad"},
	    {"u@:p",                    "bad"},
	    {"ho\nst:p",      "bad"},
	    {"u\033@host:p",               "bad"},
	    {"[]:p",                    "bad"},
	    {"scp://",          "bad"},
	    {"scp://-h/x",       "bad"},
	    {"scp://-u@h/x",                    "bad"},
	    {"scp://%2du@h/x","bad"},
	    {"scp://u%0a@h/x",             "bad"},
	    {"scp://u@h:0/x",                    "bad"},
	    {"scp://u@h:65536/x",         "bad"},
	    {"scp://u@h:/x",       "bad"},
	    {"scp://u@h:x/x",                    "bad"},
	    {"scp://[::1]x/x",                    "bad"},
	    {"scp://h/%",     "bad"},
	    {"scp://h/%4",                    "bad"},
	    {"scp://h/%00","bad"},
	    {"scp://h/%zz",  "bad"},
	    {0		   }
        };

	targets("target/plain", plain);
	targets("target/brackets", six);
	targets("target/local", local);
	targets("target/uri", uri);
	targets("target/refused", bad);
}

/* ---- flags ----------------------------------------------------------------- */

static struct sshcmd s;

/* the caller's flags as they come, with what is left of the line */
static const char *flags(const char *const *given)
{
	static char out[256];
	char *argv[16], **at = argv, *arg;
	size_t n = 0;
	int c, i;

	for (i = 0; given[i]; i++)
		argv[i] = (char *)given[i];
	argv[i] = NULL;
	s = (struct sshcmd){0};
	*out = 0;
	while ((c = sshcmd_flag(&s, &at, "rpqvl:", &arg)) && c != '?')
		n += fmt(out + n, sizeof(out) - n, "%c%s ", c, arg ? arg : "");
	n += fmt(out + n, sizeof(out) - n, "%s", c == '?' ? "?" : "|");
	for (; c != '?' && *at; at++)
		n += fmt(out + n, sizeof(out) - n, "%s|", *at);
	return out;
}

#define FLAGS(...) flags((const char *const[]){__VA_ARGS__, NULL})

static void test_flags(void)
{
	int i;

	check("flags/bundle", !strcmp(FLAGS("-rp", "-l9", "a"), "r p l9 |a|"),
	      FLAGS("-rp", "-l9", "a"));
	check("flags/apart", !strcmp(FLAGS("-l", "9", "-r", "a", "-p"), "l9 r |a|-p|"), "other");
	check("flags/end", !strcmp(FLAGS("-r", "--", "-p"), "r |-p|"), "other");
	check("flags/dash", !strcmp(FLAGS("-r", "-", "-p"), "r |-|-p|"), "other");
	check("flags/missing", !strcmp(FLAGS("-r", "-l"), "r ?") && !strcmp(FLAGS("-o"), "?"),
	      "other");
	check("flags/unknown", !strcmp(FLAGS("-rZ", "a"), "r ?") && !strcmp(FLAGS("-:"), "?"),
	      "other");
	check("flags/ssh",
	      !strcmp(FLAGS("-4Cvi", "key", "-oA=b", "-P22", "-S", "prog", "-rq", "x"),
		      "v r q |x|") &&
		  s.n == 8 && !strcmp(s.args[0], "-4") && !strcmp(s.args[2], "-v") &&
		  !strcmp(s.args[4], "key") && !strcmp(s.args[5], "-o") &&
		  !strcmp(s.args[6], "A=b") && !strcmp(s.args[7], "-q") && !strcmp(s.port, "22") &&
		  !strcmp(s.program, "prog"),
	      "other");
	s = (struct sshcmd){0};
	for (i = 0; i < SSHCMD_ARGS; i++)
		if (sshcmd_arg(&s, "-v"))
			break;
	check("flags/full", i == SSHCMD_ARGS && sshcmd_arg(&s, "-v") == -E2BIG, "other");
}

/* ---- processes ------------------------------------------------------------- */

/* what the program says, its status behind it */
static const char *said(struct sshcmd *c, const struct target *t, int subsystem,
			const char *command)
{
	static char out[1024];
	int io[2], n = 0, k;
	pid_t pid = sshcmd_start(c, t, subsystem, command, io);

	if (pid < 0)
		return err_text(-pid);
	while ((k = (int)read(io[0], out + n, sizeof(out) - 8 - (size_t)n)) > 0)
		n += k;
	fmt(out + n, 8, "%d", sshcmd_end(pid, io));
	return out;
}

static void test_process(void)
{
	struct target t = {.host = "h", .path = ""}, all = {"u", "h", "2", ""};
	struct sshcmd c = {.program = "echo"};
	const char *p;

	p = said(&c, &t, 1, "sftp");
	check("start/subsystem",
	      !strcmp(p,
		      "-x -oPermitLocalCommand=no -oClearAllForwardings=yes -oRemoteCommand=none "
		      "-oRequestTTY=no -oForwardAgent=no -s -- h sftp\n0"),
	      p);
	sshcmd_arg(&c, "-A");
	c.port = "1";
	p = strstr(said(&c, &all, 0, "scp -t x"), "=no -A");
	check("start/all", p && !strcmp(p, "=no -A -oForwardAgent=no -l u -p 2 -- h scp -t x\n0"),
	      p ? p : "other");
	all.port = NULL;
	p = strstr(said(&c, &all, 0, "x"), " -p ");
	check("start/port", p && !strcmp(p, " -p 1 -- h x\n0"), p ? p : "other");
	c.server = "/bin/echo  a b ";
	p = said(&c, &t, 1, "sftp");
	check("start/server", !strcmp(p, "a b\n0"), p);
	c.server = "/bin/sh -c exit\t7";
	p = said(&c, &t, 1, "sftp");
	check("start/status", !strcmp(p, "7"), p);
	c = (struct sshcmd){.program = "/nowhere/ssh"};
	p = said(&c, &t, 1, "sftp");
	check("start/missing", !strcmp(p, err_text(ENOENT)), p);
	c.program = "no-such-program";
	p = said(&c, &t, 1, "sftp");
	check("start/path", !strcmp(p, err_text(ENOENT)), p);
}

int main(int argc, char **argv)
{
	(void)argc;
	self_init(argv);
	test_target();
	test_flags();
	test_process();
	return check_result();
}
