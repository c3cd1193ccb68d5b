/* passphrase.c - passphrases of key files: what they need, and asking for them. */
/* SPDX-License-Identifier: MIT */
#include "passphrase.h"

#include "port.h"

struct bcrypt_work key_work[CFG_KEY_PASSPHRASE] APART;
