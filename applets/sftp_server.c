/* sftp_server.c - sftp-server: its command line, and what goes before and after the requests. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "applets.h"
#include "sftp_server.h"

static const char usage[] =
    "usage: sftp-server [-ehR] [-c command] [-d folder] [-f facility] [-l level]\n"
    "                   [-P denied,...] [-p allowed,...] [-u umask]\n"
    "       sftp-server -Q requests\n";

/* values of port.h and RFC 5424 6.2.1, each before its name; VERBOSE is what stat and the like log at */
static const char levels[] = "0QUIET\0"
			     "0FATAL\0"
			     "0ERROR\0"
			     "3INFO\0"
			     "4VERBOSE\0"
			     "4DEBUG\0"
			     "4DEBUG1\0"
			     "5DEBUG2\0"
			     "5DEBUG3\0";
static const char facilities[] = "3DAEMON\0"
				 "1USER\0"
				 "4AUTH\0"
				 ":AUTHPRIV\0"
				 "@LOCAL0\0"
				 "ALOCAL1\0"
				 "BLOCAL2\0"
				 "CLOCAL3\0"
				 "DLOCAL4\0"
				 "ELOCAL5\0"
				 "FLOCAL6\0"
				 "GLOCAL7\0";

static struct sftpd sftpd APART;

static struct {
	int to_stderr, level, facility;
	const char *dir;
} arg;

static int named(const char *list, const char *name)
{
	for (; *list; list += strlen(list) + 1)
		if (!strcasecmp(list + 1, name))
			return *list - '0';
	return -1;
}

/* an octal number of at most 0777, or -1 */
static int octal(const char *z)
{
	int v = *z ? 0 : -1;

	for (; *z && v >= 0; z++)
		v = *z >= '0' && *z <= '7' && v < 0100 ? v * 8 + *z - '0' : -1;
	return v;
}

static int print_requests(const char *what)
{
	const struct sftpd_row *row;

	if (strcasecmp(what, "requests")) {
		fmt_fd(2, "sftp-server: -Q knows requests alone\n");
		return 1;
	}
	for (row = sftpd_rows; row->name; row++)
		fmt_fd(1, "%s\n", row->name);
	return 0;
}

/* -1, or an exit status */
static int option(struct sftpd *s, int letter, const char *value)
{
	int v;

	switch (letter) {
	case 'R': s->read_only = 1; return -1;
	case 'e': arg.to_stderr = 1; return -1;
	case 'd': arg.dir = value; return -1;
	case 'P': s->denied = value; return -1;
	case 'p': s->allowed = value; return -1;
	case 'Q': return print_requests(value);
	case 'l':
		v = named(levels, value);
		if (v >= 0)
			arg.level = v;
		break;
	case 'f':
		v = named(facilities, value);
		if (v >= 0)
			arg.facility = v;
		break;
	case 'u':
		v = octal(value);
		if (v >= 0)
			umask((mode_t)v);
		break;
	default: fmt_fd(2, "%s", usage); return 1;
	}
	if (v >= 0)
		return -1;
	fmt_fd(2, "sftp-server: -%c: '%p' is not a value that it can have\n", letter, value);
	return 1;
}

/* -1, or an exit status */
static int options(struct sftpd *s, char **argv)
{
	const char *p, *value;
	int r;

	/* what stands behind the options means nothing */
	while (*++argv && **argv == '-' && argv[0][1] && strcmp(*argv, "--"))
		for (p = *argv + 1; *p; p++) {
			/* a login shell: sftp-server -c COMMAND */
			if (*p == 'c')
				return -1;
			value = "";
			if (strchr("dflPpQu", *p))
				value = p[1] ? p + 1 : *++argv;
			r = option(s, value ? *p : 'h', value);
			if (r >= 0)
				return r;
			if (*value)
				break;
		}
	return -1;
}

/* -d with %d and %h (home), %u (name), %U (number), %%, and ~ for the home */
static void start_dir(struct sftpd *s, const struct user *u)
{
	char *to = (char *)s->out, number[12];
	const char *p = arg.dir, *v;
	size_t n = 0;

	fmt(number, sizeof(number), "%u", (unsigned)u->uid);
	errno = 0;
	for (; *p; p++) {
		v = NULL; /* *p itself */
		if (*p == '~' && p == arg.dir && (!p[1] || p[1] == '/'))
			v = u->home;
		if (*p == '%')
			switch (*++p) {
			case 'd':
			case 'h': v = u->home; break;
			case 'u': v = u->name; break;
			case 'U': v = number; break;
			case '%': break;
			default:
				errno = EINVAL; /* what it means is not ours to guess */
				p = "%";
			}
		n += fmt(to + n, PATH_FULL - n, "%.*s", v ? USER_PATH : 1, v ? v : p);
	}
	if (errno || chdir(to) < 0)
		log_put(LOG_L_ERROR, "chdir to \"%p\" failed: %m", arg.dir);
}

/*
 * Who sends SYMLINK's paths as the draft has them, link first, to a server whose
 * version does not say OpenSSH. All others send the target first, always.
 */
static const char draft_symlink[] =
    "AsyncSSH\0"  /* sftp.py: unless the server's version has OpenSSH or paramiko in it */
    "ssh2js\0"    /* ssh2 of npm, SFTP.js: unless it begins with OpenSSH or dropbear */
    "libssh_\0"   /* sftp_symlink: unless ssh_get_openssh_version finds one */
    "phpseclib\0" /* SFTP.php: unless it begins with SSH-2.0-OpenSSH */
    "WinSCP\0";   /* TSFTPFileSystem::CreateLink: unless it begins with OpenSSH (or is told to) */

static int sends_draft_symlink(const char *version)
{
	const char *z = draft_symlink;

	if (!version || strncmp(version, "SSH-2.0-", 8))
		return 0;
	for (; *z; z += strlen(z) + 1)
		if (!strncmp(version + 8, z, strlen(z)))
			return 1;
	return 0;
}

int sftp_server_main(int argc, char **argv)
{
	struct sftpd *s = &sftpd;
	const char *from = getenv("SSH_CONNECTION");
	struct user u;
	unsigned i;
	int r;

	if (argc == 2 && !strcmp(argv[1], SFTP_ONLY)) {
		fmt_fd(1, "This service allows sftp connections only.\n");
		return 1;
	}
	arg.level = LOG_L_ERROR;
	arg.facility = 4;
	r = options(s, argv);
	if (r >= 0)
		return r;
	proc_undumpable();
	log_open("sftp-server", arg.to_stderr, arg.level, arg.facility);
	if (user_find_uid(getuid(), &u) < 0) {
		/* in a chroot there may be no passwd */
		user_name_of(getuid(), u.name);
		fmt(u.home, sizeof(u.home), "/");
	}
	if (!from)
		from = "UNKNOWN";
	i = (unsigned)strcspn(from, " ");
	log_put(LOG_L_INFO, "session opened for local user %p from [%*p]", u.name, (int)i, from);
	if (arg.dir)
		start_dir(s, &u);
	s->draft_symlink = (uint8_t)sends_draft_symlink(getenv("CUBSSH_CLIENT_VERSION"));
	r = sftpd_run(s);
	for (i = 0; i < SFTPD_HANDLES; i++)
		if (s->handles[i].kind != HANDLE_FREE)
			handle_log_close(&s->handles[i], "forced ");
	log_put(LOG_L_INFO, "session closed for local user %p", u.name);
	return r;
}
