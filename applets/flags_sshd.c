/* flags_sshd.c - sshd's command line. */
/* SPDX-License-Identifier: MIT */
#include "settings_table.h"

/* clang-format off */
static const char usage[] =
    "usage: sshd [OPTION]...\n" USE_ERROR_TEXTS(
    "-4 -6  IPv4 or IPv6 only             -i  inetd\n"
    "-D  stay in the foreground           -p  [ADDR:]PORT to listen on\n"
    "-d  debug: -D -e, verbose            -q  log errors only\n"
    "-e  log to stderr                    -t  check the settings\n"
    "-g  TIME to log in                   -V  version\n"
    "-h  FILE with a host key             -u  LENGTH, for nothing\n")
    USE_SSHD_OPTIONS("-o  KEYWORD=VALUE of sshd_config     -T  show the settings\n")
    USE_SSHD_CONFIG("-f  FILE of settings\n");

static const struct set_flag flags[] = {
    {'4', K_ADDRESS_FAMILY, 4},
    {'6', K_ADDRESS_FAMILY, 6},
    {'D', K_FOREGROUND, 1},
    {'d', K_DEBUG, 1},
    {'e', K_STDERR, 1},
    USE_SSHD_CONFIG({'f', K_CONFIG, ARG},)
    {'g', K_GRACE, ARG},
    {'h', K_HOST_KEY, ARG},
    {'i', K_INETD, 1},
    USE_SSHD_OPTIONS({'o', K_OPTION, ARG},)
    {'p', K_PORT, ARG},
    {'q', K_LOG_LEVEL, 0},
    USE_SSHD_OPTIONS({'T', K_TEST, TEST_DUMP},)
    {'t', K_TEST, TEST_CHECK},
    {'u', K_IGNORE, ARG},
    {'V', K_VERSION, 1},
    {0, 0, 0},
};
/* clang-format on */

const struct set_dialect dialect_sshd = {usage, flags};
