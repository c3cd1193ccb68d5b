/* table.c - what is legal now: message, role, phase, step of the key exchange -> handler. */
/* SPDX-License-Identifier: MIT */
/*
 * Nowhere else. tests/engine/dispatch.golden shows it for every message, role,
 * phase and step: read that file with any change here.
 */
#include "engine.h"

#define PH(x) (1 << (x))
#define ANY_PHASE (PH(PH_FIRST) | PH(PH_STRICT) | PH(PH_SERVICE) | PH(PH_AUTH) | PH(PH_CONN))
#define KEYED (PH(PH_SERVICE) | PH(PH_AUTH) | PH(PH_CONN))
#define LENIENT (PH(PH_FIRST) | KEYED) /* all but the first exchange of a strict peer */

#define K(x) (1 << (x))
#define ANY_STEP (K(K_IDLE) | K(K_SENT) | K(K_GUESS) | K(K_SHARE) | K(K_NEWKEYS))
#define BEFORE (K(K_IDLE) | K(K_SENT)) /* the peer's KEXINIT is not here */
/* RFC 4253 7.1 notwithstanding, asyncssh goes on after its KEXINIT, and with data until its NEWKEYS */
#define FLOW (BEFORE | K(K_SHARE))
#define DATA (FLOW | K(K_NEWKEYS))

/* what reaches a client alone */
#define CLIENT(...) USE_ENGINE_CLIENT(__VA_ARGS__, )

/* clang-format off */
static const struct row rows[] = {
	{1, 1, TO_BOTH, ANY_PHASE, ANY_STEP, trans_on_disconnect},
	{2, 2, TO_BOTH, LENIENT, ANY_STEP, trans_on_ignore},
	{3, 3, TO_BOTH, LENIENT, ANY_STEP, trans_on_unimplemented},
	{4, 4, TO_BOTH, LENIENT, ANY_STEP, trans_on_debug},
	{5, 5, TO_SERVER, PH(PH_SERVICE), K(K_IDLE), auth_server_on_service},
	CLIENT({6, 6, TO_CLIENT, PH(PH_SERVICE), K(K_IDLE), auth_client_on_accept })
	{7, 7, TO_SERVER, PH(PH_SERVICE), K(K_IDLE), trans_on_ext_info},
	CLIENT({7, 7, TO_CLIENT, PH(PH_SERVICE) | PH(PH_AUTH), K(K_IDLE), trans_on_ext_info })

	{20, 20, TO_BOTH, ANY_PHASE, BEFORE, kexinit_on_msg},
	{21, 21, TO_BOTH, ANY_PHASE, K(K_NEWKEYS), kex_on_newkeys},
	{30, 30, TO_SERVER, ANY_PHASE, K(K_SHARE), kex_on_init},
	CLIENT({31, 31, TO_CLIENT, ANY_PHASE, K(K_SHARE), kex_on_reply })
	{30, 49, TO_BOTH, ANY_PHASE, K(K_GUESS), kex_on_guess},

	{50, 50, TO_SERVER, PH(PH_AUTH), K(K_IDLE), auth_server_on_request},
	{50, 50, TO_SERVER, PH(PH_CONN), FLOW, auth_server_on_late},
	CLIENT({51, 51, TO_CLIENT, PH(PH_AUTH), BEFORE, auth_client_on_failure})
	CLIENT({52, 52, TO_CLIENT, PH(PH_AUTH), BEFORE, auth_client_on_success})
	CLIENT({53, 53, TO_CLIENT, PH(PH_AUTH), BEFORE, auth_client_on_banner })
	CLIENT({60, 60, TO_CLIENT, PH(PH_AUTH), BEFORE, auth_client_on_method })

	{80, 80, TO_BOTH, PH(PH_CONN), FLOW, global_on_request},
	{81, 82, TO_BOTH, PH(PH_CONN), FLOW, global_on_reply},
	{90, 90, TO_BOTH, PH(PH_CONN), FLOW, chan_on_open},
	USE_OPENS({91, 91, TO_BOTH, PH(PH_CONN), FLOW, chan_on_confirm},)
	USE_OPENS({92, 92, TO_BOTH, PH(PH_CONN), FLOW, chan_on_refused},)
	{93, 93, TO_BOTH, PH(PH_CONN), DATA, chan_on_window},
	{94, 94, TO_BOTH, PH(PH_CONN), DATA, chan_on_data},
	{95, 95, TO_BOTH, PH(PH_CONN), DATA, chan_on_ext_data},
	{96, 96, TO_BOTH, PH(PH_CONN), DATA, chan_on_eof},
	{97, 97, TO_BOTH, PH(PH_CONN), DATA, chan_on_close},
	{98, 98, TO_BOTH, PH(PH_CONN), FLOW, chan_on_request},
	{99, 100, TO_BOTH, PH(PH_CONN), FLOW, chan_on_reply},

	{192, 192, TO_BOTH, KEYED, FLOW, trans_on_ping},
	{193, 193, TO_BOTH, KEYED, FLOW, trans_on_ignore},
};

const struct row *table_find(uint8_t msg, int client, int phase, int kstep, int *known)
{
	unsigned i;

	*known = 0;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];

		if (msg < r->lo || msg > r->hi)
			continue;
		*known |=
		    r->steps != K(K_GUESS); /* a number of other methods alone is none of ours */
		if ((r->to & (client ? TO_CLIENT : TO_SERVER)) && (r->phases & PH(phase)) &&
		    (r->steps & K(kstep)))
			return r;
	}
	return NULL;
}
