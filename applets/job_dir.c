/* job_dir.c - jobs by their names: the folder of their sockets. */
/* SPDX-License-Identifier: MIT */
/*
 * In /tmp, and not in /run/user, which goes with the user's last login on machines that have
 * it. Once it is known to be ours nobody else can put another in its place: /tmp is sticky.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dial.h"
#include "job.h"

const char *job_path(const char *name)
{
	static char path[40 + JOB_NAME] ASIDE;

	fmt(path, sizeof(path), "/tmp/cubssh-job-%u%s%s", (unsigned)getuid(), *name ? "/" : "",
	    name);
	return path;
}

static int name_bad(const char *name)
{
	return !*name || *name == '.' || *name == '-' || strchr(name, '/') ||
	       strlen(name) >= JOB_NAME;
}

static int folder_check(void)
{
	struct stat st;

	if (lstat(job_path(""), &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) && st.st_uid == getuid() && !(st.st_mode & 077) ? 0 : -EPERM;
}

int job_connect(const char *name)
{
	int fd = name_bad(name) ? -EINVAL : folder_check();

	if (fd == 0)
		fd = unix_connect(job_path(name));
	if (fd == -ECONNREFUSED) { /* its keeper was killed */
		unlink(job_path(name));
		fd = -ENOENT;
	}
	return fd;
}

/* as mux_listen: nobody meets a socket that does not listen yet, nor do two take one name */
static int name_take(const char *aside, const char *name)
{
	int fd = job_connect(name);

	if (fd >= 0)
		close(fd);
	if (fd != -ENOENT)
		return fd < 0 ? fd : -EEXIST;
	return link(aside, job_path(name)) < 0 ? -errno : 0;
}

int job_listen(char name[JOB_NAME], const char *prefix)
{
	char aside[40 + JOB_NAME];
	unsigned i = 0;
	int fd, r;

	mkdir(job_path(""), 0700);
	r = folder_check();
	if (r < 0)
		return r;
	fmt(aside, sizeof(aside), "%s/.%d", job_path(""), (int)getpid());
	fd = unix_listen(aside, 0177, 1);
	if (fd < 0)
		return fd;
	do {
		if (prefix)
			fmt(name, JOB_NAME, "%s%u", prefix, ++i);
		r = name_take(aside, name);
	} while (r == -EEXIST && prefix && i < JOB_NAMES);
	unlink(aside);
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

int job_dir(struct dir *d, void *buf, size_t n)
{
	int r = folder_check();

	if (r == 0)
		r = fd_open(job_path(""), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	if (r >= 0)
		dir_init(d, r, buf, n);
	return r < 0 ? r : 0;
}

int job_next(struct dir *d, const char **name)
{
	int fd = -1;

	while (fd < 0 && dir_next(d, name) > 0)
		fd = job_connect(*name);
	return fd < 0 ? -1 : fd;
}
