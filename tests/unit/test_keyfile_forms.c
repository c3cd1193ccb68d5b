/* test_keyfile_forms.c - private key files of other formats, and with passphrases. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "keyfile.h"
#include "pubkey.h"

/* the same key by ssh-keygen and puttygen, the passphrase being "secret"; all made for this test */
#define PUBLIC "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHknTwbG3TVCD/hTYI5Vs6QUMr3e6j9GGHiitozdxkqG"
#define COMMENT "ed c"
static const char plain[] =
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n"
    "QyNTUxOQAAACB5J08Gxt01Qg/4U2COVbOkFDK93uo/Rhh4oraM3cZKhgAAAIj5mDRA+Zg0\n"
    "QAAAAAtzc2gtZWQyNTUxOQAAACB5J08Gxt01Qg/4U2COVbOkFDK93uo/Rhh4oraM3cZKhg\n"
    "AAAECkIxu0qMTBJ5uKFN6h99ZlT0edqb/zLv4cjh+3lRW49XknTwbG3TVCD/hTYI5Vs6QU\n"
    "Mr3e6j9GGHiitozdxkqGAAAABGVkIGMB\n"
    "-----END OPENSSH PRIVATE KEY-----\n";
static const char under_ctr[] =
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABB2G90JhD\n"
    "7whhzZxqwQlqeKAAAAAQAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIHknTwbG3TVCD/hT\n"
    "YI5Vs6QUMr3e6j9GGHiitozdxkqGAAAAkE2Bc/2zS8snuTSPBwfwdX2dJrylz1U7MzfXyL\n"
    "XUGHPPVUN5lyWRWCkSmW0aGo3+OVS5aHKQxygCPXmCMudmJg6h2qr60/FVdGSZ7w/MNBJw\n"
    "GB3IJcttFbKrQCaE3Y3LnvAhOPQ6aL+dvH0TGlLG4f30WZCOqlJqvK0DnxMNLTtCbWQRK/\n"
    "HxSTVILPOznU2tyw==\n"
    "-----END OPENSSH PRIVATE KEY-----\n";
static const char under_gcm[] =
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAAFmFlczI1Ni1nY21Ab3BlbnNzaC5jb20AAAAGYmNyeXB0AA\n"
    "AAGAAAABAsbBEWh8CfSthv1T+JTzgRAAAAAQAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAA\n"
    "IHknTwbG3TVCD/hTYI5Vs6QUMr3e6j9GGHiitozdxkqGAAAAkEJE+VPg1JzttWszimAZCB\n"
    "vXdIzWzYS9ERpwmXIYSHcfrU7ppixXPe555M1ryxwBjAkD6h2C+zunw4myEeMAh10ywLWf\n"
    "S6W5zFaWS6jhwXPoc2ZGiH9qQL33rOsX3DQD9SjZefSizpUkznl5QKr1e7L3RqzMmL6sdW\n"
    "BIZ4/uudNc+GIxZ4fqM/P/JOIhBYJEgxzreRL+pFKj7FOESfRbyWc=\n"
    "-----END OPENSSH PRIVATE KEY-----\n";
static const char under_chacha[] =
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAAHWNoYWNoYTIwLXBvbHkxMzA1QG9wZW5zc2guY29tAAAABm\n"
    "JjcnlwdAAAABgAAAAQmgrpb4tgu+Kns24VZiDVJwAAAAEAAAABAAAAMwAAAAtzc2gtZWQy\n"
    "NTUxOQAAACB5J08Gxt01Qg/4U2COVbOkFDK93uo/Rhh4oraM3cZKhgAAAIhmfUrwehLZHk\n"
    "RTfTR0bnxo+zcZ09B/qbMnahZmpxh6C9fNGNSYpp1B4oMn+YICBOwZL1QA55woj3Tyx17E\n"
    "TEOW6y2nu/LQYxnMS1LvQY1hqt05AaAcNcK29hv+XZTaZ76InwHiIUe95/MeG/1eycXOcO\n"
    "Rf9yVR2kY4rnKrnAJkZj+Jz+byxhXJ5hWKyt1h57+bACAJfCE1AQ==\n"
    "-----END OPENSSH PRIVATE KEY-----\n";
static const char ppk2[] = "PuTTY-User-Key-File-2: ssh-ed25519\n"
			   "Encryption: none\n"
			   "Comment: ed c\n"
			   "Public-Lines: 2\n"
			   "AAAAC3NzaC1lZDI1NTE5AAAAIHknTwbG3TVCD/hTYI5Vs6QUMr3e6j9GGHiitozd\n"
			   "xkqG\n"
			   "Private-Lines: 1\n"
			   "AAAAIKQjG7SoxMEnm4oU3qH31mVPR52pv/Mu/hyOH7eVFbj1\n"
			   "Private-MAC: c93eb59195c68b682b4894890d3fa5ceab3ed473\n";
static const char ppk3[] =
    "PuTTY-User-Key-File-3: ssh-ed25519\n"
    "Encryption: none\n"
    "Comment: ed c\n"
    "Public-Lines: 2\n"
    "AAAAC3NzaC1lZDI1NTE5AAAAIHknTwbG3TVCD/hTYI5Vs6QUMr3e6j9GGHiitozd\n"
    "xkqG\n"
    "Private-Lines: 1\n"
    "AAAAIKQjG7SoxMEnm4oU3qH31mVPR52pv/Mu/hyOH7eVFbj1\n"
    "Private-MAC: 2151c3f274ed64b2e0bdafc147c1a190bb6402b4dec46680f8383ba3e4411458\n";
static const char ppk2_under_cbc[] =
    "PuTTY-User-Key-File-2: ssh-ed25519\n"
    "Encryption: aes256-cbc\n"
    "Comment: ed c\n"
    "Public-Lines: 2\n"
    "AAAAC3NzaC1lZDI1NTE5AAAAIHknTwbG3TVCD/hTYI5Vs6QUMr3e6j9GGHiitozd\n"
    "xkqG\n"
    "Private-Lines: 1\n"
    "z+mInxOTeylcZyshLSOv3+0CTna/eg6Y+HDfpb9bnXS85Nsuwo5TRPm33dIENQye\n"
    "Private-MAC: 84769dec6e6840958221b799ec1d7a3afe638020\n";

/* RFC 8410 10.3 */
static const char rfc8410[] = "-----BEGIN PRIVATE KEY-----\n"
			      "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
			      "-----END PRIVATE KEY-----\n";
#define RFC8410_PUBLIC "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"
static const char rfc8410_v2[] = /* with attributes and the public key */
    "-----BEGIN PRIVATE KEY-----\n"
    "MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
    "oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\n"
    "Z9w7lshQhqowtrbLDFw4rXAxZuE=\n"
    "-----END PRIVATE KEY-----\n";

/* by OpenSSL: with parameters before it, without the public key in it; PKCS#8 of the same */
static const char sec1[] = "-----BEGIN EC PARAMETERS-----\n"
			   "BggqhkjOPQMBBw==\n"
			   "-----END EC PARAMETERS-----\n"
			   "-----BEGIN EC PRIVATE KEY-----\n"
			   "MHcCAQEEIFXLowKUkxQx8z3Wx4179sK5bxsWqfjz6z8JD0NzmCguoAoGCCqGSM49\n"
			   "AwEHoUQDQgAEgmI+WlOCBEacXCgq8Ceri+/MYlWJKGqgd1aMtgZa9P8fNjiOuspr\n"
			   "I+nNMyl9h17+S8yLd8majzW7CoKoqrI8VQ==\n"
			   "-----END EC PRIVATE KEY-----\n";
static const char sec1_short[] =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MDECAQEEIFXLowKUkxQx8z3Wx4179sK5bxsWqfjz6z8JD0NzmCguoAoGCCqGSM49\n"
    "AwEH\n"
    "-----END EC PRIVATE KEY-----\n";
static const char pkcs8[] = "-----BEGIN PRIVATE KEY-----\n"
			    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgVcujApSTFDHzPdbH\n"
			    "jXv2wrlvGxap+PPrPwkPQ3OYKC6hRANCAASCYj5aU4IERpxcKCrwJ6uL78xiVYko\n"
			    "aqB3Voy2Blr0/x82OI66ymsj6c0zKX2HXv5LzIt3yZqPNbsKgqiqsjxV\n"
			    "-----END PRIVATE KEY-----\n";
/* by ssh-keygen */
static const char pkcs1[] = "-----BEGIN RSA PRIVATE KEY-----\n"
			    "MIICXQIBAAKBgQDRifvIORCRn973KRlSmqvaVvliX/FLnJB250vM6HHhy5KU+hi2\n"
			    "lRgEk1oKAMb4uyiHcPvxzT6OfGgE8Mlq9gL3pMzJoIRntCRJ44apgviKpf7rejLG\n"
			    "4GowNoBDYdpLiersKkDeWbC5d5wc3UECvw9kjJn9z22RWR6ydz+qIWxNzQIDAQAB\n"
			    "AoGAQ9BeVixxuk99P4xjj6JTH/Sp/TaDxy7Caljs5UINKUBTDjfqq5yRC1oM99PM\n"
			    "kU8xDLR6NYVxS3fjykWLSjyYNKtKhCCrbtgXdoChp/voo/l6BGlEDmgoUQvJKcXR\n"
			    "Y3LQaoDx4oa2VfKVOY+NVEZ9vd7jv+T6IDfF5C2foW0AT8ECQQD1qycrb7QJc48E\n"
			    "mubIwYyc8AorhSDyHMA4sgKRXcUVh7pQgNy8rbjXWu7o2AI8sqhFZg2VPZ2PPmBQ\n"
			    "vDM/fmI1AkEA2lnc1izrb1PVcoIeV58PMntQ/E76Df0u3JZNkofCS024AHcWSzE+\n"
			    "8XhWL50fEnN4dmZ6JuZJwDHpxt/6iDSwOQJBAKrdxbqSULgaJajgTA/pfnFRCuHG\n"
			    "EGoU0SUdumd8vq0A3/dKCT053sv6NRzB0JyC7kKGfoAEgOe2TKsamtJYhtkCQQCH\n"
			    "FatDMZ0iTcoywn9FFBmR0KrkvXOD7gvs2mv5aFXywo1AdGxtbnUTbLBdWqZbguaW\n"
			    "0YVmxXgBGKAZsn3LgFU5AkAtbLtyxRJLaznCoKkB6uyf/62a6bRDfhcribjWGB4p\n"
			    "/8K9VJN21+HFA564H0ayorpYumXPaB4prCJG4tf693x4\n"
			    "-----END RSA PRIVATE KEY-----\n";
static const char rsa_pkcs8[] = "-----BEGIN PRIVATE KEY-----\n"
				"MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBANGJ+8g5EJGf3vcp\n"
				"GVKaq9pW+WJf8UuckHbnS8zoceHLkpT6GLaVGASTWgoAxvi7KIdw+/HNPo58aATw\n"
				"yWr2AvekzMmghGe0JEnjhqmC+Iql/ut6MsbgajA2gENh2kuJ6uwqQN5ZsLl3nBzd\n"
				"QQK/D2SMmf3PbZFZHrJ3P6ohbE3NAgMBAAECgYBD0F5WLHG6T30/jGOPolMf9Kn9\n"
				"NoPHLsJqWOzlQg0pQFMON+qrnJELWgz308yRTzEMtHo1hXFLd+PKRYtKPJg0q0qE\n"
				"IKtu2Bd2gKGn++ij+XoEaUQOaChRC8kpxdFjctBqgPHihrZV8pU5j41URn293uO/\n"
				"5PogN8XkLZ+hbQBPwQJBAPWrJytvtAlzjwSa5sjBjJzwCiuFIPIcwDiyApFdxRWH\n"
				"ulCA3LytuNda7ujYAjyyqEVmDZU9nY8+YFC8Mz9+YjUCQQDaWdzWLOtvU9Vygh5X\n"
				"nw8ye1D8TvoN/S7clk2Sh8JLTbgAdxZLMT7xeFYvnR8Sc3h2Znom5knAMenG3/qI\n"
				"NLA5AkEAqt3FupJQuBolqOBMD+l+cVEK4cYQahTRJR26Z3y+rQDf90oJPTney/o1\n"
				"HMHQnILuQoZ+gASA57ZMqxqa0liG2QJBAIcVq0MxnSJNyjLCf0UUGZHQquS9c4Pu\n"
				"C+zaa/loVfLCjUB0bG1udRNssF1apluC5pbRhWbFeAEYoBmyfcuAVTkCQC1su3LF\n"
				"EktrOcKgqQHq7J//rZrptEN+FyuJuNYYHin/wr1Uk3bX4cUDnrgfRrKiuli6Zc9o\n"
				"HimsIkbi1/r3fHg=\n"
				"-----END PRIVATE KEY-----\n";
static const char rsa_openssh[] =
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAlwAAAAdzc2gtcn\n"
    "NhAAAAAwEAAQAAAIEA0Yn7yDkQkZ/e9ykZUpqr2lb5Yl/xS5yQdudLzOhx4cuSlPoYtpUY\n"
    "BJNaCgDG+Lsoh3D78c0+jnxoBPDJavYC96TMyaCEZ7QkSeOGqYL4iqX+63oyxuBqMDaAQ2\n"
    "HaS4nq7CpA3lmwuXecHN1BAr8PZIyZ/c9tkVkesnc/qiFsTc0AAAH4hUj3oIVI96AAAAAH\n"
    "c3NoLXJzYQAAAIEA0Yn7yDkQkZ/e9ykZUpqr2lb5Yl/xS5yQdudLzOhx4cuSlPoYtpUYBJ\n"
    "NaCgDG+Lsoh3D78c0+jnxoBPDJavYC96TMyaCEZ7QkSeOGqYL4iqX+63oyxuBqMDaAQ2Ha\n"
    "S4nq7CpA3lmwuXecHN1BAr8PZIyZ/c9tkVkesnc/qiFsTc0AAAADAQABAAAAgEPQXlYscb\n"
    "pPfT+MY4+iUx/0qf02g8cuwmpY7OVCDSlAUw436quckQtaDPfTzJFPMQy0ejWFcUt348pF\n"
    "i0o8mDSrSoQgq27YF3aAoaf76KP5egRpRA5oKFELySnF0WNy0GqA8eKGtlXylTmPjVRGfb\n"
    "3e47/k+iA3xeQtn6FtAE/BAAAAQC1su3LFEktrOcKgqQHq7J//rZrptEN+FyuJuNYYHin/\n"
    "wr1Uk3bX4cUDnrgfRrKiuli6Zc9oHimsIkbi1/r3fHgAAABBAPWrJytvtAlzjwSa5sjBjJ\n"
    "zwCiuFIPIcwDiyApFdxRWHulCA3LytuNda7ujYAjyyqEVmDZU9nY8+YFC8Mz9+YjUAAABB\n"
    "ANpZ3NYs629T1XKCHlefDzJ7UPxO+g39LtyWTZKHwktNuAB3FksxPvF4Vi+dHxJzeHZmei\n"
    "bmScAx6cbf+og0sDkAAAABcgEC\n"
    "-----END OPENSSH PRIVATE KEY-----\n";

static uint8_t file[KEYFILE_MAX], out[KEYFILE_MAX];
static struct bcrypt_work work;
static struct key key;
static struct str comment;

static enum keyfile_err read_with(const char *text, const char *pass)
{
	size_t n = strlen(text);

	memcpy(file, text, n);
	return keyfile_read(&key, &comment, file, n, str_of(pass), &work);
}

static struct str public_of(const struct key *k)
{
	static uint8_t mem[KEY_BLOB_MAX], text[4096];
	struct wr w = wr_init(mem, sizeof(mem)), t = wr_init(text, sizeof(text));

	if (!k->kind)
		return STR("");
	key_public_blob(k, &w);
	pubkey_text(&t, (struct str){mem, wr_len(&w)});
	return (struct str){text, wr_len(&t)};
}

static int has_public(const char *text, const char *want)
{
	static uint8_t blob[KEY_BLOB_MAX], line[4096];
	struct wr t = wr_init(line, sizeof(line));
	size_t n = keyfile_public(blob, (const uint8_t *)text, strlen(text));

	pubkey_text(&t, (struct str){blob, n});
	return n && str_is((struct str){line, wr_len(&t)}, want);
}

static void test_passphrase(void)
{
	static const struct {
		const char *name, *text;
		int built;
	} t[] = {
	    {"aes256-ctr",        under_ctr,      CFG_KEY_PASSPHRASE && CFG_CIPHER_AES256_CTR},
	    {"aes256-gcm",        under_gcm,      CFG_KEY_PASSPHRASE && CFG_CIPHER_AES_GCM   },
	    {"chacha20-poly1305", under_chacha,   CFG_KEY_PASSPHRASE && CFG_CIPHER_CHACHAPOLY},
	    {"ppk2 aes256-cbc",   ppk2_under_cbc,
	     CFG_KEY_PASSPHRASE && CFG_KEY_PEM && CFG_WEAK_AES_CBC                           },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		enum keyfile_err e = read_with(t[i].text, NULL);

		if (!t[i].built) {
			check(t[i].name, e == KEYFILE_KIND || e == KEYFILE_ENCRYPTED, "read");
			continue;
		}
		check(t[i].name, e == KEYFILE_ENCRYPTED && !key.kind, "another verdict");
		check(t[i].name, !memcmp(file, t[i].text, strlen(t[i].text)), "changed the file");
		check(t[i].name, has_public(t[i].text, PUBLIC), "another public half");
		check(t[i].name, read_with(t[i].text, "secreT") == KEYFILE_PASS && !key.kind,
		      "another verdict on a wrong passphrase");
		check(t[i].name, read_with(t[i].text, "") == KEYFILE_PASS, "none at all will do");
		check(t[i].name, read_with(t[i].text, "secret") == KEYFILE_OK, "not read");
		check(t[i].name, str_is(public_of(&key), PUBLIC), "another key");
		check(t[i].name, str_is(comment, COMMENT), "another comment");
	}
}

static size_t write_as(const struct keyfile_how *how)
{
	static uint8_t seed[32] = {7};
	struct wr w = wr_init(out, sizeof(out));
	struct rng r;
	int ok;

	rng_init(&r, seed);
	ok = keyfile_write(&w, &key, how, &r);
	return ok && !w.bad ? wr_len(&w) : 0;
}

static void test_written(void)
{
	static const char *const cipher[] = {"aes128-ctr", "aes256-ctr", "aes256-gcm@openssh.com",
					     "chacha20-poly1305@openssh.com"};
	struct keyfile_how how = {.comment = STR(COMMENT), .pass = STR("new"), .rounds = 2};

	how.work = &work;
	for (size_t i = 0, n; i < sizeof(cipher) / sizeof(*cipher); i++) {
		how.cipher = cipher[i];
		check("written/key", read_with(plain, NULL) == KEYFILE_OK, "not read");
		n = write_as(&how);
		if (!n)
			continue;
		check(cipher[i], CFG_KEY_PASSPHRASE, "written");
		out[n] = 0;
		check(cipher[i], read_with((char *)out, "old") == KEYFILE_PASS, "taken");
		check(cipher[i], read_with((char *)out, "new") == KEYFILE_OK, "not read again");
		check(cipher[i], str_is(comment, COMMENT), "another comment");
	}
	read_with(plain, NULL);
	how.form = KEYFILE_PKCS8;
	check("written/pkcs8 with a passphrase", !write_as(&how), "written without it");
	how.form = KEYFILE_DROPBEAR;
	check("written/dropbear with a passphrase", !write_as(&how), "written without it");
	how = (struct keyfile_how){.form = KEYFILE_PEM};
	check("written/ed25519 in PEM", !write_as(&how), "there is no such thing");
	how = (struct keyfile_how){.pass = STR("x"), .cipher = "aes999-ctr", .work = &work};
	check("written/unknown cipher", !write_as(&how), "written");
}

/* what is read is written again, byte for byte, in a form */
static void both_ways(const char *name, const char *text, const char *again, enum keyfile_form form)
{
	const struct keyfile_how how = {.form = form};
	size_t n;

	check(name, read_with(text, NULL) == KEYFILE_OK && !comment.len, "not read");
	n = write_as(&how);
	check(name, n == strlen(again) && !memcmp(out, again, n), "written in another way");
}

/* every bit of the DER inside changed, and every end: no other key than the right one */
static void damage(const char *name, const char *text)
{
	size_t n = strlen(text);
	int good = 1;
	struct key right;

	read_with(text, NULL);
	right = key;
	for (size_t i = 30; i < n; i++)
		for (int bit = 0; bit < 6; bit++) {
			memcpy(file, text, n);
			file[i] ^= (uint8_t)(1 << bit);
			if (keyfile_read(&key, &comment, file, n, (struct str){0}, NULL) ==
			    KEYFILE_OK)
				good &= str_eq(public_of(&key), public_of(&right)) ||
					key.kind != right.kind ||
					right.kind ==
					    &key_ed25519; /* whose seed has nothing that tells */
			else
				good &= !key.kind;
		}
	for (size_t i = 0; i + 1 < n; i++) {
		memcpy(file, text, i);
		good &= keyfile_read(&key, &comment, file, i, (struct str){0}, NULL) != KEYFILE_OK;
	}
	check(name, good, "taken");
}

static void test_pem(void)
{
	uint8_t want[32];

	check_hex(want, RFC8410_PUBLIC);
	check("pem/rfc8410", read_with(rfc8410, NULL) == KEYFILE_OK, "not read");
	check("pem/rfc8410", !memcmp(key.u.ed25519.pub, want, 32), "another key");
	check("pem/rfc8410 v2", read_with(rfc8410_v2, NULL) == KEYFILE_OK, "not read");
	check("pem/rfc8410 v2", !memcmp(key.u.ed25519.pub, want, 32), "another key");
	both_ways("pem/ed25519", rfc8410, rfc8410, KEYFILE_PKCS8);
	damage("pem/damaged ed25519", rfc8410);
	if (CFG_KEY_ECDSA) {
		both_ways("pem/sec1", sec1, strstr(sec1, "-----BEGIN EC PR"), KEYFILE_PEM);
		both_ways("pem/sec1 without a public key", sec1_short, pkcs8, KEYFILE_PKCS8);
		both_ways("pem/sec1 from pkcs8", pkcs8, strstr(sec1, "-----BEGIN EC PR"),
			  KEYFILE_PEM);
	}
	if (CFG_KEY_RSA) {
		both_ways("pem/pkcs1", pkcs1, pkcs1, KEYFILE_PEM);
		both_ways("pem/pkcs1 from pkcs8", rsa_pkcs8, pkcs1, KEYFILE_PEM);
		both_ways("pem/pkcs8", pkcs1, rsa_pkcs8, KEYFILE_PKCS8);
		check("pem/same key", read_with(rsa_openssh, NULL) == KEYFILE_OK, "not read");
	}
}

static void test_pem_refused(void)
{
	static const char old[] =
	    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
	    "DEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
	static const char p8[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
				 "-----END ENCRYPTED PRIVATE KEY-----\n";
	static const char label[] =
	    "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n";

	check("pem/encrypted", read_with(old, NULL) == KEYFILE_PEM_PASS, "another verdict");
	check("pem/encrypted pkcs8", read_with(p8, "x") == KEYFILE_PEM_PASS, "another verdict");
	check("pem/other end", read_with(label, NULL) == KEYFILE_BAD, "another verdict");
	check("pem/no key", read_with("-----BEGIN CERTIFICATE-----\nAAAA\n", NULL) == KEYFILE_KIND,
	      "another verdict");
}

static void test_ppk(void)
{
	static const char *const t[] = {ppk2, ppk3};
	static const char argon2[] =
	    "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: aes256-cbc\n"
	    "Comment: x\nPublic-Lines: 1\nAAAA\nKey-Derivation: Argon2id\n";

	for (size_t i = 0; i < 2; i++) {
		size_t n = strlen(t[i]);
		int good = 1;

		check("ppk", read_with(t[i], NULL) == KEYFILE_OK, "not read");
		check("ppk", str_is(public_of(&key), PUBLIC) && str_is(comment, COMMENT),
		      "another");
		check("ppk", has_public(t[i], PUBLIC), "another public half");
		for (size_t at = 0; at < n; at++) { /* the MAC is over all that counts */
			memcpy(file, t[i], n);
			file[at] ^= 1;
			if (keyfile_read(&key, &comment, file, n, (struct str){0}, NULL) ==
			    KEYFILE_OK)
				good &= str_is(public_of(&key), PUBLIC) && str_is(comment, COMMENT);
			else
				good &= !key.kind;
			memcpy(file, t[i], at);
			good &= at == n - 1 || keyfile_read(&key, &comment, file, at,
							    (struct str){0}, NULL) != KEYFILE_OK;
		}
		check("ppk/damaged", good, "taken");
	}
	check("ppk/argon2", read_with(argon2, NULL) == KEYFILE_ARGON2, "another verdict");
}

int main(void)
{
	test_passphrase();
	test_written();
	if (CFG_KEY_PEM) {
		test_pem();
		test_pem_refused();
		test_ppk();
	}
	return check_result();
}
