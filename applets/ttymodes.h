/* ttymodes.h - terminal modes as they come over the wire (RFC 4254 8). */
/* SPDX-License-Identifier: MIT */
#ifndef TTYMODES_H
#define TTYMODES_H

#include "wire.h"

/* sets the terminal as the client's is; what is not known here is left as it was */
void ttymodes_apply(int fd, struct str modes);
/* the modes of a terminal, as a string; an empty one where fd is none */
void ttymodes_write(struct wr *w, int fd);

#endif
