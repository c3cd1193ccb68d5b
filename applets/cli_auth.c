/* cli_auth.c - who we are: keys, prompts and passwords, in the order asked for (RFC 4252). */
/* SPDX-License-Identifier: MIT */
/*
 * Candidates are certificates, then the agent's keys, then those of files. With one candidate its
 * signature leaves in the flight of NEWKEYS; with more, the server is asked about
 * each first. Keys come before what needs a person, unless PreferredAuthentications
 * says otherwise; a method that the server has not named is not tried.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli_run.h"
#include "pubkey.h"
#include "sig.h"

#define KEYS_MAX 32
#define SECRET_MAX 512
#define PROMPTS_MAX 16

static struct {
	uint8_t method;  /* enum ssh_method that is being tried */
	uint8_t allowed; /* those that the server named, 0: it has not spoken yet */
	uint8_t dead;    /* those that we are through with */
	uint8_t n, at;   /* candidates; the one in hand */
	uint8_t certs;   /* how many of them are certificates, which come first */
	uint8_t listed;
	uint8_t sign;     /* the one in hand is to be signed with */
	uint8_t again;    /* the request could not be sent */
	uint8_t asked[2]; /* passwords, rounds of prompts */
	int agent;
	struct str pass; /* to be sent */
} auth = {.agent = -1};

static struct candidate {
	struct str blob;  /* of the agent; of a file: .len 0 until it is read */
	const char *file; /* NULL: the agent's */
	const char *cert; /* where the key's certificate is, see cli_cert_load; NULL: without one */
	uint8_t beside;
	const struct sig *sig;
} cand[KEYS_MAX] APART;

static uint8_t agent_mem[32768] APART;
static char secret[SECRET_MAX] APART;

static struct str user(void)
{
	return str_of(cli.set.user);
}

/* ---- candidates ------------------------------------------------------------ */

/* the best algorithm for a key of that kind that the user and the server take; NULL */
static const struct sig *sig_for(struct str blob)
{
	struct str name = pubkey_name(blob);
	const char *list = cli.set.pubkey_algs;
	int i;

	for (i = 0; sigs[i]; i++)
		if (str_is(name, sigs[i]->key_name) && (cli.ssh.sig_algs & (uint32_t)1 << i) &&
		    (!list || !*list ? !(sigs[i]->off & OFF_CLIENT)
				     : list_has(str_of(list), str_of(sigs[i]->name))))
			return sigs[i];
	return NULL;
}

/* 1: nobody but the owner may read a private key */
static int file_ok(const char *path)
{
	mode_t mode;
	uid_t owner;

	if (file_mode(path, &mode, &owner) < 0 || owner != getuid() || !(mode & 077))
		return 1;
	cli_say(&cli.set, LOG_L_ERROR, "%p: mode %o: others can read it; not used", path,
		(unsigned)mode & 07777);
	return 0;
}

/* certificates stand before the others; cert: as above */
static void put_candidate(struct str blob, const char *file, const char *cert, int beside)
{
	const struct sig *s = sig_for(blob);
	int is = CFG_CERTS && (cert || (s && s->plain)), at = is ? auth.certs : auth.n;

	if (auth.n == KEYS_MAX)
		return;
	auth.certs += is;
	memmove(&cand[at + 1], &cand[at], (size_t)(auth.n++ - at) * sizeof(*cand));
	cand[at] = (struct candidate){.blob = blob, .file = file, .cert = cert, .beside = beside};
}

/*
 * The certificates of a key: beside the identity, and among those given (which those of the
 * agent's were put for already); blob, file: as above
 */
static void put_certs(struct str key, const char *identity, struct str blob, const char *file)
{
	int i;

	for (i = -1; CFG_CERTS && i < (identity && !file ? 0 : CLI_FILES); i++) {
		const char *path = i < 0 ? identity : cli.set.certificate[i];

		if (path && cli_cert_load(path, i < 0, key).len)
			put_candidate(blob, file, path, i < 0);
	}
}

static void list_agent(void)
{
	struct agent_key keys[KEYS_MAX];
	unsigned n = KEYS_MAX, i;
	int r;

	if (cli.set.identity_agent && !strcmp(cli.set.identity_agent, "none"))
		return;
	auth.agent = agent_connect(cli.set.identity_agent);
	if (auth.agent < 0)
		return;
	r = agent_list(auth.agent, agent_mem, sizeof(agent_mem), keys, &n);
	if (r < 0) {
		cli_say(&cli.set, LOG_L_WARN, "the agent: %s", err_text(-r));
		return;
	}
	for (i = 0; i < n; i++) {
		put_certs(keys[i].blob, NULL, keys[i].blob, NULL);
		put_candidate(keys[i].blob, NULL, NULL, 0);
	}
}

/* 1: the agent has the file's key, and is asked for it; it comes first then */
static int agents(struct str *blob)
{
	int i;

	for (i = 0; i < auth.n; i++)
		if (!cand[i].file && str_eq(cand[i].blob, *blob)) {
			*blob = cand[i].blob;
			return 1;
		}
	return 0;
}

static void list_candidates(void)
{
	int i, locked;

	auth.listed = 1;
	if (!cli.set.identities_only)
		list_agent();
	for (i = 0; i < CLI_FILES && cli.set.identity[i]; i++) {
		const char *path = cli.set.identity[i];
		struct str blob = cli_key_blob(path, &locked);

		if (blob.len && agents(&blob)) {
			put_certs(blob, path, blob, NULL);
		} else if (blob.len && file_ok(path)) {
			put_certs(blob, path, (struct str){0}, path);
			put_candidate((struct str){0}, path, NULL, 0);
		}
	}
}

/* ---- trying ---------------------------------------------------------------- */

/* locked: the secret half has to be asked for */
static struct str blob_of(struct candidate *c, int *locked)
{
	struct str blob = c->blob;

	*locked = 0;
	if (c->file)
		blob = cli_key_blob(c->file, locked);
	return CFG_CERTS && c->cert && blob.len ? cli_cert_load(c->cert, c->beside, blob) : blob;
}

/* the next key that may do; 0: there is none */
static int try_key(void)
{
	struct str blob;
	int locked;

	for (; auth.at < auth.n; auth.at++) {
		struct candidate *c = &cand[auth.at];

		blob = blob_of(c, &locked);
		c->sig = blob.len ? sig_for(blob) : NULL;
		if (!c->sig)
			continue;
		auth.sign |= auth.n == 1 && !locked;
		auth.again = !ssh_auth_key(&cli.ssh, user(), str_of(c->sig->name), blob, auth.sign);
		return 1;
	}
	return 0;
}

static void drop_secret(void)
{
	wipe(secret, sizeof(secret));
	auth.pass = (struct str){0};
}

static int try_password(void)
{
	char prompt[400];
	int n;

	if (!auth.pass.p) {
		const char *given = cli.set.dbclient ? getenv("DROPBEAR_PASSWORD") : NULL;

		if (auth.asked[0]++ >= (given ? 1 : cli.set.password_prompts))
			return 0;
		if (auth.asked[0] > 1)
			cli_say(&cli.set, LOG_L_WARN, "Permission denied, please try again.");
		fmt(prompt, sizeof(prompt), "%p@%p's password: ", cli.set.user, cli.set.host);
		n = given ? (int)fmt(secret, sizeof(secret), "%s", given)
			  : ask_line(&cli.set, prompt, 0, secret, sizeof(secret));
		if (n < 0)
			return 0;
		auth.pass = (struct str){(uint8_t *)secret, (size_t)n};
	}
	auth.again = !ssh_auth_password(&cli.ssh, user(), auth.pass);
	if (!auth.again)
		drop_secret();
	return 1;
}

static int try_keyboard(void)
{
	if (auth.asked[1]++ >= cli.set.password_prompts)
		return 0;
	auth.again = !ssh_auth_keyboard(&cli.ssh, user());
	return 1;
}

static uint8_t method_bit(struct str name)
{
	return str_is(name, "publickey")              ? AUTH_PUBLICKEY
	       : str_is(name, "password")             ? AUTH_PASSWORD
	       : str_is(name, "keyboard-interactive") ? AUTH_KEYBOARD
						      : 0;
}

static int is_on(uint8_t m)
{
	const struct cli_set *s = &cli.set;

	return m == AUTH_PUBLICKEY  ? s->pubkey_auth
	       : m == AUTH_PASSWORD ? s->password_auth
				    : s->kbd_auth;
}

static int try_method(uint8_t m)
{
	auth.method = m;
	return m == AUTH_PUBLICKEY  ? try_key()
	       : m == AUTH_PASSWORD ? try_password()
				    : try_keyboard();
}

/* the first method in the user's order that has something left to try; 0: none has */
static int try_next(void)
{
	const char *order = cli.set.preferred;
	struct str list = order ? str_of(order) : STR("publickey,keyboard-interactive,password"),
		   name;

	while (list_next(&list, &name)) {
		uint8_t m = method_bit(name);

		if (!m || auth.dead & m || !is_on(m) || (auth.allowed && !(auth.allowed & m)))
			continue;
		if (!auth.allowed && (m != AUTH_PUBLICKEY || !auth.n))
			continue; /* no person is asked before the server has named the method */
		if (try_method(m))
			return 1;
		auth.dead |= m;
	}
	return 0;
}

static void note_allowed(struct str list)
{
	struct str name;

	auth.allowed = 128; /* it has spoken, even if it named none */
	while (list_next(&list, &name))
		auth.allowed |= method_bit(name);
}

void cli_auth_next(const struct ssh_event *ev)
{
	if (!auth.listed && cli.set.pubkey_auth)
		list_candidates();
	auth.listed = 1;
	if (ev->name.p) /* else it is we who could not sign */
		note_allowed(ev->name);
	if (ev->num) /* partial success: another factor; what was refused before may do now */
		auth.dead = auth.asked[0] = 0;
	if (auth.method == AUTH_PUBLICKEY) {
		auth.at++;
		auth.sign = 0;
	}
	if (try_next())
		return;
	if (!auth.allowed) {
		auth.method = AUTH_NONE;
		auth.again = !ssh_auth_none(&cli.ssh, user());
		return;
	}
	cli_die("%p@%p: Permission denied (%*p).", cli.set.user, cli.set.host, (int)ev->name.len,
		(const char *)ev->name.p);
}

int cli_auth_retry(void)
{
	struct candidate *c = &cand[auth.at];
	int locked;

	if (!auth.again)
		return 0;
	if (auth.method == AUTH_PUBLICKEY)
		auth.again = !ssh_auth_key(&cli.ssh, user(), str_of(c->sig->name),
					   blob_of(c, &locked), auth.sign);
	else if (auth.method == AUTH_PASSWORD)
		try_password();
	else if (auth.method == AUTH_KEYBOARD)
		auth.again = !ssh_auth_keyboard(&cli.ssh, user());
	else
		auth.again = !ssh_auth_none(&cli.ssh, user());
	return !auth.again;
}

/* ---- events ---------------------------------------------------------------- */

static void on_sign(struct str data)
{
	static uint8_t out[SIG_MAX + 1024] APART;
	struct candidate *c = &cand[auth.at];
	struct str sig = {0};
	struct wr w = wr_init(out, sizeof(out));

	if (c->file) {
		if (cli_key_sign(c->file, c->sig, &w, data))
			sig = (struct str){out, wr_len(&w)};
	} else if (agent_sign(auth.agent, c->blob, data, agent_flags(c->sig), out, sizeof(out),
			      &sig) < 0) {
		cli_say(&cli.set, LOG_L_WARN, "the agent refuses to sign");
	}
	ssh_answer_sig(&cli.ssh, sig);
	REST(out);
}

/* one line each, echoed or not, as the server wants it; its text is shown escaped */
static void on_prompts(const struct ssh_event *ev)
{
	static uint8_t mem[PROMPTS_MAX * SECRET_MAX] APART;
	struct wr w = wr_init(mem, sizeof(mem));
	struct rd r = rd_init(ev->blob);
	char prompt[512];
	uint32_t i;

	if (ev->name.len || ev->data.len)
		cli_say(&cli.set, LOG_L_INFO, "%*p%s%*p", (int)ev->name.len,
			(const char *)ev->name.p, ev->name.len ? " " : "", (int)ev->data.len,
			(const char *)ev->data.p);
	for (i = 0; i < ev->num && i < PROMPTS_MAX; i++) {
		struct str text = rd_str(&r);
		int echo = rd_u8(&r), n;

		fmt(prompt, sizeof(prompt), "(%p@%p) %*p", cli.set.user, cli.set.host,
		    (int)text.len, (const char *)text.p);
		n = ask_line(&cli.set, prompt, echo, secret, sizeof(secret));
		wr_str(&w, secret, n > 0 ? (size_t)n : 0);
		wipe(secret, sizeof(secret));
		if (n < 0)
			auth.dead |= AUTH_KEYBOARD;
	}
	if (i < ev->num)
		cli_die("%p: the server asks too many questions", cli.set.host);
	ssh_auth_prompts(&cli.ssh, ev->num, (struct str){mem, wr_len(&w)});
	wipe(mem, sizeof(mem));
}

void cli_auth_event(const struct ssh_event *ev)
{
	switch (ev->type) {
	case SSH_EV_SIGN: on_sign(ev->data); break;
	case SSH_EV_PROMPTS: on_prompts(ev); break;
	default: /* PK_OK */ auth.sign = 1; try_key();
	}
}

void cli_auth_done(void)
{
	cli_key_forget();
	drop_secret();
	if (auth.agent >= 0)
		close(auth.agent);
	auth.agent = -1;
	REST(cand);
	REST(agent_mem);
	REST(secret);
}
