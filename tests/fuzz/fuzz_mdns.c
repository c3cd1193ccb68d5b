/* fuzz_mdns.c - multicast DNS: hostile packets for the responder, and for who looks for others. */
/* SPDX-License-Identifier: MIT */
/*
 * The input: a byte of time in steps of 20 ms, a byte of who and where, two of length,
 * and a packet; again and again. Nothing is sent: the socket is none.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "mdns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct mdns_told told = {
	    .n = 4,
	    .port = 22,
	    .name = "box",
	    .txt = "fp=SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	    .at = {{2, AF_INET, 0, {0}, {10, 0, 0, 1}},
		   {2, AF_INET6, 1, {0}, {0xfe, 0x80, [15] = 1}},
		   {2, AF_INET6, 0, {0}, {0x20, 1, [15] = 1}},
		   {3, AF_INET6, 1, {0}, {0xfe, 0x80, [15] = 2}}}
        };
	struct addr from;
	uint32_t now = 0xfffff000; /* which wraps */

	mdns_sock = -1;
	mdns_tell(&told, now);
	while (n >= 4) {
		size_t len = (size_t)data[2] << 8 | data[3];
		unsigned who = data[1];
		uint8_t *m;

		now += data[0] * 20u;
		data += 4;
		n -= 4;
		len = len < n ? len : n;
		addr_parse(&from, who & 1 ? "::ffff:10.0.0.9" : "fe80::9", 6,
			   who & 2 ? MDNS_PORT : 1234);
		m = malloc(len ? len : 1); /* so that what is behind it is nobody's */
		memcpy(m, data, len);
		if (who & 4)
			find_take(m, len, &from, 2 + (who >> 3 & 1));
		else
			mdns_packet(m, len, &from, 2 + (who >> 3 & 3), now);
		free(m);
		if (mdns_work(now) < -1)
			abort();
		data += len;
		n -= len;
	}
	return 0;
}
