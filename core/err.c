/* err.c - the ways in which a connection ends: reason for the peer, sentence for people. */
/* SPDX-License-Identifier: MIT */
#include "engine.h"

static const struct {
	uint8_t reason; /* of the DISCONNECT, 0: none is sent */
	const char *text;
} ends[] = {
    [-SSH_E_VERSION] = {DISCONNECT_PROTOCOL_VERSION_NOT_SUPPORTED, "no SSH 2 identification"              },
    [-SSH_E_LENGTH] = {DISCONNECT_PROTOCOL_ERROR,                 "packet length out of bounds"          },
    [-SSH_E_MAC] = {DISCONNECT_MAC_ERROR,                      "corrupted packet"                     },
    [-SSH_E_PARSE] = {DISCONNECT_PROTOCOL_ERROR,                 "malformed message"                    },
    [-SSH_E_UNEXPECTED] = {DISCONNECT_PROTOCOL_ERROR,                 "message not allowed now"              },
    [-SSH_E_NO_COMMON] = {DISCONNECT_KEY_EXCHANGE_FAILED,            "no algorithm in common"               },
    [-SSH_E_KEX] = {DISCONNECT_KEY_EXCHANGE_FAILED,            "key exchange failed"                  },
    [-SSH_E_HOSTKEY] = {DISCONNECT_HOST_KEY_NOT_VERIFIABLE,        "host key not accepted"                },
    [-SSH_E_STRICT] = {DISCONNECT_PROTOCOL_ERROR,                 "strict key exchange violated"         },
    [-SSH_E_SERVICE] = {DISCONNECT_SERVICE_NOT_AVAILABLE,          "no such service"                      },
    [-SSH_E_AUTH_TRIES] = {DISCONNECT_PROTOCOL_ERROR,                 "Too many authentication failures"     },
    [-SSH_E_AUTH_USER] = {DISCONNECT_PROTOCOL_ERROR,                 "change of user or service not allowed"},
    [-SSH_E_CHANNEL] = {DISCONNECT_PROTOCOL_ERROR,                 "no such channel"                      },
    [-SSH_E_WINDOW] = {DISCONNECT_PROTOCOL_ERROR,                 "more data than the window"            },
    [-SSH_E_FLOOD] = {DISCONNECT_PROTOCOL_ERROR,                 "too many requests in a key exchange"  },
    [-SSH_E_PEER] = {0,					 "disconnected by the other side"       },
    [-SSH_E_LOCAL] = {0,					 "disconnected"                         },
    [-SSH_E_SEQ] = {DISCONNECT_PROTOCOL_ERROR,                 "too many packets without a rekey"     },
    [-SSH_E_SIGN] = {DISCONNECT_KEY_EXCHANGE_FAILED,            "no signature"                         },
};

static int index_of(int err)
{
	return err < 0 && err > SSH_E_LAST && ends[-err].text ? -err : -SSH_E_LOCAL;
}

const char *ssh_error_text(int err)
{
	return ends[index_of(err)].text;
}

uint32_t err_reason(int err)
{
	return ends[index_of(err)].reason;
}
