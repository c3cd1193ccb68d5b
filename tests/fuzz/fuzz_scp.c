/* fuzz_scp.c - what the old protocol brings, and targets: nothing lands where it should not. */
/* SPDX-License-Identifier: MIT */
/*
 * First byte: its low 2 bits modulo 4: 0 a client that takes, 1 a server that
 * takes, 2 answers to a source, 3 a target; then -r, -p, a pattern, one that has wildcards.
 */
#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scp.h"
#include "sshcmd.h"

static struct old o;
static struct xfer x;
static int null = -1, input = -1, client;

static void must(int good)
{
	if (!good)
		abort();
}

static void make(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

/* the modes and names under a directory are what a client takes, and it is empty afterwards */
static void sweep(const char *dir, int depth)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	struct stat st;
	char path[8192];

	must(d != NULL && depth <= OLD_DEPTH + 1);
	while ((e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		must(snprintf(path, sizeof(path), "%s/%s", dir, e->d_name) < (int)sizeof(path));
		must(!lstat(path, &st));
		if (S_ISLNK(st.st_mode)) {
			must(!strcmp(e->d_name, "link") || !strcmp(e->d_name, "dirlink"));
		} else {
			must(!client || !(st.st_mode & 06000));
			must(!client || depth || !o.pattern || !fnmatch(o.pattern, e->d_name, 0));
		}
		if (S_ISDIR(st.st_mode)) {
			chmod(path, 0700);
			sweep(path, depth + 1);
		} else {
			must(!unlink(path));
		}
	}
	closedir(d);
	must(!rmdir(dir));
}

static char dir[] = "/dev/shm/fuzz-scp-XXXXXX";

static void leave(void)
{
	client = 0;
	sweep(dir, 0);
}

static void once(void)
{
	char *at = mkdtemp(dir);

	if (!at) {
		strcpy(dir, "/tmp/fuzz-scp-XXXXXX");
		at = mkdtemp(dir);
	}
	must(at && !chdir(at) && !atexit(leave));
	null = open("/dev/null", O_RDWR);
	input = memfd_create("input", 0);
	must(!mkdir("src", 0755) && !mkdir("src/d", 0755) && !mkdir("out", 0755));
	make("src/f", "twelve bytes");
	make("src/d/empty", "");
	make("src/d/new\nline", "x");
	make("out/kept", "kept");
}

/* nothing but what was made at the start is there beside it */
static void outside(void)
{
	struct stat st;

	must(access("link", F_OK) && access("f", F_OK));
	if (client)
		must(!stat("out/kept", &st) && st.st_size == 4 && access("out/f", F_OK));
	else
		make("out/kept", "kept");
}

static void take(void)
{
	must(!mkdir("in", 0755));
	must(!symlink("../out/kept", "in/link") && !symlink("../out", "in/dirlink"));
	old_sink(&o, "in", 1);
	outside();
	sweep("in", 0);
	if (!client) {
		sweep("out", 0);
		must(!mkdir("out", 0755));
		make("out/kept", "kept");
	}
}

static void target(const uint8_t *data, size_t n)
{
	char *text = malloc(n + 1), *end = text + n;
	struct target t;
	int r;

	memcpy(text, data, n);
	*end = 0;
	r = target_parse(&t, text, "scp");
	must(r == 0 || r == 1 || r < 0);
	if (r >= 0)
		must(t.path && memchr(t.path, 0, (size_t)(end - t.path) + 1) != NULL);
	if (r == 1) {
		must(*t.host && *t.host != '-' && t.host >= text && t.host <= end);
		must(!t.user || (*t.user && *t.user != '-' && t.user >= text));
		must(!t.port || (strspn(t.port, "0123456789") == strlen(t.port) && *t.port));
	}
	if (r == 0)
		must(t.path == text && !t.host);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	int how, err, quiet;

	if (!n || n > 65536)
		return 0;
	if (null < 0)
		once();
	how = *data++;
	n--;
	if (how % 4 == 3) {
		target(data, n);
		return 0;
	}
	memset(&x, 0, sizeof(x));
	memset(&o, 0, offsetof(struct old, input));
	x.flags = (how & 4 ? FLAG('r') : 0) | (how & 8 ? FLAG('p') : 0);
	client = how % 4 == 0;
	o.x = &x;
	o.remote = how % 4 == 1;
	o.pattern = !(how & 16) ? NULL : how & 32 ? "[a-f]*" : "f";
	must(!ftruncate(input, 0) && pwrite(input, data, n, 0) == (ssize_t)n &&
	     !lseek(input, 0, SEEK_SET));
	o.in = input;
	o.out = null;
	quiet = !getenv("LOUD");
	err = dup(2);
	if (quiet)
		dup2(null, 2);
	if (how % 4 < 2)
		take();
	else
		old_source(&o, how & 64 ? "src" : "src/f");
	dup2(err, 2);
	close(err);
	return 0;
}
