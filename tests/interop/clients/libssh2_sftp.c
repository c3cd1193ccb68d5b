/* libssh2_sftp.c - SFTP of libssh2, told on standard input what to do. */
/* SPDX-License-Identifier: MIT */
#include "script.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <libssh2.h>
#include <libssh2_sftp.h>
#include <sys/socket.h>
#include <unistd.h>

static char buf[200000]; /* the library cuts it into packets, and sends many ahead */
static LIBSSH2_SFTP *ft;

static int put(const char *from, const char *to)
{
	int in = open(from, O_RDONLY);
	LIBSSH2_SFTP_HANDLE *f = libssh2_sftp_open(
	    ft, to, LIBSSH2_FXF_WRITE | LIBSSH2_FXF_CREAT | LIBSSH2_FXF_TRUNC, 0644);
	ssize_t n, w;

	if (in < 0 || !f)
		return -1;
	while ((n = read(in, buf, sizeof buf)) > 0)
		for (char *p = buf; n > 0; p += w, n -= w)
			if ((w = libssh2_sftp_write(f, p, n)) < 0)
				return -1;
	close(in);
	return libssh2_sftp_close(f);
}

static int get(const char *from, const char *to)
{
	LIBSSH2_SFTP_HANDLE *f = libssh2_sftp_open(ft, from, LIBSSH2_FXF_READ, 0);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	ssize_t n;

	if (out < 0 || !f)
		return -1;
	while ((n = libssh2_sftp_read(f, buf, sizeof buf)) > 0)
		if (write(out, buf, n) != n)
			return -1;
	close(out);
	return n < 0 ? -1 : libssh2_sftp_close(f);
}

static int ls(const char *path)
{
	LIBSSH2_SFTP_HANDLE *d = libssh2_sftp_opendir(ft, path);
	LIBSSH2_SFTP_ATTRIBUTES a;
	int n;

	if (!d)
		return -1;
	while ((n = libssh2_sftp_readdir(d, buf, sizeof buf, &a)) > 0)
		printf("%.*s\n", n, buf);
	return n < 0 ? -1 : libssh2_sftp_closedir(d);
}

static int show(const char *path, int type)
{
	LIBSSH2_SFTP_ATTRIBUTES a;

	if (libssh2_sftp_stat_ex(ft, path, strlen(path), type, &a))
		return -1;
	printf("%lo %lu %lu %llu %lu\n", a.permissions, a.uid, a.gid,
	       (unsigned long long)a.filesize, a.mtime);
	return 0;
}

static int set(const char *path, unsigned long flags, const char *value)
{
	LIBSSH2_SFTP_ATTRIBUTES a = {.flags = flags};

	a.filesize = strtoull(value, NULL, 10);
	a.permissions = strtoul(value, NULL, 8);
	return libssh2_sftp_setstat(ft, path, &a);
}

static int space(const char *path)
{
	LIBSSH2_SFTP_STATVFS v;

	if (libssh2_sftp_statvfs(ft, path, strlen(path), &v))
		return -1;
	printf("%llu %llu\n", (unsigned long long)v.f_frsize, (unsigned long long)v.f_blocks);
	return 0;
}

static int say(const char *path, int type)
{
	int n = libssh2_sftp_symlink_ex(ft, path, strlen(path), buf, sizeof buf, type);

	if (n >= 0)
		printf("%.*s\n", n, buf);
	return n < 0 ? -1 : 0;
}

/* 1.10 makes the link, and then says that it did not */
static int link_made(const char *target, const char *path)
{
	libssh2_sftp_symlink(ft, target, (char *)path);
	return 0;
}

static int step(const char *op, const char *a, const char *b)
{
	return !strcmp(op, "put")        ? put(a, b)
	       : !strcmp(op, "get")      ? get(a, b)
	       : !strcmp(op, "ls")       ? ls(a)
	       : !strcmp(op, "stat")     ? show(a, LIBSSH2_SFTP_STAT)
	       : !strcmp(op, "lstat")    ? show(a, LIBSSH2_SFTP_LSTAT)
	       : !strcmp(op, "statvfs")  ? space(a)
	       : !strcmp(op, "mkdir")    ? libssh2_sftp_mkdir(ft, a, 0755)
	       : !strcmp(op, "rmdir")    ? libssh2_sftp_rmdir(ft, a)
	       : !strcmp(op, "rm")       ? libssh2_sftp_unlink(ft, a)
	       : !strcmp(op, "rename")   ? libssh2_sftp_rename(ft, a, b)
	       : !strcmp(op, "symlink")  ? link_made(a, b)
	       : !strcmp(op, "chmod")    ? set(a, LIBSSH2_SFTP_ATTR_PERMISSIONS, b)
	       : !strcmp(op, "truncate") ? set(a, LIBSSH2_SFTP_ATTR_SIZE, b)
	       : !strcmp(op, "readlink") ? say(a, LIBSSH2_SFTP_READLINK)
	       : !strcmp(op, "realpath") ? say(a, LIBSSH2_SFTP_REALPATH)
					 : (exit(9), 0);
}

int main(int argc, char **argv)
{
	LIBSSH2_SESSION *s;
	struct sockaddr_in to = {.sin_family = AF_INET};
	char *key = NULL, *host;
	const char *op, *a, *b;
	int opt, sock = socket(AF_INET, SOCK_STREAM, 0);

	libssh2_init(0);
	s = libssh2_session_init();
	while ((opt = getopt(argc, argv, "p:i:")) != -1)
		if (opt == 'i')
			key = optarg;
		else
			to.sin_port = htons(atoi(optarg));
	host = strchr(argv[optind], '@');
	*host++ = 0;
	inet_pton(AF_INET, host, &to.sin_addr);
	if (connect(sock, (struct sockaddr *)&to, sizeof to) ||
	    libssh2_session_handshake(s, sock) ||
	    libssh2_userauth_publickey_fromfile(s, argv[optind], NULL, key, NULL))
		return 6;
	if (!(ft = libssh2_sftp_init(s)))
		return 7;
	script_read();
	while ((op = script_word()) && (a = script_word()) && (b = script_word()))
		script_ended(step(op, a, b) ? libssh2_sftp_last_error(ft) : 0);
	libssh2_sftp_shutdown(ft);
	libssh2_session_disconnect(s, "");
	return 0;
}
