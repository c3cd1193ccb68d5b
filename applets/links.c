/* links.c - what the listener makes of this machine's addresses: listeners, and who announces. */
/* SPDX-License-Identifier: MIT */
/*
 * A table of the addresses that either has a use for follows the kernel's news. It is
 * as the kernel says after each list that came whole: entries are stale when one is
 * asked for, those that were not named again go. A listener stays if it is the last.
 */
#include <netinet/in.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "link.h"
#include "links.h"
#include "listen.h"
#include "match.h"
#include "mdns.h"
#include "pubkey.h"

#define BACKLOG 64
#define LASTED 10000 /* ms; a process that ended sooner does so again */

static struct entry {
	struct link l; /* index 0: free */
	int fd;        /* listens, -1 */
	uint16_t port;
	uint8_t announce, stale;
} table[MDNS_LINKS] APART;

static const struct settings *set;
static int news = -1;
static uint16_t port;
static struct mdns_told told APART, next APART;
static int link_fd = -1; /* to the process that announces */
static pid_t pid;
static uint64_t since;

int links_news(void)
{
	return news;
}

int links_fd(unsigned i)
{
	struct entry *e;

	for (e = table; CFG_LINKLOCAL && e < table + MDNS_LINKS; e++)
		if (e->l.index && e->fd >= 0 && !i--)
			return e->fd;
	return -1;
}

/* ListenLinkLocal, Announce: yes, no, or patterns of interfaces */
static int is_meant(const char *list, const char *iface)
{
	return *iface && (!strcmp(list, "yes") || match_list(str_of(iface), str_of(list)) > 0);
}

static void entry_close(struct entry *e)
{
	if (CFG_LINKLOCAL && e->fd >= 0)
		close(e->fd);
	e->fd = -1;
}

/* it stays where it has the last listener: its address may come back */
static void entry_drop(struct entry *e)
{
	e->announce = 0;
	if (CFG_LINKLOCAL && e->fd >= 0 && listen_fd(1) < 0)
		return;
	entry_close(e);
	e->l.index = 0;
}

static void entry_listen(struct entry *e)
{
	struct addr a;
	char host[64];
	int fd;

	if (e->fd >= 0 && e->port == port)
		return;
	link_addr(&e->l, port, &a);
	addr_host(&a, host, sizeof(host));
	fd = sock_listen(&a, NULL, BACKLOG);
	if (fd < 0) { /* most likely there is one for any address */
		log_put(LOG_L_INFO, "no listener of its own on %s port %u: %s", host, port,
			err_text(-fd));
		return;
	}
	entry_close(e);
	e->fd = fd;
	e->port = port;
	log_put(LOG_L_NOTICE, "Server listening on %s port %u", host, port);
}

/* that address's entry, or a free one where it is to be made */
static struct entry *entry_of(const struct link *l, int make)
{
	struct entry *e, *empty = NULL;

	for (e = table; e < table + MDNS_LINKS; e++) {
		if (!e->l.index && !empty)
			empty = e;
		if (e->l.index == l->index && e->l.family == l->family &&
		    !memcmp(e->l.ip, l->ip, sizeof(l->ip)))
			return e;
	}
	if (!make || !empty)
		return NULL;
	*empty = (struct entry){.l = *l, .fd = -1};
	return empty;
}

static void came(const struct link *l)
{
	int fe80 = CFG_LINKLOCAL && l->on_link && l->family == AF_INET6;
	char iface[LINK_NAME];
	struct entry *e;
	int listens, announce;

	link_name(l->index, iface);
	listens = fe80 && is_meant(SETTING(set, link_listen), iface);
	announce = CFG_MDNS && is_meant(SETTING(set, announce), iface);
	e = entry_of(l, listens | announce);
	if (!e)
		return;
	e->l = *l;
	e->announce = announce;
	e->stale = !(listens | announce);
	if (CFG_LINKLOCAL && listens)
		entry_listen(e);
	else if (e->fd >= 0 && listen_fd(1) >= 0)
		entry_close(e);
}

void links_take(void)
{
	struct link l;
	struct entry *e;
	int event;

	while ((event = link_next(news, &l)) != LINK_NONE) {
		if (event == LINK_CAME)
			came(&l);
		if (event == LINK_WENT && (e = entry_of(&l, 0)))
			entry_drop(e);
		for (e = table; (event < 0 || event == LINK_LISTED) && e < table + MDNS_LINKS; e++)
			if (event < 0)
				e->stale = 1;
			else if (e->l.index && e->stale)
				entry_drop(e);
		if (event < 0) { /* some were missed: all of them again */
			close(news);
			news = link_open();
			if (news < 0)
				return;
		}
	}
}

/* ---- who announces --------------------------------------------------------------- */

static int is_set(const char *list)
{
	return *list && strcmp(list, "no") != 0;
}

static void announcer_end(void)
{
	if (link_fd >= 0)
		close(link_fd);
	link_fd = -1;
	memset(&told, 0, sizeof(told));
}

static void announcer_start(void)
{
	int link[2];

	if (msg_pair(link) < 0)
		return;
	pid = self_spawn(ROLE_MDNS, &link[1], 1, set->to_stderr, mdns_main);
	since = clock_ms();
	close(link[1]);
	link_fd = link[0];
	if (pid < 0)
		log_put(LOG_L_ERROR, "cannot start the process that announces: %s", err_text(-pid));
}

/* the Ed25519 key's, or the first one's */
static void fingerprint(const struct hostkeys *k)
{
	static uint8_t mem[2048] APART; /* a composite key's is long */
	struct wr w = wr_init(mem, sizeof(mem));
	char print[FINGERPRINT_LEN];
	unsigned i = k->n;

	while (--i && k->key[i].kind != &key_ed25519)
		;
	key_public_blob(&k->key[i], &w);
	pubkey_sha256(print, (struct str){mem, wr_len(&w)});
	fmt(next.txt, sizeof(next.txt), "fp=%s", print);
}

static void host_name(void)
{
	struct utsname u = {0};

	uname(&u);
	u.nodename[strcspn(u.nodename, ".")] = 0;
	fmt(next.name, sizeof(next.name), "%s", *u.nodename ? u.nodename : "cubssh");
}

void links_tell(void)
{
	struct entry *e;

	if (!CFG_MDNS || !is_set(SETTING(set, announce))) {
		announcer_end();
		return;
	}
	host_name();
	next.n = 0;
	for (e = table; e < table + MDNS_LINKS; e++)
		if (e->l.index && e->announce)
			next.at[next.n++] = e->l;
	memset(&next.at[next.n], 0, (MDNS_LINKS - next.n) * sizeof(next.at[0]));
	if (link_fd < 0)
		announcer_start();
	else if (!memcmp(&next, &told, sizeof(next)))
		return;
	/* one that cannot take it now gets it with the next news */
	if (link_fd >= 0 && msg_send(link_fd, &next, sizeof(next), NULL, 0) == 0)
		told = next;
}

void links_reaped(pid_t child)
{
	if (child != pid)
		return;
	announcer_end();
	pid = 0;
	log_put(LOG_L_WARN, "the process that announces has ended");
	if (clock_ms() - since > LASTED)
		links_tell();
}

void links_start(const struct settings *s, const struct hostkeys *k)
{
	char host[64];
	struct entry *e;

	set = s;
	settings_listener(s, 0, host, sizeof(host), &port);
	next.port = port;
	next.to_stderr = s->to_stderr;
	next.log_level = s->log_level;
	next.log_facility = s->log_facility;
	fmt(next.user, sizeof(next.user), "%s", SETTING(s, net_user));
	if (CFG_MDNS)
		fingerprint(k);
	for (e = table; e < table + MDNS_LINKS; e++)
		e->stale = 1;
	if (news >= 0) {
		link_list(news);
	} else if ((CFG_LINKLOCAL && is_set(SETTING(s, link_listen))) ||
		   (CFG_MDNS && is_set(SETTING(s, announce)))) {
		news = link_open();
		if (news < 0)
			log_put(LOG_L_ERROR, "no news of this machine's addresses: %s",
				err_text(-news));
	}
	if (news >= 0)
		links_take();
}
