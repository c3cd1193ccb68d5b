/* test_crypt.c - crypt(3): known answers, settings, and hashes that match nobody. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "config.h"
#include "crypto.h"

static struct bcrypt_work work;

static const char long_text[] =
    "a very much longer text to encrypt.  This one even stretches over morethan one line.";

/* $5$ and $6$ are those of Drepper's specification; the others were made with libxcrypt */
static const struct {
	const char *setting, *pass, *hash;
} known[] = {
  /* clang-format off */
    {"$5$saltstring", "Hello world!",
     "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"},
    {"$5$rounds=10000$saltstringsaltstring", "Hello world!",
     "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opq"
     "ey6IcA"},
    {"$5$rounds=5000$toolongsaltstring", "This is just a test",
     "$5$rounds=5000$toolongsaltstrin$Un/5jzAHMgOGZ5.mWJpuVolil07guHPvOW8mGR"
     "cvxa5"},
    {"$5$rounds=1400$anotherlongsaltstring", long_text,
     "$5$rounds=1400$anotherlongsalts$Rx.j8H.h8HjEDGomFU8bDkXm3XIUnzyxf12oP8"
     "4Bnq1"},
    {"$5$rounds=77777$short", "we have a short salt string but not a short password",
     "$5$rounds=77777$short$JiO1O3ZpDAxGJeaDIuqCoEFysAe1mZNJRs3pw0KQRd/"},
    {"$5$rounds=123456$asaltof16chars..", "a short string",
     "$5$rounds=123456$asaltof16chars..$gP3VQ/6X7UUEW3HkBn2w1/Ptq2jxPyzV/cZK"
     "mF/wJvD"},
    {"$5$rounds=10$roundstoolow", "the minimum number is still observed",
     "$5$rounds=1000$roundstoolow$yfvwcWrQ8l/K0DAWyuPMDNHpIVlTQebY9l/gL972bI"
     "C"},
    {"$6$saltstring", "Hello world!",
     "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI"
     "68u4OTLiBFdcbYEdFCoEOfaS35inz1"},
    {"$6$rounds=10000$saltstringsaltstring", "Hello world!",
     "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbb"
     "MCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v."},
    {"$6$rounds=5000$toolongsaltstring", "This is just a test",
     "$6$rounds=5000$toolongsaltstrin$lQ8jolhgVRVhY4b5pZKaysCLi0QBxGoNeKQzQ3"
     "glMhwllF7oGDZxUhx1yxdYcz/e1JSbq3y6JMxxl8audkUEm0"},
    {"$6$rounds=1400$anotherlongsaltstring", long_text,
     "$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMx"
     "Q6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1"},
    {"$6$rounds=77777$short", "we have a short salt string but not a short password",
     "$6$rounds=77777$short$WuQyW2YR.hBNpjjRhpYD/ifIw05xdfeEyQoMxIXbkvr0gge1"
     "a1x3yRULJ5CCaUeOxFmtlcGZelFl5CxtgfiAc0"},
    {"$6$rounds=123456$asaltof16chars..", "a short string",
     "$6$rounds=123456$asaltof16chars..$BtCwjqMJGx5hrJhZywWvt0RLE8uZ4oPwcelC"
     "jmw2kSYu.Ec6ycULevoBK25fs2xXgMNrCzIMVcgEJAstJeonj1"},
    {"$6$rounds=10$roundstoolow", "the minimum number is still observed",
     "$6$rounds=1000$roundstoolow$kUMsbe306n21p9R.FRkW3IGn.S9NPN0x50YhH1xhLs"
     "PuWGsUSklZt58jaTfF4ZEQpyUNGc0dqbpBYYBaHHrsX."},
    {"$5$ab", "",
     "$5$ab$qRq/oZkUn9lJUSIcgVT3NbpSDsjn.r137TBSoCt2kCA"},
    {"$6$", "",
     "$6$$/chiBau24cE26QQVW3IfIe68Xu5.JQ4E8Ie7lcRLwqxO5cxGuBhqF2HmTL.zWJ9zjC"
     "hg3yJYFXeGBQ2y3Ba1d1"},
    {"$1$", "password",
     "$1$$I2o9Z7NcvQAKp7wyCTlia0"},
    {"$1$dOHYPKoP", "",
     "$1$dOHYPKoP$tnxS1T8Q6VVn3kpV8cN6o."},
    {"$1$etNnh7FA", "x",
     "$1$etNnh7FA$VZhJPZ6PsG87.by5iWqYQ."},
    {"$1$longersaltthan8", "verylongpassword verylongpassword",
     "$1$longersa$42nugsUyPBjUtdxN57yE71"},
    {"$1$abcdefgh", "Hello world!",
     "$1$abcdefgh$fzmjzFdo5nMtBG8gtud5e0"},
    {"$2b$05$CCCCCCCCCCCCCCCCCCCCC.", "",
     "$2b$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"},
    {"$2a$05$CCCCCCCCCCCCCCCCCCCCC.", "U*U",
     "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
    {"$2y$04$XXXXXXXXXXXXXXXXXXXXXO", "U*U*U",
     "$2y$04$XXXXXXXXXXXXXXXXXXXXXOXE4PeeqIBpdXThwhJUIBb8dLS8ZodY."},
    {"$2b$06$abcdefghijklmnopqrstuu",
     "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ012345678",
     "$2b$06$abcdefghijklmnopqrstuuQ2FjEtMhwcOTuVr0BwdQ.j8bMMsx5CK"},
  /* clang-format on */
};

/*
 * SHA-256 of the hashes, each with a newline, of passwords of 0, 7, 14 .. 294
 * and 300 bytes, byte i of n being (31 i + n) mod 95 + 32: Python's crypt,
 * which is libxcrypt.
 */
static const struct {
	const char *setting, *sum;
} chains[] = {
  /* clang-format off */
    {"$1$abcdefgh",
     "5ca9f99ab9544b453d88f9465f9fe9199baa541754e8f0a957fd38ca667e09f8"},
    {"$5$rounds=1000$saltstring",
     "abd239c39a5f061b251f4e445160768abb03a0bdc8964d1cec3896ef0e8da981"},
    {"$6$rounds=1001$0123456789abcdef",
     "8c9577424be8e47a14fe0e1a95c700f8f5343c91b8ee687c5d26481208cdeaca"},
  /* clang-format on */
};

static int built_in(const char *setting)
{
	return setting[1] == '1'   ? CFG_CRYPT_MD5
	       : setting[1] == '2' ? CFG_CRYPT_BCRYPT
	       : setting[1] == '5' ? CFG_CRYPT_SHA256
				   : CFG_CRYPT_SHA512;
}

/* the password belongs to the hash; a shorter, a longer and another one do not */
static int check_is_right(const char *pass, size_t n, const char *hash)
{
	char other[80];
	int good = crypt_check(pass, n, hash, &work) == CRYPT_OK;

	memcpy(other, pass, n + 1);
	good &= crypt_check(other, n + 1, hash, &work) == CRYPT_BAD;
	if (n > 0) {
		good &= crypt_check(other, n - 1, hash, &work) == CRYPT_BAD;
		other[n - 1] ^= 1;
		good &= crypt_check(other, n, hash, &work) == CRYPT_BAD;
	}
	return good;
}

static void known_answers(void)
{
	char out[CRYPT_LEN], name[80] = "crypt ";

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		const char *pass = known[i].pass, *hash = known[i].hash;
		int good;

		memset(out, 'Z', sizeof out);
		strcpy(name + 6, known[i].setting);
		if (!built_in(hash)) {
			check(name, crypt_check(pass, strlen(pass), hash, &work) == CRYPT_UNKNOWN,
			      "not built in, but not unknown");
			continue;
		}
		good = crypt_hash(out, pass, strlen(pass), known[i].setting, &work) == CRYPT_OK &&
		       strcmp(out, hash) == 0;
		if (strstr(hash, "rounds=") == NULL) /* those take long */
			good &= check_is_right(pass, strlen(pass), hash);
		check(name, good, "not as known");
	}
}

static void lengths(void)
{
	char out[CRYPT_LEN];
	uint8_t pass[300], sum[32], want[32];
	struct hash_ctx h;

	for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
		if (!built_in(chains[i].setting))
			continue;
		hash_init(&h, &hash_sha256);
		for (size_t n = 0; n <= 300; n += n == 294 ? 6 : 7) {
			for (size_t j = 0; j < n; j++)
				pass[j] = (31 * j + n) % 95 + 32;
			crypt_hash(out, pass, n, chains[i].setting, &work);
			hash_add(&h, out, strlen(out));
			hash_add(&h, "\n", 1);
		}
		hash_out(&h, sum);
		check_hex(want, chains[i].sum);
		check(chains[i].setting[1] == '1'   ? "crypt $1$ lengths 0..300"
		      : chains[i].setting[1] == '5' ? "crypt $5$ lengths 0..300"
						    : "crypt $6$ lengths 0..300",
		      memcmp(sum, want, 32) == 0, "a hash differs from libxcrypt's");
	}
}

/* what may stand in a shadow file and never be a password's hash */
static const char *const junk[] = {
    "",
    "*",
    "!",
    "!!",
    "x",
    "*LK*",
    "NP",
    "!*",
    "$",
    "$$",
    "$$$",
    "$1",
    "$5",
    "$6",
    "6$salt$hash",
    " $6$salt$hash",
    "!$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBn",
    "$1$",
    "$5$",
    "$6$",
    "$6$$",
    "$6$salt",
    "$6$salt$",
    "$6$salt$x",
    "$5$salt$",
    "$1$salt$",
    "$6$rounds=",
    "$6$rounds=$",
    "$6$rounds=$$",
    "$6$rounds=1$salt$",
    "$6$rounds=x$salt$",
    "$6$rounds=-1$salt$",
    "$1$rounds=1000$salt$",
    "$6$$$$$$$$",
};

static void junk_matches_nobody(void)
{
	int good = crypt_check("", 0, NULL, &work) == CRYPT_BAD;

	for (size_t i = 0; i < sizeof junk / sizeof *junk; i++) {
		const char *h = junk[i];
		int schemes = h[0] == '$' && h[1] != '\0' && strchr("156", h[1]) && h[2] == '$';
		int bad = schemes && !built_in(h) ? CRYPT_UNKNOWN : CRYPT_BAD;

		good &= crypt_check("", 0, h, &work) == bad &&
			crypt_check("x", 1, h, &work) == bad &&
			crypt_check(h, strlen(h), h, &work) == bad;
	}
	check("crypt junk matches nobody", good, "something was no CRYPT_BAD");
	good = crypt_check("x", 1, "$6x$abc$def", &work) == CRYPT_UNKNOWN &&
	       crypt_check("x", 1, "$y$j9T$abc$def", &work) == CRYPT_UNKNOWN &&
	       crypt_check("x", 1, "$2x$05$abcdefghijklmnopqrstuu", &work) == CRYPT_UNKNOWN &&
	       crypt_check("x", 1, "$argon2id$v=19$m=65536", &work) == CRYPT_UNKNOWN &&
	       crypt_check("x", 1, "ab01FAX.bQRSU", &work) == CRYPT_UNKNOWN;
	check("crypt of other makers is unknown", good, "it is not");
}

/* bytes of the password behind the 72nd, settings that are no bcrypt, and too dear ones */
static void bcrypt_limits(void)
{
	static const char *const bad[] = {
	    "$2b$03$abcdefghijklmnopqrstuu",
	    "$2b$13$abcdefghijklmnopqrstuu",
	    "$2b$31$abcdefghijklmnopqrstuu",
	    "$2b$99$abcdefghijklmnopqrstuu",
	    "$2b$0:$abcdefghijklmnopqrstuu",
	    "$2b$0",
	    "$2b$05$",
	    "$2b$05",
	    "$2b$5$abcdefghijklmnopqrstuu.",
	    "$2b$05$abcdefghijklmnopqrstu",
	    "$2b$05$abcdefghijklmnopq-stuu",
	};
	char hash[CRYPT_LEN], longer[CRYPT_LEN], pass[80];
	int good = 1;

	if (!CFG_CRYPT_BCRYPT)
		return;
	memset(pass, 'x', sizeof(pass));
	crypt_hash(hash, pass, 72, "$2b$04$abcdefghijklmnopqrstuu", &work);
	crypt_hash(longer, pass, 80, "$2b$04$abcdefghijklmnopqrstuu", &work);
	good &= !strcmp(hash, longer) && crypt_check(pass, 71, hash, &work) == CRYPT_BAD;
	pass[40] = 0; /* or the key would go round there, and be that of 40 bytes */
	good &= crypt_hash(hash, pass, 72, "$2b$04$abcdefghijklmnopqrstuu", &work) == CRYPT_BAD;
	check("crypt $2b$ and the password's length", good, "it is not 72 bytes that count");
	good = 1;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		good &= crypt_check("x", 1, bad[i], &work) == CRYPT_BAD;
	good &= crypt_check("x", 1, "$2b$04$abcdefghijklmnopqrstuu", &work) == CRYPT_BAD;
	check("crypt $2b$ junk", good, "it is no CRYPT_BAD");
}

/* a good hash that is cut anywhere, longer, or has a character changed */
static void damage(void)
{
	char hash[CRYPT_LEN + 2];
	size_t len;
	int good = 1;

	if (!CFG_CRYPT_SHA512)
		return;
	crypt_hash(hash, "pass", 4, "$6$rounds=1000$salt", &work);
	len = strlen(hash);
	good &= crypt_check("pass", 4, hash, &work) == CRYPT_OK;
	hash[len] = '.';
	hash[len + 1] = '\0';
	good &= crypt_check("pass", 4, hash, &work) != CRYPT_OK;
	hash[len] = '\0';
	for (size_t i = 15; i < len; i++) {
		char c = hash[i];

		hash[i] ^= 1;
		good &= crypt_check("pass", 4, hash, &work) != CRYPT_OK;
		hash[i] = '\0';
		good &= crypt_check("pass", 4, hash, &work) != CRYPT_OK;
		hash[i] = c;
	}
	check("crypt damaged hashes", good, "one matches");
}

static void rounds(void)
{
	char out[CRYPT_LEN];
	int good;

	if (!CFG_CRYPT_SHA256)
		return;
	good = crypt_hash(out, "x", 1, "$5$rounds=999$s", &work) == CRYPT_OK &&
	       strncmp(out, "$5$rounds=1000$s$", 17) == 0;
	good &= crypt_hash(out, "x", 1, "$5$rounds=00000000000001234$s", &work) == CRYPT_OK &&
		strncmp(out, "$5$rounds=1234$s$", 17) == 0;
	/* not a number: it is salt, as in glibc */
	good &= crypt_hash(out, "x", 1, "$5$rounds=1x$s", &work) == CRYPT_OK &&
		strncmp(out, "$5$rounds=1x$", 13) == 0 && strlen(out) == 13 + 43;
	good &= crypt_hash(out, "x", 1, "$5$rounds=2000", &work) == CRYPT_OK &&
		strncmp(out, "$5$rounds=2000$", 15) == 0 && strlen(out) == 15 + 43;
	check("crypt rounds=", good, "not as in glibc");
}

static void long_passwords(void)
{
	static const char pass[513];
	char out[CRYPT_LEN];

	check("crypt long passwords",
	      crypt_hash(out, pass, 512, "$6$x", &work) != CRYPT_BAD &&
		  crypt_hash(out, pass, 513, "$6$x", &work) == CRYPT_BAD &&
		  crypt_check(pass, 513, "$6$x$x", &work) == CRYPT_BAD &&
		  crypt_check(pass, (size_t)-1, "$6$x$x", &work) == CRYPT_BAD,
	      "512 bytes is not the limit");
}

int main(void)
{
	known_answers();
	lengths();
	junk_matches_nobody();
	damage();
	bcrypt_limits();
	rounds();
	long_passwords();
	return check_result();
}
