/* agent_args.c - the flags of ssh-agent and ssh-add. */
/* SPDX-License-Identifier: MIT */
#include "agent.h"
#include "flag.h"
#include "keyshow.h"
#include "settings_share.h"

struct agent_args agent_args APART;

int agent_flags_take(char ***argv, const char *list, const char *usage)
{
	struct agent_args *a = &agent_args;
	const char *at = NULL;
	char *arg;
	int c;

	self_init((*argv)++);
	while ((c = flag_next(&at, argv, list, "", &arg))) {
		if (c == '?' || (c == 'E' && !key_hash(arg, &a->md5)) ||
		    (c == 't' && !set_take_time(str_of(arg), &a->life))) {
			fmt_fd(2, "usage: %s\n", usage);
			return 0;
		}
		a->given[c & 127] = arg ? arg : "";
	}
	return 1;
}
