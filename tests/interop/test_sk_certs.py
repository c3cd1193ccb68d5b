"""Certificates for security keys: what a touch and a verified user are worth, and who says so.

SPDX-License-Identifier: MIT
"""
import base64
import os

import pytest
from caller import ssh
from lib import CUBSSH, KEYS, authorize, put, sh, slurp
from stock import run
from test_sk import ECDSA, ED25519, TOUCHED, VERIFIED, Agent, Token

SUFFIX = "-cert-v01@openssh.com"
CA = KEYS + "/sk-ca"
BOTH = TOUCHED | VERIFIED


@pytest.fixture(scope="module", params=[ED25519, ECDSA])
def kind(request):
    if request.param.split("@")[0] + SUFFIX not in run([CUBSSH, "ssh", "-Q", "key"]).out.split():
        pytest.skip("not built in")
    if not os.path.exists(CA):
        sh(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", CA])
    return request.param


# by whom it is trusted, options of the certificate, PubkeyAuthOptions, flags; why not
TOUCHES = {
    "touched": ("file", [], "", TOUCHED, None),
    "not touched": ("file", [], "", 0, "was not touched"),
    "need not be": ("file", ["no-touch-required"], "", 0, None),
    "must all the same": ("file", ["no-touch-required"], "touch-required", 0, "was not touched"),
    "line does not say so": ("", ["no-touch-required"], "", 0, "was not touched"),
    "certificate does not": ("no-touch-required,", [], "", 0, "was not touched"),
    "both say so": ("no-touch-required,", ["no-touch-required"], "", 0, None),
    "verified": ("file", ["verify-required"], "", BOTH, None),
    "not verified": ("file", ["verify-required"], "", TOUCHED, "has not verified its user"),
    "line wants it": ("verify-required,", [], "", TOUCHED, "has not verified its user"),
    "line has it": ("verify-required,", [], "", BOTH, None),
    "server wants it": ("file", [], "verify-required", TOUCHED, "has not verified its user"),
    "server wants both": ("file", ["no-touch-required"], "touch-required,verify-required", VERIFIED,
                          "was not touched"),
}


@pytest.mark.parametrize("name", list(TOUCHES))
def test_touch(serve, kind, name):
    by, options, setting, flags, why = TOUCHES[name]
    token = Token(kind)
    token.flags = flags
    path = put(KEYS + "/sk.pub", token.line + "\n")
    sh(["ssh-keygen", "-q", "-s", CA, "-I", "token", "-n", "dot",
        *[w for o in options for w in ("-O", o)], path])
    agent = Agent(token)
    token.blob = base64.b64decode(slurp(KEYS + "/sk-cert.pub").split()[1])
    authorize("dot", "# none" if by == "file" else f"cert-authority,{by}".rstrip(",") + " " +
              slurp(CA + ".pub").strip())
    more = {"TrustedUserCAKeys": CA + ".pub"} if by == "file" else {}
    far = serve(**more, **({"PubkeyAuthOptions": setting} if setting else {}))
    r = ssh(far, "-o", "IdentityAgent=" + agent.path, "-o", "BatchMode=yes", key=None, user="dot",
            cmd="echo in")
    agent.close()
    authorize("dot")
    assert token.asked == 1
    if why:
        assert r.rc == 255 and "Permission denied" in r.err and not r.out, r
        far.wait_log(rf"by a key of 'dot' from \S+: its token {why}")
    else:
        assert (r.rc, r.out) == (0, "in\n"), r
        far.wait_log(rf"Pubkey auth succeeded for 'dot' with {kind.split('@')[0]}{SUFFIX} key")
