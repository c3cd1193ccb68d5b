/* fuzz_krl.c - revocation lists: whatever is in the file, the answer is one of three, and the same again. */
/* SPDX-License-Identifier: MIT */
/* The input: u8 length, that many bytes of a key id, u64 serial, the file. */
#include <stdlib.h>
#include <string.h>

#include "cert.h"

static uint8_t cert[1024], plain[64];

/* fields of a certificate; nobody looks at its signature here */
static struct str make(struct str id, uint64_t serial)
{
	struct wr w = wr_init(cert, sizeof(cert));

	wr_strz(&w, "ssh-ed25519-cert-v01@openssh.com");
	wr_strz(&w, "nonce");
	wr_strz(&w, "01234567890123456789012345678901");
	wr_u64(&w, serial);
	wr_u32(&w, CERT_USER);
	wr_str(&w, id.p, id.len);
	wr_strz(&w, "");
	wr_u64(&w, 0);
	wr_u64(&w, UINT64_MAX);
	wr_strz(&w, "");
	wr_strz(&w, "");
	wr_strz(&w, "");
	wr_strz(&w, "ca");
	wr_strz(&w, "sig");
	return (struct str){cert, wr_len(&w)};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static char line[512];
	struct rd r = rd_init((struct str){data, n});
	struct wr w = wr_init(plain, sizeof(plain));
	struct str id, file, blob, key;
	uint64_t serial;
	uint8_t *copy;
	int a, b, c;

	id = rd_bytes(&r, rd_u8(&r));
	serial = rd_u64(&r);
	if (r.bad)
		return 0;
	blob = make(id, serial);
	wr_strz(&w, "ssh-ed25519");
	wr_strz(&w, "01234567890123456789012345678901");
	key = (struct str){plain, wr_len(&w)};
	file.len = rd_left(&r);
	copy = malloc(file.len + 1);
	memcpy(copy, r.p, file.len);
	file.p = copy;
	a = krl_check(file, blob);
	b = krl_check(file, key);
	c = revoked(file, blob, line, sizeof(line));
	/* damaged is damaged for all; a revoked key is so under any certificate */
	if (a < -1 || a > 1 || (a < 0) != (b < 0) || (CFG_CERTS && b == 1 && a != 1) ||
	    (a >= 0 && c != a) || c < -1 || c > 1 || memcmp(copy, r.p, file.len) != 0)
		abort();
	free(copy);
	return 0;
}
