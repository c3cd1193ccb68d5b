/* mon_say.h - what a network process can say to the monitor, well formed; the test and the fuzzer bend it. */
/* SPDX-License-Identifier: MIT */
#ifndef MON_SAY_H
#define MON_SAY_H

#include "keyfile.h"
#include "mon.h"
#include "sig.h"

#define SAY_USER "somebody"
#define SAY_PASSWORD "correct horse"
#define SAY_HASH                       \
	"$6$saltstring$.r0X7ub5wGR2v4" \
	"Xz7svCIozfnlorFh19V89t8KC9Umd81uGhFgsyTRNyzQDXDIm17fFcR9z3z7oBNdsyYBbtm/"
#define SAY_KIND "ssh-ed25519"

static struct key say_host, say_key; /* the server's, the user's */
static uint8_t say_mem[2 * MON_MAX];
static struct wr say;

static inline void say_keys(void)
{
	memset(say_host.u.ed25519.seed, 0xa5, 32);
	memset(say_key.u.ed25519.seed, 0x5c, 32);
	say_host.u.ed25519.seed[7] = say_key.u.ed25519.seed[9] = 1;
	say_host.kind = say_key.kind = &key_ed25519;
	ed25519_public(say_host.u.ed25519.pub, say_host.u.ed25519.seed);
	ed25519_public(say_key.u.ed25519.pub, say_key.u.ed25519.seed);
}

static inline void say_begin(enum mon kind)
{
	say = wr_init(say_mem, sizeof(say_mem));
	wr_u8(&say, kind);
}

static inline void say_channel(enum mon kind, uint32_t ch)
{
	say_begin(kind);
	wr_u32(&say, ch);
}

/* n bytes of a hash, which are zeros */
static inline void say_sign(uint8_t hostkey, size_t n)
{
	static const uint8_t hash[MON_MAX];

	say_begin(MON_SIGN);
	wr_u8(&say, hostkey);
	wr_strz(&say, SAY_KIND);
	wr_str(&say, hash, n);
}

static inline void say_auth(uint8_t method, int query, struct str user, const char *pass,
			    struct str alg, struct str blob, struct str sig)
{
	say_begin(MON_AUTH);
	wr_u8(&say, method);
	wr_u8(&say, query);
	wr_str(&say, user.p, user.len);
	wr_strz(&say, pass);
	wr_str(&say, alg.p, alg.len);
	wr_str(&say, blob.p, blob.len);
	wr_str(&say, sig.p, sig.len);
}

static inline void say_none(const char *user)
{
	say_auth(AUTH_NONE, 0, str_of(user), "", STR(""), STR(""), STR(""));
}

static inline void say_password(const char *user, const char *pass)
{
	say_auth(AUTH_PASSWORD, 0, str_of(user), pass, STR(""), STR(""), STR(""));
}

/* RFC 4252 7, over a session id of sid_len bytes that are all `sid` */
static inline void say_public_key(const char *user, int query, uint8_t sid, size_t sid_len)
{
	static uint8_t blob[80], text[400], sig[SIG_MAX], id[HASH_MAX];
	struct wr b = wr_init(blob, sizeof(blob)), t = wr_init(text, sizeof(text)),
		  s = wr_init(sig, sizeof(sig));

	memset(id, sid, sizeof(id));
	key_public_blob(&say_key, &b);
	wr_str(&t, id, sid_len);
	wr_u8(&t, MSG_USERAUTH_REQUEST);
	wr_strz(&t, user);
	wr_strz(&t, "ssh-connection");
	wr_strz(&t, "publickey");
	wr_u8(&t, 1);
	wr_strz(&t, SAY_KIND);
	wr_str(&t, blob, wr_len(&b));
	if (!query)
		key_sign(&say_key, sig_find(STR(SAY_KIND)), &s, (struct str){text, wr_len(&t)});
	say_auth(AUTH_PUBLICKEY, query, str_of(user), "", STR(SAY_KIND),
		 (struct str){blob, wr_len(&b)}, (struct str){sig, wr_len(&s)});
}

static inline void say_pty(uint32_t ch)
{
	static const uint8_t modes[] = {53, 0, 0, 0, 0, 128, 0, 0, 0x96, 0, 0};
	int i;

	say_channel(MON_PTY, ch);
	wr_strz(&say, "xterm");
	for (i = 0; i < 4; i++)
		wr_u32(&say, 24 + i);
	wr_str(&say, modes, sizeof(modes));
}

static inline void say_env(uint32_t ch, struct str name, const char *value)
{
	say_channel(MON_ENV, ch);
	wr_str(&say, name.p, name.len);
	wr_strz(&say, value);
}

static inline void say_part(uint32_t ch, const char *text)
{
	say_channel(MON_PART, ch);
	wr_strz(&say, text);
}

static inline void say_spawn(uint32_t ch, uint8_t kind)
{
	say_channel(MON_SPAWN, ch);
	wr_u8(&say, kind);
	if (CFG_SFTP_SERVER)
		wr_strz(&say, "SSH-2.0-tester");
}

static inline void say_kill(uint32_t ch, const char *name)
{
	say_channel(MON_KILL, ch);
	wr_strz(&say, name);
}

static inline void say_prove(uint8_t key)
{
	say_begin(MON_PROVE);
	wr_u8(&say, key);
	wr_strz(&say, "ssh-ed25519");
}

/* the agent's socket for a session, which is not there */
static inline void say_forward(void)
{
	say_channel(MON_FORWARD, 0);
}

static inline void say_hup(uint32_t ch)
{
	say_channel(MON_HUP, ch);
}

static inline void say_bye(void)
{
	say_begin(MON_BYE);
	wr_u32(&say, (uint32_t)SSH_E_PEER);
	wr_strz(&say, "a %s %n word\x1b[2J\r\n");
}

/* a request of that kind as an honest net would make it; others: one byte */
static inline void say_kind(uint8_t kind)
{
	switch (kind) {
	case MON_SIGN: say_sign(0, 32); break;
	case MON_AUTH: say_none(SAY_USER); break;
	case MON_PTY: say_pty(0); break;
	case MON_ENV: say_env(0, STR("LANG"), "C"); break;
	case MON_PART: say_part(0, "exit 3"); break;
	case MON_SPAWN: say_spawn(0, SPAWN_EXEC); break;
	case MON_KILL: say_kill(0, "TERM"); break;
	case MON_HUP: say_hup(0); break;
	case MON_PROVE: say_prove(0); break;
	case MON_FORWARD: say_forward(); break;
	case MON_BYE: say_bye(); break;
	default: say_begin(kind);
	}
}

#endif
