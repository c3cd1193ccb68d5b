/* test_authkeys.c - lines of authorized_keys: options, quoting, and what must refuse a key. */
/* SPDX-License-Identifier: MIT */
#include "authkeys.h"
#include "check.h"
#include "config.h"

#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINvEEEhMj8X8PfwuYt825BULT9VYPmGzJ8fTMBsaeYT2"

static char room[2048];
static struct authkey k;

static enum authkeys_result read_line(const char *line)
{
	strcpy(room, line);
	return authkeys_line(&k, room);
}

static int is_key(const char *line)
{
	return read_line(line) == AUTHKEYS_KEY && !k.why && k.blob.len == 51 &&
	       str_is(k.type, "ssh-ed25519");
}

/* refused, the blob there all the same, and the reason about what */
static int refused(const char *line, const char *what)
{
	return read_line(line) == AUTHKEYS_REFUSED && k.why && k.blob.len == 51 &&
	       str_is(k.what, what);
}

static void test_plain(void)
{
	check("authkeys/plain", is_key(KEY) && !k.comment.len && k.may == MAY_ALL, "not read");
	check("authkeys/comment", is_key(KEY " me at here \t") && str_is(k.comment, "me at here"),
	      "another");
	check("authkeys/blanks",
	      is_key(" \t"
		     "ssh-ed25519 \t"
		     "AAAAC3NzaC1lZDI1NTE5AAAAINvEEEhMj8X8P"
		     "fwuYt825BULT9VYPmGzJ8fTMBsaeYT2\tme") &&
		  str_is(k.comment, "me"),
	      "not read");
	check("authkeys/cr", is_key(KEY "\r") && !k.comment.len && is_key(KEY " me\r"), "not read");
	check("authkeys/bom",
	      is_key("\xEF\xBB\xBF" KEY) &&
		  (!CFG_AUTHKEYS_OPTIONS || is_key("\xEF\xBB\xBF pty " KEY)),
	      "not read");
	check("authkeys/nothing",
	      read_line("") == AUTHKEYS_NONE && read_line(" \t") == AUTHKEYS_NONE &&
		  read_line("\r") == AUTHKEYS_NONE && read_line("\xEF\xBB\xBF") == AUTHKEYS_NONE,
	      "a key");
	check("authkeys/hash",
	      read_line("  # " KEY) == AUTHKEYS_NONE && read_line("#") == AUTHKEYS_NONE, "a key");
}

static void test_bad(void)
{
	static const char *const bad[] = {
	    "ssh-ed25519",
	    "ssh-ed25519 ",
	    "ssh-ed25519 AAAA",
	    "ssh-ed25519 %%%% me",
	    /* a name that is not the blob's, one character missing, one too many */
	    "ssh-ed25518 AAAAC3NzaC1lZDI1NTE5AAAAINvEEEhMj8X8PfwuYt825BULT9VYPmGzJ8fTMBsaeYT2",
	    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINvEEEhMj8X8PfwuYt825BULT9VYPmGzJ8fTMBsaeYT",
	    KEY "=",
	    "no-pty",
	    "no-pty,",
	    "no-pty, " KEY,
	    "no-pty," KEY,
	    "no-pty,,pty " KEY,
	    ",no-pty " KEY,
	    "=" KEY,
	    "=\"a\" " KEY,
	    "command=\"ls " KEY,
	    "command=\"ls\"\" " KEY,
	    "command=\"ls\"x " KEY,
	    "command\"ls\" " KEY,
	    "command=\"ls\\\" " KEY,
	    "command=\"ls\"",
	    "\"",
	    "\xEF\xBB\xBF\xEF\xBB\xBF",
	};
	int good = 1;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (read_line(bad[i]) != AUTHKEYS_BAD || !k.why) {
			good = 0;
			fputs(bad[i], stdout);
			fputs(": taken\n", stdout);
		}
	check("authkeys/bad", good, "see above");
}

static void test_options(void)
{
	check("authkeys/no-",
	      is_key("no-pty,no-port-forwarding,No-Agent-Forwarding,no-x11-forwarding,"
		     "no-user-rc " KEY) &&
		  k.may == 0,
	      "flags");
	check("authkeys/restrict", is_key("restrict " KEY) && k.may == 0, "flags");
	check("authkeys/restrict pty",
	      is_key("RESTRICT,pty,X11-forwarding " KEY) && k.may == (MAY_PTY | MAY_X11_FORWARD),
	      "flags");
	check("authkeys/pty restrict", is_key("pty,restrict " KEY) && k.may == 0, "flags");
	check("authkeys/touch", is_key("no-touch-required " KEY) && k.no_touch, "flags");
	check("authkeys/command",
	      is_key("command=\"echo \\\"a b\\\" \\n, #x\"\t" KEY " c") &&
		  !strcmp(k.command, "echo \"a b\" \\n, #x") && str_is(k.comment, "c"),
	      "text");
	check("authkeys/empty command", is_key("command=\"\" " KEY) && k.command && !*k.command,
	      "text");
	check("authkeys/texts",
	      is_key("from=\"10.0.0.0/8,!10.1.*\",EXPIRY-TIME=\"20300101\",command=\"x\" " KEY) &&
		  !strcmp(k.from, "10.0.0.0/8,!10.1.*") && !strcmp(k.expiry, "20300101") &&
		  !strcmp(k.command, "x"),
	      "text");
}

static void test_several(void)
{
	size_t at = 0;
	const char *one, *two, *three;

	check("authkeys/several",
	      is_key("permitopen=\"a:1\",environment=\"A=b "
		     "c\",permitopen=\"[::1]:65535\",command=\"sh\","
		     "permitlisten=\"8080\",environment=\"B_2=\\\"\",permitlisten=\"*:*\" " KEY) &&
		  !strcmp(k.command, "sh"),
	      "not read");
	one = authkeys_each(&k, EACH_PERMITOPEN, &at);
	two = authkeys_each(&k, EACH_PERMITOPEN, &at);
	three = authkeys_each(&k, EACH_PERMITOPEN, &at);
	check("authkeys/permitopen",
	      one && two && !three && !strcmp(one, "a:1") && !strcmp(two, "[::1]:65535"),
	      "another");
	at = 0;
	one = authkeys_each(&k, EACH_ENVIRONMENT, &at);
	two = authkeys_each(&k, EACH_ENVIRONMENT, &at);
	three = authkeys_each(&k, EACH_ENVIRONMENT, &at);
	check("authkeys/environment",
	      one && two && !three && !strcmp(one, "A=b c") && !strcmp(two, "B_2=\""), "another");
	at = 0;
	one = authkeys_each(&k, EACH_PERMITLISTEN, &at);
	two = authkeys_each(&k, EACH_PERMITLISTEN, &at);
	three = authkeys_each(&k, EACH_PERMITLISTEN, &at);
	check("authkeys/permitlisten",
	      one && two && !three && !strcmp(one, "8080") && !strcmp(two, "*:*"), "another");
}

static void test_tunnel(void)
{
	check("authkeys/tunnel",
	      !CFG_TUN || !CFG_AUTHKEYS_OPTIONS ||
		  (is_key("tunnel=\"0\" " KEY) && k.tun == 1 &&
		   is_key("restrict,tunnel=\"31\" " KEY) && k.tun == 32 && !k.may && is_key(KEY) &&
		   !k.tun && refused("tunnel=\"\" " KEY, "tunnel") &&
		   refused("tunnel=\"-1\" " KEY, "tunnel") &&
		   refused("tunnel=\"1x\" " KEY, "tunnel") &&
		   refused("tunnel=\"4294967296\" " KEY, "tunnel") &&
		   refused("tunnel " KEY, "tunnel")),
	      "another");
}

static void test_refused(void)
{
	static const struct {
		const char *line, *what;
	} t[] = {
	    {"frobnicate " KEY,					"frobnicate"   },
	    {"no-frobnicate " KEY,				     "no-frobnicate"},
	    {"x=\"very long value, with a comma\",pty " KEY,           "x"            },
	    {"command=\"a\",x=\"very long value\",command=\"b\" " KEY, "x"            },
	    {"no-restrict " KEY,				       "no-restrict"  },
	    {"no-command=\"x\" " KEY,                                  "no-command"   },
	    {CFG_TUN ? "tunnel " KEY : "tunnel=\"1\" " KEY,            "tunnel"       },
	    {"principals=\"a,b\" " KEY,                                "principals"   },
	    {"command=\"a\",command=\"b\" " KEY,                       "command"      },
	    {"from=\"a\",from=\"b\" " KEY,                             "from"         },
	    {"command " KEY,					   "command"      },
	    {"command=ls " KEY,					"command"      },
	    {"command=ls,pty " KEY,				    "command"      },
	    {"pty=\"yes\" " KEY,				       "pty"          },
	    {"restrict=\"\" " KEY,				     "restrict"     },
	    {"environment=\"A\" " KEY,                                 "environment"  },
	    {"environment=\"=b\" " KEY,                                "environment"  },
	    {"environment=\"A-B=b\" " KEY,                             "environment"  },
	    {"permitopen=\"a\" " KEY,                                  "permitopen"   },
	    {"permitopen=\"80\" " KEY,                                 "permitopen"   },
	    {"permitopen=\"a:0\" " KEY,                                "permitopen"   },
	    {"permitlisten=\"0\" " KEY,                                "permitlisten" },
	};
	int good = 1;

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		if (!refused(t[i].line, t[i].what)) {
			good = 0;
			fputs(t[i].line, stdout);
			fputs(": not refused as it should be\n", stdout);
		}
	check("authkeys/refused", good, "see above");
}

/* what is known where certificates and security keys are built in, and refuses the line elsewhere */
static void test_certs(void)
{
	const char *cas = "cert-authority,principals=\"a,b c\" " KEY,
		   *touch = "verify-required " KEY;

	check("authkeys/cert-authority",
	      CFG_CERTS ? is_key(cas) && k.ca && !strcmp(k.principals, "a,b c") &&
			      is_key("cert-authority " KEY) && k.ca && !k.principals &&
			      is_key(KEY) && !k.ca
			: refused(cas, "cert-authority"),
	      "flags");
	check("authkeys/verify-required",
	      CFG_KEY_SK ? is_key(touch) && k.verify && !k.no_touch
			 : refused(touch, "verify-required"),
	      "flags");
}

static enum authkeys_result read_name(const char *text)
{
	return authkeys_principal(&k, strcpy(room, text));
}

static void test_principals(void)
{
	check("principals/plain",
	      read_name("  ann \r") == AUTHKEYS_KEY && str_is(k.comment, "ann") &&
		  k.may == MAY_ALL && !k.command,
	      "not read");
	check("principals/options",
	      read_name("command=\"a b\",no-pty\tann@x") == AUTHKEYS_KEY &&
		  str_is(k.comment, "ann@x") && !(k.may & MAY_PTY) && !strcmp(k.command, "a b"),
	      "not read");
	check("principals/none",
	      read_name("") == AUTHKEYS_NONE && read_name(" # ann") == AUTHKEYS_NONE, "read");
	check("principals/refused",
	      read_name("frob ann") == AUTHKEYS_REFUSED && str_is(k.comment, "ann") &&
		  read_name("command=\"x ann") == AUTHKEYS_BAD &&
		  read_name("no-pty ann bob") == AUTHKEYS_BAD &&
		  read_name("no-pty, ann") != AUTHKEYS_KEY,
	      "taken");
}

static int permit(const char *text, int bare, const char *host, uint16_t port)
{
	struct str h;
	uint16_t p = 99;
	int ok = authkeys_permit(text, bare, &h, &p);

	return host ? ok && str_is(h, host) && p == port : !ok;
}

static void test_permit(void)
{
	check("permit/good",
	      permit("host:22", 0, "host", 22) &&
		  permit("[fe80::1%eth0]:1", 0, "fe80::1%eth0", 1) && permit("*:*", 0, "*", 0) &&
		  permit("a.b:65535", 0, "a.b", 65535) && permit("8080", 1, "*", 8080) &&
		  permit("*", 1, "*", 0) && permit("localhost:80", 1, "localhost", 80),
	      "not read");
	check("permit/bad",
	      permit("", 0, NULL, 0) && permit("", 1, NULL, 0) && permit(":22", 0, NULL, 0) &&
		  permit("a:", 0, NULL, 0) && permit("a:65536", 0, NULL, 0) &&
		  permit("a:4294967297", 0, NULL, 0) && permit("a:-1", 0, NULL, 0) &&
		  permit("a:1x", 0, NULL, 0) && permit("::1:22", 0, NULL, 0) &&
		  permit("[]:1", 0, NULL, 0) && permit("[:1", 0, NULL, 0) &&
		  permit("a:**", 0, NULL, 0) && permit("22 ", 1, NULL, 0),
	      "taken");
}

int main(void)
{
	test_plain();
	if (CFG_AUTHKEYS_OPTIONS) {
		test_bad();
		test_options();
		test_several();
		test_tunnel();
		test_refused();
		test_certs();
		test_principals();
	} else {
		check("authkeys/options",
		      refused("command=\"a \\\" b\",pty " KEY, "") && refused("pty " KEY, "") &&
			  read_line("pty") == AUTHKEYS_BAD && read_line("x=\"\\") == AUTHKEYS_BAD,
		      "taken");
	}
	test_permit();
	return check_result();
}
