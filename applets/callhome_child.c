/* callhome_child.c - one connection of callhome: ssh, or sshd on a socket that we have dialled. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <unistd.h>

#include "applets.h"
#include "callhome.h"
#include "cli_run.h"

/* host and port; what is left of argv is for sshd */
static int serve(int argc, char **argv)
{
	static struct dial d APART;
	int port = num_small(argv[1], 1, 65535);
	int fd = port < 0 ? port : dial_now(&d, argv[0], (uint16_t)port, 0, NULL, NULL, 0);

	REST(d);
	if (fd < 0) {
		fmt_fd(2, "%s port %s: %s\n", argv[0], argv[1],
		       fd == -ENOENT ? "no such host name" : err_text(-fd));
		return 1;
	}
	sock_nodelay(fd);
	fmt_fd(1, "%c0\n", CALLHOME_MARK);
	dup2(fd, 0);
	dup2(fd, 1);
	close(fd);
	argv[0] = "sshd";
	argv[1] = "-i";
	return sshd_main(argc, argv);
}

int callhome_child(int argc, char **argv)
{
	int turn = argc > 4 ? num_small(argv[2], 0, 255) : -1;

	if (turn < 0)
		return 2;
	dup2(1, 2);
	dial_turn((uint8_t)turn);
	if (*argv[1] != 's')
		return serve(argc - 3, argv + 3);
	cli.called = 1;
	argv[2] = "ssh";
	return ssh_main(argc - 2, argv + 2);
}

void cli_called(struct cli_set *s)
{
	s->batch = s->no_session = s->exit_on_forward_failure = 1;
	s->background = s->stdin_null = 0;
	s->control_path = NULL;
	if (!s->alive_interval)
		s->alive_interval = 15;
	if (!s->connect_timeout)
		s->connect_timeout = 20;
}

void cli_called_up(void)
{
	cli.called = 2;
	fmt_fd(1, "%c%u\n", CALLHOME_MARK, CFG_FORWARD ? cli_fwd_port() : 0);
}
