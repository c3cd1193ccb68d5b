/* rescue_sys.c - the built-in commands about the machine: mounts, processes, the kernel. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "port.h"
#include "rescue_sh.h"
#include "settings_share.h"

#define MOUNTS "/proc/mounts"

static const struct {
	char name[9];
	unsigned flag;
} flags[] = {
    {"ro",      MS_RDONLY     },
    {"rw",      0             },
    {"remount", MS_REMOUNT    },
    {"bind",    MS_BIND       },
    {"noatime", MS_NOATIME    },
    {"sync",    MS_SYNCHRONOUS},
    {"move",    MS_MOVE       },
};

#define FLAGS (sizeof(flags) / sizeof(flags[0]))

/* takes what is a flag out of the list of options; in place */
static unsigned options_take(char *o)
{
	char *from = o, *to = o, *next;
	unsigned f = 0, i;

	for (; *o; o = next) {
		next = o + strcspn(o, ",");
		if (*next)
			*next++ = 0;
		for (i = 0; i < FLAGS && strcmp(o, flags[i].name); i++)
			;
		if (i < FLAGS) {
			f |= flags[i].flag;
			continue;
		}
		if (to != from)
			*to++ = ',';
		while (*o)
			*to++ = *o++;
	}
	*to = 0;
	return f;
}

static int mount_(char **argv)
{
	static const char kinds[] = "ext4\0squashfs\0vfat\0ubifs\0jffs2\0f2fs\0iso9660\0";
	static char none[1];
	const char *kind = NULL;
	char *opts = none;
	unsigned f;
	int r;

	if (!*argv)
		return rescue_cat(MOUNTS);
	for (; argv[0][0] == '-' && argv[1]; argv += 2) {
		if (argv[0][1] == 't')
			kind = argv[1];
		else if (argv[0][1] == 'o')
			opts = argv[1];
		else
			return rescue_say(argv[0], -EINVAL);
		if (!argv[2])
			return rescue_say("mount", -EINVAL);
	}
	if (!argv[1])
		return rescue_say(argv[0], -EINVAL);
	f = options_take(opts);
	if (kind || (f & (MS_REMOUNT | MS_BIND | MS_MOVE)))
		return rescue_say(argv[1], mount(argv[0], argv[1], kind, f, opts));
	for (kind = kinds, r = -1; *kind && r < 0; kind += strlen(kind) + 1)
		r = mount(argv[0], argv[1], kind, f, opts);
	return rescue_say(argv[1], r);
}

static int umount_(char **argv)
{
	int lazy = !strcmp(argv[0], "-l");

	if (lazy && !argv[1])
		return rescue_say(argv[0], -EINVAL);
	return rescue_say(argv[lazy], umount2(argv[lazy], lazy ? MNT_DETACH : 0));
}

/* PID (name) STATE, and its arguments where it has any */
static void process_show(const char *pid)
{
	static const char *const files[] = {"stat", "cmdline"};
	char path[40], text[2][160], *end;
	ssize_t n = 0;
	int i, fd;

	for (i = 0; i < 2; i++) {
		fmt(path, sizeof(path), "/proc/%s/%s", pid, files[i]);
		fd = fd_open(path, O_RDONLY);
		if (fd < 0)
			return;
		n = read(fd, text[i], sizeof(text[i]) - 1);
		close(fd);
		text[i][n > 0 ? n : 0] = 0;
	}
	while (--n > 0) /* NULs are between them */
		if (!text[1][n - 1])
			text[1][n - 1] = ' ';
	end = strrchr(text[0], ')');
	if (end && end[1])
		fmt_fd(rescue_out, "%.*s %p\n", (int)(end - text[0]) + 3, text[0], text[1]);
}

static int ps(char **argv)
{
	int fd = fd_open("/proc", O_RDONLY | O_DIRECTORY), r;
	const char *name;
	struct dir d;

	(void)argv;
	if (fd < 0)
		return rescue_say("/proc", fd);
	dir_init(&d, fd, rescue_block, sizeof(rescue_block));
	while ((r = dir_next(&d, &name)) > 0)
		if (num_small(name, 1, 1u << 30) > 0)
			process_show(name);
	close(fd);
	return rescue_say("/proc", r);
}

static int kill_(char **argv)
{
	int s = SIGTERM, pid, status = 0;

	if (argv[0][0] == '-') {
		s = num_small(argv[0] + 1, 0, 64);
		argv++;
	}
	for (; *argv; argv++) {
		pid = num_small(*argv, 1, 1u << 30);
		status |= rescue_say(*argv, s < 0 || pid < 0 ? -EINVAL : kill(pid, s));
	}
	return status;
}

static int sync_(char **argv)
{
	(void)argv;
	sync();
	return 0;
}

static int reboot_(char **argv)
{
	const char *how = *argv ? *argv : "";

	if (strcmp(how, "-f")) /* a disk that does not answer would keep us */
		sync();
	return rescue_say("reboot", reboot(strcmp(how, "-p") ? RB_AUTOBOOT : RB_POWER_OFF));
}

static int df(char **argv)
{
	char room[512], *line, *dir;
	struct statfs v;
	struct lines l;
	int fd = fd_open(MOUNTS, O_RDONLY);

	(void)argv;
	if (fd < 0)
		return rescue_say(MOUNTS, fd);
	lines_init(&l, fd, room, sizeof(room));
	fmt_fd(rescue_out, "       KiB       free\n");
	while (lines_next(&l, &line) > 0) {
		if (set_word(&line, &dir) <= 0 || set_word(&line, &dir) <= 0 ||
		    statfs(dir, &v) < 0 || !v.f_blocks)
			continue;
		fmt_fd(rescue_out, "%10llu %10llu %s\n",
		       (unsigned long long)v.f_blocks * (unsigned long)v.f_bsize >> 10,
		       (unsigned long long)v.f_bavail * (unsigned long)v.f_bsize >> 10, dir);
	}
	close(fd);
	return 0;
}

static int dmesg(char **argv)
{
	int n = klogctl(3, (char *)rescue_block, sizeof(rescue_block));

	(void)argv;
	if (n > 0)
		fmt_fd(rescue_out, "%.*s", n, (const char *)rescue_block);
	return rescue_say("dmesg", n < 0 ? -1 : 0);
}

/* what the kernel shows of both families, without a socket */
static int ip_addr(char **argv)
{
	(void)argv;
	return rescue_cat("/proc/net/if_inet6") | rescue_cat("/proc/net/fib_trie") |
	       rescue_cat("/proc/net/route") | rescue_cat("/proc/net/dev");
}

const struct rescue_cmd rescue_system[] = {
    {"df",				      df,      0, 0           },
    {"dmesg",				   dmesg,   0, 0           },
    {"ip-addr",				 ip_addr, 0, 0           },
    {"kill [-NUMBER] PID...",                   kill_,   1, RESCUE_WORDS},
    {"mount [-t KIND] [-o OPTIONS] [WHAT DIR]", mount_,  0, 6           },
    {"ps",				      ps,      0, 0           },
    {"reboot [-f | -p]",                        reboot_, 0, 1           },
    {"sync",				    sync_,   0, 0           },
    {"umount [-l] DIR",			 umount_, 1, 2           },
    {NULL,				      NULL,    0, 0           },
};
