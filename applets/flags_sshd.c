/* flags_sshd.c - sshd's command line. */
/* SPDX-License-Identifier: MIT */
#include "settings_table.h"

static const char usage[] =
    "usage: sshd [-46DdeiqTtV] [-f FILE] [-g TIME] [-h HOSTKEY]... [-p [ADDR:]PORT]...\n"
    "            [-o KEYWORD=VALUE]...\n"
    "-4 -6  IPv4 or IPv6 only             -i  inetd\n"
    "-D  stay in the foreground           -o  a line of the configuration\n"
    "-d  debug: -D -e, verbose            -p  listen there\n"
    "-e  log to stderr                    -q  log errors only\n"
    "-f  configuration file               -T  show the settings\n"
    "-g  time to log in                   -t  check the settings\n"
    "-h  host key                         -V  version\n";

static const struct set_flag flags[] = {
    {'4', K_ADDRESS_FAMILY, 4         },
    {'6', K_ADDRESS_FAMILY, 6         },
    {'D', K_FOREGROUND,     1         },
    {'d', K_DEBUG,          1         },
    {'e', K_STDERR,         1         },
    {'f', K_CONFIG,         ARG       },
    {'g', K_GRACE,          ARG       },
    {'h', K_HOST_KEY,       ARG       },
    {'i', K_INETD,          1         },
    {'o', K_OPTION,         ARG       },
    {'p', K_PORT,           ARG       },
    {'q', K_LOG_LEVEL,      0         },
    USE_SSHD_CONFIG({'T', K_TEST,           TEST_DUMP },
    ){'t', K_TEST,           TEST_CHECK},
    {'u', K_IGNORE,         ARG       },
    {'V', K_VERSION,        1         },
    {0,   0,		0         },
};

const struct set_dialect dialect_sshd = {usage, flags};
