/* mon_session.c - sessions: terminals, commands, signals (RFC 4254 6). */
/* SPDX-License-Identifier: MIT */
/*
 * A session is known by its channel. The terminal's slave stays here until the
 * command starts; net has the master. A command that has lost its channel is
 * hung up and no longer known.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "monitor.h"
#include "ttymodes.h"

#define MOTD "/etc/motd"
#define ORIGINAL "SSH_ORIGINAL_COMMAND="

/* the command line stands behind the variable's name, which a forced command wants */
static char *const command = mon_scratch.command + sizeof(ORIGINAL) - 1;
static size_t command_len;

static struct session *session_of(struct rd *r, uint32_t *ch)
{
	*ch = rd_u32(r);
	if (*ch >= MON_SESSIONS)
		r->bad = 1;
	return &mon.session[*ch < MON_SESSIONS ? *ch : 0];
}

/* %u the user, %U its number, %h its home, %%; 0: another one, or too long */
static int expand(char *out, size_t n, const char *p)
{
	size_t at = 0;

	for (; *p && at < n - 1; p++) {
		if (*p != '%')
			at += fmt(out + at, n - at, "%c", *p);
		else if (*++p == 'u')
			at += fmt(out + at, n - at, "%s", mon.user.name);
		else if (*p == 'h')
			at += fmt(out + at, n - at, "%s", mon.user.home);
		else if (*p == 'U')
			at += fmt(out + at, n - at, "%u", (unsigned)mon.user.uid);
		else if (*p == '%')
			at += fmt(out + at, n - at, "%%");
		else
			return 0;
	}
	return at < n - 1;
}

/* ChrootDirectory: every part of the path is root's and nobody else's to write */
int session_chroot(void)
{
	const char *given = SETTING(mon.set, chroot_dir);
	char dir[512];
	struct stat st;

	if (!CFG_SSHD_OPTIONS || !*given)
		return 1;
	if (!expand(dir, sizeof(dir), given)) {
		log_put(LOG_L_ERROR, "ChrootDirectory %p: not a path that can be had", given);
		return 0;
	}
	if (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode) || st.st_uid != 0 || (st.st_mode & 022)) {
		log_put(LOG_L_ERROR, "%s: not a directory that root alone can write", dir);
		return 0;
	}
	if (chroot(dir) < 0 || chdir("/") < 0) {
		log_put(LOG_L_ERROR, "%s: chroot: %m", dir);
		return 0;
	}
	return 1;
}

static void session_reset(struct session *s)
{
	if (s->slave)
		close(s->slave - 1);
	if (CFG_JOB &&
	    *detach_master(s)) { /* not written to where it is not needed: it is a page */
		close(*detach_master(s) - 1);
		*detach_master(s) = 0;
	}
	*s = (struct session){0};
}

/* the two kinds of .slave */
static int is_tty(int fd)
{
	struct termios t;

	return !CFG_PTYLESS || tty_get(fd, &t) != -ENOTTY;
}

static void env_number(uint32_t ch, struct str name, uint32_t n)
{
	char text[12];

	if (!n)
		return;
	fmt(text, sizeof(text), "%u", (unsigned)n);
	env_add(ch, name, str_of(text));
}

/* no terminal is to be had: a socket is the next best, and who has its other end edits lines */
static int ptyless(uint32_t ch, int *master, int *slave, uint32_t cols, uint32_t rows)
{
	int pair[2], r = fd_pair(pair);

	if (r < 0)
		return r;
	fd_nonblock(pair[0]);
	*master = pair[0];
	*slave = pair[1];
	env_add(ch, STR("TERM"), STR("dumb"));
	env_number(ch, STR("COLUMNS"), cols);
	env_number(ch, STR("LINES"), rows);
	return 0;
}

void session_pty(struct rd *r, struct wr *w, int fds[3], int *nfds)
{
	uint32_t ch, cols, rows, xpix, ypix;
	struct session *s = session_of(r, &ch);
	struct str term = rd_str(r), modes;
	int master, slave, err, may = CFG_PTY && (keys_may() & MAY_PTY);
	char tty[24];

	cols = rd_u32(r);
	rows = rd_u32(r);
	xpix = rd_u32(r);
	ypix = rd_u32(r);
	modes = rd_str(r);
	if (!rd_done(r) || s->pid || s->slave) {
		r->bad = 1;
		return;
	}
	err = may ? pty_open(&master, &slave, tty, sizeof(tty), &mon.user) : -EPERM;
	if (err)
		log_put(LOG_L_WARN, "no terminal for '%s': %s%s", mon.user.name, err_text(-err),
			CFG_PTYLESS && may ? ": the server edits lines" : "");
	if (CFG_PTYLESS && may && err) {
		err = ptyless(ch, &master, &slave, cols, rows);
	} else if (!err) {
		ttymodes_apply(slave, modes);
		pty_size(master, cols, rows, xpix, ypix);
		env_add(ch, STR("SSH_TTY"), str_of(tty));
		if (term.len)
			env_add(ch, STR("TERM"), term);
	}
	wr_u8(w, err == 0);
	if (err)
		return;
	s->slave = slave + 1;
	/* who has a forced command could never go back to it */
	if (CFG_JOB && mon.set->detach && !keys_command())
		*detach_master(s) = fd_copy(master) + 1;
	fds[0] = master;
	*nfds = 1;
}

void session_part(struct rd *r, struct wr *w)
{
	uint32_t ch;
	struct str part;
	int yes;

	session_of(r, &ch);
	part = rd_str(r);
	if (!rd_done(r))
		return;
	yes = part.len < MON_COMMAND - command_len && !memchr(part.p, 0, part.len);
	if (yes) {
		memcpy(command + command_len, part.p, part.len);
		command_len += part.len;
	} else {
		log_put(LOG_L_WARN,
			"a command of '%s' is too long (%d bytes at most), or holds a NUL byte",
			mon.user.name, MON_COMMAND);
		command_len = 0;
	}
	wr_u8(w, yes);
}

int session_pending(void)
{
	return command_len != 0;
}

/* as the terminal would show it, before the shell says a word; what does not fit at once is left out */
static void motd_show(int slave)
{
	char text[1024];
	ssize_t n, done = 0, r;
	int fd = open(MOTD, O_RDONLY | O_CLOEXEC | O_NONBLOCK), flags = fcntl(slave, F_GETFL);

	if (fd < 0)
		return;
	fcntl(slave, F_SETFL, flags | O_NONBLOCK);
	while ((n = read(fd, text, sizeof(text))) > 0)
		for (done = 0; done < n; done += r)
			if ((r = write(slave, text + done, n - done)) <= 0)
				goto out;
out:
	fcntl(slave, F_SETFL, flags);
	close(fd);
}

/* pipes[i]: 0 and 1 as pipe(2) gives them; child[i] is the command's end */
static int pipes_open(int pipes[3][2])
{
	int i, r = 0;

	for (i = 0; i < 3 && r == 0; i++)
		r = fd_pipe(pipes[i]);
	if (r == 0)
		return 0;
	while (--i) {
		close(pipes[i - 1][0]);
		close(pipes[i - 1][1]);
	}
	return r;
}

static pid_t start_piped(struct child *c, int fds[3], int *nfds)
{
	int pipes[3][2], r = pipes_open(pipes), i;

	if (r < 0)
		return r;
	c->in = pipes[0][0];
	c->out = pipes[1][1];
	c->err = pipes[2][1];
	r = CFG_RESCUE && RESCUING ? rescue_spawn(c) : child_spawn(c);
	close(c->in);
	close(c->out);
	close(c->err);
	fds[0] = pipes[0][1];
	fds[1] = pipes[1][0];
	fds[2] = pipes[2][0];
	for (i = 0; i < 3; i++) {
		if (r < 0)
			close(fds[i]);
		else
			fd_nonblock(fds[i]);
	}
	*nfds = r < 0 ? 0 : 3;
	return r;
}

static pid_t start_on_tty(struct child *c, struct session *s)
{
	pid_t r;

	c->tty = is_tty(s->slave - 1);
	if (CFG_PTYLESS && !c->tty)
		program_ptyless(c);
	c->in = c->out = c->err = s->slave - 1;
	r = CFG_RESCUE && RESCUING ? rescue_spawn(c) : child_spawn(c);
	close(s->slave - 1);
	s->slave = 0;
	return r;
}

void session_spawn(struct rd *r, struct wr *w, int fds[3], int *nfds)
{
	uint32_t ch;
	struct session *s = session_of(r, &ch);
	enum spawn kind = rd_u8(r);
	struct str version = CFG_SFTP_SERVER ? rd_str(r) : (struct str){0};
	struct child c = {.user = &mon.user, .path = mon.user.shell};
	const char *line;
	pid_t pid = -ENOENT;
	int had_tty = s->slave != 0;

	if (!rd_done(r) || s->pid || kind > SPAWN_SUBSYSTEM) {
		r->bad = 1;
		return;
	}
	if (keys_command())
		memcpy(mon_scratch.command, ORIGINAL, sizeof(ORIGINAL) - 1);
	command[command_len] = 0;
	line = program_choose(&c, kind, command);
	if (c.argv) {
		int original = keys_command() && kind != SPAWN_SHELL;

		if (CFG_SFTP_SERVER && c.run)
			env_add(ch, STR("CUBSSH_CLIENT_VERSION"), version);
		c.envp = env_build(ch, original ? mon_scratch.command : NULL);
		if (CFG_MOTD && had_tty && !line && mon.set->motd && is_tty(s->slave - 1))
			motd_show(s->slave - 1);
		if (CFG_JOB && mon.set->detach && had_tty && !line)
			detach_show(s->slave - 1);
		pid = had_tty ? start_on_tty(&c, s) : start_piped(&c, fds, nfds);
	}
	if (pid < 0)
		log_put(LOG_L_WARN, "'%s': cannot run %p: %s", mon.user.name,
			c.argv ? c.path : command, err_text(-pid));
	else
		log_put(LOG_L_DEBUG, "'%s' runs %p", mon.user.name, line ? line : c.path);
	env_drop(ch);
	command_len = 0;
	if (pid < 0)
		session_reset(s);
	else
		s->pid = pid;
	wr_u8(w, pid > 0);
}

/* RFC 4254 6.10 */
static const struct {
	char name[5];
	uint8_t number;
} signals[] = {
    {"ABRT", SIGABRT},
    {"ALRM", SIGALRM},
    {"FPE",  SIGFPE },
    {"HUP",  SIGHUP },
    {"ILL",  SIGILL },
    {"INT",  SIGINT },
    {"KILL", SIGKILL},
    {"PIPE", SIGPIPE},
    {"QUIT", SIGQUIT},
    {"SEGV", SIGSEGV},
    {"TERM", SIGTERM},
    {"USR1", SIGUSR1},
    {"USR2", SIGUSR2},
};

#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

int session_signal(const char *name)
{
	unsigned i = 0;

	if (!strncmp(name, "SIG", 3))
		name += 3;
	while (i < SIGNALS && strcmp(name, signals[i].name))
		i++;
	return i < SIGNALS ? signals[i].number : 0;
}

void session_kill(struct rd *r, struct wr *w)
{
	uint32_t ch;
	struct session *s = session_of(r, &ch);
	struct str name = rd_str(r);
	unsigned i;

	if (!rd_done(r))
		return;
	for (i = 0; i < SIGNALS; i++)
		if (str_is(name, signals[i].name))
			break;
	wr_u8(w, i < SIGNALS && s->pid && (keys_may() & MAY_STEER) &&
		     kill(-s->pid, signals[i].number) == 0);
}

void session_hup(struct rd *r, struct wr *w)
{
	uint32_t ch;
	struct session *s = session_of(r, &ch);

	if (!rd_done(r))
		return;
	if (s->pid)
		kill(-s->pid, SIGHUP);
	env_drop(ch);
	session_reset(s);
	wr_u8(w, 1);
}

static void tell(uint32_t ch, int status)
{
	uint8_t mem[64];
	struct wr w = wr_init(mem, sizeof(mem));
	unsigned i;

	wr_u8(&w, MON_ENDED);
	wr_u32(&w, ch);
	wr_u8(&w, WIFSIGNALED(status));
	wr_u32(&w, WEXITSTATUS(status));
	wr_u8(&w, WIFSIGNALED(status) && WCOREDUMP(status));
	for (i = 0; WIFSIGNALED(status) && i < SIGNALS; i++)
		if (signals[i].number == WTERMSIG(status))
			break;
	wr_strz(&w, WIFSIGNALED(status) && i < SIGNALS ? signals[i].name : "");
	monitor_notify(mem, wr_len(&w));
}

void session_reap(void)
{
	int status;
	unsigned i;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (i = 0; i < MON_SESSIONS; i++)
			if (mon.session[i].pid == pid)
				break;
		if (i == MON_SESSIONS)
			continue;
		session_reset(&mon.session[i]);
		tell(i, status);
	}
}

void session_end_all(int lost)
{
	unsigned i;

	if (CFG_JOB && lost)
		session_reap();
	for (i = 0; i < MON_SESSIONS; i++) {
		struct session *s = &mon.session[i];

		if (s->pid && !(CFG_JOB && lost && detach_give(*detach_master(s))))
			kill(-s->pid, SIGHUP);
	}
}
