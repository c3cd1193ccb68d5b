/* test_port_file.c - whole files; a writer killed at every step. */
/* SPDX-License-Identifier: MIT */
#include "test_port.h"

static const char *dir;

static const char *reads(void)
{
	char buf[8];

	put_file("five", "12345", 0600);
	NEED(file_read("five", buf, 8) == 5 && !memcmp(buf, "12345", 5));
	NEED(file_read("five", buf, 5) == 5);
	NEED(file_read("five", buf, 4) == -EFBIG);
	put_file("none", "", 0600);
	NEED(file_read("none", buf, 4) == 0 && file_read("none", buf, 0) == 0);
	NEED(file_read("absent", buf, 4) == -ENOENT);
	NEED(file_read(".", buf, 4) == -EISDIR);
	NEED(mkfifo("fifo", 0600) == 0 && file_read("fifo", buf, 4) == -EINVAL);
	NEED(file_read("/dev/null", buf, 4) == -EINVAL);
	return NULL;
}

static int is(const char *path, const char *text)
{
	char buf[100];
	ssize_t n = file_read(path, buf, sizeof buf);

	return n == (ssize_t)strlen(text) && !memcmp(buf, text, (size_t)n);
}

/* names in the directory that begin with the text */
static int count(const char *begin)
{
	char cmd[100];
	FILE *f;
	int n = -1;

	snprintf(cmd, sizeof cmd, "ls -a | grep -c '^%s'", begin);
	f = popen(cmd, "r");
	if (!f || fscanf(f, "%d", &n) != 1)
		n = -1;
	if (f)
		pclose(f);
	return n;
}

static const char *writes(void)
{
	char long_name[600];
	struct stat st;

	umask(077);
	NEED(file_write_atomic("key", "old", 3, 0640) == 0 && is("key", "old"));
	NEED(stat("key", &st) == 0 && (st.st_mode & 07777) == 0640 && st.st_nlink == 1);
	NEED(file_write_atomic("key", "newer", 5, 0600) == 0 && is("key", "newer"));
	NEED(stat("key", &st) == 0 && (st.st_mode & 07777) == 0600);
	NEED(count("key") == 1);
	NEED(file_write_atomic("no/where", "x", 1, 0600) == -ENOENT);
	memset(long_name, 'n', sizeof long_name - 1);
	long_name[599] = 0;
	NEED(file_write_atomic(long_name, "x", 1, 0600) == -ENAMETOOLONG);
	return NULL;
}

static const char *writes_over_links(void)
{
	put_file("victim", "victim", 0644);
	NEED(symlink("victim", "link") == 0 && symlink("nowhere", "dangling") == 0);
	NEED(file_write_atomic("dangling", "x", 1, 0600) == 0 && access("nowhere", F_OK) < 0);
	NEED(file_write_atomic("link", "x", 1, 0600) == 0 && is("victim", "victim"));
	NEED(is("link", "x") && count("link") == 1 && count("dangling") == 1);
	return NULL;
}

static const char *writes_to_a_full_disk(void)
{
	if (access("/dev/full", F_OK) < 0 || geteuid() != 0)
		SKIP("no root or no /dev/full");
	NEED(mkdir("small", 0700) == 0);
	if (system("mount -t tmpfs -o size=8k tmpfs small 2>/dev/null") != 0)
		SKIP("cannot mount a tmpfs");
	{
		static char big[100000];
		int big_r = file_write_atomic("small/big", big, sizeof big, 0600);
		int left = access("small/big", F_OK),
		    ok = file_write_atomic("small/k", "k", 1, 0600);

		if (system("umount small") != 0)
			return "umount";
		NEED(big_r == -ENOSPC && left < 0 && ok == 0);
	}
	return NULL;
}

static const char *directories(void)
{
	struct stat st;

	umask(022);
	NEED(dir_make("a/b/c") == 0 && stat("a/b/c", &st) == 0 && (st.st_mode & 07777) == 0755);
	NEED(dir_make("a/b/c") == 0 && dir_make("a//b/d/") == 0 && dir_make("/") == 0);
	put_file("a/file", "", 0600);
	NEED(dir_make("a/file") == -ENOTDIR && dir_make("a/file/x") == -ENOTDIR);
	NEED(dir_make("/proc/no/such") < 0);
	return NULL;
}

/* Runs ourselves as a writer that strace kills at the nth call of a kind. */
static int killed_writer(const char *call, int n)
{
	const char *self = test_self();
	pid_t pid = fork();

	if (pid == 0) {
		char inject[80], trace[80];
		int null = open("/dev/null", O_RDWR);

		dup2(null, 1);
		dup2(null, 2);
		snprintf(trace, sizeof trace, "trace=%s", call);
		snprintf(inject, sizeof inject, "inject=%s:signal=KILL:when=%d", call, n);
		execlp("strace", "strace", "-o", "/dev/null", "-e", trace, "-e", inject, self,
		       "--write", (char *)NULL);
		_exit(127);
	}
	return test_wait(pid);
}

static const char *killed_at(const char *call, int n, int replace, int *died)
{
	static char why[100];
	int st;

	if (replace)
		put_file("target", "the old text, whole", 0600);
	else
		unlink("target");
	st = killed_writer(call, n);
	*died = st == 256 + SIGKILL;
	if (is("target", "the new one") || (replace && is("target", "the old text, whole")) ||
	    (!replace && access("target", F_OK) < 0))
		return NULL;
	fmt(why, sizeof why, "killed at %s %d, replace %d: neither old nor new", call, n, replace);
	return why;
}

static const char *killed_at_every_step(void)
{
	static const char *const calls[] = {"open",   "openat", "write",    "fchmod",    "fsync",
					    "close",  "rename", "renameat", "renameat2", "link",
					    "linkat", "unlink", "unlinkat", "execve"};
	int replace, deaths = 0, died, n;
	const char *why;
	size_t i;

	if (!test_strace())
		SKIP("no strace that works here");
	for (replace = 0; replace < 2; replace++)
		for (i = 0; i < sizeof calls / sizeof *calls; i++)
			for (n = 1, died = 1; died && n < 10; n++) {
				why = killed_at(calls[i], n, replace, &died);
				deaths += died;
				if (why)
					return why;
			}
	NEED(deaths >= 12);
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--probe") == 0)
		return getcwd((char[200]){0}, 200) ? 0 : 77;
	if (argc == 2 && strcmp(argv[1], "--write") == 0)
		return file_write_atomic("target", "the new one", 11, 0600) != 0;
	dir = test_dir();
	RUN(reads);
	RUN(writes);
	RUN(writes_over_links);
	RUN(writes_to_a_full_disk);
	RUN(directories);
	RUN(killed_at_every_step);
	test_dir_remove(dir);
	return test_failed;
}
