/* test_agent.c - the agent's answers: keys, constraints, the lock, and what is malformed. */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <unistd.h>

#include "agent.h"
#include "check.h"
#include "port.h"
#include "sig.h"

static uint8_t mem[AGENT_REQUEST], reply[AGENT_REPLY];
static struct wr ask;
static struct rd said;
static uint64_t now = 1000000;
static int waited;

static void begin(uint8_t type)
{
	ask = wr_init(mem, sizeof(mem));
	wr_u8(&ask, type);
}

/* the answer's type; said is behind it */
static int send_part(size_t n)
{
	struct wr w = wr_init(reply, sizeof(reply));

	waited = agent_answer((struct str){mem, n}, &w, now);
	said = rd_init((struct str){reply, wr_len(&w)});
	return w.bad ? -1 : rd_u8(&said);
}

static int send_all(void)
{
	return send_part(wr_len(&ask));
}

static struct key key_of(uint8_t number)
{
	struct key k = {.kind = &key_ed25519};

	memset(k.u.ed25519.seed, number, 32);
	ed25519_public(k.u.ed25519.pub, k.u.ed25519.seed);
	return k;
}

static void put_key(uint8_t number, const char *comment)
{
	struct key k = key_of(number);

	wr_strz(&ask, "ssh-ed25519");
	k.kind->put(&k, &ask, KEY_OPENSSH);
	wr_strz(&ask, comment);
}

static void put_blob(uint8_t number)
{
	struct key k = key_of(number);
	uint8_t *mark = wr_open(&ask);

	key_public_blob(&k, &ask);
	wr_close(&ask, mark);
}

static int add(uint8_t number, const char *comment)
{
	begin(AGENT_ADD);
	put_key(number, comment);
	return send_all() == AGENT_SUCCESS;
}

static int list(void)
{
	begin(AGENT_LIST);
	return send_all() == AGENT_KEYS ? (int)rd_u32(&said) : -1;
}

/* comments in the list, one after another */
static int listed(const char *want)
{
	char have[256] = "";
	int n;

	for (n = list(); n > 0; n--) {
		struct str c;

		rd_str(&said);
		c = rd_str(&said);
		strncat(have, (const char *)c.p, c.len);
	}
	return rd_done(&said) && !strcmp(have, want);
}

static int sign(uint8_t number, uint32_t flags)
{
	begin(AGENT_SIGN);
	put_blob(number);
	wr_strz(&ask, "what is to be signed");
	wr_u32(&ask, flags);
	return send_all();
}

static int signed_well(uint8_t number)
{
	struct key k = key_of(number);
	uint8_t blob[64];
	struct wr w = wr_init(blob, sizeof(blob));
	struct str sig;

	if (sign(number, 0) != AGENT_SIGNATURE)
		return 0;
	key_public_blob(&k, &w);
	sig = rd_str(&said);
	return rd_done(&said) && sig_verify(&sig_ed25519, (struct str){blob, wr_len(&w)}, sig,
					    STR("what is to be signed"));
}

static int remove_key(uint8_t number)
{
	begin(AGENT_REMOVE);
	put_blob(number);
	return send_all() == AGENT_SUCCESS;
}

static int remove_all(void)
{
	begin(AGENT_REMOVE_ALL);
	return send_all() == AGENT_SUCCESS;
}

static int lock(uint8_t type, const char *pass)
{
	begin(type);
	wr_strz(&ask, pass);
	return send_all() == AGENT_SUCCESS;
}

static void keys(void)
{
	char c[2] = "a";
	int good = 1, i;

	check("agent: empty at first", list() == 0 && rd_done(&said), "it is not");
	check("agent: adds", add(1, "a") && add(2, "b") && add(3, "c") && listed("abc"), "no");
	check("agent: signs", signed_well(1) && signed_well(3), "badly");
	check("agent: flags are RSA's", sign(2, 4) == AGENT_SIGNATURE, "refused");
	check("agent: an unknown key does not sign", sign(9, 0) == AGENT_FAILURE, "it does");
	check("agent: the same key again", add(2, "B") && listed("aBc"), "there twice");
	check("agent: removes", remove_key(2) && listed("ac") && !remove_key(2), "no");
	check("agent: what is gone does not sign", sign(2, 0) == AGENT_FAILURE, "it does");
	for (i = 0; i < AGENT_ROOM - 2; i++)
		good &= add((uint8_t)(100 + i), "");
	check("agent: 32 keys", good && list() == AGENT_ROOM, "fewer");
	check("agent: not 33", !add(50, c) && list() == AGENT_ROOM && sign(50, 0) == AGENT_FAILURE,
	      "more");
	check("agent: a full one still changes comments", add(1, "A"), "no");
	check("agent: removes all", remove_all() && list() == 0 && remove_all(), "no");
}

static int constrained(uint8_t number, const void *constraints, size_t n)
{
	begin(AGENT_ADD_CONSTRAINED);
	put_key(number, "x");
	wr_bytes(&ask, constraints, n);
	return send_all() == AGENT_SUCCESS;
}

static void constraints(void)
{
	unsetenv("SSH_ASKPASS");
	check("agent: a life of 5 s", constrained(1, "\1\0\0\0\5", 5) && list() == 1, "no");
	check("agent: the next end", agent_expire(now) == 5000 && agent_expire(now + 4999) == 1,
	      "wrong");
	now += 4999;
	check("agent: it lasts", signed_well(1), "no");
	now++;
	check("agent: it ends", sign(1, 0) == AGENT_FAILURE && list() == 0, "no");
	check("agent: nothing ends", agent_expire(now) == -1, "something does");
	check("agent: long lives",
	      constrained(1, "\1\377\377\377\377", 5) && agent_expire(now) == INT32_MAX &&
		  list() == 1,
	      "wrong");
	check("agent: a life that is taken back", add(1, "x") && agent_expire(now) == -1, "no");
	check("agent: nobody to confirm",
	      constrained(1, "\2", 1) && sign(1, 0) == AGENT_FAILURE && list() == 1, "it signs");
	check("agent: both", constrained(1, "\2\1\0\0\0\7", 6) && agent_expire(now) == 7000, "no");
	check("agent: an unknown constraint", !constrained(4, "\3\0\0\0\1", 5), "taken");
	check("agent: an extension's constraint", !constrained(4, "\377\0\0\0\1a\0\0\0\0", 10),
	      "taken");
	check("agent: half a constraint", !constrained(4, "\1\0\0", 3), "taken");
	begin(AGENT_ADD);
	put_key(4, "x");
	wr_u8(&ask, AGENT_CONSTRAIN_CONFIRM);
	check("agent: a constraint where none may be", send_all() == AGENT_FAILURE, "taken");
	check("agent: nothing of them stays", list() == 1, "it does");
	remove_all();
}

static void locking(void)
{
	int i, slowest = 0;

	add(1, "a");
	check("agent: no empty passphrase", !lock(AGENT_LOCK, ""), "taken");
	check("agent: locks", lock(AGENT_LOCK, "secret"), "no");
	check("agent: shows nothing", list() == 0 && rd_done(&said), "it does");
	check("agent: does nothing",
	      sign(1, 0) == AGENT_FAILURE && !add(2, "b") && !remove_key(1) && !remove_all() &&
		  !lock(AGENT_LOCK, "other"),
	      "it does");
	check("agent: a wrong passphrase", !lock(AGENT_UNLOCK, "Secret") && waited == 100, "right");
	check("agent: another", !lock(AGENT_UNLOCK, "") && waited == 200, "right");
	for (i = 0; i < 300; i++) {
		lock(AGENT_UNLOCK, "x");
		slowest = waited > slowest ? waited : slowest;
	}
	check("agent: not slower than 10 s", slowest == 10000 && waited == 10000, "it is");
	check("agent: unlocks", lock(AGENT_UNLOCK, "secret") && waited == 0, "no");
	check("agent: all is there", listed("a") && signed_well(1), "no");
	check("agent: unlocks once", !lock(AGENT_UNLOCK, "secret"), "twice");
	remove_all();
}

/* each prefix of a request is one that fails, whatever memory there is behind it */
static void cut(const char *name, size_t least)
{
	size_t n, all = wr_len(&ask);
	int good = 1;

	for (n = 0; n < all; n++)
		good &= send_part(n) == (n < least ? AGENT_FAILURE : AGENT_SUCCESS);
	check(name, good && send_part(all) != AGENT_FAILURE, "not as it should");
}

static void malformed(void)
{
	int type, good = 1;

	begin(AGENT_ADD);
	put_key(1, "comment");
	cut("agent: half a key", wr_len(&ask));
	begin(AGENT_SIGN);
	put_blob(1);
	wr_strz(&ask, "data");
	wr_u32(&ask, 0);
	cut("agent: half a request to sign", wr_len(&ask));
	begin(AGENT_REMOVE);
	put_blob(1);
	cut("agent: half a removal", wr_len(&ask));
	begin(AGENT_ADD);
	put_key(1, "x");
	mem[1 + 4 + 11 + 4 + 5] ^= 1;
	check("agent: another's public half", send_all() == AGENT_FAILURE, "taken");
	begin(AGENT_ADD);
	wr_strz(&ask, "ssh-rsa");
	check("agent: a kind that is not there", send_all() == AGENT_FAILURE, "taken");
	for (type = 0; type < 256; type++) {
		begin((uint8_t)type);
		if (type != AGENT_LIST && type != AGENT_REMOVE_ALL)
			good &= send_all() == AGENT_FAILURE;
	}
	check("agent: all other types", good && list() == 0, "one does something");
	begin(AGENT_EXTENSION);
	wr_strz(&ask, "session-bind@openssh.com");
	check("agent: no extension", send_all() == AGENT_FAILURE, "there is");
}

static void long_ones(void)
{
	static char comment[AGENT_COMMENT + 100];
	struct str c;
	int i, good = 1;

	memset(comment, 'x', sizeof(comment) - 1);
	for (i = 0; i < AGENT_ROOM; i++)
		good &= add((uint8_t)(i + 1), comment);
	check("agent: long comments are cut", good && list() == AGENT_ROOM, "no");
	rd_str(&said);
	c = rd_str(&said);
	check("agent: to 256 bytes", c.len == AGENT_COMMENT, "no");
	agent_forget();
	check("agent: forgets", list() == 0, "no");
}

int main(void)
{
	agent_lock_memory();
	keys();
	constraints();
	locking();
	malformed();
	long_ones();
	return check_result();
}
