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

#define APPLETS(ROW)                                                                           \
	USE_SSHD(ROW("sshd", sshd_main, "usr/sbin", "SSH server"))                             \
	USE_SSHD(USE_COMPAT_DROPBEAR(                                                          \
	    ROW("dropbear", sshd_main, "usr/sbin", "SSH server with dropbear's flags")))       \
	USE_CHECK(ROW("check", check_main, "", "why somebody can, or cannot, log in"))         \
	USE_SSH(ROW("ssh", ssh_main, "usr/bin", "SSH client"))                                 \
	USE_SSH(USE_COMPAT_DROPBEAR(                                                           \
	    ROW("dbclient", ssh_main, "usr/bin", "SSH client with dropbear's flags")))         \
	USE_CALLHOME(ROW("callhome", callhome_main, "usr/bin", "keeps a way in open"))         \
	USE_SFTP_SERVER(ROW("sftp-server", sftp_server_main, "usr/libexec", "SFTP server"))    \
	USE_RESCUE(                                                                            \
	    ROW("rescue-sh", rescue_sh_main, "", "commands for repairs, all of them inside"))  \
	USE_SCP(ROW("scp", scp_main, "usr/bin", "copies files between machines"))              \
	USE_SFTP(ROW("sftp", sftp_main, "usr/bin", "file transfer, interactive"))              \
	USE_SSH_AGENT(ROW("ssh-agent", ssh_agent_main, "usr/bin", "keeps keys"))               \
	USE_SSH_AGENT(ROW("ssh-add", ssh_add_main, "usr/bin", "gives keys to the agent"))      \
	USE_KEYGEN(ROW("ssh-keygen", keygen_main, "usr/bin", "makes and shows keys"))          \
	USE_KEYGEN(ROW("keygen", keygen_main, "", "the same"))                                 \
	USE_KEYGEN(USE_COMPAT_DROPBEAR(                                                        \
	    ROW("dropbearkey", dropbearkey_main, "usr/bin", "makes keys, for dropbear")))      \
	USE_KEYGEN(USE_COMPAT_DROPBEAR(                                                        \
	    ROW("dropbearconvert", dropbearconvert_main, "usr/bin", "to and from its files"))) \
	USE_MDNS(ROW("find", find_main, "", "lists the servers on the link"))                  \
	USE_GUARD(ROW("guard", guard_main, "", "a change that undoes itself"))                 \
	USE_GUARD(ROW("confirm", confirm_main, "", "unless the next login confirms it"))       \
	USE_RECEIVE(ROW("receive", receive_main, "", "takes a file that somebody has signed")) \
	USE_JOB(ROW("job", job_main, "", "commands that outlive their login"))

/* argv[0] is the name that the applet was called by, perhaps with a path before it */
int sshd_main(int argc, char **argv);
/* the argument of sftp-server that is asked for a shell or a command in its place */
#define SFTP_ONLY "sftp-only"
int check_main(int argc, char **argv);
/* ptyless.c, started by the monitor alone: a shell's path, and its arguments from its name on */
#define ROLE_PTYLESS "(ptyless)"
int ptyless_main(int argc, char **argv);
int ssh_main(int argc, char **argv);
int callhome_main(int argc, char **argv);
int sftp_server_main(int argc, char **argv);
int rescue_sh_main(int argc, char **argv);
int scp_main(int argc, char **argv);
int sftp_main(int argc, char **argv);
int ssh_agent_main(int argc, char **argv);
int ssh_add_main(int argc, char **argv);
int find_main(int argc, char **argv);
int keygen_main(int argc, char **argv);
int dropbearkey_main(int argc, char **argv);
int dropbearconvert_main(int argc, char **argv);
int guard_main(int argc, char **argv);
int confirm_main(int argc, char **argv);
int receive_main(int argc, char **argv);
int job_main(int argc, char **argv);

#endif
