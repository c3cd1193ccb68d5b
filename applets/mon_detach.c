/* mon_detach.c - DetachOnLoss: a login whose connection is lost becomes a job. */
/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "job.h"
#include "monitor.h"

int *detach_master(const struct session *s)
{
	static int masters[MON_SESSIONS];

	return masters + (s - mon.session);
}

void detach_show(int slave)
{
	char room[512] __attribute__((aligned(8)));
	const char *name;
	struct dir d;
	int fd;

	if (job_dir(&d, room, sizeof(room)) < 0)
		return;
	while ((fd = job_next(&d, &name)) >= 0) {
		close(fd);
		if (!strncmp(name, JOB_LOST, sizeof(JOB_LOST) - 1))
			fmt_fd(slave, "A lost login goes on: cubssh job attach %p\n", name);
	}
	close(d.fd);
}

/* after a fork, where exec is not possible: the server's keys are none of its business */
static int adopt_run(void)
{
	wipe(&mon, sizeof(mon));
	return job_adopt();
}

int detach_give(int master)
{
	int r;

	if (!master)
		return 0;
	self_rename("cubssh"); /* who ends all servers by their name does not mean it */
	master--;
	r = self_spawn(ROLE_JOB, &master, 1, 0, adopt_run);
	log_put(LOG_L_NOTICE, "the login of '%s' from %s %s kept as a job", mon.user.name, mon.from,
		r < 0 ? "cannot be" : "is");
	return r >= 0;
}
