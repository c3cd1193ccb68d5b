/* flags_dropbear.c - dropbear's command line. */
/* SPDX-License-Identifier: MIT */
#include "settings_table.h"

/* clang-format off */
static const char usage[] =
    "usage: dropbear [OPTION]...\n"
    "-a  remote forwards on any address   -m  no message of the day\n"
    "-B  blank passwords are fine         -P  FILE for the process id\n"
    "-b  FILE shown before login          -p  [ADDR:]PORT to listen on\n"
    "-c  COMMAND in place of any other    -Q  list algorithms\n"
    "-D  FOLDER with authorized_keys      -R  make host keys\n"
    "-E  log to stderr                    -r  FILE with a host key\n"
    "-e  pass the environment on          -s  no passwords\n"
    "-F  stay in the foreground           -T  TRIES to log in\n"
    "-g  no passwords for root            -t  key and password\n"
    "-I  SECONDS of silence allowed       -V  version\n"
    "-i  inetd                            -v  verbose\n"
    "-j  no local forwards                -W  BYTES of receive window\n"
    "-K  SECONDS between keepalives       -w  no root\n"
    "-k  no remote forwards               -z  no quality of service\n"
    "-l  INTERFACE to listen on           -h  this text\n"
    "-M  SECONDS that a connection may last\n"
    USE_ACCESS_LISTS("-G  members of GROUP only\n")
    USE_SSHD_OPTIONS("-o  KEYWORD=VALUE of sshd_config\n");

static const struct set_flag flags[] = {
    {'a', K_GATEWAY_PORTS, GATEWAY_CLIENT},
    {'B', K_EMPTY_PASSWORDS, 1},
    {'b', K_BANNER, ARG},
    {'c', K_FORCE_COMMAND, ARG},
    {'D', K_AUTHORIZED_DIR, ARG},
    {'E', K_STDERR, 1},
    {'e', K_PASS_ENV, 1},
    {'F', K_FOREGROUND, 1},
    USE_ACCESS_LISTS({'G', K_ALLOW_GROUPS, ARG},)
    {'g', K_ROOT_PASSWORD, 0},
    {'h', K_USAGE, 1},
    {'I', K_IDLE, ARG},
    {'i', K_INETD, 1},
    {'j', K_NO_LOCAL, 0},
    {'K', K_ALIVE_INTERVAL, ARG},
    {'k', K_NO_REMOTE, 0},
    {'l', K_BIND_INTERFACE, ARG},
    {'M', K_MAX_DURATION, ARG},
    {'m', K_PRINT_MOTD, 0},
    USE_SSHD_OPTIONS({'o', K_OPTION, ARG},)
    {'P', K_PID_FILE, ARG},
    {'p', K_PORT, ARG},
    {'Q', K_QUERY, 1},
    {'R', K_MAKE_HOST_KEYS, 1},
    {'r', K_HOST_KEY, ARG},
    {'s', K_PASSWORD_AUTH, 0},
    {'T', K_MAX_TRIES, ARG},
    {'t', K_AUTH_METHODS, 1},
    {'V', K_VERSION, 1},
    {'v', K_VERBOSE, 1},
    {'W', K_WINDOW, ARG},
    {'w', K_PERMIT_ROOT, ROOT_NO},
    {'z', K_IPQOS, 0},
    {0, 0,		 0	},
};
/* clang-format on */

const struct set_dialect dialect_dropbear = {usage, flags};
