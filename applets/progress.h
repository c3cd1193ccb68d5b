/* progress.h - the meter of a transfer, and its brake. */
/* SPDX-License-Identifier: MIT */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdint.h>

/*
 * One line, drawn again each second, where descriptor 1 is a terminal and we are
 * in its foreground; its width follows the terminal's. on 0, or no terminal: nothing
 * is drawn and the others do nothing but brake. limit: bytes a second, 0 for none, < 2^31.
 */
void progress_begin(const char *name, uint64_t size, uint64_t done, int on, uint32_t limit);
/* n more bytes are through; sleeps where that is faster than the limit */
void progress_add(uint64_t n);
/* the last state of the line, and a newline; once */
void progress_end(void);
/* milliseconds until the line is due again, for poll; -1: never */
int progress_wait(void);

#endif
