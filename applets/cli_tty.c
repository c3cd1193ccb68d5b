/* cli_tty.c - our terminal, raw while a session with one lasts. */
/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "cli_run.h"
#include "ttymodes.h"

static struct termios was;
static int raw;

static void make_raw(void)
{
	struct termios t = was;

	t.c_iflag &= ~(unsigned)(ISTRIP | INLCR | IGNCR | ICRNL | IXON | IXANY | IXOFF | IUCLC);
	t.c_iflag |= IGNPAR;
	t.c_lflag &= ~(unsigned)(ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHONL | IEXTEN);
	t.c_oflag &= ~(unsigned)OPOST;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	tty_set(0, &t);
}

void cli_tty_raw(void)
{
	if (raw || tty_get(0, &was) < 0)
		return;
	raw = 1;
	make_raw();
}

/* after a stop somebody else may have had the terminal */
void cli_tty_again(void)
{
	if (raw)
		make_raw();
}

void cli_tty_restore(void)
{
	if (raw)
		tty_set(0, &was);
	raw = 0;
}

void cli_tty_stop(void)
{
	int had = raw;

	cli_tty_restore();
	kill(0, SIGTSTP);
	if (had)
		cli_tty_raw();
}

void cli_tty_size(struct wr *w, int fd)
{
	struct winsize s = {0};

	if (tty_size(fd, &s) < 0 || !s.ws_col)
		s = (struct winsize){.ws_col = 80, .ws_row = 24};
	wr_u32(w, s.ws_col);
	wr_u32(w, s.ws_row);
	wr_u32(w, s.ws_xpixel);
	wr_u32(w, s.ws_ypixel);
}

void cli_tty_request(struct wr *w, int fd, struct str term)
{
	wr_str(w, term.p, term.len);
	cli_tty_size(w, fd);
	ttymodes_write(w, fd);
}
