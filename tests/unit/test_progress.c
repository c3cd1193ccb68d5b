/* test_progress.c - the brake of a transfer; the meter where there is no terminal. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "port.h"
#include "progress.h"

/* milliseconds that n bytes take in pieces under a limit */
static uint64_t takes(uint64_t n, uint64_t piece, uint32_t limit)
{
	uint64_t start = clock_ms();

	progress_begin("x", n, 0, 1, limit);
	for (; n >= piece; n -= piece)
		progress_add(piece);
	progress_end();
	return clock_ms() - start;
}

int main(void)
{
	uint64_t ms = takes(50000, 5000, 100000);

	check("brake/mean rate", ms >= 490 && ms < 2000, "too fast, or far too slow");
	ms = takes(3, 1, 10);
	check("brake/single bytes", ms >= 290 && ms < 2000, "too fast, or far too slow");
	ms = takes(1000000000, 1000000, 0) + takes(1000000000, 1000000, INT32_MAX);
	check("brake/none", ms < 500, "it sleeps");
	progress_begin("x", 1, 0, 0, 0);
	check("meter/off", progress_wait() == -1, "it is due");
	progress_end();
	return check_result();
}
