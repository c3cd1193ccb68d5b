/* test_knownhosts.c - lines of known_hosts: which host they are about, and which key is on them. */
/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "base64.h"
#include "knownhosts.h"

#define KEY "AAAAC3NzaC1lZDI1NTE5AAAAIDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEy"
#define TAIL " ssh-ed25519 " KEY

static char line[4096];
static struct hostline h;

static int read_line(const char *z)
{
	strcpy(line, z);
	memset(&h, 0xaa, sizeof(h));
	return hostline_read(&h, line);
}

/* 1: the line has a key, and is about the name */
static int is(const char *z, const char *name)
{
	return read_line(z) && hostline_is(&h, str_of(name)) == 1;
}

static int is_not(const char *z, const char *name)
{
	return read_line(z) && hostline_is(&h, str_of(name)) == 0;
}

static void names(void)
{
	check("known_hosts: a name",
	      is("host" TAIL, "host") && is_not("host" TAIL, "hos") &&
		  is_not("host" TAIL, "hosts") && is_not("host" TAIL, "ghost"),
	      "wrong");
	check("known_hosts: several names",
	      is("a,host,b" TAIL, "host") && is("host,b" TAIL, "host") &&
		  is("a,host" TAIL, "host") && is_not("a,b" TAIL, "a,b") &&
		  is("10.0.0.1,::1" TAIL, "::1"),
	      "wrong");
	check("known_hosts: ports",
	      is("[host]:2222" TAIL, "[host]:2222") && is_not("[host]:2222" TAIL, "host") &&
		  is_not("host" TAIL, "[host]:2222") && is_not("[host]:222" TAIL, "[host]:2222") &&
		  is("[::1]:2222,[10.0.0.1]:2222" TAIL, "[10.0.0.1]:2222"),
	      "wrong");
	check("known_hosts: wildcards",
	      is("*.example.com" TAIL, "a.b.example.com") &&
		  is_not("*.example.com" TAIL, "example.com") && is("h?st" TAIL, "host") &&
		  is_not("h?st" TAIL, "hst") && is("*" TAIL, "any") &&
		  is("[*]:22??" TAIL, "[host]:2222") && is_not("?" TAIL, ""),
	      "wrong");
	check("known_hosts: negation",
	      is_not("*.example.com,!bad.example.com" TAIL, "bad.example.com") &&
		  is_not("!bad.example.com,*.example.com" TAIL, "bad.example.com") &&
		  is("*.example.com,!bad.example.com" TAIL, "good.example.com") &&
		  is_not("!bad.example.com" TAIL, "good.example.com") &&
		  is_not("!host" TAIL, "host") && is_not("!*,host" TAIL, "host"),
	      "wrong");
	check("known_hosts: odd lists",
	      is_not("," TAIL, "") && is_not("!" TAIL, "") && is_not("!" TAIL, "host") &&
		  is(",,host,," TAIL, "host") && is_not(",," TAIL, "host"),
	      "wrong");
}

static void cases(void)
{
	check("known_hosts: names in any case",
	      is("Host.Example.COM" TAIL, "host.example.com") &&
		  is("[HOST]:22" TAIL, "[host]:22") &&
		  is("@revoked *.EXAMPLE.com" TAIL, "x.example.com") &&
		  is_not("*,!Bad" TAIL, "bad") && is("2001:DB8::1" TAIL, "2001:db8::1"),
	      "they differ");
	check("known_hosts: the key's case stays", read_line("HOST" TAIL) && h.blob.len == 51,
	      "it does not");
}

static void lines(void)
{
	static const char *const none[] = {"",
					   " ",
					   "\t\t",
					   "#" TAIL,
					   "  # a comment" TAIL,
					   "#host" TAIL,
					   "host",
					   "host ssh-ed25519",
					   "host ssh-ed25519 ",
					   "host  " KEY,
					   "@revoked",
					   "@revoked host",
					   "@revoked host ssh-ed25519",
					   "@unknown host" TAIL,
					   "@revokedx host" TAIL,
					   "@ host" TAIL,
					   "@Revoked host" TAIL,
					   "@revoked" TAIL,
					   "host ssh-rsa " KEY,
					   "host ssh-ed2551 " KEY,
					   "host ssh-ed25519x " KEY,
					   "host " KEY " ssh-ed25519",
					   "host 1024 35 1234567890",
					   "host ssh-ed25519 " KEY "=",
					   "host ssh-ed25519 " KEY "x",
					   "host ssh-ed25519 =" KEY,
					   "host ssh-ed25519 AAAA",
					   "host ssh-ed25519 AAAAC3Nz",
					   "host ssh-ed25519 ////////",
					   "host ssh-ed25519 AAAAC3NzaC1lZDI1NTE5x",
					   "host ssh-ed25519\v" KEY};
	unsigned i, bad = 0;

	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		bad += read_line(none[i]) != 0;
		if (bad)
			break;
	}
	check("known_hosts: lines without a key", !bad,
	      i < sizeof(none) / sizeof(none[0]) ? none[i] : "");
	check("known_hosts: the key",
	      read_line("host" TAIL) && h.mark == HOST_PLAIN && h.blob.len == 51 &&
		  !memcmp(h.blob.p,
			  "\0\0\0\13ssh-ed25519\0\0\0\040"
			  "12345678901234567890123456789012",
			  51) &&
		  str_is(h.hosts, "host"),
	      "wrong");
	check("known_hosts: blanks and comments",
	      read_line(" \t host\t \tssh-ed25519   " KEY "\t and a comment = /") &&
		  h.blob.len == 51 && str_is(h.hosts, "host") && read_line("host" TAIL " ") &&
		  h.blob.len == 51,
	      "wrong");
	check("known_hosts: markers",
	      read_line("@revoked host" TAIL) && h.mark == HOST_REVOKED &&
		  str_is(h.hosts, "host") && read_line("\t@cert-authority\t*.com" TAIL) &&
		  h.mark == HOST_CA && is("@revoked *" TAIL, "x"),
	      "wrong");
}

/* 0 to 19, and HMAC-SHA1 with it */
#define SALT "AAECAwQFBgcICQoLDA0ODxAREhM="
#define HASH_OF_HOST "/pE4peaossRYDRp6bEWa348eFLI="

static void hashed(void)
{
	uint8_t salt[20];
	char text[HOST_HASH_LEN], made[200], cut[200];
	unsigned i, n, bad = 0;

	for (i = 0; i < sizeof(salt); i++)
		salt[i] = i;
	host_hash(text, salt, STR("host.example.com"));
	check("known_hosts: a hash", !strcmp(text, "|1|" SALT "|" HASH_OF_HOST), text);
	strcat(strcpy(made, text), TAIL);
	check("known_hosts: a hashed name",
	      is(made, "host.example.com") && is_not(made, "host.example.co") && is_not(made, "") &&
		  is_not(made, made) && is_not(made, "*"),
	      "wrong");
	host_hash(text, salt, STR("[host.example.com]:2222"));
	strcat(strcpy(made, text), TAIL);
	check("known_hosts: a hashed name with a port",
	      is(made, "[host.example.com]:2222") && is_not(made, "host.example.com"), "wrong");
	strcat(strcat(strcpy(made, "@revoked "), text), TAIL);
	check("known_hosts: a hashed name that is revoked",
	      is(made, "[host.example.com]:2222") && h.mark == HOST_REVOKED, "wrong");
	n = strlen(text);
	for (i = 1; i < n; i++) { /* cut, or one character another */
		memcpy(cut, text, i);
		strcpy(cut + i, TAIL);
		bad += !is_not(cut, "[host.example.com]:2222");
		strcat(strcpy(cut, text), TAIL);
		cut[i] = cut[i] == 'A' ? 'B' : 'A';
		bad += !is_not(cut, "[host.example.com]:2222");
	}
	check("known_hosts: hashes that are cut or changed", !bad, "one was taken");
	strcat(strcat(strcpy(made, text), ",host"), TAIL);
	check("known_hosts: a hash stands alone",
	      is_not(made, "host") && is_not(made, "[host.example.com]:2222"), "it does not");
	check("known_hosts: other kinds of hashes",
	      is_not("|2|" SALT "|" HASH_OF_HOST TAIL, "host.example.com") &&
		  is_not("|" TAIL, "|") && is_not("||||" TAIL, "") && is_not("|1||" TAIL, "") &&
		  is_not("|1|" TAIL, "|1|"),
	      "one was taken");
}

int main(void)
{
	names();
	cases();
	lines();
	hashed();
	return check_result();
}
