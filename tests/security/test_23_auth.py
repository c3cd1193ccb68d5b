"""SECURITY 23 and 2: our ssh and servers that let in too early; terrapin; bad packets."""
# SPDX-License-Identifier: MIT
import os

import lab
import pytest
from host import *
from peer import *


# ---------------------------------------------------------------- authentication
def test_success_too_early(client):
    """before NEWKEYS, before the service, before any request"""
    def in_clear(h):
        h.hello()
        h.send_kexinit()
        h.send(AUTH_SUCCESS)
        h.ended()

    def before_service(h):
        h.start()
        h.send(AUTH_SUCCESS)
        h.ended()

    def before_newkeys(h):
        h.hello()
        h.send_kexinit()
        h.read_kexinit()
        h.reply()
        h.send(AUTH_SUCCESS)
        h.ended()
    for play in (in_clear, before_service, before_newkeys):
        client.refuses(play)


def test_none_is_accepted(client):
    """a server that lets anybody in may be anybody's: refused"""
    def play(h):
        h.start()
        h.service()
        while h.request_of()[0] != b"none":
            h.send(AUTH_FAILURE, string(b"publickey"), b"\0")
        h.send(AUTH_SUCCESS)
        h.session_asked = h.expect(OPEN)
    if lab.THEIRS:
        pytest.skip("openssh takes it")
    for flags in (("-o", "PubkeyAuthentication=no"), ("-o", "PreferredAuthentications=password")):
        client.refuses(play, "without any authentication", flags=flags)


def test_success_for_a_query(client):
    """USERAUTH_SUCCESS for a key that was asked about only, or a password that nobody has sent"""
    def play(h):
        h.start()
        h.service()
        method, rest = h.request_of()
        if method == b"publickey" and rest[0]:  # it has signed: that is a real method
            h.send(AUTH_FAILURE, string(b"publickey"), b"\0")
            h.ended()
            return
        h.send(AUTH_SUCCESS)
        h.expect(OPEN)
        raise AssertionError("a session by a query")
    second = client.place + "/id2"
    if not os.path.exists(second):
        lab.sh("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", second)
    if lab.THEIRS:
        pytest.skip("openssh takes it")
    client.refuses(play, flags=("-i", second))


def test_success_twice(client):
    def play(h):
        h.start()
        ch = h.session()
        h.send(AUTH_SUCCESS)
        h.write(ch, b"late")
        h.finish(ch)
        h.ended()
    r = client.meets(play)
    assert r.rc in (0, 255)


def test_pk_ok_for_another_key(client):
    def play(h):
        h.start()
        h.service()
        other = Key()
        method, rest = h.request_of()
        h.send(PK_OK, strings(b"ssh-ed25519", other.blob))
        method, rest = h.request_of()
        assert other.blob not in rest
        h.send(AUTH_FAILURE, string(b"none"), b"\0")
    client.refuses(play)


def test_failures_for_ever(client):
    count = []

    def play(h):
        h.start()
        h.service()
        while True:
            h.request_of()
            count.append(1)
            h.send(AUTH_FAILURE, string(b"publickey,password"), b"\1")
    client.refuses(play)
    assert len(count) < 50


@pytest.mark.parametrize("message", [b"", u32(0xffffffff), u32(5) + b"abc", bytes(30000)],
                         ids=["empty", "huge", "cut", "zeros"])
@pytest.mark.parametrize("kind", [AUTH_FAILURE, AUTH_BANNER, PK_OK, EXT_INFO, SERVICE_ACCEPT])
def test_cut_messages(client, kind, message):
    def play(h):
        h.start()
        if kind == EXT_INFO:
            h.send(kind, message)
        h.expect(SERVICE_REQUEST)
        if kind == SERVICE_ACCEPT:
            h.send(kind, message)
        else:
            h.send(SERVICE_ACCEPT, string(b"ssh-userauth"))
            h.request_of()
            h.send(kind, message)
        h.send(DISCONNECT, u32(2), strings(b"bye", b""))
        h.ended()
    client.refuses(play)


# ---------------------------------------------------------------- terrapin (SECURITY 2)
@pytest.mark.parametrize("extra", EXTRA)
@pytest.mark.parametrize("when", ["before KEXINIT", "after KEXINIT", "before NEWKEYS"])
def test_extra_packets(client, when, extra):
    """in a strict first key exchange nothing may come in between"""
    extra = EXTRA[extra]

    def play(h):
        h.hello()
        if when == "before KEXINIT":
            h.send(extra)
        h.send_kexinit()
        if when == "after KEXINIT":
            h.send(extra)
        h.read_kexinit()
        assert h.strict
        try:
            h.reply()
        except Unexpected:  # before our KEXINIT it could not know, and says UNIMPLEMENTED
            assert when == "before KEXINIT"
            return
        if when == "before NEWKEYS":
            h.send(extra)
        h.newkeys()
        h.session()
    client.refuses(play, "strict", "not allowed")


def test_prefix_truncation(client):
    """an IGNORE put in, and the first encrypted packet left out: sequence numbers give it away"""
    def play(h):
        h.strict_wanted = False  # as if the mark had been cut out; the client still has its own
        h.hello()
        h.send(IGNORE, string(b"x"))
        h.send_kexinit()
        h.read_kexinit()
        h.reply()
        h.newkeys()
        h.seal(bytes([EXT_INFO]) + u32(0))  # dropped
        h.send(IGNORE, string(b"y"))
        h.session()
        h.finish(h.channels[0])
    r = client.meets(play)
    assert r.rc == 255 and r.out == b"", r


def test_prefix_truncation_of_strict(client):
    """the sequence numbers begin anew with NEWKEYS: a packet less is a bad one"""
    def play(h):
        h.start()
        h.seal(bytes([EXT_INFO]) + u32(0))
        h.session()
    client.refuses(play, "corrupt", "length")


# ---------------------------------------------------------------- packets
JUNK = {"zeros": bytes(16), "ones": b"\xff" * 64, "long": u32(35000) + bytes(100),
        "short": u32(4) + bytes(60), "padding": u32(12) + b"\xff" + bytes(60)}


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize("phase", ["hello", "keyed", "session"])
def test_bad_lengths(client, phase, junk):
    def play(h):
        h.hello()
        if phase != "hello":
            h.exchange()
        if phase == "session":
            h.session()
        h.raw(JUNK[junk])
        h.raw(os.urandom(50000))
        h.ended()
    client.refuses(play)


def test_bad_mac(client):
    for cipher, mac in ((CHACHA, SHA2), (AES, SHA2), (AES, SHA2_ETM)):
        def play(h):
            h.start()
            h.session()
            sealed = h.seal(bytes([IGNORE]) + string(b"x" * 100))
            h.raw(sealed[:-1] + bytes([sealed[-1] ^ 1]))
            h.ended()
        client.refuses(play, "corrupt", host={"cipher": cipher, "mac": mac})


def test_nothing_in_common(client):
    for lists in ({"kex": [b"diffie-hellman-group1-sha1"]}, {"hostkey": [b"ssh-dss"]},
                  {"ciphers": [b"none"]}, {"ciphers": [b"aes128-cbc"]}, {"zip": [b"zlib"]},
                  {"ciphers": [AES], "macs": [b"none"]}, {"kex": [b""]}):
        def play(h):
            h.hello()
            h.send_kexinit(**lists)
            h.read_kexinit()
            h.ended()
        client.refuses(play, "common")


def test_kex_flood(client):
    """key exchanges without end or without an answer cost the client no memory"""
    def play(h):
        h.start()
        h.session()
        for _ in range(30):
            h.rekey()
        h.send_kexinit()
        h.send_kexinit()
        h.ended()
    client.refuses(play)
