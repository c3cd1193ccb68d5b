/* callhome_args.c - the command line of callhome, and the file that holds more of it. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "callhome.h"
#include "port.h"
#include "settings_share.h"

#define BAD (2 + 1)

struct callhome callhome;

static const char usage[] = "usage: callhome [-fy] [-c FILE] [--max SECONDS] [--status FILE]\n"
			    "           [USER@]RELAY[:PORT][,...] [SSH-FLAG...] |\n"
			    "           --serve HOST[:PORT][,...] [-- SSHD-FLAG...]\n";

/* of ssh, with an argument of their own */
static const char with_value[] = "BbDEeFIiJLlmopRSWw";

static char text[2048] APART; /* of the file */
static const char *words[CALLHOME_WORDS + 1];
static unsigned n_words;

static int word_add(const char *w)
{
	if (n_words == CALLHOME_WORDS)
		return 0;
	words[n_words++] = w;
	return 1;
}

/* its words, on as many lines as they may be; 1, or 0 and said */
static int file_words(const char *path)
{
	ssize_t n = file_read(path, text, sizeof(text) - 1);
	char *p = text, *next, *w;
	int r = (int)n;

	for (text[n < 0 ? 0 : n] = 0; p && r >= 0; p = next) {
		next = strchr(p, '\n');
		if (next)
			*next++ = 0;
		while ((r = set_word(&p, &w)) > 0)
			if (!word_add(w))
				r = -E2BIG;
	}
	if (r >= 0)
		return 1;
	fmt_fd(2, "callhome: %s: %s\n", path, r == -1 ? "quotes not closed" : err_text(-r));
	return 0;
}

/* one option of our own; 0: it is none, or its value is missing or wrong */
static int own(const char *p, const char *value)
{
	if (!value)
		return 0;
	if (!strcmp(p, "--max")) {
		callhome.most = (uint32_t)num_small(value, 1, 3600);
		return callhome.most <= 3600;
	}
	if (!strcmp(p, "--status"))
		callhome.status = value;
	else if (strcmp(p, "--serve") || callhome.relays)
		return 0;
	else
		callhome.relays = callhome.serve = value;
	return 1;
}

/* the words one after the other; 0: that cannot be */
static int words_take(void)
{
	const char **w = words, **out = callhome.args + CALLHOME_FIRST, *p;

	while ((p = *w++)) {
		if (!strcmp(p, "-f")) {
			callhome.background = callhome.to_syslog = 1;
		} else if (!strcmp(p, "-y")) {
			callhome.to_syslog = 1;
		} else if (!strcmp(p, "--")) {
			while (*w)
				*out++ = *w++;
		} else if (*p == '-' && p[1] == '-') {
			if (!own(p, *w++))
				return 0;
		} else if (*p == '-') {
			*out++ = p;
			if (!p[2] && *w && strchr(with_value, p[1]))
				*out++ = *w++;
		} else if (callhome.relays) {
			return 0;
		} else {
			callhome.relays = p;
		}
	}
	return callhome.relays != NULL;
}

/* what everybody wants, behind what the user wants: the first one said counts */
static void defaults(const char **out)
{
	static char user[64];
	size_t n = strcspn(callhome.relays, ",@");

	while (*out)
		out++;
	if (callhome.serve) {
		if (CFG_SSHD_OPTIONS)
			*out++ = "-oClientAliveInterval=15";
		if (!callhome.to_syslog)
			*out++ = "-e";
	} else if (callhome.relays[n] == '@') {
		fmt(user, sizeof(user), "-l%.*s", (int)n, callhome.relays);
		*out++ = user;
	}
}

int callhome_args(char **argv)
{
	callhome.most = 60;
	while (*++argv)
		if (!strcmp(*argv, "-c") && argv[1]) {
			if (!file_words(*++argv))
				return BAD;
		} else if (!word_add(*argv)) {
			break;
		}
	if (*argv || !words_take()) {
		fmt_fd(2, "%s", usage);
		return BAD;
	}
	defaults(callhome.args + CALLHOME_FIRST);
	return 0;
}

int callhome_relay(unsigned i, char target[128], const char **port)
{
	const char *p = callhome.relays;
	char *host, *end;

	for (; i; i--) {
		p = strchr(p, ',');
		if (!p++)
			return 0;
	}
	fmt(target, 128, "%.*s", (int)strcspn(p, ","), p);
	host = strchr(target, '@');
	host = host && !callhome.serve ? host + 1 : target;
	*port = NULL;
	if (*host == '[' && (end = strchr(host, ']'))) {
		*end = 0;
		memmove(host, host + 1, (size_t)(end - host));
		end++;
	} else {
		end = strchr(host, ':');
	}
	/* an address of IPv6 without brackets has more of them */
	if (end && *end == ':' && !strchr(end + 1, ':')) {
		*end = 0;
		*port = end + 1;
	}
	return 1;
}
