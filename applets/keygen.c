/* keygen.c - ssh-keygen: makes keys, shows, changes and signs them, and keeps known_hosts. */
/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "applets.h"
#include "flag.h"
#include "keygen.h"

/* clang-format off */
static const char usage[] =
    "usage: ssh-keygen [-t TYPE] [-b BITS] [-f FILE] [-C COMMENT] [-N PASS] [-a ROUNDS]\n"
    "                  [-Z CIPHER] [-m FORMAT] [-q]          makes a key\n"
    "       -A [-f PREFIX]                                   makes host keys that are missing\n"
    "       -p | -c [-f FILE] [-P OLD] [-N NEW] [-C NEW]     passphrase, comment\n"
    "       -y | -e | -i [-m RFC4716|PEM|PKCS8] [-f FILE]    public half; other formats\n"
    "       -l | -B [-v] [-E md5|sha256] [-f FILE]           fingerprints\n"
    "       -F HOST | -R HOST | -H [-lv] [-f KNOWN_HOSTS]    finds, removes, hashes\n"
    USE_KEYGEN_CERT(
    "       -s CA -I ID [-hU] [-n NAMES] [-O OPTION] [-V TIMES] [-z SERIAL] FILE...\n"
    "       -L [-f FILE]                                     shows certificates\n"
    "       -k -f KRL [-u] [-s CA] [-z VERSION] FILE...      revokes; -Q -f KRL FILE... asks\n")
    USE_KEYGEN_SIG(
    "       -Y sign -f KEY -n SPACE [-O hashalg=HASH] [FILE...]\n"
    "       -Y verify -f SIGNERS -I WHO -n SPACE -s SIG [-r KRL] [-O verify-time=TIME]\n"
    "       -Y find-principals | match-principals | check-novalidate\n")
    ;

/* the first that is given counts */
static const struct action {
	char flag;
	int (*run)(void);
} actions[] = {
	USE_KEYGEN_SIG({'Y', keygen_sig},)
	USE_KEYGEN_CERT({'k', keygen_krl},)
	USE_KEYGEN_CERT({'Q', keygen_krl_query},)
	USE_KEYGEN_CERT({'s', keygen_sign},)
	USE_KEYGEN_CERT({'L', keygen_certs},)
	{'R', keygen_hosts},
	{'F', keygen_hosts},
	{'H', keygen_hosts},
	{'l', keygen_list},
	{'B', keygen_list},
	{'p', keygen_change_pass},
	{'c', keygen_change_comment},
	{'e', keygen_export},
	{'i', keygen_import},
	{'y', keygen_show},
	{'A', keygen_make_all},
	{0, keygen_make},
};
/* clang-format on */

struct keygen keygen APART;
char keygen_room[KEYGEN_ROOM] APART;
uint8_t keygen_mem[KEYGEN_ROOM] APART, keygen_pub[KEYGEN_BLOB] APART;
char keygen_said[KEYGEN_PASS] APART;
struct key keygen_key ASIDE;

int keygen_fail(const char *what, const char *why)
{
	key_fail(what, why);
	return FAILED;
}

static int parse(char **argv)
{
	static const char list[] = "AHUcehilpquvyBC:E:F:N:P:R:Z:a:b:f:m:t:" USE_KEYGEN_CERT("kLQ")
	    USE_KEYGEN_SIG("Y:") "I:O:V:n:r:s:z:";
	const char *at = NULL;
	unsigned options = 0;
	char *text;
	int c;

	while ((c = flag_next(&at, &argv, list, "", &text))) {
		if (c == '?' || (c == 'E' && !key_hash(text, &keygen.md5)))
			return 0;
		keygen.given[c] = text ? text : "";
		if (c == 'O' && options < KEYGEN_OPTIONS - 1)
			keygen.option[options++] = text;
	}
	keygen.file = GIVEN('f');
	keygen.files = argv;
	/* who takes no files */
	return !*argv || GIVEN('s') || GIVEN('k') || GIVEN('Q') || GIVEN('Y');
}

int keygen_main(int argc, char **argv)
{
	const struct action *a = actions;
	int status;

	(void)argc;
	self_init(argv);
	if (!parse(argv + 1)) {
		fmt_fd(2, "%s", usage);
		return NO;
	}
	while (a->flag && !GIVEN((int)a->flag))
		a++;
	if (GIVEN('C') && strpbrk(GIVEN('C'), "\r\n"))
		status = keygen_fail("-C", "a comment is one line");
	else
		status = a->run();
	keygen_forget();
	return status;
}
