/* flags_dropbear.c - dropbear's command line. */
/* SPDX-License-Identifier: MIT */
#include "settings_table.h"

static const char usage[] =
    "usage: dropbear [OPTION]...\n"
    "-a  remote forwards on any address   -M  SECONDS that a connection may last\n"
    "-B  blank passwords are fine         -m  no message of the day\n"
    "-b  FILE shown before login          -o  KEYWORD=VALUE of sshd_config\n"
    "-c  COMMAND in place of any other    -P  FILE for the process id\n"
    "-D  FOLDER with authorized_keys      -p  [ADDR:]PORT to listen on\n"
    "-E  log to stderr                    -Q  list algorithms\n"
    "-e  pass the environment on          -R  make host keys\n"
    "-F  stay in the foreground           -r  FILE with a host key\n"
    "-G  members of GROUP only            -s  no passwords\n"
    "-g  no passwords for root            -T  TRIES to log in\n"
    "-I  SECONDS of silence allowed       -t  key and password\n"
    "-i  inetd                            -V  version\n"
    "-j  no local forwards                -v  verbose\n"
    "-K  SECONDS between keepalives       -W  BYTES of receive window\n"
    "-k  no remote forwards               -w  no root\n"
    "-l  INTERFACE to listen on           -z  no quality of service\n";

static const struct set_flag flags[] = {
    {'a', K_GATEWAY_PORTS,   GATEWAY_CLIENT},
    {'B', K_EMPTY_PASSWORDS, 1             },
    {'b', K_BANNER,          ARG           },
    {'c', K_FORCE_COMMAND,   ARG           },
    {'D', K_AUTHORIZED_DIR,  ARG           },
    {'E', K_STDERR,          1             },
    {'e', K_PASS_ENV,        1             },
    {'F', K_FOREGROUND,      1             },
    {'G', K_ALLOW_GROUPS,    ARG           },
    {'g', K_ROOT_PASSWORD,   0             },
    {'h', K_USAGE,           1             },
    {'I', K_IDLE,            ARG           },
    {'i', K_INETD,           1             },
    {'j', K_NO_LOCAL,        0             },
    {'K', K_ALIVE_INTERVAL,  ARG           },
    {'k', K_NO_REMOTE,       0             },
    {'l', K_BIND_INTERFACE,  ARG           },
    {'M', K_MAX_DURATION,    ARG           },
    {'m', K_PRINT_MOTD,      0             },
    {'o', K_OPTION,          ARG           },
    {'P', K_PID_FILE,        ARG           },
    {'p', K_PORT,            ARG           },
    {'Q', K_QUERY,           1             },
    {'R', K_MAKE_HOST_KEYS,  1             },
    {'r', K_HOST_KEY,        ARG           },
    {'s', K_PASSWORD_AUTH,   0             },
    {'T', K_MAX_TRIES,       ARG           },
    {'t', K_AUTH_METHODS,    1             },
    {'V', K_VERSION,         1             },
    {'v', K_VERBOSE,         1             },
    {'W', K_WINDOW,          ARG           },
    {'w', K_PERMIT_ROOT,     ROOT_NO       },
    {'z', K_IPQOS,           0             },
    {0,   0,		 0	     },
};

const struct set_dialect dialect_dropbear = {usage, flags};
