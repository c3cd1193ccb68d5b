/* agent_keys.c - what an agent keeps, and what it answers (draft-ietf-sshm-ssh-agent). */
/* SPDX-License-Identifier: MIT */
/*
 * The first .n slots have a key each, in the order of their coming; the one behind
 * them is where the next is read to, and all others are zeros. While it is locked
 * nothing but unlocking has an effect. Extensions are refused: session-bind is good for
 * keys that serve certain hosts alone, and constraints that we do not know refuse the key.
 */
#include <string.h>

#include "agent.h"
#include "cli.h"
#include "keyshow.h"
#include "sig.h"

#define BLOB_MAX (CFG_KEY_MLDSA44 ? 1408 : 640) /* a public key: RSA with 4096 bits */
#define SLOW_MOST 100                           /* wrong passphrases that count */
#define SLOW_STEP 100u                          /* milliseconds more for each */

struct slot {
	struct key key;
	uint64_t end; /* 0: never */
	uint8_t confirm;
	uint16_t len;
	uint8_t comment[AGENT_COMMENT];
};

static struct slot slots[AGENT_ROOM + 1] APART;
static struct {
	uint8_t n, locked, wrong;
	uint8_t salt[32], digest[32]; /* of what unlocks */
} agent;

void agent_lock_memory(void)
{
	mem_secret(slots, sizeof(slots));
}

void agent_forget(void)
{
	wipe(slots, sizeof(slots));
	wipe(&agent, sizeof(agent));
}

static int drop(struct slot *s)
{
	struct slot *last;

	if (!s)
		return 0;
	last = &slots[--agent.n];
	memmove(s, s + 1, (size_t)((char *)last - (char *)s));
	wipe(last, sizeof(*last));
	return 1;
}

int agent_expire(uint64_t now)
{
	uint64_t next = UINT64_MAX;

	for (struct slot *s = slots; s < slots + agent.n;) {
		if (s->end && s->end <= now) {
			drop(s);
			continue;
		}
		if (s->end && s->end - now < next)
			next = s->end - now;
		s++;
	}
	return next == UINT64_MAX ? -1 : next > INT32_MAX ? INT32_MAX : (int)next;
}

static struct slot *find(struct str blob)
{
	uint8_t mem[BLOB_MAX];

	for (struct slot *s = slots; s < slots + agent.n; s++) {
		struct wr w = wr_init(mem, sizeof(mem));

		key_public_blob(&s->key, &w);
		if (!w.bad && str_eq(blob, (struct str){mem, wr_len(&w)}))
			return s;
	}
	return NULL;
}

static int list(struct wr *w)
{
	unsigned n = agent.locked ? 0 : agent.n;

	wr_u8(w, AGENT_KEYS);
	wr_u32(w, n);
	for (struct slot *s = slots; s < slots + n; s++) {
		uint8_t *mark = wr_open(w);

		key_public_blob(&s->key, w);
		wr_close(w, mark);
		wr_str(w, s->comment, s->len);
	}
	return 1;
}

/* the key into the slot behind all; 1: it is good and may be kept as asked */
static int read_key(struct slot *s, struct rd *r, int constrained, uint64_t now)
{
	uint64_t life = agent_args.life;
	struct str comment;

	s->key.kind = key_kind_find(rd_str(r));
	if (!s->key.kind || !s->key.kind->get(&s->key, r, KEY_OPENSSH))
		return 0;
	comment = rd_str(r);
	s->len = comment.len < AGENT_COMMENT ? comment.len : AGENT_COMMENT;
	if (s->len)
		memcpy(s->comment, comment.p, s->len);
	s->end = life ? now + life * 1000 : 0;
	while (constrained && rd_left(r)) {
		switch (rd_u8(r)) {
		case AGENT_CONSTRAIN_LIFETIME: s->end = now + rd_u32(r) * (uint64_t)1000; break;
		case AGENT_CONSTRAIN_CONFIRM: s->confirm = 1; break;
		default: return 0;
		}
	}
	return rd_done(r);
}

/* a key that is there already gets a new comment and new constraints */
static int add(struct rd *r, int constrained, uint64_t now)
{
	struct slot *s = &slots[agent.n], *old = NULL;
	int good = read_key(s, r, constrained, now);

	if (good)
		old = find(key_blob(&s->key));
	if (good && !old && agent.n < AGENT_ROOM)
		return ++agent.n;
	if (old)
		*old = *s;
	wipe(s, sizeof(*s));
	return old != NULL;
}

static int confirmed(const struct slot *s, struct str blob)
{
	char text[AGENT_COMMENT * 4 + 128], print[FINGERPRINT_LEN];

	key_print(print, blob, agent_args.md5);
	fmt(text, sizeof(text), "Allow use of key %*p?\nKey fingerprint %s.", (int)s->len,
	    (const char *)s->comment, print);
	return agent_consent(text);
}

static int sign(struct rd *r, struct wr *w)
{
	struct str blob = rd_str(r), data = rd_str(r);
	uint32_t flags = rd_u32(r), own;
	struct slot *s = find(blob);
	uint8_t *mark;
	int i;

	if (!s || !rd_done(r) || (s->confirm && !confirmed(s, blob)))
		return 0;
	for (i = 0; sigs[i]; i++) {
		own = agent_flags(sigs[i]);
		if (!str_is(pubkey_name(blob), sigs[i]->key_name) || (own && !(own & flags)))
			continue;
		wr_u8(w, AGENT_SIGNATURE);
		mark = wr_open(w);
		if (!key_sign(&s->key, sigs[i], w, data))
			break;
		wr_close(w, mark);
		return 1;
	}
	return 0;
}

static void digest(uint8_t out[32], struct str pass)
{
	struct hash_ctx c;

	hash_init(&c, &hash_sha256);
	hash_add(&c, agent.salt, sizeof(agent.salt));
	hash_add(&c, pass.p, pass.len);
	hash_out(&c, out);
	wipe(&c, sizeof(c));
}

static int lock(struct str pass)
{
	if (!pass.len)
		return 0;
	rand_seed(agent.salt);
	digest(agent.digest, pass);
	agent.wrong = 0;
	return agent.locked = 1;
}

/* the more tries, the slower */
static int unlock(struct str pass, int *wait)
{
	uint8_t given[sizeof(agent.digest)];

	if (!agent.locked)
		return 0;
	digest(given, pass);
	agent.locked = !ct_eq(given, agent.digest, sizeof(given));
	if (!agent.locked)
		return 1;
	agent.wrong += agent.wrong < SLOW_MOST;
	*wait = (int)(agent.wrong * SLOW_STEP);
	return 0;
}

int agent_answer(struct str request, struct wr *w, uint64_t now)
{
	struct rd r = rd_init(request);
	struct wr start = *w;
	uint8_t type = rd_u8(&r);
	int yes = 0, wait = 0;

	agent_expire(now);
	if (agent.locked && type != AGENT_UNLOCK && type != AGENT_LIST)
		type = 0;
	switch (type) {
	case AGENT_LIST: yes = list(w); break;
	case AGENT_SIGN: yes = sign(&r, w); break;
	case AGENT_ADD:
	case AGENT_ADD_CONSTRAINED: yes = add(&r, type == AGENT_ADD_CONSTRAINED, now); break;
	case AGENT_REMOVE: yes = drop(find(rd_str(&r))); break;
	case AGENT_REMOVE_ALL:
		agent_forget();
		yes = 1;
		break;
	case AGENT_LOCK: yes = lock(rd_str(&r)); break;
	case AGENT_UNLOCK: yes = unlock(rd_str(&r), &wait); break;
	default: break;
	}
	yes = yes && !w->bad;
	if (!yes)
		*w = start;
	if (wr_len(w) == wr_len(&start))
		wr_u8(w, yes ? AGENT_SUCCESS : AGENT_FAILURE);
	return wait;
}
