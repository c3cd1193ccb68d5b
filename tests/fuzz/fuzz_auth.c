/* fuzz_auth.c - user authentication with keys in place, both sides of it. */
/* SPDX-License-Identifier: MIT */
#include "lab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static uint8_t mem[SSH_PACKET_MAX];

static void request(void)
{
	static const char *const users[] = {"me", "root", ""}, *const methods[] = {
								   "none", "password", "publickey",
								   "keyboard-interactive"};
	uint8_t bits = rd_u8(&lab.in);
	struct str rest = rd_bytes(&lab.in, rd_u8(&lab.in));
	struct wr w = wr_init(mem, sizeof(mem));

	wr_u8(&w, MSG_USERAUTH_REQUEST);
	wr_strz(&w, users[bits & 3 ? 0 : bits >> 2 & 1 ? 1 : 2]);
	wr_strz(&w, bits == 0x77 ? "ssh-userauth" : "ssh-connection");
	wr_strz(&w, methods[bits >> 4 & 3]);
	if (bits & 0x80) { /* in the shape of a key's */
		wr_u8(&w, bits >> 3 & 1);
		wr_strz(&w, "ssh-ed25519");
		wr_str(&w, rest.p, rest.len);
		if (bits & 8)
			wr_str(&w, rest.p, rest.len);
	} else {
		wr_bytes(&w, rest.p, rest.len);
	}
	lab_say(mem, wr_len(&w));
}

static void service(void)
{
	struct wr w = wr_init(mem, sizeof(mem));

	wr_u8(&w, MSG_SERVICE_REQUEST);
	wr_strz(&w, "ssh-userauth");
	lab_say(mem, wr_len(&w));
}

/* the client's application */
static void attempt(void)
{
	uint8_t bits = rd_u8(&lab.in);
	struct str text = {mem, bits};

	if (bits & 1)
		ssh_auth_password(&lab.victim, STR("me"), text);
	else if (bits & 2)
		ssh_auth_key(&lab.victim, STR("me"), STR("ssh-ed25519"), text, bits >> 2 & 1);
	else
		ssh_auth_none(&lab.victim, STR("me"));
	lab_steps();
}

/* the server's part, in shape; whether it is due is another matter */
static void reply(void)
{
	static const uint8_t msgs[] = {MSG_USERAUTH_FAILURE, MSG_USERAUTH_SUCCESS,
				       MSG_USERAUTH_BANNER, MSG_USERAUTH_PK_OK, MSG_EXT_INFO};
	uint8_t bits = rd_u8(&lab.in), msg = msgs[bits % 5];
	struct wr w = wr_init(mem, sizeof(mem));

	wr_u8(&w, msg);
	if (msg == MSG_EXT_INFO)
		wr_u32(&w, 1);
	if (msg != MSG_USERAUTH_SUCCESS)
		wr_strz(&w, msg == MSG_EXT_INFO ? "server-sig-algs" : "publickey,password");
	if (msg == MSG_USERAUTH_FAILURE)
		wr_u8(&w, bits >> 7);
	else if (msg != MSG_USERAUTH_SUCCESS)
		wr_strz(&w, "ssh-ed25519");
	lab_say(mem, wr_len(&w));
}

static void raw(void)
{
	struct str s = rd_bytes(&lab.in, rd_u8(&lab.in));

	lab_say(s.p, s.len);
}

/* nobody is in who was not let in */
static void check(int client)
{
	if (lab.victim.phase != PH_CONN)
		return;
	if (client)
		TRAP_UNLESS(lab.last_sent == MSG_USERAUTH_SUCCESS || lab.authed);
	else
		TRAP_UNLESS(lab.last_answer == SSH_YES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	int client, i;

	if (!n)
		return 0;
	client = data[0] & 1;
	lab_keyed(client, client ? PH_AUTH : PH_SERVICE, data + 1, n - 1);
	for (i = 0; i < 100 && rd_left(&lab.in) && !lab.done && lab.victim.phase != PH_CONN; i++) {
		uint8_t op = rd_u8(&lab.in);

		if (op % 8 == 0)
			raw();
		else if (op % 8 == 1)
			lab_pump(1);
		else if (op % 8 == 2)
			ssh_rekey(&lab.peer);
		else if (client && op % 8 > 5)
			reply();
		else if (client)
			attempt();
		else if (op % 8 == 3)
			service();
		else
			request();
		check(client);
	}
	TRAP_UNLESS(lab.victim.fails <= 6 && lab.victim.queries <= 16);
	return 0;
}
