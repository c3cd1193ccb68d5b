"""SECURITY 23: our ssh and servers with another key; names that a shell would act on."""
# SPDX-License-Identifier: MIT
import os
import subprocess

import lab
import pytest
from host import *
from peer import *


def test_an_honest_one(client):
    """the player itself"""
    r = client.meets(good)
    assert (r.rc, r.out, r.err) == (3, b"hello\n", b""), r


# ---------------------------------------------------------------- host keys
def flip(sig):
    return sig[:-1] + bytes([sig[-1] ^ 1])


BAD_SIGNATURES = {
    "flipped": {"alter": flip},
    "other key": {"sign": lambda h: Key().sign(h)},
    "of other data": {"sign": lambda h: HOSTKEY.sign(h + b"x")},
    "empty": {"alter": lambda s: b""},
    "short": {"alter": lambda s: strings(b"ssh-ed25519", s[-63:])},
    "long": {"alter": lambda s: strings(b"ssh-ed25519", s[-64:] + b"\0")},
    "zeros": {"alter": lambda s: strings(b"ssh-ed25519", bytes(64))},
    "other algorithm": {"alter": lambda s: strings(b"rsa-sha2-256", s[-64:])},
    "point of small order": {"public": bytes(32)},
}


@pytest.mark.parametrize("how", BAD_SIGNATURES)
def test_bad_signature(client, how):
    client.refuses(lambda h: h.start(**BAD_SIGNATURES[how]), "key")


def test_key_that_does_not_parse(client):
    class Odd(Key):
        pass
    for blob in (b"", b"\0\0\0\x0bssh-ed25519", strings(b"ssh-ed25519", bytes(31)),
                 strings(b"ssh-ed25519", bytes(33)), strings(b"ssh-rsa", b"\3", b"\1" * 16),
                 strings(b"ssh-ed25519", bytes(32)) + b"x"):
        key = Odd()
        key.blob = blob
        client.knows(HOSTKEY, key)
        client.refuses(lambda h: h.start(key=key))


def test_changed_key(client):
    """refused, with file, line and fingerprint; a password is never sent"""
    client.knows(Key())
    r = client.refuses(good, "changed")
    assert b"line 1" in r.err.replace(b":1", b" line 1") and b"SHA256:" in r.err
    assert client.known.encode() in r.err


def test_changed_key_without_checking(client):
    """StrictHostKeyChecking=no goes on, but without passwords, agent and forwards"""
    client.knows(Key())
    methods = []

    def play(h):
        h.start()
        h.service()
        for _ in range(4):
            methods.append(h.request_of()[0])
            h.send(AUTH_FAILURE, string(b"password,keyboard-interactive"), b"\0")
    client.refuses(play, flags=("-o", "StrictHostKeyChecking=no"), env={
        "SSH_ASKPASS": "/bin/echo", "SSH_ASKPASS_REQUIRE": "force"})
    assert b"password" not in methods and b"keyboard-interactive" not in methods


class OtherKind(Key):
    """a key of another type"""
    name = b"ecdsa-sha2-nistp256"

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        point = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        self.blob = strings(self.name, b"nistp256", point)
        self.line = "ecdsa-sha2-nistp256 " + base64.b64encode(self.blob).decode()


@pytest.mark.parametrize("strict", ["yes", "accept-new", "ask"])
def test_changed_type(client, strict):
    """a known host that shows another type of key is a mismatch, never a new host"""
    client.knows(OtherKind())
    r = client.refuses(good, flags=("-o", "StrictHostKeyChecking=" + strict))
    with open(client.known) as f:
        assert len(f.readlines()) == 1
    assert b"changed" in r.err.lower() or lab.THEIRS or b"common" in r.err


def test_known_types_are_asked_for_first(client):
    lists = []

    def play(h):
        h.hello()
        h.send_kexinit()
        h.read_kexinit()
        lists.append(h.server_lists[1])
    for key in (OtherKind(), HOSTKEY):
        client.knows(key)
        client.meets(play)
        assert lists[-1][0] == key.name or key.name not in lists[-1]


@pytest.mark.parametrize("strict", ["yes", "accept-new", "no", "ask"])
def test_revoked_key(client, strict):
    with open(client.known, "w") as f:
        f.write("[127.0.0.1]:%d %s\n@revoked * %s\n" % (client.port, HOSTKEY.line, HOSTKEY.line))
    client.refuses(good, "revoked", flags=("-o", "StrictHostKeyChecking=" + strict))


def test_unknown_key(client):
    for strict, runs in (("yes", False), ("ask", False), ("accept-new", True), ("no", True)):
        with open(client.known, "w"):
            pass
        r = client.meets(good, "-o", "StrictHostKeyChecking=" + strict)
        assert (r.rc == 3) == runs, (strict, r)
        assert (os.path.getsize(client.known) > 0) == runs


def test_another_key_in_a_rekey(client):
    def play(h):
        h.start()
        h.session()
        h.send_kexinit()
        h.read_kexinit()
        h.reply(key=Key())
        h.newkeys()
        h.ended()
    client.refuses(play)


# ---------------------------------------------------------------- names that a shell would act on
TOUCH = "touch /tmp/evil.touched"
WORDS = ["-oProxyCommand=" + TOUCH, f"$({TOUCH})", f"`{TOUCH}`", "a;" + TOUCH, "a|" + TOUCH,
         "a\n" + TOUCH, "a&" + TOUCH, "'", "\"", "a b"]


@pytest.mark.parametrize("word", WORDS, ids=range(len(WORDS)))
@pytest.mark.parametrize("where", ["host", "user"])
def test_names_and_shells(client, word, where):
    """%h, %n and %r in ProxyCommand, LocalCommand and Match exec"""
    line = client.argv("-o", "ProxyCommand=echo %h %n %r; exit 1", cmd="")[:-1]
    target = ["--", word] if where == "host" else ["-l", word, "--", "somehost"]
    p = subprocess.run(line + target, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=15)
    assert p.returncode == 255
    clean(p.stderr)
    assert not os.path.exists("/tmp/evil.touched")
