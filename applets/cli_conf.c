/* cli_conf.c - the client's files: the user's, the system's, and what they include. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli_table.h"
#include "match.h"

#define SYSTEM_DIR "/etc/ssh"

/* a line of each file that is open; used once, and given back */
static char lines_buf[CLI_INCLUDES + 1][CLI_LINE] APART;

static int read_lines(int fd)
{
	struct cli_load *l = &cli_load;
	struct lines lines;
	char *p;
	int r;

	lines_init(&lines, fd, lines_buf[l->depth], CLI_LINE);
	while ((r = lines_next(&lines, &p)) == 1) {
		l->line = lines.no;
		if (cli_line(p))
			return -1;
	}
	if (r < 0) {
		l->line = lines.no;
		return cli_bad("%s", err_text(-r));
	}
	return 0;
}

/* checked: somebody else's commands must not get in; 0, -1 and said, 1 and errno: it cannot be had */
static int read_file(const char *path, int checked)
{
	struct cli_load *l = &cli_load;
	const char *file = l->file;
	unsigned long line = l->line;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r;

	if (fd < 0)
		return 1;
	if (fstat(fd, &st) < 0 ||
	    (checked && ((st.st_uid && st.st_uid != l->me.uid) || st.st_mode & 022))) {
		r = cli_bad("%p: somebody else could have written it", path);
	} else {
		l->file = path;
		l->line = 0;
		r = read_lines(fd);
		if (!r) {
			l->file = file;
			l->line = line;
		}
	}
	close(fd);
	return r;
}

/* the first name in the folder after last, by bytes, that matches; 0: there is none */
static int name_after(const char *folder, struct str pattern, char last[256])
{
	char buf[1024] __attribute__((aligned(8))), best[256] = "";
	const char *name;
	struct dir d;

	dir_init(&d, open(*folder ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), buf,
		 sizeof(buf));
	if (d.fd < 0)
		return 0;
	while (dir_next(&d, &name) > 0)
		if (strcmp(name, last) > 0 && (!*best || strcmp(name, best) < 0) &&
		    (*name != '.' || *pattern.p == '.') && match_glob(str_of(name), pattern))
			fmt(best, sizeof(best), "%s", name);
	close(d.fd);
	fmt(last, 256, "%s", best);
	return *best;
}

/* path[..at) stands, rest is to be matched a part at a time */
static int each_file(char path[USER_PATH * 2], size_t at, const char *rest)
{
	size_t part, n = strcspn(rest, "*?");
	char last[256] = "";
	int r = 0;

	/* up to the part with the first wildcard */
	if (rest[n])
		while (n && rest[n - 1] != '/')
			n--;
	if (at + n >= USER_PATH * 2)
		return cli_bad("'%p': too long", rest);
	memcpy(path + at, rest, n);
	path[at += n] = 0;
	rest += n;
	if (!*rest) {
		r = read_file(path, 1);
		return r <= 0 || errno == ENOENT ? r : cli_bad("%p: %m", path);
	}
	part = strcspn(rest, "/");
	while (r >= 0 && path[at] == 0 &&
	       name_after(path, (struct str){(const uint8_t *)rest, part}, last)) {
		if (at + strlen(last) >= USER_PATH * 2)
			return cli_bad("'%p': too long", rest);
		memcpy(path + at, last, strlen(last) + 1);
		r = each_file(path, at + strlen(last), rest + part);
		path[at] = 0;
	}
	return r;
}

int cli_include(char *p)
{
	struct cli_load *l = &cli_load;
	char path[USER_PATH * 2], *word;
	const char *name;
	int r = 0, err = 0;
	size_t n;

	if (!l->active)
		return 0;
	if (l->depth == CLI_INCLUDES)
		return cli_bad("Include: too deep");
	while (err >= 0 && (r = set_word(&p, &word)) > 0) {
		name = word;
		if (cli_expand(&name, l->of_user ? X_TILDE : 0))
			return -1;
		n = *name == '/' ? 0
		    : l->of_user ? fmt(path, sizeof(path), "%s/.ssh/", l->me.home)
				 : fmt(path, sizeof(path), SYSTEM_DIR "/");
		l->depth++;
		err = each_file(path, n, name);
		l->depth--;
		l->active = 1;
	}
	return err < 0 ? -1 : r < 0 ? cli_bad("Include: quotes not closed") : 0;
}

static int top_file(const char *path, int of_user, int checked)
{
	cli_load.of_user = (uint8_t)of_user;
	cli_load.active = 1;
	return read_file(path, checked);
}

int cli_files(void)
{
	struct cli_load *l = &cli_load;
	char path[USER_PATH + 16];
	int r = 0;

	l->copies = 1;
	if (l->config) {
		if (strcmp(l->config, "none") && (r = top_file(l->config, 1, 0)) > 0)
			r = cli_bad("%p: %m", l->config);
	} else {
		fmt(path, sizeof(path), "%s/.ssh/config", l->me.home);
		r = top_file(path, 1, 1);
		if (r >= 0)
			r = top_file(SYSTEM_DIR "/ssh_config", 0, 0);
	}
	l->copies = 0;
	l->active = 1;
	mem_rest(lines_buf, sizeof(lines_buf));
	return r < 0 ? -1 : 0;
}
