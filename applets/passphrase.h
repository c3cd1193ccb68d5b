/* passphrase.h - passphrases of key files: what they need, and asking for them. */
/* SPDX-License-Identifier: MIT */
#ifndef PASSPHRASE_H
#define PASSPHRASE_H

#include "keyfile.h"

/* for reading and writing what has a passphrase, by one at a time */
extern struct bcrypt_work key_work[CFG_KEY_PASSPHRASE];

#endif
