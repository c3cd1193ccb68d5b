"""certs.py - authorities, certificates and who is let in by them, for the tests.

SPDX-License-Identifier: MIT
"""
import base64
import os

import pytest
from caller import argv as our_line
from lib import authorize, CUBSSH, KEYS, KNOWN, put, Server, sh, slurp, STANDIN
from stock import run

CERTS = KEYS + "/certs"
CA, CA2, HOSTCA = CERTS + "/ca", CERTS + "/ca2", CERTS + "/hostca"
SUFFIX = "-cert-v01@openssh.com"
KINDS = {"ssh-ed25519": ["ed25519"], "ecdsa-sha2-nistp256": ["ecdsa", "-b", "256"],
         "ecdsa-sha2-nistp384": ["ecdsa", "-b", "384"],
         "ecdsa-sha2-nistp521": ["ecdsa", "-b", "521"],
         "rsa-sha2-512": ["rsa", "-b", "4096"], "rsa-sha2-256": ["rsa", "-b", "2048"]}


def built_in():
    r = run([CUBSSH, "ssh", "-Q", "key"]) if os.access(CUBSSH, os.X_OK) else None
    names = r.out.split() if r and r.rc == 0 else []
    return [k for k in KINDS if k + SUFFIX in names]


MINE = built_in()
pytestmark = pytest.mark.skipif(not MINE or bool(STANDIN), reason="certificates are not built in")
count = 0


def keygen(path, kind="ssh-ed25519"):
    if not os.path.exists(path):
        os.makedirs(CERTS, exist_ok=True)
        sh(["ssh-keygen", "-q", "-N", "", "-C", "test", "-f", path, "-t", *KINDS[kind]])
    return path


@pytest.fixture(scope="module", autouse=True)
def authorities():
    for ca in (CA, CA2, HOSTCA):
        keygen(ca)


def sign(*flags, ca=CA, kind="ssh-ed25519", ident="joe's key", serial=77, valid="-1h:+1h",
         names="ann", more=()):
    """a user's key and its certificate: the private key's path"""
    global count
    count += 1
    key = f"{CERTS}/u{count}"
    base = keygen(CERTS + "/" + kind, kind)
    for end in ("", ".pub"):
        put(key + end, slurp(base + end), 0o600)
    sh(["ssh-keygen", "-q", "-s", ca, "-I", ident, "-z", str(serial), "-V", valid,
        *(["-n", names] if names else []), *flags, key + ".pub", *more])
    return key


def theirs(server, key, cmd="echo in", *flags, user="ann", known=KNOWN):
    """OpenSSH's ssh, with that certificate alone"""
    return run(theirs_line(server, key, *flags, user=user, known=known) + [cmd])


def theirs_line(server, key, *flags, user="ann", known=KNOWN):
    return ["/usr/bin/ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes",
            "-o", "UserKnownHostsFile=" + known, "-o", "GlobalKnownHostsFile=none", "-o",
            "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-i", key, "-p", str(server.port),
            *flags, f"{user}@{server.host}"]


def ours(server, key, cmd="echo in", *flags, env=None, known_hosts=KNOWN, **kw):
    line = our_line(server, *flags, cmd=cmd, key=key, **kw)
    return run([w.replace(KNOWN, known_hosts) for w in line], {**os.environ, **(env or {})})


def altered(key, at):
    """one byte of the certificate, counted from its end where at is below 0"""
    path = key + "-cert.pub"
    name, data, *_ = slurp(path).split()
    blob = bytearray(base64.b64decode(data))
    blob[at] ^= 1
    put(path, f"{name} {base64.b64encode(blob).decode()} altered\n")
    return key


@pytest.fixture(scope="module")
def far():
    """trusts CA for everybody, by TrustedUserCAKeys; nobody's plain key is known"""
    put(CERTS + "/cas", "# ours\n" + slurp(CA + ".pub"))
    put(CERTS + "/revoked", "")
    authorize("ann", "# none")
    with Server(TrustedUserCAKeys=CERTS + "/cas", RevokedKeys=CERTS + "/revoked") as s:
        yield s
    authorize("ann")


def denied(server, key, why, client=theirs, **kw):
    since = len(server.log())
    r = client(server, key, **kw)
    assert r.rc == 255 and r.out == "" and "Permission denied" in r.err, r
    server.wait_log(why, since)


def entered(server, key, client=theirs, out="in\n", **kw):
    since = len(server.log())
    r = client(server, key, **kw)
    assert (r.rc, r.out) == (0, out), r
    return server.wait_log(r"Pubkey auth succeeded for .*", since).group()


def krl(*spec, ca=CA, files=()):
    if spec:
        put(CERTS + "/spec", "".join(s + "\n" for s in spec))
    sh(["ssh-keygen", "-q", "-k", "-f", CERTS + "/revoked", *(["-s", ca] if ca else []),
        *([CERTS + "/spec"] if spec else []), *files])


def forget():
    path = CERTS + "/revoked"
    if os.path.lexists(path):
        os.remove(path)
