/* fuzz_packet_client.c - bytes to a client before there are keys. */
/* SPDX-License-Identifier: MIT */
#include "lab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* the first byte says how large the pieces are in which the rest arrives */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t piece, k;

	if (!n)
		return 0;
	lab_fresh(1, data, 0);
	piece = data[0] ? data[0] : n;
	for (data++, n--; n && !lab.done; data += k, n -= k) {
		k = piece < n ? piece : n;
		lab_feed(data, k);
	}
	TRAP_UNLESS(lab.victim.phase <= PH_SERVICE && !lab.authed);
	return 0;
}
