/* mon_rescue.c - the rescue login: from where, as whom, and with what when nothing is left. */
/* SPDX-License-Identifier: MIT */
/*
 * One session is kept ready by the listener: monitor, network process and the process that
 * runs our own commands exist, hold their descriptors and are locked in memory before the
 * connection is there. It serves whoever comes from where a rescue may come from; a login
 * that turns out to be another's loses what sets it apart.
 */
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "applets.h"
#include "monitor.h"
#include "rescue_sh.h"

#define USER "rescue"
#define SHELL "rescue-sh"

static int helper = -1; /* to the process that is kept for our own commands; -1: none */
static pid_t helper_pid;

int rescue_from(int sock, const struct addr *peer, const struct settings *s)
{
	const char *iface = RESCUE_IFACE(s);
	char name[16];

	return RESCUE_ON(s) && (addr_match(peer, "fe80::/10,169.254.0.0/16") > 0 ||
				(*iface && sock_iface(sock, name) == 0 && !strcmp(name, iface)));
}

int rescue_user(struct user *u, const char *name)
{
	if (strcmp(name, USER) != 0 || !RESCUE_ON(mon.set) || getuid() != 0)
		return 0;
	if (!RESCUE_MAY) {
		log_put(LOG_L_WARN,
			"no rescue login from <%s>: not link-local, not by RescueInterface",
			mon.from);
		return 0;
	}
	USE_RESCUE(mon.rescue = 1;)
	*u = (struct user){.name = USER, .home = "/", .shell = "/bin/sh", .readable = 1};
	return 1;
}

static int helper_start(void)
{
	int pair[2], r = msg_pair(pair);

	if (r < 0)
		return r;
	helper_pid = self_spawn(ROLE_RESCUE, pair + 1, 1, mon.set->to_stderr, rescue_main);
	close(pair[1]);
	helper = pair[0];
	return helper_pid;
}

int reserve_wait(void)
{
	struct pollfd p[2] = {
	    {.fd = mon.link, .events = POLLIN},
            {.fd = mon.net,  .events = POLLIN}
        };
	int conn = -1, n = 1;
	char c;

	if (helper_start() < 0)
		return -1;
	mem_lock();
	mem_touch(&mon, sizeof(mon));
	mem_touch(&mon_scratch, sizeof(mon_scratch));
	while (!p[0].revents && !p[1].revents)
		poll(p, 2, -1);
	if (p[1].revents || msg_recv(mon.link, &c, 1, &conn, &n) != 1 || n != 1)
		return -1;
	return msg_send(mon.net, &c, 1, &conn, 1) < 0 ? -1 : conn;
}

void reserve_release(void)
{
	close(helper);
	helper = -1;
	oom_score(mon.net_pid, 0);
	oom_score(getpid(), 0);
	mem_unlock();
}

/* after a fork, where exec is not possible */
static int commands_run(int argc, char **argv)
{
	wipe(mon.hostkey, sizeof(mon.hostkey));
	wipe(&mon.rng, sizeof(mon.rng));
	return rescue_sh_main(argc - 1, argv + 1);
}

/* what the process that waits is told: u8 terminal, u8 what, the line */
static pid_t helper_use(const struct child *c, int what, const char *line)
{
	char text[2 + RESCUE_LINE];
	int fds[3] = {c->in, c->out, c->err};
	size_t n = 3 + fmt(text, sizeof(text), "%c%c%s", c->tty ? 't' : 'p', what, line);

	if (helper < 0 || n > sizeof(text) || msg_send(helper, text, n, fds, 3) < 0)
		return -1;
	close(helper);
	helper = -1;
	return helper_pid;
}

pid_t rescue_spawn(struct child *c)
{
	static const char *argv[5];
	const char *line = !c->run && c->argv[1] ? c->argv[2] : NULL;
	int ours = line && !strncmp(line, SHELL, sizeof(SHELL) - 1), what;
	pid_t r = ours ? -1 : child_spawn(c), pid;

	if (r >= 0)
		return r;
	what = c->run ? 's' : line ? 'c' : 'i';
	if (ours) {
		line += sizeof(SHELL) - 1;
		what = *line ? 'c' : 'i';
	}
	if (!c->run) {
		argv[0] = self_name();
		argv[1] = "(" SHELL ")";
		argv[2] = what == 'c' ? "-c" : NULL;
		argv[3] = line;
		c->argv = (char *const *)argv;
		c->run = commands_run;
		pid = child_spawn(c);
		if (pid >= 0)
			return pid;
	}
	log_put(LOG_L_ALERT, "no process can be started (%s): the one kept ready serves",
		err_text(-r));
	return helper_use(c, what, what == 'c' ? line : "");
}

int rescue_main(void)
{
	static char text[2 + RESCUE_LINE + 1] APART;
	char *shell[] = {SHELL, "-c", text + 2, NULL}, *sftp[] = {"sftp-server", NULL};
	int fds[3], n = 3, i;

	mem_lock();
	mem_touch(rescue_block, sizeof(rescue_block));
	if (msg_recv(3, text, sizeof(text) - 1, fds, &n) < 3 || n != 3)
		return 0;
	for (i = 0; i < 3; i++) {
		dup2(fds[i], i);
		close(fds[i]);
	}
	close(3);
	proc_reset_signals();
	proc_session(text[0] == 't');
	if (chdir("/") < 0)
		return 1;
	if (CFG_SFTP_SERVER && text[1] == 's')
		return sftp_server_main(1, sftp);
	return rescue_sh_main(text[1] == 'c' ? 3 : 1, shell);
}
