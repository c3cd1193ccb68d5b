/* libssh_sftp.c - SFTP of libssh, told on standard input what to do. */
/* SPDX-License-Identifier: MIT */
#define LIBSSH_STATIC
#include "script.h"
#include <fcntl.h>
#include <libssh/libssh.h>
#include <libssh/sftp.h>
#include <unistd.h>

static char buf[32768];
static sftp_session ft;

static void die(int status, const char *what, ssh_session s)
{
	fprintf(stderr, "%s: %s\n", what, ssh_get_error(s));
	exit(status);
}

static int put(const char *from, const char *to)
{
	int in = open(from, O_RDONLY);
	sftp_file f = sftp_open(ft, to, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	ssize_t n;

	if (in < 0 || !f)
		return -1;
	while ((n = read(in, buf, sizeof buf)) > 0)
		if (sftp_write(f, buf, n) != n)
			return -1;
	close(in);
	return sftp_close(f);
}

static int get(const char *from, const char *to)
{
	sftp_file f = sftp_open(ft, from, O_RDONLY, 0);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	ssize_t n;

	if (out < 0 || !f)
		return -1;
	while ((n = sftp_read(f, buf, sizeof buf)) > 0)
		if (write(out, buf, n) != n)
			return -1;
	close(out);
	return n < 0 ? -1 : sftp_close(f);
}

static int ls(const char *path)
{
	sftp_dir d = sftp_opendir(ft, path);
	sftp_attributes a;

	if (!d)
		return -1;
	while ((a = sftp_readdir(ft, d))) {
		printf("%s\n", a->name);
		sftp_attributes_free(a);
	}
	return sftp_dir_eof(d) ? sftp_closedir(d) : -1;
}

static int show(const char *path, int follow)
{
	sftp_attributes a = follow ? sftp_stat(ft, path) : sftp_lstat(ft, path);

	if (!a)
		return -1;
	printf("%o %u %u %llu %u\n", a->permissions, a->uid, a->gid, (unsigned long long)a->size,
	       a->mtime);
	return 0;
}

static int space(const char *path)
{
	sftp_statvfs_t v = sftp_statvfs(ft, path);

	if (!v)
		return -1;
	printf("%llu %llu\n", (unsigned long long)v->f_frsize, (unsigned long long)v->f_blocks);
	return 0;
}

static int say(char *text)
{
	if (text)
		puts(text);
	return text ? 0 : -1;
}

static int step(const char *op, const char *a, const char *b)
{
	struct sftp_attributes_struct set = {.flags = SSH_FILEXFER_ATTR_SIZE,
					     .size = strtoull(b, NULL, 10)};

	return !strcmp(op, "put")        ? put(a, b)
	       : !strcmp(op, "get")      ? get(a, b)
	       : !strcmp(op, "ls")       ? ls(a)
	       : !strcmp(op, "stat")     ? show(a, 1)
	       : !strcmp(op, "lstat")    ? show(a, 0)
	       : !strcmp(op, "statvfs")  ? space(a)
	       : !strcmp(op, "mkdir")    ? sftp_mkdir(ft, a, 0755)
	       : !strcmp(op, "rmdir")    ? sftp_rmdir(ft, a)
	       : !strcmp(op, "rm")       ? sftp_unlink(ft, a)
	       : !strcmp(op, "rename")   ? sftp_rename(ft, a, b)
	       : !strcmp(op, "symlink")  ? sftp_symlink(ft, a, b) /* target, link */
	       : !strcmp(op, "chmod")    ? sftp_chmod(ft, a, strtoul(b, NULL, 8))
	       : !strcmp(op, "truncate") ? sftp_setstat(ft, a, &set)
	       : !strcmp(op, "readlink") ? say(sftp_readlink(ft, a))
	       : !strcmp(op, "realpath") ? say(sftp_canonicalize_path(ft, a))
					 : (exit(9), 0);
}

int main(int argc, char **argv)
{
	ssh_session s = ssh_new();
	ssh_key k = NULL;
	char *host;
	const char *op, *a, *b;
	int opt, no = 0, port;

	while ((opt = getopt(argc, argv, "p:i:")) != -1)
		if (opt == 'i') {
			ssh_pki_import_privkey_file(optarg, NULL, NULL, NULL, &k);
		} else {
			port = atoi(optarg);
			ssh_options_set(s, SSH_OPTIONS_PORT, &port);
		}
	host = strchr(argv[optind], '@');
	*host++ = 0;
	ssh_options_set(s, SSH_OPTIONS_PROCESS_CONFIG, &no);
	ssh_options_set(s, SSH_OPTIONS_HOST, host);
	ssh_options_set(s, SSH_OPTIONS_USER, argv[optind]);
	if (ssh_connect(s) || ssh_userauth_publickey(s, NULL, k) != SSH_AUTH_SUCCESS)
		die(6, "login", s);
	if (!(ft = sftp_new(s)) || sftp_init(ft))
		die(7, "sftp", s);
	script_read();
	while ((op = script_word()) && (a = script_word()) && (b = script_word()))
		script_ended(step(op, a, b) ? sftp_get_error(ft) : 0);
	sftp_free(ft);
	ssh_disconnect(s);
	return 0;
}
