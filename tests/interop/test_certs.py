"""Certificates of users: OpenSSH's and ours at our server; refusals with reasons.

SPDX-License-Identifier: MIT
"""
import os
import re

import pytest
from certs import (altered, authorities, CA, CA2, CERTS, denied, entered, far, forget,
                   keygen, krl, MINE, ours, pytestmark, sign, SUFFIX, theirs, theirs_line)  # noqa: F401
from lib import authorize, DATA, put, sh, slurp
from stock import run, Terminal


# ---------------------------------------------------------------- users
@pytest.mark.parametrize("client", [theirs, ours])
@pytest.mark.parametrize("kind", MINE)
def test_user(far, kind, client):
    key = sign(kind=kind)
    line = entered(far, key, client)
    assert re.search(r"for 'ann' with \S+" + SUFFIX + r" key SHA256:\S+ ID joe's key \(serial 77\) "
                     r"CA ed25519 SHA256:\S+ from", line), line
    print_ = sh(["ssh-keygen", "-l", "-f", key + ".pub"]).split()[1]
    assert f"key {print_} ID" in line and sh(["ssh-keygen", "-lf", CA]).split()[1] in line


@pytest.mark.parametrize("kind", MINE)
def test_kinds_of_ca(serve, kind):
    """each kind signs; ssh-rsa with SHA-1 does not"""
    ca = keygen(f"{CERTS}/ca-{kind}", kind)
    far = serve(TrustedUserCAKeys=ca + ".pub")
    algorithm = ["-t", kind] if kind.startswith("rsa") else []
    entered(far, sign(*algorithm, ca=ca))
    if kind.startswith("rsa"):
        denied(far, sign("-t", "ssh-rsa", ca=ca), r"its signature is not good",
               flags=["-o", "CASignatureAlgorithms=+ssh-rsa"], client=with_flags)


def with_flags(server, key, flags=()):
    return theirs(server, key, "echo in", *flags)


def test_longest(serve):
    """RSA-4096 signed by RSA-4096, with every option and names for a page"""
    if "rsa-sha2-512" not in MINE:
        pytest.skip("RSA is not built in")
    ca = keygen(CERTS + "/ca-rsa-sha2-512", "rsa-sha2-512")
    names = ",".join(f"somebody{i}@example.org" for i in range(60)) + ",ann"
    key = sign("-t", "rsa-sha2-512", "-O", "force-command=echo " + "x" * 900,
               "-O", "source-address=127.0.0.0/8,::1/128", ca=ca, kind="rsa-sha2-512", names=names)
    entered(serve(TrustedUserCAKeys=ca + ".pub"), key, out="x" * 900 + "\n")


REFUSED = {
    "wrong principal": (dict(names="bob,carl"), r"none of its principals is: ann"),
    "no principal": (dict(names=""), r"it names no principal"),
    "expired": (dict(valid="-2h:-1h"), r"it has expired"),
    "not yet valid": (dict(valid="+1h:+2h"), r"it is not yet valid"),
    "other CA": (dict(ca=CA2), None),
    "wrong source-address": (dict(flags=["-O", "source-address=10.0.0.0/8"]),
                             r"source-address: 10.0.0.0/8"),
    "unknown option": (dict(flags=["-O", "critical:frob@example.org=x"]),
                       r"not known, or malformed: frob@example.org"),
    "host certificate": (dict(flags=["-h"]), r"it is a host's"),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_refused(far, name):
    how, why = REFUSED[name]
    how = dict(how)
    key = sign(*how.pop("flags", ()), **how)
    if why:
        why = r"Certificate 'joe's key' \(serial 77\) refused for 'ann' from \S+: .*" + why
    denied(far, key, why or r"Exit before auth", client=ours if name == "host certificate" else theirs)


@pytest.mark.parametrize("at", [60, 90, 130, 150, 175, -90, -40, -1])
def test_altered(far, at):
    """OpenSSH's client would not show it"""
    key = altered(sign(), at)
    since = len(far.log())
    r = ours(far, key)
    assert r.rc == 255 and r.out == "", r
    assert "no certificate" in r.err or re.search(
        "its signature is not good|malformed|from .*: Permission", far.log()[since:]) or \
        far.wait_log("Exit before auth", since)


def test_altered_signature_says_so(far):
    denied(far, altered(sign(), -1), r"its signature is not good", client=ours)


def test_key_of_another(far):
    """a certificate, but not the key to it"""
    key, other = sign(), keygen(CERTS + "/other")
    put(key, slurp(other), 0o600)
    denied(far, key, r"Exit before auth", client=theirs)


def test_source_address(far):
    entered(far, sign("-O", "source-address=10.0.0.0/8,127.0.0.0/8"))


def test_force_command(far):
    key = sign("-O", "force-command=echo forced $SSH_ORIGINAL_COMMAND")
    entered(far, key, out="forced echo in\n")


def test_nothing_without_extensions(far):
    """clear: no terminal, no forwards, no agent"""
    key = sign("-O", "clear")
    entered(far, key)
    with Terminal(theirs_line(far, key, "-tt") + ["tty; echo end"]) as t:
        t.expect("PTY allocation request failed")
    r = run(theirs_line(far, key, "-W", f"127.0.0.1:{far.port}"))
    assert r.rc == 255 and "administratively prohibited" in r.err, r


def test_extensions(far):
    with Terminal(theirs_line(far, sign("-O", "clear", "-O", "permit-pty"), "-tt") +
                  ["tty && echo end"]) as t:
        t.expect("/dev/pts/[0-9]+")
        t.expect("end")
    r = run(theirs_line(far, sign("-O", "clear", "-O", "permit-port-forwarding"), "-W",
                        f"127.0.0.1:{far.port}"))
    assert "SSH-2.0" in r.out, r


def test_plain_key_is_still_none(far):
    """that its certificate would do says nothing of the key"""
    key = sign()
    os.remove(key + "-cert.pub")
    denied(far, key, r"Exit before auth")


# ---------------------------------------------------------------- revocation
REVOKED = {
    "serial": lambda k: krl("serial: 77"),
    "range": lambda k: krl("serial: 70-80"),
    "bitmap": lambda k: krl(*[f"serial: {i}" for i in range(1, 150, 2)]),
    "id": lambda k: krl("id: joe's key"),
    "key": lambda k: krl("key: " + slurp(k + ".pub"), ca=None),
    "sha1": lambda k: krl("sha1: " + slurp(k + ".pub"), ca=None),
    "sha256": lambda k: krl("sha256: " + slurp(k + ".pub"), ca=None),
    "hash": lambda k: krl("hash: " + sh(["ssh-keygen", "-lf", k]).split()[1], ca=None),
    "certificate": lambda k: krl(files=[k + "-cert.pub"], ca=None),
    "ca": lambda k: krl("key: " + slurp(CA + ".pub"), ca=None),
    "any ca": lambda k: krl("serial: 77", ca="none"),
    "list": lambda k: put(CERTS + "/revoked", "# keys\n\n" + slurp(k + ".pub")),
    "list of cas": lambda k: put(CERTS + "/revoked", slurp(CA + ".pub")),
}
NOT_REVOKED = {
    "other serial": lambda k: krl("serial: 76", "serial: 78-99"),
    "other bits": lambda k: krl(*[f"serial: {i}" for i in range(2, 150, 2)]),
    "other id": lambda k: krl("id: joe's key2"),
    "other ca": lambda k: krl("serial: 77", "id: joe's key", ca=CA2),
    "other key": lambda k: krl("key: " + slurp(CA2 + ".pub"), ca=None),
    "list": lambda k: put(CERTS + "/revoked", slurp(CA2 + ".pub")),
    "empty": lambda k: put(CERTS + "/revoked", ""),
}


@pytest.mark.parametrize("how", list(REVOKED))
def test_revoked(far, how):
    key = sign()
    forget()
    REVOKED[how](key)
    denied(far, key, r"the key of 'ann' from \S+ is refused by RevokedKeys " + CERTS +
           "/revoked: it is revoked")
    put(CERTS + "/revoked", "")


@pytest.mark.parametrize("how", list(NOT_REVOKED))
def test_not_revoked(far, how):
    key = sign()
    forget()
    NOT_REVOKED[how](key)
    entered(far, key)


@pytest.mark.parametrize("what", ["missing", "junk", "cut", "newer", "folder"])
def test_unreadable_list(far, what):
    """then no key will do"""
    forget()
    krl("serial: 1", "serial: 99")
    path = CERTS + "/revoked"
    with open(path, "rb") as f:
        data = f.read()
    forget()
    if what == "folder":
        os.mkdir(path)
    elif what != "missing":
        with open(path, "wb") as f:
            f.write({"junk": b"junk\n", "cut": data[:-3], "newer": data[:11] + b"\2" + data[12:]}[what])
    denied(far, sign(), r"is refused by RevokedKeys " + path + r": [^i]")
    if what == "folder":
        os.rmdir(path)
    put(path, "")


def test_plain_key_revoked(serve):
    path = put(CERTS + "/revoked2", slurp(keygen(CERTS + "/ssh-ed25519") + ".pub"))
    authorize("dot", slurp(CERTS + "/ssh-ed25519.pub"))
    denied(serve(RevokedKeys=path), CERTS + "/ssh-ed25519", "it is revoked", user="dot")
    authorize("dot")


# ---------------------------------------------------------------- authorized_keys
LINES = {
    "plain": ("cert-authority {ca}", {}, "in\n"),
    "principals": ('cert-authority,principals="x,joe" {ca}', dict(names="joe"), "in\n"),
    "other principals": ('cert-authority,principals="x,y" {ca}', {}, "none of its principals is: x,y"),
    "own name": ("cert-authority {ca}", dict(names="joe"), "none of its principals is: dot"),
    "not an authority": ("{ca}", {}, "Exit before auth"),
    "command": ('cert-authority,command="echo line" {ca}', {}, "line\n"),
    "same command": ('cert-authority,command="echo same" {ca}',
                     dict(flags=["-O", "force-command=echo same"]), "same\n"),
    "two commands": ('cert-authority,command="echo line" {ca}',
                     dict(flags=["-O", "force-command=echo cert"]), "another command is forced"),
    "from": ('cert-authority,from="10.*" {ca}', {}, r"not for use from"),
    "expiry": ('cert-authority,expiry-time="20200101" {ca}', {}, r"the key expired"),
    "bad option": ('cert-authority,frob {ca}', {}, r"unknown option: frob"),
    "second line": ('cert-authority,principals="x" {ca}\ncert-authority,principals="dot" {ca}', {},
                    "in\n"),
}


@pytest.mark.parametrize("name", list(LINES))
def test_line(serve, name):
    line, how, want = LINES[name]
    how = {"names": "dot", **how}
    authorize("dot", line.replace("{ca}", slurp(CA + ".pub").strip()))
    far, key = serve(), sign(*how.pop("flags", ()), **how)
    if want.endswith("\n"):
        entered(far, key, out=want, user="dot")
    else:
        denied(far, key, want, user="dot")
    authorize("dot")


def test_line_and_certificate_restrict(serve):
    """what either of them withholds is withheld"""
    authorize("dot", "cert-authority,no-pty " + slurp(CA + ".pub").strip())
    far = serve()
    with Terminal(theirs_line(far, sign(names="dot"), "-tt", user="dot") + ["echo end"]) as t:
        t.expect("PTY allocation request failed")
    authorize("dot")


# ---------------------------------------------------------------- AuthorizedPrincipalsFile
PRINCIPALS = {
    "name": ("# who\n\n  admin \n", dict(names="admin"), "in\n"),
    "second": ("joe\nadmin\n", dict(names="x,admin"), "in\n"),
    "options": ('command="echo by file",no-pty admin\n', dict(names="admin"), "by file\n"),
    "from": ('from="10.0.0.0/8" admin\n', dict(names="admin"), "not for use from"),
    "unknown option": ('frob admin\n', dict(names="admin"), "unknown option: frob"),
    "user's name": ("admin\n", dict(names="dot"), "no line of"),
    "empty": ("\n", dict(names="dot"), "no line of"),
    "missing": (None, dict(names="dot"), "no line of"),
    "two commands": ('command="echo by file" admin\n',
                     dict(names="admin", flags=["-O", "force-command=echo cert"]),
                     "another command is forced"),
}


@pytest.mark.parametrize("name", list(PRINCIPALS))
def test_principals_file(serve, name):
    text, how, want = PRINCIPALS[name]
    how = dict(how)
    folder = f"{DATA}/principals"
    os.makedirs(folder, exist_ok=True)
    if os.path.exists(folder + "/dot"):
        os.remove(folder + "/dot")
    if text is not None:
        put(folder + "/dot", text)
    authorize("dot", "# none")
    far = serve(TrustedUserCAKeys=CA + ".pub", AuthorizedPrincipalsFile=folder + "/%u")
    key = sign(*how.pop("flags", ()), **how)
    if want.endswith("\n"):
        entered(far, key, out=want, user="dot")
    else:
        denied(far, key, want, user="dot")
    authorize("dot")


def test_ca_algorithms(serve):
    """a list without the one that the CA used"""
    others = [k for k in MINE if k != "ssh-ed25519"]
    if not others:
        pytest.skip("one kind alone is built in")
    far = serve(TrustedUserCAKeys=CA + ".pub", CASignatureAlgorithms=others[0])
    authorize("ann", "# none")
    denied(far, sign(), r"its signature is not good")
    authorize("ann")


def test_missing_file_of_cas(serve):
    authorize("ann", "# none")
    denied(serve(TrustedUserCAKeys=DATA + "/none"), sign(), "TrustedUserCAKeys .*No such file")
    authorize("ann")
