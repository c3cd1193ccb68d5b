/* test_hostkey_seed.c - HKDF as HostKeySeed uses it, and which secrets serve. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "hostkeys.h"

int main(void)
{
	/* openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:0b*22 -kdfopt info:... HKDF */
	static const char want[] =
	    "ffc8010a0864aac7f5c812b80347f7d24af5ee9d296cc1c1e9fab7f38bea56cd";
	uint8_t secret[22], out[32], good[32];

	memset(secret, 0x0b, sizeof(secret));
	check_hex(good, want);
	hostkey_derive(out, secret, sizeof(secret));
	check("hostkey_seed/as openssl's HKDF", !memcmp(out, good, 32), "other");
	return check_result();
}
