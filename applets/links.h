/* links.h - what the listener makes of this machine's addresses. */
/* SPDX-License-Identifier: MIT */
#ifndef LINKS_H
#define LINKS_H

#include "hostkeys.h"

/*
 * Starts, or starts anew after a reload: ListenLinkLocal has its listeners before it
 * returns. Announce's process comes with links_tell, later, as our child.
 */
void links_start(const struct settings *s, const struct hostkeys *k);
void links_tell(void);
/* to poll for, -1: none; and what to do then */
int links_news(void);
void links_take(void);
/* the i-th listener on a link, -1 behind the last */
int links_fd(unsigned i);
/* a child of ours has ended */
void links_reaped(pid_t pid);

#endif
