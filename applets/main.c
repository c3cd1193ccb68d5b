/* main.c - one binary, many programs: the name that it was called by chooses. */
/* SPDX-License-Identifier: MIT */
/*
 * Called cubssh (or cubssh-0.1, cubssh.elf), it takes the program's name, or
 * an option of its own, as the first argument. A link by any other name is
 * that program or nothing: an scp that is not built in must not turn into
 * something else.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applets.h"
#include "fwd.h"
#include "port.h"

#define PATH_LEN 256

struct applet {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *folder, *text;
};

#define ROW(name, main, folder, text) {name, main, folder, text},
static const struct applet applets[] = {APPLETS(ROW){0}};

static const char usage[] =
    "usage: cubssh APPLET [ARGUMENT...]\n"
    "       cubssh --list | --help (-h) | --version (-V)\n" USE_INSTALL(
	"       cubssh --list-full             names with their folders\n"
	"       cubssh --install [-s] DIR      hard (-s: symbolic) links under DIR\n") "\n";

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const struct applet *applet_find(const char *name)
{
	const struct applet *a;

	for (a = applets; a->name; a++)
		if (!strcmp(a->name, name))
			return a;
	return NULL;
}

/* "(scp)": by a session of our server, which may have no other name for us than the server's */
static const struct applet *applet_inside(const char *role)
{
	char name[16];
	size_t n = strlen(role);

	if (n < 3 || n > sizeof(name) || role[0] != '(' || role[n - 1] != ')')
		return NULL;
	fmt(name, n - 1, "%s", role + 1);
	return applet_find(name);
}

static int help(void)
{
	const struct applet *a;

	if (!CFG_ERROR_TEXTS) {
		fmt_fd(1, "%s", usage);
		return 0;
	}
	fmt_fd(1, "cubssh %s: SSH for small devices\n%s", CFG_VERSION, usage);
	for (a = applets; a->name; a++)
		fmt_fd(1, "%-12s %s\n", a->name, a->text);
	return 0;
}

static int list(int full)
{
	const struct applet *a;

	for (a = applets; a->name; a++) {
		if (!full)
			fmt_fd(1, "%s\n", a->name);
		else if (*a->folder)
			fmt_fd(1, "%s/%s\n", a->folder, a->name);
	}
	return 0;
}

/* the target of a link of /proc; 0 where it could not be read */
static int proc_path(const char *link, char path[PATH_LEN])
{
	ssize_t n = readlink(link, path, PATH_LEN - 1);

	if (n <= 0) {
		fmt_fd(2, "cubssh: %s: %m\n", link);
		return 0;
	}
	path[n] = 0;
	return 1;
}

/* what a link in folder says: the way up to the last folder that both have, then down to self */
static void link_text(char text[PATH_LEN], const char *folder, const char *self)
{
	size_t n = 0;
	const char *slash;

	while ((slash = strchr(self, '/')) && !strncmp(self, folder, (size_t)(slash - self)) &&
	       (folder[slash - self] == '/' || !folder[slash - self])) {
		folder += slash - self + (folder[slash - self] == '/');
		self = slash + 1;
	}
	for (; *folder; folder = strchr(folder, '/') ? strchr(folder, '/') + 1 : "")
		n += fmt(text + n, PATH_LEN - n, "../");
	fmt(text + n, PATH_LEN - n, "%s", self);
}

/* 1 where path is there and leads to this binary */
static int is_self(const char *path)
{
	struct stat a, b;

	return !stat(path, &a) && !stat("/proc/self/exe", &b) && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

static int link_make(const struct applet *a, const char *self, const char *below, int symbolic)
{
	char path[PATH_LEN], text[PATH_LEN];
	int err = dir_make(a->folder);

	fmt(path, sizeof path, "%s/%s", a->folder, a->name);
	fmt(text, sizeof text, "%s", self);
	if (symbolic && below)
		link_text(text, a->folder, below);
	if (!err && (symbolic ? symlink(text, path) : link(text, path)))
		err = -errno;
	if (!err || (err == -EEXIST && is_self(path)))
		return 0;
	fmt_fd(2, "cubssh: %s: %s\n", path, err_text(-err));
	return 1;
}

static int install(const char *dir, int symbolic)
{
	char self[PATH_LEN], top[PATH_LEN];
	const char *below = NULL;
	const struct applet *a;
	int failed = 0;
	size_t n;

	if (!proc_path("/proc/self/exe", self))
		return 1;
	if (chdir(dir)) {
		fmt_fd(2, "cubssh: %s: %m\n", dir);
		return 1;
	}
	if (!proc_path("/proc/self/cwd", top))
		return 1;
	n = strlen(top) > 1 ? strlen(top) : 0;
	if (!strncmp(self, top, n) && self[n] == '/')
		below = self + n + 1;
	for (a = applets; a->name; a++)
		if (*a->folder)
			failed |= link_make(a, self, below, symbolic);
	return failed;
}

static int option(int argc, char **argv)
{
	int symbolic = argc > 2 && !strcmp(argv[2], "-s");

	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return help();
	if (!strcmp(argv[1], "--list") && argc == 2)
		return list(0);
	if (CFG_INSTALL && !strcmp(argv[1], "--list-full") && argc == 2)
		return list(1);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		fmt_fd(1, "cubssh %s\n", CFG_VERSION);
		return 0;
	}
	if (CFG_INSTALL && !strcmp(argv[1], "--install") && argc == 3 + symbolic)
		return install(argv[argc - 1], symbolic);
	fmt_fd(2, "%s", usage);
	return 2;
}

/* who executes our own image for an applet, by whatever name that has: the server, ProxyJump */
#define RUNS_ITSELF \
	(CFG_SSH | (CFG_SSHD & (CFG_SFTP_SERVER | CFG_SCP | CFG_CALLHOME | CFG_JOB | CFG_RESCUE)))
#define STARTS_OTHERS(f) ((CFG_SSHD && (f) == sshd_main) || (CFG_SSH && (f) == ssh_main))

int main(int argc, char **argv)
{
	const char *name = argc > 0 ? base_name(argv[0]) : "cubssh";
	const struct applet *a = applet_find(name);

	if (CFG_FORWARD && argc == 2 && !strcmp(argv[1], ROLE_FORWARD)) {
		self_init(argv);
		return forward_main();
	}
	if (CFG_PTYLESS && argc > 3 && !strcmp(argv[1], ROLE_PTYLESS)) {
		self_init(argv);
		return ptyless_main(argc - 2, argv + 2);
	}
	if (RUNS_ITSELF && argc > 1 && (!a || STARTS_OTHERS(a->main)) && applet_inside(argv[1])) {
		self_init(argv); /* the kernel may know us by a number alone */
		a = applet_inside(*++argv);
		argc--;
	} else if (!a && !strncmp(name, "cubssh", 6)) {
		if (argc < 2)
			return help();
		if (argv[1][0] == '-')
			return option(argc, argv);
		argc--;
		argv++;
		name = argv[0];
		a = applet_find(name);
	}
	if (!a) {
		fmt_fd(2, "cubssh: there is no applet '%p'\n", name);
		return 127;
	}
	if (argc == 2 && !strcmp(argv[1], "--help")) { /* asked for, usage is no error */
		dup2(1, 2);
		a->main(argc, argv);
		return 0;
	}
	return a->main(argc, argv);
}
