/* fuzz_agent.c - requests to the agent, one after another: its answers are whole, its keys stay in their room. */
/* SPDX-License-Identifier: MIT */
/*
 * An input is records: seconds that pass, a length (two bytes), a request; in a request
 * that begins with '+' the rest is a number, which becomes a key to add, and with 's' a
 * request to sign with one. SEEDS=dir writes the corpus.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "port.h"
#include "sig.h"

static uint8_t reply[AGENT_REPLY];
static uint64_t now;

static void must(int good)
{
	if (!good)
		abort();
}

static struct key key_of(uint8_t number)
{
	struct key k = {.kind = &key_ed25519};

	memset(k.u.ed25519.seed, number, 32);
	ed25519_public(k.u.ed25519.pub, k.u.ed25519.seed);
	return k;
}

static void must_be_keys(struct rd *r)
{
	uint32_t n = rd_u32(r);

	must(n <= AGENT_ROOM);
	for (; n; n--) {
		struct str blob = rd_str(r), comment = rd_str(r);

		must(blob.len == 51 && comment.len <= AGENT_COMMENT);
	}
	must(rd_done(r));
}

/* in memory of its own, so that nothing is read behind it */
static uint8_t ask(const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n + !n), type;
	struct wr w = wr_init(reply, sizeof(reply));
	struct str sig;
	struct rd r;
	int wait;

	if (n)
		memcpy(copy, p, n);
	wait = agent_answer((struct str){copy, n}, &w, now);
	must(wait >= 0 && wait <= 10000 && !w.bad && wr_len(&w));
	r = rd_init((struct str){reply, wr_len(&w)});
	type = rd_u8(&r);
	if (type == AGENT_KEYS) {
		must_be_keys(&r);
	} else if (type == AGENT_SIGNATURE) {
		sig = rd_str(&r);
		must(rd_done(&r) && sig.len == 4 + 11 + 4 + 64);
	} else {
		must((type == AGENT_SUCCESS || type == AGENT_FAILURE) && rd_done(&r));
	}
	free(copy);
	return type;
}

static void add(uint8_t number)
{
	struct key k = key_of(number);
	uint8_t mem[256];
	struct wr w = wr_init(mem, sizeof(mem));

	wr_u8(&w, AGENT_ADD);
	wr_strz(&w, k.kind->name);
	k.kind->put(&k, &w, KEY_OPENSSH);
	wr_strz(&w, "a key");
	ask(mem, wr_len(&w));
}

static void sign(uint8_t number)
{
	struct key k = key_of(number);
	uint8_t mem[256], *mark;
	struct wr w = wr_init(mem, sizeof(mem));

	wr_u8(&w, AGENT_SIGN);
	mark = wr_open(&w);
	key_public_blob(&k, &w);
	wr_close(&w, mark);
	wr_strz(&w, "data");
	wr_u32(&w, 0);
	ask(mem, wr_len(&w));
}

/* ---- the corpus ------------------------------------------------------------ */

static struct wr seed;
static uint8_t seed_mem[8192];

static uint8_t *record(uint8_t seconds)
{
	wr_u8(&seed, seconds);
	wr_u8(&seed, 0);
	wr_u8(&seed, 0);
	return seed.p;
}

static void record_end(uint8_t *start)
{
	start[-2] = (uint8_t)((seed.p - start) >> 8);
	start[-1] = (uint8_t)(seed.p - start);
}

static void record_text(uint8_t type, const char *text)
{
	uint8_t *at = record(1);

	wr_u8(&seed, type);
	if (text)
		wr_strz(&seed, text);
	record_end(at);
}

static void record_add(const char *constraints, size_t n)
{
	struct key k = key_of('k');
	uint8_t *at = record(0);

	wr_u8(&seed, n ? AGENT_ADD_CONSTRAINED : AGENT_ADD);
	wr_strz(&seed, k.kind->name);
	k.kind->put(&k, &seed, KEY_OPENSSH);
	wr_strz(&seed, "comment");
	wr_bytes(&seed, constraints, n);
	record_end(at);
}

static void record_use(uint8_t type)
{
	struct key k = key_of('k');
	uint8_t *at = record(2), *mark;

	wr_u8(&seed, type);
	mark = wr_open(&seed);
	key_public_blob(&k, &seed);
	wr_close(&seed, mark);
	if (type == AGENT_SIGN) {
		wr_strz(&seed, "data to be signed");
		wr_u32(&seed, 0);
	}
	record_end(at);
}

static void seed_save(const char *dir, const char *name)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	must(f != NULL);
	fwrite(seed_mem, 1, wr_len(&seed), f);
	fclose(f);
	seed = wr_init(seed_mem, sizeof(seed_mem));
}

static void seeds(const char *dir)
{
	seed = wr_init(seed_mem, sizeof(seed_mem));
	record_add("", 0);
	record_use(AGENT_SIGN);
	record_text(AGENT_LIST, NULL);
	record_use(AGENT_REMOVE);
	record_text(AGENT_LIST, NULL);
	seed_save(dir, "sign");
	record_add("\1\0\0\0\3", 5);
	record_use(AGENT_SIGN);
	record_use(AGENT_SIGN);
	seed_save(dir, "life");
	record_add("\2\1\0\0\0\3", 6);
	record_use(AGENT_SIGN);
	record_text(AGENT_REMOVE_ALL, NULL);
	seed_save(dir, "confirm");
	record_add("\377\0\0\0\4name\0\0\0\0", 13);
	record_text(AGENT_EXTENSION, "session-bind@openssh.com");
	record_text(AGENT_EXTENSION, "query");
	seed_save(dir, "extension");
	record_add("", 0);
	record_text(AGENT_LOCK, "pass");
	record_text(AGENT_LIST, NULL);
	record_text(AGENT_UNLOCK, "word");
	record_text(AGENT_UNLOCK, "pass");
	record_use(AGENT_SIGN);
	seed_save(dir, "lock");
}

/* ---- the run --------------------------------------------------------------- */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	unsetenv("SSH_ASKPASS");
	if (getenv("SEEDS")) {
		seeds(getenv("SEEDS"));
		exit(0);
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	now = 1;
	while (n >= 3) {
		size_t len = (size_t)data[1] << 8 | data[2];

		now += data[0] * (uint64_t)1000;
		data += 3;
		n -= 3;
		len = len < n ? len : n;
		if (len > 1 && *data == '+')
			add(data[1]);
		else if (len > 1 && *data == 's')
			sign(data[1]);
		else
			ask(data, len);
		data += len;
		n -= len;
	}
	agent_forget();
	return 0;
}
