/* algs.h - the algorithms that are built in, most preferred first. */
/* SPDX-License-Identifier: MIT */
#ifndef ALGS_H
#define ALGS_H

#include "crypto.h"

/* each ends with NULL */
extern const struct kex *const kexes[];
extern const struct cipher *const ciphers[];
extern const struct mac *const macs[];

#endif
