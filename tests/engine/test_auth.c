/* test_auth.c - user authentication between two engines. */
/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include "sig.h"

/* what the client tries, one after the other */
enum what { END, NONE, PASSWORD, QUERY, SIGN, SIGN_WRONG, SIGN_NOT, QUERY_RSA, QUERY_OTHER };

static struct
try {
	enum what what;
	const char *user, *password;
}
const *tries;
static int next_try, both_wanted, had_one, asked, none_does;
static struct str last_password;
static char banner_seen[SSH_BANNER_MAX + 1];

static int blob_is_signed(const struct ssh *s, const struct ssh_auth *a)
{
	static uint8_t mem[1000];
	struct wr w = wr_init(mem, sizeof(mem));
	struct str sid = ssh_session_id(s);

	/* RFC 4252 7 */
	wr_str(&w, sid.p, sid.len);
	wr_u8(&w, 50);
	wr_str(&w, a->user.p, a->user.len);
	wr_strz(&w, "ssh-connection");
	wr_strz(&w, "publickey");
	wr_u8(&w, 1);
	wr_str(&w, a->alg.p, a->alg.len);
	wr_str(&w, a->blob.p, a->blob.len);
	CHECK(!w.bad);
	return sig_verify(sig_find(a->alg), a->blob, a->sig, (struct str){mem, wr_len(&w)});
}

static int good(const struct ssh *s, const struct ssh_auth *a)
{
	if (!str_is(a->user, "me"))
		return 0;
	switch (a->method) {
	case AUTH_NONE: return none_does;
	case AUTH_PASSWORD: return str_eq(a->password, last_password);
	case AUTH_PUBLICKEY:
		return str_eq(a->blob, user_blob) && (a->query || blob_is_signed(s, a));
	default: return 0;
	}
}

static void on_auth(struct ssh *s, struct ssh_event *ev)
{
	struct ssh_auth *a = &ev->auth;
	int ok = good(s, a);

	asked++;
	if (ok && both_wanted && !a->query && !had_one) {
		had_one = 1;
		ssh_auth_methods(s, a->method == AUTH_PASSWORD ? AUTH_PUBLICKEY : AUTH_PASSWORD);
		ssh_answer(s, SSH_PARTIAL);
		return;
	}
	ssh_answer(s, ok);
}

static void try_next(struct ssh *s)
{
	static const uint8_t rsa[] = "\0\0\0\7ssh-rsa\0\0\0\3\1\0\1\0\0\0\1\77";
	const struct try *t = &tries[next_try++];
	struct str user = str_of(t->user), alg = STR("ssh-ed25519");

	switch (t->what) {
	case END:
		next_try--;
		ssh_disconnect(s, DISCONNECT_NO_MORE_AUTH_METHODS_AVAILABLE, "no more");
		break;
	case NONE: CHECK(ssh_auth_none(s, user)); break;
	case PASSWORD: CHECK(ssh_auth_password(s, user, str_of(t->password))); break;
	case QUERY: CHECK(ssh_auth_key(s, user, alg, user_blob, 0)); break;
	case QUERY_OTHER: CHECK(ssh_auth_key(s, user, alg, host_blob, 0)); break;
	case QUERY_RSA:
		CHECK(ssh_auth_key(s, user, STR("ssh-rsa"), (struct str){rsa, sizeof(rsa) - 1}, 0));
		break;
	default: CHECK(ssh_auth_key(s, user, alg, user_blob, 1));
	}
}

static void on_sign(struct ssh *s, struct ssh_event *ev)
{
	uint8_t mem[SIG_MAX];
	struct wr w = wr_init(mem, sizeof(mem));

	CHECK(key_sign(&user_key, sig_find(STR("ssh-ed25519")), &w, ev->data));
	if (tries[next_try - 1].what == SIGN_WRONG)
		mem[30 + rnd(40)] ^= 1 << rnd(8);
	ssh_answer_sig(s, (struct str){mem, tries[next_try - 1].what == SIGN_NOT ? 0 : wr_len(&w)});
}

static int on(struct pair *p, enum who w, struct ssh_event *ev)
{
	struct side *d = &p->side[w];

	switch (ev->type) {
	case SSH_EV_AUTH: on_auth(&d->s, ev); return 1;
	case SSH_EV_AUTH_NEXT:
		d->partial = ev->num;
		if (ev->name.len < sizeof(d->next) && ev->name.len) {
			memcpy(d->next, ev->name.p, ev->name.len);
			d->next[ev->name.len] = 0;
		}
		try_next(&d->s);
		return 1;
	case SSH_EV_PK_OK:
		CHECK(str_is(ev->name, "ssh-ed25519") && str_eq(ev->blob, user_blob));
		try_next(&d->s);
		return 1;
	case SSH_EV_SIGN:
		if (w == SERVER)
			return 0;
		on_sign(&d->s, ev);
		return 1;
	case SSH_EV_BANNER:
		CHECK(ev->data.len <= SSH_BANNER_MAX && !d->seen[SSH_EV_AUTHED]);
		memcpy(banner_seen, ev->data.p, ev->data.len);
		return 1;
	default: return 0;
	}
}

static int over(struct pair *p)
{
	(void)p;
	return 0;
}

/* plays the tries to their end */
static struct pair *prepare(const struct try *list)
{
	struct pair *p = pair_new();

	tries = list;
	next_try = both_wanted = had_one = asked = none_does = 0;
	last_password = STR("secret");
	memset(banner_seen, 0, sizeof(banner_seen));
	p->on = on;
	return p;
}

/* 1: both sides are in */
static int play(struct pair *p)
{
	pair_start(p);
	pair_until(p, over);
	if (p->side[CLIENT].gone || p->side[SERVER].gone) { /* the last words */
		int w;

		for (w = 0; w < 2; w++) {
			size_t n, room;
			const uint8_t *from = ssh_tx_buf(&p->side[w].s, &n);
			uint8_t *to = ssh_rx_buf(&p->side[!w].s, &room);

			if (p->to[!w].len || n > room)
				continue;
			memcpy(to, from, n);
			ssh_tx_ack(&p->side[w].s, n);
			ssh_rx_ack(&p->side[!w].s, n);
			side_steps(p, !w);
		}
	}
	return p->side[SERVER].seen[SSH_EV_AUTHED] && p->side[CLIENT].seen[SSH_EV_AUTHED] &&
	       !p->side[SERVER].gone && !p->side[CLIENT].gone;
}

static void test_methods(void)
{
	static const struct try none[] = {
	    {NONE, "me", 0},
            {END,  0,    0}
        };
	static const struct try password[] = {
	    {NONE,     "me", 0       },
            {PASSWORD, "me", "wrong" },
            {PASSWORD, "me", "secret"},
            {END,      0,    0       }
        };
	static const struct try key[] = {
	    {QUERY_OTHER, "me", 0},
            {QUERY,       "me", 0},
            {SIGN,        "me", 0},
            {END,         0,    0}
        };
	static const struct try direct[] = {
	    {SIGN_NOT,   "me", 0},
            {SIGN_WRONG, "me", 0},
            {SIGN,       "me", 0},
            {END,        0,    0}
        };
	static const struct try empty[] = {
	    {NONE,     "", 0       },
            {PASSWORD, "", "secret"},
            {END,      0,  0       }
        };
	struct pair *p = prepare(none);

	none_does = 1;
	CHECK(play(p) && p->side[CLIENT].auth_num == AUTH_NONE);
	test_end("none");
	p = prepare(none);
	CHECK(!play(p) && p->side[SERVER].gone == SSH_E_PEER);
	CHECK(!strcmp(p->side[CLIENT].next, "publickey,password"));
	test_end("none refused");
	p = prepare(password);
	CHECK(play(p) && p->side[CLIENT].auth_num == AUTH_PASSWORD && asked == 3);
	test_end("password");
	p = prepare(key);
	CHECK(play(p) && p->side[CLIENT].auth_num == AUTH_PUBLICKEY && asked == 3);
	CHECK(p->side[CLIENT].seen[SSH_EV_PK_OK] == 1);
	test_end("public key, asked about before");
	p = prepare(direct);
	CHECK(play(p) && asked == 2);
	test_end("public key at once; a signature refused, a wrong one");
	p = prepare(empty);
	CHECK(!play(p) && asked == 2 && p->side[SERVER].gone == SSH_E_PEER);
	test_end("an empty user name");
}

static void test_partial(void)
{
	static const struct try both[] = {
	    {PASSWORD, "me", "secret"},
	    {PASSWORD, "me", "secret"},
	    {QUERY,    "me", 0       },
	    {SIGN,     "me", 0       },
	    {END,      0,    0       }
        };
	struct pair *p = prepare(both);

	both_wanted = 1;
	CHECK(play(p));
	CHECK(p->side[CLIENT].partial == 0 && !strcmp(p->side[CLIENT].next, "publickey"));
	CHECK(asked == 3); /* the second password is refused without a question */
	test_end("two factors");
}

static void test_banner(void)
{
	static const struct try none[] = {
	    {NONE, "me", 0},
            {END,  0,    0}
        };
	static uint8_t text[SSH_BANNER_MAX + 100];
	struct pair *p;
	size_t n;

	memset(text, 'b', sizeof(text));
	for (n = 1; n < sizeof(text); n += n < 2000 ? 1999 : 120) {
		p = prepare(none);
		none_does = 1;
		p->side[SERVER].conf.banner = (struct str){text, n};
		p->side[SERVER].tx_n = SSH_DATA_MAX / 8 + SSH_TX_RESERVE;
		CHECK(play(p) && p->side[CLIENT].seen[SSH_EV_BANNER] == 1);
		CHECK(strlen(banner_seen) == (n < SSH_BANNER_MAX ? n : SSH_BANNER_MAX));
	}
	test_end("banner");
}

static void test_ext_info(void)
{
	static const struct try sign[] = {
	    {SIGN, "me", 0},
            {END,  0,    0}
        };
	struct pair *p = prepare(sign);
	uint32_t plain = (uint32_t)1 << CERT_ROWS; /* ed25519's */

	CHECK(play(p) && (p->side[CLIENT].s.sig_algs & plain));
	p = prepare(sign);
	p->side[SERVER].conf.pubkey_algs = "rsa-sha2-256,rsa-sha2-512";
	CHECK(!play(p) && asked == 0 && !(p->side[CLIENT].s.sig_algs & plain));
	p = prepare(sign);
	p->side[SERVER].conf.pubkey_algs = "rsa-sha2-256,ssh-ed25519";
	CHECK(play(p) && (p->side[CLIENT].s.sig_algs & plain));
	test_end("server-sig-algs");
}

static void test_limits(void)
{
	static struct try many[20];
	struct pair *p;
	int i, max;

	for (max = 0; max < 5; max += 2) {
		for (i = 0; i < 19; i++)
			many[i] = (struct try){i % 2 ? PASSWORD : SIGN_WRONG, "me", "wrong"};
		p = prepare(many);
		p->side[SERVER].conf.max_tries = max;
		CHECK(!play(p) && p->side[SERVER].gone == SSH_E_AUTH_TRIES &&
		      asked == (max ? max : 6));
		CHECK(p->side[CLIENT].seen[SSH_EV_DISCONNECT]);
	}
	test_end("failures are counted");

	for (i = 0; i < 19; i++)
		many[i].what = QUERY;
	p = prepare(many);
	CHECK(!play(p) && p->side[SERVER].gone == SSH_E_AUTH_TRIES && asked == 15);
	for (i = 0; i < 19; i++)
		many[i].what = NONE;
	p = prepare(many);
	CHECK(!play(p) && p->side[SERVER].gone == SSH_E_AUTH_TRIES && asked == 15);
	test_end("queries are counted");

	for (i = 0; i < 10; i++)
		many[i].what = QUERY_RSA;
	many[i] = (struct try){PASSWORD, "me", "secret"};
	p = prepare(many);
	CHECK(play(p) && asked == 1);
	test_end("keys of an unknown kind that are asked about are no failures");
}

static void test_user(void)
{
	static const struct try change[] = {
	    {PASSWORD, "me",  "wrong" },
            {PASSWORD, "me2", "secret"},
            {END,      0,     0       }
        };
	static char name[2][300];
	static const struct try longer[] = {
	    {PASSWORD, name[0], "wrong" },
            {PASSWORD, name[1], "secret"},
            {END,      0,       0       }
        };
	struct pair *p = prepare(change);

	CHECK(!play(p) && p->side[SERVER].gone == SSH_E_AUTH_USER && asked == 1);
	memset(name[0], 'x', 200);
	memset(name[1], 'x', 201);
	p = prepare(longer);
	CHECK(!play(p) && p->side[SERVER].gone == SSH_E_AUTH_USER && asked == 1);
	test_end("the user may not change");
}

static int in_memory(const uint8_t *p, size_t n, const char *z)
{
	size_t i, len = strlen(z);

	for (i = 0; i + len <= n; i++)
		if (!memcmp(p + i, z, len))
			return 1;
	return 0;
}

static void test_wiped(void)
{
	static const struct try twice[] = {
	    {PASSWORD, "me", "hunter2 is wrong"},
	    {PASSWORD, "me", "hunter3 is right"},
	    {END,      0,    0                 }
        };
	struct pair *p = prepare(twice);
	int w;

	last_password = STR("hunter3 is right");
	CHECK(play(p));
	for (w = 0; w < 2; w++) {
		struct ssh *s = &p->side[w].s;

		CHECK(!in_memory(s->rx, s->rx_size, "hunter") &&
		      !in_memory(s->tx, s->tx_size, "hunter"));
	}
	test_end("passwords do not stay in memory");
}

int main(int argc, char **argv)
{
	if (!test_begin(argc, argv))
		return 0;
	test_methods();
	test_partial();
	test_banner();
	test_ext_info();
	test_limits();
	test_user();
	test_wiped();
	return test_status();
}
