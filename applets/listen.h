/* listen.h - the sockets that the server listens on. */
/* SPDX-License-Identifier: MIT */
#ifndef LISTEN_H
#define LISTEN_H

#include "mdns.h"
#include "settings.h"

#define LISTEN_MAX (CFG_LISTENERS + (CFG_LINKLOCAL ? MDNS_LINKS : 0))

/*
 * To the addresses of s: those that are open already stay open. 0; -1 where
 * none of the new ones could be had or, in a reload, where any could not (then
 * nothing has changed). The log names each.
 */
int listen_change(const struct settings *s);
/* the i-th socket, -1 behind the last */
int listen_fd(unsigned i);

#endif
