/* ttymodes.c - terminal modes as they come over the wire (RFC 4254 8). */
/* SPDX-License-Identifier: MIT */
#include "ttymodes.h"

#include "port.h"

#include <string.h>
#include <termios.h>
#include <unistd.h>

/* opcode 1 ..: index into c_cc; NONE where this system has none such */
#define NONE 255
static const uint8_t chars[] = {
    [1] = VINTR,    [2] = VQUIT,   [3] = VERASE, [4] = VKILL,  [5] = VEOF,  [6] = VEOL,
    [7] = VEOL2,    [8] = VSTART,  [9] = VSTOP,  [10] = VSUSP, [11] = NONE, [12] = VREPRINT,
    [13] = VWERASE, [14] = VLNEXT, [15] = NONE,  [16] = VSWTC, [17] = NONE, [18] = VDISCARD,
};

enum field { IFLAG, LFLAG, OFLAG, CFLAG };

/* short where all of them are, as they are but on PowerPC */
typedef __typeof__(__builtin_choose_expr(PENDIN > 0xffff, (uint32_t)0, (uint16_t)0)) bits;

/* clang-format off */
static const struct {
	uint8_t opcode, field;
	bits bits;
} flags[] = {
	{30, IFLAG, IGNPAR}, {31, IFLAG, PARMRK}, {32, IFLAG, INPCK}, {33, IFLAG, ISTRIP},
	{34, IFLAG, INLCR}, {35, IFLAG, IGNCR}, {36, IFLAG, ICRNL}, {37, IFLAG, IUCLC},
	{38, IFLAG, IXON}, {39, IFLAG, IXANY}, {40, IFLAG, IXOFF}, {41, IFLAG, IMAXBEL},
	{42, IFLAG, IUTF8}, {50, LFLAG, ISIG}, {51, LFLAG, ICANON}, {52, LFLAG, XCASE},
	{53, LFLAG, ECHO}, {54, LFLAG, ECHOE}, {55, LFLAG, ECHOK}, {56, LFLAG, ECHONL},
	{57, LFLAG, NOFLSH}, {58, LFLAG, TOSTOP}, {59, LFLAG, IEXTEN}, {60, LFLAG, ECHOCTL},
	{61, LFLAG, ECHOKE}, {62, LFLAG, PENDIN}, {70, OFLAG, OPOST}, {71, OFLAG, OLCUC},
	{72, OFLAG, ONLCR}, {73, OFLAG, OCRNL}, {74, OFLAG, ONOCR}, {75, OFLAG, ONLRET},
	{90, CFLAG, CS7}, {91, CFLAG, CS8}, {92, CFLAG, PARENB}, {93, CFLAG, PARODD},
};
/* clang-format on */

#define FLAGS (sizeof(flags) / sizeof(flags[0]))

static void flag_set(struct termios *t, uint8_t opcode, uint32_t on)
{
	tcflag_t *fields[] = {&t->c_iflag, &t->c_lflag, &t->c_oflag, &t->c_cflag};
	size_t i;

	for (i = 0; i < FLAGS; i++) {
		if (flags[i].opcode != opcode)
			continue;
		if (on)
			*fields[flags[i].field] |= flags[i].bits;
		else if (opcode != 90 && opcode != 91) /* a size of characters is not taken off */
			*fields[flags[i].field] &= ~flags[i].bits;
	}
}

void ttymodes_apply(int fd, struct str modes)
{
	struct rd r = rd_init(modes);
	struct termios t;
	uint8_t opcode;

	if (tty_get(fd, &t) < 0)
		return;
	/* 0 ends; from 160 on the arguments are not defined */
	while ((opcode = rd_u8(&r)) && opcode < 160 && !r.bad) {
		uint32_t v = rd_u32(&r);

		if (r.bad)
			break;
		/* speeds, 128 and 129, mean nothing to a pseudo terminal */
		if (opcode < sizeof(chars) && chars[opcode] != NONE)
			t.c_cc[chars[opcode]] = v == 255 ? _POSIX_VDISABLE : v;
		else
			flag_set(&t, opcode, v);
	}
	tty_set(fd, &t);
}

void ttymodes_write(struct wr *w, int fd)
{
	uint8_t *mark = wr_open(w);
	struct termios t;
	size_t i;

	if (tty_get(fd, &t) == 0) {
		tcflag_t fields[] = {t.c_iflag, t.c_lflag, t.c_oflag, t.c_cflag};

		for (i = 1; i < sizeof(chars); i++) {
			if (chars[i] == NONE)
				continue;
			wr_u8(w, i);
			wr_u32(w, t.c_cc[chars[i]] == _POSIX_VDISABLE ? 255 : t.c_cc[chars[i]]);
		}
		for (i = 0; i < FLAGS; i++) {
			wr_u8(w, flags[i].opcode);
			wr_u32(w, (fields[flags[i].field] & flags[i].bits) == flags[i].bits);
		}
		wr_u8(w, 128); /* speeds: a number that every server takes */
		wr_u32(w, 38400);
		wr_u8(w, 129);
		wr_u32(w, 38400);
		wr_u8(w, 0);
	}
	wr_close(w, mark);
}
