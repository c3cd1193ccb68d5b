/* cli_table.c - the client's table of settings. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli_table.h"

_Static_assert(sizeof(struct cli_set) < IN_LOAD, "an offset would be taken for one in cli_load");
_Static_assert(CLI_FILES == CLI_VARS, "one number of places for all lists");

#define ROW(row, name, value, off, type, arg) [row] = {off, type, arg},
const struct cli_key cli_keys[R_COUNT] = {CLI_ROWS(ROW)};

#define NAME(row, name, ...) name "\0" FIRST(__VA_ARGS__) "\0"
#define FIRST(value, ...) value
static const char names[] = CLI_ROWS(NAME);

const char *cli_name(unsigned k)
{
	const char *z = names;

	for (k *= 2; k--; z++)
		z += strlen(z);
	return z;
}

/* values: of enum cli_ask and the fields' comments; of .level OpenSSH's, see cli_set.c */
const char *const cli_enums[] = {
    [V_BOOL] = "0no;1yes;0false;1true;",
    [V_TRUE] = "1true;0false;1yes;0no;1unbound;1host-bound;2ask;",
    [V_FAMILY] = "0any;4inet;6inet6;",
    [V_MASTER] = "0false;1true;0no;1yes;2ask;4auto;5autoask;",
    [V_TTY] = "1true;0false;1yes;0no;4auto;5force;",
    [V_SESSION] = "0default;1none;2subsystem;",
    [V_STRICT] = "1true;0false;1yes;0no;0off;2ask;3accept-new;",
    [V_LEVEL] = "0SILENT;0QUIET;1FATAL;2ERROR;3INFO;4VERBOSE;5DEBUG1;5DEBUG;6DEBUG2;7DEBUG3;",
    USE_TUN([V_TUNNEL] = "0false;1point-to-point;1true;1yes;0no;2ethernet;", )[V_ADD] =
	"0false;1true;0no;1yes;2ask;3confirm;",
};
