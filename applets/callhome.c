/* callhome.c - a connection to a relay that comes back by itself, whatever ended it. */
/* SPDX-License-Identifier: MIT */
/*
 * Each connection is a process of its own, executed afresh, so that nothing that
 * happens to it happens to us: no memory grows, no descriptor is lost, and a crash
 * is one more reason to dial again. It writes to one pipe: what it has to say, and
 * when it stands a line that starts with CALLHOME_MARK.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applets.h"
#include "callhome.h"
#include "port.h"

#define SELF "/proc/self/exe" /* also of a file that has been replaced since */
#define STABLE_MS 60000       /* a connection that lasted so long was a good one */
#define CLOCK_MS 30000        /* so long we wait for somebody to set the clock */
#define DIAL_OUT_PORT "4334"  /* RFC 8071 7 */
#define TRY_MS 60000          /* until it must stand */

static struct {
	int sig, pipe; /* descriptors; pipe -1: its end was read */
	pid_t pid;     /* 0: there is no connection's process */
	uint8_t over;  /* we were asked to end */
	uint8_t now;   /* ... to try at once */
	uint8_t up;
	uint8_t said;   /* the line is something that it said */
	uint16_t port;  /* that the relay listens on for our first -R */
	uint32_t tries; /* since it stood last */
	unsigned relay;
	uint64_t began;  /* the try, then the connection; milliseconds */
	char name[128];  /* of the relay */
	char error[192]; /* the last thing that was said */
	size_t n;        /* of the line that is being read */
	char line[192];
} at;

/* for a line of JSON: without what would have to be escaped there */
static void text_clean(char *p)
{
	for (; *p; p++)
		if (*p == '"' || *p == '\\' || *p < 32 || *p > 126)
			*p = '\'';
}

/* one line for who reads the log, and one for who looks at the file, which is whole at any moment */
static void tell(const char *state)
{
	char json[512];
	size_t n;
	int r;

	log_put(LOG_L_NOTICE, "%s: %s, remote port %u, tries %u, last error: %s", state, at.name,
		at.port, at.tries, at.error);
	if (!callhome.status)
		return;
	n = fmt(json, sizeof(json),
		"{\"state\":\"%s\",\"since\":%lld,\"relay\":\"%s\",\"port\":%u,\"error\":\"%s\","
		"\"tries\":%u,\"pid\":%d}\n",
		state, (long long)clock_unix(), at.name, at.port, at.error, at.tries,
		(int)getpid());
	r = file_write_atomic(callhome.status, json, n, 0644);
	if (r < 0)
		log_put(LOG_L_WARN, "%s: %s", callhome.status, err_text(-r));
}

static void line_take(void)
{
	if (!at.n)
		return;
	at.line[at.n] = 0;
	at.n = 0;
	at.said = *at.line != CALLHOME_MARK;
	if (at.said) {
		log_put(LOG_L_INFO, "%s", at.line);
		return;
	}
	at.up = 1;
	at.port = (uint16_t)num_small(at.line + 1, 0, 65535);
	at.began = clock_ms();
	tell("up");
	at.tries = 0;
}

/* what the pipe has */
static void hear(void)
{
	char buf[256];
	ssize_t n, i;

	while (at.pipe >= 0 && (n = read(at.pipe, buf, sizeof(buf))) != -1) {
		for (i = 0; i < n; i++)
			if (buf[i] == '\n' || buf[i] == '\r')
				line_take();
			else if (at.n < sizeof(at.line) - 1)
				at.line[at.n++] = buf[i];
		if (n)
			continue;
		close(at.pipe);
		at.pipe = -1;
	}
}

static void signals_take(void)
{
	int s;

	while ((s = sig_next()))
		if (s == SIGHUP)
			at.now = 1;
		else if (s != SIGCHLD)
			at.over = 1;
}

static unsigned random_byte(void)
{
	uint8_t seed[32];

	rand_seed(seed);
	return seed[0];
}

/* a process for the next connection: 0 or -errno */
static int start(void)
{
	const char **a = callhome.args + CALLHOME_FIRST;
	char turn[4], target[128];
	const char *port;
	int fds[2], r;

	if (!callhome_relay(at.relay, target, &port))
		callhome_relay(at.relay = 0, target, &port);
	if (port || callhome.serve)
		*--a = port ? port : DIAL_OUT_PORT;
	if (port && !callhome.serve)
		*--a = "-p";
	*--a = target;
	/* by turns of its addresses, for one may take connections and do nothing with them */
	fmt(turn, sizeof(turn), "%u", at.tries > 1 ? random_byte() : 0);
	*--a = turn;
	*--a = callhome.serve ? "dial" : "ssh";
	*--a = "(callhome)";
	*--a = SELF;
	fmt(at.name, sizeof(at.name), port ? "%p port %p" : "%p", target, port);
	r = fd_pipe(fds);
	if (r < 0)
		return r;
	fd_nonblock(fds[0]);
	/* a session outlives us, as those of any server; a tunnel does not */
	r = prog_spawn(a, callhome.serve ? fds[1] : 0, fds[1]);
	close(fds[1]);
	if (r < 0)
		close(fds[0]);
	at.pid = r;
	at.pipe = fds[0];
	return r;
}

/* from the start of its process to the end of that */
static void watch(void)
{
	struct pollfd p[2] = {
	    {.fd = at.sig, .events = POLLIN},
            {.events = POLLIN           }
        };
	int kills = 0, code = 0;

	while (!waitpid(at.pid, &code, WNOHANG)) {
		p[1].fd = at.pipe;
		if (at.up)
			mem_rest_stack();
		poll(p, 2, at.up && !at.over ? -1 : 1000);
		hear();
		signals_take();
		if (at.over && at.up && callhome.serve)
			return;
		if (at.over || (!at.up && (at.now || clock_ms() - at.began >= TRY_MS)))
			kill(at.pid, kills++ < 3 ? SIGTERM : SIGKILL);
	}
	if (at.over)
		return;
	hear();
	close(at.pipe);
	line_take();
	if (at.said)
		fmt(at.error, sizeof(at.error), "%s", at.line);
	else
		fmt(at.error, sizeof(at.error), kills ? "no answer in time" : "exit %d, signal %d",
		    code >> 8, code & 127);
	text_clean(at.error);
}

/* grows when a way out of here appears, or the clock is set */
static unsigned chances(void)
{
	return net_routes() + (clock_is_set() ? 1000 : 0);
}

/* a pause; 1: something happened that makes it worth to try at once */
static int hold(uint32_t ms)
{
	struct pollfd p = {.fd = at.sig, .events = POLLIN};
	uint64_t end = clock_ms() + ms, now;
	unsigned had = chances(), have;

	while (!at.over && !at.now && (now = clock_ms()) < end) {
		poll(&p, 1, end - now < 1000 ? (int)(end - now) : 1000);
		signals_take();
		have = chances();
		if (have > had)
			return 1;
		had = have;
	}
	return at.now;
}

/* one try, and the connection if it comes to that; 1: that was a good one */
static int attempt(void)
{
	int r;

	at.up = at.now = at.said = 0;
	at.port = 0;
	at.tries++;
	at.began = clock_ms();
	r = start();
	if (r < 0) {
		fmt(at.error, sizeof(at.error), "%s", err_text(-r));
		return 0;
	}
	tell("connecting");
	watch();
	return at.up && clock_ms() - at.began >= STABLE_MS;
}

static void loop(void)
{
	uint32_t pause = 1000, ms, most = callhome.most * 1000;

	for (;;) {
		if (attempt()) {
			pause = 1000;
			at.relay = 0;
		} else {
			at.relay++;
		}
		if (at.over)
			return;
		/* between half of it and all of it */
		ms = pause / 2;
		ms += ms * random_byte() >> 8;
		tell("waiting");
		pause = hold(ms) ? 1000 : pause * 2 < most ? pause * 2 : most;
	}
}

int callhome_main(int argc, char **argv)
{
	static const int signals[] = {SIGHUP, SIGTERM, SIGINT, SIGCHLD, 0};
	int r;

	if (!strcmp(argv[0], "(callhome)"))
		return callhome_child(argc, argv);
	self_init(argv);
	r = callhome_args(argv);
	if (r)
		return r - 1;
	r = callhome.background ? proc_daemon() : 0;
	if (r < 0) {
		fmt_fd(2, "callhome: %s\n", err_text(-r));
		return 1;
	}
	log_open(self_name(), !callhome.to_syslog, LOG_L_INFO, 3);
	at.sig = sig_pipe(signals);
	if (!clock_is_set()) {
		fmt(at.error, sizeof(at.error), "the clock is not set");
		tell("waiting");
		hold(CLOCK_MS);
	}
	loop();
	tell("stopped");
	return 0;
}
