/* hostkey_seed.c - a host key out of the device's own secret (HostKeySeed). */
/* SPDX-License-Identifier: MIT */
/*
 * HKDF (RFC 5869) with SHA-256, no salt, the text below as info and 32 bytes of
 * output, which are the seed of RFC 8032. Neither may ever change: the
 * fingerprint of every device hangs on them.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "hostkeys.h"
#include "port.h"

#define INFO "cubssh host key ssh-ed25519"
#define SECRET_MOST 4096 /* bytes that are read; what is behind them does not count */
#define SECRET_LEAST 16
#define TELLING_LEAST 12 /* of which neither 00 nor FF: not what erased memory holds */

/* the count, or -errno; an mtd or nvmem node is read as a file is */
static ssize_t secret_read(const char *path, uint8_t *p)
{
	int fd = fd_open(path, O_RDONLY | O_NONBLOCK);
	ssize_t n;
	size_t have = 0;

	if (fd < 0)
		return fd;
	do {
		n = read(fd, p + have, SECRET_MOST - have);
		have += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	n = n < 0 ? -errno : (ssize_t)have;
	close(fd);
	return n;
}

static const char *secret_wrong(const uint8_t *p, ssize_t n)
{
	unsigned telling = 0;
	ssize_t i;

	if (n < 0)
		return err_text((int)-n);
	for (i = 0; i < n; i++)
		telling += p[i] != 0 && p[i] != 0xff;
	return n < SECRET_LEAST || telling < TELLING_LEAST ? "too short, or erased" : NULL;
}

static void hmac(uint8_t out[32], const uint8_t *key, size_t key_len, const void *p, size_t n)
{
	br_hmac_key_context k;
	br_hmac_context c;

	br_hmac_key_init(&k, hash_sha256.vt, key, key_len);
	br_hmac_init(&c, &k, 0);
	br_hmac_update(&c, p, n);
	br_hmac_out(&c, out);
	wipe(&k, sizeof(k));
	wipe(&c, sizeof(c));
}

void hostkey_derive(uint8_t seed[32], const void *secret, size_t n)
{
	hmac(seed, NULL, 0, secret, n);                /* extract; no key is the same as zeros */
	hmac(seed, seed, 32, INFO "\1", sizeof(INFO)); /* expand: the info and a counter */
}

int hostkey_seed(struct key *k, const char *path)
{
	static uint8_t secret[SECRET_MOST] APART;
	ssize_t n = secret_read(path, secret);
	const char *wrong = secret_wrong(secret, n);
	mode_t mode;
	uid_t owner;

	if (wrong)
		log_put(LOG_L_ERROR, "HostKeySeed %s: refused: %s", path, wrong);
	else if (file_mode(path, &mode, &owner) == 0 && (mode & 077))
		log_put(LOG_L_WARN, "HostKeySeed %s: others can read it (mode %04o)", path,
			(unsigned)mode & 07777);
	if (!wrong) {
		k->kind = &key_ed25519;
		hostkey_derive(k->u.ed25519.seed, secret, (size_t)n);
		ed25519_public(k->u.ed25519.pub, k->u.ed25519.seed);
	}
	wipe(secret, sizeof(secret));
	REST(secret);
	return !wrong;
}
