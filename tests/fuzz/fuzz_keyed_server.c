/* fuzz_keyed_server.c - what a peer that is logged in may say to a server, and its application do. */
/* SPDX-License-Identifier: MIT */
#include "lab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	lab_keyed(0, PH_CONN, data, n);
	lab_connection();
	return 0;
}
