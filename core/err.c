/* err.c - the ways in which a connection ends: reason for the peer, sentence for people. */
/* SPDX-License-Identifier: MIT */
#include "engine.h"

/* clang-format off */
#define END(reason, text) {reason, CFG_ERROR_TEXTS ? text : NULL}

static const struct {
	uint8_t reason; /* of the DISCONNECT, 0: none is sent */
	const char *text;
} ends[] = {
	[-SSH_E_VERSION] = END(DISCONNECT_PROTOCOL_VERSION_NOT_SUPPORTED, "no SSH 2 identification"),
	[-SSH_E_LENGTH] = END(DISCONNECT_PROTOCOL_ERROR, "packet length out of bounds"),
	[-SSH_E_MAC] = END(DISCONNECT_MAC_ERROR, "corrupted packet"),
	[-SSH_E_PARSE] = END(DISCONNECT_PROTOCOL_ERROR, "malformed message"),
	[-SSH_E_UNEXPECTED] = END(DISCONNECT_PROTOCOL_ERROR, "message not allowed now"),
	[-SSH_E_NO_COMMON] = END(DISCONNECT_KEY_EXCHANGE_FAILED, "no algorithm in common"),
	[-SSH_E_KEX] = END(DISCONNECT_KEY_EXCHANGE_FAILED, "key exchange failed"),
	[-SSH_E_HOSTKEY] = END(DISCONNECT_HOST_KEY_NOT_VERIFIABLE, "host key not accepted"),
	[-SSH_E_STRICT] = END(DISCONNECT_PROTOCOL_ERROR, "strict key exchange violated"),
	[-SSH_E_SERVICE] = END(DISCONNECT_SERVICE_NOT_AVAILABLE, "no such service"),
	[-SSH_E_AUTH_TRIES] = END(DISCONNECT_PROTOCOL_ERROR, "Too many authentication failures"),
	[-SSH_E_AUTH_USER] = END(DISCONNECT_PROTOCOL_ERROR, "change of user or service not allowed"),
	[-SSH_E_CHANNEL] = END(DISCONNECT_PROTOCOL_ERROR, "no such channel"),
	[-SSH_E_WINDOW] = END(DISCONNECT_PROTOCOL_ERROR, "more data than the window"),
	[-SSH_E_FLOOD] = END(DISCONNECT_PROTOCOL_ERROR, "too many requests in a key exchange"),
	[-SSH_E_PEER] = END(0, "disconnected by the other side"),
	[-SSH_E_LOCAL] = END(0, "disconnected"),
	[-SSH_E_SEQ] = END(DISCONNECT_PROTOCOL_ERROR, "too many packets without a rekey"),
	[-SSH_E_SIGN] = END(DISCONNECT_KEY_EXCHANGE_FAILED, "no signature"),
};
/* clang-format on */

static int index_of(int err)
{
	return err < 0 && err > SSH_E_LAST ? -err : -SSH_E_LOCAL;
}

const char *ssh_error_text(int err)
{
	/* enum ssh_err, where sentences are not built in */
	static const char numbers[] = "1\0002\0003\0004\0005\0006\0007\0008\0009\000"
				      "10\00011\00012\00013\00014\00015\00016\00017\00018\00019";
	int i = index_of(err);

	if (CFG_ERROR_TEXTS)
		return ends[i].text;
	return numbers + (i < 10 ? 2 * i - 2 : 3 * i - 12);
}

uint32_t err_reason(int err)
{
	return ends[index_of(err)].reason;
}

const char *open_text(uint32_t reason)
{
	static const char *const texts[] = {
	    [OPEN_ADMINISTRATIVELY_PROHIBITED] = "not allowed",
	    [OPEN_CONNECT_FAILED] = "connect failed",
	    [OPEN_UNKNOWN_CHANNEL_TYPE] = "unknown channel type",
	    [OPEN_RESOURCE_SHORTAGE] = "too many channels",
	};

	return CFG_ERROR_TEXTS && reason && reason <= OPEN_RESOURCE_SHORTAGE ? texts[reason] : "";
}
