/* applets.h - the programs in the binary. */
/* SPDX-License-Identifier: MIT */
/*
 * ROW(name, function, folder it is installed to, what it is); "" where no link
 * is made. A row stands in the USE_ of its symbols, so that what is not
 * configured is not linked. `make install` reads the same rows.
 */
#ifndef APPLETS_H
#define APPLETS_H

#include "config.h"

#define APPLETS(ROW)                                                                     \
	USE_SSHD(ROW("sshd", sshd_main, "usr/sbin", "SSH server"))                       \
	USE_SSHD(USE_COMPAT_DROPBEAR(                                                    \
	    ROW("dropbear", sshd_main, "usr/sbin", "SSH server with dropbear's flags"))) \
	USE_KEYGEN(ROW("ssh-keygen", keygen_main, "usr/bin", "makes and shows keys"))    \
	USE_KEYGEN(ROW("keygen", keygen_main, "", "the same"))

/* argv[0] is the name that the applet was called by, perhaps with a path before it */
int sshd_main(int argc, char **argv);
int keygen_main(int argc, char **argv);

#endif
